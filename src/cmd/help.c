/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "cmd/cmd.h"

enum { MANUAL_BYTES = 256 << 10 };

static const struct {
	const char *group, *title;
} groups[] = {
	{ "serve", "A server" },
	{ "look", "Looking into it" },
	{ "manage", "Users and phones" },
	{ "call", "Asking others" },
	{ "help", "Help" },
};

int bel_cmd_version(const struct args *args)
{
	printf(args->is_json ? "{\"version\":\"%s\"}\n" : "belfry %s\n", BELFRY_VERSION);
	return EXIT_YES;
}

static bool is_of(const struct cmd *cmd, const char *group)
{
	return cmd->group &&
	       bel_str_is_equal(bel_str_from(cmd->group), bel_str_from(group));
}

void bel_cmd_print_usage(const struct cmd *cmd)
{
	printf("belfry %s%s%s\n  %s\n", cmd->name, *cmd->usage ? " " : "", cmd->usage,
	       cmd->help);
	if (cmd->more)
		printf("\n%s", cmd->more);
}

static int print_all_as_json(void)
{
	for (unsigned i = 0; i < bel_cmds_count; i++) {
		char line[1024];
		struct bel_writer writer = bel_writer_init(line, sizeof line);
		if (!bel_cmds[i].group)
			continue;
		bel_write_format(&writer, "{\"command\":\"%s\",\"usage\":\"",
				 bel_cmds[i].name);
		bel_write_json(&writer, bel_str_from(bel_cmds[i].usage));
		bel_write_lit(&writer, "\",\"help\":\"");
		bel_write_json(&writer, bel_str_from(bel_cmds[i].help));
		bel_write_lit(&writer, "\"}\n");
		fwrite(writer.buf, 1, writer.len, stdout);
	}
	return EXIT_YES;
}

static int print_all(void)
{
	printf("belfry %s - real-time communication over SIP\n\n"
	       "  first steps: belfry dev\n",
	       BELFRY_VERSION);
	for (size_t g = 0; g < BEL_COUNT_OF(groups); g++) {
		printf("\n%s\n", groups[g].title);
		for (unsigned i = 0; i < bel_cmds_count; i++)
			if (is_of(&bel_cmds[i], groups[g].group))
				printf("  %-9s %s\n", bel_cmds[i].name, bel_cmds[i].help);
	}
	printf("\nEvery command takes --state DIR (which server) and --json; belfry help "
	       "COMMAND says more.\n"
	       "Exit status 0: yes; 1: the answer is no; 2: the command could not "
	       "run.\n");
	return EXIT_YES;
}

int bel_cmd_help(const struct args *args)
{
	if (!args->rest_count)
		return args->is_json ? print_all_as_json() : print_all();
	for (unsigned i = 0; i < bel_cmds_count; i++)
		if (bel_str_is_equal(bel_str_from(bel_cmds[i].name), args->rest[0])) {
			bel_cmd_print_usage(&bel_cmds[i]);
			return EXIT_YES;
		}
	return bel_cmd_fail("unknown command \"%.*s\"; see belfry help",
			    BEL_STR_ARG(args->rest[0]));
}

int bel_cmd_manual(const struct args *args)
{
	char *buf = malloc(MANUAL_BYTES);
	struct bel_writer writer = bel_writer_init(buf, buf ? MANUAL_BYTES : 0);

	(void)args;
	bel_write_lit(&writer,
		      "BELFRY(1)\n\n# NAME\n\nbelfry - real-time communication over "
		      "SIP\n\n# COMMANDS\n\n");
	for (unsigned i = 0; i < bel_cmds_count; i++)
		if (bel_cmds[i].group)
			bel_write_format(&writer, "*%s* %s\n\t%s\n\n", bel_cmds[i].name,
					 bel_cmds[i].usage, bel_cmds[i].help);
	bel_write_lit(&writer, "# CONFIGURATION\n\n");
	bel_conf_write_manual(&writer);
	fwrite(writer.buf, 1, writer.len, stdout);
	free(buf);
	return writer.is_full ? EXIT_UNABLE : EXIT_YES;
}
