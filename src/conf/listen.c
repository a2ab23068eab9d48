/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/load.h"

#include <errno.h>

struct transport {
	const char *name;
	unsigned transport; /* 0: not in this version */
	uint16_t port;
};

/* What is listened for, and where in the loader its items are collected. */
struct service {
	const struct transport *transports;
	size_t count;
	const char *known;
	size_t listens, marks;
};

static const struct transport sip_transports[] = {
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
static const struct service sip = {
	.transports = sip_transports,
	.count = BEL_COUNT_OF(sip_transports),
	.known = "udp tcp tls http",
	.listens = offsetof(struct bel_conf_loader, listens),
	.marks = offsetof(struct bel_conf_loader, listen_marks),
};

static const struct transport turn_transports[] = {
	{ "udp", BEL_CONF_UDP, 3478 },
	{ "tcp", BEL_CONF_TCP, 3478 },
	{ "tls", BEL_CONF_TLS, 5349 },
	{ "dtls", 0, 0 },
};
static const struct service turn = {
	.transports = turn_transports,
	.count = BEL_COUNT_OF(turn_transports),
	.known = "udp tcp tls",
	.listens = offsetof(struct bel_conf_loader, turn_listens),
	.marks = offsetof(struct bel_conf_loader, turn_marks),
};

static const struct transport *find_transport(struct bel_conf_report *report,
					      const struct service *service,
					      const struct bel_conf_token *token)
{
	struct bel_conf_guess guess = bel_conf_guess_init(token->text);

	for (size_t i = 0; i < service->count; i++) {
		const struct transport *transport = &service->transports[i];
		bel_str name = bel_str_from(transport->name);
		if (transport->transport)
			bel_conf_guess_add(&guess, name);
		if (!bel_str_is_equal(name, token->text))
			continue;
		if (transport->transport)
			return transport;
		bel_conf_complain(report, token, "%s: not in this version",
				  transport->name);
		bel_conf_remedy(report, "known are: %s", service->known);
		return NULL;
	}
	bel_conf_complain(report, token, "\"%.*s\" is no transport",
			  BEL_CONF_SHOW(token->text));
	if (!bel_conf_guess_remedy(report, &guess))
		bel_conf_remedy(report, "known are: %s", service->known);
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

static struct bel_conf_list *list_at(struct bel_conf_loader *loader, size_t offset)
{
	return (struct bel_conf_list *)((char *)loader + offset);
}

static void add_listen(struct bel_conf_loader *loader, const struct service *service,
		       const struct transport *transport, const struct place *place,
		       bel_addr addr)
{
	struct bel_conf_listen *listen = bel_conf_list_add(
		loader, list_at(loader, service->listens), sizeof *listen);
	struct bel_conf_token *mark = bel_conf_list_add(
		loader, list_at(loader, service->marks), sizeof *mark);

	if (!listen || !mark)
		return;
	addr.port = place->has_port ? place->addr.port : transport->port;
	*listen = (struct bel_conf_listen){ .at = bel_conf_at_of(loader, &place->token),
					    .transport = transport->transport,
					    .addr = addr };
	*mark = place->token;
}

static void add_transport(struct bel_conf_loader *loader, const struct service *service,
			  const struct transport *transport, const struct place *place)
{
	if (!place->is_any) {
		add_listen(loader, service, transport, place, place->addr);
		return;
	}
	add_listen(loader, service, transport, place, bel_addr_v4(0, 0, 0, 0, 0));
	add_listen(loader, service, transport, place, (bel_addr){ .family = 6 });
}

/* "udp,tcp": one listener each. */
static void add_transports(struct bel_conf_loader *loader, const struct service *service,
			   const struct bel_conf_token *names, const struct place *place)
{
	size_t from = 0;

	while (from <= names->text.len) {
		bel_str rest = bel_str_slice(names->text, from, names->text.len);
		size_t to = from + bel_str_find(rest, ',');
		struct bel_conf_token name = bel_conf_token_part(names, from, to);
		const struct transport *transport = find_transport(loader->report,
								   service, &name);
		if (!transport)
			return;
		add_transport(loader, service, transport, place);
		from = to + 1;
	}
}

/* TRANSPORTS:ADDRESS, as on the command line. */
static void take_joined(struct bel_conf_loader *loader, const struct service *service,
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
		add_transports(loader, service, &names, &place);
}

static void take(struct bel_conf_loader *loader, const struct service *service,
		 const struct bel_conf_word *word,
		 const struct bel_conf_statement *statement)
{
	if (bel_conf_is_misshapen(loader, word, statement, 1, 2))
		return;
	if (statement->count == 2) {
		take_joined(loader, service, &statement->words[1]);
		return;
	}
	struct place place = { .token = statement->words[2] };
	if (read_place(loader, &place))
		add_transports(loader, service, &statement->words[1], &place);
}

static void take_listen(struct bel_conf_loader *loader, const struct bel_conf_word *word,
			struct bel_conf_scope *scope,
			const struct bel_conf_statement *statement)
{
	(void)scope;
	take(loader, &sip, word, statement);
}

void bel_conf_turn_listen_take(struct bel_conf_loader *loader,
			       const struct bel_conf_word *word,
			       struct bel_conf_scope *scope,
			       const struct bel_conf_statement *statement)
{
	(void)scope;
	take(loader, &turn, word, statement);
}

static void take_text(struct bel_conf_loader *loader, const struct service *service,
		      bel_str name, bel_str text)
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
	take_joined(loader, service, &token);
}

/* What stands without a word of the file. */
static void take_standard(struct bel_conf_loader *loader, const struct service *service,
			  bel_str text)
{
	if (list_at(loader, service->listens)->count || loader->report->errors)
		return;
	loader->is_default = true;
	take_text(loader, service, BEL_STR("default"), text);
	loader->is_default = false;
}

void bel_conf_listens_finish(struct bel_conf_loader *loader)
{
	const struct bel_conf_opts *opts = loader->opts;

	if (opts->listens_count)
		loader->listens.count = loader->listen_marks.count = 0;
	for (unsigned i = 0; i < opts->listens_count; i++)
		take_text(loader, &sip, BEL_STR("--listen"), opts->listens[i]);
	take_standard(loader, &sip, BEL_STR("udp,tcp::5060"));
	if (loader->conf->turn.is_on)
		take_standard(loader, &turn, BEL_STR("udp,tcp::3478"));
}

bool bel_conf_listens_differ(const struct bel_conf_listen *a, unsigned a_count,
			     const struct bel_conf_listen *b, unsigned b_count)
{
	bool is_same = a_count == b_count;

	for (unsigned i = 0; i < a_count && is_same; i++)
		is_same = a[i].transport == b[i].transport &&
			  bel_addr_is_equal(&a[i].addr, &b[i].addr);
	return !is_same;
}

static bool listens_differ(const struct bel_conf *a, const struct bel_conf *b)
{
	return bel_conf_listens_differ(a->listens, a->listens_count, b->listens,
				       b->listens_count);
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
