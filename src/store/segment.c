/* SPDX-License-Identifier: Apache-2.0
 * A file of records. Head (32 bytes): "BELFRYJ1" or its like, number, worker, CRC-32C
 * of these, zeros. Record: length, CRC-32C, version, bytes, zeros up to a multiple of 8.
 * The CRC covers the file's number, length, version and bytes, so that a block of an
 * older file is not taken for one of this. Integers are big-endian. A length of 0 ends
 * the file, for that is what preallocated blocks hold. */
#include <errno.h>
#include <stdlib.h>

#include "store/store_int.h"

enum { MAGIC_BYTES = 8, HEAD_SUM_AT = 20, ALIGN = 8 };

static const char *const magics[] = {
	[BEL_SEGMENT_JOURNAL] = "BELFRYJ1",
	[BEL_SEGMENT_SNAPSHOT] = "BELFRYS1",
	[BEL_SEGMENT_META] = "BELFRYM1",
};

/* ---- names ---- */

static const char name_prefix[] = "journal-";
enum {
	NAME_PREFIX_BYTES = sizeof name_prefix - 1,
	WORKER_DIGITS = 4,
	NUMBER_DIGITS = 16
};

void bel_segment_write_name(struct bel_writer *writer, unsigned worker, uint64_t number)
{
	bel_write_text(writer, name_prefix);
	bel_write_hex64(writer, worker, WORKER_DIGITS);
	bel_write_char(writer, '-');
	bel_write_hex64(writer, number, NUMBER_DIGITS);
}

bool bel_segment_parse_name(bel_str name, unsigned *worker, uint64_t *number)
{
	const size_t dash = NAME_PREFIX_BYTES + WORKER_DIGITS;
	uint64_t who, which;

	if (name.len != dash + 1 + NUMBER_DIGITS ||
	    !bel_str_has_prefix(name, bel_str_from(name_prefix)) ||
	    name.ptr[dash] != '-' ||
	    bel_str_to_hex64(&who, bel_str_slice(name, NAME_PREFIX_BYTES, dash)) ||
	    bel_str_to_hex64(&which, bel_str_slice(name, dash + 1, name.len)))
		return false;
	*worker = (unsigned)who;
	*number = which;
	return true;
}

/* ---- writing ---- */

static size_t padded(size_t len)
{
	return (len + ALIGN - 1) / ALIGN * ALIGN;
}

static void write_head(struct bel_segment *segment)
{
	char *map = bel_file_map(segment->file);
	struct bel_writer writer = bel_writer_init(map, SEGMENT_HEAD_BYTES);

	bel_write_text(&writer, magics[segment->kind]);
	bel_write_be64(&writer, segment->number);
	bel_write_be32(&writer, segment->worker);
	bel_write_be32(&writer, bel_crc32c(0, bel_writer_str(&writer)));
	segment->end = SEGMENT_HEAD_BYTES;
}

enum bel_err bel_segment_make(struct bel_segment **out, struct bel_disk *disk,
			      enum bel_segment_kind kind, unsigned worker,
			      uint64_t number, size_t size)
{
	struct bel_segment *segment = calloc(1, sizeof *segment);
	char buf[FILE_NAME_BYTES];
	struct bel_writer name = bel_writer_init(buf, sizeof buf);
	enum bel_err err;

	if (!segment)
		return bel_err_from_errno(ENOMEM);
	segment->kind = kind;
	segment->worker = worker;
	segment->number = number;
	bel_list_init(&segment->node);
	if (kind != BEL_SEGMENT_JOURNAL)
		bel_write_text(&name,
			       kind == BEL_SEGMENT_META ? "meta.new" : "snapshot.new");
	else
		bel_segment_write_name(&name, worker, number);
	err = bel_file_open(&segment->file, disk, bel_writer_str(&name), BEL_FILE_CREATE,
			    size);
	if (err) {
		free(segment);
		return err;
	}
	write_head(segment);
	*out = segment;
	return BEL_OK;
}

void bel_segment_close(struct bel_segment *segment)
{
	if (!segment)
		return;
	bel_list_remove(&segment->node);
	bel_file_close(segment->file);
	free(segment);
}

bool bel_segment_fits(const struct bel_segment *segment, size_t record_bytes)
{
	size_t left = bel_file_size(segment->file) - segment->end;

	return left >= RECORD_HEAD_BYTES &&
	       left - RECORD_HEAD_BYTES >= padded(record_bytes);
}

static uint32_t sum(uint64_t number, const char *lengths, const char *version,
		    bel_str record)
{
	char buf[8];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	uint32_t crc;

	bel_write_be64(&writer, number);
	crc = bel_crc32c(0, bel_writer_str(&writer));
	crc = bel_crc32c(crc, (bel_str){ lengths, 4 });
	crc = bel_crc32c(crc, (bel_str){ version, 8 });
	return bel_crc32c(crc, record);
}

void bel_segment_append(struct bel_segment *segment, uint64_t version, bel_str record)
{
	char *at = bel_file_map(segment->file) + segment->end;
	char head[RECORD_HEAD_BYTES];
	struct bel_writer writer = bel_writer_init(head, sizeof head);

	bel_write_be32(&writer, (uint32_t)record.len);
	bel_write_be32(&writer, 0);
	bel_write_be64(&writer, version);
	uint32_t crc = sum(segment->number, head, head + 8, record);
	writer = bel_writer_init(head + 4, 4);
	bel_write_be32(&writer, crc);
	memcpy(at + RECORD_HEAD_BYTES, record.ptr, record.len);
	memcpy(at, head, sizeof head);
	segment->end += RECORD_HEAD_BYTES + padded(record.len);
}

/* ---- reading ---- */

enum bel_err bel_segment_reader_init(struct bel_segment_reader *reader,
				     enum bel_segment_kind kind, bel_str bytes)
{
	struct bel_cursor cursor = bel_cursor_init(bytes);
	bel_str magic;
	uint64_t number;
	uint32_t worker, crc;

	if (!bel_cursor_bytes(&magic, &cursor, MAGIC_BYTES) ||
	    !bel_str_is_equal(magic, bel_str_from(magics[kind])) ||
	    !bel_cursor_be64(&number, &cursor) || !bel_cursor_be32(&worker, &cursor) ||
	    !bel_cursor_be32(&crc, &cursor) || bytes.len < SEGMENT_HEAD_BYTES ||
	    crc != bel_crc32c(0, bel_str_slice(bytes, 0, HEAD_SUM_AT)))
		return BEL_ERR_MISMATCH;
	*reader = (struct bel_segment_reader){ bytes, SEGMENT_HEAD_BYTES, number };
	return BEL_OK;
}

bool bel_segment_next(struct bel_segment_reader *reader, uint64_t *version,
		      bel_str *record)
{
	struct bel_cursor cursor = bel_cursor_init(
		bel_str_slice(reader->bytes, reader->at, reader->bytes.len));
	const char *head = cursor.ptr;
	uint32_t len, crc;
	uint64_t number;
	bel_str bytes;

	if (!bel_cursor_be32(&len, &cursor) || !len || !bel_cursor_be32(&crc, &cursor) ||
	    !bel_cursor_be64(&number, &cursor) ||
	    !bel_cursor_bytes(&bytes, &cursor, len) ||
	    crc != sum(reader->number, head, head + 8, bytes))
		return false;
	reader->at += RECORD_HEAD_BYTES + padded(len);
	if (reader->at > reader->bytes.len)
		reader->at = reader->bytes.len;
	*version = number;
	*record = bytes;
	return true;
}
