/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_IO_TIMER_H
#define BEL_IO_TIMER_H

#include "base/base.h"

struct bel_loop;
struct bel_timer;

typedef void (*bel_timer_fn)(void *user);

/* A timer lies in its owner's memory. It fires once, never early, at most one tick
 * (10 ms) late while its loop turns. */
struct bel_timer {
	struct bel_list node;
	uint64_t due_tick;
	bel_timer_fn on_due;
	void *user;
};

enum { BEL_TICK_MS = 10 };

void bel_timer_init(struct bel_timer *timer, bel_timer_fn on_due, void *user);
/* At an absolute time of the loop's clock; a running timer is moved. Constant time. */
void bel_timer_start(struct bel_loop *loop, struct bel_timer *timer, uint64_t at_ms);
/* Harmless when it does not run. After it the callback does not come. */
void bel_timer_stop(struct bel_loop *loop, struct bel_timer *timer);
bool bel_timer_is_running(const struct bel_timer *timer);

/* The hierarchical wheel under the timers; six levels of 64 slots with a bit for each
 * occupied one, so that finding the next deadline needs no scan. Used by both loops. */
enum { BEL_WHEEL_LEVELS = 6, BEL_WHEEL_SLOTS = 64 };

struct bel_wheel {
	uint64_t tick; /* all timers due at it or before have fired */
	uint64_t occupied[BEL_WHEEL_LEVELS];
	struct bel_list slots[BEL_WHEEL_LEVELS][BEL_WHEEL_SLOTS];
	size_t count;
};

void bel_wheel_init(struct bel_wheel *wheel, uint64_t now_ms);
void bel_wheel_put(struct bel_wheel *wheel, struct bel_timer *timer, uint64_t at_ms);
void bel_wheel_remove(struct bel_wheel *wheel, struct bel_timer *timer);
/* Fires what is due at now_ms, in order of time to the tick. */
void bel_wheel_advance(struct bel_wheel *wheel, uint64_t now_ms);
/* When advance has something to do next (that may be to sort a far slot finer);
 * UINT64_MAX when no timer runs. */
uint64_t bel_wheel_next_ms(const struct bel_wheel *wheel);

#endif
