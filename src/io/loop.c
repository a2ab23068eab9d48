/* SPDX-License-Identifier: Apache-2.0
 * The front of a loop: what does not depend on its kind. */
#include <time.h>

#include "io/io_int.h"

void bel_loop_init(struct bel_loop *loop, const struct bel_loop_ops *ops, uint64_t now_ms)
{
	loop->ops = ops;
	loop->now_ms = now_ms;
	atomic_init(&loop->is_stopped, false);
	bel_wheel_init(&loop->wheel, now_ms);
	bel_list_init(&loop->hooks);
	bel_list_init(&loop->mailboxes);
	bel_list_init(&loop->services);
	atomic_init(&loop->turns, 0);
	atomic_init(&loop->turn_started_ms, 0);
}

/* A hook may remove itself and any other: each goes back to the list before it is
 * called. */
static void call_hooks(struct bel_loop *loop)
{
	struct bel_list waiting;

	bel_list_init(&waiting);
	bel_list_splice(&waiting, &loop->hooks);
	while (!bel_list_is_empty(&waiting)) {
		struct bel_turn_hook *hook = BEL_CONTAINER_OF(waiting.next,
							      struct bel_turn_hook, node);
		bel_list_remove(&hook->node);
		bel_list_put(&loop->hooks, &hook->node);
		hook->on_turn_end(hook->user);
	}
}

void bel_loop_finish_turn(struct bel_loop *loop)
{
	bel_mailboxes_deliver(loop);
	bel_wheel_advance(&loop->wheel, loop->now_ms);
	call_hooks(loop);
	atomic_fetch_add_explicit(&loop->turns, 1, memory_order_relaxed);
}

void bel_loop_close(struct bel_loop *loop)
{
	if (loop)
		loop->ops->close(loop);
}

enum bel_err bel_loop_turn(struct bel_loop *loop, int timeout_ms)
{
	return loop->ops->turn(loop, timeout_ms);
}

void bel_loop_wake(struct bel_loop *loop)
{
	loop->ops->wake(loop);
}

uint64_t bel_loop_now_ms(const struct bel_loop *loop)
{
	return loop->now_ms;
}

uint64_t bel_loop_wall_ms(const struct bel_loop *loop)
{
	return loop->ops->wall_ms(loop);
}

void bel_loop_random(struct bel_loop *loop, void *buf, size_t len)
{
	loop->ops->random(loop, buf, len);
}

unsigned bel_loop_own_addrs(struct bel_loop *loop, bel_addr *out, unsigned max)
{
	return loop->ops->own_addrs(loop, out, max);
}

enum bel_err bel_loop_local_for(struct bel_loop *loop, const bel_addr *peer,
				bel_addr *out)
{
	return loop->ops->local_for(loop, peer, out);
}

void bel_loop_gather(struct bel_loop *loop, unsigned us)
{
	loop->gather_us = us;
}

void bel_loop_put_hook(struct bel_loop *loop, struct bel_turn_hook *hook)
{
	bel_list_put(&loop->hooks, &hook->node);
}

void bel_loop_remove_hook(struct bel_loop *loop, struct bel_turn_hook *hook)
{
	(void)loop;
	bel_list_remove(&hook->node);
}

uint64_t bel_loop_turns(const struct bel_loop *loop)
{
	return atomic_load_explicit(&loop->turns, memory_order_relaxed);
}

uint64_t bel_loop_turn_started_ms(const struct bel_loop *loop)
{
	return atomic_load_explicit(&loop->turn_started_ms, memory_order_relaxed);
}

uint64_t bel_loop_lag_us(const struct bel_loop *loop)
{
	return loop->lag_us;
}

uint64_t bel_loop_now_us(const struct bel_loop *loop)
{
	return loop->now_ms * 1000 + loop->now_rest_us;
}

uint64_t bel_loop_clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t bel_loop_clock_ms(void)
{
	return bel_loop_clock_us() / 1000;
}
