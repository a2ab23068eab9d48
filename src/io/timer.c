/* SPDX-License-Identifier: Apache-2.0 */
#include "io/io_int.h"

/* A timer lies at the level of the highest group of six bits in which its tick differs
 * from the wheel's, in the slot that those bits name. So the occupied slots of a level
 * are always ahead of the wheel's own position there, and a slot is sorted finer only
 * when the wheel reaches its first tick. */
enum { GROUP_BITS = 6, GROUP_MASK = 63 };

#define FARTHEST ((1ULL << (GROUP_BITS * BEL_WHEEL_LEVELS)) - 1)

void bel_timer_init(struct bel_timer *timer, bel_timer_fn on_due, void *user)
{
	bel_list_init(&timer->node);
	timer->due_tick = 0;
	timer->on_due = on_due;
	timer->user = user;
}

bool bel_timer_is_running(const struct bel_timer *timer)
{
	return !bel_list_is_empty(&timer->node);
}

void bel_timer_start(struct bel_loop *loop, struct bel_timer *timer, uint64_t at_ms)
{
	bel_wheel_put(&loop->wheel, timer, at_ms);
	if (loop->ops->timers_changed)
		loop->ops->timers_changed(loop);
}

void bel_timer_stop(struct bel_loop *loop, struct bel_timer *timer)
{
	bel_wheel_remove(&loop->wheel, timer);
}

void bel_wheel_init(struct bel_wheel *wheel, uint64_t now_ms)
{
	*wheel = (struct bel_wheel){ .tick = now_ms / BEL_TICK_MS };
	for (unsigned level = 0; level < BEL_WHEEL_LEVELS; level++)
		for (unsigned slot = 0; slot < BEL_WHEEL_SLOTS; slot++)
			bel_list_init(&wheel->slots[level][slot]);
}

static void place(struct bel_wheel *wheel, struct bel_timer *timer)
{
	uint64_t difference = timer->due_tick ^ wheel->tick;
	unsigned level = difference ? (63u - (unsigned)__builtin_clzll(difference)) /
					      GROUP_BITS
				    : 0;
	if (level >= BEL_WHEEL_LEVELS)
		level = BEL_WHEEL_LEVELS - 1;
	unsigned slot = (unsigned)(timer->due_tick >> (GROUP_BITS * level)) & GROUP_MASK;

	bel_list_put(&wheel->slots[level][slot], &timer->node);
	wheel->occupied[level] |= 1ULL << slot;
}

void bel_wheel_put(struct bel_wheel *wheel, struct bel_timer *timer, uint64_t at_ms)
{
	/* Rounded up: never early. */
	uint64_t due = at_ms / BEL_TICK_MS + (at_ms % BEL_TICK_MS != 0);

	bel_wheel_remove(wheel, timer);
	if (due <= wheel->tick)
		due = wheel->tick + 1;
	/* 21 years of ticks fit; whoever asks for more gets the last one. */
	if ((due ^ wheel->tick) > FARTHEST)
		due = wheel->tick | FARTHEST;
	timer->due_tick = due;
	place(wheel, timer);
	wheel->count++;
}

/* When the last timer left a slot, its bit goes too. The list's head says which slot it
 * was; a head outside the wheel is the list of those that fire just now. */
static void clear_if_empty(struct bel_wheel *wheel, struct bel_list *head)
{
	struct bel_list *first = &wheel->slots[0][0];
	struct bel_list *last = &wheel->slots[BEL_WHEEL_LEVELS - 1][BEL_WHEEL_SLOTS - 1];

	if (!bel_list_is_empty(head) || head < first || head > last)
		return;
	size_t index = (size_t)(head - first);
	wheel->occupied[index / BEL_WHEEL_SLOTS] &= ~(1ULL << index % BEL_WHEEL_SLOTS);
}

void bel_wheel_remove(struct bel_wheel *wheel, struct bel_timer *timer)
{
	struct bel_list *neighbour = timer->node.next;

	if (neighbour == &timer->node)
		return;
	bel_list_remove(&timer->node);
	wheel->count--;
	clear_if_empty(wheel, neighbour);
}

/* The tick at which something is next to be done, and at which level; false: nothing. */
static bool next_slot(const struct bel_wheel *wheel, uint64_t *tick, unsigned *level)
{
	for (unsigned l = 0; l < BEL_WHEEL_LEVELS; l++) {
		if (!wheel->occupied[l])
			continue;
		unsigned slot = (unsigned)__builtin_ctzll(wheel->occupied[l]);
		uint64_t above = wheel->tick >> (GROUP_BITS * l) & ~(uint64_t)GROUP_MASK;
		*tick = (above | slot) << (GROUP_BITS * l);
		*level = l;
		return true;
	}
	return false;
}

uint64_t bel_wheel_next_ms(const struct bel_wheel *wheel)
{
	uint64_t tick;
	unsigned level;

	return next_slot(wheel, &tick, &level) ? tick * BEL_TICK_MS : UINT64_MAX;
}

/* Takes the slot that the wheel has reached: what is due fires, the rest is placed again,
 * nearer. */
static void take_slot(struct bel_wheel *wheel, unsigned level)
{
	unsigned slot = (unsigned)(wheel->tick >> (GROUP_BITS * level)) & GROUP_MASK;
	struct bel_list taken;

	bel_list_init(&taken);
	bel_list_splice(&taken, &wheel->slots[level][slot]);
	wheel->occupied[level] &= ~(1ULL << slot);
	while (!bel_list_is_empty(&taken)) {
		struct bel_timer *timer = BEL_CONTAINER_OF(taken.next, struct bel_timer,
							   node);
		bel_list_remove(&timer->node);
		if (timer->due_tick > wheel->tick) {
			place(wheel, timer);
		} else {
			wheel->count--;
			timer->on_due(timer->user);
		}
	}
}

void bel_wheel_advance(struct bel_wheel *wheel, uint64_t now_ms)
{
	uint64_t now = now_ms / BEL_TICK_MS, tick;
	unsigned level;

	while (next_slot(wheel, &tick, &level) && tick <= now) {
		wheel->tick = tick;
		take_slot(wheel, level);
	}
	if (now > wheel->tick)
		wheel->tick = now;
}
