/* SPDX-License-Identifier: Apache-2.0 */
#include "support/support.h"

#include <errno.h>
#include <sqlite3.h>
#include <unistd.h>

#include "store/store.h"

static const struct bel_store_column columns[] = { { "name", false }, { "age", true } };

struct folder {
	char path[64], file[96], temporary[104];
};

static int set_up(void **state)
{
	struct folder *folder = calloc(1, sizeof *folder);

	*state = folder;
	snprintf(folder->path, sizeof folder->path, "/tmp/belfry-export-XXXXXX");
	assert_non_null(mkdtemp(folder->path));
	snprintf(folder->file, sizeof folder->file, "%s/out.db", folder->path);
	snprintf(folder->temporary, sizeof folder->temporary, "%s.new", folder->file);
	return 0;
}

static int tear_down(void **state)
{
	struct folder *folder = *state;

	unlink(folder->file);
	unlink(folder->temporary);
	rmdir(folder->path);
	free(folder);
	return 0;
}

static struct bel_store_export *open_with_a_row(const struct folder *folder)
{
	const struct bel_store_value values[] = { { .text = BEL_STR("al'ice") },
						  { .number = 41 } };
	struct bel_store_export *export = NULL;

	assert_int_equal(bel_store_export_open(&export, bel_str_from(folder->file),
					       "person", columns, 2),
			 BEL_OK);
	assert_int_equal(bel_store_export_put(export, values), BEL_OK);
	return export;
}

static void what_was_put_is_there_to_be_selected(void **state)
{
	const struct folder *folder = *state;
	sqlite3 *db;
	sqlite3_stmt *statement;

	assert_int_equal(bel_store_export_close(open_with_a_row(folder), true), BEL_OK);
	assert_int_equal(sqlite3_open(folder->file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT name, age + 1 FROM person", -1,
					    &statement, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(statement, 0), "al'ice");
	assert_int_equal(sqlite3_column_int(statement, 1), 42);
	assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	assert_int_not_equal(access(folder->temporary, F_OK), 0);
}

static void an_export_given_up_leaves_no_file(void **state)
{
	const struct folder *folder = *state;

	assert_int_equal(bel_store_export_close(open_with_a_row(folder), false), BEL_OK);
	assert_int_not_equal(access(folder->file, F_OK), 0);
	assert_int_not_equal(access(folder->temporary, F_OK), 0);
}

static void a_file_that_is_there_stays_as_it_is(void **state)
{
	const struct folder *folder = *state;
	struct bel_store_export *export = NULL;

	assert_int_equal(bel_store_export_close(open_with_a_row(folder), true), BEL_OK);
	assert_int_equal(bel_store_export_open(&export, bel_str_from(folder->file),
					       "person", columns, 2),
			 BEL_ERR_EXISTS);
	assert_null(export);
}

static void a_folder_that_is_not_there_is_an_error(void **state)
{
	struct bel_store_export *export = NULL;

	(void)state;
	assert_int_equal(bel_store_export_open(&export, BEL_STR("/nowhere/at/all/out.db"),
					       "person", columns, 2),
			 bel_err_from_errno(ENOENT));
	assert_null(export);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_put_is_there_to_be_selected,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_export_given_up_leaves_no_file, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_file_that_is_there_stays_as_it_is,
						set_up, tear_down),
		cmocka_unit_test(a_folder_that_is_not_there_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
