/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/reg_export.h"

#include <errno.h>
#include <stdio.h>

#include "cmd/offline.h"

/* One row a column: its name and where its value comes from. */
static const struct bel_store_column columns[] = {
	{ "aor", false },          { "contact", false },   { "params", false },
	{ "instance", false },     { "path", false },      { "user_agent", false },
	{ "transport", false },    { "source", false },    { "q", true },
	{ "cseq", true },          { "reg_id", true },     { "expires_ms", true },
	{ "registered_ms", true }, { "changed_ms", true }, { "uses_flow", true },
	{ "flow_is_gone", true },  { "id", true },
};

struct copy {
	struct bel_store_export *export;
	uint64_t count;
	enum bel_err err;
};

static enum bel_err put(struct copy *copy, bel_str aor, const struct bel_binding *binding)
{
	char text[80];
	struct bel_writer source = bel_writer_init(text, sizeof text);

	if (binding->flow.peer.family)
		bel_addr_write(&source, &binding->flow.peer);
	const struct bel_store_value values[BEL_COUNT_OF(columns)] = {
		{ .text = aor },
		{ .text = binding->contact },
		{ .text = binding->params },
		{ .text = binding->instance },
		{ .text = binding->path },
		{ .text = binding->user_agent },
		{ .text = bel_sip_transport_name(binding->flow.transport) },
		{ .text = bel_writer_str(&source) },
		{ .number = binding->q },
		{ .number = binding->cseq },
		{ .number = binding->reg_id },
		{ .number = binding->expires_ms },
		{ .number = binding->registered_ms },
		{ .number = binding->changed_ms },
		{ .number = binding->uses_flow },
		{ .number = binding->flow_is_gone },
		{ .number = binding->id },
	};
	return bel_store_export_put(copy->export, values);
}

static bool on_aor(void *user, bel_str aor, const struct bel_binding *bindings,
		   unsigned count)
{
	struct copy *copy = user;

	for (unsigned i = 0; i < count && !copy->err; i++) {
		copy->err = put(copy, aor, &bindings[i]);
		copy->count++;
	}
	return !copy->err;
}

static int fail(bel_str path, enum bel_err err)
{
	if (err != BEL_ERR_EXISTS)
		return bel_cmd_fail("cannot write %.*s: %s", BEL_STR_ARG(path),
				    bel_err_text(err));
	bel_cmd_fail("%.*s is there already; it stays as it is", BEL_STR_ARG(path));
	return EXIT_NO;
}

static int copy_all(const struct args *args, struct bel_location *location, bel_str path,
		    uint64_t now_ms)
{
	struct copy copy = { .count = 0 };
	enum bel_err err = bel_store_export_open(&copy.export, path, "binding", columns,
						 BEL_COUNT_OF(columns));

	if (!err) {
		enum bel_err ended = bel_location_each(location, now_ms, on_aor, &copy);
		if (!copy.err)
			copy.err = ended;
		err = bel_store_export_close(copy.export, !copy.err);
		if (copy.err)
			err = copy.err;
	}
	if (err)
		return fail(path, err);
	printf(args->is_json ? "{\"bindings\":%llu}\n" : "%llu registrations written\n",
	       (unsigned long long)copy.count);
	return EXIT_YES;
}

int bel_reg_export(const struct args *args, bel_str path, uint64_t now_ms)
{
	struct offline offline;
	struct bel_location *location = NULL;
	int status = bel_offline_open_location(&offline, &location, args);

	if (!status)
		status = copy_all(args, location, path, now_ms);
	bel_location_close(location);
	bel_offline_close(&offline);
	return status;
}
