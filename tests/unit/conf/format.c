/* SPDX-License-Identifier: Apache-2.0 */
#include "conf_support.h"

static void check_format(const char *text, const char *expected)
{
	struct bel_conf_report *report = calloc(1, sizeof *report);
	char buf[4096], again[4096];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	assert_non_null(report);
	bel_conf_report_init(report);
	assert_int_equal(bel_conf_format(&writer, report, bel_str_from(text)), BEL_OK);
	assert_str(bel_writer_str(&writer), expected);
	struct bel_writer twice = bel_writer_init(again, sizeof again);
	assert_int_equal(bel_conf_format(&twice, report, bel_writer_str(&writer)),
			 BEL_OK);
	assert_str(bel_writer_str(&twice), expected);
	bel_conf_report_fini(report);
	free(report);
}

static void statements_have_a_line_each_and_words_one_blank(void **state)
{
	(void)state;
	check_format("", "");
	check_format("  domain\t a   b \r\n", "domain a b\n");
	check_format("workers 2; drain 5s;;\nsync 5ms",
		     "workers 2\ndrain 5s\nsync 5ms\n");
	check_format("\xef\xbb\xbfworkers 2", "workers 2\n");
}

static void a_block_keeps_its_line_or_its_lines(void **state)
{
	(void)state;
	check_format("user a{number 1;password \"x y\";}\n",
		     "user a { number 1; password \"x y\" }\n");
	check_format("user a { }", "user a { }\n");
	check_format("user a {number 1\ndid +2 ; alias b }\n",
		     "user a {\n    number 1\n    did +2\n    alias b\n}\n");
	check_format("a {\nb { c\nd }\ne { f; g } }",
		     "a {\n    b {\n        c\n        d\n    }\n    e { f; g }\n}\n");
}

static void comments_stay_where_they_are(void **state)
{
	(void)state;
	check_format(
		"# top\n\n\n\nworkers 2\t# side\n  # own\ndrain 5s    # right\n# end",
		"# top\n\nworkers 2  # side\n# own\ndrain 5s  # right\n# end\n");
	check_format(
		"user a {   # who\n\n # first\n\n\n number 1 # one\n\n # last\n\n}  # "
		"a\n",
		"user a {  # who\n    # first\n\n    number 1  # one\n\n    # last\n}"
		"  # a\n");
}

static void one_blank_line_at_most_stands_between_statements(void **state)
{
	(void)state;
	check_format("\n\nworkers 2\n\n\n\ndrain 5s\nsync 5ms\n\n\n",
		     "workers 2\n\ndrain 5s\nsync 5ms\n");
}

static void a_broken_text_is_not_formatted(void **state)
{
	struct bel_conf_report *report = calloc(1, sizeof *report);
	char buf[64];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	(void)state;
	assert_non_null(report);
	bel_conf_report_init(report);
	assert_int_equal(bel_conf_format(&writer, report, BEL_STR("a {\nb\n")),
			 BEL_ERR_SYNTAX);
	assert_int_equal(writer.len, 0);
	assert_int_equal(report->errors, 1);
	bel_conf_report_fini(report);
	bel_conf_report_init(report);
	assert_int_equal(bel_conf_format(&(struct bel_writer){ .size = 0 }, report,
					 BEL_STR("workers 2")),
			 BEL_ERR_SPACE);
	bel_conf_report_fini(report);
	free(report);
}

/* Else it would stand at the start of what comes out, and be no part of it any more. */
static void a_byte_order_mark_behind_blank_lines_is_refused(void **state)
{
	struct bel_conf_report *report = calloc(1, sizeof *report);
	char buf[64];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	(void)state;
	assert_non_null(report);
	bel_conf_report_init(report);
	assert_int_equal(
		bel_conf_format(&writer, report, BEL_STR("\n\xef\xbb\xbfworkers 2")),
		BEL_ERR_SYNTAX);
	assert_str(report->problems[0].text, "a byte order mark inside the file");
	bel_conf_report_fini(report);
	free(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statements_have_a_line_each_and_words_one_blank),
		cmocka_unit_test(a_block_keeps_its_line_or_its_lines),
		cmocka_unit_test(comments_stay_where_they_are),
		cmocka_unit_test(one_blank_line_at_most_stands_between_statements),
		cmocka_unit_test(a_broken_text_is_not_formatted),
		cmocka_unit_test(a_byte_order_mark_behind_blank_lines_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
