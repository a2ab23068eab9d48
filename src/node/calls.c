/* SPDX-License-Identifier: Apache-2.0
 * Calls whose media are carried here, as they are now: each worker is asked for its own,
 * in its turn. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "node/node_int.h"

enum { WAIT_S = 2, GATHERED_BYTES_MAX = 64 << 20, LEGS_MAX = 2 * BEL_RELAY_STREAMS_MAX };

struct kept {
	struct kept *next;
	struct bel_node_call call;
};

/* Shared by who asks and the workers: the last one to leave frees it. */
struct gathering {
	pthread_mutex_t lock;
	pthread_cond_t is_done;
	unsigned left, references;
	enum bel_err err;
	struct bel_arena arena;
	struct kept *first, **last;
};

struct calls_order {
	struct order order;
	struct gathering *gathering;
};

/* The lock is held, and given back. */
static void leave(struct gathering *gathering)
{
	bool is_last = --gathering->references == 0;

	pthread_mutex_unlock(&gathering->lock);
	if (!is_last)
		return;
	bel_arena_fini(&gathering->arena);
	pthread_cond_destroy(&gathering->is_done);
	pthread_mutex_destroy(&gathering->lock);
	free(gathering);
}

/* ---- on a worker's thread ---- */

struct legs {
	struct bel_relay_leg all[LEGS_MAX];
	unsigned count;
};

static void on_leg(void *user, const struct bel_relay_leg *leg)
{
	struct legs *legs = user;

	if (legs->count < LEGS_MAX)
		legs->all[legs->count++] = *leg;
}

static enum bel_err keep(struct gathering *gathering, bel_str call_id,
			 const struct bel_relay_report *report, const struct legs *legs,
			 uint64_t now_ms)
{
	struct kept *kept = BEL_ARENA_NEW(&gathering->arena, struct kept);
	size_t bytes = legs->count * sizeof legs->all[0];
	struct bel_relay_leg *all = bel_arena_alloc(&gathering->arena, bytes);

	if (!kept || (bytes && !all))
		return bel_err_from_errno(ENOMEM);
	memcpy(all, legs->all, bytes);
	kept->call = (struct bel_node_call){
		.call_id = bel_arena_copy(&gathering->arena, call_id),
		.age_ms = now_ms - report->began_ms,
		.is_answered = report->is_answered,
		.legs = all,
		.legs_count = legs->count,
	};
	*gathering->last = kept;
	gathering->last = &kept->next;
	return kept->call.call_id.ptr ? BEL_OK : bel_err_from_errno(ENOMEM);
}

struct walk {
	struct worker *worker;
	struct gathering *gathering;
};

static void on_call(void *user, bel_relay_call call)
{
	struct walk *walk = user;
	struct bel_relay *relay = bel_anchor_relay(walk->worker->anchor);
	struct legs legs = { .count = 0 };
	struct bel_relay_names names;
	struct bel_relay_report report;

	if (walk->gathering->err || !bel_relay_names(&names, relay, call) ||
	    !bel_relay_report(&report, relay, call, on_leg, &legs))
		return;
	walk->gathering->err = keep(walk->gathering, names.call_id, &report, &legs,
				    bel_loop_now_ms(walk->worker->loop));
}

static void take(struct worker *worker, struct order *order)
{
	struct calls_order *mine = BEL_CONTAINER_OF(order, struct calls_order, order);
	struct gathering *gathering = mine->gathering;
	struct walk walk = { worker, gathering };

	pthread_mutex_lock(&gathering->lock);
	bel_relay_each(bel_anchor_relay(worker->anchor), BEL_STR_NONE, on_call, &walk);
	gathering->left--;
	pthread_cond_signal(&gathering->is_done);
	leave(gathering);
	free(mine);
}

/* ---- who asks ---- */

static struct gathering *new_gathering(unsigned workers)
{
	struct gathering *gathering = calloc(1, sizeof *gathering);
	pthread_condattr_t attr;

	if (!gathering)
		return NULL;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&gathering->is_done, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&gathering->lock, NULL);
	bel_arena_init(&gathering->arena, NULL, 0, GATHERED_BYTES_MAX);
	gathering->last = &gathering->first;
	gathering->left = workers;
	gathering->references = 1;
	return gathering;
}

static enum bel_err ask(struct gathering *gathering, struct worker *worker)
{
	struct calls_order *order = malloc(sizeof *order);
	enum bel_err err;

	if (!order)
		return bel_err_from_errno(ENOMEM);
	*order = (struct calls_order){ .order.run = take, .gathering = gathering };
	pthread_mutex_lock(&gathering->lock);
	gathering->references++;
	pthread_mutex_unlock(&gathering->lock);
	err = bel_mailbox_post(worker->orders, &order->order.letter);
	if (err) {
		pthread_mutex_lock(&gathering->lock);
		leave(gathering);
		free(order);
	}
	return err;
}

/* The lock is held. */
static enum bel_err wait_for_all(struct gathering *gathering)
{
	struct timespec end;
	int failed = 0;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += WAIT_S;
	while (gathering->left && !failed)
		failed = pthread_cond_timedwait(&gathering->is_done, &gathering->lock,
						&end);
	return gathering->left ? BEL_ERR_TIMEOUT : gathering->err;
}

static void find_parties(struct bel_node *node, struct bel_node_call *call,
			 struct bel_arena *arena)
{
	for (unsigned i = 0; i < node->workers_count && !call->from.len; i++)
		bel_trails_parties(node->workers[i]->trails, call->call_id, arena,
				   &call->from, &call->to);
}

enum bel_err bel_node_calls(struct bel_node *node,
			    void (*on_each)(void *user, const struct bel_node_call *call),
			    void *user)
{
	struct gathering *gathering = new_gathering(node->workers_count);
	enum bel_err err = BEL_OK;

	if (!gathering)
		return bel_err_from_errno(ENOMEM);
	for (unsigned i = 0; i < node->workers_count && !err; i++)
		err = ask(gathering, node->workers[i]);
	pthread_mutex_lock(&gathering->lock);
	if (!err)
		err = wait_for_all(gathering);
	for (struct kept *kept = err ? NULL : gathering->first; kept; kept = kept->next) {
		find_parties(node, &kept->call, &gathering->arena);
		on_each(user, &kept->call);
	}
	leave(gathering);
	return err;
}
