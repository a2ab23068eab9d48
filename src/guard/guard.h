/* SPDX-License-Identifier: Apache-2.0
 *
 * guard: what keeps strangers from costing more than they should: bans after wrong
 * passwords, a budget for answers to whom we do not know, limits for the calls of one
 * user. Who may do what is decided in route/; here is how often. Memory is bounded: a
 * full table forgets the oldest that is not banned, and a ban where there is nothing
 * else.
 *
 *   guard.c  bans, budgets and rates: a table of those who were met last
 *   calls.c  the calls that users have at a time
 *   overload.h  what one worker refuses when it is late
 *
 * Shared by all workers, any thread; times are the loop's. IPv6 sources count by /64. */
#ifndef BEL_GUARD_GUARD_H
#define BEL_GUARD_GUARD_H

#include "base/base.h"
#include "conf/conf.h"
#include "guard/overload.h"

struct bel_guard;

enum bel_err bel_guard_open(struct bel_guard **out, const struct bel_conf *conf,
			    uint64_t seed);
void bel_guard_close(struct bel_guard *guard);
/* After a reload. No worker may be inside a call just then but by its own turn's order.
 */
void bel_guard_set_conf(struct bel_guard *guard, const struct bel_conf *conf);

/* Whether the configuration trusts the address: no budget, no ban. */
bool bel_guard_is_trusted(const struct bel_guard *guard, const bel_addr *source);
/* Before parsing: false while the source is banned. */
bool bel_guard_may_receive(struct bel_guard *guard, const bel_addr *source,
			   uint64_t now_ms);
/* Before answering somebody who proved nothing. is_foreign: the request names no domain
 * of ours. False: stay silent. */
bool bel_guard_may_reply(struct bel_guard *guard, const bel_addr *source, bool is_foreign,
			 uint64_t now_ms);
/* A wrong password. Where the source holds a live registration (has_phones) it counts for
 * (source, user), and bel_guard_may_try then refuses that pair alone; elsewhere the
 * source is banned. True when this one brought the ban. */
bool bel_guard_on_failure(struct bel_guard *guard, const bel_addr *source, bel_str user,
			  bool has_phones, uint64_t now_ms);
bool bel_guard_may_try(struct bel_guard *guard, const bel_addr *source, bel_str user,
		       uint64_t now_ms);
/* A call of a user is to begin: refused above calls_per_second, and while he has
 * calls_max at a time. key names the call; an INVITE of one that is known counts no more.
 */
enum bel_guard_verdict { BEL_GUARD_FINE, BEL_GUARD_TOO_FAST, BEL_GUARD_TOO_MANY };
enum bel_guard_verdict bel_guard_begin_call(struct bel_guard *guard, bel_str user,
					    uint64_t key, uint64_t now_ms);
/* From its Call-ID and the tag of whoever began it. Never 0. */
uint64_t bel_guard_call_key(const struct bel_guard *guard, bel_str call_id, bel_str tag);
/* Something was heard within a dialog of that Call-ID, between those tags; is_over: it
 * was a BYE. */
void bel_guard_on_dialog(struct bel_guard *guard, bel_str call_id, bel_str from_tag,
			 bel_str to_tag, bool is_over, uint64_t now_ms);
/* It came to nothing. 0: no call. */
void bel_guard_end_call(struct bel_guard *guard, uint64_t key);

/* Bans in force, for the command line. */
void bel_guard_bans(struct bel_guard *guard, uint64_t now_ms,
		    void (*on_ban)(void *user, const bel_addr *source, uint64_t left_ms),
		    void *user);
/* False when it was not banned. */
bool bel_guard_pardon(struct bel_guard *guard, const bel_addr *source);

struct bel_guard_counters {
	uint64_t failures, bans, refused, silenced;
	uint64_t calls; /* of users, now */
};
void bel_guard_counters(const struct bel_guard *guard, struct bel_guard_counters *out);

#endif
