/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <time.h>

#include "cmd/offline.h"

struct walk {
	const struct args *args;
	bel_str name; /* only addresses that begin so; empty: all */
	uint64_t now_ms;
	unsigned count;
};

static bool on_aor(void *user, bel_str aor, const struct bel_binding *bindings,
		   unsigned count)
{
	struct walk *walk = user;

	if (walk->name.len && !bel_str_has_prefix(aor, walk->name))
		return true;
	for (unsigned i = 0; i < count; i++) {
		char line[BEL_BINDING_TEXT_BYTES];
		struct bel_writer writer = bel_writer_init(line, sizeof line);
		bel_binding_write(&writer, aor, &bindings[i], walk->now_ms,
				  walk->args->is_json);
		fwrite(writer.buf, 1, writer.len, stdout);
		walk->count++;
	}
	return true;
}

static int list_offline(const struct args *args, bel_str name)
{
	struct offline offline;
	struct bel_location *location = NULL;
	struct walk walk = { .args = args, .name = name };
	struct timespec now;
	int status = bel_offline_open(&offline, args, false);

	clock_gettime(CLOCK_REALTIME, &now);
	walk.now_ms = (uint64_t)now.tv_sec * 1000;
	if (!status) {
		enum bel_err err = bel_location_open(
			&location, &(struct bel_location_opts){ .store = offline.store });
		if (err)
			status = bel_cmd_fail("cannot read the registrations: %s",
					      bel_err_text(err));
	}
	if (!status)
		bel_location_each(location, walk.now_ms, on_aor, &walk);
	bel_location_close(location);
	bel_offline_close(&offline);
	return status ? status : walk.count || !name.len ? EXIT_YES : EXIT_NO;
}

int bel_cmd_reg(const struct args *args)
{
	bel_str verb = args->rest_count ? args->rest[0] : BEL_STR("list");
	bool is_show = bel_str_is_equal(verb, BEL_STR("show")) && args->rest_count > 1;
	bel_str words[REST_MAX + 2];
	unsigned count = 0;
	int status;

	words[count++] = BEL_STR("reg");
	for (unsigned i = 0; i < args->rest_count; i++)
		words[count++] = args->rest[i];
	if (!args->rest_count)
		words[count++] = verb;
	if (args->is_json)
		words[count++] = BEL_STR("--json");
	if (!is_show && !bel_str_is_equal(verb, BEL_STR("list")))
		return bel_cmd_ask(args, words, count, false);
	status = bel_cmd_ask(args, words, count, true);
	return status < 0 ? list_offline(args, is_show ? args->rest[1] : BEL_STR_NONE)
			  : status;
}
