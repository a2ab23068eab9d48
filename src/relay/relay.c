/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "relay/relay_int.h"

enum { SLOTS_FIRST = 64, ARENA_BUDGET_BYTES = 1 << 20 };

enum bel_err bel_relay_open(struct bel_relay **out, const struct bel_relay_opts *opts)
{
	struct bel_relay *relay = calloc(1, sizeof *relay);

	if (!relay)
		return bel_err_from_errno(ENOMEM);
	relay->opts = *opts;
	relay->buckets_count = SLOTS_FIRST;
	relay->buckets = malloc(relay->buckets_count * sizeof *relay->buckets);
	if (!relay->buckets) {
		free(relay);
		return bel_err_from_errno(ENOMEM);
	}
	for (size_t i = 0; i < relay->buckets_count; i++)
		bel_list_init(&relay->buckets[i]);
	bel_loop_random(opts->loop, &relay->key, sizeof relay->key);
	bel_arena_init(&relay->arena, NULL, 0, ARENA_BUDGET_BYTES);
	if (opts->dtls)
		bel_dtls_context_ref(opts->dtls);
	*out = relay;
	return BEL_OK;
}

void bel_relay_close(struct bel_relay *relay)
{
	if (!relay)
		return;
	/* What was kept is for who comes after us. */
	relay->opts.port = NULL;
	for (uint32_t i = 0; i < relay->slots_size; i++)
		if (relay->slots[i].call)
			bel_relay_end(relay, relay->slots[i].call->id);
	if (relay->opts.dtls)
		bel_dtls_context_unref(relay->opts.dtls);
	bel_arena_fini(&relay->arena);
	bel_crypto_close(relay->crypto);
	free(relay->slots);
	free(relay->buckets);
	free(relay);
}

void bel_relay_set(struct bel_relay *relay, uint16_t port_min, uint16_t port_max,
		   unsigned silent_ms, unsigned timeout_ms)
{
	relay->opts.port_min = port_min;
	relay->opts.port_max = port_max;
	relay->opts.silent_ms = silent_ms;
	relay->opts.timeout_ms = timeout_ms;
}

const struct bel_relay_counters *bel_relay_counters(const struct bel_relay *relay)
{
	return &relay->counters;
}

/* ---- by number ---- */

static bool grow(struct bel_relay *relay)
{
	uint32_t size = relay->slots_size ? relay->slots_size * 2 : SLOTS_FIRST;
	struct slot *slots = realloc(relay->slots, size * sizeof *slots);

	if (!slots)
		return false;
	for (uint32_t i = relay->slots_size; i < size; i++)
		slots[i] = (struct slot){ .generation = 1, .next_free = i + 1 };
	relay->free_first = relay->slots_size;
	relay->slots = slots;
	relay->slots_size = size;
	return true;
}

struct call *bel_relay_call_find(const struct bel_relay *relay, bel_relay_call id)
{
	uint32_t index = (uint32_t)id - 1;

	return id && index < relay->slots_size && relay->slots[index].call &&
			       relay->slots[index].call->id == id
		       ? relay->slots[index].call
		       : NULL;
}

bool bel_relay_has(const struct bel_relay *relay, bel_relay_call call)
{
	return bel_relay_call_find(relay, call) != NULL;
}

/* ---- by name ---- */

static struct bel_list *bucket_of(const struct bel_relay *relay, bel_str call_id)
{
	return &relay->buckets[bel_hash(&relay->key, call_id) &
			       (relay->buckets_count - 1)];
}

/* Twice as many buckets; without memory the chains get longer. */
static void spread(struct bel_relay *relay)
{
	size_t count = relay->buckets_count * 2;
	struct bel_list *buckets = malloc(count * sizeof *buckets);

	if (!buckets)
		return;
	free(relay->buckets);
	relay->buckets = buckets;
	relay->buckets_count = count;
	for (size_t i = 0; i < count; i++)
		bel_list_init(&buckets[i]);
	for (uint32_t i = 0; i < relay->slots_size; i++) {
		struct call *call = relay->slots[i].call;
		if (call)
			bel_list_put(bucket_of(relay, bel_relay_call_id(call)),
				     &call->node);
	}
}

static bel_str tag_of(const struct call *call, enum bel_relay_side side)
{
	const char *caller = call->names + call->call_id_len;

	return side == BEL_RELAY_CALLER
		       ? (bel_str){ caller, call->caller_len }
		       : (bel_str){ caller + call->caller_len, call->callee_len };
}

bool bel_relay_names(struct bel_relay_names *out, const struct bel_relay *relay,
		     bel_relay_call id)
{
	const struct call *call = bel_relay_call_find(relay, id);

	if (!call)
		return false;
	*out = (struct bel_relay_names){ bel_relay_call_id(call),
					 tag_of(call, BEL_RELAY_CALLER),
					 tag_of(call, BEL_RELAY_CALLEE) };
	return true;
}

static enum bel_err set_names(struct call *call, const struct bel_relay_names *names)
{
	size_t size = names->call_id.len + names->caller_tag.len + names->callee_tag.len;
	struct bel_writer writer;
	char *text;

	if (size > BEL_RELAY_NAMES_BYTES_MAX)
		return BEL_ERR_LIMIT;
	text = malloc(size + 1);
	if (!text)
		return bel_err_from_errno(ENOMEM);
	writer = bel_writer_init(text, size);
	bel_write_str(&writer, names->call_id);
	bel_write_str(&writer, names->caller_tag);
	bel_write_str(&writer, names->callee_tag);
	free(call->names);
	call->names = text;
	call->call_id_len = (uint16_t)names->call_id.len;
	call->caller_len = (uint16_t)names->caller_tag.len;
	call->callee_len = (uint16_t)names->callee_tag.len;
	return BEL_OK;
}

void bel_relay_set_callee_tag(struct bel_relay *relay, bel_relay_call id, bel_str tag)
{
	struct call *call = bel_relay_call_find(relay, id);
	struct bel_relay_names names;

	if (!call || !bel_relay_names(&names, relay, id) ||
	    bel_str_is_equal(names.callee_tag, tag))
		return;
	names.callee_tag = tag;
	(void)set_names(call, &names);
}

/* An unknown callee goes with any tag, and so does a tag that was not asked for. */
static bool is_between(const struct call *call, enum bel_relay_side side, bel_str tag,
		       bel_str other)
{
	bel_str mine = tag_of(call, side), theirs = tag_of(call, bel_relay_other(side));
	bool is_mine = bel_str_is_equal(mine, tag) ||
		       (side == BEL_RELAY_CALLEE && !mine.len && other.len);

	return is_mine && (!other.len || bel_str_is_equal(theirs, other) ||
			   (side == BEL_RELAY_CALLER && !theirs.len));
}

bel_relay_call bel_relay_find(const struct bel_relay *relay, enum bel_relay_side *side,
			      bel_str call_id, bel_str tag, bel_str other)
{
	const struct bel_list *bucket = bucket_of(relay, call_id);

	for (const struct bel_list *at = bucket->next; at != bucket; at = at->next) {
		const struct call *call = BEL_CONTAINER_OF(at, const struct call, node);
		if (!bel_str_is_equal(bel_relay_call_id(call), call_id))
			continue;
		for (unsigned i = 0; i < BEL_RELAY_SIDES; i++) {
			if (!is_between(call, (enum bel_relay_side)i, tag, other))
				continue;
			if (side)
				*side = (enum bel_relay_side)i;
			return call->id;
		}
	}
	return 0;
}

void bel_relay_each(const struct bel_relay *relay, bel_str call_id,
		    void (*on_call)(void *user, bel_relay_call call), void *user)
{
	for (uint32_t i = 0; i < relay->slots_size; i++) {
		const struct call *call = relay->slots[i].call;
		if (call &&
		    (!call_id.len || bel_str_is_equal(call_id, bel_relay_call_id(call))))
			on_call(user, call->id);
	}
}

/* ---- beginning and end ---- */

enum bel_err bel_relay_new(bel_relay_call *out, struct bel_relay *relay,
			   const struct bel_relay_names *names,
			   const struct bel_relay_place places[BEL_RELAY_SIDES])
{
	struct call *call;
	struct slot *slot;
	enum bel_err err;

	if (relay->free_first == relay->slots_size && !grow(relay))
		return bel_err_from_errno(ENOMEM);
	call = calloc(1, sizeof *call);
	if (!call)
		return bel_err_from_errno(ENOMEM);
	err = set_names(call, names);
	if (err) {
		free(call);
		return err;
	}
	slot = &relay->slots[relay->free_first];
	call->id = (uint64_t)slot->generation << 32 | (relay->free_first + 1u);
	relay->free_first = slot->next_free;
	slot->call = call;
	call->relay = relay;
	call->began_ms = bel_loop_now_ms(relay->opts.loop);
	for (unsigned i = 0; i < BEL_RELAY_SIDES; i++)
		call->places[i] = places[i];
	bel_timer_init(&call->timer, bel_relay_on_watch, call);
	bel_list_put(bucket_of(relay, names->call_id), &call->node);
	if (++relay->counters.calls > relay->buckets_count)
		spread(relay);
	relay->counters.calls_total++;
	*out = call->id;
	return BEL_OK;
}

static void free_streams(struct call *call)
{
	for (unsigned i = 0; i < call->streams_count; i++) {
		for (unsigned side = 0; side < BEL_RELAY_SIDES; side++)
			bel_relay_leg_close(&call->streams[i]->legs[side]);
		bel_wipe(call->streams[i], sizeof *call->streams[i]);
		free(call->streams[i]);
	}
}

void bel_relay_end(struct bel_relay *relay, bel_relay_call id)
{
	struct call *call = bel_relay_call_find(relay, id);
	struct slot *slot;

	if (!call)
		return;
	bel_relay_forget(call);
	slot = &relay->slots[(uint32_t)id - 1];
	slot->call = NULL;
	slot->generation++;
	slot->next_free = relay->free_first;
	relay->free_first = (uint32_t)id - 1;
	bel_timer_stop(relay->opts.loop, &call->timer);
	bel_list_remove(&call->node);
	free_streams(call);
	relay->counters.calls--;
	free(call->names);
	free(call);
}

void bel_relay_set_signal(struct bel_relay *relay, bel_relay_call id,
			  enum bel_relay_side side, const bel_addr *signal)
{
	struct call *call = bel_relay_call_find(relay, id);

	if (call)
		call->places[side].signal = *signal;
}
