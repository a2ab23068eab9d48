/* SPDX-License-Identifier: Apache-2.0 */
#include "support/support.h"

#include "client/retry.h"

static void a_refresh_comes_at_85_to_90_percent(void **state)
{
	(void)state;
	assert_int_equal(bel_retry_refresh_ms(3600, 0), 3060000);
	assert_in_range(bel_retry_refresh_ms(3600, UINT32_MAX), 3239990, 3240000);
}

static void and_at_least_five_seconds_before_the_end(void **state)
{
	(void)state;
	assert_int_equal(bel_retry_refresh_ms(30, UINT32_MAX), 25000);
	assert_int_equal(bel_retry_refresh_ms(10, 0), 5000);
	assert_int_equal(bel_retry_refresh_ms(2, UINT32_MAX), 1000);
}

static void silence_is_met_with_patience_that_doubles(void **state)
{
	static const uint64_t most_ms[] = { 60000, 120000, 240000, 480000, 960000 };

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(most_ms); i++) {
		struct bel_retry retry = { .failures = i + 1 };
		assert_int_equal(bel_retry_wait_ms(&retry, 0), most_ms[i] / 2);
		assert_in_range(bel_retry_wait_ms(&retry, UINT32_MAX), most_ms[i] - 1,
				most_ms[i]);
	}
	assert_int_equal(
		bel_retry_wait_ms(&(struct bel_retry){ .failures = 4000000000u }, 0),
		900000);
}

static void a_refused_password_waits_a_minute_and_doubles(void **state)
{
	struct bel_retry retry = { .failures = 1, .status = 401, .has_other = true };

	(void)state;
	assert_int_equal(bel_retry_wait_ms(&retry, 0), 60000);
	retry.failures = 3;
	assert_int_equal(bel_retry_wait_ms(&retry, 0), 240000);
	retry.failures = 30;
	assert_int_equal(bel_retry_wait_ms(&retry, 0), 1800000);
	retry.retry_after_s = 7200;
	assert_int_equal(bel_retry_wait_ms(&retry, 0), 7200000);
}

static void retry_after_is_honoured_and_spread(void **state)
{
	struct bel_retry retry = { .failures = 9, .status = 503, .retry_after_s = 100 };

	(void)state;
	assert_int_equal(bel_retry_wait_ms(&retry, 0), 100000);
	assert_in_range(bel_retry_wait_ms(&retry, UINT32_MAX), 109000, 110000);
	retry.retry_after_s = 1;
	assert_int_equal(bel_retry_wait_ms(&retry, 0), 5000);
	retry.retry_after_s = UINT32_MAX;
	assert_int_equal(bel_retry_wait_ms(&retry, 0), 86400000);
}

static void another_server_is_tried_soon(void **state)
{
	struct bel_retry retry = { .failures = 1, .has_other = true };

	(void)state;
	assert_in_range(bel_retry_wait_ms(&retry, UINT32_MAX), 0, 1000);
	retry.status = 404;
	assert_int_equal(bel_retry_wait_ms(&retry, 0), 30000);
}

static void a_stream_is_kept_within_its_flow_timer(void **state)
{
	(void)state;
	assert_int_equal(bel_retry_stream_ping_ms(30, 0), 24000);
	assert_in_range(bel_retry_stream_ping_ms(30, UINT32_MAX), 29900, 30000);
	assert_int_equal(bel_retry_stream_ping_ms(0, 0), 96000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_refresh_comes_at_85_to_90_percent),
		cmocka_unit_test(and_at_least_five_seconds_before_the_end),
		cmocka_unit_test(silence_is_met_with_patience_that_doubles),
		cmocka_unit_test(a_refused_password_waits_a_minute_and_doubles),
		cmocka_unit_test(retry_after_is_honoured_and_spread),
		cmocka_unit_test(another_server_is_tried_soon),
		cmocka_unit_test(a_stream_is_kept_within_its_flow_timer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
