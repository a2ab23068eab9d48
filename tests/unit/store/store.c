/* SPDX-License-Identifier: Apache-2.0
 * store: what was appended is there again, on a simulated disk that forgets. */
#include <errno.h>

#include "support/support.h"
#include "io/sim.h"
#include "store/store.h"

enum { SEGMENT_BYTES = 4096, NAMES_MAX = 32 };

struct world {
	struct bel_sim *sim;
	struct bel_sim_node *node;
	struct bel_loop *loop;
	struct bel_disk *disk;
	struct bel_store *store;
	struct bel_arena arena;
	/* what a replay told */
	unsigned records;
	uint64_t versions; /* their sum */
	uint64_t last_version;
	/* what was waited for */
	unsigned synced;
	enum bel_err sync_err;
	/* what a snapshot writes */
	unsigned kept;
	enum bel_err write_err;
	unsigned files;
};

static enum bel_err open_store(struct world *world, unsigned workers, unsigned sync_ms)
{
	struct bel_loop *loops[2] = { world->loop, world->loop };

	return bel_store_open(&world->store, &(struct bel_store_opts){
						     .disk = world->disk,
						     .loops = loops,
						     .workers = workers,
						     .sync_ms = sync_ms,
						     .segment_bytes = SEGMENT_BYTES,
					     });
}

static enum bel_err boot(struct world *world)
{
	enum bel_err err = bel_sim_loop(&world->loop, world->node);

	return err ? err : bel_sim_disk(&world->disk, world->node);
}

static void shut(struct world *world)
{
	bel_store_close(world->store);
	bel_disk_close(world->disk);
	bel_loop_close(world->loop);
	world->store = NULL;
}

static int begin(void **state)
{
	struct world *world = calloc(1, sizeof *world);
	bel_addr ip = bel_addr_v4(192, 0, 2, 1, 0);

	world->sim = bel_sim_new(1, &(struct bel_sim_net){ 0 });
	world->node = bel_sim_node_new(world->sim, "belfry", &ip);
	bel_arena_init(&world->arena, NULL, 0, 1 << 20);
	*state = world;
	return (int)boot(world);
}

static int end(void **state)
{
	struct world *world = *state;

	shut(world);
	bel_sim_free(world->sim);
	bel_arena_fini(&world->arena);
	free(world);
	return 0;
}

static void on_record(void *user, uint64_t version, bel_str record)
{
	struct world *world = user;

	(void)record;
	world->records++;
	world->versions += version;
	world->last_version = version;
}

static unsigned replay(struct world *world)
{
	world->records = 0;
	world->versions = 0;
	assert_int_equal(bel_store_replay(world->store, on_record, world), BEL_OK);
	return world->records;
}

static enum bel_err append(struct world *world, unsigned worker, uint64_t version)
{
	char bytes[100];
	uint64_t ticket;

	memset(bytes, (int)version, sizeof bytes);
	return bel_store_append(world->store, worker, version,
				(bel_str){ bytes, sizeof bytes }, &ticket);
}

static void run_ms(struct world *world, uint64_t ms)
{
	bel_sim_run(world->sim, bel_sim_now_ms(world->sim) + ms);
}

static void what_was_appended_is_there_after_a_kill(void **state)
{
	struct world *world = *state;

	assert_int_equal(open_store(world, 2, 5), BEL_OK);
	for (unsigned i = 1; i <= 20; i++)
		assert_int_equal(append(world, i % 2, i), BEL_OK);
	bel_sim_crash(world->node);
	shut(world);
	boot(world);
	assert_int_equal(open_store(world, 2, 5), BEL_OK);
	assert_int_equal(replay(world), 20);
	assert_int_equal(world->versions, 210);
}

static void it_goes_on_over_many_segments_and_starts(void **state)
{
	struct world *world = *state;
	unsigned count = 0;

	for (unsigned start = 0; start < 5; start++) {
		assert_int_equal(open_store(world, 1, 5), BEL_OK);
		assert_int_equal(replay(world), count);
		for (unsigned i = 0; i < 150; i++, count++) {
			assert_int_equal(append(world, 0, count + 1), BEL_OK);
			run_ms(world, 10);
		}
		shut(world);
		boot(world);
	}
	open_store(world, 1, 5);
	assert_int_equal(replay(world), count);
}

static void a_store_that_only_looks_leaves_everything_as_it_is(void **state)
{
	struct world *world = *state;
	uint64_t ticket;

	open_store(world, 1, 5);
	append(world, 0, 1);
	shut(world);
	boot(world);
	assert_int_equal(open_store(world, 0, 5), BEL_OK);
	assert_int_equal(replay(world), 1);
	assert_int_equal(bel_store_append(world->store, 0, 2, BEL_STR("x"), &ticket),
			 BEL_ERR_DENIED);
}

static void on_synced(struct bel_store_waiter *waiter, enum bel_err err);

struct waiting {
	struct bel_store_waiter waiter;
	struct world *world;
};

static void on_synced(struct bel_store_waiter *waiter, enum bel_err err)
{
	struct waiting *waiting = BEL_CONTAINER_OF(waiter, struct waiting, waiter);

	waiting->world->synced++;
	waiting->world->sync_err = err;
}

static void wait_for(struct world *world, struct waiting *waiting, uint64_t ticket)
{
	waiting->world = world;
	waiting->waiter.on_synced = on_synced;
	bel_store_wait(world->store, 0, ticket, &waiting->waiter);
}

static void an_answer_waits_until_the_disk_has_it(void **state)
{
	struct world *world = *state;
	struct waiting first, second;
	uint64_t ticket;

	open_store(world, 1, 0);
	bel_store_append(world->store, 0, 1, BEL_STR("one"), &ticket);
	wait_for(world, &first, ticket);
	assert_int_equal(world->synced, 0);
	bel_store_append(world->store, 0, 2, BEL_STR("two"), &ticket);
	wait_for(world, &second, ticket);
	run_ms(world, 50);
	assert_int_equal(world->synced, 2);
	assert_int_equal(world->sync_err, BEL_OK);
	bel_sim_power_off(world->node);
	shut(world);
	boot(world);
	open_store(world, 1, 0);
	assert_int_equal(replay(world), 2);
}

static void an_answer_waits_for_nothing_when_it_need_not(void **state)
{
	struct world *world = *state;
	struct waiting waiting;
	uint64_t ticket;

	open_store(world, 1, 5);
	bel_store_append(world->store, 0, 1, BEL_STR("one"), &ticket);
	wait_for(world, &waiting, ticket);
	assert_int_equal(world->synced, 1);
}

static void a_disk_that_fails_is_told_to_who_waits(void **state)
{
	struct world *world = *state;
	struct waiting waiting;
	uint64_t ticket;

	open_store(world, 1, 0);
	bel_sim_disk_fault(world->node, BEL_DISK_FAILS);
	bel_store_append(world->store, 0, 1, BEL_STR("one"), &ticket);
	wait_for(world, &waiting, ticket);
	run_ms(world, 50);
	assert_int_equal(world->synced, 1);
	assert_int_not_equal(world->sync_err, BEL_OK);
	bel_sim_disk_fault(world->node, BEL_DISK_FINE);
	bel_store_append(world->store, 0, 2, BEL_STR("two"), &ticket);
	wait_for(world, &waiting, ticket);
	run_ms(world, 50);
	assert_int_equal(world->sync_err, BEL_OK);
}

static void a_worker_that_ends_tells_who_waits(void **state)
{
	struct world *world = *state;
	struct waiting waiting;
	uint64_t ticket;

	open_store(world, 1, 0);
	bel_store_append(world->store, 0, 1, BEL_STR("one"), &ticket);
	wait_for(world, &waiting, ticket);
	bel_store_leave(world->store, 0);
	assert_int_equal(world->synced, 1);
	assert_int_equal(world->sync_err, BEL_ERR_CLOSED);
}

static void after_5_ms_a_power_cut_takes_nothing(void **state)
{
	struct world *world = *state;

	open_store(world, 1, 5);
	append(world, 0, 1);
	run_ms(world, 30);
	bel_sim_power_off(world->node);
	shut(world);
	boot(world);
	open_store(world, 1, 5);
	assert_int_equal(replay(world), 1);
}

static void a_full_disk_refuses_and_recovers_by_itself(void **state)
{
	struct world *world = *state;
	enum bel_err err = BEL_OK;
	unsigned appended = 0;

	open_store(world, 1, 5);
	bel_sim_disk_fault(world->node, BEL_DISK_FULL);
	for (; appended < 200 && !err; appended += !err) {
		err = append(world, 0, appended + 1);
		run_ms(world, 10);
	}
	assert_int_equal(err, -ENOSPC);
	assert_in_range(appended, 60, 80); /* the two segments that were there */
	bel_sim_disk_fault(world->node, BEL_DISK_FINE);
	append(world, 0, appended + 1);
	run_ms(world, 20);
	assert_int_equal(append(world, 0, appended + 1), BEL_OK);
	shut(world);
	boot(world);
	open_store(world, 1, 5);
	assert_int_equal(replay(world), appended + 1);
}

/* A disk that is busy for a while must not cost registrations. */
static void a_journal_that_fills_fast_has_more_made_ahead(void **state)
{
	struct world *world = *state;
	unsigned count = 0, ahead = 0;

	open_store(world, 1, 5);
	for (; count < 150; count++) {
		assert_int_equal(append(world, 0, count + 1), BEL_OK);
		run_ms(world, 10);
	}
	bel_sim_disk_fault(world->node, BEL_DISK_FULL);
	while (ahead < 1000 && append(world, 0, count + ahead + 1) == BEL_OK)
		ahead++;
	assert_in_range(ahead, 8 * 30, 9 * 40); /* eight segments, and the present one */
	bel_sim_disk_fault(world->node, BEL_DISK_FINE);
	shut(world);
	boot(world);
	open_store(world, 1, 5);
	assert_int_equal(replay(world), count + ahead);
}

/* ---- snapshots ---- */

static enum bel_err write_kept(void *user, bel_store_put *put, void *snapshot)
{
	struct world *world = user;
	enum bel_err err = world->write_err;

	for (unsigned i = 0; i < world->kept && !err; i++)
		err = put(snapshot, 1000 + i, BEL_STR("what is kept"));
	return err;
}

static void count_file(void *user, bel_str name)
{
	struct world *world = user;

	(void)name;
	world->files++;
}

static unsigned count_files(struct world *world)
{
	world->files = 0;
	bel_disk_list(world->disk, count_file, world);
	return world->files;
}

static void a_snapshot_makes_old_segments_needless(void **state)
{
	struct world *world = *state;
	struct bel_store_counters counters;

	open_store(world, 2, 5);
	world->kept = 10;
	bel_store_on_snapshot(world->store, write_kept, world);
	for (unsigned i = 0; i < 500; i++) {
		assert_int_equal(append(world, i % 2, i + 1), BEL_OK);
		run_ms(world, 10);
	}
	bel_store_counters(world->store, &counters);
	assert_true(counters.snapshots > 2);
	assert_int_equal(counters.snapshot_failures, 0);
	assert_true(count_files(world) < 12);
	bel_sim_power_off(world->node);
	shut(world);
	boot(world);
	open_store(world, 2, 5);
	replay(world);
	assert_in_range(world->records, 10, 150);
}

static void a_snapshot_that_fails_takes_nothing_away(void **state)
{
	struct world *world = *state;
	struct bel_store_counters counters;

	open_store(world, 1, 5);
	world->kept = 10;
	world->write_err = -ENOMEM;
	bel_store_on_snapshot(world->store, write_kept, world);
	for (unsigned i = 0; i < 300; i++) {
		assert_int_equal(append(world, 0, i + 1), BEL_OK);
		run_ms(world, 10);
	}
	bel_store_counters(world->store, &counters);
	assert_true(counters.snapshot_failures > 0);
	shut(world);
	boot(world);
	open_store(world, 1, 5);
	assert_int_equal(replay(world), 300);
}

/* ---- meta ---- */

static void a_value_is_fixed_at_the_first_start(void **state)
{
	struct world *world = *state;
	bel_str value;

	open_store(world, 0, 5);
	assert_int_equal(bel_store_meta(world->store, "realm", BEL_STR("example.com"),
					&world->arena, &value),
			 BEL_OK);
	assert_str(value, "example.com");
	assert_int_equal(bel_store_meta(world->store, "key", (bel_str){ "\0\1\2\0", 4 },
					&world->arena, &value),
			 BEL_OK);
	bel_sim_power_off(world->node);
	shut(world);
	boot(world);
	open_store(world, 0, 5);
	bel_store_meta(world->store, "realm", BEL_STR("other"), &world->arena, &value);
	assert_str(value, "example.com");
	bel_store_meta(world->store, "key", BEL_STR("other"), &world->arena, &value);
	assert_int_equal(value.len, 4);
	assert_memory_equal(value.ptr, "\0\1\2\0", 4);
}

static void a_damaged_meta_is_said_not_replaced(void **state)
{
	struct world *world = *state;
	struct bel_file *file;
	bel_str value;

	open_store(world, 0, 5);
	bel_store_meta(world->store, "realm", BEL_STR("example.com"), &world->arena,
		       &value);
	bel_store_close(world->store);
	world->store = NULL;
	assert_int_equal(
		bel_file_open(&file, world->disk, BEL_STR("meta"), BEL_FILE_UPDATE, 0),
		BEL_OK);
	bel_file_map(file)[60] ^= 1;
	bel_file_close(file);
	assert_int_equal(open_store(world, 0, 5), BEL_ERR_STORE);
}

static enum bel_err store_without_memory(void *user)
{
	struct world world = { .sim = user };
	bel_addr ip = bel_addr_v4(192, 0, 2, 9, 0);
	bel_str value;
	enum bel_err err = BEL_OK;

	world.sim = bel_sim_new(1, &(struct bel_sim_net){ 0 });
	if (!world.sim)
		return -ENOMEM;
	bel_arena_init(&world.arena, NULL, 0, 1 << 20);
	world.node = bel_sim_node_new(world.sim, "belfry", &ip);
	if (!world.node || bel_sim_loop(&world.loop, world.node)) {
		bel_sim_free(world.sim);
		return -ENOMEM;
	}
	err = bel_sim_disk(&world.disk, world.node);
	if (!err)
		err = open_store(&world, 1, 5);
	if (!err)
		err = bel_store_meta(world.store, "realm", BEL_STR("example.com"),
				     &world.arena, &value);
	if (!err)
		err = append(&world, 0, 1);
	bel_store_close(world.store);
	if (world.disk)
		bel_disk_close(world.disk);
	bel_loop_close(world.loop);
	bel_arena_fini(&world.arena);
	bel_sim_free(world.sim);
	return err;
}

static void without_memory_it_says_so(void **state)
{
	(void)state;
	bel_test_each_allocation_fails(store_without_memory, NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_appended_is_there_after_a_kill),
		TEST(it_goes_on_over_many_segments_and_starts),
		TEST(a_store_that_only_looks_leaves_everything_as_it_is),
		TEST(an_answer_waits_until_the_disk_has_it),
		TEST(an_answer_waits_for_nothing_when_it_need_not),
		TEST(a_disk_that_fails_is_told_to_who_waits),
		TEST(a_worker_that_ends_tells_who_waits),
		TEST(after_5_ms_a_power_cut_takes_nothing),
		TEST(a_full_disk_refuses_and_recovers_by_itself),
		TEST(a_journal_that_fills_fast_has_more_made_ahead),
		TEST(a_snapshot_makes_old_segments_needless),
		TEST(a_snapshot_that_fails_takes_nothing_away),
		TEST(a_value_is_fixed_at_the_first_start),
		TEST(a_damaged_meta_is_said_not_replaced),
		cmocka_unit_test(without_memory_it_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
