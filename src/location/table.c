/* SPDX-License-Identifier: Apache-2.0
 * A stripe's slots: open addressing with linear probing over eight bytes each, the tag in
 * the upper two. The tag alone says where a slot belongs, so that neither growing nor
 * removing touches a block. */
#include <errno.h>
#include <stdlib.h>

#include "location/location_int.h"

enum { SLOTS_FIRST = 4, SLOTS_MAX = 1 << TAG_BITS, POINTER_BITS = 64 - TAG_BITS };

static uint64_t make_slot(bel_place place, struct bel_block *block)
{
	return (uint64_t)(place & (SLOTS_MAX - 1)) << POINTER_BITS |
	       (uint64_t)(uintptr_t)block;
}

static uint32_t tag_of(uint64_t slot)
{
	return (uint32_t)(slot >> POINTER_BITS);
}

static struct bel_block *block_of(uint64_t slot)
{
	return (struct bel_block *)(uintptr_t)(slot &
					       (((uint64_t)1 << POINTER_BITS) - 1));
}

bel_place bel_location_place(const struct bel_location *location, bel_str aor)
{
	return (bel_place)(bel_hash(&location->key, aor) >> COUNTER_BITS);
}

struct bel_stripe *bel_location_stripe(struct bel_location *location, bel_place place)
{
	return &location->stripes[place >> TAG_BITS];
}

struct bel_block *bel_stripe_block(const struct bel_stripe *stripe, uint32_t slot)
{
	return block_of(stripe->slots[slot]);
}

uint32_t bel_stripe_tag(const struct bel_stripe *stripe, uint32_t slot)
{
	return tag_of(stripe->slots[slot]);
}

uint32_t bel_stripe_each(const struct bel_stripe *stripe, bel_place place,
			 uint32_t *steps)
{
	uint32_t tag = place & (SLOTS_MAX - 1), mask = stripe->size - 1;

	while (*steps < stripe->size) {
		uint32_t at = (tag + (*steps)++) & mask;
		if (!stripe->slots[at])
			break;
		if (tag_of(stripe->slots[at]) == tag)
			return at;
	}
	return NO_SLOT;
}

uint32_t bel_stripe_find(const struct bel_stripe *stripe, bel_place place, bel_str aor)
{
	uint32_t steps = 0, at;

	while ((at = bel_stripe_each(stripe, place, &steps)) != NO_SLOT)
		if (bel_str_is_equal(bel_block_aor(bel_stripe_block(stripe, at)), aor))
			return at;
	return NO_SLOT;
}

static void put_slot(uint64_t *slots, uint32_t size, uint64_t slot)
{
	uint32_t at = tag_of(slot) & (size - 1);

	while (slots[at])
		at = (at + 1) & (size - 1);
	slots[at] = slot;
}

enum bel_err bel_stripe_reserve(struct bel_stripe *stripe)
{
	uint32_t size = stripe->size ? stripe->size * 2 : SLOTS_FIRST;
	uint64_t *slots;

	if ((stripe->count + 1) * 4 <= stripe->size * 3)
		return BEL_OK;
	if (size > SLOTS_MAX)
		return BEL_ERR_LIMIT;
	slots = calloc(size, sizeof *slots);
	if (!slots)
		return bel_err_from_errno(ENOMEM);
	for (uint32_t i = 0; i < stripe->size; i++)
		if (stripe->slots[i])
			put_slot(slots, size, stripe->slots[i]);
	free(stripe->slots);
	stripe->slots = slots;
	stripe->size = size;
	return BEL_OK;
}

void bel_stripe_put(struct bel_stripe *stripe, bel_place place, struct bel_block *block)
{
	put_slot(stripe->slots, stripe->size, make_slot(place, block));
	stripe->count++;
	stripe->bindings += block->count;
}

void bel_stripe_replace(struct bel_stripe *stripe, uint32_t slot, struct bel_block *block)
{
	stripe->bindings -= bel_stripe_block(stripe, slot)->count;
	stripe->bindings += block->count;
	stripe->slots[slot] = make_slot(tag_of(stripe->slots[slot]), block);
}

/* Those behind the hole that belong at or before it move up, so that no tombstone is
 * needed. */
void bel_stripe_remove(struct bel_stripe *stripe, uint32_t slot)
{
	uint32_t mask = stripe->size - 1, hole = slot;

	stripe->bindings -= bel_stripe_block(stripe, slot)->count;
	stripe->count--;
	for (uint32_t at = (hole + 1) & mask; stripe->slots[at]; at = (at + 1) & mask) {
		uint32_t home = tag_of(stripe->slots[at]) & mask;
		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		stripe->slots[hole] = stripe->slots[at];
		hole = at;
	}
	stripe->slots[hole] = 0;
}
