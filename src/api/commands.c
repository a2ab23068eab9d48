/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/api_int.h"

enum { ARENA_BUDGET_BYTES = 4 << 20 };

static const struct {
	const char *name;
	int (*run)(const struct command *command);
} table[] = {
	{ "status", bel_command_status }, { "metrics", bel_command_metrics },
	{ "reload", bel_command_reload }, { "explain", bel_command_explain },
	{ "why", bel_command_why },       { "reg", bel_command_reg },
	{ "user", bel_command_user },     { "ban", bel_command_ban },
};

bel_str bel_command_option(const struct command *command, const char *name)
{
	for (unsigned i = 0; i + 1 < command->count; i++)
		if (bel_str_is_equal(command->words[i], bel_str_from(name)))
			return command->words[i + 1];
	return BEL_STR_NONE;
}

int bel_command_refuse(const struct command *command, int status, const char *format, ...)
{
	char text[512];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	bel_str line = { text, len < 0                     ? 0
			       : (size_t)len < sizeof text ? (size_t)len
							   : sizeof text - 1 };
	bel_sink_reserve(command->sink, line.len * 6 + 64);
	if (command->is_json) {
		bel_write_lit(&command->sink->writer, "{\"error\":\"");
		bel_write_json(&command->sink->writer, line);
		bel_write_lit(&command->sink->writer, "\"}\n");
	} else {
		bel_write_str(&command->sink->writer, line);
		bel_write_char(&command->sink->writer, '\n');
	}
	return status;
}

int bel_commands_run(struct bel_api *api, struct sink *sink, const bel_str *words,
		     unsigned count)
{
	bel_str kept[WORDS_MAX];
	struct bel_arena arena;
	struct command command = {
		.api = api, .sink = sink, .words = kept, .arena = &arena
	};
	int status = -1;

	for (unsigned i = 0; i < count; i++) {
		if (bel_str_is_equal(words[i], BEL_STR("--json")))
			command.is_json = true;
		else
			kept[command.count++] = words[i];
	}
	bel_arena_init(&arena, NULL, 0, ARENA_BUDGET_BYTES);
	for (size_t i = 0; i < BEL_COUNT_OF(table) && command.count; i++)
		if (bel_str_is_equal(kept[0], bel_str_from(table[i].name)))
			status = table[i].run(&command);
	if (status < 0)
		status = bel_command_refuse(&command, 2,
					    "this server does not know the command");
	bel_arena_fini(&arena);
	return status;
}
