/* SPDX-License-Identifier: Apache-2.0
 * The E-model against the whole formulas of ITU-T G.107, and bursts against RFC 3611. */
#include <math.h>

#include "support/support.h"

#include "rtp/rtp.h"

static bool is_near(double a, double b, double by)
{
	return fabs(a - b) <= by;
}

static struct bel_quality rate(const char *codec, double loss, double ratio,
			       double delay_ms)
{
	const struct bel_quality_input input = {
		.codec = bel_quality_codec_find(bel_str_from(codec)),
		.loss = loss,
		.burst_ratio = ratio,
		.delay_ms = delay_ms,
	};
	struct bel_quality quality;

	bel_quality(&quality, &input);
	return quality;
}

/* G.107 table 2: with all parameters at their defaults R is 93.2. */
static void the_default_rating_is_93_2(void **state)
{
	struct bel_quality quality = rate("PCMU", 0, 1, 0);

	(void)state;
	assert_true(is_near(quality.r_cq, 93.2, 0.05));
	assert_true(is_near(quality.mos_cq, 4.41, 0.005));
	assert_true(is_near(quality.r_lq, quality.r_cq, 1e-9));
}

/* The formulas of sections 7.2 and 7.3 with the defaults of table 2. */
static double default_ro_less_is(void)
{
	const double slr = 8, rlr = 2, stmr = 15, dr = 3, ds = 3, telr = 65, qdu = 1;
	const double nc = -70, nfor = -64, ps = 35, pr = 35;
	double olr = slr + rlr;
	double nos = ps - slr - ds - 100 + 0.004 * pow(ps - olr - ds - 14, 2);
	double pre = pr + 10 * log10(1 + pow(10, (10 - (stmr + dr)) / 10));
	double nor = rlr - 121 + pre + 0.008 * pow(pre - 35, 2);
	double no = 10 * log10(pow(10, nc / 10) + pow(10, nos / 10) + pow(10, nor / 10) +
			       pow(10, (nfor + rlr) / 10));
	double ro = 15 - 1.5 * (slr + no);
	double xolr = olr + 0.2 * (64 + no - rlr);
	double iolr = 20 * (pow(1 + pow(xolr / 8, 8), 1. / 8) - xolr / 8);
	double stmro = -10 * log10(pow(10, -stmr / 10) + pow(10, -telr / 10));
	double ist = 12 * pow(1 + pow((stmro - 13) / 6, 8), 1. / 8) -
		     28 * pow(1 + pow((stmro + 1) / 19.4, 35), 1. / 35) -
		     13 * pow(1 + pow((stmro - 3) / 33, 13), 1. / 13) + 29;
	double q = 37 - 15 * log10(qdu);
	double g = 1.07 + 0.258 * q + 0.0602 * q * q;
	double y = (ro - 100) / 15 + 46 / 8.4 - g / 9, z = 46. / 30 - g / 40;

	return ro - iolr - ist - 15 * log10(1 + pow(10, y) + pow(10, z));
}

static void the_constants_are_those_of_the_default_values(void **state)
{
	/* Without delay there is listener echo alone, 0.149 of it. */
	double r = rate("PCMU", 0, 1, 0).r_cq;

	(void)state;
	assert_true(is_near(r, default_ro_less_is() - 0.1490, 0.001));
}

/* Worked by hand from sections 7.4 and 7.5 (TELR 65 dB, T = Ta, Tr = 2 T). */
static void delay_loss_and_bursts_cost_what_the_formulas_say(void **state)
{
	static const struct {
		const char *codec;
		double loss, ratio, delay_ms, r;
	} rows[] = {
		{ "PCMU", 0, 1, 50, 91.756 },
		{ "PCMU", 0, 1, 100, 90.664 },
		{ "PCMU", 0, 1, 150, 89.539 },
		{ "PCMU", 0, 1, 200, 85.805 },
		{ "PCMU", 0, 1, 300, 72.666 },
		{ "PCMU", 0, 1, 500, 54.803 },
		/* 95 * 1 / (1 + 25.1) = 3.640, 95 * 5 / 30.1 = 15.781 */
		{ "PCMU", 0.01, 1, 0, 93.206 - 3.640 },
		{ "PCMU", 0.05, 1, 0, 93.206 - 15.781 },
		/* 95 * 5 / (2.5 + 25.1) = 17.210 */
		{ "PCMU", 0.05, 2, 0, 93.206 - 17.210 },
		/* 11 + 84 * 2 / (2 + 19) = 19 */
		{ "G729", 0.02, 1, 0, 93.206 - 19 },
		{ "G729", 0.02, 1, 150, 89.539 - 19 },
		{ "PCMU", 1, 1, 500, 0 },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct bel_quality quality = rate(rows[i].codec, rows[i].loss,
						  rows[i].ratio, rows[i].delay_ms);
		if (!is_near(quality.r_cq, rows[i].r, 0.01))
			fail_msg("row %zu: %f, not %f", i, quality.r_cq, rows[i].r);
	}
}

/* G.107 annex B, figure B.2. */
static void mos_follows_the_curve_and_stays_on_the_scale(void **state)
{
	static const struct {
		double r, mos;
	} rows[] = { { -5, 1 },    { 0, 1 },      { 3, 1 },      { 50, 2.575 },
		     { 60, 3.1 },  { 70, 3.597 }, { 80, 4.024 }, { 90, 4.339 },
		     { 100, 4.5 }, { 120, 4.5 } };

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++)
		assert_true(is_near(bel_quality_mos(rows[i].r), rows[i].mos, 0.001));
}

static void echo_makes_delay_worse(void **state)
{
	struct bel_quality_input input = { .codec = bel_quality_codec_find(BEL_STR("x")),
					   .delay_ms = 100,
					   .echo_loss_db = 40 };
	struct bel_quality quality;

	(void)state;
	bel_quality(&quality, &input);
	assert_true(quality.r_cq < rate("PCMU", 0, 1, 100).r_cq - 20);
	assert_true(is_near(quality.r_lq, rate("PCMU", 0, 1, 0).r_lq, 1e-9));
}

static void codecs_are_known_by_their_rtpmap_names(void **state)
{
	(void)state;
	assert_string_equal(bel_quality_codec_find(BEL_STR("g729"))->name, "G729");
	assert_string_equal(bel_quality_codec_find(BEL_STR("OPUS"))->name, "opus");
	assert_string_equal(bel_quality_codec_find(BEL_STR("odd"))->name, "PCMU");
}

/* ---- bursts ---- */

static struct bel_burst play(const char *pattern)
{
	struct bel_burst burst = { 0 };

	for (; *pattern; pattern++)
		bel_burst_put(&burst, *pattern == '1'   ? BEL_BURST_PLAYED
				      : *pattern == '0' ? BEL_BURST_LOST
							: BEL_BURST_DISCARDED);
	return burst;
}

/* RFC 3611 section 4.7.2; its text calls the sum of the gaps, 520 ms, their duration,
 * where its definition asks for the mean. */
static void the_example_of_the_rfc_has_its_burst(void **state)
{
	struct bel_burst burst = play(
		"11110111111111111111111X111X1011110111111111111111111X111111111");
	struct bel_burst_summary summary;

	(void)state;
	bel_burst_summary(&summary, &burst);
	assert_int_equal(burst.lost, 3);
	assert_int_equal(burst.discarded, 3);
	assert_true(is_near(summary.burst_packets, 12, 1e-9));
	assert_true(is_near(summary.burst_density, 4. / 12, 1e-9));
	assert_true(is_near(summary.gap_packets, 51. / 2, 1e-9));
	assert_true(is_near(summary.gap_density, 2. / 51, 1e-9));
	assert_true(is_near(summary.loss, 3. / 63, 1e-9));
}

static void sixteen_packets_between_end_a_burst(void **state)
{
	struct bel_burst near = play("1011111111111110");
	struct bel_burst far = play("0111111111111111101111");
	struct bel_burst_summary summary;

	(void)state;
	bel_burst_summary(&summary, &near);
	assert_true(is_near(summary.burst_packets, 15, 1e-9));
	bel_burst_summary(&summary, &far);
	assert_true(is_near(summary.burst_packets, 0, 1e-9));
	assert_true(is_near(summary.gap_packets, 22, 1e-9));
	near = play("011111111111111110");
	bel_burst_summary(&summary, &near);
	assert_true(is_near(summary.burst_packets, 0, 1e-9));
}

static void a_session_that_is_all_burst_has_no_gap(void **state)
{
	struct bel_burst burst = play("01010");
	struct bel_burst_summary summary;

	(void)state;
	bel_burst_summary(&summary, &burst);
	assert_true(is_near(summary.burst_density, 3. / 5, 1e-9));
	assert_true(is_near(summary.gap_packets, 0, 1e-9));
	assert_true(is_near(summary.gap_density, 0, 1e-9));
}

static void the_burst_ratio_is_1_for_random_loss_and_more_for_runs(void **state)
{
	struct bel_burst random = { 0 }, runs = { 0 };
	struct bel_burst_summary summary;
	uint64_t seed = 1;

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		bool is_lost = (seed >> 33) % 10 == 0;
		bel_burst_put(&random, is_lost ? BEL_BURST_LOST : BEL_BURST_PLAYED);
		bel_burst_put(&runs, i % 50 < 5 ? BEL_BURST_LOST : BEL_BURST_PLAYED);
	}
	bel_burst_summary(&summary, &random);
	assert_true(is_near(summary.burst_ratio, 1, 0.02));
	bel_burst_summary(&summary, &runs);
	assert_true(is_near(summary.burst_ratio, 5 * 0.9, 0.01));
}

static void a_report_has_the_numbers_and_the_values_for_unknown(void **state)
{
	struct bel_burst burst = play(
		"11110111111111111111111X111X1011110111111111111111111X111111111");
	struct bel_quality quality = rate("PCMU", 0, 1, 0);
	struct bel_rtcp_voip voip;

	(void)state;
	bel_quality_report(&voip, &burst, &quality, 10);
	assert_int_equal(voip.loss_rate, 12);
	assert_int_equal(voip.discard_rate, 12);
	assert_int_equal(voip.burst_density, 85);
	assert_int_equal(voip.burst_ms, 120);
	assert_int_equal(voip.gap_ms, 255);
	assert_int_equal(voip.gmin, 16);
	assert_int_equal(voip.r_factor, 93);
	assert_int_equal(voip.mos_lq, 44);
	assert_int_equal(voip.signal_dbm, 127);
	assert_int_equal(voip.external_r_factor, 127);
	burst = (struct bel_burst){ .lost = 10 };
	bel_quality_report(&voip, &burst, &quality, 10);
	assert_int_equal(voip.loss_rate, 255);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_default_rating_is_93_2),
		cmocka_unit_test(the_constants_are_those_of_the_default_values),
		cmocka_unit_test(delay_loss_and_bursts_cost_what_the_formulas_say),
		cmocka_unit_test(mos_follows_the_curve_and_stays_on_the_scale),
		cmocka_unit_test(echo_makes_delay_worse),
		cmocka_unit_test(codecs_are_known_by_their_rtpmap_names),
		cmocka_unit_test(the_example_of_the_rfc_has_its_burst),
		cmocka_unit_test(sixteen_packets_between_end_a_burst),
		cmocka_unit_test(a_session_that_is_all_burst_has_no_gap),
		cmocka_unit_test(the_burst_ratio_is_1_for_random_loss_and_more_for_runs),
		cmocka_unit_test(a_report_has_the_numbers_and_the_values_for_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
