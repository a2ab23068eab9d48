/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/load.h"

#include <errno.h>

enum { PORTS_MIN = 16, NETS_MAX = 64 };

static void take_secret(struct bel_conf_loader *loader, const struct bel_conf_word *word,
			struct bel_conf_scope *scope,
			const struct bel_conf_statement *statement)
{
	struct bel_conf_token *kept;

	(void)scope;
	if (bel_conf_is_misshapen(loader, word, statement, 1, 1))
		return;
	if (!statement->words[1].text.len) {
		bel_conf_complain(loader->report, &statement->words[1],
				  "an empty secret");
		bel_conf_remedy(loader->report,
				"`openssl rand -hex 32` makes a good one");
		return;
	}
	kept = BEL_CONF_ADD(loader, turn_secrets, struct bel_conf_token);
	if (kept)
		*kept = statement->words[1];
}

static void take_nets(struct bel_conf_loader *loader, const struct bel_conf_word *word,
		      struct bel_conf_list *list,
		      const struct bel_conf_statement *statement)
{
	if (bel_conf_is_misshapen(loader, word, statement, 1, NETS_MAX))
		return;
	for (unsigned i = 1; i < statement->count; i++) {
		const struct bel_conf_token *token = &statement->words[i];
		struct bel_conf_net net = { .at = bel_conf_at_of(loader, token) };
		struct bel_conf_net *kept;
		if (!bel_conf_net_read(loader, &net, token))
			continue;
		kept = bel_conf_list_add(loader, list, sizeof *kept);
		if (!kept)
			return;
		*kept = net;
	}
}

static void take_allow(struct bel_conf_loader *loader, const struct bel_conf_word *word,
		       struct bel_conf_scope *scope,
		       const struct bel_conf_statement *statement)
{
	const struct bel_conf_net *nets;
	unsigned before = loader->turn_allowed.count;

	(void)scope;
	take_nets(loader, word, &loader->turn_allowed, statement);
	nets = loader->turn_allowed.items;
	for (unsigned i = before; i < loader->turn_allowed.count; i++) {
		if (nets[i].prefix_bits)
			continue;
		bel_conf_warn(loader->report, &statement->words[1],
			      "users may send to every address that this machine "
			      "reaches");
		bel_conf_remedy(loader->report, "name the networks where phones are");
	}
}

static void take_deny(struct bel_conf_loader *loader, const struct bel_conf_word *word,
		      struct bel_conf_scope *scope,
		      const struct bel_conf_statement *statement)
{
	(void)scope;
	take_nets(loader, word, &loader->turn_denied, statement);
}

static void take_ports(struct bel_conf_loader *loader, const struct bel_conf_word *word,
		       struct bel_conf_scope *scope,
		       const struct bel_conf_statement *statement)
{
	struct bel_conf *conf = scope->base;

	if (!bel_conf_is_misshapen(loader, word, statement, 1, 1))
		bel_conf_ports_read(loader, &conf->turn.port_min, &conf->turn.port_max,
				    &statement->words[1], PORTS_MIN, "49152-65535");
}

/* At most one address of each family: what a relay is called is not a matter of choice.
 */
static void take_public(struct bel_conf_loader *loader, const struct bel_conf_word *word,
			struct bel_conf_scope *scope,
			const struct bel_conf_statement *statement)
{
	bel_addr *addrs, *kept;

	(void)scope;
	if (bel_conf_is_misshapen(loader, word, statement, 1, 2))
		return;
	for (unsigned i = 1; i < statement->count; i++) {
		const struct bel_conf_token *token = &statement->words[i];
		bel_addr addr;
		if (bel_addr_parse_host(&addr, token->text)) {
			bel_conf_complain(loader->report, token,
					  "\"%.*s\" is not an address",
					  BEL_CONF_SHOW(token->text));
			bel_conf_remedy(loader->report,
					"write it without a port: 203.0.113.7");
			return;
		}
		addrs = loader->turn_publics.items;
		if (loader->turn_publics.count && addrs[0].family == addr.family) {
			bel_conf_complain(loader->report, token,
					  "a second address of the same family");
			bel_conf_remedy(loader->report, "name one of IPv4, and one of "
							"IPv6 where there is one");
			return;
		}
		kept = BEL_CONF_ADD(loader, turn_publics, bel_addr);
		if (!kept)
			return;
		*kept = addr;
	}
}

static bool listens_differ(const struct bel_conf *a, const struct bel_conf *b)
{
	return bel_conf_listens_differ(a->turn.listens, a->turn.listens_count,
				       b->turn.listens, b->turn.listens_count);
}

static bool publics_differ(const struct bel_conf *a, const struct bel_conf *b)
{
	bool is_same = a->turn.publics_count == b->turn.publics_count;

	for (unsigned i = 0; i < a->turn.publics_count && is_same; i++)
		is_same = bel_addr_is_equal(&a->turn.publics[i], &b->turn.publics[i]);
	return !is_same;
}

static const struct bel_conf_word turn_rows[] = {
	{ .name = "listen",
	  .kind = BEL_CONF_TAKE,
	  .is_at_start = true,
	  .differs = listens_differ,
	  .may_repeat = true,
	  .form = "TRANSPORT[,TRANSPORT...] ADDRESS",
	  .otherwise = "udp,tcp :3478",
	  .sample = "udp,tcp :3478",
	  .also = "listening-port listening-ip tls-listening-port port bind",
	  .take = bel_conf_turn_listen_take,
	  .help = "Where TURN and STUN are served: udp, tcp or tls, and an address with "
		  "a port; tls has the certificate of `tls`, and :5349 is its usual "
		  "port." },
	{ .name = "secret",
	  .kind = BEL_CONF_TAKE,
	  .may_repeat = true,
	  .form = "file:PATH|env:NAME|TEXT",
	  .sample = "file:turn.secret",
	  .otherwise = "users of this server only, with their passwords",
	  .also = "static-auth-secret use-auth-secret auth_secret shared_secret",
	  .take = take_secret,
	  .help = "Lets in whoever has a time-limited credential made with it: the user "
		  "name is UNIXTIME:NAME, the password base64(HMAC-SHA1(secret, user "
		  "name)). Several: a new one beside the old." },
	{ .name = "allow",
	  .kind = BEL_CONF_TAKE,
	  .may_repeat = true,
	  .form = "ADDRESS[/LENGTH]...",
	  .sample = "10.0.0.0/8",
	  .otherwise = "peers with global addresses alone",
	  .also = "allowed-peer-ip allow-loopback-peers permit",
	  .take = take_allow,
	  .help = "Peers that may be sent to although their addresses are not global: "
		  "private networks where phones are." },
	{ .name = "deny",
	  .kind = BEL_CONF_TAKE,
	  .may_repeat = true,
	  .form = "ADDRESS[/LENGTH]...",
	  .sample = "198.18.0.0/15",
	  .also = "denied-peer-ip block",
	  .take = take_deny,
	  .help = "Peers that are never sent to, whatever else is said." },
	{ .name = "relays",
	  .kind = BEL_CONF_COUNT,
	  .form = "COUNT per user",
	  .standard = "10 per user",
	  .unit = "per user",
	  .min = 1,
	  .max = 10000,
	  .also = "user-quota quota allocations",
	  .offset = offsetof(struct bel_conf, turn.relays_max),
	  .help = "Relayed addresses that a user may have at a time." },
	{ .name = "bytes",
	  .kind = BEL_CONF_COUNT,
	  .form = "COUNT per second|unlimited",
	  .standard = "1250000 per second",
	  .unit = "per second",
	  .zero = "unlimited",
	  .min = 1000,
	  .max = 1000000000,
	  .also = "max-bps bps-capacity bandwidth rate",
	  .offset = offsetof(struct bel_conf, turn.bytes_per_s),
	  .help = "What all relays of a user may carry in a second, both ways together; "
		  "what is more is dropped." },
	{ .name = "ports",
	  .kind = BEL_CONF_TAKE,
	  .form = "FIRST-LAST",
	  .standard = "49152-65535",
	  .also = "min-port max-port",
	  .take = take_ports,
	  .help = "The UDP ports of relays, for the firewall." },
	{ .name = "public",
	  .kind = BEL_CONF_TAKE,
	  .is_at_start = true,
	  .differs = publics_differ,
	  .form = "ADDRESS [ADDRESS]",
	  .sample = "203.0.113.7",
	  .otherwise = "`public` of the server, else the address of the machine",
	  .also = "external-ip externip relay-ip",
	  .take = take_public,
	  .help = "The address of relays as the world sees it, behind a NAT: one of "
		  "IPv4, one of IPv6." },
	{ .name = "mobility", .kind = BEL_CONF_LATER, .help = "RFC 8016." },
	{ .name = "userhash",
	  .kind = BEL_CONF_FLAG,
	  .standard = "off",
	  .offset = offsetof(struct bel_conf, turn.has_userhash),
	  .help = "Asks clients that can to send a hash of the user's name and not the "
		  "name (RFC 8489 section 9.2). Not asked where there is a `secret`: "
		  "whose name holds a time is found by no hash." },
};
static const struct bel_conf_words turn_words = BEL_CONF_WORDS("TURN", turn_rows);
static const struct bel_conf_place turn_place = {
	"turn", (const struct bel_conf_words *const[]){ &turn_words, NULL }
};

static const struct bel_conf_word rows[] = {
	{ .name = "turn",
	  .kind = BEL_CONF_GROUP,
	  .is_switch = true,
	  .is_at_start = true,
	  .otherwise = "no TURN",
	  .sample = "",
	  .also = "coturn turnserver stun",
	  .block = &turn_place,
	  .offset = offsetof(struct bel_conf, turn.is_on),
	  .help = "Serves TURN: relayed addresses for users behind NATs, and STUN. The "
		  "word alone will do." },
};
const struct bel_conf_words bel_conf_words_turn = BEL_CONF_WORDS("TURN", rows);

void bel_conf_turn_finish(struct bel_conf_loader *loader)
{
	const struct bel_conf_token *tokens = loader->turn_secrets.items;
	unsigned count = loader->turn_secrets.count;
	bel_str *secrets;

	if (!count)
		return;
	secrets = bel_arena_alloc(&loader->conf->arena, count * sizeof *secrets);
	if (!secrets) {
		loader->err = -ENOMEM;
		return;
	}
	for (unsigned i = 0; i < count; i++)
		secrets[i] = bel_conf_password_keep(loader, &tokens[i]);
	loader->conf->turn.secrets = secrets;
	loader->conf->turn.secrets_count = count;
}
