/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/cmd.h"

const struct cmd bel_cmds[] = {
	{ "dev", bel_cmd_dev, "[--lan] [--listen SPEC]",
	  "a server that works at once, in ./belfry-dev, with users alice, bob and carol",
	  "serve" },
	{ "run", bel_cmd_run,
	  "[--config FILE] [--state DIR] [--listen SPEC] [--workers N]",
	  "the server, in the foreground", "serve" },
	{ "init", bel_cmd_init, "[FILE]", "write a sample configuration", "serve" },
	{ "check", bel_cmd_check, "[FILE]", "say what is wrong in a configuration",
	  "serve" },
	{ "fmt", bel_cmd_fmt, "[FILE]", "lay a configuration out in the one way",
	  "serve" },
	{ "reload", bel_cmd_remote, "", "have the server read its configuration again",
	  "serve" },
	{ "status", bel_cmd_remote, "[--json]", "what the server is doing", "look" },
	{ "metrics", bel_cmd_remote, "", "its figures, for Prometheus", "look" },
	{ "explain", bel_cmd_remote,
	  "FROM TO [--method M] [--source IP] [--json|--mermaid]",
	  "where a call would go, rule by rule", "look" },
	{ "why", bel_cmd_remote, "[CALL] [--json]", "what was decided about a past call",
	  "look" },
	{ "reg", bel_cmd_reg, "list|show|watch|add|remove ...", "who is registered where",
	  "manage" },
	{ "user", bel_cmd_user, "list|add|passwd|remove ...", "accounts", "manage" },
	{ "ban", bel_cmd_remote, "list | remove ADDRESS",
	  "sources that guessed passwords", "manage" },
	{ "options", bel_cmd_options, "URI",
	  "ask a SIP server or phone for a sign of life", "call" },
	{ "version", bel_cmd_version, "", "the version", "help" },
	{ "help", bel_cmd_help, "[COMMAND]", "this list", "help" },
	{ "manual", bel_cmd_manual, "", "the manual page, as scdoc", NULL },
};
const unsigned bel_cmds_count = BEL_COUNT_OF(bel_cmds);

int bel_cmd_fail(const char *format, ...)
{
	va_list args;

	fputs("belfry: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return EXIT_UNABLE;
}

static const struct cmd *find_cmd(bel_str name)
{
	for (unsigned i = 0; i < bel_cmds_count; i++)
		if (bel_str_is_equal(bel_str_from(bel_cmds[i].name), name))
			return &bel_cmds[i];
	return NULL;
}

static const char *closest(bel_str name)
{
	unsigned best = 3;
	const char *found = NULL;

	for (unsigned i = 0; i < bel_cmds_count; i++) {
		unsigned distance = bel_str_distance(bel_str_from(bel_cmds[i].name),
						     name);
		if (bel_cmds[i].group && distance < best) {
			best = distance;
			found = bel_cmds[i].name;
		}
	}
	return found;
}

/* Options that take a value, wherever they stand. */
static bool take_value(struct args *args, bel_str name, const char *value)
{
	uint64_t number;

	if (bel_str_is_equal(name, BEL_STR("--config"))) {
		args->config = value;
	} else if (bel_str_is_equal(name, BEL_STR("--state"))) {
		args->state = value;
	} else if (bel_str_is_equal(name, BEL_STR("--listen"))) {
		if (args->listens_count < LISTENS_MAX)
			args->listens[args->listens_count++] = bel_str_from(value);
	} else if (bel_str_is_equal(name, BEL_STR("--workers"))) {
		if (bel_str_to_u64(&number, bel_str_from(value), 64) || number == 0) {
			bel_cmd_fail("--workers takes a number from 1 to 64, not %s",
				     value);
			exit(EXIT_UNABLE);
		}
		args->workers = (unsigned)number;
	} else {
		return false;
	}
	return true;
}

static bool take_flag(struct args *args, bel_str name)
{
	if (bel_str_is_equal(name, BEL_STR("--json")))
		args->is_json = true;
	else if (bel_str_is_equal(name, BEL_STR("--lan")))
		args->is_lan = true;
	else if (bel_str_is_equal(name, BEL_STR("--quiet")))
		args->is_quiet = true;
	else
		return false;
	return true;
}

static bool needs_value(bel_str name)
{
	static const char *const names[] = { "--config", "--state", "--listen",
					     "--workers" };

	for (size_t i = 0; i < BEL_COUNT_OF(names); i++)
		if (bel_str_is_equal(name, bel_str_from(names[i])))
			return true;
	return false;
}

static int parse(struct args *args, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		bel_str word = bel_str_from(argv[i]);
		if (needs_value(word)) {
			if (i + 1 == argc)
				return bel_cmd_fail("%s needs a value", argv[i]);
			take_value(args, word, argv[++i]);
		} else if (take_flag(args, word)) {
			continue;
		} else if (!args->command) {
			args->command = argv[i];
		} else if (args->rest_count < REST_MAX) {
			args->rest[args->rest_count++] = word;
		} else {
			return bel_cmd_fail("too many words");
		}
	}
	return EXIT_YES;
}

int bel_cmd_main(int argc, char **argv)
{
	struct args args = { .command = NULL };
	const struct cmd *cmd;
	int status = parse(&args, argc, argv);

	if (status)
		return status;
	if (!args.command ||
	    bel_str_is_equal(bel_str_from(args.command), BEL_STR("--help")) ||
	    bel_str_is_equal(bel_str_from(args.command), BEL_STR("-h")))
		return bel_cmd_help(&args);
	if (bel_str_is_equal(bel_str_from(args.command), BEL_STR("--version")))
		return bel_cmd_version(&args);
	cmd = find_cmd(bel_str_from(args.command));
	if (!cmd) {
		const char *meant = closest(bel_str_from(args.command));
		return bel_cmd_fail("unknown command \"%s\"%s%s%s", args.command,
				    meant ? ": did you mean " : "; see belfry help",
				    meant ? meant : "", meant ? "?" : "");
	}
	for (unsigned i = 0; i < args.rest_count; i++)
		if (bel_str_is_equal(args.rest[i], BEL_STR("--help"))) {
			printf("belfry %s %s\n  %s\n", cmd->name, cmd->usage, cmd->help);
			return EXIT_YES;
		}
	return cmd->run(&args);
}
