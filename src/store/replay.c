/* SPDX-License-Identifier: Apache-2.0
 * What is there at the start: the snapshot and the segments of earlier runs. They are
 * never written again; the next snapshot makes them needless. */
#include <errno.h>
#include <stdlib.h>

#include "store/store_int.h"

typedef void on_record(void *user, uint64_t version, bel_str record);

/* ---- looking ---- */

struct look {
	struct bel_store *store;
	enum bel_err err;
};

static void on_name(void *user, bel_str name)
{
	struct look *look = user;
	struct bel_store *store = look->store;
	struct bel_old_file *file;
	unsigned worker;
	uint64_t number;

	if (!bel_segment_parse_name(name, &worker, &number))
		return;
	file = calloc(1, sizeof *file);
	if (!file) {
		look->err = bel_err_from_errno(ENOMEM);
		return;
	}
	file->worker = worker;
	file->number = number;
	memcpy(file->name, name.ptr, name.len);
	file->name_len = name.len;
	bel_list_put(&store->old, &file->node);
	store->old_count++;
	if (worker < store->workers && store->journals[worker].next_number <= number)
		store->journals[worker].next_number = number + 1;
}

enum bel_err bel_replay_look(struct bel_store *store)
{
	struct look look = { store, BEL_OK };
	enum bel_err err = bel_disk_list(store->disk, on_name, &look);

	return err ? err : look.err;
}

static struct bel_old_file *file_of(struct bel_list *node)
{
	return BEL_CONTAINER_OF(node, struct bel_old_file, node);
}

static bel_str name_of(const struct bel_old_file *file)
{
	return (bel_str){ file->name, file->name_len };
}

static void forget(struct bel_store *store, struct bel_old_file *file)
{
	bel_list_remove(&file->node);
	store->old_count--;
	free(file);
}

void bel_replay_forget(struct bel_store *store)
{
	BEL_LIST_EACH(node, &store->old)
	{
		forget(store, file_of(node));
	}
}

/* ---- tidying up ---- */

/* Where the good records of a file end; 0 when there are none. */
static size_t end_of(struct bel_file *file)
{
	struct bel_segment_reader reader;
	uint64_t version;
	bel_str record;

	if (bel_segment_reader_init(&reader, BEL_SEGMENT_JOURNAL,
				    (bel_str){ bel_file_map(file), bel_file_size(file) }))
		return 0;
	while (bel_segment_next(&reader, &version, &record))
		;
	return reader.at > SEGMENT_HEAD_BYTES ? reader.at : 0;
}

/* What a killed process left to the kernel reaches the disk now, and a segment that was
 * hardly used gives its room back. A file that resists stays as it is. */
static void tidy(struct bel_store *store, struct bel_old_file *old)
{
	struct bel_file *file;
	size_t end;

	if (bel_file_open(&file, store->disk, name_of(old), BEL_FILE_UPDATE, 0))
		return;
	end = end_of(file);
	if (end && bel_file_sync(file) == BEL_OK && end < bel_file_size(file))
		bel_file_resize(file, end);
	bel_file_close(file);
	store->old_bytes += end;
	if (end)
		return;
	bel_disk_remove(store->disk, name_of(old));
	forget(store, old);
}

void bel_replay_tidy(struct bel_store *store)
{
	BEL_LIST_EACH(node, &store->old)
	{
		tidy(store, file_of(node));
	}
}

/* ---- reading ---- */

/* *is_whole: a snapshot's last record was there. */
static enum bel_err read_file(struct bel_store *store, bel_str name,
			      enum bel_segment_kind kind, on_record *tell, void *user,
			      bool *is_whole)
{
	struct bel_segment_reader reader;
	struct bel_file *file;
	uint64_t version;
	bel_str record;
	enum bel_err err = bel_file_open(&file, store->disk, name, BEL_FILE_READ, 0);

	if (err)
		return err;
	err = bel_segment_reader_init(
		&reader, kind, (bel_str){ bel_file_map(file), bel_file_size(file) });
	while (!err && bel_segment_next(&reader, &version, &record))
		if (version == SNAPSHOT_END_VERSION)
			*is_whole = true;
		else
			tell(user, version, record);
	if (kind == BEL_SEGMENT_SNAPSHOT)
		store->snapshot_bytes = bel_file_size(file);
	bel_file_close(file);
	return err;
}

static enum bel_err read_snapshot(struct bel_store *store, on_record *tell, void *user)
{
	bool is_whole = false;
	enum bel_err err = read_file(store, BEL_STR("snapshot"), BEL_SEGMENT_SNAPSHOT,
				     tell, user, &is_whole);

	if (err == bel_err_from_errno(ENOENT))
		return BEL_OK;
	if (err && err != BEL_ERR_MISMATCH)
		return err;
	if (!is_whole)
		bel_store_note(store, BEL_LOG_ERROR,
			       "a damaged file: registrations in it may be lost",
			       BEL_ERR_STORE, BEL_STR("snapshot"));
	return BEL_OK;
}

enum bel_err bel_store_replay(struct bel_store *store, on_record *tell, void *user)
{
	enum bel_err err = read_snapshot(store, tell, user);
	bool is_whole;

	BEL_LIST_EACH(node, &store->old)
	{
		if (!err)
			err = read_file(store, name_of(file_of(node)),
					BEL_SEGMENT_JOURNAL, tell, user, &is_whole);
		/* Nothing was ever written to it. */
		if (err == BEL_ERR_MISMATCH)
			err = BEL_OK;
	}
	return err;
}
