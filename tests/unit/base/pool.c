/* SPDX-License-Identifier: Apache-2.0 */
#include "support/support.h"

enum { BLOCKS = 20000 };

struct held {
	unsigned char *ptr;
	size_t size;
};

static struct bel_pool *open_pool(void)
{
	struct bel_pool *pool;

	assert_int_equal(bel_pool_open(&pool), BEL_OK);
	return pool;
}

static void take(struct bel_pool *pool, struct held *held, size_t size, unsigned seed)
{
	held->size = size;
	held->ptr = bel_pool_take(pool, size);
	assert_non_null(held->ptr);
	assert_int_equal((uintptr_t)held->ptr % 16, 0);
	memset(held->ptr, (int)(seed & 0xff), size);
}

static void give(struct bel_pool *pool, struct held *held, unsigned seed)
{
	for (size_t i = 0; i < held->size; i++)
		assert_int_equal(held->ptr[i], seed & 0xff);
	bel_pool_give(pool, held->ptr, held->size);
	held->ptr = NULL;
}

static void sizes_are_rounded_up(void **state)
{
	size_t before = 512;

	(void)state;
	assert_int_equal(bel_pool_room(0), 512);
	for (size_t size = 1; size <= 4096; size++) {
		size_t room = bel_pool_room(size);
		assert_in_range(room, size, size < 512 ? 512 : size + size / 5);
		assert_int_equal(bel_pool_room(room), room);
		assert_true(room >= before);
		before = room;
	}
	assert_int_equal(bel_pool_room(4097), 4097);
}

/* Blocks of all sizes, in an order that a seed makes: none lies in another. */
static void blocks_do_not_overlap(void **state)
{
	struct bel_pool *pool = open_pool();
	struct held *held = calloc(BLOCKS, sizeof *held);
	uint64_t seed = 1;

	(void)state;
	assert_non_null(held);
	for (unsigned step = 0; step < 10 * BLOCKS; step++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		unsigned i = (unsigned)(seed >> 33) % BLOCKS;
		if (held[i].ptr)
			give(pool, &held[i], i);
		else
			take(pool, &held[i], (seed >> 20) % 5000, i);
	}
	assert_true(bel_pool_used(pool) > 0);
	for (unsigned i = 0; i < BLOCKS; i++)
		if (held[i].ptr)
			give(pool, &held[i], i);
	assert_int_equal(bel_pool_used(pool), 0);
	free(held);
	bel_pool_close(pool);
}

static void memory_goes_back(void **state)
{
	struct bel_pool *pool = open_pool();
	struct held *held = calloc(BLOCKS, sizeof *held);
	size_t most;

	(void)state;
	assert_non_null(held);
	for (unsigned i = 0; i < BLOCKS; i++)
		take(pool, &held[i], 2048, i);
	most = bel_pool_bytes(pool);
	for (unsigned i = 0; i < BLOCKS; i++)
		give(pool, &held[i], i);
	/* With an address sanitizer there are no chunks. */
	if (most) {
		assert_in_range(most, BLOCKS * 2048, BLOCKS * 2048 + (6 << 20));
		assert_in_range(bel_pool_bytes(pool), 0, 2 << 20);
	}
	free(held);
	bel_pool_close(pool);
}

static void nothing_is_given_back_for_nothing(void **state)
{
	struct bel_pool *pool = open_pool();

	(void)state;
	bel_pool_give(pool, NULL, 512);
	assert_int_equal(bel_pool_used(pool), 0);
	bel_pool_close(pool);
	bel_pool_close(NULL);
}

static void an_arena_in_a_pool_takes_no_more_than_it_needs(void **state)
{
	struct bel_pool *pool = open_pool();
	struct bel_arena arena;

	(void)state;
	bel_arena_init_in(&arena, pool, NULL, 0, 1 << 20);
	assert_non_null(bel_arena_bytes(&arena, 100));
	assert_in_range(bel_pool_used(pool), 100, 512);
	assert_non_null(bel_arena_bytes(&arena, 1300));
	assert_in_range(bel_pool_used(pool), 1400, 512 + 1408);
	assert_non_null(bel_arena_alloc(&arena, 100000));
	bel_arena_reset(&arena);
	assert_int_equal(bel_pool_used(pool), 0);
	assert_non_null(bel_arena_bytes(&arena, 1));
	bel_arena_fini(&arena);
	bel_pool_close(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_rounded_up),
		cmocka_unit_test(blocks_do_not_overlap),
		cmocka_unit_test(memory_goes_back),
		cmocka_unit_test(nothing_is_given_back_for_nothing),
		cmocka_unit_test(an_arena_in_a_pool_takes_no_more_than_it_needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
