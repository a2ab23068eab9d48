/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "location/location_int.h"

enum { SIZE_FIRST = 8 };

void bel_shared_init(struct bel_shared_texts *texts, const struct bel_hash_key *key)
{
	texts->key = *key;
	for (unsigned i = 0; i < SHARED_PARTS; i++)
		pthread_mutex_init(&texts->parts[i].lock, NULL);
}

void bel_shared_fini(struct bel_shared_texts *texts)
{
	for (unsigned i = 0; i < SHARED_PARTS; i++) {
		struct bel_shared_part *part = &texts->parts[i];
		for (uint32_t k = 0; k < part->size; k++)
			free(part->slots[k]);
		free(part->slots);
		pthread_mutex_destroy(&part->lock);
	}
}

bel_str bel_shared_str(const struct bel_shared *shared)
{
	return shared ? (bel_str){ shared->bytes, shared->len } : BEL_STR_NONE;
}

static struct bel_shared_part *part_of(struct bel_shared_texts *texts, uint64_t hash)
{
	return &texts->parts[hash >> 58];
}

/* Its slot, or the free one where it belongs. */
static uint32_t find_slot(const struct bel_shared_part *part, uint64_t hash, bel_str text)
{
	uint32_t mask = part->size - 1, at = (uint32_t)hash & mask;

	while (part->slots[at] &&
	       (part->slots[at]->hash != hash ||
		!bel_str_is_equal(bel_shared_str(part->slots[at]), text)))
		at = (at + 1) & mask;
	return at;
}

static enum bel_err reserve(struct bel_shared_part *part)
{
	uint32_t size = part->size ? part->size * 2 : SIZE_FIRST, old = part->size;
	struct bel_shared **slots, **before = part->slots;

	if ((part->count + 1) * 4 <= part->size * 3)
		return BEL_OK;
	slots = calloc(size, sizeof(*slots));
	if (!slots)
		return bel_err_from_errno(ENOMEM);
	part->slots = slots;
	part->size = size;
	for (uint32_t i = 0; i < old; i++)
		if (before[i])
			slots[find_slot(part, before[i]->hash,
					bel_shared_str(before[i]))] = before[i];
	free(before);
	return BEL_OK;
}

static struct bel_shared *make_shared(uint64_t hash, bel_str text)
{
	struct bel_shared *shared = malloc(sizeof *shared + text.len);

	if (!shared)
		return NULL;
	shared->hash = hash;
	shared->refs = 0;
	shared->len = (uint32_t)text.len;
	memcpy(shared->bytes, text.ptr, text.len);
	return shared;
}

enum bel_err bel_shared_take(struct bel_shared **out, struct bel_shared_texts *texts,
			     bel_str text)
{
	uint64_t hash;
	struct bel_shared_part *part;
	enum bel_err err;

	if (!text.len) {
		*out = NULL;
		return BEL_OK;
	}
	hash = bel_hash(&texts->key, text);
	part = part_of(texts, hash);
	pthread_mutex_lock(&part->lock);
	err = reserve(part);
	if (!err) {
		uint32_t at = find_slot(part, hash, text);
		if (!part->slots[at]) {
			part->slots[at] = make_shared(hash, text);
			part->count += part->slots[at] != NULL;
		}
		*out = part->slots[at];
		if (*out)
			(*out)->refs++;
		else
			err = bel_err_from_errno(ENOMEM);
	}
	pthread_mutex_unlock(&part->lock);
	return err;
}

static void remove_slot(struct bel_shared_part *part, uint32_t hole)
{
	uint32_t mask = part->size - 1;

	free(part->slots[hole]);
	part->count--;
	for (uint32_t at = (hole + 1) & mask; part->slots[at]; at = (at + 1) & mask) {
		uint32_t home = (uint32_t)part->slots[at]->hash & mask;
		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		part->slots[hole] = part->slots[at];
		hole = at;
	}
	part->slots[hole] = NULL;
}

void bel_shared_unref(struct bel_shared_texts *texts, struct bel_shared *shared)
{
	struct bel_shared_part *part;

	if (!shared)
		return;
	part = part_of(texts, shared->hash);
	pthread_mutex_lock(&part->lock);
	if (--shared->refs == 0)
		remove_slot(part, find_slot(part, shared->hash, bel_shared_str(shared)));
	pthread_mutex_unlock(&part->lock);
}
