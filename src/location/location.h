/* SPDX-License-Identifier: Apache-2.0
 *
 * location: which contacts an address of record is bound to (RFC 3261 section 10, RFC
 * 3327, 5626, 5627). One table for all workers behind striped locks; a look-up copies
 * what it needs into the reader's arena, so nothing is ever reclaimed under a reader.
 * Every change is in the journal before it is visible or acknowledged.
 *
 *   location.c  opening, looking up, walking
 *   bind.c      a change, from the request to what everybody sees
 *   rules.c     what a REGISTER does to the bindings of an address
 *   table.c     stripes of slots that lead from an address to its block
 *   block.c     the bindings of one address in memory
 *   record.c    the same in a journal
 *   journal.c   writing records, reading them back
 *   expiry.c    what is over goes
 *   reminder.c  one-second lists
 *   shared.c, tally.c   texts kept once; counts of flows and sources
 *
 * Any thread may call; a worker names itself so that the right journal is written. Times
 * are wall-clock milliseconds that run steadily: the caller reads the wall once, at its
 * start, and goes on by the monotonic clock, so that a clock that is set drops nobody. */
#ifndef BEL_LOCATION_LOCATION_H
#define BEL_LOCATION_LOCATION_H

#include "base/base.h"
#include "io/io.h"
#include "sip/sip.h"
#include "store/store.h"

struct bel_location;

enum {
	BEL_LOCATION_TARGETS_MAX = 10,
	BEL_LOCATION_CONTACTS_MAX = 64, /* of an address, whatever contacts_max says */
};

/* One binding, as read. Strings lie in the reader's arena. Times are wall-clock. */
struct bel_binding {
	uint64_t id;      /* never used again for another binding, not after a restart */
	bel_str contact;  /* the URI, without brackets, as registered */
	bel_str params;   /* other parameters of the Contact, ";name=value..." */
	bel_str instance; /* +sip.instance without quotes and brackets, or empty */
	/* Of the temporary GRUUs of that instance, alike in all its bindings here and
	 * never used again for others (RFC 5627 section 5.1): a new one when there was no
	 * binding of the instance, or when its Call-ID changed. 0 without an instance. */
	uint64_t series;
	bel_str path; /* values of Path joined by commas, or empty */
	bel_str user_agent;
	uint64_t call_id_hash;
	uint32_t cseq;
	uint64_t expires_ms, registered_ms, changed_ms;
	uint16_t q;        /* 0 to 1000 */
	uint32_t reg_id;   /* 0: none */
	bool uses_flow;    /* reached down the flow, not at the URI */
	bool flow_is_gone; /* its stream was closed: it sleeps until the phone is back */
	bool needs_ping;   /* UDP source differs from the contact's host */
	struct bel_flow flow;
};

/* One Contact of a REGISTER. */
struct bel_contact_change {
	const struct bel_uri *uri;
	bel_str uri_text, params, instance;
	uint32_t reg_id;
	uint32_t expires_s; /* 0: remove */
	uint16_t q;
	bool uses_flow, needs_ping;
};

/* What a REGISTER asks for (RFC 3261 section 10.3 steps 6 to 8), done as a whole or not.
 */
struct bel_bind {
	bel_str aor; /* canonical: user@domain */
	bel_str call_id;
	uint32_t cseq;
	const struct bel_contact_change *contacts;
	unsigned contacts_count;
	bool removes_all; /* Contact: * with Expires: 0 */
	bel_str path, user_agent;
	struct bel_flow flow;
	unsigned contacts_max;
	uint64_t wall_ms;
	uint16_t worker;
};

/* BEL_OK; BEL_ERR_MISMATCH: an older CSeq of the same Call-ID, or the same CSeq asking
 * for something else (500 by section 10.3 step 7); BEL_ERR_LIMIT: more than contacts_max;
 * BEL_ERR_SPACE: arena; BEL_ERR_STORE and -errno: not durable, so not done (500). Nothing
 * was changed then. Without contacts and removes_all nothing is asked for but the list.
 * On success *bindings are all those of the address now, best q first and then the
 * newest, in the arena (which may be NULL to ask for none). *ticket (may be NULL) is what
 * bel_store_wait wants before the answer may leave, or 0 when nothing was written. */
enum bel_err bel_location_bind(struct bel_location *location, const struct bel_bind *bind,
			       struct bel_arena *arena, struct bel_binding **bindings,
			       unsigned *count, uint64_t *ticket);

/* The live bindings of an address, best q first and then the newest, at most
 * BEL_LOCATION_TARGETS_MAX; count 0 when there are none. BEL_ERR_SPACE: arena. */
enum bel_err bel_location_lookup(struct bel_location *location, bel_str aor,
				 uint64_t wall_ms, struct bel_arena *arena,
				 struct bel_binding **bindings, unsigned *count);
/* One binding by its number; BEL_ERR_NOT_FOUND. */
enum bel_err bel_location_find(struct bel_location *location, uint64_t id,
			       uint64_t wall_ms, struct bel_arena *arena,
			       struct bel_binding *out, bel_str *aor);

/* Whose temporary GRUUs have that series; BEL_ERR_NOT_FOUND when it is over. */
enum bel_err bel_location_find_series(struct bel_location *location, uint64_t series,
				      uint64_t wall_ms, struct bel_arena *arena,
				      bel_str *aor, bel_str *instance);

/* A stream ended: the bindings on it sleep. */
void bel_location_on_flow_closed(struct bel_location *location,
				 const struct bel_flow *flow);
/* Whether a live registration came from this address (guard: offices are not banned). */
bool bel_location_has_source(struct bel_location *location, const bel_addr *source);

struct bel_location_opts {
	struct bel_store *store; /* NULL: memory only */
	uint64_t seed;           /* of the keys of hashes; with a store only proposed */
	uint64_t wall_ms;        /* now: what is over by then is not taken back */
	/* Called after a change is visible, without locks, for `reg watch`, events and
	 * keepalives; any worker's thread. is_gone: removed or expired. May be NULL. */
	void (*on_change)(void *user, bel_str aor, const struct bel_binding *binding,
			  bool is_gone);
	void *user;
};
/* Replays the store's journals. */
enum bel_err bel_location_open(struct bel_location **out,
			       const struct bel_location_opts *opts);
void bel_location_close(struct bel_location *location);
/* Removes what is over at wall_ms; call it once a second from one thread. Returns how
 * many bindings went. */
unsigned bel_location_expire(struct bel_location *location, uint64_t wall_ms);
/* Every address in no order; on_aor returns false to stop and may call anything here. Not
 * atomic as a whole. -ENOMEM when it could not go on. */
enum bel_err bel_location_each(struct bel_location *location, uint64_t wall_ms,
			       bool (*on_aor)(void *user, bel_str aor,
					      const struct bel_binding *bindings,
					      unsigned count),
			       void *user);

struct bel_location_counters {
	uint64_t addresses, bindings; /* now */
	uint64_t added, refreshed, removed, expired, refused;
};
void bel_location_counters(struct bel_location *location,
			   struct bel_location_counters *out);

#endif
