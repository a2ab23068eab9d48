/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_IO_LOOP_H
#define BEL_IO_LOOP_H

#include "base/base.h"

struct bel_loop;

/* What is called at the end of every turn, before the loop sleeps: the place to send what
 * was collected. The struct lies in the caller's memory while it is registered. */
struct bel_turn_hook {
	struct bel_list node;
	void (*on_turn_end)(void *user);
	void *user;
};

/* A loop on epoll. The caller owns it and ends it with bel_loop_close, after everything
 * opened on it was closed. */
enum bel_err bel_loop_open(struct bel_loop **out);
void bel_loop_close(struct bel_loop *loop);

/* Turns until bel_loop_stop. Real loops only; the simulation turns its own. */
enum bel_err bel_loop_run(struct bel_loop *loop);
/* One turn that sleeps at most timeout_ms (-1: until something happens), for callers who
 * own the thread. */
enum bel_err bel_loop_turn(struct bel_loop *loop, int timeout_ms);
/* From any thread, and from signal handlers. */
void bel_loop_stop(struct bel_loop *loop);
/* For callers with a loop of their own around this one: what polls readable when a turn
 * has something to do; milliseconds until one is due though nothing came (-1: none is);
 * the clock of the turn read anew, before something is begun between turns. Real loops
 * only: -1, -1 and nothing in a simulation. */
int bel_loop_fd(const struct bel_loop *loop);
int bel_loop_next_ms(const struct bel_loop *loop);
void bel_loop_read_clock(struct bel_loop *loop);
/* Makes a sleeping loop turn once. Any thread. */
void bel_loop_wake(struct bel_loop *loop);

/* How late this loop is, in microseconds: how long what is being received had waited when
 * it was read, at the most: the length of the turn before, unless the loop slept since
 * then; and for datagrams, when more may wait than were read, what the kernel says;
 * BEL_LOOP_LAG_LOST_US at the least when it had no room for some. Of loops that
 * bel_loop_run turns; in a simulation what bel_sim_set_lag says. */
uint64_t bel_loop_lag_us(const struct bel_loop *loop);
enum { BEL_LOOP_LAG_LOST_US = 100000 };

/* Monotonic milliseconds, read once a turn: the same all through a turn. */
uint64_t bel_loop_now_ms(const struct bel_loop *loop);
/* The same in microseconds, for media; whole milliseconds in a simulation. */
uint64_t bel_loop_now_us(const struct bel_loop *loop);
/* Milliseconds since 1970 (UTC), for what is kept across restarts: the clock of the
 * machine as it stood when the loop was opened, and on from there by the monotonic one. A
 * clock that is set drops nobody. */
uint64_t bel_loop_wall_ms(const struct bel_loop *loop);
/* Random bytes nobody can guess; from the seed in a simulation. */
void bel_loop_random(struct bel_loop *loop, void *buf, size_t len);

/* The address of this machine from which a peer is reached; port 0. -ENETUNREACH and its
 * like when there is no way. */
enum bel_err bel_loop_local_for(struct bel_loop *loop, const bel_addr *peer,
				bel_addr *out);

/* The machine's address towards the world, else the one that there always is; port 0.
 * Errors as above. */
enum bel_err bel_loop_outlet(struct bel_loop *loop, uint8_t family, bel_addr *out);

/* The addresses of this machine's interfaces that are up, loopback included; port 0. How
 * many there are, of which at most max are written. */
unsigned bel_loop_own_addrs(struct bel_loop *loop, bel_addr *out, unsigned max);

/* Before it next looks at what came the loop waits so long, at most a millisecond:
 * packets of many sockets that come one by one cost a third less when they are read
 * together. To be said in each turn. Nothing in a simulation. */
void bel_loop_gather(struct bel_loop *loop, unsigned us);

/* From now on sockets of this loop that are one of many (bel_udp_opts) share a ring
 * (io_uring(7)): what came for all of them is taken, and what they send is handed over,
 * by one call of the kernel. For programs of a server only, and a loop that is turned by
 * one thread; Linux 6.1. Without success they are as any other socket:
 * BEL_ERR_UNSUPPORTED in a build without, in a simulation and on older kernels, -EPERM
 * where it is not allowed (kernel.io_uring_disabled, seccomp), -ENOMEM. */
enum bel_err bel_loop_use_ring(struct bel_loop *loop);

void bel_loop_put_hook(struct bel_loop *loop, struct bel_turn_hook *hook);
void bel_loop_remove_hook(struct bel_loop *loop, struct bel_turn_hook *hook);

/* How many turns were ended, and when the present one began (0 while asleep), by a clock
 * that moves within a turn. For a watchdog; any thread. */
uint64_t bel_loop_turns(const struct bel_loop *loop);
uint64_t bel_loop_turn_started_ms(const struct bel_loop *loop);
uint64_t bel_loop_clock_ms(void);

/* Watches a file descriptor that io has no noun for (signals, an eventfd of a library).
 * Real loops only: BEL_ERR_UNSUPPORTED in a simulation. The fd stays the caller's. */
struct bel_watch;
enum { BEL_WATCH_READ = 1, BEL_WATCH_WRITE = 2, BEL_WATCH_ERROR = 4 };
enum bel_err bel_watch_open(struct bel_watch **out, struct bel_loop *loop, int fd,
			    unsigned events,
			    void (*on_event)(void *user, unsigned events), void *user);
enum bel_err bel_watch_change(struct bel_watch *watch, unsigned events);
void bel_watch_close(struct bel_watch *watch);

#endif
