/* SPDX-License-Identifier: Apache-2.0 */
#include "support/support.h"

#include <errno.h>

static void pieces_are_aligned_and_do_not_overlap(void **state)
{
	_Alignas(16) char first[512];
	struct bel_arena arena;
	char *pieces[200];
	(void)state;

	bel_arena_init(&arena, first, sizeof first, 1 << 20);
	for (size_t i = 0; i < 200; i++) {
		size_t size = 1 + i * 7 % 90;
		pieces[i] = i % 3 ? bel_arena_alloc(&arena, size)
				  : bel_arena_bytes(&arena, size);
		assert_non_null(pieces[i]);
		if (i % 3)
			assert_int_equal((uintptr_t)pieces[i] % 16, 0);
		memset(pieces[i], (int)i, size);
	}
	for (size_t i = 0; i < 200; i++)
		for (size_t k = 0; k < 1 + i * 7 % 90; k++)
			assert_int_equal((uint8_t)pieces[i][k], i);
	bel_arena_fini(&arena);
}

static void the_first_block_is_used_before_the_heap(void **state)
{
	_Alignas(16) char first[64];
	struct bel_arena arena;
	(void)state;

	bel_arena_init(&arena, first, sizeof first, 0);
	assert_ptr_equal(bel_arena_alloc(&arena, 40), first);
	assert_null(bel_arena_alloc(&arena, 24));
	/* What does not fit aligned fits as bytes. */
	assert_non_null(bel_arena_bytes(&arena, 24));
	assert_null(bel_arena_bytes(&arena, 1));
	bel_arena_reset(&arena);
	assert_ptr_equal(bel_arena_alloc(&arena, 64), first);
	bel_arena_fini(&arena);
}

static void the_budget_counts_the_heap_alone_and_holds(void **state)
{
	struct bel_arena arena;
	size_t taken = 0;
	(void)state;

	bel_arena_init(&arena, NULL, 0, 100000);
	while (bel_arena_alloc(&arena, 1000))
		taken += 1000;
	assert_in_range(taken, 70000, 100000);
	assert_in_range(arena.used, taken, 100000);
	assert_null(bel_arena_alloc(&arena, SIZE_MAX));
	assert_null(bel_arena_alloc(&arena, SIZE_MAX - 8));
	bel_arena_reset(&arena);
	assert_int_equal(arena.used, 0);
	assert_non_null(bel_arena_alloc(&arena, 90000));
	assert_null(bel_arena_alloc(&arena, 90000));
	bel_arena_fini(&arena);
}

static void cleared_memory_is_cleared_and_copies_are_copies(void **state)
{
	_Alignas(16) char first[256];
	struct bel_arena arena;
	char text[] = "text";
	bel_str copy;
	(void)state;

	memset(first, 'x', sizeof first);
	bel_arena_init(&arena, first, sizeof first, 0);
	char *zeros = bel_arena_zalloc(&arena, 100);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(zeros[i], 0);
	copy = bel_arena_copy(&arena, bel_str_from(text));
	text[0] = 'n';
	assert_str(copy, "text");
	assert_non_null(bel_arena_copy(&arena, BEL_STR_NONE).ptr);
	copy = bel_arena_copy(&arena, (bel_str){ first, sizeof first });
	assert_null(copy.ptr);
	assert_int_equal(copy.len, 0);
	bel_arena_fini(&arena);
}

static enum bel_err fill(void *user)
{
	struct bel_arena arena;
	enum bel_err err = BEL_OK;
	(void)user;

	bel_arena_init(&arena, NULL, 0, 1 << 20);
	for (size_t i = 0; i < 100 && !err; i++)
		if (!bel_arena_alloc(&arena, 1000))
			err = (enum bel_err) - ENOMEM;
	bel_arena_fini(&arena);
	return err;
}

static void without_memory_there_is_null_and_nothing_leaks(void **state)
{
	(void)state;
	bel_test_each_allocation_fails(fill, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_aligned_and_do_not_overlap),
		cmocka_unit_test(the_first_block_is_used_before_the_heap),
		cmocka_unit_test(the_budget_counts_the_heap_alone_and_holds),
		cmocka_unit_test(cleared_memory_is_cleared_and_copies_are_copies),
		cmocka_unit_test(without_memory_there_is_null_and_nothing_leaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
