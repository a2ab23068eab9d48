/* SPDX-License-Identifier: Apache-2.0
 *
 * guard: what keeps strangers from costing more than they should: bans after wrong
 * passwords, a budget for answers to whom we do not know, limits for the calls of one
 * user. Who may do what is decided in route/; here is how often. Memory is bounded: a
 * full table forgets the oldest that is not banned, and a ban where there is nothing
 * else.
 *
 * Shared by all workers, any thread; times are the loop's. IPv6 sources count by /64. */
#ifndef BEL_GUARD_GUARD_H
#define BEL_GUARD_GUARD_H

#include "base/base.h"
#include "conf/conf.h"

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
/* A new call of a user: false above calls_per_second. */
bool bel_guard_may_call(struct bel_guard *guard, bel_str user, uint64_t now_ms);

/* Bans in force, for the command line. */
void bel_guard_bans(struct bel_guard *guard, uint64_t now_ms,
		    void (*on_ban)(void *user, const bel_addr *source, uint64_t left_ms),
		    void *user);
/* False when it was not banned. */
bool bel_guard_pardon(struct bel_guard *guard, const bel_addr *source);

struct bel_guard_counters {
	uint64_t failures, bans, refused, silenced;
};
void bel_guard_counters(const struct bel_guard *guard, struct bel_guard_counters *out);

#endif
