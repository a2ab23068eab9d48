/* SPDX-License-Identifier: Apache-2.0
 * reg: the server is asked; what only looks reads the files without one. */
#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cmd/offline.h"
#include "cmd/reg_export.h"
#include "cmd/table.h"

struct walk {
	const struct args *args;
	bel_str name; /* an address, or the user of one; empty: all */
	uint64_t now_ms;
	unsigned count;
	struct table table;
};

static bool is_asked_for(const struct walk *walk, bel_str aor)
{
	return !walk->name.len || bel_str_is_equal(aor, walk->name) ||
	       (bel_str_has_prefix(aor, walk->name) && aor.ptr[walk->name.len] == '@');
}

static bool on_aor(void *user, bel_str aor, const struct bel_binding *bindings,
		   unsigned count)
{
	struct walk *walk = user;

	if (!is_asked_for(walk, aor))
		return true;
	for (unsigned i = 0; i < count; i++) {
		char line[BEL_BINDING_TEXT_BYTES];
		struct bel_writer writer = bel_writer_init(line, sizeof line);
		bel_binding_write(&writer, aor, &bindings[i], walk->now_ms,
				  walk->args->is_json);
		table_put(&walk->table, bel_writer_str(&writer));
		walk->count++;
	}
	return true;
}

static uint64_t wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000;
}

static int say_none(const struct args *args, bel_str name)
{
	char quoted[1024];
	struct bel_writer json = bel_writer_init(quoted, sizeof quoted);

	bel_write_json(&json, name);
	if (args->is_json)
		printf("{\"error\":\"%.*s has no phone registered\"}\n",
		       BEL_STR_ARG(bel_writer_str(&json)));
	else
		printf("%.*s has no phone registered\n", BEL_STR_ARG(name));
	return EXIT_NO;
}

static int list_offline(const struct args *args, bel_str name)
{
	struct offline offline;
	struct bel_location *location = NULL;
	struct walk walk = { .args = args, .name = name, .now_ms = wall_ms() };
	int status = bel_offline_open_location(&offline, &location, args);

	if (bel_str_has_prefix(name, BEL_STR("sip:")))
		walk.name = bel_str_slice(name, 4, name.len);
	if (!status) {
		table_init(&walk.table, BEL_BINDING_TITLES,
			   !args->is_json && isatty(STDOUT_FILENO), false);
		bel_location_each(location, walk.now_ms, on_aor, &walk);
		table_fini(&walk.table, EXIT_YES);
		if (!walk.count && name.len)
			status = say_none(args, name);
	}
	bel_location_close(location);
	bel_offline_close(&offline);
	return status;
}

static int export_all(const struct args *args)
{
	bel_str path = bel_cmd_option(args, "--sqlite");

	if (!path.len)
		return bel_cmd_fail("where to? belfry reg export --sqlite FILE");
	return bel_reg_export(args, path, wall_ms());
}

int bel_cmd_reg(const struct args *args)
{
	bel_str verb = bel_cmd_word(args, 0);
	bel_str words[REST_MAX + 2];
	unsigned count = 0;
	int status;

	if (!verb.len)
		verb = BEL_STR("list");
	if (bel_str_is_equal(verb, BEL_STR("export")))
		return export_all(args);
	words[count++] = BEL_STR("reg");
	for (unsigned i = 0; i < args->rest_count; i++)
		words[count++] = args->rest[i];
	if (!args->rest_count)
		words[count++] = verb;
	if (args->is_json)
		words[count++] = BEL_STR("--json");
	bool is_show = bel_str_is_equal(verb, BEL_STR("show")) &&
		       bel_cmd_word(args, 1).len;
	if (!is_show && !bel_str_is_equal(verb, BEL_STR("list")))
		return bel_cmd_ask(args, words, count, false);
	status = bel_cmd_ask(args, words, count, true);
	return status < 0 ? list_offline(args,
					 is_show ? bel_cmd_word(args, 1) : BEL_STR_NONE)
			  : status;
}
