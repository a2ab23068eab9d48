/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/ways.h"

enum { STUN_PORT = 3478 };

static const char *const options[WAYS_SERVERS] = {
	[WAYS_STUN] = "--stun", [WAYS_TURN] = "--turn"
};

/* ---- the command line ---- */

/* "host", "host:port", "[::1]:port": looked up as one of SIP with a port is, by address
 * records alone (RFC 3263 section 4.2). */
static bool read_host(struct ways_server *server, bel_str host, uint16_t port,
		      struct bel_arena *arena)
{
	size_t size = host.len + sizeof "sip::3478";
	char *buf = bel_arena_alloc(arena, size);
	struct bel_writer writer = bel_writer_init(buf, buf ? size : 0);

	bel_write_lit(&writer, "sip:");
	bel_write_str(&writer, host);
	if (bel_uri_parse(&server->uri, bel_writer_str(&writer)) || server->uri.user.len)
		return false;
	server->text = host;
	if (!server->uri.port)
		server->uri.port = port;
	return true;
}

static bool fail(unsigned which, bel_str value)
{
	bel_cmd_fail("%s takes no \"%.*s\": %s", options[which], BEL_STR_ARG(value),
		     which == WAYS_TURN
			     ? "[USER:PASSWORD@]HOST[:PORT][?transport=tcp], or "
			       "turns:HOST"
			     : "HOST[:PORT]");
	return false;
}

static bool read_login(struct ways *ways, bel_str login,
		       const struct bel_auth_account *account)
{
	size_t colon = bel_str_find(login, ':');

	if (!login.len && account) {
		ways->servers.turn_user = account->username;
		ways->servers.turn_password = account->password;
		return true;
	}
	if (colon == login.len || colon == 0) {
		bel_cmd_fail("--turn asks for a user: --turn USER:PASSWORD@HOST");
		return false;
	}
	ways->servers.turn_user = bel_str_slice(login, 0, colon);
	ways->servers.turn_password = bel_str_slice(login, colon + 1, login.len);
	return true;
}

/* A password may have an '@' in it, a host has none. */
static size_t find_host(bel_str value)
{
	for (size_t at = value.len; at > 0; at--)
		if (value.ptr[at - 1] == '@')
			return at;
	return 0;
}

bool ways_read(struct ways *out, const struct args *args,
	       const struct bel_auth_account *account, struct bel_arena *arena)
{
	bel_str stun = bel_cmd_option(args, options[WAYS_STUN]);
	bel_str turn = bel_cmd_option(args, options[WAYS_TURN]);
	size_t host = find_host(turn);
	struct bel_path_turn_words words;

	out->offers_ice = bel_cmd_has_flag(args, "--ice") || stun.len || turn.len;
	if (stun.len && !read_host(&out->wanted[WAYS_STUN], stun, STUN_PORT, arena))
		return fail(WAYS_STUN, stun);
	if (!turn.len)
		return true;
	if (bel_path_turn_parse(&words, bel_str_slice(turn, host, turn.len)) ||
	    !read_host(&out->wanted[WAYS_TURN], words.host, words.port, arena))
		return fail(WAYS_TURN, turn);
	out->servers.turn_transport = words.transport;
	return read_login(out, bel_str_slice(turn, 0, host ? host - 1 : 0), account);
}

/* ---- looking them up ---- */

static void go_on(struct ways *ways)
{
	for (unsigned i = 0; i < WAYS_SERVERS; i++)
		if (ways->wanted[i].is_finding)
			return;
	if (!ways->is_beginning)
		ways->on_ready(ways->user, !ways->has_failed);
}

static void on_targets(struct bel_targets_query *query, enum bel_err err,
		       const struct bel_hop *hops, unsigned count)
{
	struct ways_server *server = BEL_CONTAINER_OF(query, struct ways_server, query);
	struct ways *ways = server->ways;
	bool is_stun = server == &ways->wanted[WAYS_STUN];

	(void)count;
	server->is_finding = false;
	if (err) {
		bel_cmd_fail("%s: %.*s: %s", options[is_stun ? WAYS_STUN : WAYS_TURN],
			     BEL_STR_ARG(server->text), bel_err_text(err));
		ways->has_failed = true;
	} else if (is_stun) {
		ways->servers.stun = hops[0].addr;
	} else {
		ways->servers.turn = hops[0].addr;
		ways->servers.turn_name = server->uri.host;
		ways->servers.turn_tls = ways->tls;
	}
	go_on(ways);
}

void ways_find(struct ways *ways, struct bel_lib *lib,
	       void (*on_ready)(void *user, bool is_fine), void *user)
{
	ways->on_ready = on_ready;
	ways->user = user;
	ways->tls = bel_lib_tls(lib);
	ways->is_beginning = true;
	for (unsigned i = 0; i < WAYS_SERVERS; i++) {
		struct ways_server *server = &ways->wanted[i];
		if (!server->text.len)
			continue;
		server->ways = ways;
		server->is_finding = true;
		server->query.on_targets = on_targets;
		bel_targets_find(bel_lib_targets(lib), &server->query, &server->uri, 0);
	}
	ways->is_beginning = false;
	go_on(ways);
}

/* ---- how they answered ---- */

static const char *remedy_of(enum bel_err err, unsigned code)
{
	switch (err) {
	case BEL_ERR_AGAIN:
	case BEL_ERR_TIMEOUT:
		return "no answer; is it there, and does it speak UDP?";
	case BEL_ERR_DENIED:
		return code == 401 ? "wrong user or password" : "it may not be used";
	case BEL_ERR_BUSY:
		return "no room, or too much for this user";
	case BEL_ERR_MISMATCH:
		return "it does not know this password";
	default:
		return bel_err_text(err);
	}
}

static void say(const struct ways_server *server, unsigned which, enum bel_err err,
		unsigned code)
{
	if (server->text.len && err)
		bel_cmd_fail("%s %.*s does not help: %.0u%s%s", options[which],
			     BEL_STR_ARG(server->text), code, code ? ", " : "",
			     remedy_of(err, code));
}

void ways_say(const struct ways *ways, const struct bel_path *path)
{
	struct bel_path_servers_report report;

	bel_path_servers_report(&report, path);
	say(&ways->wanted[WAYS_STUN], WAYS_STUN, report.stun, 0);
	say(&ways->wanted[WAYS_TURN], WAYS_TURN, report.turn, report.turn_code);
}
