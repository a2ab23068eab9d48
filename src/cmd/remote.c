/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/cmd.h"

static bool has_control(const char *state)
{
	char path[PATH_BYTES];
	struct bel_writer writer = bel_writer_init(path, sizeof path - 1);

	bel_write_text(&writer, state);
	bel_write_lit(&writer, "/control");
	path[writer.len] = '\0';
	return !writer.is_full && access(path, F_OK) == 0;
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

int bel_cmd_ask(const struct args *args, const bel_str *words, unsigned count,
		bool is_optional)
{
	const char *state = bel_cmd_find_state(args);
	char path[PATH_BYTES];
	struct bel_writer writer = bel_writer_init(path, sizeof path - 1);
	int status = EXIT_UNABLE;
	enum bel_err err;

	bel_write_text(&writer, state);
	bel_write_lit(&writer, "/control");
	path[writer.len] = '\0';
	err = bel_api_ask(&status, path, words, count, STDOUT_FILENO);
	if (!err)
		return status;
	if (is_optional && ((int)err == -ENOENT || (int)err == -ECONNREFUSED))
		return -1;
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
