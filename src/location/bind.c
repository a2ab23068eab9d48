/* SPDX-License-Identifier: Apache-2.0
 * A change, from the request to what everybody sees. Everything that can fail happens
 * first, the journal last of it; then the new block takes the old one's place. */
#include <stdlib.h>

#include "location/location_int.h"

/* One bind under way, under the lock of its stripe. */
struct change {
	struct bel_location *location;
	const struct bel_bind *bind;
	bel_place place;
	struct bel_stripe *stripe;
	uint32_t slot;         /* NO_SLOT: the address is new */
	struct bel_block *old; /* NULL then */
	uint64_t call_id_hash;

	/* the answer; arena is NULL when nobody asks */
	struct bel_arena *arena;
	struct bel_binding *bindings;
	unsigned count;
	uint64_t ticket;
	struct bel_events events;
};

/* ---- events ---- */

void bel_events_init(struct bel_events *events)
{
	events->items = NULL;
	events->count = 0;
	bel_arena_init(&events->arena, events->first, sizeof events->first,
		       EVENTS_BUDGET_BYTES);
}

enum bel_err bel_events_collect(struct bel_events *events,
				const struct bel_location_opts *opts,
				const struct bel_drafts *drafts)
{
	if (!opts->on_change)
		return BEL_OK;
	events->items = bel_arena_alloc(&events->arena,
					drafts->count * sizeof *events->items);
	if (!events->items)
		return BEL_ERR_SPACE;
	for (unsigned i = 0; i < drafts->count; i++) {
		const struct bel_draft *draft = &drafts->items[i];
		struct bel_event *event = &events->items[events->count];
		if (!draft->is_changed && !draft->is_gone)
			continue;
		*event = (struct bel_event){ draft->binding, draft->is_gone };
		if (bel_binding_copy(&event->binding, &events->arena))
			return BEL_ERR_SPACE;
		events->count++;
	}
	return BEL_OK;
}

void bel_events_tell(struct bel_events *events, const struct bel_location_opts *opts,
		     bel_str aor)
{
	for (unsigned i = 0; i < events->count; i++)
		opts->on_change(opts->user, aor, &events->items[i].binding,
				events->items[i].is_gone);
	bel_arena_fini(&events->arena);
}

/* ---- the answer ---- */

static enum bel_err copy_answer(struct change *change, const struct bel_block *block)
{
	if (!block || !change->arena)
		return BEL_OK;
	return bel_block_copy(block, change->bind->wall_ms, DRAFTS_MAX, change->arena,
			      &change->bindings, &change->count);
}

/* ---- a refresh, in place ---- */

static enum bel_err tell_refresh(struct change *change, unsigned index)
{
	struct bel_events *events = &change->events;

	if (!change->location->opts.on_change)
		return BEL_OK;
	events->items = bel_arena_alloc(&events->arena, sizeof *events->items);
	if (!events->items)
		return BEL_ERR_SPACE;
	events->items[0].is_gone = false;
	events->count = 1;
	return bel_block_copy_one(change->old, index, &events->arena,
				  &events->items[0].binding);
}

static enum bel_err refresh(struct change *change, unsigned index)
{
	const struct bel_bind *bind = change->bind;
	struct bel_entry *entry = &change->old->entries[index], before = *entry;
	enum bel_err err;

	entry->cseq = bind->cseq;
	entry->changed_ms = bind->wall_ms;
	entry->expires_ms = bind->wall_ms + (uint64_t)bind->contacts[0].expires_s * 1000;
	err = copy_answer(change, change->old);
	if (!err)
		err = tell_refresh(change, index);
	if (!err)
		err = bel_location_remind(change->location, change->place, change->old);
	if (!err)
		err = bel_location_write_refresh(change->location, change->stripe,
						 bind->worker, change->old, index,
						 &change->ticket);
	if (err) {
		*entry = before;
		return err;
	}
	change->stripe->refreshed++;
	return BEL_OK;
}

/* Which binding the request refreshes, or the block's count. */
static unsigned find_refreshed(const struct change *change)
{
	char instance[INSTANCE_UUID_BYTES];
	struct bel_binding binding;
	unsigned index = 0;

	for (; index < change->old->count; index++) {
		bel_block_look(change->old, index, &binding, instance);
		if (bel_bind_is_refresh(change->bind, &binding, change->call_id_hash))
			break;
	}
	return index;
}

/* ---- any other change ---- */

static uint64_t next_number(struct change *change)
{
	return (uint64_t)change->place << COUNTER_BITS | ++change->stripe->counter;
}

/* The bindings of an instance have one series between them. */
static void number_series(struct change *change, struct bel_drafts *drafts,
			  bel_str instance)
{
	uint64_t series = next_number(change);

	for (unsigned i = 0; i < drafts->count; i++) {
		struct bel_binding *binding = &drafts->items[i].binding;
		if (bel_str_is_equal_nocase(binding->instance, instance))
			binding->series = series;
	}
}

static void number_new(struct change *change, struct bel_drafts *drafts)
{
	for (unsigned i = 0; i < drafts->count; i++) {
		struct bel_draft *draft = &drafts->items[i];
		if (draft->is_new)
			draft->binding.id = next_number(change);
		if (!draft->is_gone && draft->binding.instance.len &&
		    !draft->binding.series)
			number_series(change, drafts, draft->binding.instance);
	}
}

static bool has_effect(const struct bel_drafts *drafts)
{
	for (unsigned i = 0; i < drafts->count; i++)
		if (drafts->items[i].is_changed || drafts->items[i].is_gone)
			return true;
	return false;
}

static void count_effects(struct change *change, const struct bel_drafts *drafts)
{
	struct bel_stripe *stripe = change->stripe;

	for (unsigned i = 0; i < drafts->count; i++) {
		const struct bel_draft *draft = &drafts->items[i];
		stripe->added += draft->is_new && !draft->is_gone;
		stripe->refreshed += draft->is_changed && !draft->is_new &&
				     !draft->is_gone;
		if (!draft->is_gone || draft->is_new)
			continue;
		if (draft->binding.expires_ms <= change->bind->wall_ms)
			stripe->expired++;
		else
			stripe->removed++;
	}
}

/* Everything that may fail on the way to the new block; on failure *out is as if never
 * made. */
static enum bel_err prepare(struct change *change, const struct bel_drafts *drafts,
			    struct bel_block **out)
{
	struct bel_location *location = change->location;
	struct bel_block *block = NULL;
	enum bel_err err = bel_events_collect(&change->events, &location->opts, drafts);

	if (err || !bel_drafts_live(drafts))
		return err;
	if (change->slot == NO_SLOT)
		err = bel_stripe_reserve(change->stripe);
	if (!err)
		err = bel_block_new(&block, &location->texts, change->bind->aor, drafts);
	if (err)
		return err;
	block->reminder_s = change->old ? change->old->reminder_s : 0;
	err = copy_answer(change, block);
	if (!err)
		err = bel_location_remind(location, change->place, block);
	if (!err)
		err = bel_location_count(location, change->place, block);
	if (err) {
		bel_block_free(block, &location->texts);
		return err;
	}
	*out = block;
	return BEL_OK;
}

/* The journal is the last that can fail. */
static enum bel_err commit(struct change *change, struct bel_block *block)
{
	struct bel_location *location = change->location;
	enum bel_err err = bel_location_write(location, change->stripe,
					      change->bind->worker, change->bind->aor,
					      block, &change->ticket);

	if (err) {
		if (block)
			bel_location_uncount(location, change->place, block);
		bel_block_free(block, &location->texts);
		return err;
	}
	if (block && change->old)
		bel_stripe_replace(change->stripe, change->slot, block);
	else if (block)
		bel_stripe_put(change->stripe, change->place, block);
	else
		bel_stripe_remove(change->stripe, change->slot);
	if (change->old)
		bel_location_uncount(location, change->place, change->old);
	return BEL_OK;
}

static enum bel_err replace(struct change *change)
{
	struct bel_drafts drafts;
	struct bel_block *block = NULL;
	enum bel_err err;

	drafts.count = 0;
	if (change->old)
		bel_block_read(change->old, &drafts);
	err = bel_drafts_apply(&drafts, change->bind, change->call_id_hash);
	if (err)
		return err;
	if (!has_effect(&drafts))
		return copy_answer(change, change->old);
	number_new(change, &drafts);
	err = prepare(change, &drafts, &block);
	/* A binding that was added and removed by one request leaves nothing behind. */
	if (!err && (block || change->old))
		err = commit(change, block);
	if (err)
		return err;
	count_effects(change, &drafts);
	bel_block_free(change->old, &change->location->texts);
	return BEL_OK;
}

static enum bel_err take(struct change *change)
{
	const struct bel_bind *bind = change->bind;
	unsigned index;

	if (!bind->contacts_count && !bind->removes_all)
		return copy_answer(change, change->old);
	if (change->old && bind->contacts_count == 1) {
		index = find_refreshed(change);
		if (index < change->old->count)
			return refresh(change, index);
	}
	return replace(change);
}

enum bel_err bel_location_bind(struct bel_location *location, const struct bel_bind *bind,
			       struct bel_arena *arena, struct bel_binding **bindings,
			       unsigned *count, uint64_t *ticket)
{
	struct change change = { .location = location, .bind = bind, .arena = arena };
	enum bel_err err;

	change.place = bel_location_place(location, bind->aor);
	change.stripe = bel_location_stripe(location, change.place);
	change.call_id_hash = bel_hash(&location->key, bind->call_id);
	bel_events_init(&change.events);
	pthread_mutex_lock(&change.stripe->lock);
	change.slot = bel_stripe_find(change.stripe, change.place, bind->aor);
	if (change.slot != NO_SLOT)
		change.old = bel_stripe_block(change.stripe, change.slot);
	err = take(&change);
	change.stripe->refused += err != BEL_OK;
	pthread_mutex_unlock(&change.stripe->lock);
	if (err)
		change.events.count = 0;
	bel_events_tell(&change.events, &location->opts, bind->aor);
	if (err)
		return err;
	if (arena) {
		*bindings = change.bindings;
		*count = change.count;
	}
	if (ticket)
		*ticket = change.ticket;
	return BEL_OK;
}
