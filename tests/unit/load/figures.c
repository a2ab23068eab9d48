/* SPDX-License-Identifier: Apache-2.0
 * Failures are counted by their reason. */
#include "support/support.h"

#include "load/load.h"

static void the_same_reason_is_one_row(void **state)
{
	struct bel_load_figures *figures = calloc(1, sizeof *figures);

	(void)state;
	bel_load_figures_fail(figures, BEL_LOAD_REFUSED, 404, BEL_OK);
	bel_load_figures_fail(figures, BEL_LOAD_REFUSED, 503, BEL_OK);
	bel_load_figures_fail(figures, BEL_LOAD_REFUSED, 404, BEL_OK);
	bel_load_figures_fail(figures, BEL_LOAD_LOST, 0, BEL_ERR_TIMEOUT);
	bel_load_figures_fail(figures, BEL_LOAD_NOT_BEGUN, 0, BEL_ERR_TIMEOUT);
	assert_int_equal(figures->failed, 5);
	assert_int_equal(figures->failures_count, 4);
	assert_int_equal(figures->failures[0].count, 2);
	assert_int_equal(figures->failures[0].status, 404);
	assert_int_equal(figures->failures[1].status, 503);
	assert_int_equal(figures->failures[2].cause, BEL_LOAD_LOST);
	assert_int_equal(figures->failures[3].cause, BEL_LOAD_NOT_BEGUN);
	free(figures);
}

static void more_reasons_than_rows_are_still_failures(void **state)
{
	struct bel_load_figures *figures = calloc(1, sizeof *figures);

	(void)state;
	for (uint16_t i = 0; i < BEL_LOAD_FAILURES_MAX + 3; i++)
		bel_load_figures_fail(figures, BEL_LOAD_REFUSED, (uint16_t)(400 + i),
				      BEL_OK);
	bel_load_figures_fail(figures, BEL_LOAD_REFUSED, 400, BEL_OK);
	assert_int_equal(figures->failed, BEL_LOAD_FAILURES_MAX + 4);
	assert_int_equal(figures->failures_count, BEL_LOAD_FAILURES_MAX);
	assert_int_equal(figures->failures_other, 3);
	assert_int_equal(figures->failures[0].count, 2);
	free(figures);
}

static void every_cause_has_words(void **state)
{
	(void)state;
	for (unsigned i = 0; i < BEL_LOAD_CAUSE_COUNT; i++) {
		assert_non_null(bel_load_cause_name((enum bel_load_cause)i));
		assert_non_null(bel_load_cause_text((enum bel_load_cause)i));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_reason_is_one_row),
		cmocka_unit_test(more_reasons_than_rows_are_still_failures),
		cmocka_unit_test(every_cause_has_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
