/* SPDX-License-Identifier: Apache-2.0
 * Records in places of a file, and what is left of them whenever the process dies. */
#include <errno.h>

#include "support/failing_alloc.h"
#include "support/support.h"

#include "io/sim.h"
#include "store/store.h"

enum { RECORD_BYTES = 100, MANY = 100 };

struct bench {
	struct bel_sim *sim;
	struct bel_sim_node *node;
	struct bel_loop *loop;
	struct bel_disk *disk;
	unsigned count;
	char last[RECORD_BYTES];
	size_t last_len;
};

static const bel_str name = { "relay-0-0", 9 };

static void open_bench(struct bench *bench)
{
	static const struct bel_sim_net net = { .delay_min_ms = 1, .delay_max_ms = 1 };
	bel_addr ip = bel_addr_v4(192, 0, 2, 1, 0);

	*bench = (struct bench){ .sim = bel_sim_new(1, &net) };
	bench->node = bel_sim_node_new(bench->sim, "server", &ip);
	assert_int_equal(bel_sim_loop(&bench->loop, bench->node), BEL_OK);
	assert_int_equal(bel_sim_disk(&bench->disk, bench->node), BEL_OK);
}

static void close_bench(struct bench *bench)
{
	bel_disk_close(bench->disk);
	bel_loop_close(bench->loop);
	bel_sim_free(bench->sim);
}

static struct bel_slots *open_slots(struct bench *bench)
{
	struct bel_slots *slots;

	assert_int_equal(bel_slots_open(&slots, bench->disk, name, RECORD_BYTES), BEL_OK);
	return slots;
}

static void on_record(void *user, bel_str record)
{
	struct bench *bench = user;

	bench->count++;
	bench->last_len = record.len;
	memcpy(bench->last, record.ptr, record.len);
}

static unsigned read_all(struct bench *bench)
{
	bench->count = 0;
	bench->last_len = 0;
	assert_int_equal(bel_slots_read(bench->disk, name, on_record, bench), BEL_OK);
	return bench->count;
}

#define assert_last(bench, text)                                                         \
	assert_str(((bel_str){ (bench)->last, (bench)->last_len }), (text))

static void what_was_put_is_there_and_what_was_removed_is_not(void **state)
{
	struct bench bench;
	struct bel_slots *slots;
	uint32_t one = 0, two = 0;

	(void)state;
	open_bench(&bench);
	slots = open_slots(&bench);
	assert_int_equal(bel_slots_put(slots, &one, BEL_STR("first")), BEL_OK);
	assert_int_equal(bel_slots_put(slots, &two, BEL_STR("second")), BEL_OK);
	assert_true(one && two && one != two);
	assert_int_equal(bel_slots_put(slots, &one, BEL_STR("first, changed")), BEL_OK);
	bel_slots_remove(slots, two);
	bel_slots_close(slots);
	assert_int_equal(read_all(&bench), 1);
	assert_last(&bench, "first, changed");
	/* Who begins anew begins with nothing. */
	bel_slots_close(open_slots(&bench));
	assert_int_equal(read_all(&bench), 0);
	close_bench(&bench);
}

static void there_is_room_for_many_and_places_are_used_again(void **state)
{
	struct bench bench;
	struct bel_slots *slots;
	uint32_t places[MANY] = { 0 }, largest = 0;
	char text[RECORD_BYTES + 1] = "";

	(void)state;
	open_bench(&bench);
	slots = open_slots(&bench);
	for (unsigned round = 0; round < 5; round++) {
		for (unsigned i = 0; i < MANY; i++) {
			snprintf(text, sizeof text, "record %u of round %u", i, round);
			assert_int_equal(
				bel_slots_put(slots, &places[i], bel_str_from(text)),
				BEL_OK);
			if (places[i] > largest)
				largest = places[i];
		}
		assert_int_equal(read_all(&bench), MANY);
		for (unsigned i = 0; i < MANY; i++, places[i - 1] = 0)
			bel_slots_remove(slots, places[i]);
		assert_int_equal(read_all(&bench), 0);
	}
	assert_true(largest < 2 * MANY);
	memset(text, 'x', sizeof text);
	assert_int_equal(
		bel_slots_put(slots, &places[0], (bel_str){ text, RECORD_BYTES + 1 }),
		BEL_ERR_LIMIT);
	assert_int_equal(
		bel_slots_put(slots, &places[0], (bel_str){ text, RECORD_BYTES }),
		BEL_OK);
	bel_slots_close(slots);
	close_bench(&bench);
}

/* The process dies while it writes: any of the bytes that it was about to change may be
 * old or new. */
static void a_record_half_written_leaves_the_one_before(void **state)
{
	struct bench bench;
	struct bel_slots *slots;
	struct bel_file *file;
	uint32_t place = 0;
	char before[4096], after[4096], *map;
	size_t size;

	(void)state;
	open_bench(&bench);
	slots = open_slots(&bench);
	assert_int_equal(bel_slots_put(slots, &place, BEL_STR("the one before")), BEL_OK);
	assert_int_equal(bel_file_open(&file, bench.disk, name, BEL_FILE_UPDATE, 0),
			 BEL_OK);
	size = bel_file_size(file);
	assert_true(size <= sizeof before);
	map = bel_file_map(file);
	memcpy(before, map, size);
	assert_int_equal(bel_slots_put(slots, &place, BEL_STR("what it becomes")),
			 BEL_OK);
	bel_slots_close(slots);
	memcpy(after, map, size);
	for (size_t cut = 0; cut <= size; cut++) {
		memcpy(map, before, size);
		memcpy(map, after, cut);
		assert_int_equal(read_all(&bench), 1);
		assert_true(bench.last_len == 14 || bench.last_len == 15);
		/* And the other way round. */
		memcpy(map, after, size);
		memcpy(map, before, cut);
		assert_int_equal(read_all(&bench), 1);
		assert_true(bench.last_len == 14 || bench.last_len == 15);
	}
	bel_file_close(file);
	close_bench(&bench);
}

static void what_is_no_such_file_has_no_records(void **state)
{
	struct bench bench;
	struct bel_file *file;
	uint64_t seed = 1;

	(void)state;
	open_bench(&bench);
	assert_int_equal(bel_slots_read(bench.disk, name, on_record, &bench), -ENOENT);
	for (unsigned i = 0; i < 500; i++) {
		assert_int_equal(bel_file_open(&file, bench.disk, name, BEL_FILE_CREATE,
					       1 + i * 7 % 600),
				 BEL_OK);
		for (size_t k = 0; k < bel_file_size(file); k++) {
			seed = seed * 6364136223846793005u + 1;
			bel_file_map(file)[k] = (char)(seed >> 56);
		}
		/* The head is right, and nothing else. */
		if (i % 2 && bel_file_size(file) >= 8)
			memcpy(bel_file_map(file), "\x31\x4c\x45\x42\x40\0\0\0", 8);
		bel_file_close(file);
		assert_int_equal(read_all(&bench), 0);
	}
	close_bench(&bench);
}

static enum bel_err try_all(void *user)
{
	struct bench *bench = user;
	uint32_t places[MANY] = { 0 };
	struct bel_slots *slots;
	enum bel_err err = bel_slots_open(&slots, bench->disk, name, RECORD_BYTES);

	if (err)
		return err;
	for (unsigned i = 0; i < MANY && !err; i++)
		err = bel_slots_put(slots, &places[i], BEL_STR("record"));
	bel_slots_close(slots);
	return err;
}

static void without_memory_it_says_so(void **state)
{
	struct bench bench;

	(void)state;
	open_bench(&bench);
	bel_test_each_allocation_fails(try_all, &bench);
	close_bench(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_is_there_and_what_was_removed_is_not),
		cmocka_unit_test(there_is_room_for_many_and_places_are_used_again),
		cmocka_unit_test(a_record_half_written_leaves_the_one_before),
		cmocka_unit_test(what_is_no_such_file_has_no_records),
		cmocka_unit_test(without_memory_it_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
