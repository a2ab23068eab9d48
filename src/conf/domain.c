/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/load.h"

enum { REALM_BYTES_MAX = 128 };

static void take_open(struct bel_conf_loader *loader, const struct bel_conf_word *word,
		      struct bel_conf_scope *scope,
		      const struct bel_conf_statement *statement)
{
	struct bel_conf_domain *domain = scope->base;

	if (bel_conf_is_misshapen(loader, word, statement, 0, 0))
		return;
	domain->is_open = true;
	bel_conf_warn(loader->report, statement->words,
		      "anyone may register and call as anyone in this domain");
	bel_conf_remedy(loader->report, "for tests and closed networks only");
}

static const struct bel_conf_word domain_rows[] = {
	{ .name = "open",
	  .kind = BEL_CONF_TAKE,
	  .take = take_open,
	  .sample = "",
	  .otherwise = "every REGISTER and call needs a password",
	  .help = "Registers and calls within the domain need no password." },
	{ .name = "redirect",
	  .kind = BEL_CONF_TAKE,
	  .form = "bindings|CODE TARGET",
	  .sample = "302 sip:example.net",
	  .otherwise = "calls are put through",
	  .offset = offsetof(struct bel_conf_domain, redirect),
	  .take = bel_conf_redirect_take,
	  .help = "Answers calls to the domain with where to go." },
};
static const struct bel_conf_words domain_words = BEL_CONF_WORDS("Domains", domain_rows);
static const struct bel_conf_place domain_place = {
	"domain", (const struct bel_conf_words *const[]){ &domain_words, NULL }
};

static bool is_known(struct bel_conf_loader *loader, const struct bel_conf_token *token,
		     bel_str name)
{
	const struct bel_conf_domain *domains = loader->domains.items;

	for (unsigned i = 0; i < loader->domains.count; i++) {
		if (!bel_str_is_equal(domains[i].name, name))
			continue;
		bel_conf_complain(loader->report, token,
				  "domain %.*s is said twice, first in line %u",
				  BEL_CONF_SHOW(name), domains[i].at.line);
		bel_conf_remedy(loader->report, "keep one of the two");
		return true;
	}
	return false;
}

static void take_domain(struct bel_conf_loader *loader, const struct bel_conf_word *word,
			struct bel_conf_scope *scope,
			const struct bel_conf_statement *statement)
{
	struct bel_conf_domain common = { .is_open = false };
	struct bel_conf_scope inner = { &domain_place, &common, NULL };

	(void)scope;
	if (bel_conf_is_misshapen(loader, word, statement, 1, UINT16_MAX))
		return;
	bel_conf_block_take(loader, &inner, statement->first);
	for (unsigned i = 1; i < statement->count; i++) {
		const struct bel_conf_token *token = &statement->words[i];
		struct bel_conf_domain *domain;
		bel_str name;
		if (!bel_conf_host_read(loader, &name, token) ||
		    is_known(loader, token, name))
			continue;
		domain = BEL_CONF_ADD(loader, domains, struct bel_conf_domain);
		if (!domain)
			return;
		*domain = common;
		domain->at = bel_conf_at_of(loader, token);
		domain->name = name;
	}
}

static void take_public(struct bel_conf_loader *loader, const struct bel_conf_word *word,
			struct bel_conf_scope *scope,
			const struct bel_conf_statement *statement)
{
	struct bel_conf *conf = scope->base;

	if (bel_conf_is_misshapen(loader, word, statement, 1, 64))
		return;
	for (unsigned i = 1; i < statement->count; i++) {
		const struct bel_conf_token *token = &statement->words[i];
		bel_addr addr, *kept;
		if (bel_str_is_equal(token->text, BEL_STR("auto"))) {
			conf->public_is_auto = true;
			continue;
		}
		if (!bel_conf_addr_read(loader, &addr, token, 0))
			continue;
		kept = BEL_CONF_ADD(loader, publics, bel_addr);
		if (!kept)
			return;
		*kept = addr;
	}
}

static void take_realm(struct bel_conf_loader *loader, const struct bel_conf_word *word,
		       struct bel_conf_scope *scope,
		       const struct bel_conf_statement *statement)
{
	const struct bel_conf_token *token = &statement->words[1];
	bel_str fixed = loader->opts->realm;
	struct bel_conf *conf = scope->base;

	if (bel_conf_is_misshapen(loader, word, statement, 1, 1))
		return;
	for (size_t i = 0; i < token->text.len; i++)
		if ((uint8_t)token->text.ptr[i] < ' ' || token->text.ptr[i] == '"' ||
		    token->text.ptr[i] == '\\' || token->text.ptr[i] == 0x7f) {
			bel_conf_complain(loader->report, token,
					  "a realm has no quotes, backslashes or "
					  "controls");
			bel_conf_remedy(loader->report, "write it like example.com");
			return;
		}
	if (!token->text.len || token->text.len > REALM_BYTES_MAX) {
		bel_conf_complain(loader->report, token, "a realm has 1 to %d bytes",
				  REALM_BYTES_MAX);
		bel_conf_remedy(loader->report, "write it like example.com");
		return;
	}
	conf->realm = bel_conf_keep(loader, token->text);
	if (!fixed.len || bel_str_is_equal(fixed, conf->realm))
		return;
	bel_conf_warn(loader->report, token,
		      "stored passwords were made for realm \"%.*s\" and stop working",
		      BEL_CONF_SHOW(fixed));
	bel_conf_remedy(loader->report, "keep realm \"%.*s\", or set them again",
			BEL_CONF_SHOW(fixed));
}

static void take_prefix(struct bel_conf_loader *loader, const struct bel_conf_word *word,
			struct bel_conf_scope *scope,
			const struct bel_conf_statement *statement)
{
	bel_str *out = (bel_str *)(void *)((char *)scope->base + word->offset);
	const struct bel_conf_token *token = &statement->words[1];
	uint64_t number = 0;

	if (bel_conf_is_misshapen(loader, word, statement, 1, 1))
		return;
	if (!bel_str_to_u64(&number, token->text, 99999)) {
		*out = bel_conf_keep(loader, token->text);
		return;
	}
	bel_conf_complain(loader->report, token, "\"%.*s\" is not a prefix to dial",
			  BEL_CONF_SHOW(token->text));
	bel_conf_remedy(loader->report, "give one to five digits, such as %s",
			word->sample);
}

static const struct bel_conf_word country_rows[] = {
	{ .name = "trunk-prefix",
	  .kind = BEL_CONF_TAKE,
	  .form = "DIGITS",
	  .take = take_prefix,
	  .sample = "0",
	  .offset = offsetof(struct bel_conf, dialling.trunk_prefix),
	  .help = "What is dialled in front of a number of the own country." },
	{ .name = "international-prefix",
	  .kind = BEL_CONF_TAKE,
	  .form = "DIGITS",
	  .take = take_prefix,
	  .sample = "00",
	  .offset = offsetof(struct bel_conf, dialling.international_prefix),
	  .help = "What is dialled in front of a number abroad." },
};
static const struct bel_conf_words country_words = BEL_CONF_WORDS("Dialling",
								  country_rows);
static const struct bel_conf_place country_place = {
	"country", (const struct bel_conf_words *const[]){ &country_words, NULL }
};

static bool is_country_code(bel_str text)
{
	uint64_t code = 0;

	return text.len >= 2 && text.len <= 4 && text.ptr[0] == '+' &&
	       text.ptr[1] != '0' &&
	       !bel_str_to_u64(&code, bel_str_slice(text, 1, text.len), 999);
}

/* country +49 [trunk-prefix 0] [international-prefix 00], or the two in a block. */
static void take_country(struct bel_conf_loader *loader, const struct bel_conf_word *word,
			 struct bel_conf_scope *scope,
			 const struct bel_conf_statement *statement)
{
	const struct bel_conf_token *code = &statement->words[1];
	struct bel_conf_scope inner = { &country_place, scope->base, NULL };
	struct bel_conf *conf = scope->base;

	if (bel_conf_is_misshapen(loader, word, statement, 1, 5))
		return;
	if (!is_country_code(code->text)) {
		bel_conf_complain(loader->report, code,
				  "\"%.*s\" is not a country's code",
				  BEL_CONF_SHOW(code->text));
		bel_conf_remedy(loader->report, "write it like +49");
		return;
	}
	conf->dialling.at = bel_conf_at_of(loader, statement->words);
	conf->dialling.country = bel_conf_keep(loader, code->text);
	for (unsigned i = 2; i < statement->count; i += 2) {
		struct bel_conf_statement pair = { .words = &statement->words[i],
						   .count = i + 1 < statement->count
								    ? 2
								    : 1 };
		bel_conf_statement_take(loader, &inner, &pair);
	}
	bel_conf_block_take(loader, &inner, statement->first);
}

static const struct bel_conf_word rows[] = {
	{ .name = "domain",
	  .kind = BEL_CONF_TAKE,
	  .may_repeat = true,
	  .form = "NAME...",
	  .sample = "example.com",
	  .otherwise = "the addresses this server listens on",
	  .also = "sip_domain sipdomain fqdn hostname server_name",
	  .take = take_domain,
	  .block = &domain_place,
	  .help = "The domains this server answers for; the first is the default one." },
	{ .name = "realm",
	  .kind = BEL_CONF_TAKE,
	  .form = "NAME",
	  .sample = "example.com",
	  .otherwise = "the first domain at the first start",
	  .also = "auth_realm default_realm",
	  .take = take_realm,
	  .help = "What passwords are made for; changing it makes them all invalid." },
	{ .name = "public",
	  .kind = BEL_CONF_TAKE,
	  .form = "auto|ADDRESS...",
	  .sample = "auto",
	  .otherwise = "the addresses of the listeners",
	  .also = "advertise advertised_address external_media_address external-ip "
		  "externip "
		  "external_signaling_address externaddr ext-sip-ip",
	  .take = take_public,
	  .help = "Under which addresses the world reaches this server, behind a NAT." },
	{ .name = "country",
	  .kind = BEL_CONF_TAKE,
	  .form = "+CODE [trunk-prefix DIGITS] [international-prefix DIGITS]",
	  .sample = "+49 trunk-prefix 0 international-prefix 00",
	  .otherwise = "numbers stay as they were dialled",
	  .take = take_country,
	  .block = &country_place,
	  .help = "How numbers are dialled here, to make the international form of "
		  "them." },
	{ .name = "redirect",
	  .kind = BEL_CONF_TAKE,
	  .form = "bindings|CODE TARGET",
	  .sample = "bindings",
	  .otherwise = "calls are put through",
	  .offset = offsetof(struct bel_conf, redirect),
	  .take = bel_conf_redirect_take,
	  .help = "Answers every call to a user with where to go: 302 and the phones he "
		  "is "
		  "registered with, or a target of your own." },
};
const struct bel_conf_words bel_conf_words_domain = BEL_CONF_WORDS("Names", rows);
