/* SPDX-License-Identifier: Apache-2.0
 * Everything once more, written from memory, so that old segments may go. Every journal
 * first turns to a new segment: what stands in the ones before is then in memory, too. */
#include "store/store_int.h"

enum {
	SNAPSHOT_BYTES_FIRST = 64 << 10,
	OLD_FILES_MAX = 16, /* left by restarts; more are tidied up at once */
};

struct snapshot {
	struct bel_segment *segment;
	uint64_t count;
};

/* ---- when ---- */

static uint64_t appended_by_all(const struct bel_store *store)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < store->workers; i++)
		bytes += atomic_load_explicit(&store->journals[i].appended,
					      memory_order_relaxed);
	return bytes;
}

static bool is_due(const struct bel_store *store)
{
	uint64_t appended = appended_by_all(store);
	uint64_t fresh = appended - store->covered_bytes + store->old_bytes;
	uint64_t least = store->snapshot_bytes * 2 > store->segment_bytes
				 ? store->snapshot_bytes * 2
				 : store->segment_bytes;

	return appended >= store->quiet_bytes &&
	       (fresh >= least || store->old_count > OLD_FILES_MAX);
}

/* ---- writing ---- */

static enum bel_err make_room(struct bel_segment *segment, size_t record_bytes)
{
	size_t size = bel_file_size(segment->file);

	if (bel_segment_fits(segment, record_bytes))
		return BEL_OK;
	return bel_file_resize(segment->file,
			       size + size / 2 + record_bytes + 2 * RECORD_HEAD_BYTES);
}

static enum bel_err put(void *user, uint64_t version, bel_str record)
{
	struct snapshot *snapshot = user;
	enum bel_err err = make_room(snapshot->segment, record.len);

	if (err)
		return err;
	bel_segment_append(snapshot->segment, version, record);
	snapshot->count++;
	return BEL_OK;
}

/* The last record tells that the snapshot is whole. */
static enum bel_err put_end(struct snapshot *snapshot)
{
	char buf[8];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	bel_write_be64(&writer, snapshot->count);
	return put(snapshot, SNAPSHOT_END_VERSION, bel_writer_str(&writer));
}

static enum bel_err write_all(struct bel_store *store)
{
	struct snapshot snapshot = { .count = 0 };
	size_t size = store->snapshot_bytes + store->snapshot_bytes / 4 +
		      SNAPSHOT_BYTES_FIRST;
	enum bel_err err = bel_segment_make(&snapshot.segment, store->disk,
					    BEL_SEGMENT_SNAPSHOT, 0, 0, size);

	if (err)
		return err;
	pthread_mutex_lock(&store->writing);
	err = store->write ? store->write(store->write_user, put, &snapshot)
			   : BEL_ERR_CLOSED;
	pthread_mutex_unlock(&store->writing);
	if (!err)
		err = put_end(&snapshot);
	if (!err)
		err = bel_file_resize(snapshot.segment->file, snapshot.segment->end);
	if (!err)
		err = bel_file_sync(snapshot.segment->file);
	size = snapshot.segment->end;
	bel_segment_close(snapshot.segment);
	if (!err)
		err = bel_disk_rename(store->disk, BEL_STR("snapshot.new"),
				      BEL_STR("snapshot"));
	if (err)
		bel_disk_remove(store->disk, BEL_STR("snapshot.new"));
	else
		store->snapshot_bytes = size;
	return err;
}

/* ---- what is needless now ---- */

struct sweep {
	struct bel_store *store;
	struct bel_arena arena;
	struct bel_list names;
};

static void on_name(void *user, bel_str name)
{
	struct sweep *sweep = user;
	struct bel_old_file *file;
	unsigned worker;
	uint64_t number;

	if (!bel_segment_parse_name(name, &worker, &number) ||
	    (worker < sweep->store->workers &&
	     number > sweep->store->journals[worker].covered_number))
		return;
	/* One that cannot be noted stays until the next snapshot. */
	file = BEL_ARENA_NEW(&sweep->arena, struct bel_old_file);
	if (!file)
		return;
	memcpy(file->name, name.ptr, name.len);
	file->name_len = name.len;
	bel_list_put(&sweep->names, &file->node);
}

static void remove_needless(struct bel_store *store)
{
	struct sweep sweep = { .store = store };

	bel_arena_init(&sweep.arena, NULL, 0, SIZE_MAX);
	bel_list_init(&sweep.names);
	bel_disk_list(store->disk, on_name, &sweep);
	BEL_LIST_EACH(node, &sweep.names)
	{
		struct bel_old_file *file = BEL_CONTAINER_OF(node, struct bel_old_file,
							     node);
		bel_disk_remove(store->disk, (bel_str){ file->name, file->name_len });
	}
	bel_arena_fini(&sweep.arena);
}

/* ---- the job ---- */

static enum bel_err turn_all(struct bel_store *store)
{
	enum bel_err err = BEL_OK;

	for (unsigned i = 0; i < store->workers && !err; i++)
		err = bel_journal_turn(&store->journals[i],
				       &store->journals[i].covered_number);
	return err;
}

static void take(struct bel_job *job)
{
	struct bel_store *store = BEL_CONTAINER_OF(job, struct bel_store, snapshot_job);
	uint64_t appended = appended_by_all(store);
	enum bel_err err = turn_all(store);

	if (!err)
		err = write_all(store);
	if (err) {
		bel_store_note(store, BEL_LOG_WARNING, "no snapshot of registrations",
			       err, BEL_STR("snapshot"));
		atomic_fetch_add(&store->snapshot_failures, 1);
		store->quiet_bytes = appended + store->segment_bytes / 4;
	} else {
		remove_needless(store);
		atomic_fetch_add(&store->snapshots_count, 1);
		store->covered_bytes = appended;
		store->quiet_bytes = 0;
		store->old_bytes = 0;
		store->old_count = 0;
	}
	atomic_store(&store->is_snapshooting, false);
}

void bel_snapshot_consider(struct bel_store *store)
{
	if (!atomic_load(&store->has_writer) || atomic_load(&store->is_snapshooting) ||
	    !is_due(store))
		return;
	atomic_store(&store->is_snapshooting, true);
	store->snapshot_job.run = take;
	if (bel_service_post(store->snapshots, NULL, &store->snapshot_job))
		atomic_store(&store->is_snapshooting, false);
}

void bel_store_on_snapshot(struct bel_store *store, bel_store_write *write, void *user)
{
	pthread_mutex_lock(&store->writing);
	store->write = write;
	store->write_user = user;
	atomic_store(&store->has_writer, write != NULL);
	pthread_mutex_unlock(&store->writing);
}
