/* SPDX-License-Identifier: Apache-2.0 */
#include "conf_support.h"

static void check_written(const char *text, const char *expected)
{
	struct loaded *loaded = load(text, NULL);
	char buf[4096];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	for (unsigned i = 0; i < loaded->report.count; i++)
		bel_conf_problem_write(&writer, &loaded->report.problems[i]);
	assert_str(bel_writer_str(&writer), expected);
	unload(loaded);
}

static void a_problem_shows_its_line_a_caret_and_the_remedy(void **state)
{
	(void)state;
	check_written("\nuser alice {\n    nmber 101\n    password x\n}\n",
		      "configuration:3:5: unknown word \"nmber\" in user\n"
		      "      3 |     nmber 101\n"
		      "        |     ^^^^^ did you mean number?\n");
}

static void a_warning_is_called_one(void **state)
{
	(void)state;
	check_written(
		"tls verify off",
		"configuration:1:12: warning: certificates of other servers are not "
		"checked: anyone on the way can listen\n"
		"      1 | tls verify off\n"
		"        |            ^^^ leave this line out where it matters\n");
}

static void carets_stand_below_tabs_and_letters_of_all_lengths(void **state)
{
	(void)state;
	check_written(
		"\tuser\t\xc3\xa9\t{ }\n",
		"configuration:1:7: \"\xc3\xa9\" is not the name of a user\n"
		"      1 | \tuser\t\xc3\xa9\t{ }\n"
		"        | \t    \t^ letters, digits and - _ . only, at most 128\n");
}

static void what_could_steer_a_terminal_is_a_question_mark(void **state)
{
	(void)state;
	check_written("a\x1b[31m\xc2\x9b\n", "configuration:1:2: a control character\n"
					     "      1 | a?[31m?\n"
					     "        |  ^ take it out\n");
	check_written("\xff\xfe\xe9w\n", "configuration:1:1: this is not UTF-8\n"
					 "      1 | ???w\n"
					 "        | ^ save the file as UTF-8 text\n");
}

static void a_long_line_is_shown_around_the_place(void **state)
{
	char text[600] = "user a { password x; ";
	struct loaded *loaded;

	(void)state;
	for (size_t i = 21; i < 420; i++)
		text[i] = ' ';
	memcpy(text + 420, "nmber 1 }", 10);
	loaded = load(text, NULL);
	const struct bel_conf_problem *problem = &loaded->report.problems[0];
	assert_int_equal(problem->column, 421);
	assert_int_equal(problem->source_column, 361);
	assert_int_equal(problem->source.len, 69);
	assert_true(bel_str_has_suffix(problem->source, BEL_STR("nmber 1 }")));
	unload(loaded);
}

static void secrets_are_stars_in_whatever_is_shown(void **state)
{
	static const char *const lines[] = {
		"user a { nmber 1; password Xyzzy }",
		"user a { password Xyzzy; nmber 1 }",
		"user a { pasword Xyzzy }",
		"user a { secret \"Xyzzy Xyzzy\" }",
		"user a password Xyzzy Xyzzy",
		"user a { password \"Xyzzy }",
		"user a { password   Xyzzy; password Xyzzy }",
		"user a { passwort ha1:Xyzzy0123456789abcdef0123456789abcdef }",
		"                                                        user a { "
		"password "
		"Xyzzy; password Xyzzy }",
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(lines); i++) {
		struct loaded *loaded = load(lines[i], NULL);
		char buf[1024];
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		assert_int_equal(loaded->report.errors, 1);
		bel_conf_problem_write(&writer, &loaded->report.problems[0]);
		bel_conf_problem_write_json(&writer, &loaded->report.problems[0]);
		assert_false(
			bel_str_is_match(BEL_STR("*Xyzzy*"), bel_writer_str(&writer)));
		assert_true(bel_str_is_match(BEL_STR("*[*][*][*][*]*"),
					     bel_writer_str(&writer)));
		unload(loaded);
	}
}

static void an_ha1_is_as_good_as_a_password(void **state)
{
	static const struct fake_file files[] = {
		{ "u", "eve:r:md6:0123456789abcdef0123456789ABCDEF\n" }, { NULL, NULL }
	};
	struct loaded *loaded = load("realm r; users u", files);

	(void)state;
	assert_str(loaded->report.problems[0].source,
		   "eve:r:md6:********************************");
	unload(loaded);
}

static void a_problem_is_an_object_of_json_too(void **state)
{
	struct loaded *loaded = load("user \"a\\\"b\" { }", NULL);
	char buf[1024];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	(void)state;
	bel_conf_problem_write_json(&writer, &loaded->report.problems[0]);
	assert_str(
		bel_writer_str(&writer),
		"{\"severity\":\"error\",\"file\":\"configuration\",\"line\":1,"
		"\"column\":6,\"width\":6,\"text\":\"\\\"a\\\"b\\\" is not the name of a "
		"user\",\"remedy\":\"letters, digits and - _ . only, at most 128\","
		"\"source\":\"user \\\"a\\\\\\\"b\\\" { }\"}\n");
	unload(loaded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_problem_shows_its_line_a_caret_and_the_remedy),
		cmocka_unit_test(a_warning_is_called_one),
		cmocka_unit_test(carets_stand_below_tabs_and_letters_of_all_lengths),
		cmocka_unit_test(what_could_steer_a_terminal_is_a_question_mark),
		cmocka_unit_test(a_long_line_is_shown_around_the_place),
		cmocka_unit_test(secrets_are_stars_in_whatever_is_shown),
		cmocka_unit_test(an_ha1_is_as_good_as_a_password),
		cmocka_unit_test(a_problem_is_an_object_of_json_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
