/* SPDX-License-Identifier: Apache-2.0
 * Small values fixed at the first start, in a file of their own: name, zero, value in a
 * record each. The file is written anew as a whole. */
#include <errno.h>

#include "store/store_int.h"

enum { META_BYTES_MAX = 64 << 10, META_NAME_BYTES_MAX = 64 };

static struct bel_meta_row *row_of(struct bel_list *node)
{
	return BEL_CONTAINER_OF(node, struct bel_meta_row, node);
}

static enum bel_err keep(struct bel_store *store, bel_str name, bel_str value)
{
	struct bel_meta_row *row = BEL_ARENA_NEW(&store->meta_arena, struct bel_meta_row);

	if (!row)
		return BEL_ERR_SPACE;
	row->name = bel_arena_copy(&store->meta_arena, name);
	row->value = bel_arena_copy(&store->meta_arena, value);
	if (!row->name.ptr || !row->value.ptr)
		return BEL_ERR_SPACE;
	bel_list_put(&store->meta, &row->node);
	return BEL_OK;
}

static enum bel_err load_rows(struct bel_store *store, struct bel_segment_reader *reader)
{
	uint64_t version, count = 0, expected = UINT64_MAX;
	bel_str record;
	enum bel_err err = BEL_OK;

	while (!err && bel_segment_next(reader, &version, &record)) {
		size_t split = bel_str_find(record, '\0');
		struct bel_cursor cursor = bel_cursor_init(record);
		if (version == SNAPSHOT_END_VERSION) {
			bel_cursor_be64(&expected, &cursor);
			break;
		}
		count++;
		err = keep(store, bel_str_slice(record, 0, split),
			   bel_str_slice(record, split + 1, record.len));
	}
	return err ? err : count == expected ? BEL_OK : BEL_ERR_STORE;
}

enum bel_err bel_meta_load(struct bel_store *store)
{
	struct bel_segment_reader reader;
	struct bel_file *file;
	enum bel_err err = bel_file_open(&file, store->disk, BEL_STR("meta"),
					 BEL_FILE_READ, 0);

	if (err == bel_err_from_errno(ENOENT))
		return BEL_OK;
	if (err)
		return err;
	err = bel_segment_reader_init(
		&reader, BEL_SEGMENT_META,
		(bel_str){ bel_file_map(file), bel_file_size(file) });
	if (!err)
		err = load_rows(store, &reader);
	bel_file_close(file);
	/* Keys that were lost would make every password and every dialog wrong: rather
	 * say so than make new ones. */
	if (err == BEL_ERR_MISMATCH)
		err = BEL_ERR_STORE;
	if (err)
		bel_store_note(store, BEL_LOG_ERROR, "a damaged file", err,
			       BEL_STR("meta"));
	return err;
}

static void write_rows(struct bel_store *store, struct bel_segment *segment)
{
	char buf[META_NAME_BYTES_MAX + BEL_STORE_META_BYTES_MAX + 1];
	uint64_t count = 0;
	struct bel_writer writer;

	BEL_LIST_EACH(node, &store->meta)
	{
		writer = bel_writer_init(buf, sizeof buf);
		bel_write_str(&writer, row_of(node)->name);
		bel_write_char(&writer, '\0');
		bel_write_str(&writer, row_of(node)->value);
		bel_segment_append(segment, ++count, bel_writer_str(&writer));
	}
	writer = bel_writer_init(buf, sizeof buf);
	bel_write_be64(&writer, count);
	bel_segment_append(segment, SNAPSHOT_END_VERSION, bel_writer_str(&writer));
}

static enum bel_err save(struct bel_store *store)
{
	struct bel_segment *segment;
	enum bel_err err = bel_segment_make(&segment, store->disk, BEL_SEGMENT_META, 0, 0,
					    META_BYTES_MAX);

	if (err)
		return err;
	write_rows(store, segment);
	err = bel_file_resize(segment->file, segment->end);
	if (!err)
		err = bel_file_sync(segment->file);
	bel_segment_close(segment);
	if (!err)
		err = bel_disk_rename(store->disk, BEL_STR("meta.new"), BEL_STR("meta"));
	return err;
}

static struct bel_meta_row *find_row(struct bel_store *store, bel_str name)
{
	BEL_LIST_EACH(node, &store->meta)
	{
		if (bel_str_is_equal(row_of(node)->name, name))
			return row_of(node);
	}
	return NULL;
}

static enum bel_err put_row(struct bel_store *store, bel_str name, bel_str value)
{
	size_t used = 0;
	enum bel_err err;

	BEL_LIST_EACH(node, &store->meta)
	{
		used += row_of(node)->name.len + row_of(node)->value.len + 64;
	}
	if (!name.len || name.len > META_NAME_BYTES_MAX ||
	    value.len > BEL_STORE_META_BYTES_MAX ||
	    used + name.len + value.len + 128 > META_BYTES_MAX)
		return BEL_ERR_LIMIT;
	err = keep(store, name, value);
	if (!err)
		err = save(store);
	if (err && find_row(store, name))
		bel_list_remove(&find_row(store, name)->node);
	return err;
}

enum bel_err bel_store_meta(struct bel_store *store, const char *name, bel_str proposed,
			    struct bel_arena *arena, bel_str *out)
{
	bel_str key = bel_str_from(name), copy;
	enum bel_err err = BEL_OK;

	if (!find_row(store, key))
		err = put_row(store, key, proposed);
	if (err)
		return err;
	copy = bel_arena_copy(arena, find_row(store, key)->value);
	if (!copy.ptr && find_row(store, key)->value.len)
		return BEL_ERR_SPACE;
	*out = copy;
	return BEL_OK;
}
