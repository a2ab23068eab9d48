/* SPDX-License-Identifier: Apache-2.0 */
#include "support/support.h"

#include "guard/overload.h"

enum { FAR_US = 60000 };

/* Readings ten milliseconds apart, each with that lag. Returns the last change. */
static enum bel_overload_change read_for(struct bel_overload *overload, uint64_t *now_ms,
					 uint64_t ms, uint64_t lag_us)
{
	enum bel_overload_change last = BEL_OVERLOAD_SAME;

	for (uint64_t end = *now_ms + ms; *now_ms < end; *now_ms += 10) {
		enum bel_overload_change change = bel_overload_on_lag(overload, lag_us,
								      *now_ms);
		if (change != BEL_OVERLOAD_SAME)
			last = change;
	}
	return last;
}

static void whoever_is_in_time_refuses_nothing(void **state)
{
	struct bel_overload overload = { 0 };
	uint64_t now_ms = 1000;

	(void)state;
	assert_int_equal(read_for(&overload, &now_ms, 10000, BEL_OVERLOAD_LATE_US - 1),
			 BEL_OVERLOAD_SAME);
	for (enum bel_overload_class class = 0; class < BEL_OVERLOAD_CLASSES; class ++)
		assert_false(bel_overload_refuses(&overload, class));
}

static void a_burst_is_let_be(void **state)
{
	struct bel_overload overload = { 0 };
	uint64_t now_ms = 1000;

	(void)state;
	for (int i = 0; i < 20; i++) {
		assert_int_equal(
			read_for(&overload, &now_ms, BEL_OVERLOAD_LATE_MS, FAR_US),
			BEL_OVERLOAD_SAME);
		assert_int_equal(read_for(&overload, &now_ms, 10, 0), BEL_OVERLOAD_SAME);
	}
}

/* Late, but hardly anything comes: whatever made it late is over each time. */
static void what_comes_now_and_then_is_no_overload(void **state)
{
	struct bel_overload overload = { 0 };

	(void)state;
	for (uint64_t now_ms = 1000; now_ms < 60000; now_ms += BEL_OVERLOAD_GAP_MS)
		assert_int_equal(bel_overload_on_lag(&overload, FAR_US, now_ms),
				 BEL_OVERLOAD_SAME);
}

static void what_stays_late_is_overload_and_what_is_calm_is_none(void **state)
{
	struct bel_overload overload = { 0 };
	uint64_t now_ms = 1000, began_ms = now_ms;

	(void)state;
	while (bel_overload_on_lag(&overload, FAR_US, now_ms) == BEL_OVERLOAD_SAME)
		now_ms++;
	assert_int_equal(now_ms - began_ms, BEL_OVERLOAD_LATE_MS);
	assert_true(bel_overload_is_on(&overload));
	began_ms = now_ms;
	while (bel_overload_on_lag(&overload, 0, now_ms) == BEL_OVERLOAD_SAME)
		now_ms++;
	assert_int_equal(now_ms - began_ms, BEL_OVERLOAD_CALM_MS);
	assert_false(bel_overload_is_on(&overload));
	/* And it begins as slowly as at first. */
	assert_int_equal(read_for(&overload, &now_ms, BEL_OVERLOAD_LATE_MS, FAR_US),
			 BEL_OVERLOAD_SAME);
}

static void classes_are_refused_one_after_another(void **state)
{
	struct bel_overload overload = { 0 };
	uint64_t now_ms = 1000;
	unsigned refused_before = 0;

	(void)state;
	read_for(&overload, &now_ms, BEL_OVERLOAD_LATE_MS + 20, FAR_US);
	for (uint64_t lag_us = 0; lag_us < FAR_US; lag_us += 100) {
		unsigned refused = 0;
		bel_overload_on_lag(&overload, lag_us, now_ms);
		for (enum bel_overload_class class = BEL_OVERLOAD_CLASSES;
		     class -- > 0;) {
			if (!bel_overload_refuses(&overload, class))
				break;
			refused++;
		}
		assert_true(refused >= refused_before && refused - refused_before <= 1);
		refused_before = refused;
	}
	assert_int_equal(refused_before, BEL_OVERLOAD_CLASSES - 1);
	assert_false(bel_overload_refuses(&overload, BEL_OVERLOAD_BEGUN));
}

static void a_long_overload_goes_on_while_little_is_late(void **state)
{
	struct bel_overload overload = { 0 };
	uint64_t now_ms = 1000;

	(void)state;
	read_for(&overload, &now_ms, BEL_OVERLOAD_LATE_MS + 20, FAR_US);
	/* It works: the messages are nearly in time, for the rest is refused. */
	assert_int_equal(read_for(&overload, &now_ms, 60000, 3000), BEL_OVERLOAD_SAME);
	assert_true(bel_overload_is_on(&overload));
	assert_true(bel_overload_refuses(&overload, BEL_OVERLOAD_REGISTER));
	assert_false(bel_overload_refuses(&overload, BEL_OVERLOAD_CALL));
}

static void those_who_were_refused_do_not_come_all_at_once(void **state)
{
	(void)state;
	for (enum bel_overload_class class = BEL_OVERLOAD_CALL;
	     class < BEL_OVERLOAD_CLASSES; class ++) {
		unsigned least = UINT32_MAX, most = 0;
		for (uint64_t random = 0; random < 1000; random++) {
			unsigned s = bel_overload_retry_s(class, random);
			least = s < least ? s : least;
			most = s > most ? s : most;
		}
		assert_true(least >= 5);
		assert_true(most >= 2 * least);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whoever_is_in_time_refuses_nothing),
		cmocka_unit_test(a_burst_is_let_be),
		cmocka_unit_test(what_comes_now_and_then_is_no_overload),
		cmocka_unit_test(what_stays_late_is_overload_and_what_is_calm_is_none),
		cmocka_unit_test(classes_are_refused_one_after_another),
		cmocka_unit_test(a_long_overload_goes_on_while_little_is_late),
		cmocka_unit_test(those_who_were_refused_do_not_come_all_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
