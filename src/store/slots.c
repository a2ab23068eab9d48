/* SPDX-License-Identifier: Apache-2.0 */
#include "store/slots.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "crypto/crypto.h"

enum { FIRST_COUNT = 16, HALVES = 2, MAGIC = 0x42454c31 };

/* At the head of the file. */
struct head {
	uint32_t magic, record_bytes;
};

/* At the head of each half of a place; the record follows it. The half with the higher
 * number counts. */
struct half {
	uint32_t number; /* 0: nothing is here */
	uint32_t crc;    /* of the record, its length and number */
	uint32_t len;
	char record[];
};

struct bel_slots {
	struct bel_disk *disk;
	struct bel_file *file;
	size_t record_bytes;
	uint32_t count; /* places in the file, from 1 */
	uint32_t *free; /* places */
	uint32_t free_count;
};

/* ---- places ---- */

static size_t half_bytes(size_t record_bytes)
{
	return (sizeof(struct half) + record_bytes + 7) / 8 * 8;
}

static size_t file_bytes(size_t record_bytes, uint32_t count)
{
	return sizeof(struct head) + (size_t)count * HALVES * half_bytes(record_bytes);
}

static struct half *half_at(char *map, size_t record_bytes, uint32_t place,
			    unsigned which)
{
	size_t index = (size_t)(place - 1) * HALVES + which;

	return (struct half *)(void *)(map + sizeof(struct head) +
				       index * half_bytes(record_bytes));
}

static uint32_t crc_of(const struct half *half, uint32_t number, uint32_t len)
{
	const uint32_t head[] = { number, len };
	uint32_t crc = bel_crc32c(0, (bel_str){ (const char *)head, sizeof head });

	return bel_crc32c(crc, (bel_str){ half->record, len });
}

static bool is_whole(const struct half *half, size_t record_bytes)
{
	return half->number && half->len <= record_bytes &&
	       half->crc == crc_of(half, half->number, half->len);
}

/* Which of the two counts; -1: neither. */
static int newest(char *map, size_t record_bytes, uint32_t place)
{
	int best = -1;
	uint32_t number = 0;

	for (int i = 0; i < HALVES; i++) {
		const struct half *half = half_at(map, record_bytes, place, (unsigned)i);
		if (!is_whole(half, record_bytes) || half->number <= number)
			continue;
		best = i;
		number = half->number;
	}
	return best;
}

/* ---- the file ---- */

static enum bel_err grow(struct bel_slots *slots)
{
	uint32_t count = slots->count ? slots->count * 2 : FIRST_COUNT;
	uint32_t *free_places = realloc(slots->free, count * sizeof *free_places);
	enum bel_err err;

	if (!free_places)
		return bel_err_from_errno(ENOMEM);
	slots->free = free_places;
	err = bel_file_resize(slots->file, file_bytes(slots->record_bytes, count));
	if (err)
		return err;
	/* The first ones are taken first. */
	for (uint32_t place = count; place > slots->count; place--)
		slots->free[slots->free_count++] = place;
	slots->count = count;
	return BEL_OK;
}

enum bel_err bel_slots_open(struct bel_slots **out, struct bel_disk *disk, bel_str name,
			    size_t record_bytes)
{
	struct bel_slots *slots = calloc(1, sizeof *slots);
	enum bel_err err;

	if (!slots)
		return bel_err_from_errno(ENOMEM);
	slots->disk = disk;
	slots->record_bytes = record_bytes;
	err = bel_file_open(&slots->file, disk, name, BEL_FILE_CREATE,
			    file_bytes(record_bytes, 0));
	if (!err)
		err = grow(slots);
	if (err) {
		bel_slots_close(slots);
		return err;
	}
	*(struct head *)(void *)bel_file_map(
		slots->file) = (struct head){ MAGIC, (uint32_t)record_bytes };
	*out = slots;
	return BEL_OK;
}

void bel_slots_close(struct bel_slots *slots)
{
	if (!slots)
		return;
	if (slots->file)
		bel_file_close(slots->file);
	free(slots->free);
	free(slots);
}

/* ---- records ---- */

static enum bel_err take(struct bel_slots *slots, uint32_t *place)
{
	enum bel_err err = slots->free_count ? BEL_OK : grow(slots);

	if (!err)
		*place = slots->free[--slots->free_count];
	return err;
}

static bool is_same(const struct half *half, bel_str record)
{
	return bel_str_is_equal((bel_str){ half->record, half->len }, record);
}

enum bel_err bel_slots_put(struct bel_slots *slots, uint32_t *place, bel_str record)
{
	struct half *half;
	uint32_t number = 1;
	int present = -1;
	char *map;

	if (record.len > slots->record_bytes)
		return BEL_ERR_LIMIT;
	if (!*place) {
		enum bel_err err = take(slots, place);
		if (err)
			return err;
	} else {
		map = bel_file_map(slots->file);
		present = newest(map, slots->record_bytes, *place);
	}
	map = bel_file_map(slots->file);
	if (present >= 0) {
		half = half_at(map, slots->record_bytes, *place, (unsigned)present);
		if (is_same(half, record))
			return BEL_OK;
		number = half->number + 1;
	}
	half = half_at(map, slots->record_bytes, *place, present == 0);
	half->number = 0;
	atomic_signal_fence(memory_order_seq_cst);
	memcpy(half->record, record.ptr, record.len);
	half->len = (uint32_t)record.len;
	half->crc = crc_of(half, number, half->len);
	atomic_signal_fence(memory_order_seq_cst);
	half->number = number;
	return BEL_OK;
}

void bel_slots_remove(struct bel_slots *slots, uint32_t place)
{
	char *map = bel_file_map(slots->file);
	size_t bytes = HALVES * half_bytes(slots->record_bytes);

	bel_wipe(half_at(map, slots->record_bytes, place, 0), bytes);
	slots->free[slots->free_count++] = place;
}

/* ---- by who comes after ---- */

static uint32_t count_in(const char *map, size_t size, size_t *record_bytes)
{
	const struct head *head = (const void *)map;

	if (size < sizeof *head || head->magic != MAGIC || !head->record_bytes ||
	    head->record_bytes > size)
		return 0;
	*record_bytes = head->record_bytes;
	return (uint32_t)((size - sizeof *head) / (HALVES * half_bytes(*record_bytes)));
}

enum bel_err bel_slots_read(struct bel_disk *disk, bel_str name,
			    void (*on_record)(void *user, bel_str record), void *user)
{
	struct bel_file *file;
	enum bel_err err = bel_file_open(&file, disk, name, BEL_FILE_READ, 0);
	size_t record_bytes = 0;
	uint32_t count;
	char *map;

	if (err)
		return err;
	map = bel_file_map(file);
	count = map ? count_in(map, bel_file_size(file), &record_bytes) : 0;
	for (uint32_t place = 1; place <= count; place++) {
		int present = newest(map, record_bytes, place);
		if (present < 0)
			continue;
		const struct half *half = half_at(map, record_bytes, place,
						  (unsigned)present);
		on_record(user, (bel_str){ half->record, half->len });
	}
	bel_file_close(file);
	return BEL_OK;
}
