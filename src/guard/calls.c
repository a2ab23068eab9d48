/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/calls.h"

#include <stdlib.h>

/* A call of which nothing was heard for so long is over, as far as limits are concerned:
 * phones that keep sessions alive (RFC 4028) are heard of within half an hour. */
enum { FORGOTTEN_MS = 4 * 3600 * 1000 };

void bel_guard_calls_init(struct guard_calls *calls)
{
	pthread_mutex_init(&calls->lock, NULL);
	bel_list_init(&calls->all);
}

static struct held_call **find_call(struct guard_calls *calls, uint64_t key)
{
	struct held_call **at = &calls->calls[key % CALL_HEADS];

	while (*at && (*at)->key != key)
		at = &(*at)->next;
	return at;
}

static struct user_calls **find_user(struct guard_calls *calls, uint64_t user)
{
	struct user_calls **at = &calls->users[user % USER_HEADS];

	while (*at && (*at)->user != user)
		at = &(*at)->next;
	return at;
}

static void end(struct guard_calls *calls, struct held_call **at)
{
	struct held_call *call = *at;
	struct user_calls **by = find_user(calls, call->user), *user = *by;

	*at = call->next;
	bel_list_remove(&call->node);
	free(call);
	calls->count--;
	if (--user->count)
		return;
	*by = user->next;
	free(user);
}

static void forget_old(struct guard_calls *calls, uint64_t now_ms)
{
	BEL_LIST_EACH(node, &calls->all)
	{
		struct held_call *call = BEL_CONTAINER_OF(node, struct held_call, node);
		if (call->seen_ms + FORGOTTEN_MS > now_ms)
			return;
		end(calls, find_call(calls, call->key));
	}
}

void bel_guard_calls_fini(struct guard_calls *calls)
{
	forget_old(calls, UINT64_MAX);
	pthread_mutex_destroy(&calls->lock);
}

static void touch(struct guard_calls *calls, struct held_call *call, uint64_t now_ms)
{
	call->seen_ms = now_ms;
	bel_list_remove(&call->node);
	bel_list_put(&calls->all, &call->node);
}

/* The user's row, made when missing; NULL without memory. */
static struct user_calls *count_user(struct guard_calls *calls, uint64_t user)
{
	struct user_calls **by = find_user(calls, user);

	if (!*by) {
		*by = calloc(1, sizeof **by);
		if (*by)
			(*by)->user = user;
	}
	return *by;
}

static bool begin(struct guard_calls *calls, uint64_t user, uint64_t key, unsigned max,
		  uint64_t now_ms)
{
	struct held_call **at = find_call(calls, key), *call;
	struct user_calls *row = *find_user(calls, user);

	if (*at) {
		touch(calls, *at, now_ms);
		return true;
	}
	if (row && row->count >= max)
		return false;
	call = malloc(sizeof *call);
	row = call ? count_user(calls, user) : NULL;
	if (!row) {
		free(call);
		return false;
	}
	*call = (struct held_call){ .key = key, .user = user, .seen_ms = now_ms };
	bel_list_init(&call->node);
	bel_list_put(&calls->all, &call->node);
	*at = call;
	row->count++;
	calls->count++;
	return true;
}

bool bel_guard_calls_begin(struct guard_calls *calls, uint64_t user, uint64_t key,
			   unsigned max, uint64_t now_ms)
{
	bool is_allowed;

	pthread_mutex_lock(&calls->lock);
	forget_old(calls, now_ms);
	is_allowed = begin(calls, user, key, max, now_ms);
	pthread_mutex_unlock(&calls->lock);
	return is_allowed;
}

void bel_guard_calls_touch(struct guard_calls *calls, uint64_t key, uint64_t now_ms)
{
	struct held_call **at;

	pthread_mutex_lock(&calls->lock);
	at = find_call(calls, key);
	if (*at)
		touch(calls, *at, now_ms);
	pthread_mutex_unlock(&calls->lock);
}

void bel_guard_calls_end(struct guard_calls *calls, uint64_t key)
{
	struct held_call **at;

	pthread_mutex_lock(&calls->lock);
	at = find_call(calls, key);
	if (*at)
		end(calls, at);
	pthread_mutex_unlock(&calls->lock);
}
