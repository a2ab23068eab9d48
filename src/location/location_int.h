/* SPDX-License-Identifier: Apache-2.0
 *
 * Between the files of location/. Locks are taken in this order, none twice: a stripe's;
 * then any one of the shared texts', the tallies' or the reminders'. */
#ifndef BEL_LOCATION_INT_H
#define BEL_LOCATION_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "location/location.h"

/* ---- where an address stands ---- */

enum {
	STRIPE_BITS = 10,
	TAG_BITS = 16,
	PLACE_BITS = STRIPE_BITS + TAG_BITS,
	COUNTER_BITS = 64 - PLACE_BITS,
	STRIPES = 1 << STRIPE_BITS,
	DRAFTS_MAX = BEL_LOCATION_CONTACTS_MAX + BEL_SIP_CONTACTS_MAX,
	INSTANCE_UUID_BYTES = 45, /* "urn:uuid:" and 36 characters */
};

/* Stripe and tag of an address, from the top bits of the keyed hash of its text. A
 * binding's number begins with its place, so that it is found without an index of its
 * own; the rest counts within the stripe. */
typedef uint32_t bel_place;

static inline bel_place bel_place_of_id(uint64_t id)
{
	return (bel_place)(id >> COUNTER_BITS);
}

/* ---- texts that many bindings have in common ---- */

/* User-Agent and Path: one copy, counted. */
struct bel_shared {
	uint64_t hash;
	uint32_t refs;
	uint32_t len;
	char bytes[];
};
enum { SHARED_PARTS = 64 };
struct bel_shared_part {
	pthread_mutex_t lock;
	struct bel_shared **slots; /* size is a power of two, or 0 */
	uint32_t size, count;
};
struct bel_shared_texts {
	struct bel_hash_key key;
	struct bel_shared_part parts[SHARED_PARTS];
};
void bel_shared_init(struct bel_shared_texts *texts, const struct bel_hash_key *key);
void bel_shared_fini(struct bel_shared_texts *texts);
/* A reference to the text's one copy, in *out (NULL for the empty text). -ENOMEM. */
enum bel_err bel_shared_take(struct bel_shared **out, struct bel_shared_texts *texts,
			     bel_str text);
void bel_shared_unref(struct bel_shared_texts *texts, struct bel_shared *shared);
bel_str bel_shared_str(const struct bel_shared *shared);

/* ---- tallies: how many bindings have a flow or a source ---- */

struct bel_tally_row {
	uint64_t key;
	uint32_t value, count; /* count 0: free */
};
enum { TALLY_PARTS = 64 };
struct bel_tally_part {
	pthread_mutex_t lock;
	struct bel_tally_row *rows;
	uint32_t size, count;
};
/* Counts pairs of a key (a good hash) and a value. */
struct bel_tally {
	struct bel_tally_part parts[TALLY_PARTS];
};
void bel_tally_init(struct bel_tally *tally);
void bel_tally_fini(struct bel_tally *tally);
enum bel_err bel_tally_add(struct bel_tally *tally, uint64_t key, uint32_t value);
void bel_tally_remove(struct bel_tally *tally, uint64_t key, uint32_t value);
bool bel_tally_has(struct bel_tally *tally, uint64_t key);
/* The values of a key, at most max; how many there are. */
unsigned bel_tally_values(struct bel_tally *tally, uint64_t key, uint32_t *values,
			  unsigned max);

/* ---- reminders: when to look at an address for bindings that are over ---- */

enum { REMINDER_SECONDS = 4096, REMINDER_LOCKS = 64 };
struct bel_reminder_list {
	bel_place *places;
	uint32_t count, size;
};
struct bel_reminders {
	_Atomic uint64_t done_s; /* seconds up to it were looked at */
	pthread_mutex_t locks[REMINDER_LOCKS];
	struct bel_reminder_list lists[REMINDER_SECONDS];
};
void bel_reminders_init(struct bel_reminders *reminders, uint64_t wall_s);
void bel_reminders_fini(struct bel_reminders *reminders);
/* Puts the place into the list of that second, or of the next one that is still to come,
 * or of the last one that the ring holds: *at_s tells. -ENOMEM. */
enum bel_err bel_reminders_put(struct bel_reminders *reminders, uint64_t wanted_s,
			       bel_place place, uint64_t *at_s);
/* Takes the next list that is due at wall_s; false when none is left. One thread at a
 * time. */
bool bel_reminders_take(struct bel_reminders *reminders, uint64_t wall_s,
			struct bel_reminder_list *out);
void bel_reminders_free(struct bel_reminder_list *list);

/* ---- the block of an address ---- */

enum bel_entry_flag {
	ENTRY_USES_FLOW = 1,
	ENTRY_FLOW_GONE = 2,
	ENTRY_NEEDS_PING = 4,
	ENTRY_HAS_UUID = 8, /* the instance is kept as the 16 bytes of a UUID */
};

/* One binding as it is kept; its texts stand behind the entries in the block. */
struct bel_entry {
	uint64_t id, series, call_id_hash, expires_ms, changed_ms;
	bel_addr peer, local;
	struct bel_shared *path, *user_agent;
	uint32_t registered_s, cseq, reg_id, index, generation;
	uint16_t q, worker;
	uint16_t contact_len, params_len, instance_len;
	uint8_t transport, listener, flags;
};

/* An address and its bindings: one piece of memory, guarded by its stripe's lock. It is
 * replaced, not changed, but for a refresh, which changes an entry in place. */
struct bel_block {
	uint64_t version; /* of the last record in a journal */
	uint64_t reminder_s;
	uint16_t aor_len, count;
	struct bel_entry entries[];
	/* then the address, then for each entry: contact, params, instance */
};

/* A binding while a change is worked out; strings are borrowed from the old block and the
 * request. */
struct bel_draft {
	struct bel_binding binding;
	char instance[INSTANCE_UUID_BYTES]; /* a UUID written out */
	bool is_gone, is_changed, is_new;
};
struct bel_drafts {
	unsigned count;
	struct bel_draft items[DRAFTS_MAX];
};

bel_str bel_block_aor(const struct bel_block *block);
/* -ENOMEM. Drafts that are gone are left out. */
enum bel_err bel_block_new(struct bel_block **out, struct bel_shared_texts *texts,
			   bel_str aor, const struct bel_drafts *drafts);
/* NULL is allowed. */
void bel_block_free(struct bel_block *block, struct bel_shared_texts *texts);
/* The block's bindings as drafts. */
void bel_block_read(const struct bel_block *block, struct bel_drafts *drafts);
/* Copies of the bindings that live at wall_ms, best q first and then the newest, at most
 * max. BEL_ERR_SPACE. */
enum bel_err bel_block_copy(const struct bel_block *block, uint64_t wall_ms, unsigned max,
			    struct bel_arena *arena, struct bel_binding **out,
			    unsigned *count);
/* Moves the strings into the arena. BEL_ERR_SPACE. */
enum bel_err bel_binding_copy(struct bel_binding *binding, struct bel_arena *arena);
/* One of them, live or not. */
enum bel_err bel_block_copy_one(const struct bel_block *block, unsigned index,
				struct bel_arena *arena, struct bel_binding *out);
/* One of them without copying: strings lie in the block and in instance. */
void bel_block_look(const struct bel_block *block, unsigned index,
		    struct bel_binding *out, char instance[INSTANCE_UUID_BYTES]);
/* When the first of them is over, in whole seconds, rounded up. */
uint64_t bel_block_over_s(const struct bel_block *block);
void bel_entry_flow(const struct bel_entry *entry, struct bel_flow *flow);

/* ---- the rules of a REGISTER ---- */

/* RFC 3261 section 10.3 steps 6 and 7 on the drafts of what is there. Whoever is over at
 * bind->wall_ms goes first. BEL_ERR_MISMATCH, BEL_ERR_LIMIT. */
enum bel_err bel_drafts_apply(struct bel_drafts *drafts, const struct bel_bind *bind,
			      uint64_t call_id_hash);
/* Marks those that are over at wall_ms as gone; how many are not gone. */
void bel_drafts_remove_over(struct bel_drafts *drafts, uint64_t wall_ms);
unsigned bel_drafts_live(const struct bel_drafts *drafts);
/* Whether the bind is a plain refresh of this binding: nothing differs but CSeq and
 * times.
 */
bool bel_bind_is_refresh(const struct bel_bind *bind, const struct bel_binding *binding,
			 uint64_t call_id_hash);
/* A flow as it is kept: of a datagram only addresses and listener count. */
struct bel_flow bel_flow_kept(const struct bel_flow *flow);
bool bel_flow_is_alike(const struct bel_flow *a, const struct bel_flow *b);

/* ---- the table ---- */

struct bel_stripe {
	pthread_mutex_t lock;
	uint64_t *slots; /* tag, then pointer to the block; size a power of two, or 0 */
	uint32_t size, count;
	uint64_t version; /* of the last record of any of its addresses */
	uint64_t counter; /* of the last number given to a binding */
	/* the stripe's share of the counters */
	uint64_t bindings, added, refreshed, removed, expired, refused;
};

struct bel_location {
	/* set once */
	struct bel_location_opts opts;
	struct bel_hash_key key;

	/* each with locks of its own */
	struct bel_shared_texts texts;
	struct bel_tally flows;   /* streams: to the places of their bindings */
	struct bel_tally sources; /* hosts that registrations came from */
	struct bel_reminders reminders;
	struct bel_stripe stripes[STRIPES];
};

bel_place bel_location_place(const struct bel_location *location, bel_str aor);
struct bel_stripe *bel_location_stripe(struct bel_location *location, bel_place place);

/* Positions in a stripe, under its lock; NO_SLOT when there is none. */
#define NO_SLOT UINT32_MAX
uint32_t bel_stripe_find(const struct bel_stripe *stripe, bel_place place, bel_str aor);
/* The first position with this place at or after `from` (0: from its home). *steps counts
 * up and is 0 at first. */
uint32_t bel_stripe_each(const struct bel_stripe *stripe, bel_place place,
			 uint32_t *steps);
struct bel_block *bel_stripe_block(const struct bel_stripe *stripe, uint32_t slot);
uint32_t bel_stripe_tag(const struct bel_stripe *stripe, uint32_t slot);
/* Makes room for one more. -ENOMEM; BEL_ERR_LIMIT above 65,536. */
enum bel_err bel_stripe_reserve(struct bel_stripe *stripe);
void bel_stripe_put(struct bel_stripe *stripe, bel_place place, struct bel_block *block);
void bel_stripe_replace(struct bel_stripe *stripe, uint32_t slot,
			struct bel_block *block);
void bel_stripe_remove(struct bel_stripe *stripe, uint32_t slot);

/* ---- the store ---- */

/* Takes the hash key of the first start, and what the journals hold. */
enum bel_err bel_location_load(struct bel_location *location);
/* A record of the block, or that the address is gone (NULL); under the stripe's lock.
 * Nothing without a store. */
enum bel_err bel_location_write(struct bel_location *location, struct bel_stripe *stripe,
				unsigned worker, bel_str aor, struct bel_block *block,
				uint64_t *ticket);
enum bel_err bel_location_write_refresh(struct bel_location *location,
					struct bel_stripe *stripe, unsigned worker,
					struct bel_block *block, unsigned index,
					uint64_t *ticket);

/* ---- a block's share of the tallies and reminders ---- */

/* All of it or nothing. */
enum bel_err bel_location_count(struct bel_location *location, bel_place place,
				const struct bel_block *block);
void bel_location_uncount(struct bel_location *location, bel_place place,
			  const struct bel_block *block);
/* Sees to it that the block is looked at when its first binding is over. */
enum bel_err bel_location_remind(struct bel_location *location, bel_place place,
				 struct bel_block *block);
uint64_t bel_location_flow_key(const struct bel_location *location,
			       const struct bel_flow *flow);

/* ---- what is told after a change ---- */

enum { EVENTS_FIRST_BYTES = 2048, EVENTS_BUDGET_BYTES = 1 << 20 };
struct bel_event {
	struct bel_binding binding;
	bool is_gone;
};
/* Collected under the lock, told without it. */
struct bel_events {
	struct bel_event *items;
	unsigned count;
	struct bel_arena arena;
	char first[EVENTS_FIRST_BYTES];
};
void bel_events_init(struct bel_events *events);
/* What the drafts did, copied into the arena. Nothing when nobody listens. BEL_ERR_SPACE.
 */
enum bel_err bel_events_collect(struct bel_events *events,
				const struct bel_location_opts *opts,
				const struct bel_drafts *drafts);
/* Tells them and gives their memory back. */
void bel_events_tell(struct bel_events *events, const struct bel_location_opts *opts,
		     bel_str aor);

#endif
