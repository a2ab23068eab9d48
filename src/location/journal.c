/* SPDX-License-Identifier: Apache-2.0
 * Between the table and the store: a record for each change, all of them once more for a
 * snapshot, and back again at the start. */
#include <errno.h>
#include <stdlib.h>

#include "location/record.h"

enum {
	RECORD_BYTES = 2048, /* most records; larger ones go by the heap */
	COUNTER_LEAP = 1 << 16,
};

/* ---- writing ---- */

static enum bel_err append(struct bel_location *location, struct bel_stripe *stripe,
			   unsigned worker, const struct bel_writer *writer,
			   uint64_t *ticket)
{
	enum bel_err err = bel_writer_check(writer);

	if (!err)
		err = bel_store_append(location->opts.store, worker, stripe->version + 1,
				       bel_writer_str(writer), ticket);
	if (!err)
		stripe->version++;
	return err;
}

enum bel_err bel_location_write(struct bel_location *location, struct bel_stripe *stripe,
				unsigned worker, bel_str aor, struct bel_block *block,
				uint64_t *ticket)
{
	char few[RECORD_BYTES], *buf = few;
	size_t size = block ? bel_record_size(block) : RECORD_BYTES;
	struct bel_writer writer;
	enum bel_err err;

	if (!location->opts.store)
		return BEL_OK;
	if (size > sizeof few)
		buf = malloc(size);
	if (!buf)
		return bel_err_from_errno(ENOMEM);
	writer = bel_writer_init(buf, size);
	if (block)
		bel_record_write(&writer, block);
	else
		bel_record_write_gone(&writer, aor);
	err = append(location, stripe, worker, &writer, ticket);
	if (!err && block)
		block->version = stripe->version;
	if (buf != few)
		free(buf);
	return err;
}

enum bel_err bel_location_write_refresh(struct bel_location *location,
					struct bel_stripe *stripe, unsigned worker,
					struct bel_block *block, unsigned index,
					uint64_t *ticket)
{
	char buf[RECORD_REFRESH_BYTES];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	enum bel_err err;

	if (!location->opts.store)
		return BEL_OK;
	bel_record_write_refresh(&writer, &block->entries[index]);
	err = append(location, stripe, worker, &writer, ticket);
	if (!err)
		block->version = stripe->version;
	return err;
}

/* ---- a snapshot ---- */

struct snapshot_row {
	uint64_t version;
	bel_str record;
};

struct snapshot_stripe {
	struct snapshot_row *rows;
	unsigned count;
	uint64_t version; /* of the stripe; 0: nothing was ever recorded of it */
};

/* The records of a stripe at one moment; the disk is not waited for under its lock.
 * -ENOMEM. */
static enum bel_err copy_stripe(struct snapshot_stripe *out, struct bel_stripe *stripe,
				struct bel_arena *arena)
{
	bool is_full = false;

	pthread_mutex_lock(&stripe->lock);
	*out = (struct snapshot_stripe){ .version = stripe->version };
	out->rows = bel_arena_alloc(arena, stripe->count * sizeof *out->rows);
	for (uint32_t at = 0; out->rows && at < stripe->size && !is_full; at++) {
		if (!stripe->slots[at])
			continue;
		const struct bel_block *block = bel_stripe_block(stripe, at);
		size_t size = bel_record_size(block);
		char *buf = bel_arena_bytes(arena, size);
		struct bel_writer writer = bel_writer_init(buf, buf ? size : 0);
		bel_record_write(&writer, block);
		is_full = writer.is_full;
		out->rows[out->count++] =
			(struct snapshot_row){ block->version, bel_writer_str(&writer) };
	}
	pthread_mutex_unlock(&stripe->lock);
	return out->rows && !is_full ? BEL_OK : bel_err_from_errno(ENOMEM);
}

/* Old segments go one by one, and journals turn to new ones one after the other: a
 * segment that outlives the snapshot may tell of a binding whose end stood in one that is
 * gone. So the snapshot says what it covers, and covered records no longer count. */
static enum bel_err put_covered(uint16_t stripe, uint64_t version, bel_store_put *put,
				void *snapshot)
{
	char buf[RECORD_COVERED_BYTES];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	bel_record_write_covered(&writer, stripe);
	return put(snapshot, version, bel_writer_str(&writer));
}

static enum bel_err put_stripe(struct bel_location *location, uint16_t index,
			       struct bel_arena *arena, bel_store_put *put,
			       void *snapshot)
{
	struct snapshot_stripe stripe;
	enum bel_err err = copy_stripe(&stripe, &location->stripes[index], arena);

	for (unsigned i = 0; i < stripe.count && !err; i++)
		err = put(snapshot, stripe.rows[i].version, stripe.rows[i].record);
	if (!err && stripe.version)
		err = put_covered(index, stripe.version, put, snapshot);
	return err;
}

/* Removed bindings leave no record: that their numbers are not given again is said by
 * itself. */
static enum bel_err put_counter(struct bel_location *location, bel_store_put *put,
				void *snapshot)
{
	char buf[RECORD_COUNTER_BYTES];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	uint64_t highest = 0;

	for (unsigned i = 0; i < STRIPES; i++) {
		struct bel_stripe *stripe = &location->stripes[i];
		pthread_mutex_lock(&stripe->lock);
		if (stripe->counter > highest)
			highest = stripe->counter;
		pthread_mutex_unlock(&stripe->lock);
	}
	bel_record_write_counter(&writer, highest);
	return put(snapshot, 0, bel_writer_str(&writer));
}

static enum bel_err write_snapshot(void *user, bel_store_put *put, void *snapshot)
{
	struct bel_location *location = user;
	struct bel_arena arena;
	enum bel_err err = BEL_OK;

	bel_arena_init(&arena, NULL, 0, SIZE_MAX);
	for (uint16_t i = 0; i < STRIPES && !err; i++) {
		err = put_stripe(location, i, &arena, put, snapshot);
		bel_arena_reset(&arena);
	}
	bel_arena_fini(&arena);
	return err ? err : put_counter(location, put, snapshot);
}

/* ---- back again ---- */

/* First the addresses, each as its latest record says; then the refreshes that came
 * after those, for they may stand in the journal of another worker. */
struct replay {
	struct bel_location *location;
	bool is_second;
	uint64_t counter; /* the highest number met */
	enum bel_err err;
	struct bel_drafts drafts;
	uint64_t covered[STRIPES]; /* versions up to this one are in the snapshot */
};

static void note_version(struct bel_stripe *stripe, uint64_t version)
{
	if (version > stripe->version)
		stripe->version = version;
}

static void note_counter(struct replay *replay, uint64_t id)
{
	uint64_t counter = id & (((uint64_t)1 << COUNTER_BITS) - 1);

	if (counter > replay->counter)
		replay->counter = counter;
}

/* An address without bindings stays as a block without entries until the end: an earlier
 * record of it may still come. */
static void take_address(struct replay *replay, bel_str aor, uint64_t version)
{
	struct bel_location *location = replay->location;
	bel_place place = bel_location_place(location, aor);
	struct bel_stripe *stripe = bel_location_stripe(location, place);
	uint32_t slot = bel_stripe_find(stripe, place, aor);
	struct bel_block *old = slot == NO_SLOT ? NULL : bel_stripe_block(stripe, slot);
	struct bel_block *block;
	enum bel_err err;

	note_version(stripe, version);
	if (version <= replay->covered[place >> TAG_BITS] ||
	    (old && old->version >= version))
		return;
	err = old ? BEL_OK : bel_stripe_reserve(stripe);
	if (!err)
		err = bel_block_new(&block, &location->texts, aor, &replay->drafts);
	if (err) {
		replay->err = err;
		return;
	}
	block->version = version;
	if (old)
		bel_stripe_replace(stripe, slot, block);
	else
		bel_stripe_put(stripe, place, block);
	bel_block_free(old, &location->texts);
}

/* The version of a block stays that of its whole record here: refreshes of two bindings
 * come in any order. */
static void take_refresh(struct replay *replay, const struct bel_record *record,
			 uint64_t version)
{
	bel_place place = bel_place_of_id(record->id);
	struct bel_stripe *stripe = bel_location_stripe(replay->location, place);
	uint32_t steps = 0, slot;

	note_version(stripe, version);
	if (version <= replay->covered[place >> TAG_BITS])
		return;
	while ((slot = bel_stripe_each(stripe, place, &steps)) != NO_SLOT) {
		struct bel_block *block = bel_stripe_block(stripe, slot);
		for (unsigned i = 0; i < block->count; i++) {
			struct bel_entry *entry = &block->entries[i];
			if (entry->id != record->id || block->version >= version ||
			    entry->cseq >= record->cseq)
				continue;
			entry->cseq = record->cseq;
			entry->expires_ms = record->expires_ms;
			entry->changed_ms = record->changed_ms;
		}
	}
}

static void on_record(void *user, uint64_t version, bel_str bytes)
{
	struct replay *replay = user;
	struct bel_record record;

	/* A record with a good checksum and a strange content is of a later version of
	 * this program: nothing here may guess at it. */
	if (replay->err || bel_record_is_refresh(bytes) != replay->is_second ||
	    bel_record_parse(&record, &replay->drafts, bytes))
		return;
	switch (record.kind) {
	case BEL_RECORD_FULL:
		for (unsigned i = 0; i < replay->drafts.count; i++) {
			note_counter(replay, replay->drafts.items[i].binding.id);
			note_counter(replay, replay->drafts.items[i].binding.series);
		}
		take_address(replay, record.aor, version);
		break;
	case BEL_RECORD_REFRESH:
		take_refresh(replay, &record, version);
		break;
	case BEL_RECORD_GONE:
		replay->drafts.count = 0;
		take_address(replay, record.aor, version);
		break;
	case BEL_RECORD_COUNTER:
		note_counter(replay, record.id);
		break;
	case BEL_RECORD_COVERED:
		note_version(&replay->location->stripes[record.stripe], version);
		replay->covered[record.stripe] = version;
		break;
	}
}

/* Blocks of addresses that are gone go, the others are counted and reminded of. */
static enum bel_err settle(struct bel_location *location, struct bel_stripe *stripe,
			   bel_place first)
{
	enum bel_err err = BEL_OK;

	for (uint32_t at = 0; at < stripe->size && !err;) {
		struct bel_block *block;
		bel_place place;
		if (!stripe->slots[at]) {
			at++;
			continue;
		}
		block = bel_stripe_block(stripe, at);
		place = first | bel_stripe_tag(stripe, at);
		block->version = stripe->version;
		if (block->count) {
			err = bel_location_remind(location, place, block);
			if (!err)
				err = bel_location_count(location, place, block);
			at++;
			continue;
		}
		bel_stripe_remove(stripe, at);
		bel_block_free(block, &location->texts);
	}
	return err;
}

static enum bel_err take_key(struct bel_location *location)
{
	char first[256];
	struct bel_arena arena;
	bel_str kept;
	enum bel_err err;

	bel_arena_init(&arena, first, sizeof first, 4096);
	err = bel_store_meta(
		location->opts.store, "location key",
		(bel_str){ (const char *)&location->key, sizeof location->key }, &arena,
		&kept);
	if (!err && kept.len != sizeof location->key)
		err = BEL_ERR_STORE;
	if (!err)
		memcpy(&location->key, kept.ptr, kept.len);
	bel_arena_fini(&arena);
	return err;
}

enum bel_err bel_location_load(struct bel_location *location)
{
	struct replay *replay;
	enum bel_err err = take_key(location);

	if (err)
		return err;
	replay = calloc(1, sizeof *replay);
	if (!replay)
		return bel_err_from_errno(ENOMEM);
	replay->location = location;
	err = bel_store_replay(location->opts.store, on_record, replay);
	replay->is_second = true;
	if (!err)
		err = bel_store_replay(location->opts.store, on_record, replay);
	if (!err)
		err = replay->err;
	for (unsigned i = 0; i < STRIPES && !err; i++) {
		/* Numbers given in the moments that a power cut took away stay theirs. */
		location->stripes[i].counter = replay->counter + COUNTER_LEAP;
		err = settle(location, &location->stripes[i], i << TAG_BITS);
	}
	free(replay);
	if (!err)
		bel_store_on_snapshot(location->opts.store, write_snapshot, location);
	return err;
}
