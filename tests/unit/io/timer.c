/* SPDX-License-Identifier: Apache-2.0
 * The wheel against a sorted list: never early, at most a tick late, whatever is started,
 * moved and stopped from wherever. */
#include "support/support.h"

#include "io/timer.h"

/* One timer and what the model expects of it. */
struct watched {
	struct bel_timer timer;
	struct world *world;
	uint64_t due_ms, latest_tick;
	bool must_fire;
	unsigned fired_count;
};

struct world {
	struct bel_wheel wheel;
	uint64_t now_ms;
	uint64_t seed;
	uint64_t last_due_tick;
	unsigned long fired_count;
};

static uint64_t draw(struct world *world, uint64_t limit)
{
	world->seed ^= world->seed << 13;
	world->seed ^= world->seed >> 7;
	world->seed ^= world->seed << 17;
	return world->seed % limit;
}

static uint64_t tick_of(uint64_t ms)
{
	return (ms + BEL_TICK_MS - 1) / BEL_TICK_MS;
}

static void on_due(void *user)
{
	struct watched *watched = user;
	struct world *world = watched->world;

	assert_true(watched->must_fire);
	assert_false(bel_timer_is_running(&watched->timer));
	assert_true(watched->due_ms <= world->now_ms);
	/* In order of time, to the tick. */
	assert_true(watched->timer.due_tick >= world->last_due_tick);
	world->last_due_tick = watched->timer.due_tick;
	watched->must_fire = false;
	watched->fired_count++;
	world->fired_count++;
}

static struct world *set_up(uint64_t now_ms)
{
	struct world *world = calloc(1, sizeof *world);

	assert_non_null(world);
	world->seed = 88172645463325252u;
	world->now_ms = now_ms;
	bel_wheel_init(&world->wheel, now_ms);
	return world;
}

static void start(struct watched *watched, uint64_t at_ms)
{
	uint64_t next_tick = watched->world->now_ms / BEL_TICK_MS + 1;

	watched->due_ms = at_ms;
	/* What is due already comes with the next tick. */
	watched->latest_tick = tick_of(at_ms) > next_tick ? tick_of(at_ms) : next_tick;
	watched->must_fire = true;
	bel_wheel_put(&watched->world->wheel, &watched->timer, at_ms);
}

static void stop(struct watched *watched)
{
	watched->must_fire = false;
	bel_wheel_remove(&watched->world->wheel, &watched->timer);
}

static void advance(struct world *world, uint64_t now_ms)
{
	world->last_due_tick = 0;
	world->now_ms = now_ms;
	bel_wheel_advance(&world->wheel, now_ms);
}

static struct watched *make(struct world *world, size_t count)
{
	struct watched *all = calloc(count, sizeof *all);

	assert_non_null(all);
	for (size_t i = 0; i < count; i++) {
		all[i].world = world;
		bel_timer_init(&all[i].timer, on_due, &all[i]);
	}
	return all;
}

/* Whoever was due in a tick that has begun must have fired. */
static void assert_none_late(const struct world *world, const struct watched *all,
			     size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_false(all[i].must_fire &&
			     all[i].latest_tick <= world->now_ms / BEL_TICK_MS);
}

static uint64_t draw_delay(struct world *world)
{
	/* From now to a month ahead, every order of magnitude alike. */
	return draw(world, 1ULL << draw(world, 32));
}

static void a_million_timers_fire_on_time_and_in_order(void **state)
{
	enum { COUNT = 1000000 };
	struct world *world = set_up(123456789);
	struct watched *all = make(world, COUNT);
	uint64_t end_ms = world->now_ms + (1ULL << 32);
	(void)state;

	for (size_t i = 0; i < COUNT; i++)
		start(&all[i], world->now_ms + draw_delay(world));
	assert_int_equal(world->wheel.count, COUNT);
	while (world->now_ms < end_ms)
		advance(world, world->now_ms + 1 + draw_delay(world));
	assert_int_equal(world->fired_count, COUNT);
	assert_int_equal(world->wheel.count, 0);
	assert_true(bel_wheel_next_ms(&world->wheel) == UINT64_MAX);
	free(all);
	free(world);
}

static void starts_moves_and_stops_agree_with_the_model(void **state)
{
	enum { COUNT = 300, STEPS = 30000 };
	struct world *world = set_up(5);
	struct watched *all = make(world, COUNT);
	(void)state;

	for (unsigned step = 0; step < STEPS; step++) {
		struct watched *watched = &all[draw(world, COUNT)];
		if (draw(world, 4) == 0)
			stop(watched);
		else
			start(watched, world->now_ms + draw_delay(world));
		assert_int_equal(bel_timer_is_running(&watched->timer),
				 watched->must_fire);
		if (draw(world, 8) == 0) {
			advance(world, world->now_ms + draw_delay(world) / 64);
			assert_none_late(world, all, COUNT);
		}
	}
	assert_true(world->fired_count > 500);
	free(all);
	free(world);
}

static void sleeping_until_next_never_misses_a_timer(void **state)
{
	enum { COUNT = 2000 };
	struct world *world = set_up(999999);
	struct watched *all = make(world, COUNT);
	unsigned wakes = 0;
	(void)state;

	for (size_t i = 0; i < COUNT; i++)
		start(&all[i], world->now_ms + draw_delay(world));
	while (world->wheel.count) {
		uint64_t next_ms = bel_wheel_next_ms(&world->wheel);
		assert_true(next_ms > world->now_ms - BEL_TICK_MS);
		advance(world, next_ms > world->now_ms ? next_ms : world->now_ms + 1);
		assert_none_late(world, all, COUNT);
		wakes++;
	}
	/* At most one wake to sort each level finer. */
	assert_in_range(wakes, 1, COUNT * BEL_WHEEL_LEVELS);
	free(all);
	free(world);
}

static void a_timer_in_the_past_fires_with_the_next_tick(void **state)
{
	struct world *world = set_up(1000);
	struct watched *one = make(world, 1);
	(void)state;

	start(one, 10);
	advance(world, 1009);
	assert_int_equal(one->fired_count, 0);
	advance(world, 1010);
	assert_int_equal(one->fired_count, 1);
	free(one);
	free(world);
}

static void a_timer_farther_than_21_years_waits_that_long(void **state)
{
	struct world *world = set_up(0);
	struct watched *one = make(world, 1);
	(void)state;

	start(one, UINT64_MAX);
	one->due_ms = 0;
	advance(world, 21ULL * 365 * 86400 * 1000);
	assert_int_equal(one->fired_count, 0);
	advance(world, 22ULL * 365 * 86400 * 1000);
	assert_int_equal(one->fired_count, 1);
	free(one);
	free(world);
}

/* ---- callbacks that change the wheel ---- */

struct chain {
	struct bel_wheel wheel;
	struct bel_timer timers[3];
	uint64_t now_ms;
	unsigned counts[3];
};

static void on_first(void *user)
{
	struct chain *chain = user;

	chain->counts[0]++;
	/* The second is due in this very tick, the third later. */
	bel_wheel_remove(&chain->wheel, &chain->timers[1]);
	bel_wheel_put(&chain->wheel, &chain->timers[2], chain->now_ms);
}

static void on_second(void *user)
{
	((struct chain *)user)->counts[1]++;
}

static void on_third(void *user)
{
	((struct chain *)user)->counts[2]++;
}

static void a_callback_may_stop_and_start_timers(void **state)
{
	struct chain *chain = calloc(1, sizeof *chain);
	(void)state;

	assert_non_null(chain);
	bel_wheel_init(&chain->wheel, 0);
	bel_timer_init(&chain->timers[0], on_first, chain);
	bel_timer_init(&chain->timers[1], on_second, chain);
	bel_timer_init(&chain->timers[2], on_third, chain);
	bel_wheel_put(&chain->wheel, &chain->timers[0], 50);
	bel_wheel_put(&chain->wheel, &chain->timers[1], 50);
	bel_wheel_put(&chain->wheel, &chain->timers[2], 90);
	chain->now_ms = 50;
	bel_wheel_advance(&chain->wheel, 50);
	assert_int_equal(chain->counts[0], 1);
	assert_int_equal(chain->counts[1], 0);
	/* Started for now, it comes with the next tick, not without end in this one. */
	assert_int_equal(chain->counts[2], 0);
	bel_wheel_advance(&chain->wheel, 60);
	assert_int_equal(chain->counts[2], 1);
	assert_int_equal(chain->wheel.count, 0);
	free(chain);
}

static void stopping_twice_is_harmless(void **state)
{
	struct world *world = set_up(0);
	struct watched *one = make(world, 1);
	(void)state;

	stop(one);
	start(one, 100);
	stop(one);
	stop(one);
	advance(world, 1000);
	assert_int_equal(one->fired_count, 0);
	assert_int_equal(world->wheel.count, 0);
	free(one);
	free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_million_timers_fire_on_time_and_in_order),
		cmocka_unit_test(starts_moves_and_stops_agree_with_the_model),
		cmocka_unit_test(sleeping_until_next_never_misses_a_timer),
		cmocka_unit_test(a_timer_in_the_past_fires_with_the_next_tick),
		cmocka_unit_test(a_timer_farther_than_21_years_waits_that_long),
		cmocka_unit_test(a_callback_may_stop_and_start_timers),
		cmocka_unit_test(stopping_twice_is_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
