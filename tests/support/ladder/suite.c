/* SPDX-License-Identifier: Apache-2.0 */
#include <glob.h>

#include "support/ladder/ladder.h"
#include "support/support.h"

enum { TALE_BYTES = 64 << 10, NAME_BYTES = 128, NOTHING_RAN = 77 };

#define FOLDER "tests/scenario/"

struct part {
	const char *path;
	char name[NAME_BYTES];
	enum bel_ladder_ground ground;
	bool is_left_out;
};

static void goes_as_written(void **state)
{
	struct part *part = *state;
	char *buf = malloc(TALE_BYTES + 1);
	struct bel_writer tale = bel_writer_init(buf, TALE_BYTES);
	enum bel_ladder_end how;

	assert_non_null(buf);
	how = bel_ladder_run(part->path, part->ground, &tale);
	buf[tale.len] = '\0';
	part->is_left_out = how == BEL_LADDER_LEFT_OUT;
	if (part->is_left_out)
		print_message("left out: %s: %s\n", part->name, buf);
	else if (how)
		fprintf(stderr, "%s\n%s", part->path, buf);
	free(buf);
	if (part->is_left_out)
		skip();
	assert_int_equal(how, BEL_LADDER_RIGHT);
}

static bool is_wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], name))
			return true;
	return argc < 2;
}

static size_t choose(struct part *parts, const glob_t *found,
		     enum bel_ladder_ground ground, int argc, char **argv)
{
	size_t count = 0;

	for (size_t i = 0; i < found->gl_pathc; i++) {
		struct part *part = &parts[count];
		*part = (struct part){ .path = found->gl_pathv[i], .ground = ground };
		snprintf(part->name, NAME_BYTES, "%.*s",
			 (int)(strlen(part->path) - sizeof FOLDER + 1 - sizeof ".ladder" +
			       1),
			 part->path + sizeof FOLDER - 1);
		count += is_wanted(part->name, argc, argv);
	}
	return count;
}

static int run_parts(struct part *parts, size_t count)
{
	struct CMUnitTest *tests = calloc(count, sizeof *tests);
	size_t left_out = 0;
	int failed;

	if (!tests)
		return 1;
	for (size_t i = 0; i < count; i++)
		tests[i] = (struct CMUnitTest){ .name = parts[i].name,
						.test_func = goes_as_written,
						.initial_state = &parts[i] };
	failed = _cmocka_run_group_tests("ladders", tests, count, NULL, NULL);
	free(tests);
	for (size_t i = 0; i < count; i++)
		left_out += parts[i].is_left_out;
	print_message("%zu ladders, %zu left out\n", count, left_out);
	if (failed)
		return 1;
	return left_out == count ? NOTHING_RAN : 0;
}

int bel_ladder_suite(enum bel_ladder_ground ground, int argc, char **argv)
{
	glob_t found;
	struct part *parts;
	size_t count;
	int status = 1;

	if (glob(FOLDER "*.ladder", 0, NULL, &found))
		return 1;
	parts = calloc(found.gl_pathc, sizeof *parts);
	count = parts ? choose(parts, &found, ground, argc, argv) : 0;
	if (count)
		status = run_parts(parts, count);
	globfree(&found);
	free(parts);
	return status;
}
