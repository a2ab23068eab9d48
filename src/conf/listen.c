/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/load.h"

#include <errno.h>

static const struct transport {
	const char *name;
	unsigned transport; /* 0: not in this version */
	uint16_t port;
} transports[] = {
	{ "udp", BEL_CONF_UDP, 5060 },
	{ "tcp", BEL_CONF_TCP, 5060 },
	{ "tls", BEL_CONF_TLS, 5061 },
	{ "http", BEL_CONF_HTTP, 8080 },
	{ "ws", 0, 0 },
	{ "wss", 0, 0 },
	{ "https", 0, 0 },
	{ "dtls", 0, 0 },
	{ "sctp", 0, 0 },
};

static const struct transport *find_transport(struct bel_conf_report *report,
					      const struct bel_conf_token *token)
{
	struct bel_conf_guess guess = bel_conf_guess_init(token->text);

	for (size_t i = 0; i < BEL_COUNT_OF(transports); i++) {
		bel_str name = bel_str_from(transports[i].name);
		if (transports[i].transport)
			bel_conf_guess_add(&guess, name);
		if (!bel_str_is_equal(name, token->text))
			continue;
		if (transports[i].transport)
			return &transports[i];
		bel_conf_complain(report, token, "%s: not in this version",
				  transports[i].name);
		bel_conf_remedy(report, "known are: udp tcp tls http");
		return NULL;
	}
	bel_conf_complain(report, token, "\"%.*s\" is no transport",
			  BEL_CONF_SHOW(token->text));
	if (!bel_conf_guess_remedy(report, &guess))
		bel_conf_remedy(report, "known are: udp tcp tls http");
	return NULL;
}

/* Where to listen: an address, or every one of both families. */
struct place {
	struct bel_conf_token token;
	bool is_any;
	bel_addr addr; /* port 0: the transport's own, when has_port is false */
	bool has_port;
};

static void complain_address(struct bel_conf_report *report,
			     const struct bel_conf_token *token)
{
	uint64_t port = 0;

	if (!bel_str_to_u64(&port, token->text, UINT16_MAX)) {
		bel_conf_complain(report, token, "%.*s is not an address",
				  BEL_CONF_SHOW(token->text));
		bel_conf_remedy(report, "write :%.*s for that port on all addresses",
				BEL_CONF_SHOW(token->text));
		return;
	}
	bel_conf_complain(report, token, "\"%.*s\" is not an address to listen on",
			  BEL_CONF_SHOW(token->text));
	bel_conf_remedy(report, "write it like :5060, 192.0.2.1:5060 or [::1]:5060");
}

/* ":5060" or an address with or without a port. */
static bool read_place(struct bel_conf_loader *loader, struct place *place)
{
	bel_str text = place->token.text;
	uint64_t port = 0;
	bel_addr zero, other;

	if (text.len && text.ptr[0] == ':' && text.len <= 6 &&
	    bel_str_to_u64(&port, bel_str_slice(text, 1, text.len), UINT16_MAX) ==
		    BEL_OK) {
		place->is_any = place->has_port = true;
		place->addr.port = (uint16_t)port;
		return true;
	}
	/* What the missing port becomes tells whether one is there. */
	if (bel_addr_parse(&zero, text, 0) || bel_addr_parse(&other, text, 1)) {
		complain_address(loader->report, &place->token);
		return false;
	}
	place->addr = zero;
	place->has_port = zero.port == other.port;
	return true;
}

static void add_listen(struct bel_conf_loader *loader, const struct transport *transport,
		       const struct place *place, bel_addr addr)
{
	struct bel_conf_listen *listen = BEL_CONF_ADD(loader, listens,
						      struct bel_conf_listen);
	struct bel_conf_token *mark = BEL_CONF_ADD(loader, listen_marks,
						   struct bel_conf_token);

	if (!listen || !mark)
		return;
	addr.port = place->has_port ? place->addr.port : transport->port;
	*listen = (struct bel_conf_listen){ .at = bel_conf_at_of(loader, &place->token),
					    .transport = transport->transport,
					    .addr = addr };
	*mark = place->token;
}

static void add_transport(struct bel_conf_loader *loader,
			  const struct transport *transport, const struct place *place)
{
	if (!place->is_any) {
		add_listen(loader, transport, place, place->addr);
		return;
	}
	add_listen(loader, transport, place, bel_addr_v4(0, 0, 0, 0, 0));
	add_listen(loader, transport, place, (bel_addr){ .family = 6 });
}

/* "udp,tcp": one listener each. */
static void add_transports(struct bel_conf_loader *loader,
			   const struct bel_conf_token *names, const struct place *place)
{
	size_t from = 0;

	while (from <= names->text.len) {
		bel_str rest = bel_str_slice(names->text, from, names->text.len);
		size_t to = from + bel_str_find(rest, ',');
		struct bel_conf_token name = bel_conf_token_part(names, from, to);
		const struct transport *transport = find_transport(loader->report, &name);
		if (!transport)
			return;
		add_transport(loader, transport, place);
		from = to + 1;
	}
}

/* TRANSPORTS:ADDRESS, as on the command line. */
static void take_joined(struct bel_conf_loader *loader,
			const struct bel_conf_token *token)
{
	size_t colon = bel_str_find(token->text, ':');
	struct bel_conf_token names = bel_conf_token_part(token, 0, colon);
	struct place place = { .token = bel_conf_token_part(token, colon + 1,
							    token->text.len) };
	bool is_address = colon == 0 || bel_char_is_digit(token->text.ptr[0]) ||
			  token->text.ptr[0] == '[';

	if (is_address || colon >= token->text.len) {
		bel_conf_complain(loader->report, token, "listen wants %s",
				  is_address ? "a transport in front of the address"
					     : "an address behind the transport");
		bel_conf_remedy(loader->report,
				is_address ? "write: listen udp,tcp %.*s"
					   : "write: listen %.*s :5060",
				BEL_CONF_SHOW(token->text));
		return;
	}
	if (place.token.text.len && place.token.text.ptr[0] != ':' &&
	    !bel_str_to_u64(&(uint64_t){ 0 }, place.token.text, UINT16_MAX)) {
		/* "udp:5060": nothing else can be meant. */
		place.token = bel_conf_token_part(token, colon, token->text.len);
	}
	if (read_place(loader, &place))
		add_transports(loader, &names, &place);
}

static void take_listen(struct bel_conf_loader *loader, const struct bel_conf_word *word,
			struct bel_conf_scope *scope,
			const struct bel_conf_statement *statement)
{
	(void)scope;
	if (bel_conf_is_misshapen(loader, word, statement, 1, 2))
		return;
	if (statement->count == 2) {
		take_joined(loader, &statement->words[1]);
		return;
	}
	struct place place = { .token = statement->words[2] };
	if (read_place(loader, &place))
		add_transports(loader, &statement->words[1], &place);
}

static void take_text(struct bel_conf_loader *loader, bel_str name, bel_str text)
{
	struct bel_conf_file *file = BEL_ARENA_NEW(&loader->scratch,
						   struct bel_conf_file);

	if (!file) {
		loader->err = -ENOMEM;
		return;
	}
	*file = (struct bel_conf_file){ .name = name,
					.text = bel_conf_keep(loader, text) };
	struct bel_conf_token token = { .kind = BEL_CONF_WORD,
					.line = 1,
					.column = 1,
					.text = file->text,
					.raw = file->text,
					.file = file };
	take_joined(loader, &token);
}

void bel_conf_listens_finish(struct bel_conf_loader *loader)
{
	const struct bel_conf_opts *opts = loader->opts;

	if (opts->listens_count)
		loader->listens.count = loader->listen_marks.count = 0;
	for (unsigned i = 0; i < opts->listens_count; i++)
		take_text(loader, BEL_STR("--listen"), opts->listens[i]);
	if (loader->listens.count || loader->report->errors)
		return;
	loader->is_default = true;
	take_text(loader, BEL_STR("default"), BEL_STR("udp,tcp::5060"));
	loader->is_default = false;
}

static bool listens_differ(const struct bel_conf *a, const struct bel_conf *b)
{
	bool is_same = a->listens_count == b->listens_count;

	for (unsigned i = 0; i < a->listens_count && is_same; i++)
		is_same = a->listens[i].transport == b->listens[i].transport &&
			  bel_addr_is_equal(&a->listens[i].addr, &b->listens[i].addr);
	return !is_same;
}

static const struct bel_conf_word rows[] = {
	{ .name = "listen",
	  .kind = BEL_CONF_TAKE,
	  .is_at_start = true,
	  .differs = listens_differ,
	  .may_repeat = true,
	  .form = "TRANSPORT[,TRANSPORT...] ADDRESS",
	  .otherwise = "udp,tcp :5060",
	  .sample = "udp,tcp :5060",
	  .also = "bind port address udpbindaddr bindaddr sip-port transport interface",
	  .take = take_listen,
	  .help = "Where calls come in: udp, tcp, tls or http, and an address with a "
		  "port; "
		  ":5060 is that port on every address, IPv4 and IPv6." },
};
const struct bel_conf_words bel_conf_words_listen = BEL_CONF_WORDS("Listening", rows);
