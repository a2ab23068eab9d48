/* SPDX-License-Identifier: Apache-2.0 */
#include "conf_support.h"

static void rows_are_kept_in_order_with_their_place(void **state)
{
	struct loaded *loaded = load(
		"route local {\n"
		"  911 reject 403 \"Not from here\"\n"
		"  old@example.com redirect 301 sip:new@example.com\n"
		"  [1-3]?? local\n"
		"}\n"
		"route out { 00* to \"sip:gw;transport=tcp\" as +* }\n",
		NULL);
	const struct bel_conf_route *routes = loaded->conf->routes;

	(void)state;
	assert_loaded(loaded);
	assert_int_equal(loaded->conf->routes_count, 4);
	assert_int_equal(routes[0].step, BEL_STEP_REJECT);
	assert_int_equal(routes[0].status, 403);
	assert_str(routes[0].text, "Not from here");
	assert_int_equal(routes[1].step, BEL_STEP_REDIRECT);
	assert_str(routes[1].target, "sip:new@example.com");
	assert_int_equal(routes[2].step, BEL_STEP_LOCAL);
	assert_int_equal(routes[2].at.line, 4);
	assert_int_equal(routes[2].at.column, 3);
	assert_int_equal(routes[3].table, BEL_ROUTE_OUT);
	assert_int_equal(routes[3].step, BEL_STEP_TO);
	assert_str(routes[3].target, "sip:gw;transport=tcp");
	assert_str(routes[3].as, "+*");
	unload(loaded);
}

static void several_patterns_are_several_rows(void **state)
{
	struct loaded *loaded = load("route out { 112 110 to sip:gw.example; }\n", NULL);

	(void)state;
	assert_loaded(loaded);
	assert_int_equal(loaded->conf->routes_count, 2);
	assert_str(loaded->conf->routes[0].pattern, "112");
	assert_str(loaded->conf->routes[1].pattern, "110");
	assert_str(loaded->conf->routes[1].target, "sip:gw.example");
	assert_int_equal(loaded->conf->routes[1].at.column, 17);
	unload(loaded);
}

static void a_row_that_an_earlier_one_covers_is_warned_about(void **state)
{
	static const struct {
		const char *earlier, *later;
		bool is_covered;
	} pairs[] = {
		{ "*", "101", true },
		{ "00*", "0049*", true },
		{ "00*", "00?", true },
		{ "1??", "123", true },
		{ "[1-3]*", "2", true },
		{ "1*", "1@example.com", true },
		{ "*5", "1*5", true },
		{ "0049*", "00*", false },
		{ "1?", "1*", false },
		{ "1*2*", "1[2-3]4", false },
		{ "1*@a.example", "1*", false },
		{ "10", "1", false },
		{ "[1-3]*", "[1-2]*", false },
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(pairs); i++) {
		struct bel_writer writer = bel_writer_init(text, sizeof text - 1);
		bel_write_format(&writer,
				 "route out {\n%s reject 404\n%s reject 403\n}\n",
				 pairs[i].earlier, pairs[i].later);
		text[writer.len] = '\0';
		struct loaded *loaded = load(text, NULL);
		assert_int_equal(loaded->err, BEL_OK);
		assert_int_equal(loaded->report.warnings, pairs[i].is_covered);
		if (pairs[i].is_covered)
			assert_int_equal(loaded->report.problems[0].line, 3);
		unload(loaded);
	}
}

static void tables_do_not_cover_each_other(void **state)
{
	struct loaded *loaded = load(
		"route local { * local }\nroute out { * reject 404 }", NULL);

	(void)state;
	assert_loaded(loaded);
	unload(loaded);
}

static void a_user_that_the_file_does_not_know_may_be_in_the_store(void **state)
{
	struct loaded *loaded = load(
		"user alice { number 101; password x }\n"
		"route local {\n0 user alise\n1 user 101\n2 user zoe\n}",
		NULL);

	(void)state;
	assert_int_equal(loaded->err, BEL_OK);
	assert_int_equal(loaded->report.warnings, 2);
	assert_problem(loaded, 0,
		       "3:8: no user alise in this configuration; did you mean alice?");
	assert_problem(loaded, 1,
		       "5:8: no user zoe in this configuration; unless `belfry user add "
		       "zoe` made one");
	unload(loaded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_kept_in_order_with_their_place),
		cmocka_unit_test(several_patterns_are_several_rows),
		cmocka_unit_test(a_row_that_an_earlier_one_covers_is_warned_about),
		cmocka_unit_test(tables_do_not_cover_each_other),
		cmocka_unit_test(a_user_that_the_file_does_not_know_may_be_in_the_store),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
