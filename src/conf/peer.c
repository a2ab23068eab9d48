/* SPDX-License-Identifier: Apache-2.0
 * Who else there is: trusted networks, foreign domains, hosts with a fixed address. */
#include "conf/load.h"

/* 10.0.0.0/255.0.0.0: the length is meant. */
static bool is_mask(struct bel_conf_loader *loader, const struct bel_conf_token *host,
		    const struct bel_conf_token *token)
{
	unsigned bits = 0;
	bel_addr mask;

	if (bel_addr_parse_host(&mask, token->text) || mask.family != 4)
		return false;
	while (bits < 32 && mask.ip[12 + bits / 8] >> (7 - bits % 8) & 1)
		bits++;
	bel_conf_complain(loader->report, token, "\"%.*s\" is a mask",
			  BEL_CONF_SHOW(token->text));
	bel_conf_remedy(loader->report, "write its length: %.*s/%u",
			BEL_CONF_SHOW(host->text), bits);
	return true;
}

bool bel_conf_net_read(struct bel_conf_loader *loader, struct bel_conf_net *net,
		       const struct bel_conf_token *token)
{
	size_t slash = bel_str_find(token->text, '/');
	struct bel_conf_token host = bel_conf_token_part(token, 0, slash);
	struct bel_conf_token len = bel_conf_token_part(token, slash + 1,
							token->text.len);
	uint64_t bits;

	if (bel_addr_parse_host(&net->addr, host.text)) {
		bel_conf_complain(loader->report, &host, "\"%.*s\" is not an address",
				  BEL_CONF_SHOW(host.text));
		bel_conf_remedy(loader->report,
				"write it like 192.0.2.1, 10.0.0.0/8 or 2001:db8::/32");
		return false;
	}
	bits = net->addr.family == 4 ? 32 : 128;
	if (slash < token->text.len &&
	    (is_mask(loader, &host, &len) ||
	     !bel_conf_count_read(loader, &bits, &len, 0, bits)))
		return false;
	net->prefix_bits = (unsigned)bits;
	return true;
}

static void take_trust(struct bel_conf_loader *loader, const struct bel_conf_word *word,
		       struct bel_conf_scope *scope,
		       const struct bel_conf_statement *statement)
{
	(void)scope;
	if (bel_conf_is_misshapen(loader, word, statement, 1, UINT16_MAX))
		return;
	for (unsigned i = 1; i < statement->count; i++) {
		const struct bel_conf_token *token = &statement->words[i];
		struct bel_conf_net net = { .at = bel_conf_at_of(loader, token) };
		struct bel_conf_net *kept;
		if (!bel_conf_net_read(loader, &net, token))
			continue;
		kept = BEL_CONF_ADD(loader, trusted, struct bel_conf_net);
		if (!kept)
			return;
		*kept = net;
		if (net.prefix_bits)
			continue;
		bel_conf_warn(loader->report, token,
			      "everyone may relay calls without a password");
		bel_conf_remedy(loader->report, "name the networks that you run");
	}
}

static void take_accept(struct bel_conf_loader *loader, const struct bel_conf_word *word,
			struct bel_conf_scope *scope,
			const struct bel_conf_statement *statement)
{
	(void)scope;
	if (bel_conf_is_misshapen(loader, word, statement, 1, UINT16_MAX))
		return;
	if (!bel_str_is_equal(statement->words[1].text, BEL_STR("from"))) {
		bel_conf_complain(loader->report, &statement->words[1], "accept wants %s",
				  word->form);
		bel_conf_remedy(loader->report, "for example: accept from %.*s",
				BEL_CONF_SHOW(statement->words[1].text));
		return;
	}
	if (bel_conf_is_misshapen(loader, word, statement, 2, UINT16_MAX))
		return;
	for (unsigned i = 2; i < statement->count; i++) {
		const struct bel_conf_token *token = &statement->words[i];
		struct bel_conf_accept *accept;
		bel_str domain = BEL_STR_NONE;
		if (!bel_str_is_equal(token->text, BEL_STR("any")) &&
		    !bel_conf_host_read(loader, &domain, token))
			continue;
		accept = BEL_CONF_ADD(loader, accepts, struct bel_conf_accept);
		if (!accept)
			return;
		*accept = (struct bel_conf_accept){ bel_conf_at_of(loader, token),
						    domain };
	}
}

static void take_host(struct bel_conf_loader *loader, const struct bel_conf_word *word,
		      struct bel_conf_scope *scope,
		      const struct bel_conf_statement *statement)
{
	static const char *const names[] = { "udp", "tcp", "tls" };
	static const unsigned transports[] = { BEL_CONF_UDP, BEL_CONF_TCP, BEL_CONF_TLS };
	struct bel_conf_host host = { .at = bel_conf_at_of(loader, statement->words) };
	struct bel_conf_host *kept;
	unsigned i = 0;

	(void)scope;
	if (bel_conf_is_misshapen(loader, word, statement, 2, 3) ||
	    !bel_conf_host_read(loader, &host.name, &statement->words[1]) ||
	    !bel_conf_addr_read(loader, &host.addr, &statement->words[2], 0))
		return;
	if (statement->count == 4) {
		if (!bel_conf_choice_read(loader, &i, &statement->words[3], names,
					  BEL_COUNT_OF(names), "transport"))
			return;
		host.transport = transports[i];
	}
	kept = BEL_CONF_ADD(loader, hosts, struct bel_conf_host);
	if (kept)
		*kept = host;
}

static void take_dns(struct bel_conf_loader *loader, const struct bel_conf_word *word,
		     struct bel_conf_scope *scope,
		     const struct bel_conf_statement *statement)
{
	struct bel_conf *conf = scope->base;
	bel_addr addr;

	if (!bel_conf_is_misshapen(loader, word, statement, 1, 1) &&
	    bel_conf_addr_read(loader, &addr, &statement->words[1], 53))
		conf->node.dns = addr;
}

static bool dns_differs(const struct bel_conf *a, const struct bel_conf *b)
{
	return !bel_addr_is_equal(&a->node.dns, &b->node.dns);
}

static const struct bel_conf_word rows[] = {
	{ .name = "trust",
	  .kind = BEL_CONF_TAKE,
	  .may_repeat = true,
	  .form = "ADDRESS[/LENGTH]...",
	  .sample = "192.0.2.0/24",
	  .otherwise = "nobody is trusted",
	  .also = "permit allow localnet local_net trusted whitelist acl mynetworks",
	  .take = take_trust,
	  .help = "Networks whose requests need no password, may be relayed, and are "
		  "never "
		  "counted or banned." },
	{ .name = "accept",
	  .kind = BEL_CONF_TAKE,
	  .may_repeat = true,
	  .form = "from DOMAIN...|any",
	  .sample = "from example.net",
	  .otherwise = "nobody outside of the domain reaches its users",
	  .also = "allowguest federation",
	  .take = take_accept,
	  .help = "Foreign domains that may call local users." },
	{ .name = "host",
	  .kind = BEL_CONF_TAKE,
	  .may_repeat = true,
	  .form = "NAME ADDRESS[:PORT] [udp|tcp|tls]",
	  .sample = "gateway.example.net 192.0.2.9:5060 tcp",
	  .take = take_host,
	  .help = "A fixed address of a host, in place of DNS." },
	{ .name = "dns",
	  .kind = BEL_CONF_TAKE,
	  .is_at_start = true,
	  .differs = dns_differs,
	  .form = "ADDRESS[:PORT]",
	  .sample = "192.0.2.53",
	  .otherwise = "the servers of the system",
	  .also = "nameserver resolver dns_server",
	  .take = take_dns,
	  .help = "The server that is asked for names." },
};
const struct bel_conf_words bel_conf_words_peer = BEL_CONF_WORDS("Others", rows);
