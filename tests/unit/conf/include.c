/* SPDX-License-Identifier: Apache-2.0 */
#include "conf_support.h"

static void an_included_file_stands_where_it_is_included(void **state)
{
	static const struct fake_file files[] = {
		{ "more.conf", "listen udp :5070\ninclude users.conf" },
		{ "users.conf", "user bob password x" },
		{ "block.conf", "number 101\nalias al" },
		{ NULL, NULL },
	};
	struct loaded *loaded = load(
		"include more.conf\n"
		"user alice {\n password y\n include block.conf\n}\n",
		files);

	(void)state;
	assert_loaded(loaded);
	assert_int_equal(loaded->conf->listens_count, 2);
	assert_str(loaded->conf->listens[0].at.file, "more.conf");
	assert_str(loaded->conf->users[0].name, "bob");
	assert_str(loaded->conf->users[0].at.file, "users.conf");
	assert_int_equal(loaded->conf->users[1].numbers_count, 2);
	unload(loaded);
}

static void a_cycle_is_named_in_full(void **state)
{
	static const struct fake_file files[] = {
		{ "a.conf", "include b.conf" },
		{ "b.conf", "workers 2\ninclude a.conf" },
		{ NULL, NULL },
	};
	struct loaded *loaded = load("include a.conf\n", files);

	(void)state;
	assert_int_equal(loaded->report.errors, 1);
	assert_str(loaded->report.problems[0].file, "b.conf");
	assert_problem(
		loaded, 0,
		"2:9: a file that includes itself: a.conf <- b.conf <- a.conf; remove "
		"this include");
	unload(loaded);
}

/* Files without end: each includes the next one. */
static enum bel_err read_endless(void *user, struct bel_arena *arena, bel_str from,
				 bel_str name, bel_str *out, bel_str *path)
{
	char buf[64];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	unsigned *count = user;

	(void)from;
	(void)name;
	++*count;
	bel_write_format(&writer, "include f%u\ninclude g%u\n", *count, *count);
	*out = bel_arena_copy(arena, bel_writer_str(&writer));
	writer.len = 0;
	bel_write_format(&writer, "n%u", *count);
	*path = bel_arena_copy(arena, bel_writer_str(&writer));
	return BEL_OK;
}

static void depth_and_number_of_files_are_bounded(void **state)
{
	struct loaded *loaded = load("", NULL);
	unsigned count = 0;

	(void)state;
	loaded->reader = (struct bel_conf_reader){ .read = read_endless, .user = &count };
	loaded->opts.text = BEL_STR("include x");
	load_again(loaded);
	assert_int_equal(loaded->err, BEL_ERR_SYNTAX);
	assert_int_equal(count, 1000);
	assert_str(loaded->report.problems[0].text,
		   "files included more than 16 deep, or more than 1000 of them");
	unload(loaded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_included_file_stands_where_it_is_included),
		cmocka_unit_test(a_cycle_is_named_in_full),
		cmocka_unit_test(depth_and_number_of_files_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
