/* SPDX-License-Identifier: Apache-2.0
 * When which one is due. */
#include "support/support.h"

#include "load/load.h"

static void number_n_is_due_n_over_the_rate_after_the_start(void **state)
{
	static const struct {
		uint32_t rate;
		uint64_t n, due_us;
	} rows[] = {
		{ 1000, 0, 0 },           { 1000, 1, 1000000 },
		{ 10000, 25, 2500000 },   { 500, 3, 6000000 },
		{ 3000, 1, 333333 },      { 3000, 3, 1000000 },
		{ 100000000, 999, 9990 }, { 100000000, 1000000000, 10000000000 },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct bel_load_schedule schedule = { rows[i].rate, UINT64_MAX };
		assert_int_equal(bel_load_schedule_due_us(&schedule, rows[i].n),
				 rows[i].due_us);
	}
}

/* None is begun before it is due, and none is forgotten. */
static void as_many_are_due_as_have_their_time_behind_them(void **state)
{
	static const uint32_t rates[] = { 1, 333, 1000, 3000, 7001, 99999, 100000000 };

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rates); i++) {
		struct bel_load_schedule schedule = { rates[i], 1000 };
		for (uint64_t n = 0; n < 1000; n++) {
			uint64_t due_us = bel_load_schedule_due_us(&schedule, n);
			assert_true(bel_load_schedule_due_count(&schedule, due_us) > n);
			if (due_us)
				assert_true(bel_load_schedule_due_count(&schedule,
									due_us - 1) <= n);
		}
	}
}

static void no_more_are_due_than_there_are(void **state)
{
	struct bel_load_schedule schedule = { 10000, 20 };

	(void)state;
	assert_int_equal(bel_load_schedule_due_count(&schedule, 0), 1);
	assert_int_equal(bel_load_schedule_due_count(&schedule, 1899999), 19);
	assert_int_equal(bel_load_schedule_due_count(&schedule, 1900000), 20);
	assert_int_equal(bel_load_schedule_due_count(&schedule, 86400000000), 20);
}

static void a_day_at_the_highest_rate_is_counted(void **state)
{
	struct bel_load_schedule schedule = { BEL_LOAD_RATE_MAX, UINT64_MAX };

	(void)state;
	assert_int_equal(bel_load_schedule_due_count(&schedule, 86400000000), 8640000001);
}

static void a_minute_has_sixty_times_the_rate(void **state)
{
	(void)state;
	assert_int_equal(bel_load_schedule_count_for(10000, 60000), 600);
	assert_int_equal(bel_load_schedule_count_for(500, 60000), 30);
	assert_int_equal(bel_load_schedule_count_for(500, 1000), 1);
	assert_int_equal(bel_load_schedule_count_for(BEL_LOAD_RATE_MAX, 86400000),
			 BEL_LOAD_COUNT_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(number_n_is_due_n_over_the_rate_after_the_start),
		cmocka_unit_test(as_many_are_due_as_have_their_time_behind_them),
		cmocka_unit_test(no_more_are_due_than_there_are),
		cmocka_unit_test(a_day_at_the_highest_rate_is_counted),
		cmocka_unit_test(a_minute_has_sixty_times_the_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
