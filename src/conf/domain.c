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
				  "domain %.*s is said twice, first in %.*s:%u",
				  BEL_CONF_SHOW(name), BEL_CONF_SHOW(domains[i].at.file),
				  domains[i].at.line);
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

static bool publics_differ(const struct bel_conf *a, const struct bel_conf *b)
{
	bool is_same = a->publics_count == b->publics_count &&
		       a->public_is_auto == b->public_is_auto;

	for (unsigned i = 0; i < a->publics_count && is_same; i++)
		is_same = bel_addr_is_equal(&a->publics[i], &b->publics[i]);
	return !is_same;
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
	  .help = "The domains this server answers for; the first that is not "
		  "open is the default one." },
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
	  .is_at_start = true,
	  .differs = publics_differ,
	  .form = "auto|ADDRESS...",
	  .sample = "auto",
	  .otherwise = "the addresses of the listeners",
	  .also = "advertise advertised_address external_media_address external-ip "
		  "externip "
		  "external_signaling_address externaddr ext-sip-ip",
	  .take = take_public,
	  .help = "Under which addresses the world reaches this server, behind a NAT." },
	{ .name = "redirect",
	  .kind = BEL_CONF_TAKE,
	  .form = "bindings|CODE TARGET",
	  .sample = "bindings",
	  .otherwise = "calls are put through",
	  .offset = offsetof(struct bel_conf, redirect),
	  .take = bel_conf_redirect_take,
	  .help = "Answers every call to a user with where to go: 302 and the registered "
		  "phones, or a target of your own." },
};
const struct bel_conf_words bel_conf_words_domain = BEL_CONF_WORDS("Names", rows);

bel_str bel_conf_default_domain(const struct bel_conf *conf)
{
	for (unsigned i = 0; i < conf->domains_count; i++)
		if (!conf->domains[i].is_open)
			return conf->domains[i].name;
	return BEL_STR("local");
}

const struct bel_conf_domain *bel_conf_find_domain(const struct bel_conf *conf,
						   bel_str host)
{
	for (unsigned i = 0; i < conf->domains_count; i++)
		if (bel_str_is_equal_nocase(conf->domains[i].name, host))
			return &conf->domains[i];
	return NULL;
}
