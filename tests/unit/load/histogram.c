/* SPDX-License-Identifier: Apache-2.0
 * Histograms: what they keep exactly, and how far off the rest is. */
#include "support/support.h"

#include "load/load.h"

static void put_range(struct bel_load_histogram *histogram, uint64_t from, uint64_t to)
{
	for (uint64_t value = from; value <= to; value++)
		bel_load_histogram_put(histogram, value);
}

static void nothing_seen_is_all_zero(void **state)
{
	static const struct bel_load_histogram none;

	(void)state;
	assert_int_equal(bel_load_histogram_percentile(&none, 0), 0);
	assert_int_equal(bel_load_histogram_percentile(&none, 50), 0);
	assert_int_equal(bel_load_histogram_percentile(&none, 100), 0);
	assert_true(bel_load_histogram_mean(&none) <= 0);
}

static void small_values_are_exact(void **state)
{
	struct bel_load_histogram histogram = { 0 };

	(void)state;
	put_range(&histogram, 1, 100);
	assert_int_equal(histogram.count, 100);
	assert_int_equal(histogram.min, 1);
	assert_int_equal(histogram.max, 100);
	assert_true(bel_load_histogram_mean(&histogram) > 50.49 &&
		    bel_load_histogram_mean(&histogram) < 50.51);
	for (unsigned percent = 1; percent <= 100; percent++)
		assert_int_equal(bel_load_histogram_percentile(&histogram, percent),
				 percent);
	assert_int_equal(bel_load_histogram_percentile(&histogram, 0), 1);
	assert_int_equal(bel_load_histogram_percentile(&histogram, 98.5), 99);
}

/* One outlier in a thousand is past p99.9, and not past p99.91. */
static void a_share_that_is_not_binary_adds_no_rank(void **state)
{
	struct bel_load_histogram histogram = { 0 };

	(void)state;
	for (unsigned i = 0; i < 999; i++)
		bel_load_histogram_put(&histogram, 7);
	bel_load_histogram_put(&histogram, 200);
	assert_int_equal(bel_load_histogram_percentile(&histogram, 99.9), 7);
	assert_int_equal(bel_load_histogram_percentile(&histogram, 99.91), 200);
}

static void every_value_is_known_to_one_percent_and_never_flattered(void **state)
{
	(void)state;
	for (uint64_t value = 1; value < 1ULL << 36; value += 1 + value / 37) {
		struct bel_load_histogram histogram = { 0 };
		uint64_t told;
		bel_load_histogram_put(&histogram, value);
		bel_load_histogram_put(&histogram, (1ULL << 36) - 1);
		told = bel_load_histogram_percentile(&histogram, 50);
		assert_true(told >= value);
		assert_true((told - value) * 100 <= value);
	}
}

static void percentiles_of_many_are_within_one_percent(void **state)
{
	static const double percents[] = { 1, 10, 50, 90, 99, 99.9, 99.99, 100 };
	struct bel_load_histogram histogram = { 0 };

	(void)state;
	put_range(&histogram, 1, 100000);
	for (size_t i = 0; i < BEL_COUNT_OF(percents); i++) {
		double exact = percents[i] * 1000;
		double told = (double)bel_load_histogram_percentile(&histogram,
								    percents[i]);
		assert_true(told >= exact && told <= exact * 1.01);
	}
	assert_int_equal(bel_load_histogram_percentile(&histogram, 100), 100000);
}

static void no_percentile_passes_the_largest(void **state)
{
	struct bel_load_histogram histogram = { 0 };

	(void)state;
	bel_load_histogram_put(&histogram, 1000001);
	assert_int_equal(bel_load_histogram_percentile(&histogram, 99), 1000001);
}

static void what_is_too_large_counts_as_the_largest(void **state)
{
	struct bel_load_histogram histogram = { 0 };

	(void)state;
	bel_load_histogram_put(&histogram, UINT64_MAX);
	assert_int_equal(histogram.max, (1ULL << 36) - 1);
	assert_int_equal(bel_load_histogram_percentile(&histogram, 50), (1ULL << 36) - 1);
	assert_int_equal(histogram.buckets[BEL_LOAD_HISTOGRAM_BUCKETS - 1], 1);
}

static void merged_ones_are_as_if_one_had_seen_all(void **state)
{
	struct bel_load_histogram all = { 0 }, low = { 0 }, high = { 0 }, none = { 0 };

	(void)state;
	put_range(&all, 10, 5000);
	put_range(&low, 10, 300);
	put_range(&high, 301, 5000);
	bel_load_histogram_merge(&high, &none);
	bel_load_histogram_merge(&high, &low);
	assert_memory_equal(&high, &all, sizeof all);
	bel_load_histogram_merge(&none, &all);
	assert_memory_equal(&none, &all, sizeof all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_seen_is_all_zero),
		cmocka_unit_test(small_values_are_exact),
		cmocka_unit_test(a_share_that_is_not_binary_adds_no_rank),
		cmocka_unit_test(every_value_is_known_to_one_percent_and_never_flattered),
		cmocka_unit_test(percentiles_of_many_are_within_one_percent),
		cmocka_unit_test(no_percentile_passes_the_largest),
		cmocka_unit_test(what_is_too_large_counts_as_the_largest),
		cmocka_unit_test(merged_ones_are_as_if_one_had_seen_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
