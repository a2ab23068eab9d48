/* SPDX-License-Identifier: Apache-2.0
 * The calls that users have at a time. Of the room alone; any thread. */
#ifndef BEL_GUARD_CALLS_H
#define BEL_GUARD_CALLS_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/base.h"

/* A call of a user. The ends of calls that nobody tells of (a phone that lost its power)
 * are guessed: see FORGOTTEN_MS. */
struct held_call {
	struct bel_list node; /* in the order they were last heard of */
	struct held_call *next;
	uint64_t key, user, seen_ms;
};

struct user_calls {
	struct user_calls *next;
	uint64_t user;
	unsigned count; /* above 0 */
};

enum { CALL_HEADS = 16384, USER_HEADS = 4096 };

struct guard_calls {
	pthread_mutex_t lock;
	_Atomic size_t count;
	struct bel_list all; /* of struct held_call, longest unheard first */
	struct held_call *calls[CALL_HEADS];
	struct user_calls *users[USER_HEADS];
};

void bel_guard_calls_init(struct guard_calls *calls);
void bel_guard_calls_fini(struct guard_calls *calls);
/* False when the user has max others, or without memory. */
bool bel_guard_calls_begin(struct guard_calls *calls, uint64_t user, uint64_t key,
			   unsigned max, uint64_t now_ms);
/* Nothing when there is no such call. */
void bel_guard_calls_touch(struct guard_calls *calls, uint64_t key, uint64_t now_ms);
void bel_guard_calls_end(struct guard_calls *calls, uint64_t key);

#endif
