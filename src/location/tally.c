/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "location/location_int.h"

enum { SIZE_FIRST = 8 };

void bel_tally_init(struct bel_tally *tally)
{
	for (unsigned i = 0; i < TALLY_PARTS; i++)
		pthread_mutex_init(&tally->parts[i].lock, NULL);
}

void bel_tally_fini(struct bel_tally *tally)
{
	for (unsigned i = 0; i < TALLY_PARTS; i++) {
		free(tally->parts[i].rows);
		pthread_mutex_destroy(&tally->parts[i].lock);
	}
}

static struct bel_tally_part *part_of(struct bel_tally *tally, uint64_t key)
{
	return &tally->parts[key >> 58];
}

/* Its row, or the free one where it belongs. */
static uint32_t find_row(const struct bel_tally_part *part, uint64_t key, uint32_t value)
{
	uint32_t mask = part->size - 1, at = (uint32_t)key & mask;

	while (part->rows[at].count &&
	       (part->rows[at].key != key || part->rows[at].value != value))
		at = (at + 1) & mask;
	return at;
}

static enum bel_err reserve(struct bel_tally_part *part)
{
	uint32_t size = part->size ? part->size * 2 : SIZE_FIRST, old = part->size;
	struct bel_tally_row *rows, *before = part->rows;

	if ((part->count + 1) * 4 <= part->size * 3)
		return BEL_OK;
	rows = calloc(size, sizeof *rows);
	if (!rows)
		return bel_err_from_errno(ENOMEM);
	part->rows = rows;
	part->size = size;
	for (uint32_t i = 0; i < old; i++)
		if (before[i].count)
			rows[find_row(part, before[i].key, before[i].value)] = before[i];
	free(before);
	return BEL_OK;
}

enum bel_err bel_tally_add(struct bel_tally *tally, uint64_t key, uint32_t value)
{
	struct bel_tally_part *part = part_of(tally, key);
	enum bel_err err;

	pthread_mutex_lock(&part->lock);
	err = reserve(part);
	if (!err) {
		struct bel_tally_row *row = &part->rows[find_row(part, key, value)];
		part->count += row->count == 0;
		row->key = key;
		row->value = value;
		row->count++;
	}
	pthread_mutex_unlock(&part->lock);
	return err;
}

static void remove_row(struct bel_tally_part *part, uint32_t hole)
{
	uint32_t mask = part->size - 1;

	part->count--;
	for (uint32_t at = (hole + 1) & mask; part->rows[at].count;
	     at = (at + 1) & mask) {
		uint32_t home = (uint32_t)part->rows[at].key & mask;
		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		part->rows[hole] = part->rows[at];
		hole = at;
	}
	part->rows[hole].count = 0;
}

void bel_tally_remove(struct bel_tally *tally, uint64_t key, uint32_t value)
{
	struct bel_tally_part *part = part_of(tally, key);
	uint32_t at;

	pthread_mutex_lock(&part->lock);
	at = find_row(part, key, value);
	if (--part->rows[at].count == 0)
		remove_row(part, at);
	pthread_mutex_unlock(&part->lock);
}

unsigned bel_tally_values(struct bel_tally *tally, uint64_t key, uint32_t *values,
			  unsigned max)
{
	struct bel_tally_part *part = part_of(tally, key);
	unsigned count = 0;

	pthread_mutex_lock(&part->lock);
	uint32_t mask = part->size - 1;
	for (uint32_t at = (uint32_t)key & mask; part->size && part->rows[at].count;
	     at = (at + 1) & mask) {
		if (part->rows[at].key != key)
			continue;
		if (count < max)
			values[count] = part->rows[at].value;
		count++;
	}
	pthread_mutex_unlock(&part->lock);
	return count;
}

bool bel_tally_has(struct bel_tally *tally, uint64_t key)
{
	return bel_tally_values(tally, key, NULL, 0) > 0;
}
