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

void bel_metrics_write(struct bel_node *node, struct sink *sink)
{
	bel_node_counters(node, write_metric, sink);
}

int bel_command_metrics(const struct command *command)
{
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
		bel_sink_format(sink, "  %-26s %12llu   %s\n", counter->name,
				(unsigned long long)counter->value, counter->help);
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
					 : "belfry %s, up %llu s\n",
			BELFRY_VERSION, (unsigned long long)up_s);
	if (command->is_json)
		bel_sink_format(sink, ",\"listen\":[");
	for (unsigned i = 0; i < count; i++) {
		char text[80];
		struct bel_writer writer = bel_writer_init(text, sizeof text);
		bel_addr_write(&writer, &listeners[i].local);
		bel_str kind = bel_sip_transport_name(listeners[i].transport);
		bel_sink_format(
			sink, command->is_json ? "%s\"%.*s %.*s\"" : "%s  %-4.*s %.*s\n",
			command->is_json && i ? "," : "", BEL_STR_ARG(kind),
			BEL_STR_ARG(bel_writer_str(&writer)));
	}
	if (command->is_json)
		bel_sink_format(sink, "]");
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

	bel_sink_str(command->sink, bel_writer_str(&told));
	return err ? 1 : 0;
}

/* ---- explain and why ---- */

static bel_str as_uri(const struct command *command, bel_str word)
{
	char buf[512];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	struct bel_conf *conf = bel_node_conf(command->api->opts.node);
	unsigned own_count;
	const bel_addr *own = bel_node_own(command->api->opts.node, &own_count);
	struct bel_uri uri;

	if (bel_uri_parse(&uri, word) == BEL_OK && uri.scheme != BEL_URI_OTHER) {
		bel_conf_unref(conf);
		return word;
	}
	bel_write_lit(&writer, "sip:");
	bel_write_str(&writer, word);
	if (bel_str_find(word, '@') == word.len) {
		bel_write_char(&writer, '@');
		if (conf->domains_count)
			bel_write_str(&writer, conf->domains[0].name);
		else if (own_count)
			bel_addr_write_uri_host(&writer, &own[0]);
	}
	bel_conf_unref(conf);
	return bel_arena_copy(command->arena, bel_writer_str(&writer));
}

/* Who asks is taken for who he says he is, when it is a user of ours; a foreign caller
 * proves nothing. */
static void set_identity(const struct command *command, struct bel_facts *facts)
{
	struct bel_user user;
	char buf[BEL_USER_NAME_BYTES_MAX];
	struct bel_writer name = bel_writer_init(buf, sizeof buf);
	struct bel_conf *conf = bel_node_conf(command->api->opts.node);
	unsigned own_count;
	const bel_addr *own = bel_node_own(command->api->opts.node, &own_count);

	facts->identity = BEL_IDENTITY_NONE;
	bel_uri_user_unescape(&name, facts->from.user);
	if (bel_route_is_own(conf, own, own_count, &facts->from) &&
	    bel_users_find(bel_node_users(command->api->opts.node), bel_writer_str(&name),
			   command->arena, &user) == BEL_OK) {
		facts->identity = BEL_IDENTITY_VALID;
		facts->identity_user = user.name;
	}
	bel_conf_unref(conf);
}

int bel_command_explain(const struct command *command)
{
	bel_str method = bel_command_option(command, "--method");
	bel_str source = bel_command_option(command, "--source");
	struct bel_facts facts = { .max_forwards = 70, .transport = BEL_SIP_UDP };
	struct bel_plan plan;
	bool is_mermaid = false;

	for (unsigned i = 1; i < command->count; i++)
		is_mermaid |= bel_str_is_equal(command->words[i], BEL_STR("--mermaid"));
	if (command->count < 3)
		return bel_command_refuse(command, 2,
					  "explain FROM TO [--method M] "
					  "[--source IP] [--mermaid]");
	if (bel_uri_parse(&facts.from, as_uri(command, command->words[1])) ||
	    bel_uri_parse(&facts.target, as_uri(command, command->words[2])))
		return bel_command_refuse(command, 2, "FROM and TO are users or URIs");
	if (bel_addr_parse(&facts.source, source.len ? source : BEL_STR("198.51.100.1"),
			   5060))
		return bel_command_refuse(command, 2, "--source is an address");
	facts.to = facts.target;
	facts.method_text = method.len ? method : BEL_STR("INVITE");
	facts.method = bel_sip_method_find(facts.method_text);
	set_identity(command, &facts);
	if (bel_node_explain(command->api->opts.node, &plan, command->arena, &facts))
		return bel_command_refuse(command, 2, "there is no memory for that");
	bel_sink_reserve(command->sink, SINK_BYTES);
	if (command->is_json) {
		bel_plan_write_json(&command->sink->writer, &plan);
	} else if (is_mermaid) {
		bel_plan_write_mermaid(&command->sink->writer, &plan);
	} else {
		bel_sink_format(command->sink, "%.*s %.*s\n",
				BEL_STR_ARG(facts.method_text),
				BEL_STR_ARG(facts.target.text));
		bel_plan_write(&command->sink->writer, &plan);
	}
	return plan.kind == BEL_PLAN_REJECT || plan.kind == BEL_PLAN_DROP ||
			       plan.kind == BEL_PLAN_CHALLENGE
		       ? 1
		       : 0;
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
					 : "%-40.*s %6llu s\n",
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
