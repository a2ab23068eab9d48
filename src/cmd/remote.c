/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/table.h"

static void write_control(char path[PATH_BYTES], const char *state)
{
	struct bel_writer writer = bel_writer_init(path, PATH_BYTES - 1);

	bel_write_text(&writer, state);
	bel_write_lit(&writer, "/control");
	path[writer.len] = '\0';
}

static bool has_control(const char *state)
{
	char path[PATH_BYTES];

	write_control(path, state);
	return access(path, F_OK) == 0;
}

const char *bel_cmd_find_state(const struct args *args)
{
	const char *named = getenv("BELFRY_STATE");

	if (args->state)
		return args->state;
	if (has_control("belfry-dev"))
		return "belfry-dev";
	return named ? named : "/var/lib/belfry";
}

/* What stands above the columns of an answer. */
static const struct {
	const char *command, *verb, *titles;
} titles[] = {
	{ "reg", "list", BEL_BINDING_TITLES },
	{ "reg", "show", BEL_BINDING_TITLES },
	{ "user", "list", BEL_USER_TITLES },
	{ "ban", "list", "SOURCE\tLEFT" },
};

const char *bel_cmd_titles(const bel_str *words, unsigned count)
{
	for (size_t i = 0; i < BEL_COUNT_OF(titles) && count > 1; i++)
		if (bel_str_is_equal(words[0], bel_str_from(titles[i].command)) &&
		    bel_str_is_equal(words[1], bel_str_from(titles[i].verb)))
			return titles[i].titles;
	return NULL;
}

static void on_bytes(void *user, bel_str bytes)
{
	table_put(user, bytes);
}

static int fail_to_ask(const char *state, enum bel_err err)
{
	if ((int)err == -EACCES)
		return bel_cmd_fail("the server at %s is somebody else's: try with sudo",
				    state);
	if ((int)err == -ENOENT || (int)err == -ECONNREFUSED)
		return bel_cmd_fail(
			"no server at %s: start one with \"belfry run\", or name "
			"it with --state",
			state);
	return bel_cmd_fail("the server at %s did not answer: %s", state,
			    bel_err_text(err));
}

int bel_cmd_ask(const struct args *args, const bel_str *words, unsigned count,
		bool is_optional)
{
	const char *state = bel_cmd_find_state(args);
	char path[PATH_BYTES];
	bool is_streamed = count > 1 && bel_str_is_equal(words[1], BEL_STR("watch"));
	struct table table;
	int status = EXIT_UNABLE;
	enum bel_err err;

	write_control(path, state);
	table_init(&table, bel_cmd_titles(words, count),
		   !args->is_json && isatty(STDOUT_FILENO), is_streamed);
	err = bel_api_ask(&status, path, words, count, on_bytes, &table);
	table_fini(&table, err ? EXIT_NO : status);
	if (!err)
		return status;
	if (is_optional && ((int)err == -ENOENT || (int)err == -ECONNREFUSED))
		return -1;
	return fail_to_ask(state, err);
}

static void keep(void *user, bel_str bytes)
{
	bel_write_str(user, bytes);
}

bool bel_cmd_ask_into(const struct args *args, const bel_str *words, unsigned count,
		      struct bel_writer *answer)
{
	char path[PATH_BYTES];
	int status;

	write_control(path, bel_cmd_find_state(args));
	return bel_api_ask(&status, path, words, count, keep, answer) == BEL_OK;
}

int bel_cmd_remote(const struct args *args)
{
	bel_str words[REST_MAX + 2];
	unsigned count = 0;

	words[count++] = bel_str_from(args->command);
	for (unsigned i = 0; i < args->rest_count; i++)
		words[count++] = args->rest[i];
	if (args->is_json)
		words[count++] = BEL_STR("--json");
	return bel_cmd_ask(args, words, count, false);
}
