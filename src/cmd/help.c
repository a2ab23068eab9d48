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

int bel_cmd_help(const struct args *args)
{
	if (args->rest_count) {
		for (unsigned i = 0; i < bel_cmds_count; i++) {
			if (!bel_str_is_equal(bel_str_from(bel_cmds[i].name),
					      args->rest[0]))
				continue;
			printf("belfry %s %s\n  %s\n", bel_cmds[i].name,
			       bel_cmds[i].usage, bel_cmds[i].help);
			return EXIT_YES;
		}
		return bel_cmd_fail("unknown command \"%.*s\"; see belfry help",
				    BEL_STR_ARG(args->rest[0]));
	}
	printf("belfry %s - real-time communication over SIP\n\n"
	       "  first steps: belfry dev\n",
	       BELFRY_VERSION);
	for (size_t g = 0; g < BEL_COUNT_OF(groups); g++) {
		printf("\n%s\n", groups[g].title);
		for (unsigned i = 0; i < bel_cmds_count; i++)
			if (is_of(&bel_cmds[i], groups[g].group))
				printf("  %-9s %s\n", bel_cmds[i].name, bel_cmds[i].help);
	}
	printf("\nEvery command takes --state DIR (which server) and --json.\n");
	return EXIT_YES;
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
