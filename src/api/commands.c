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
	{ "calls", bel_command_calls },
};

bel_str bel_command_option(const struct command *command, const char *name)
{
	for (unsigned i = 0; i + 1 < command->count; i++)
		if (bel_str_is_equal(command->words[i], bel_str_from(name)))
			return command->words[i + 1];
	return BEL_STR_NONE;
}

bel_str bel_command_word(const struct command *command, unsigned index)
{
	static const char *const with_value[] = { "--method", "--source", "--expires" };

	for (unsigned i = 0; i < command->count; i++) {
		bel_str word = command->words[i];
		bool is_option = bel_str_has_prefix(word, BEL_STR("--"));
		for (size_t k = 0; k < BEL_COUNT_OF(with_value); k++)
			i += bel_str_is_equal(word, bel_str_from(with_value[k]));
		if (!is_option && index-- == 0)
			return word;
	}
	return BEL_STR_NONE;
}

/* JSON knows yes from no by its status; a person reads the text alone. */
int bel_command_tell(const struct command *command, int status, bel_str text)
{
	struct bel_writer *writer = &command->sink->writer;

	bel_sink_reserve(command->sink, text.len * 6 + 64);
	if (!command->is_json) {
		bel_write_str(writer, text);
		return status;
	}
	bel_write_text(writer, status ? "{\"error\":\"" : "{\"ok\":\"");
	bel_write_json(writer, bel_str_trim(text));
	bel_write_lit(writer, "\"}\n");
	return status;
}

int bel_command_refuse(const struct command *command, int status, const char *format, ...)
{
	char text[512];
	va_list args;
	bel_str said;

	va_start(args, format);
	said = bel_str_format(text, sizeof text - 1, format, args);
	va_end(args);
	text[said.len] = '\n';
	return bel_command_tell(command, status, (bel_str){ text, said.len + 1 });
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
