/* SPDX-License-Identifier: Apache-2.0
 * Wrong configurations, a file each in tests/data/conf/wrong. The last lines of a file
 * say what is to be said about it:
 *   #= FILE:LINE:COLUMN: TEXT
 *   #= REMEDY */
#include "conf_support.h"

#include <dirent.h>

#define FOLDER "tests/data/conf/wrong/"

/* Files of the folder under their bare names. */
static enum bel_err read_bare(void *user, struct bel_arena *arena, bel_str from,
			      bel_str name, bel_str *out, bel_str *path)
{
	char buf[512];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	bel_str full;
	enum bel_err err;

	(void)from;
	bel_write_lit(&writer, FOLDER);
	bel_write_str(&writer, name);
	err = bel_conf_reader_files.read(user, arena, BEL_STR_NONE,
					 bel_writer_str(&writer), out, &full);
	if (!err)
		*path = bel_arena_copy(arena, name);
	return err;
}

/* The certificates of the folder are sentences. */
static enum bel_err check_pair(void *user, bel_str cert, bel_str key)
{
	size_t of = bel_str_find(cert, ' ');

	(void)user;
	if (!bel_str_has_prefix(cert, BEL_STR("certificate")))
		return BEL_ERR_SYNTAX;
	return bel_str_has_suffix(key, bel_str_slice(cert, of, cert.len))
		       ? BEL_OK
		       : BEL_ERR_MISMATCH;
}

/* The expectation that begins at or after the cursor. */
static bel_str next_expected(struct bel_cursor *cursor)
{
	while (!bel_cursor_is_end(cursor)) {
		bel_str line = bel_cursor_until_char(cursor, '\n');
		bel_cursor_take(cursor, '\n');
		if (bel_str_has_prefix(line, BEL_STR("#= ")))
			return bel_str_slice(line, 3, line.len);
	}
	return BEL_STR("");
}

static bool is_said(bel_str file, const struct bel_conf_report *report)
{
	const struct bel_conf_problem *problem = &report->problems[0];
	struct bel_cursor cursor = bel_cursor_init(file);
	bel_str place = next_expected(&cursor), remedy = next_expected(&cursor);
	char buf[1024];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	if (report->count != 1)
		return false;
	bel_write_str(&writer, problem->file);
	bel_write_format(&writer, ":%u:%u: ", problem->line, problem->column);
	bel_write_str(&writer, problem->text);
	return bel_str_is_equal(bel_writer_str(&writer), place) &&
	       bel_str_is_equal(problem->remedy, remedy);
}

static bool check_file(bel_str name)
{
	struct loaded *loaded = load("", NULL);
	char buf[4096];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	struct bel_arena arena;
	bel_str text, path;

	loaded->reader = (struct bel_conf_reader){
		.read = read_bare,
		.environment = bel_conf_reader_files.environment,
		.check_pair = check_pair
	};
	loaded->opts = (struct bel_conf_opts){ .path = name, .reader = &loaded->reader };
	load_again(loaded);
	bel_arena_init(&arena, NULL, 0, 1 << 20);
	assert_int_equal(read_bare(NULL, &arena, BEL_STR_NONE, name, &text, &path),
			 BEL_OK);
	bool is_right = loaded->err == BEL_ERR_SYNTAX && is_said(text, &loaded->report);
	if (!is_right) {
		for (unsigned i = 0; i < loaded->report.count; i++)
			bel_conf_problem_write(&writer, &loaded->report.problems[i]);
		print_error("%.*s: error %d, %u problems\n%.*s", BEL_STR_ARG(name),
			    loaded->err, loaded->report.count,
			    BEL_STR_ARG(bel_writer_str(&writer)));
	}
	bel_arena_fini(&arena);
	unload(loaded);
	return is_right;
}

static void each_is_reported_once_at_its_place_with_its_remedy(void **state)
{
	DIR *folder = opendir(FOLDER);
	unsigned files = 0, wrong = 0;

	(void)state;
	assert_non_null(folder);
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		bel_str name = bel_str_from(entry->d_name);
		if (!bel_str_has_suffix(name, BEL_STR(".conf")))
			continue;
		files++;
		wrong += !check_file(name);
	}
	closedir(folder);
	assert_int_equal(wrong, 0);
	assert_true(files >= 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_reported_once_at_its_place_with_its_remedy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
