/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "io/epoll_int.h"

enum { EVENTS_MAX = 128, AWAKE_US = 200 };

struct bel_epoll_loop *bel_epoll_of(struct bel_loop *loop)
{
	return BEL_CONTAINER_OF(loop, struct bel_epoll_loop, base);
}

enum bel_err bel_poll_start(struct bel_epoll_loop *loop, struct bel_poll *poll)
{
	struct epoll_event event = { .events = poll->events, .data.ptr = poll };

	bel_list_init(&poll->node);
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, poll->fd, &event))
		return bel_err_from_errno(errno);
	return BEL_OK;
}

void bel_poll_change(struct bel_epoll_loop *loop, struct bel_poll *poll, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = poll };

	if (poll->events == events || poll->is_dead)
		return;
	/* MOD of a watched descriptor cannot fail but for a bug of ours. */
	poll->events = events;
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, poll->fd, &event);
}

void bel_poll_end(struct bel_epoll_loop *loop, struct bel_poll *poll, bool close_fd)
{
	poll->is_dead = true;
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, poll->fd, NULL);
	if (close_fd)
		close(poll->fd);
	bel_list_put(&loop->graveyard, &poll->node);
}

void bel_unsent_put(struct bel_epoll_loop *loop, struct bel_unsent *unsent)
{
	if (bel_list_is_empty(&unsent->node))
		bel_list_put(&loop->unsent, &unsent->node);
}

static void flush_unsent(struct bel_epoll_loop *loop)
{
	while (!bel_list_is_empty(&loop->unsent)) {
		struct bel_unsent *unsent = BEL_CONTAINER_OF(loop->unsent.next,
							     struct bel_unsent, node);
		bel_list_remove(&unsent->node);
		unsent->flush(unsent);
	}
}

static void bury(struct bel_epoll_loop *loop)
{
	BEL_LIST_EACH(node, &loop->graveyard)
	{
		bel_list_remove(node);
		free(BEL_CONTAINER_OF(node, struct bel_poll, node)->object);
	}
}

static void on_wake(struct bel_poll *poll, uint32_t events)
{
	struct bel_epoll_loop *loop = BEL_CONTAINER_OF(poll, struct bel_epoll_loop, wake);
	uint64_t count;

	(void)events;
	/* Read before the flag is cleared: the other way round a wake in between is read
	 * away with its flag left standing, and no later one writes again. Cleared before
	 * the letters are looked at, so that one posted later wakes again. */
	(void)!read(poll->fd, &count, sizeof count);
	atomic_exchange(&loop->is_woken, false);
}

static void epoll_wake(struct bel_loop *base)
{
	struct bel_epoll_loop *loop = bel_epoll_of(base);
	uint64_t one = 1;

	if (atomic_exchange(&loop->is_woken, true))
		return;
	/* A full counter wakes just as well. */
	if (write(loop->wake_fd, &one, sizeof one) < 0)
		return;
}

static int sleep_ms(const struct bel_epoll_loop *loop, uint64_t now, int timeout_ms)
{
	uint64_t next = bel_wheel_next_ms(&loop->base.wheel);
	uint64_t wait;

	if (next == UINT64_MAX)
		return timeout_ms;
	wait = next > now ? next - now : 0;
	if (timeout_ms >= 0 && wait > (uint64_t)timeout_ms)
		return timeout_ms;
	return wait > INT_MAX ? INT_MAX : (int)wait;
}

static void read_clock(struct bel_loop *base)
{
	uint64_t now_us = bel_loop_clock_us();

	base->now_ms = now_us / 1000;
	base->now_rest_us = (uint32_t)(now_us % 1000);
}

/* Nobody who owns a loop around this one is made to wait. */
static void gather(struct bel_loop *base, int timeout_ms)
{
	const struct timespec wait = { .tv_nsec = base->gather_us * 1000L };

	if (base->gather_us && timeout_ms < 0)
		nanosleep(&wait, NULL);
	base->gather_us = 0;
}

static enum bel_err epoll_turn(struct bel_loop *base, int timeout_ms)
{
	struct bel_epoll_loop *loop = bel_epoll_of(base);
	struct epoll_event events[EVENTS_MAX];
	uint64_t ended_us, began_us = bel_loop_now_us(base);
	int count;

	/* Something may have been sent or ended between turns, by whoever owns the loop.
	 */
	flush_unsent(loop);
	bury(loop);
	atomic_store_explicit(&base->turn_started_ms, 0, memory_order_relaxed);
	ended_us = bel_loop_clock_us();
	gather(base, timeout_ms);
	count = epoll_wait(loop->epoll_fd, events, EVENTS_MAX,
			   sleep_ms(loop, ended_us / 1000, timeout_ms));
	if (count < 0 && errno != EINTR)
		return bel_err_from_errno(errno);
	read_clock(base);
	/* Who slept had read everything. */
	base->lag_us = bel_loop_now_us(base) - ended_us < AWAKE_US ? ended_us - began_us
								   : 0;
	atomic_store_explicit(&base->turn_started_ms, base->now_ms, memory_order_relaxed);
	for (int i = 0; i < count; i++) {
		struct bel_poll *poll = events[i].data.ptr;
		if (!poll->is_dead)
			poll->on_event(poll, events[i].events);
	}
	bel_loop_finish_turn(base);
	flush_unsent(loop);
	bury(loop);
	return BEL_OK;
}

static uint64_t read_wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint64_t epoll_wall_ms(const struct bel_loop *base)
{
	const struct bel_epoll_loop *loop = BEL_CONTAINER_OF(
		base, const struct bel_epoll_loop, base);

	return loop->wall_ahead_ms + base->now_ms;
}

static void draw(void *buf, size_t len)
{
	/* Requests up to 256 bytes are never cut short; longer ones go in such pieces. */
	for (size_t done = 0; done < len;) {
		size_t want = len - done < 256 ? len - done : 256;
		ssize_t got = getrandom((char *)buf + done, want, 0);
		if (got > 0)
			done += (size_t)got;
		else if (errno != EINTR)
			abort(); /* no randomness: nothing safe can follow */
	}
}

/* Tags and branches take a few bytes each: one call of the kernel serves many. What was
 * given out is not kept. */
static void epoll_random(struct bel_loop *base, void *buf, size_t len)
{
	struct bel_epoll_loop *loop = bel_epoll_of(base);
	char *pool;

	if (len > sizeof loop->random) {
		draw(buf, len);
		return;
	}
	if (loop->random_left < len) {
		draw(loop->random, sizeof loop->random);
		loop->random_left = sizeof loop->random;
	}
	pool = loop->random + sizeof loop->random - loop->random_left;
	memcpy(buf, pool, len);
	memset(pool, 0, len);
	loop->random_left -= len;
}

static void epoll_close(struct bel_loop *base)
{
	struct bel_epoll_loop *loop = bel_epoll_of(base);

	flush_unsent(loop);
	bury(loop);
	if (loop->many)
		loop->many->close(loop);
	close(loop->wake_fd);
	close(loop->epoll_fd);
	bel_udp_outboxes_free(loop);
	free(loop->intake);
	free(loop);
}

static void on_retry_accept(void *user)
{
	bel_epoll_listeners_retry(user);
}

static const struct bel_loop_ops epoll_ops = {
	.close = epoll_close,
	.turn = epoll_turn,
	.wall_ms = epoll_wall_ms,
	.random = epoll_random,
	.wake = epoll_wake,
	.local_for = bel_socket_local_for,
	.own_addrs = bel_socket_own_addrs,
	.udp_open = bel_epoll_udp_open,
	.udp_close = bel_epoll_udp_close,
	.udp_send = bel_epoll_udp_send,
	.udp_send_whole = bel_epoll_udp_send_whole,
	.listener_open = bel_epoll_listener_open,
	.listener_close = bel_epoll_listener_close,
	.listener_pause = bel_epoll_listener_pause,
	.stream_connect = bel_epoll_stream_connect,
	.stream_close = bel_epoll_stream_close,
	.stream_receive = bel_epoll_stream_receive,
	.stream_send = bel_epoll_stream_send,
	.stream_pause = bel_epoll_stream_pause,
	.resolver_open = bel_ares_open,
	.resolver_close = bel_ares_close,
	.resolver_query = bel_ares_query,
	.resolver_forget = bel_ares_forget,
};

enum bel_err bel_loop_open(struct bel_loop **out)
{
	struct bel_epoll_loop *loop = calloc(1, sizeof *loop);
	enum bel_err err;

	if (!loop)
		return bel_err_from_errno(ENOMEM);
	loop->epoll_fd = loop->wake_fd = -1;
	loop->intake = malloc(sizeof *loop->intake);
	if (!loop->intake) {
		err = bel_err_from_errno(ENOMEM);
		goto fail;
	}
	bel_loop_init(&loop->base, &epoll_ops, bel_loop_clock_ms());
	loop->wall_ahead_ms = read_wall_ms() - loop->base.now_ms;
	bel_list_init(&loop->graveyard);
	bel_list_init(&loop->unsent);
	bel_list_init(&loop->starved);
	bel_timer_init(&loop->retry_accept, on_retry_accept, loop);
	atomic_init(&loop->is_woken, false);
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0)
		goto fail_errno;
	loop->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (loop->wake_fd < 0)
		goto fail_errno;
	loop->wake = (struct bel_poll){ .fd = loop->wake_fd,
					.events = EPOLLIN,
					.on_event = on_wake };
	err = bel_poll_start(loop, &loop->wake);
	if (err)
		goto fail;
	*out = &loop->base;
	return BEL_OK;

fail_errno:
	err = bel_err_from_errno(errno);
fail:
	if (loop->wake_fd >= 0)
		close(loop->wake_fd);
	if (loop->epoll_fd >= 0)
		close(loop->epoll_fd);
	free(loop->intake);
	free(loop);
	return err;
}

enum bel_err bel_loop_run(struct bel_loop *loop)
{
	enum bel_err err = BEL_OK;

	while (!err && !atomic_load_explicit(&loop->is_stopped, memory_order_relaxed))
		err = bel_loop_turn(loop, -1);
	return err;
}

void bel_loop_stop(struct bel_loop *loop)
{
	atomic_store_explicit(&loop->is_stopped, true, memory_order_relaxed);
	bel_loop_wake(loop);
}

/* A loop with some of its calls taken over is a real one still. */
static bool is_real(const struct bel_loop *loop)
{
	return loop->ops->turn == epoll_turn;
}

int bel_loop_fd(const struct bel_loop *base)
{
	return is_real(base) ? BEL_CONTAINER_OF(base, const struct bel_epoll_loop, base)
				       ->epoll_fd
			     : -1;
}

int bel_loop_next_ms(const struct bel_loop *base)
{
	const struct bel_epoll_loop *loop = BEL_CONTAINER_OF(
		base, const struct bel_epoll_loop, base);

	if (!is_real(base))
		return -1;
	if (!bel_list_is_empty(&loop->unsent) || !bel_list_is_empty(&loop->graveyard))
		return 0;
	return sleep_ms(loop, bel_loop_clock_ms(), -1);
}

void bel_loop_read_clock(struct bel_loop *loop)
{
	if (is_real(loop))
		read_clock(loop);
}

struct bel_watch {
	struct bel_poll poll;
	struct bel_loop *loop;
	void (*on_event)(void *user, unsigned events);
	void *user;
};

static uint32_t to_epoll(unsigned events)
{
	return (events & BEL_WATCH_READ ? (uint32_t)EPOLLIN : 0) |
	       (events & BEL_WATCH_WRITE ? (uint32_t)EPOLLOUT : 0);
}

static void on_watch_event(struct bel_poll *poll, uint32_t events)
{
	struct bel_watch *watch = BEL_CONTAINER_OF(poll, struct bel_watch, poll);
	unsigned told = (events & EPOLLIN ? BEL_WATCH_READ : 0u) |
			(events & EPOLLOUT ? BEL_WATCH_WRITE : 0u) |
			(events & (EPOLLERR | EPOLLHUP) ? BEL_WATCH_ERROR : 0u);

	watch->on_event(watch->user, told);
}

enum bel_err bel_watch_open(struct bel_watch **out, struct bel_loop *loop, int fd,
			    unsigned events,
			    void (*on_event)(void *user, unsigned events), void *user)
{
	struct bel_watch *watch;
	enum bel_err err;

	if (!is_real(loop))
		return BEL_ERR_UNSUPPORTED;
	watch = calloc(1, sizeof *watch);
	if (!watch)
		return bel_err_from_errno(ENOMEM);
	*watch = (struct bel_watch){ .loop = loop, .on_event = on_event, .user = user };
	watch->poll = (struct bel_poll){ .fd = fd,
					 .events = to_epoll(events),
					 .on_event = on_watch_event,
					 .object = watch };
	err = bel_poll_start(bel_epoll_of(loop), &watch->poll);
	if (err) {
		free(watch);
		return err;
	}
	*out = watch;
	return BEL_OK;
}

enum bel_err bel_watch_change(struct bel_watch *watch, unsigned events)
{
	bel_poll_change(bel_epoll_of(watch->loop), &watch->poll, to_epoll(events));
	return BEL_OK;
}

void bel_watch_close(struct bel_watch *watch)
{
	if (watch)
		bel_poll_end(bel_epoll_of(watch->loop), &watch->poll, false);
}
