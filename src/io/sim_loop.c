/* SPDX-License-Identifier: Apache-2.0
 * A loop whose turns are events: when something is ready for it, when a letter comes,
 * when a timer is due. */
#include <errno.h>
#include <stdlib.h>

#include "io/sim_int.h"

enum { JOB_SLOW_MIN_MS = 100, JOB_SLOW_SPREAD_MS = 900 };

/* The first of January 2024, when every simulation begins. */
#define WALL_START_MS 1704067200000u

struct bel_sim_loop *bel_sim_loop_of(struct bel_loop *loop)
{
	return BEL_CONTAINER_OF(loop, struct bel_sim_loop, base);
}

struct bel_sim *bel_sim_of(const struct bel_sim_loop *loop)
{
	return loop->node->sim;
}

/* Puts the next turn where it belongs. Loops that turn at one time do so in an order
 * drawn anew each time, after whatever arrives then. */
static void plan_turn(struct bel_sim_loop *loop)
{
	struct bel_sim *sim = bel_sim_of(loop);
	uint64_t next = loop->is_ready ? 0 : bel_wheel_next_ms(&loop->base.wheel);

	if (loop->is_turning || loop->is_dead)
		return;
	if (next < sim->now_ms)
		next = sim->now_ms;
	if (next == UINT64_MAX)
		bel_sim_event_remove(&sim->queue, &loop->turn);
	else if (!loop->turn.is_queued || loop->turn.at_ms != next)
		bel_sim_event_put(&sim->queue, &loop->turn, next,
				  1 + bel_sim_random_below(&sim->fate, 1 << 16));
}

static void wake(struct bel_loop *base)
{
	struct bel_sim_loop *loop = bel_sim_loop_of(base);

	loop->is_ready = true;
	plan_turn(loop);
}

static void timers_changed(struct bel_loop *base)
{
	plan_turn(bel_sim_loop_of(base));
}

/* ---- what waits for the turn ---- */

void bel_sim_object_init(struct bel_sim_object *object, struct bel_loop *loop,
			 void *memory)
{
	object->loop = bel_sim_loop_of(loop);
	object->is_dead = false;
	object->memory = memory;
	bel_list_init(&object->ready);
	bel_list_init(&object->unsent);
	bel_list_init(&object->grave);
}

void bel_sim_ready(struct bel_sim_object *object)
{
	if (object->is_dead || object->loop->is_dead)
		return;
	if (bel_list_is_empty(&object->ready))
		bel_list_put(&object->loop->ready, &object->ready);
	wake(&object->loop->base);
}

void bel_sim_unsent(struct bel_sim_object *object)
{
	if (object->is_dead || object->loop->is_dead)
		return;
	if (bel_list_is_empty(&object->unsent))
		bel_list_put(&object->loop->unsent, &object->unsent);
	/* Sent between turns: it leaves when the loop turns. */
	if (!object->loop->is_turning)
		wake(&object->loop->base);
}

static void bury(struct bel_sim_loop *loop)
{
	while (!bel_list_is_empty(&loop->graveyard)) {
		struct bel_sim_object *object = BEL_CONTAINER_OF(
			loop->graveyard.next, struct bel_sim_object, grave);
		bel_list_remove(&object->grave);
		free(object->memory);
	}
}

void bel_sim_bury(struct bel_sim_object *object)
{
	object->is_dead = true;
	bel_list_remove(&object->ready);
	bel_list_remove(&object->unsent);
	bel_list_put(&object->loop->graveyard, &object->grave);
	if (!object->loop->is_turning)
		bury(object->loop);
}

static void take_ready(struct bel_sim_loop *loop)
{
	struct bel_list taken;

	/* What gets ready now waits for the next turn. */
	bel_list_init(&taken);
	bel_list_splice(&taken, &loop->ready);
	while (!bel_list_is_empty(&taken)) {
		struct bel_sim_object *object = BEL_CONTAINER_OF(
			taken.next, struct bel_sim_object, ready);
		bel_list_remove(&object->ready);
		/* A callback may have let the node crash. */
		if (!loop->is_dead)
			object->take(object);
	}
}

static void flush_unsent(struct bel_sim_loop *loop)
{
	while (!bel_list_is_empty(&loop->unsent)) {
		struct bel_sim_object *object = BEL_CONTAINER_OF(
			loop->unsent.next, struct bel_sim_object, unsent);
		bel_list_remove(&object->unsent);
		object->flush(object);
	}
}

static void on_turn(struct bel_sim_event *event)
{
	struct bel_sim_loop *loop = BEL_CONTAINER_OF(event, struct bel_sim_loop, turn);

	loop->is_ready = false;
	loop->is_turning = true;
	take_ready(loop);
	if (!loop->is_dead)
		bel_loop_finish_turn(&loop->base);
	if (!loop->is_dead)
		flush_unsent(loop);
	bury(loop);
	loop->is_turning = false;
	plan_turn(loop);
}

/* ---- services: their thread is an event, too ---- */

static void plan_work(struct bel_sim_loop *loop)
{
	struct bel_sim *sim = bel_sim_of(loop);
	uint64_t takes_ms = 0;

	if (loop->is_dead || loop->work.is_queued)
		return;
	if (loop->node->disk.fault == BEL_DISK_SLOW)
		takes_ms = JOB_SLOW_MIN_MS +
			   bel_sim_random_below(&sim->fate, JOB_SLOW_SPREAD_MS);
	bel_sim_event_put(&sim->queue, &loop->work, sim->now_ms + takes_ms, 0);
}

static void on_work(struct bel_sim_event *event)
{
	struct bel_sim_loop *loop = BEL_CONTAINER_OF(event, struct bel_sim_loop, work);

	if (bel_services_work(&loop->base))
		plan_work(loop);
}

static void work_posted(struct bel_loop *loop)
{
	plan_work(bel_sim_loop_of(loop));
}

/* ---- the table ---- */

static enum bel_err turn(struct bel_loop *loop, int timeout_ms)
{
	(void)loop;
	(void)timeout_ms;
	return BEL_ERR_UNSUPPORTED;
}

static uint64_t wall_ms(const struct bel_loop *loop)
{
	return WALL_START_MS + loop->now_ms;
}

static unsigned own_addrs(struct bel_loop *loop, bel_addr *out, unsigned max)
{
	const struct bel_sim_node *node = bel_sim_loop_of(loop)->node;

	for (unsigned i = 0; i < node->ips_count && i < max; i++)
		out[i] = node->ips[i];
	return node->ips_count;
}

static enum bel_err local_for(struct bel_loop *loop, const bel_addr *peer, bel_addr *out)
{
	const struct bel_sim_node *node = bel_sim_loop_of(loop)->node;

	if (bel_addr_range(peer) == BEL_ADDR_LOOPBACK) {
		*out = *peer;
		out->port = 0;
		return BEL_OK;
	}
	for (unsigned i = 0; i < node->ips_count; i++) {
		if (node->ips[i].family != peer->family)
			continue;
		*out = node->ips[i];
		out->port = 0;
		return BEL_OK;
	}
	return bel_err_from_errno(ENETUNREACH);
}

static void draw(struct bel_loop *loop, void *buf, size_t len)
{
	bel_sim_random_fill(&bel_sim_loop_of(loop)->random, buf, len);
}

static void close_loop(struct bel_loop *base)
{
	bel_sim_loop_kill(bel_sim_loop_of(base));
	bel_sim_loop_free(bel_sim_loop_of(base));
}

static const struct bel_loop_ops sim_ops = {
	.close = close_loop,
	.turn = turn,
	.wall_ms = wall_ms,
	.random = draw,
	.wake = wake,
	.local_for = local_for,
	.own_addrs = own_addrs,
	.timers_changed = timers_changed,
	.work_posted = work_posted,
	.udp_open = bel_sim_udp_open,
	.udp_close = bel_sim_udp_close,
	.udp_send = bel_sim_udp_send,
	.udp_send_whole = bel_sim_udp_send_whole,
	.listener_open = bel_sim_listener_open,
	.listener_close = bel_sim_listener_close,
	.listener_pause = bel_sim_listener_pause,
	.stream_connect = bel_sim_stream_connect,
	.stream_close = bel_sim_stream_close,
	.stream_receive = bel_sim_stream_receive,
	.stream_send = bel_sim_stream_send,
	.stream_pause = bel_sim_stream_pause,
	.resolver_open = bel_sim_resolver_open,
	.resolver_close = bel_sim_resolver_close,
	.resolver_query = bel_sim_resolver_query,
	.resolver_forget = bel_sim_resolver_forget,
};

void bel_sim_set_lag(struct bel_loop *loop, uint64_t lag_us)
{
	loop->lag_us = lag_us;
}

enum bel_err bel_sim_loop(struct bel_loop **out, struct bel_sim_node *node)
{
	struct bel_sim_loop *loop = calloc(1, sizeof *loop);

	if (!loop)
		return bel_err_from_errno(ENOMEM);
	bel_loop_init(&loop->base, &sim_ops, node->sim->now_ms);
	loop->node = node;
	bel_sim_random_init(&loop->random, bel_sim_random_next(&node->sim->births));
	loop->turn.happen = on_turn;
	loop->work.happen = on_work;
	bel_list_init(&loop->ready);
	bel_list_init(&loop->unsent);
	bel_list_init(&loop->graveyard);
	bel_list_put(&node->loops, &loop->in_node);
	node->is_up = true;
	*out = &loop->base;
	return BEL_OK;
}

void bel_sim_loop_kill(struct bel_sim_loop *loop)
{
	struct bel_sim *sim = bel_sim_of(loop);

	loop->is_dead = true;
	bel_sim_event_remove(&sim->queue, &loop->turn);
	bel_sim_event_remove(&sim->queue, &loop->work);
}

void bel_sim_loop_free(struct bel_sim_loop *loop)
{
	bury(loop);
	bel_list_remove(&loop->in_node);
	free(loop);
}
