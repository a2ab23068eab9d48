/* SPDX-License-Identifier: Apache-2.0
 * store on real loops, threads and files: for the thread sanitizer. Every record waits
 * for the disk while snapshots are written and segments come and go. */
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "support/support.h"
#include "store/store.h"

enum { WORKERS = 2, RECORDS = 200, SEGMENT_BYTES = 16 << 10, RECORD_BYTES = 400 };

struct world {
	char directory[64];
	struct bel_disk *disk;
	struct bel_loop *loops[WORKERS];
	struct bel_store *store;
	unsigned records;
};

struct worker {
	struct world *world;
	unsigned index, failures;
	struct bel_store_waiter waiter;
	bool is_synced;
};

static void on_synced(struct bel_store_waiter *waiter, enum bel_err err)
{
	struct worker *worker = BEL_CONTAINER_OF(waiter, struct worker, waiter);

	worker->is_synced = true;
	worker->failures += err != BEL_OK;
}

/* A segment that is late is no failure here: the store says so and gets it. */
static uint64_t append(struct worker *worker, unsigned version)
{
	static const char record[RECORD_BYTES] = { 1 };
	uint64_t ticket = 0;

	while (bel_store_append(worker->world->store, worker->index, version,
				(bel_str){ record, sizeof record }, &ticket) == -ENOSPC)
		bel_loop_turn(worker->world->loops[worker->index], 1);
	return ticket;
}

static void *work(void *user)
{
	struct worker *worker = user;
	struct bel_loop *loop = worker->world->loops[worker->index];

	worker->waiter.on_synced = on_synced;
	for (unsigned i = 0; i < RECORDS; i++) {
		uint64_t ticket = append(worker, i + 1);
		worker->is_synced = false;
		bel_store_wait(worker->world->store, worker->index, ticket,
			       &worker->waiter);
		while (!worker->is_synced)
			bel_loop_turn(loop, 100);
	}
	return NULL;
}

static enum bel_err write_some(void *user, bel_store_put *put, void *snapshot)
{
	enum bel_err err = BEL_OK;

	(void)user;
	for (unsigned i = 0; i < 20 && !err; i++)
		err = put(snapshot, i, BEL_STR("kept"));
	return err;
}

static void on_record(void *user, uint64_t version, bel_str record)
{
	struct world *world = user;

	(void)version;
	(void)record;
	world->records++;
}

static void open_store(struct world *world, unsigned workers)
{
	assert_int_equal(bel_store_open(&world->store,
					&(struct bel_store_opts){
						.disk = world->disk,
						.loops = world->loops,
						.workers = workers,
						.segment_bytes = SEGMENT_BYTES }),
			 BEL_OK);
}

static void remove_file(void *user, bel_str name)
{
	struct world *world = user;
	char path[256];

	snprintf(path, sizeof path, "%s/%.*s", world->directory, BEL_STR_ARG(name));
	unlink(path);
}

static void workers_wait_for_one_disk(void **state)
{
	struct world world = { .directory = "/tmp/belfry-store-XXXXXX" };
	struct worker workers[WORKERS];
	pthread_t threads[WORKERS];
	struct bel_store_counters counters;

	(void)state;
	assert_non_null(mkdtemp(world.directory));
	assert_int_equal(bel_disk_open(&world.disk, world.directory), BEL_OK);
	for (unsigned i = 0; i < WORKERS; i++)
		assert_int_equal(bel_loop_open(&world.loops[i]), BEL_OK);
	open_store(&world, WORKERS);
	bel_store_on_snapshot(world.store, write_some, &world);
	for (unsigned i = 0; i < WORKERS; i++) {
		workers[i] = (struct worker){ .world = &world, .index = i };
		assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
	}
	for (unsigned i = 0; i < WORKERS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(workers[i].failures, 0);
	}
	bel_store_on_snapshot(world.store, NULL, NULL);
	bel_store_counters(world.store, &counters);
	assert_int_equal(counters.records, WORKERS * RECORDS);
	assert_true(counters.snapshots > 0);
	bel_store_close(world.store);
	open_store(&world, 0);
	assert_int_equal(bel_store_replay(world.store, on_record, &world), BEL_OK);
	assert_in_range(world.records, 20, WORKERS * RECORDS);
	bel_store_close(world.store);
	bel_disk_list(world.disk, remove_file, &world);
	bel_disk_close(world.disk);
	rmdir(world.directory);
	for (unsigned i = 0; i < WORKERS; i++)
		bel_loop_close(world.loops[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(workers_wait_for_one_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
