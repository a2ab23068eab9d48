/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <time.h>

#include "api/api_int.h"

static uint64_t wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- metrics ---- */

static void write_metric(void *user, const struct bel_node_counter *counter)
{
	struct sink *sink = user;
	const char *suffix = counter->is_gauge ? "" : "_total";

	bel_sink_format(sink, "# HELP belfry_%s%s %s\n# TYPE belfry_%s%s %s\n",
			counter->name, suffix, counter->help, counter->name, suffix,
			counter->is_gauge ? "gauge" : "counter");
	bel_sink_format(sink, "belfry_%s%s %llu\n", counter->name, suffix,
			(unsigned long long)counter->value);
}

static void write_metric_json(void *user, const struct bel_node_counter *counter)
{
	bel_sink_format(user,
			"{\"name\":\"%s\",\"kind\":\"%s\",\"value\":%llu,"
			"\"help\":\"%s\"}\n",
			counter->name, counter->is_gauge ? "gauge" : "counter",
			(unsigned long long)counter->value, counter->help);
}

void bel_metrics_write(struct bel_node *node, struct sink *sink)
{
	bel_node_counters(node, write_metric, sink);
}

int bel_command_metrics(const struct command *command)
{
	if (command->is_json)
		bel_node_counters(command->api->opts.node, write_metric_json,
				  command->sink);
	else
		bel_metrics_write(command->api->opts.node, command->sink);
	return 0;
}

/* ---- status ---- */

struct status_walk {
	const struct command *command;
	bool has_one;
};

static void write_status(void *user, const struct bel_node_counter *counter)
{
	struct status_walk *walk = user;
	struct sink *sink = walk->command->sink;

	if (walk->command->is_json)
		bel_sink_format(sink, ",\"%s\":%llu", counter->name,
				(unsigned long long)counter->value);
	else if (counter->value || counter->is_gauge)
		bel_sink_format(sink, "%s\t%llu\t%s\n", counter->name,
				(unsigned long long)counter->value, counter->help);
}

/* Where TURN is served, in the form of `listen`. */
static void write_turn(const struct command *command)
{
	static const char *const kinds[] = { "UDP", "TCP", "TLS", "DTLS" };
	struct bel_nat_listener listeners[64];
	unsigned count = bel_node_turn_listeners(command->api->opts.node, listeners, 64);

	if (command->is_json)
		bel_sink_format(command->sink, ",\"turn\":[");
	for (unsigned i = 0; i < count; i++) {
		char text[80];
		struct bel_writer writer = bel_writer_init(text, sizeof text);
		bel_addr_write(&writer, &listeners[i].local);
		bel_sink_format(command->sink,
				command->is_json ? "%s\"%s %.*s\"" : "%sturn\t%s\t%.*s\n",
				command->is_json && i ? "," : "",
				kinds[listeners[i].transport],
				BEL_STR_ARG(bel_writer_str(&writer)));
	}
	if (command->is_json)
		bel_sink_format(command->sink, "]");
}

int bel_command_status(const struct command *command)
{
	struct bel_api *api = command->api;
	struct bel_transport_listener listeners[64];
	unsigned count = bel_node_listeners(api->opts.node, listeners, 64);
	uint64_t up_s = (wall_ms() - api->opts.started_ms) / 1000;
	struct status_walk walk = { .command = command };
	struct sink *sink = command->sink;

	bel_sink_format(sink,
			command->is_json ? "{\"version\":\"%s\",\"up_s\":%llu"
					 : "belfry\t%s\tup %llu s\n",
			BELFRY_VERSION, (unsigned long long)up_s);
	if (command->is_json)
		bel_sink_format(sink, ",\"listen\":[");
	for (unsigned i = 0; i < count; i++) {
		char text[80];
		struct bel_writer writer = bel_writer_init(text, sizeof text);
		bel_addr_write(&writer, &listeners[i].local);
		bel_str kind = bel_sip_transport_name(listeners[i].transport);
		bel_sink_format(sink,
				command->is_json ? "%s\"%.*s %.*s\""
						 : "%slisten\t%.*s\t%.*s\n",
				command->is_json && i ? "," : "", BEL_STR_ARG(kind),
				BEL_STR_ARG(bel_writer_str(&writer)));
	}
	if (command->is_json)
		bel_sink_format(sink, "]");
	write_turn(command);
	bel_node_counters(api->opts.node, write_status, &walk);
	if (command->is_json)
		bel_sink_format(sink, "}\n");
	return 0;
}

int bel_command_reload(const struct command *command)
{
	struct bel_api *api = command->api;
	char text[8192];
	struct bel_writer told = bel_writer_init(text, sizeof text);
	enum bel_err err = api->opts.reload(api->opts.user, &told);

	if (err || command->is_json)
		return bel_command_tell(command, err ? 1 : 0, bel_writer_str(&told));
	bel_sink_str(command->sink, bel_writer_str(&told));
	return 0;
}

/* ---- explain and why ---- */

static enum bel_err plan(void *user, struct bel_plan *out, struct bel_arena *arena,
			 struct bel_facts *facts)
{
	const struct command *command = user;

	return bel_node_explain(command->api->opts.node, out, arena, facts);
}

int bel_command_explain(const struct command *command)
{
	struct bel_node *node = command->api->opts.node;
	struct bel_conf *conf = bel_node_conf(node);
	struct bel_explain explain = { .from = bel_command_word(command, 1),
				       .to = bel_command_word(command, 2),
				       .method = bel_command_option(command, "--method"),
				       .source = bel_command_option(command, "--source"),
				       .conf = conf,
				       .users = bel_node_users(node),
				       .arena = command->arena,
				       .plan = plan,
				       .user = (void *)command };
	const char *wrong = NULL;
	int status;

	explain.own = bel_node_own(node, &explain.own_count);
	explain.form = command->is_json ? BEL_EXPLAIN_JSON : BEL_EXPLAIN_TEXT;
	for (unsigned i = 1; i < command->count; i++)
		if (bel_str_is_equal(command->words[i], BEL_STR("--mermaid")))
			explain.form = BEL_EXPLAIN_MERMAID;
	bel_sink_reserve(command->sink, SINK_BYTES);
	status = bel_explain_write(&command->sink->writer, &explain, &wrong);
	bel_conf_unref(conf);
	return wrong ? bel_command_refuse(command, status, "%s", wrong) : status;
}

int bel_command_why(const struct command *command)
{
	bel_str call_id = command->count > 1 ? command->words[1] : BEL_STR("last");
	enum bel_err err;

	bel_sink_reserve(command->sink, SINK_BYTES);
	err = bel_node_why(command->api->opts.node, call_id, &command->sink->writer,
			   command->is_json);
	if (err == BEL_ERR_EXISTS)
		return bel_command_refuse(
			command, 1, "several calls begin with %.*s: give more of it",
			BEL_STR_ARG(call_id));
	if (err == BEL_ERR_NOT_FOUND)
		return bel_command_refuse(command, 1, "no call %.*s is remembered",
					  BEL_STR_ARG(call_id));
	if (err)
		return bel_command_refuse(command, 1, "%s", bel_err_text(err));
	return 0;
}

/* ---- ban ---- */

static void write_ban(void *user, const bel_addr *source, uint64_t left_ms)
{
	const struct command *command = user;
	char text[64];
	struct bel_writer writer = bel_writer_init(text, sizeof text);

	bel_addr_write_host(&writer, source);
	bel_sink_format(command->sink,
			command->is_json ? "{\"source\":\"%.*s\",\"left_s\":%llu}\n"
					 : "%.*s\t%llu s\n",
			BEL_STR_ARG(bel_writer_str(&writer)),
			(unsigned long long)(left_ms / 1000));
}

int bel_command_ban(const struct command *command)
{
	struct bel_guard *guard = bel_node_guard(command->api->opts.node);
	bel_str verb = command->count > 1 ? command->words[1] : BEL_STR("list");
	bel_addr source;

	if (bel_str_is_equal(verb, BEL_STR("list"))) {
		bel_guard_bans(guard, bel_loop_clock_ms(), write_ban, (void *)command);
		return 0;
	}
	if (!bel_str_is_equal(verb, BEL_STR("remove")) || command->count < 3 ||
	    bel_addr_parse_host(&source, command->words[2]))
		return bel_command_refuse(command, 2, "ban list | ban remove ADDRESS");
	if (!bel_guard_pardon(guard, &source))
		return bel_command_refuse(command, 1, "%.*s is not banned",
					  BEL_STR_ARG(command->words[2]));
	return 0;
}
