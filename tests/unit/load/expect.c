/* SPDX-License-Identifier: Apache-2.0
 * What a load is expected to be. */
#include "support/support.h"

#include "load/load.h"

/* A thousand calls, one of them failed; set up in 1 to 999 ms; a MOS of 4.2, once 3. */
static int set_up(void **state)
{
	struct bel_load_figures *figures = calloc(1, sizeof *figures);

	figures->due = 1000;
	figures->succeeded = 999;
	figures->failed = 1;
	figures->rtp_received = 995;
	figures->rtp_lost = 5;
	figures->judged = 10;
	figures->heard = 10;
	for (unsigned ms = 1; ms < 1000; ms++)
		bel_load_histogram_put(&figures->setup_us, ms * 1000);
	for (unsigned i = 0; i < 99; i++)
		bel_load_histogram_put(&figures->mos, 42 * BEL_LOAD_MOS_SCALE / 10);
	bel_load_histogram_put(&figures->mos, 3 * BEL_LOAD_MOS_SCALE);
	*state = figures;
	return 0;
}

static int tear_down(void **state)
{
	free(*state);
	return 0;
}

static bool is_met(const char *text, const struct bel_load_figures *figures)
{
	char buf[256];
	struct bel_writer told = bel_writer_init(buf, sizeof buf);
	struct bel_load_expect expect;
	bool is_fine = true;

	assert_int_equal(bel_load_expect_parse(&expect, bel_str_from(text), &told),
			 BEL_OK);
	assert_int_equal(told.len, 0);
	assert_true(expect.count);
	for (unsigned i = 0; i < expect.count; i++)
		is_fine &= bel_load_expectation_is_met(&expect.items[i], figures);
	return is_fine;
}

static void what_came_true_is_met(void **state)
{
	static const char *const texts[] = {
		"success>=99.9%",  "success<100",      "failed=1",
		"failed<2",        "loss<=0.5%",       "setup_p50<510ms",
		"setup_p50>=0.5s", "setup_p99<=1s",    "setup_max=999ms",
		"setup_min=1ms",   "setup_mean<501ms", "setup_p99.9>900",
		"mos_p1=3",        "mos_p2>=4.2",      "mos_min=3",
		"audio",           "audio>=99%",       " success>=99%  loss<1% ",
	};

	for (size_t i = 0; i < BEL_COUNT_OF(texts); i++)
		if (!is_met(texts[i], *state))
			fail_msg("%s is not met", texts[i]);
}

static void what_did_not_is_not(void **state)
{
	static const char *const texts[] = {
		"success>=100%",         "failed=0",        "loss<0.5%",
		"setup_p50<500ms",       "setup_max<999ms", "mos_p1>=4",
		"success>=99% failed<1", "audio loss>1%",
	};

	for (size_t i = 0; i < BEL_COUNT_OF(texts); i++)
		if (is_met(texts[i], *state))
			fail_msg("%s is met", texts[i]);
}

static void what_was_not_measured_meets_nothing(void **state)
{
	static const char *const texts[] = { "success>=0", "loss<1%",    "setup_p99<1s",
					     "mos_min>=0", "end_max>=0", "audio" };
	struct bel_load_figures *none = calloc(1, sizeof *none);

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(texts); i++)
		if (is_met(texts[i], none))
			fail_msg("%s is met", texts[i]);
	assert_true(is_met("failed=0", none));
	free(none);
}

static void one_wrong_call_of_those_judged_is_no_audio(void **state)
{
	struct bel_load_figures *figures = *state;

	figures->heard = 9;
	assert_false(is_met("audio", figures));
	assert_true(is_met("audio>=90%", figures));
}

static void what_is_no_expectation_is_told(void **state)
{
	static const struct {
		const char *text, *told;
	} rows[] = {
		{ "sucess>=99%", "is not known" },
		{ "setup<100ms", "setup_p99<100ms" },
		{ "setup_p101<100ms", "setup_p99<100ms" },
		{ "setup_q1<100ms", "setup_p99<100ms" },
		{ "mos>=4", "mos_min>=4" },
		{ "setup_p99", "a sign and a number" },
		{ "setup_p99<", "a sign and a number" },
		{ "setup_p99<soon", "a sign and a number" },
		{ "setup_p99<10%", "a sign and a number" },
		{ "success>=99ms", "a sign and a number" },
		{ "success>=99s", "a sign and a number" },
		{ "failed_p1<1", "a sign and a number" },
		{ "audio_p50", "a sign and a number" },
		{ "failed<1 failed<1 failed<1 failed<1 failed<1 failed<1 failed<1 "
		  "failed<1 failed<1 failed<1 failed<1 failed<1 failed<1 failed<1 "
		  "failed<1 failed<1 failed<1",
		  "one too many" },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		char buf[256];
		struct bel_writer told = bel_writer_init(buf, sizeof buf - 1);
		struct bel_load_expect expect;
		bel_str text = bel_test_exact(bel_str_from(rows[i].text));
		assert_int_not_equal(bel_load_expect_parse(&expect, text, &told), BEL_OK);
		buf[told.len] = '\0';
		if (!strstr(buf, rows[i].told))
			fail_msg("%s: %s", rows[i].text, buf);
		free((void *)(uintptr_t)text.ptr);
	}
}

static void the_figure_that_decided_can_be_shown(void **state)
{
	static const struct {
		const char *text, *figure;
	} rows[] = {
		{ "success>=99.9%", "99.9%" },
		{ "setup_max<1s", "999ms" },
		{ "mos_p1>=4", "3" },
		{ "end_p99<1ms", "not measured" },
	};

	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		char buf[64];
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		struct bel_load_expect expect;
		assert_int_equal(bel_load_expect_parse(
					 &expect, bel_str_from(rows[i].text), &writer),
				 BEL_OK);
		bel_load_expectation_write_figure(&writer, &expect.items[0], *state);
		assert_str(bel_writer_str(&writer), rows[i].figure);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_came_true_is_met, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_did_not_is_not, set_up, tear_down),
		cmocka_unit_test(what_was_not_measured_meets_nothing),
		cmocka_unit_test_setup_teardown(
			one_wrong_call_of_those_judged_is_no_audio, set_up, tear_down),
		cmocka_unit_test(what_is_no_expectation_is_told),
		cmocka_unit_test_setup_teardown(the_figure_that_decided_can_be_shown,
						set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
