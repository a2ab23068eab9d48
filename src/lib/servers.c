/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/lib_int.h"

enum { STUN_PORT = 3478 };

static bool is_stun(const struct bel_server *server)
{
	return server == &server->agent->servers.stun;
}

static void on_targets(struct bel_targets_query *query, enum bel_err err,
		       const struct bel_hop *hops, unsigned count)
{
	struct bel_server *server = BEL_CONTAINER_OF(query, struct bel_server, query);
	struct bel_path_servers *found = &server->agent->servers.found;

	(void)count;
	server->is_finding = false;
	if (err)
		bel_fail(server->agent, err, "the server %.*s is not found",
			 BEL_STR_ARG(server->uri.host));
	else if (is_stun(server))
		found->stun = hops[0].addr;
	else {
		found->turn = hops[0].addr;
		found->turn_name = server->uri.host;
		found->turn_tls = bel_lib_tls(server->agent->lib);
	}
}

/* Looked up as one of SIP with a port is, by address records alone (RFC 3263 section
 * 4.2). */
static enum belfry_error find(struct bel_server *server, struct belfry_agent *agent,
			      bel_str host, uint16_t port)
{
	char *buf = bel_arena_alloc(&agent->arena, host.len + sizeof "sip:");
	struct bel_writer uri = bel_writer_init(buf, buf ? host.len + 4 : 0);

	if (!host.len)
		return BELFRY_OK;
	bel_write_lit(&uri, "sip:");
	bel_write_str(&uri, host);
	server->agent = agent;
	if (uri.is_full || bel_uri_parse(&server->uri, bel_writer_str(&uri)) ||
	    server->uri.user.len)
		return bel_fail(agent, BEL_ERR_SYNTAX, "\"%.*s\" is no server",
				BEL_STR_ARG(host));
	if (!server->uri.port)
		server->uri.port = port;
	server->is_finding = true;
	server->query.on_targets = on_targets;
	bel_targets_find(bel_lib_targets(agent->lib), &server->query, &server->uri, 0);
	return BELFRY_OK;
}

static enum belfry_error find_turn(struct bel_servers *servers,
				   struct belfry_agent *agent, const char *text)
{
	struct bel_path_turn_words words;
	enum bel_err err;

	if (!text)
		return BELFRY_OK;
	err = bel_path_turn_parse(&words, bel_str_from(text));
	if (err)
		return bel_fail(agent, err, "\"%s\" is no TURN server", text);
	servers->found.turn_transport = words.transport;
	return find(&servers->turn, agent, words.host, words.port);
}

enum belfry_error bel_servers_open(struct belfry_agent *agent,
				   const struct belfry_agent_options *options)
{
	struct bel_servers *servers = &agent->servers;
	enum belfry_error error;

	if (options->stun_server || options->turn_server)
		agent->opts.has_ice = true;
	servers->found.turn_user = bel_arena_copy(&agent->arena,
						  bel_str_from(options->turn_user));
	servers->found.turn_password = bel_arena_copy(
		&agent->arena, bel_str_from(options->turn_password));
	error = find(&servers->stun, agent, bel_str_from(options->stun_server),
		     STUN_PORT);
	return error ? error : find_turn(servers, agent, options->turn_server);
}

static void cancel(struct belfry_agent *agent, struct bel_server *server)
{
	if (server->is_finding)
		bel_targets_cancel(bel_lib_targets(agent->lib), &server->query);
	server->is_finding = false;
}

void bel_servers_close(struct belfry_agent *agent)
{
	cancel(agent, &agent->servers.stun);
	cancel(agent, &agent->servers.turn);
}

void bel_servers_tell(struct belfry_agent *agent, const struct bel_path *path)
{
	struct bel_path_servers_report report;

	bel_path_servers_report(&report, path);
	if (report.stun)
		bel_fail(agent, report.stun, "STUN does not help");
	if (report.turn)
		bel_fail(agent, report.turn, "TURN does not help, %u", report.turn_code);
}
