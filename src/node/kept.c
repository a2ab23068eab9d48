/* SPDX-License-Identifier: Apache-2.0
 * Calls whose media are carried, across a restart: each worker keeps a record of its own
 * in files that are memory (decision 0017); who comes after takes all of them up again,
 * those that are a worker's by that worker. Files are called relay-GENERATION-WORKER and
 * the same with -large. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "node/node_int.h"

enum {
	SMALL_BYTES = 736, /* of one stream; with its second half a place takes 1.5 kB */
	NAME_BYTES = 64,
	RECORDS_BUDGET_BYTES = 512 << 20,
	LARGE = 1, /* the lowest bit of a place */
	/* The kernel frees what a killed process had in a ring some 30 ms after it is
	 * gone (decision 0019). */
	BUSY_PAUSE_MS = 10,
	BUSY_TRIES = 50,
};

/* ---- a worker's own ---- */

struct kept {
	struct bel_slots *small, *large; /* large: opened when it is first needed */
	struct bel_disk *disk;
	char large_name[NAME_BYTES];
};

static bel_str write_name(char *buf, unsigned generation, unsigned worker,
			  const char *suffix)
{
	int len = snprintf(buf, NAME_BYTES, "relay-%u-%u%s", generation, worker, suffix);

	return (bel_str){ buf, (size_t)len };
}

static struct bel_slots *slots_of(struct kept *kept, uint32_t place)
{
	return place & LARGE ? kept->large : kept->small;
}

static void remove_place(struct kept *kept, uint32_t place)
{
	if (place)
		bel_slots_remove(slots_of(kept, place), place >> 1);
}

static struct bel_slots *large_of(struct kept *kept)
{
	if (!kept->large)
		(void)bel_slots_open(&kept->large, kept->disk,
				     bel_str_from(kept->large_name),
				     BEL_RELAY_RECORD_BYTES_MAX);
	return kept->large;
}

void bel_kept_put(struct kept *kept, bel_str record, uint32_t *place)
{
	bool is_large = record.len > SMALL_BYTES;
	bool stays = *place && (*place & LARGE) == is_large;
	struct bel_slots *slots = is_large ? large_of(kept) : kept->small;
	uint32_t at = stays ? *place >> 1 : 0;

	/* What cannot be kept is lost with the process, as it would be without us; one of
	 * before would be worse. */
	if (!slots || bel_slots_put(slots, &at, record)) {
		remove_place(kept, *place);
		*place = 0;
		return;
	}
	if (!stays)
		remove_place(kept, *place);
	*place = at << 1 | is_large;
}

void bel_kept_remove(struct kept *kept, uint32_t place)
{
	remove_place(kept, place);
}

enum bel_err bel_kept_open(struct kept **out, struct bel_disk *disk, unsigned generation,
			   unsigned worker)
{
	struct kept *kept = calloc(1, sizeof *kept);
	char name[NAME_BYTES];
	enum bel_err err;

	if (!kept)
		return bel_err_from_errno(ENOMEM);
	kept->disk = disk;
	write_name(kept->large_name, generation, worker, "-large");
	err = bel_slots_open(&kept->small, disk, write_name(name, generation, worker, ""),
			     SMALL_BYTES);
	if (err) {
		free(kept);
		return err;
	}
	*out = kept;
	return BEL_OK;
}

void bel_kept_close(struct kept *kept)
{
	if (!kept)
		return;
	bel_slots_close(kept->small);
	bel_slots_close(kept->large);
	free(kept);
}

/* ---- what was left ---- */

struct record {
	struct record *next;
	bel_str bytes;
};

struct file {
	struct file *next;
	bel_str name;
};

struct kept_past {
	struct bel_arena arena;
	struct record *records;
	struct file *files;
	unsigned generation; /* of the files to come */
	unsigned restored, with_dtls, refused;
};

/* "relay-12-0-large": 12. */
static bool read_generation(unsigned *out, bel_str name)
{
	uint64_t generation;

	if (!bel_str_has_prefix(name, BEL_STR("relay-")))
		return false;
	name = bel_str_slice(name, 6, name.len);
	if (bel_str_to_u64(&generation, bel_str_slice(name, 0, bel_str_find(name, '-')),
			   UINT32_MAX - 1))
		return false;
	*out = (unsigned)generation;
	return true;
}

static void on_name(void *user, bel_str name)
{
	struct kept_past *past = user;
	struct file *file;
	unsigned generation;

	if (!read_generation(&generation, name))
		return;
	file = BEL_ARENA_NEW(&past->arena, struct file);
	if (!file)
		return;
	file->name = bel_arena_copy(&past->arena, name);
	if (!file->name.ptr)
		return;
	file->next = past->files;
	past->files = file;
	if (generation >= past->generation)
		past->generation = generation + 1;
}

static void on_record(void *user, bel_str bytes)
{
	struct kept_past *past = user;
	struct record *record = BEL_ARENA_NEW(&past->arena, struct record);

	if (!record)
		return;
	record->bytes = bel_arena_copy(&past->arena, bytes);
	if (!record->bytes.ptr)
		return;
	record->next = past->records;
	past->records = record;
}

enum bel_err bel_kept_past_open(struct kept_past **out, struct bel_disk *disk)
{
	struct kept_past *past = calloc(1, sizeof *past);
	enum bel_err err;

	if (!past)
		return bel_err_from_errno(ENOMEM);
	bel_arena_init(&past->arena, NULL, 0, RECORDS_BUDGET_BYTES);
	err = bel_disk_list(disk, on_name, past);
	for (struct file *file = past->files; file && !err; file = file->next)
		err = bel_slots_read(disk, file->name, on_record, past);
	if (err) {
		bel_kept_past_close(past);
		return err;
	}
	*out = past;
	return BEL_OK;
}

unsigned bel_kept_past_generation(const struct kept_past *past)
{
	return past->generation;
}

static enum bel_err restore(const struct bel_node *node, bel_str record)
{
	uint64_t hash = bel_hash(&node->steer_key, bel_relay_record_call_id(record));
	struct worker *worker = node->workers[hash % node->workers_count];
	bel_relay_call call;

	return bel_relay_restore(&call, bel_anchor_relay(worker->anchor), record);
}

static void wipe(struct record *record)
{
	bel_wipe((char *)(uintptr_t)record->bytes.ptr, record->bytes.len);
}

static void count(struct kept_past *past, enum bel_err err)
{
	past->restored += !err;
	past->with_dtls += err == BEL_ERR_UNSUPPORTED;
	past->refused += err && err != BEL_ERR_UNSUPPORTED && err != BEL_ERR_EXISTS;
}

/* Those whose ports are in use stay in the list. */
static void restore_free(struct kept_past *past, const struct bel_node *node)
{
	struct record **at = &past->records;

	while (*at) {
		struct record *record = *at;
		enum bel_err err = restore(node, record->bytes);
		if (err == BEL_ERR_BUSY) {
			at = &record->next;
			continue;
		}
		count(past, err);
		wipe(record);
		*at = record->next;
	}
}

void bel_kept_past_restore(struct kept_past *past, const struct bel_node *node)
{
	const struct timespec pause = { .tv_nsec = BUSY_PAUSE_MS * 1000000L };

	restore_free(past, node);
	for (unsigned i = 0; i < BUSY_TRIES && past->records; i++) {
		nanosleep(&pause, NULL);
		restore_free(past, node);
	}
	for (struct record *record = past->records; record; record = record->next)
		count(past, BEL_ERR_BUSY);
}

static void tell(const struct kept_past *past, const struct bel_log *log)
{
	char restored[24], with_dtls[24], refused[24];

	if (!past->restored && !past->with_dtls && !past->refused)
		return;
	snprintf(restored, sizeof restored, "%u", past->restored);
	snprintf(with_dtls, sizeof with_dtls, "%u", past->with_dtls);
	snprintf(refused, sizeof refused, "%u", past->refused);
	BEL_LOG(log, BEL_LOG_INFO, "calls of before go on",
		{ "calls", bel_str_from(restored) },
		{ "lost_with_dtls", bel_str_from(with_dtls) },
		{ "lost_otherwise", bel_str_from(refused) });
}

void bel_kept_past_end(struct kept_past *past, struct bel_disk *disk,
		       const struct bel_log *log)
{
	/* A file that stays is read once more next time, and its calls are there then. */
	for (struct file *file = past->files; file; file = file->next)
		(void)bel_disk_remove(disk, file->name);
	tell(past, log);
}

void bel_kept_past_close(struct kept_past *past)
{
	if (!past)
		return;
	for (struct record *record = past->records; record; record = record->next)
		wipe(record);
	bel_arena_fini(&past->arena);
	free(past);
}
