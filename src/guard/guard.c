/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/guard.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "guard/calls.h"

enum {
	STRIPES = 64,
	ROWS = 256, /* of a stripe, four ways each */
	WAYS = 4,
	MINUTE_MS = 60000,
	SECOND_MS = 1000,
	STRANGER_REPLIES_PER_SECOND = 10,
};

/* What is remembered of a source, a (source, user) or a user. */
struct record {
	uint64_t key; /* 0: free */
	bel_addr source;
	uint64_t seen_ms, banned_until_ms;
	uint64_t minute_ms, second_ms; /* when the present ones began */
	uint16_t failures, foreign;    /* in this minute */
	uint16_t replies, calls;       /* in this second */
};

struct stripe {
	pthread_mutex_t lock;
	struct record rows[ROWS][WAYS];
};

struct bel_guard {
	const struct bel_conf *_Atomic conf;
	struct bel_hash_key key;
	_Atomic uint64_t failures, bans, refused, silenced;
	_Atomic unsigned banned; /* about how many: nothing is looked up while it is 0 */
	struct guard_calls calls;
	struct stripe stripes[STRIPES];
};

enum bel_err bel_guard_open(struct bel_guard **out, const struct bel_conf *conf,
			    uint64_t seed)
{
	struct bel_guard *guard = calloc(1, sizeof *guard);

	if (!guard)
		return bel_err_from_errno(ENOMEM);
	guard->conf = conf;
	guard->key = (struct bel_hash_key){ seed, ~seed };
	for (unsigned i = 0; i < STRIPES; i++)
		pthread_mutex_init(&guard->stripes[i].lock, NULL);
	bel_guard_calls_init(&guard->calls);
	*out = guard;
	return BEL_OK;
}

void bel_guard_close(struct bel_guard *guard)
{
	if (!guard)
		return;
	for (unsigned i = 0; i < STRIPES; i++)
		pthread_mutex_destroy(&guard->stripes[i].lock);
	bel_guard_calls_fini(&guard->calls);
	free(guard);
}

void bel_guard_set_conf(struct bel_guard *guard, const struct bel_conf *conf)
{
	guard->conf = conf;
}

static void count(_Atomic uint64_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

bool bel_guard_is_trusted(const struct bel_guard *guard, const bel_addr *source)
{
	const struct bel_conf *conf = guard->conf;
	bel_addr real = bel_addr_canonical(source);

	for (unsigned i = 0; i < conf->trusted_count; i++)
		if (bel_addr_is_within(&real, &conf->trusted[i].addr,
				       conf->trusted[i].prefix_bits))
			return true;
	return false;
}

/* One household has one IPv4 address or one IPv6 network. */
static bel_addr household(const bel_addr *source)
{
	bel_addr real = bel_addr_canonical(source);

	real.port = 0;
	real.scope = 0;
	if (real.family == 6)
		memset(real.ip + 8, 0, 8);
	return real;
}

static uint64_t key_of(const struct bel_guard *guard, const bel_addr *source,
		       bel_str user)
{
	bel_addr home = source ? household(source) : (bel_addr){ .family = 0 };
	uint64_t hash = bel_hash(&guard->key,
				 (bel_str){ (const char *)home.ip, sizeof home.ip });

	if (user.len)
		hash ^= bel_hash(&guard->key, user) * 0x9e3779b97f4a7c15u;
	return hash ? hash : 1;
}

/* Whether a makes room before b: who is not banned before who is, then the oldest, or the
 * ban that ends first. */
static bool is_lesser(const struct record *a, const struct record *b, uint64_t now_ms)
{
	bool is_a_banned = a->banned_until_ms > now_ms;
	bool is_b_banned = b->banned_until_ms > now_ms;

	if (is_a_banned != is_b_banned)
		return is_b_banned;
	return is_a_banned ? a->banned_until_ms < b->banned_until_ms
			   : a->seen_ms < b->seen_ms;
}

/* The record of a key, made when missing and wanted; the stripe's lock is held. NULL
 * only when it is missing and not wanted: who could not be counted would be free. */
static struct record *find(struct stripe *stripe, uint64_t key, uint64_t now_ms,
			   bool is_made)
{
	struct record *row = stripe->rows[key / STRIPES % ROWS];
	struct record *least = &row[0];

	for (unsigned i = 0; i < WAYS; i++) {
		if (row[i].key == key)
			return &row[i];
		if (is_lesser(&row[i], least, now_ms))
			least = &row[i];
	}
	if (!is_made)
		return NULL;
	*least = (struct record){ .key = key, .minute_ms = now_ms, .second_ms = now_ms };
	return least;
}

static void roll(struct record *record, uint64_t now_ms)
{
	record->seen_ms = now_ms;
	if (now_ms - record->minute_ms >= MINUTE_MS) {
		record->minute_ms = now_ms;
		record->failures = record->foreign = 0;
	}
	if (now_ms - record->second_ms >= SECOND_MS) {
		record->second_ms = now_ms;
		record->replies = record->calls = 0;
	}
}

static struct stripe *stripe_of(struct bel_guard *guard, uint64_t key)
{
	struct stripe *stripe = &guard->stripes[key % STRIPES];

	pthread_mutex_lock(&stripe->lock);
	return stripe;
}

static bool is_banned(struct bel_guard *guard, uint64_t key, uint64_t now_ms)
{
	struct stripe *stripe = stripe_of(guard, key);
	const struct record *record = find(stripe, key, now_ms, false);
	bool banned = record && record->banned_until_ms > now_ms;

	pthread_mutex_unlock(&stripe->lock);
	return banned;
}

bool bel_guard_may_receive(struct bel_guard *guard, const bel_addr *source,
			   uint64_t now_ms)
{
	if (!atomic_load_explicit(&guard->banned, memory_order_relaxed) ||
	    !is_banned(guard, key_of(guard, source, BEL_STR_NONE), now_ms) ||
	    bel_guard_is_trusted(guard, source))
		return true;
	count(&guard->refused);
	return false;
}

bool bel_guard_may_reply(struct bel_guard *guard, const bel_addr *source, bool is_foreign,
			 uint64_t now_ms)
{
	uint64_t key = key_of(guard, source, BEL_STR_NONE);
	struct stripe *stripe;
	struct record *record;
	bool is_allowed;

	if (bel_guard_is_trusted(guard, source))
		return true;
	stripe = stripe_of(guard, key);
	record = find(stripe, key, now_ms, true);
	roll(record, now_ms);
	is_allowed = record->replies < STRANGER_REPLIES_PER_SECOND;
	if (is_foreign && record->foreign >= guard->conf->guard.replies_per_minute)
		is_allowed = false;
	if (is_allowed)
		record->replies++;
	if (is_allowed && is_foreign)
		record->foreign++;
	pthread_mutex_unlock(&stripe->lock);
	if (!is_allowed)
		count(&guard->silenced);
	return is_allowed;
}

bool bel_guard_on_failure(struct bel_guard *guard, const bel_addr *source, bel_str user,
			  bool has_phones, uint64_t now_ms)
{
	uint64_t key = key_of(guard, source, has_phones ? user : BEL_STR_NONE);
	bool is_ban = false;
	struct stripe *stripe;
	struct record *record;

	count(&guard->failures);
	if (!guard->conf->guard.has_bans || bel_guard_is_trusted(guard, source))
		return false;
	stripe = stripe_of(guard, key);
	record = find(stripe, key, now_ms, true);
	roll(record, now_ms);
	record->source = household(source);
	if (++record->failures >= guard->conf->guard.failures_per_minute &&
	    record->banned_until_ms <= now_ms) {
		record->banned_until_ms = now_ms +
					  guard->conf->guard.ban_s * (uint64_t)SECOND_MS;
		is_ban = true;
	}
	pthread_mutex_unlock(&stripe->lock);
	if (is_ban) {
		count(&guard->bans);
		atomic_fetch_add_explicit(&guard->banned, 1, memory_order_relaxed);
	}
	return is_ban;
}

bool bel_guard_may_try(struct bel_guard *guard, const bel_addr *source, bel_str user,
		       uint64_t now_ms)
{
	return !atomic_load_explicit(&guard->banned, memory_order_relaxed) ||
	       !is_banned(guard, key_of(guard, source, user), now_ms);
}

/* ---- calls ---- */

static bool is_too_fast(struct bel_guard *guard, uint64_t key, uint64_t now_ms)
{
	struct stripe *stripe = stripe_of(guard, key);
	struct record *record = find(stripe, key, now_ms, true);
	bool is_allowed;

	roll(record, now_ms);
	is_allowed = record->calls < guard->conf->guard.calls_per_second;
	if (is_allowed)
		record->calls++;
	pthread_mutex_unlock(&stripe->lock);
	return !is_allowed;
}

enum bel_guard_verdict bel_guard_begin_call(struct bel_guard *guard, bel_str user,
					    uint64_t key, uint64_t now_ms)
{
	uint64_t user_key = key_of(guard, NULL, user);

	if (is_too_fast(guard, user_key, now_ms))
		return BEL_GUARD_TOO_FAST;
	return bel_guard_calls_begin(&guard->calls, user_key, key,
				     guard->conf->guard.calls_max, now_ms)
		       ? BEL_GUARD_FINE
		       : BEL_GUARD_TOO_MANY;
}

uint64_t bel_guard_call_key(const struct bel_guard *guard, bel_str call_id, bel_str tag)
{
	uint64_t key = bel_hash(&guard->key, call_id) ^
		       bel_hash(&guard->key, tag) * 0x9e3779b97f4a7c15u;

	return key ? key : 1;
}

void bel_guard_on_dialog(struct bel_guard *guard, bel_str call_id, bel_str from_tag,
			 bel_str to_tag, bool is_over, uint64_t now_ms)
{
	const bel_str tags[] = { from_tag, to_tag };

	if (!atomic_load_explicit(&guard->calls.count, memory_order_relaxed))
		return;
	/* Either side may have begun the call. */
	for (unsigned i = 0; i < BEL_COUNT_OF(tags); i++) {
		uint64_t key = bel_guard_call_key(guard, call_id, tags[i]);
		if (is_over)
			bel_guard_calls_end(&guard->calls, key);
		else
			bel_guard_calls_touch(&guard->calls, key, now_ms);
	}
}

void bel_guard_end_call(struct bel_guard *guard, uint64_t key)
{
	if (key)
		bel_guard_calls_end(&guard->calls, key);
}

/* ---- for people ---- */

static void each(struct bel_guard *guard, void (*visit)(struct record *, void *),
		 void *user)
{
	for (unsigned i = 0; i < STRIPES; i++) {
		struct stripe *stripe = &guard->stripes[i];
		pthread_mutex_lock(&stripe->lock);
		for (unsigned row = 0; row < ROWS; row++)
			for (unsigned way = 0; way < WAYS; way++)
				if (stripe->rows[row][way].key)
					visit(&stripe->rows[row][way], user);
		pthread_mutex_unlock(&stripe->lock);
	}
}

struct ban_walk {
	uint64_t now_ms;
	void (*on_ban)(void *user, const bel_addr *source, uint64_t left_ms);
	void *user;
};

static void visit_ban(struct record *record, void *user)
{
	struct ban_walk *walk = user;

	if (record->banned_until_ms > walk->now_ms)
		walk->on_ban(walk->user, &record->source,
			     record->banned_until_ms - walk->now_ms);
}

void bel_guard_bans(struct bel_guard *guard, uint64_t now_ms,
		    void (*on_ban)(void *user, const bel_addr *source, uint64_t left_ms),
		    void *user)
{
	struct ban_walk walk = { now_ms, on_ban, user };

	each(guard, visit_ban, &walk);
}

struct pardon {
	bel_addr source;
	bool is_found;
};

static void visit_pardon(struct record *record, void *user)
{
	struct pardon *pardon = user;

	if (!record->banned_until_ms ||
	    !bel_addr_is_same_host(&record->source, &pardon->source))
		return;
	record->banned_until_ms = 0;
	record->failures = 0;
	pardon->is_found = true;
}

bool bel_guard_pardon(struct bel_guard *guard, const bel_addr *source)
{
	struct pardon pardon = { .source = household(source) };

	each(guard, visit_pardon, &pardon);
	return pardon.is_found;
}

void bel_guard_counters(const struct bel_guard *guard, struct bel_guard_counters *out)
{
	*out = (struct bel_guard_counters){
		.failures = atomic_load_explicit(&guard->failures, memory_order_relaxed),
		.bans = atomic_load_explicit(&guard->bans, memory_order_relaxed),
		.refused = atomic_load_explicit(&guard->refused, memory_order_relaxed),
		.silenced = atomic_load_explicit(&guard->silenced, memory_order_relaxed),
		.calls = atomic_load_explicit(&guard->calls.count, memory_order_relaxed),
	};
}
