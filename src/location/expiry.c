/* SPDX-License-Identifier: Apache-2.0
 * What is over goes. Nothing is written to a journal: whoever reads it back knows the
 * time as well. */
#include "location/location_int.h"

enum bel_err bel_location_remind(struct bel_location *location, bel_place place,
				 struct bel_block *block)
{
	uint64_t wanted_s = bel_block_over_s(block);

	if (block->reminder_s && block->reminder_s <= wanted_s)
		return BEL_OK;
	return bel_reminders_put(&location->reminders, wanted_s, place,
				 &block->reminder_s);
}

/* The first address with this place whose reminder is the one that came. */
static uint32_t find_due(const struct bel_stripe *stripe, bel_place place,
			 uint64_t wall_s)
{
	uint32_t steps = 0, slot;

	while ((slot = bel_stripe_each(stripe, place, &steps)) != NO_SLOT) {
		uint64_t reminder_s = bel_stripe_block(stripe, slot)->reminder_s;
		if (reminder_s && reminder_s <= wall_s)
			return slot;
	}
	return NO_SLOT;
}

/* A new reminder in place of the one that came. Without memory there is none until the
 * next change of the address; readers look at the time themselves. */
static void remind_again(struct bel_location *location, bel_place place,
			 struct bel_block *block)
{
	block->reminder_s = 0;
	if (bel_location_remind(location, place, block))
		block->reminder_s = 0;
}

/* What is left of the block, in *left; NULL when that is nothing. -ENOMEM. */
static enum bel_err make_rest(struct bel_location *location, bel_place place,
			      const struct bel_block *block,
			      const struct bel_drafts *drafts, struct bel_block **left)
{
	enum bel_err err;

	*left = NULL;
	if (!bel_drafts_live(drafts))
		return BEL_OK;
	err = bel_block_new(left, &location->texts, bel_block_aor(block), drafts);
	if (err)
		return err;
	(*left)->version = block->version;
	err = bel_location_count(location, place, *left);
	if (err)
		bel_block_free(*left, &location->texts);
	return err;
}

/* Returns the block that made way, for its owner to free, or NULL. */
static struct bel_block *drop_over(struct bel_location *location, bel_place place,
				   uint32_t slot, uint64_t wall_ms,
				   struct bel_drafts *drafts)
{
	struct bel_stripe *stripe = bel_location_stripe(location, place);
	struct bel_block *block = bel_stripe_block(stripe, slot), *left;
	unsigned gone;

	drafts->count = 0;
	if (bel_block_over_s(block) * 1000 > wall_ms) {
		remind_again(location, place, block);
		return NULL;
	}
	bel_block_read(block, drafts);
	bel_drafts_remove_over(drafts, wall_ms);
	gone = drafts->count - bel_drafts_live(drafts);
	if (make_rest(location, place, block, drafts, &left)) {
		drafts->count = 0;
		remind_again(location, place, block);
		return NULL;
	}
	if (left) {
		remind_again(location, place, left);
		bel_stripe_replace(stripe, slot, left);
	} else {
		bel_stripe_remove(stripe, slot);
	}
	bel_location_uncount(location, place, block);
	stripe->expired += gone;
	return block;
}

static unsigned tell_gone(const struct bel_location_opts *opts, bel_str aor,
			  const struct bel_drafts *drafts)
{
	unsigned gone = 0;

	for (unsigned i = 0; i < drafts->count; i++) {
		if (!drafts->items[i].is_gone)
			continue;
		gone++;
		if (opts->on_change)
			opts->on_change(opts->user, aor, &drafts->items[i].binding, true);
	}
	return gone;
}

/* Looks at every address of this place whose second has come; two may share it. */
static unsigned look_at(struct bel_location *location, bel_place place, uint64_t wall_ms)
{
	struct bel_stripe *stripe = bel_location_stripe(location, place);
	uint64_t done_s = atomic_load(&location->reminders.done_s);
	struct bel_drafts drafts;
	struct bel_block *old;
	unsigned gone = 0;
	uint32_t slot;

	do {
		old = NULL;
		pthread_mutex_lock(&stripe->lock);
		slot = find_due(stripe, place, done_s);
		if (slot != NO_SLOT)
			old = drop_over(location, place, slot, wall_ms, &drafts);
		pthread_mutex_unlock(&stripe->lock);
		if (!old)
			continue;
		gone += tell_gone(&location->opts, bel_block_aor(old), &drafts);
		bel_block_free(old, &location->texts);
	} while (slot != NO_SLOT);
	return gone;
}

unsigned bel_location_expire(struct bel_location *location, uint64_t wall_ms)
{
	struct bel_reminder_list due;
	unsigned gone = 0;

	while (bel_reminders_take(&location->reminders, wall_ms / 1000, &due)) {
		for (uint32_t i = 0; i < due.count; i++)
			gone += look_at(location, due.places[i], wall_ms);
		bel_reminders_free(&due);
	}
	return gone;
}
