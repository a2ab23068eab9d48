/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api_int.h"

struct walk {
	const struct command *command;
	unsigned count;
};

static const char *side_name(enum bel_relay_side side)
{
	return side == BEL_RELAY_CALLER ? "caller" : "callee";
}

static double lost_percent(const struct bel_relay_leg *leg)
{
	return leg->expected ? 100.0 * (double)leg->lost / (double)leg->expected : 0;
}

/* ---- for people ---- */

static void write_party(struct sink *sink, bel_str uri)
{
	char buf[256];
	struct bel_writer text = bel_writer_init(buf, sizeof buf);

	if (!uri.len)
		uri = BEL_STR("?");
	bel_write_escaped(&text, uri);
	bel_sink_str(sink, bel_writer_str(&text));
}

static void write_leg(struct sink *sink, const struct bel_relay_leg *leg)
{
	const bel_addr *where = leg->remote.family ? &leg->remote : &leg->announced;
	char buf[80];
	struct bel_writer addr = bel_writer_init(buf, sizeof buf);

	bel_addr_write(&addr, where);
	bel_sink_format(sink, "  %s  %-21.*s  %-12s  %llu packets", side_name(leg->side),
			BEL_STR_ARG(bel_writer_str(&addr)),
			bel_relay_keying_text(leg->keying),
			(unsigned long long)leg->packets);
	if (leg->expected)
		bel_sink_format(sink, "  lost %.1f %%  jitter %.1f ms  MOS %.1f",
				lost_percent(leg), leg->jitter_us / 1000.0, leg->mos);
	if (leg->is_fast)
		bel_sink_str(sink, BEL_STR("  by the kernel"));
	bel_sink_str(sink, BEL_STR("\n"));
	if (leg->verdict != BEL_RELAY_FINE)
		bel_sink_format(sink, "          no sound: %s - %s\n",
				bel_relay_verdict_text(leg->verdict),
				bel_relay_verdict_remedy(leg->verdict));
}

static void write_text(struct sink *sink, const struct bel_node_call *call)
{
	uint64_t age_s = call->age_ms / 1000;

	write_party(sink, call->from);
	bel_sink_str(sink, BEL_STR(" -> "));
	write_party(sink, call->to);
	bel_sink_format(sink, "  %llu:%02llu  %s  Call-ID ",
			(unsigned long long)age_s / 60, (unsigned long long)age_s % 60,
			call->is_answered ? "answered" : "not answered yet");
	write_party(sink, call->call_id);
	bel_sink_str(sink, BEL_STR("\n"));
	for (unsigned i = 0; i < call->legs_count; i++)
		write_leg(sink, &call->legs[i]);
}

/* ---- for programs ---- */

static void write_json_text(struct sink *sink, const char *before, bel_str text)
{
	bel_sink_reserve(sink, text.len * 6 + 64);
	bel_write_text(&sink->writer, before);
	bel_write_json(&sink->writer, text);
}

static void write_json_addr(struct sink *sink, const char *before, const bel_addr *addr)
{
	char buf[80];
	struct bel_writer text = bel_writer_init(buf, sizeof buf);

	if (addr->family)
		bel_addr_write(&text, addr);
	write_json_text(sink, before, bel_writer_str(&text));
}

static void write_json_leg(struct sink *sink, const struct bel_relay_leg *leg)
{
	bel_sink_format(
		sink,
		"{\"side\":\"%s\",\"stream\":%u,\"keys\":\"%s\","
		"\"packets\":%llu,\"foreign\":%llu,\"unreadable\":%llu,"
		"\"by_kernel\":%s,\"lost_percent\":%.2f,\"jitter_ms\":%.2f,\"mos\":%.2f",
		side_name(leg->side), leg->stream, bel_relay_keying_text(leg->keying),
		(unsigned long long)leg->packets, (unsigned long long)leg->foreign,
		(unsigned long long)leg->unreadable, leg->is_fast ? "true" : "false",
		lost_percent(leg), leg->jitter_us / 1000.0, leg->mos);
	write_json_addr(sink, ",\"here\":\"", &leg->outer);
	write_json_addr(sink, "\",\"announced\":\"", &leg->announced);
	write_json_addr(sink, "\",\"remote\":\"", &leg->remote);
	write_json_text(sink, "\",\"verdict\":\"",
			leg->verdict == BEL_RELAY_FINE
				? BEL_STR("fine")
				: bel_str_from(bel_relay_verdict_text(leg->verdict)));
	bel_sink_str(sink, BEL_STR("\"}"));
}

static void write_json(struct sink *sink, const struct bel_node_call *call)
{
	write_json_text(sink, "{\"call_id\":\"", call->call_id);
	write_json_text(sink, "\",\"from\":\"", call->from);
	write_json_text(sink, "\",\"to\":\"", call->to);
	bel_sink_format(sink, "\",\"age_ms\":%llu,\"answered\":%s,\"legs\":[",
			(unsigned long long)call->age_ms,
			call->is_answered ? "true" : "false");
	for (unsigned i = 0; i < call->legs_count; i++) {
		if (i)
			bel_sink_str(sink, BEL_STR(","));
		write_json_leg(sink, &call->legs[i]);
	}
	bel_sink_str(sink, BEL_STR("]}\n"));
}

/* ---- the command ---- */

static void on_call(void *user, const struct bel_node_call *call)
{
	struct walk *walk = user;

	walk->count++;
	if (walk->command->is_json)
		write_json(walk->command->sink, call);
	else
		write_text(walk->command->sink, call);
}

int bel_command_calls(const struct command *command)
{
	struct walk walk = { .command = command };
	enum bel_err err = bel_node_calls(command->api->opts.node, on_call, &walk);

	if (err)
		return bel_command_refuse(command, 1, "the calls cannot be told: %s",
					  bel_err_text(err));
	if (!walk.count && !command->is_json)
		bel_sink_str(command->sink,
			     BEL_STR("no call has its media carried here\n"));
	return 0;
}
