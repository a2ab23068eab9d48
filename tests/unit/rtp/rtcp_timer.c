/* SPDX-License-Identifier: Apache-2.0
 * When the next report is due (RFC 3550 section 6.3). */
#include "support/support.h"

#include "rtp/rtp.h"

static const uint32_t half = 0x80000000, least = 0;

static const double compensation = 2.71828 - 1.5;

static double interval_s(const struct bel_rtcp_timer *timer, uint32_t random)
{
	return (double)bel_rtcp_interval_us(timer, random) / 1e6;
}

static bool is_near(double a, double b)
{
	return a > b * 0.999 && a < b * 1.001;
}

static struct bel_rtcp_timer session(unsigned members, unsigned senders, bool is_sender)
{
	return (struct bel_rtcp_timer){ .bandwidth_bytes_s = 400,
					.members = members,
					.members_prior = members,
					.senders = senders,
					.is_sender = is_sender,
					.average_bytes_q4 = 100 * 16 };
}

/* Appendix A.7, computed from its text. */
static void the_interval_follows_the_formula(void **state)
{
	static const struct {
		unsigned members, senders;
		bool is_sender, is_initial;
		double seconds;
	} rows[] = {
		{ 2, 2, true, false, 5 },      { 2, 2, true, true, 2.5 },
		{ 100, 1, true, false, 5 },    { 100, 50, true, false, 25 },
		{ 100, 10, true, false, 10 },  { 100, 10, false, false, 30 },
		{ 100, 25, false, false, 25 }, { 1000, 0, false, false, 1000. / 3 },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct bel_rtcp_timer timer = session(rows[i].members, rows[i].senders,
						      rows[i].is_sender);
		timer.is_initial = rows[i].is_initial;
		double seconds = rows[i].seconds / compensation;
		assert_true(is_near(interval_s(&timer, half), seconds));
		assert_true(is_near(interval_s(&timer, least), seconds / 2));
		assert_true(is_near(interval_s(&timer, UINT32_MAX), seconds * 1.5));
	}
}

static void the_first_report_comes_early(void **state)
{
	struct bel_rtcp_timer timer;

	(void)state;
	bel_rtcp_timer_start(&timer, 400, 100, 1000000, half);
	double first_s = ((double)timer.next_us - 1e6) / 1e6;
	assert_true(is_near(first_s, 2.5 / compensation));
	assert_false(bel_rtcp_timer_is_due(&timer, timer.next_us - 1, half));
	assert_true(bel_rtcp_timer_is_due(&timer, timer.next_us, half));
	uint64_t now_us = timer.next_us;
	bel_rtcp_timer_on_sent(&timer, 100, now_us, half);
	/* The draw after it is still of the beginning (A.7, OnExpire), the next is not.
	 */
	assert_true(is_near((double)(timer.next_us - now_us) / 1e6, 2.5 / compensation));
	assert_false(bel_rtcp_timer_is_due(&timer, timer.next_us, half));
}

/* Section 6.2: two who talk alone need not wait. */
static void an_early_report_is_followed_by_the_initial_interval(void **state)
{
	struct bel_rtcp_timer timer;

	(void)state;
	bel_rtcp_timer_start(&timer, 400, 100, 0, half);
	bel_rtcp_timer_on_early(&timer, 100, 300000, half);
	assert_true(is_near((double)(timer.next_us - 300000) / 1e6, 2.5 / compensation));
	assert_false(bel_rtcp_timer_is_due(&timer, timer.next_us - 1, half));
	assert_true(bel_rtcp_timer_is_due(&timer, timer.next_us, half));
}

/* Section 6.3.6: a thousand join at once; nobody's report storms. */
static void a_group_that_grows_makes_us_wait(void **state)
{
	struct bel_rtcp_timer timer;

	(void)state;
	bel_rtcp_timer_start(&timer, 400, 100, 0, half);
	uint64_t due_us = timer.next_us;
	bel_rtcp_timer_on_members(&timer, 1000, due_us);
	assert_false(bel_rtcp_timer_is_due(&timer, due_us, half));
	assert_true(timer.next_us > 200 * (uint64_t)1000000);
	assert_true(bel_rtcp_timer_is_due(&timer, timer.next_us, half));
}

/* Section 6.3.4. */
static void a_group_that_shrinks_lets_us_report_sooner(void **state)
{
	struct bel_rtcp_timer timer = session(100, 0, false);

	(void)state;
	timer.last_us = 10000000;
	timer.next_us = 30000000;
	bel_rtcp_timer_on_members(&timer, 25, 20000000);
	assert_int_equal(timer.next_us, 22500000);
	assert_int_equal(timer.last_us, 17500000);
	bel_rtcp_timer_on_members(&timer, 0, 20000000);
	assert_int_equal(timer.members, 1);
}

static void the_average_size_follows_slowly(void **state)
{
	struct bel_rtcp_timer timer = session(2, 0, false);

	(void)state;
	bel_rtcp_timer_on_received(&timer, 1700);
	assert_int_equal(timer.average_bytes_q4 / 16, 200);
	for (unsigned i = 0; i < 200; i++)
		bel_rtcp_timer_on_received(&timer, 60);
	assert_in_range(timer.average_bytes_q4 / 16, 59, 61);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_interval_follows_the_formula),
		cmocka_unit_test(the_first_report_comes_early),
		cmocka_unit_test(an_early_report_is_followed_by_the_initial_interval),
		cmocka_unit_test(a_group_that_grows_makes_us_wait),
		cmocka_unit_test(a_group_that_shrinks_lets_us_report_sooner),
		cmocka_unit_test(the_average_size_follows_slowly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
