/* SPDX-License-Identifier: Apache-2.0
 * Every tests/scenario/NAME.ladder is one test. The names of some as arguments run those
 * alone. */
#include <glob.h>

#include "support/ladder/ladder.h"
#include "support/support.h"

enum { TALE_BYTES = 64 << 10, NAME_BYTES = 128 };

#define FOLDER "tests/scenario/"

static void goes_as_written(void **state)
{
	char *buf = malloc(TALE_BYTES + 1);
	struct bel_writer tale = bel_writer_init(buf, TALE_BYTES);
	bool is_right;

	assert_non_null(buf);
	is_right = bel_ladder_run(*state, &tale);
	buf[tale.len] = '\0';
	if (!is_right)
		fprintf(stderr, "%s\n%s", (const char *)*state, buf);
	free(buf);
	assert_true(is_right);
}

static bool is_wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], name))
			return true;
	return argc < 2;
}

int main(int argc, char **argv)
{
	glob_t found;
	struct CMUnitTest *tests;
	char(*names)[NAME_BYTES];
	size_t count = 0;
	int failed;

	if (glob(FOLDER "*.ladder", 0, NULL, &found))
		return 1;
	tests = calloc(found.gl_pathc, sizeof *tests);
	names = calloc(found.gl_pathc, sizeof *names);
	if (!tests || !names)
		return 1;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *path = found.gl_pathv[i];
		snprintf(names[count], NAME_BYTES, "%.*s",
			 (int)(strlen(path) - sizeof FOLDER + 1 - sizeof ".ladder" + 1),
			 path + sizeof FOLDER - 1);
		if (!is_wanted(names[count], argc, argv))
			continue;
		tests[count] = (struct CMUnitTest){ .name = names[count],
						    .test_func = goes_as_written,
						    .initial_state = found.gl_pathv[i] };
		count++;
	}
	failed = count ? _cmocka_run_group_tests("ladders", tests, count, NULL, NULL) : 1;
	globfree(&found);
	free(tests);
	free(names);
	return failed;
}
