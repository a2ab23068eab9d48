/* SPDX-License-Identifier: Apache-2.0
 * The checklist (RFC 8445 section 6.1): pairs, and whose turn it is. */
#include "ice/agent_int.h"

/* ---- the machine of a pair ---- */

enum action {
	QUEUE = 1,   /* among the triggered checks */
	CANCEL = 2,  /* not sent again; an answer still counts */
	SEND = 4,    /* a new request */
	VALID = 8,   /* bel_ice_on_valid */
	INVALID = 16 /* bel_ice_on_invalid */
};

struct move {
	uint8_t next, actions;
	bool is_written;
};

#define GO(state, actions)                                                               \
	{                                                                                \
		BEL_ICE_PAIR_##state, (actions), true                                    \
	}

/* RFC 8445 sections 6.1.4.2, 7.2.5 and 7.3.1.4. An answer to a cancelled request counts
 * while another one waits for its turn. */
static const struct move moves[BEL_ICE_PAIR_STATES][BEL_ICE_PAIR_EVENTS] = {
	[BEL_ICE_PAIR_FROZEN] = {
		[BEL_ICE_PAIR_THAW]     = GO(WAITING, 0),
		[BEL_ICE_PAIR_TRIGGER]  = GO(WAITING, QUEUE),
		[BEL_ICE_PAIR_CONCLUDE] = GO(FAILED, 0),
	},
	[BEL_ICE_PAIR_WAITING] = {
		[BEL_ICE_PAIR_SEND]     = GO(CHECKING, SEND),
		[BEL_ICE_PAIR_TRIGGER]  = GO(WAITING, QUEUE),
		[BEL_ICE_PAIR_SUCCESS]  = GO(SUCCEEDED, VALID),
		[BEL_ICE_PAIR_CONCLUDE] = GO(FAILED, 0),
	},
	[BEL_ICE_PAIR_CHECKING] = {
		[BEL_ICE_PAIR_TRIGGER]  = GO(WAITING, CANCEL | QUEUE),
		[BEL_ICE_PAIR_SUCCESS]  = GO(SUCCEEDED, VALID),
		[BEL_ICE_PAIR_FAILURE]  = GO(FAILED, INVALID),
		[BEL_ICE_PAIR_CONFLICT] = GO(WAITING, QUEUE),
		[BEL_ICE_PAIR_CONCLUDE] = GO(FAILED, 0),
	},
	[BEL_ICE_PAIR_SUCCEEDED] = {
		[BEL_ICE_PAIR_NOMINATE] = GO(WAITING, QUEUE),
		[BEL_ICE_PAIR_CONCLUDE] = GO(FAILED, 0),
	},
	[BEL_ICE_PAIR_FAILED] = {
		[BEL_ICE_PAIR_TRIGGER]  = GO(WAITING, QUEUE),
	},
};

void bel_ice_pair_take(struct bel_ice *ice, struct bel_ice_pair *pair,
		       enum bel_ice_pair_event event, uint64_t now_ms)
{
	struct move move = moves[pair->state][event];

	if (!move.is_written)
		return;
	pair->state = (enum bel_ice_pair_state)move.next;
	if (move.actions & CANCEL)
		pair->before = pair->now;
	if (!(move.actions & QUEUE))
		pair->queued = 0;
	else if (!pair->queued)
		pair->queued = ++ice->queue_last;
	pair->now.is_open = false;
	if (move.actions & SEND)
		bel_ice_request_send(ice, pair, now_ms);
	if (move.actions & VALID)
		bel_ice_on_valid(ice, pair, now_ms);
	if (move.actions & INVALID)
		bel_ice_on_invalid(ice, pair, now_ms);
}

/* ---- making pairs ---- */

static uint64_t priority_of(const struct bel_ice *ice, const struct bel_ice_pair *pair)
{
	uint32_t ours = ice->locals[pair->local].priority;
	uint32_t theirs = ice->remotes[pair->remote].priority;

	return ice->is_controlling ? bel_ice_pair_priority(ours, theirs)
				   : bel_ice_pair_priority(theirs, ours);
}

void bel_ice_pairs_order(struct bel_ice *ice)
{
	for (unsigned i = 0; i < ice->pairs_count; i++)
		ice->pairs[i].priority = priority_of(ice, &ice->pairs[i]);
}

/* RFC 8445 section 6.1.2.2: addresses of a link are reached from that link alone. */
static bool fit(const struct bel_ice_candidate *local,
		const struct bel_ice_candidate *remote)
{
	return local->component == remote->component &&
	       local->addr.family == remote->addr.family &&
	       (local->addr.family == 4 ||
		(bel_addr_range(&local->addr) == BEL_ADDR_LINK_LOCAL) ==
			(bel_addr_range(&remote->addr) == BEL_ADDR_LINK_LOCAL));
}

static bool is_busy(const struct bel_ice *ice, const struct bel_ice_pair *pair)
{
	const struct bel_ice_component *component =
		&ice->components[bel_ice_pair_component(ice, pair) - 1];
	int index = (int)(pair - ice->pairs);

	return pair->is_valid || pair->queued || pair->state == BEL_ICE_PAIR_CHECKING ||
	       component->selected == index || component->nominee == index;
}

/* The worst that nothing depends on gives way to a better one (section 6.1.2.5). */
static struct bel_ice_pair *find_room(struct bel_ice *ice, uint64_t priority)
{
	struct bel_ice_pair *worst = NULL;

	if (ice->pairs_count < BEL_ICE_PAIRS_MAX)
		return &ice->pairs[ice->pairs_count++];
	for (unsigned i = 0; i < ice->pairs_count; i++) {
		struct bel_ice_pair *pair = &ice->pairs[i];
		if (!is_busy(ice, pair) && (!worst || pair->priority < worst->priority))
			worst = pair;
	}
	return worst && worst->priority < priority ? worst : NULL;
}

struct bel_ice_pair *bel_ice_pair_make(struct bel_ice *ice, unsigned local,
				       unsigned remote)
{
	struct bel_ice_pair made = { .local = (uint8_t)local, .remote = (uint8_t)remote };
	struct bel_ice_pair *room;

	for (unsigned i = 0; i < ice->pairs_count; i++)
		if (ice->pairs[i].local == local && ice->pairs[i].remote == remote)
			return &ice->pairs[i];
	made.priority = priority_of(ice, &made);
	room = find_room(ice, made.priority);
	if (room)
		*room = made;
	return room;
}

/* Section 6.1.2.4: what is sent from a reflexive one leaves from its base, so that pairs
 * of bases are all that is needed. */
static bool is_base(const struct bel_ice_candidate *local)
{
	return local->type == BEL_ICE_HOST || local->type == BEL_ICE_RELAYED;
}

static void pair_both(struct bel_ice *ice, unsigned local, unsigned remote)
{
	struct bel_ice_pair *pair;
	unsigned count = ice->pairs_count;

	if (!is_base(&ice->locals[local]) ||
	    !fit(&ice->locals[local], &ice->remotes[remote]))
		return;
	pair = bel_ice_pair_make(ice, local, remote);
	/* A component that has its pair looks for no better one. */
	if (pair && ice->pairs_count > count &&
	    ice->components[ice->locals[local].component - 1].selected != NONE)
		pair->state = BEL_ICE_PAIR_FAILED;
}

void bel_ice_pair_local(struct bel_ice *ice, unsigned local)
{
	for (unsigned i = 0; i < ice->remotes_count; i++)
		pair_both(ice, local, i);
}

void bel_ice_pair_remote(struct bel_ice *ice, unsigned remote)
{
	for (unsigned i = 0; i < ice->locals_count; i++)
		pair_both(ice, i, remote);
}

/* ---- whose turn it is ---- */

bool bel_ice_pair_is_same_foundation(const struct bel_ice *ice,
				     const struct bel_ice_pair *a,
				     const struct bel_ice_pair *b)
{
	return !strcmp(ice->locals[a->local].foundation,
		       ice->locals[b->local].foundation) &&
	       !strcmp(ice->remotes[a->remote].foundation,
		       ice->remotes[b->remote].foundation);
}

/* By the lower component, then by the priority (section 6.1.2.6). */
static bool is_before(const struct bel_ice *ice, const struct bel_ice_pair *a,
		      const struct bel_ice_pair *b)
{
	unsigned of_a = bel_ice_pair_component(ice, a);
	unsigned of_b = bel_ice_pair_component(ice, b);

	return of_a != of_b ? of_a < of_b : a->priority > b->priority;
}

/* Whether another one of its foundation is in work, or comes first. */
static bool must_wait(const struct bel_ice *ice, const struct bel_ice_pair *pair)
{
	for (unsigned i = 0; i < ice->pairs_count; i++) {
		const struct bel_ice_pair *other = &ice->pairs[i];
		if (other == pair || !bel_ice_pair_is_same_foundation(ice, pair, other))
			continue;
		if (other->state == BEL_ICE_PAIR_WAITING ||
		    other->state == BEL_ICE_PAIR_CHECKING)
			return true;
		if (other->state == BEL_ICE_PAIR_FROZEN && is_before(ice, other, pair))
			return true;
	}
	return false;
}

void bel_ice_pairs_thaw(struct bel_ice *ice)
{
	for (unsigned i = 0; i < ice->pairs_count; i++)
		if (ice->pairs[i].state == BEL_ICE_PAIR_FROZEN &&
		    !must_wait(ice, &ice->pairs[i]))
			bel_ice_pair_take(ice, &ice->pairs[i], BEL_ICE_PAIR_THAW, 0);
}

static struct bel_ice_pair *first_queued(struct bel_ice *ice)
{
	struct bel_ice_pair *first = NULL;

	for (unsigned i = 0; i < ice->pairs_count; i++) {
		struct bel_ice_pair *pair = &ice->pairs[i];
		if (pair->queued && (!first || pair->queued < first->queued))
			first = pair;
	}
	return first;
}

/* Section 6.1.4.2. */
struct bel_ice_pair *bel_ice_pair_next(struct bel_ice *ice)
{
	struct bel_ice_pair *best = first_queued(ice);

	if (best)
		return best;
	for (unsigned i = 0; i < ice->pairs_count; i++) {
		struct bel_ice_pair *pair = &ice->pairs[i];
		if (pair->state == BEL_ICE_PAIR_WAITING &&
		    (!best || pair->priority > best->priority))
			best = pair;
	}
	return best;
}
