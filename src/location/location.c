/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "location/location_int.h"

enum { PLACES_MAX = 64 };

/* ---- opening ---- */

static void init(struct bel_location *location, const struct bel_location_opts *opts)
{
	location->opts = *opts;
	bel_shared_init(&location->texts, &location->key);
	bel_tally_init(&location->flows);
	bel_tally_init(&location->sources);
	bel_reminders_init(&location->reminders, opts->wall_ms / 1000);
	for (unsigned i = 0; i < STRIPES; i++)
		pthread_mutex_init(&location->stripes[i].lock, NULL);
}

/* Two halves of one seed that have nothing in common to the eye. */
static struct bel_hash_key make_key(uint64_t seed)
{
	const struct bel_hash_key mix = { seed, 0x6c6f636174696f6eu };

	return (struct bel_hash_key){ bel_hash(&mix, BEL_STR("k0")),
				      bel_hash(&mix, BEL_STR("k1")) };
}

enum bel_err bel_location_open(struct bel_location **out,
			       const struct bel_location_opts *opts)
{
	struct bel_location *location = calloc(1, sizeof *location);

	if (!location)
		return bel_err_from_errno(ENOMEM);
	location->key = make_key(opts->seed);
	init(location, opts);
	if (opts->store) {
		enum bel_err err = bel_location_load(location);
		if (err) {
			bel_location_close(location);
			return err;
		}
	}
	*out = location;
	return BEL_OK;
}

void bel_location_close(struct bel_location *location)
{
	if (!location)
		return;
	if (location->opts.store)
		bel_store_on_snapshot(location->opts.store, NULL, NULL);
	for (unsigned i = 0; i < STRIPES; i++) {
		struct bel_stripe *stripe = &location->stripes[i];
		for (uint32_t at = 0; at < stripe->size; at++)
			if (stripe->slots[at])
				bel_block_free(bel_stripe_block(stripe, at),
					       &location->texts);
		free(stripe->slots);
		pthread_mutex_destroy(&stripe->lock);
	}
	bel_reminders_fini(&location->reminders);
	bel_tally_fini(&location->sources);
	bel_tally_fini(&location->flows);
	bel_shared_fini(&location->texts);
	free(location);
}

/* ---- reading ---- */

enum bel_err bel_location_lookup(struct bel_location *location, bel_str aor,
				 uint64_t wall_ms, struct bel_arena *arena,
				 struct bel_binding **bindings, unsigned *count)
{
	bel_place place = bel_location_place(location, aor);
	struct bel_stripe *stripe = bel_location_stripe(location, place);
	enum bel_err err = BEL_OK;
	uint32_t slot;

	pthread_mutex_lock(&stripe->lock);
	slot = bel_stripe_find(stripe, place, aor);
	if (slot != NO_SLOT) {
		err = bel_block_copy(bel_stripe_block(stripe, slot), wall_ms,
				     BEL_LOCATION_TARGETS_MAX, arena, bindings, count);
	} else {
		*bindings = NULL;
		*count = 0;
	}
	pthread_mutex_unlock(&stripe->lock);
	return err;
}

static enum bel_err copy_found(const struct bel_block *block, unsigned index,
			       struct bel_arena *arena, struct bel_binding *out,
			       bel_str *aor)
{
	bel_str copy = bel_arena_copy(arena, bel_block_aor(block));
	enum bel_err err = bel_block_copy_one(block, index, arena, out);

	if (!err && !copy.ptr)
		err = BEL_ERR_SPACE;
	if (!err)
		*aor = copy;
	return err;
}

enum bel_err bel_location_find(struct bel_location *location, uint64_t id,
			       uint64_t wall_ms, struct bel_arena *arena,
			       struct bel_binding *out, bel_str *aor)
{
	bel_place place = bel_place_of_id(id);
	struct bel_stripe *stripe = bel_location_stripe(location, place);
	enum bel_err err = BEL_ERR_NOT_FOUND;
	uint32_t steps = 0, slot;

	pthread_mutex_lock(&stripe->lock);
	while ((slot = bel_stripe_each(stripe, place, &steps)) != NO_SLOT) {
		const struct bel_block *block = bel_stripe_block(stripe, slot);
		for (unsigned i = 0; i < block->count; i++)
			if (block->entries[i].id == id &&
			    block->entries[i].expires_ms > wall_ms)
				err = copy_found(block, i, arena, out, aor);
	}
	pthread_mutex_unlock(&stripe->lock);
	return err;
}

static enum bel_err copy_instance(const struct bel_block *block, unsigned index,
				  struct bel_arena *arena, bel_str *aor,
				  bel_str *instance)
{
	char uuid[INSTANCE_UUID_BYTES];
	struct bel_binding binding;
	bel_str copies[2];

	bel_block_look(block, index, &binding, uuid);
	copies[0] = bel_arena_copy(arena, bel_block_aor(block));
	copies[1] = bel_arena_copy(arena, binding.instance);
	if (!copies[0].ptr || !copies[1].ptr)
		return BEL_ERR_SPACE;
	*aor = copies[0];
	*instance = copies[1];
	return BEL_OK;
}

enum bel_err bel_location_find_series(struct bel_location *location, uint64_t series,
				      uint64_t wall_ms, struct bel_arena *arena,
				      bel_str *aor, bel_str *instance)
{
	bel_place place = bel_place_of_id(series);
	struct bel_stripe *stripe = bel_location_stripe(location, place);
	enum bel_err err = BEL_ERR_NOT_FOUND;
	uint32_t steps = 0, slot;

	if (!series)
		return BEL_ERR_NOT_FOUND;
	pthread_mutex_lock(&stripe->lock);
	while (err == BEL_ERR_NOT_FOUND &&
	       (slot = bel_stripe_each(stripe, place, &steps)) != NO_SLOT) {
		const struct bel_block *block = bel_stripe_block(stripe, slot);
		for (unsigned i = 0; i < block->count && err == BEL_ERR_NOT_FOUND; i++)
			if (block->entries[i].series == series &&
			    block->entries[i].expires_ms > wall_ms)
				err = copy_instance(block, i, arena, aor, instance);
	}
	pthread_mutex_unlock(&stripe->lock);
	return err;
}

/* ---- flows and sources ---- */

uint64_t bel_location_flow_key(const struct bel_location *location,
			       const struct bel_flow *flow)
{
	uint32_t parts[3] = { flow->worker, flow->index, flow->generation };

	return bel_hash(&location->key, (bel_str){ (const char *)parts, sizeof parts });
}

static uint64_t source_key(const struct bel_location *location, const bel_addr *source)
{
	bel_addr host = *source;

	host.port = 0;
	return bel_addr_hash(&host, location->key.k0);
}

static bool is_stream(const struct bel_entry *entry)
{
	return entry->transport != BEL_SIP_UDP &&
	       entry->transport != BEL_SIP_TRANSPORT_OTHER;
}

static void uncount(struct bel_location *location, bel_place place,
		    const struct bel_block *block, unsigned count)
{
	struct bel_flow flow;

	for (unsigned i = 0; i < count; i++) {
		const struct bel_entry *entry = &block->entries[i];
		bel_entry_flow(entry, &flow);
		if (is_stream(entry))
			bel_tally_remove(&location->flows,
					 bel_location_flow_key(location, &flow), place);
		if (entry->peer.family)
			bel_tally_remove(&location->sources,
					 source_key(location, &entry->peer), 0);
	}
}

static enum bel_err count_entry(struct bel_location *location, bel_place place,
				const struct bel_entry *entry)
{
	struct bel_flow flow;
	enum bel_err err = BEL_OK;

	bel_entry_flow(entry, &flow);
	if (is_stream(entry))
		err = bel_tally_add(&location->flows,
				    bel_location_flow_key(location, &flow), place);
	if (err || !entry->peer.family)
		return err;
	err = bel_tally_add(&location->sources, source_key(location, &entry->peer), 0);
	if (err && is_stream(entry))
		bel_tally_remove(&location->flows, bel_location_flow_key(location, &flow),
				 place);
	return err;
}

enum bel_err bel_location_count(struct bel_location *location, bel_place place,
				const struct bel_block *block)
{
	for (unsigned i = 0; i < block->count; i++) {
		enum bel_err err = count_entry(location, place, &block->entries[i]);
		if (err) {
			uncount(location, place, block, i);
			return err;
		}
	}
	return BEL_OK;
}

void bel_location_uncount(struct bel_location *location, bel_place place,
			  const struct bel_block *block)
{
	uncount(location, place, block, block->count);
}

bool bel_location_has_source(struct bel_location *location, const bel_addr *source)
{
	return bel_tally_has(&location->sources, source_key(location, source));
}

static void put_to_sleep(struct bel_location *location, bel_place place,
			 const struct bel_flow *closed)
{
	struct bel_stripe *stripe = bel_location_stripe(location, place);
	struct bel_flow flow;
	uint32_t steps = 0, slot;

	pthread_mutex_lock(&stripe->lock);
	while ((slot = bel_stripe_each(stripe, place, &steps)) != NO_SLOT) {
		struct bel_block *block = bel_stripe_block(stripe, slot);
		for (unsigned i = 0; i < block->count; i++) {
			bel_entry_flow(&block->entries[i], &flow);
			if (is_stream(&block->entries[i]) &&
			    flow.worker == closed->worker &&
			    flow.index == closed->index &&
			    flow.generation == closed->generation)
				block->entries[i].flags |= ENTRY_FLOW_GONE;
		}
	}
	pthread_mutex_unlock(&stripe->lock);
}

void bel_location_on_flow_closed(struct bel_location *location,
				 const struct bel_flow *flow)
{
	uint64_t key = bel_location_flow_key(location, flow);
	bel_place few[PLACES_MAX], *places = few;
	unsigned max = PLACES_MAX;
	unsigned count = bel_tally_values(&location->flows, key, places, max);

	/* The trunk of a whole office. Without memory the rest is found asleep when it is
	 * called. */
	if (count > max && (places = malloc(count * sizeof *places))) {
		max = count;
		count = bel_tally_values(&location->flows, key, places, max);
	}
	if (!places)
		places = few;
	for (unsigned i = 0; i < count && i < max; i++)
		put_to_sleep(location, places[i], flow);
	if (places != few)
		free(places);
}

/* ---- walking ---- */

struct walk_row {
	bel_str aor;
	struct bel_binding *bindings;
	unsigned count;
};

/* The whole stripe at one moment. */
static struct walk_row *copy_stripe(struct bel_stripe *stripe, uint64_t wall_ms,
				    struct bel_arena *arena, unsigned *count)
{
	struct walk_row *rows;

	*count = 0;
	pthread_mutex_lock(&stripe->lock);
	rows = bel_arena_alloc(arena, stripe->count * sizeof *rows);
	for (uint32_t at = 0; rows && at < stripe->size; at++) {
		struct walk_row *row = &rows[*count];
		if (!stripe->slots[at])
			continue;
		const struct bel_block *block = bel_stripe_block(stripe, at);
		row->aor = bel_arena_copy(arena, bel_block_aor(block));
		if (!row->aor.ptr || bel_block_copy(block, wall_ms, DRAFTS_MAX, arena,
						    &row->bindings, &row->count))
			rows = NULL;
		else
			*count += row->count > 0;
	}
	pthread_mutex_unlock(&stripe->lock);
	return rows;
}

enum bel_err bel_location_each(struct bel_location *location, uint64_t wall_ms,
			       bool (*on_aor)(void *user, bel_str aor,
					      const struct bel_binding *bindings,
					      unsigned count),
			       void *user)
{
	struct bel_arena arena;
	bool goes_on = true;
	enum bel_err err = BEL_OK;

	bel_arena_init(&arena, NULL, 0, SIZE_MAX);
	for (unsigned i = 0; i < STRIPES && goes_on && !err; i++) {
		unsigned count;
		struct walk_row *rows = copy_stripe(&location->stripes[i], wall_ms,
						    &arena, &count);
		if (!rows)
			err = bel_err_from_errno(ENOMEM);
		for (unsigned k = 0; rows && k < count && goes_on; k++)
			goes_on = on_aor(user, rows[k].aor, rows[k].bindings,
					 rows[k].count);
		bel_arena_reset(&arena);
	}
	bel_arena_fini(&arena);
	return err;
}

void bel_location_counters(struct bel_location *location,
			   struct bel_location_counters *out)
{
	*out = (struct bel_location_counters){ 0 };
	for (unsigned i = 0; i < STRIPES; i++) {
		struct bel_stripe *stripe = &location->stripes[i];
		pthread_mutex_lock(&stripe->lock);
		out->addresses += stripe->count;
		out->bindings += stripe->bindings;
		out->added += stripe->added;
		out->refreshed += stripe->refreshed;
		out->removed += stripe->removed;
		out->expired += stripe->expired;
		out->refused += stripe->refused;
		pthread_mutex_unlock(&stripe->lock);
	}
}
