/* SPDX-License-Identifier: Apache-2.0 */
#include "api/binding_text.h"

static void json_str(struct bel_writer *writer, const char *name, bel_str value)
{
	bel_write_format(writer, ",\"%s\":\"", name);
	bel_write_json(writer, value);
	bel_write_char(writer, '"');
}

static bool has_source(const struct bel_binding *binding)
{
	return binding->flow.peer.family != 0;
}

/* The members of an object that was begun. */
static void write_json(struct bel_writer *writer, bel_str aor,
		       const struct bel_binding *binding, uint64_t left_s)
{
	char source[80];
	struct bel_writer from = bel_writer_init(source, sizeof source);

	if (has_source(binding))
		bel_addr_write(&from, &binding->flow.peer);
	bel_write_lit(writer, "\"aor\":\"");
	bel_write_json(writer, aor);
	bel_write_char(writer, '"');
	json_str(writer, "contact", binding->contact);
	json_str(writer, "instance", binding->instance);
	json_str(writer, "path", binding->path);
	json_str(writer, "user_agent", binding->user_agent);
	json_str(writer, "source", bel_writer_str(&from));
	json_str(writer, "transport", bel_sip_transport_name(binding->flow.transport));
	bel_write_format(writer,
			 ",\"q\":%u.%03u,\"expires_s\":%llu,\"cseq\":%u,\"reg_id\":%u,"
			 "\"uses_flow\":%s,\"flow_is_gone\":%s}\n",
			 binding->q / 1000u, binding->q % 1000u,
			 (unsigned long long)left_s, binding->cseq, binding->reg_id,
			 binding->uses_flow ? "true" : "false",
			 binding->flow_is_gone ? "true" : "false");
}

static void write_cells(struct bel_writer *writer, bel_str aor,
			const struct bel_binding *binding, uint64_t left_s)
{
	bel_str transport = bel_sip_transport_name(binding->flow.transport);

	bel_write_escaped(writer, aor);
	bel_write_char(writer, '\t');
	bel_write_escaped(writer, binding->contact);
	bel_write_format(writer, "\t%llu s\t", (unsigned long long)left_s);
	if (transport.len)
		bel_write_str(writer, transport);
	else
		bel_write_char(writer, '-');
	bel_write_char(writer, '\t');
	if (has_source(binding))
		bel_addr_write(writer, &binding->flow.peer);
	else
		bel_write_char(writer, '-');
	if (binding->flow_is_gone)
		bel_write_lit(writer, " (asleep)");
	bel_write_char(writer, '\t');
	bel_write_escaped(writer, binding->user_agent);
	bel_write_char(writer, '\n');
}

static uint64_t left_s(const struct bel_binding *binding, uint64_t now_ms)
{
	return binding->expires_ms > now_ms ? (binding->expires_ms - now_ms) / 1000 : 0;
}

void bel_binding_write(struct bel_writer *writer, bel_str aor,
		       const struct bel_binding *binding, uint64_t now_ms, bool is_json)
{
	if (is_json) {
		bel_write_char(writer, '{');
		write_json(writer, aor, binding, left_s(binding, now_ms));
	} else {
		write_cells(writer, aor, binding, left_s(binding, now_ms));
	}
}

void bel_binding_event_write(struct bel_writer *writer, enum bel_binding_event event,
			     bel_str aor, const struct bel_binding *binding,
			     uint64_t now_ms, bool is_json)
{
	static const struct {
		const char *sign, *name;
	} events[] = {
		[BEL_BINDING_ADDED] = { "+", "added" },
		[BEL_BINDING_CHANGED] = { "~", "changed" },
		[BEL_BINDING_REMOVED] = { "-", "removed" },
	};

	if (is_json) {
		bel_write_format(writer, "{\"event\":\"%s\",", events[event].name);
		write_json(writer, aor, binding, left_s(binding, now_ms));
	} else {
		bel_write_format(writer, "%s ", events[event].sign);
		write_cells(writer, aor, binding, left_s(binding, now_ms));
	}
}
