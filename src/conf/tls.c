/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/load.h"

static struct bel_conf *conf_of(const struct bel_conf_scope *scope)
{
	return scope->base;
}

/* One statement says which certificate there is. */
static bool has_certificate(struct bel_conf_loader *loader,
			    const struct bel_conf_token *token)
{
	const struct bel_conf_token *first = loader->cert_token;

	if (!first)
		return false;
	bel_conf_complain(loader->report, token,
			  "a second certificate, the first is in %.*s:%u",
			  BEL_CONF_SHOW(first->file->name), first->line);
	bel_conf_remedy(loader->report, "keep one of the two");
	return true;
}

static void take_self(struct bel_conf_loader *loader, const struct bel_conf_word *word,
		      struct bel_conf_scope *scope,
		      const struct bel_conf_statement *statement)
{
	if (bel_conf_is_misshapen(loader, word, statement, 0, 0) ||
	    has_certificate(loader, statement->words))
		return;
	conf_of(scope)->tls.at = bel_conf_at_of(loader, statement->words);
	loader->cert_token = statement->words;
}

static void take_verify(struct bel_conf_loader *loader, const struct bel_conf_word *word,
			struct bel_conf_scope *scope,
			const struct bel_conf_statement *statement)
{
	bool is_on = true;

	if (bel_conf_is_misshapen(loader, word, statement, 1, 1) ||
	    !bel_conf_flag_read(loader, &is_on, &statement->words[1]))
		return;
	conf_of(scope)->tls.has_verify_off = !is_on;
	if (is_on)
		return;
	bel_conf_warn(loader->report, &statement->words[1],
		      "certificates of other servers are not checked: anyone on the way "
		      "can listen");
	bel_conf_remedy(loader->report, "leave this line out where it matters");
}

static void take_min(struct bel_conf_loader *loader, const struct bel_conf_word *word,
		     struct bel_conf_scope *scope,
		     const struct bel_conf_statement *statement)
{
	static const char *const versions[] = { "1.2", "1.3" };
	unsigned i = 0;

	if (!bel_conf_is_misshapen(loader, word, statement, 1, 1) &&
	    bel_conf_choice_read(loader, &i, &statement->words[1], versions,
				 BEL_COUNT_OF(versions),
				 "version of TLS that is offered"))
		conf_of(scope)->tls.min_version = 12 + i;
}

static const struct bel_conf_word tls_rows[] = {
	{ .name = "self",
	  .kind = BEL_CONF_TAKE,
	  .is_usual = true,
	  .take = take_self,
	  .help = "A certificate signed by itself, made in the state directory: so it is "
		  "without any certificate." },
	{ .name = "verify",
	  .kind = BEL_CONF_TAKE,
	  .form = "on|off",
	  .standard = "on",
	  .take = take_verify,
	  .help = "Whether certificates of other servers are checked." },
	{ .name = "clients",
	  .kind = BEL_CONF_PATH,
	  .form = "CAFILE",
	  .sample = "phones-ca.pem",
	  .otherwise = "phones need no certificate",
	  .also = "ca cafile ca_list verify_client",
	  .offset = offsetof(struct bel_conf, tls.clients_ca),
	  .help = "Asks phones for a certificate, which one of this file must have "
		  "signed." },
	{ .name = "min",
	  .kind = BEL_CONF_TAKE,
	  .form = "1.2|1.3",
	  .standard = "1.2",
	  .also = "version method minimum",
	  .take = take_min,
	  .help = "The oldest version of TLS that is accepted." },
	{ .name = "acme",
	  .kind = BEL_CONF_LATER,
	  .help = "A certificate from a public authority." },
};
static const struct bel_conf_words tls_words = BEL_CONF_WORDS("TLS", tls_rows);
static const struct bel_conf_place tls_place = {
	"tls", (const struct bel_conf_words *const[]){ &tls_words, NULL }
};

/* A word of the group with a slip in it is no file. */
static bool is_slip(struct bel_conf_loader *loader, const struct bel_conf_token *token)
{
	struct bel_conf_guess guess = bel_conf_guess_init(token->text);

	for (size_t i = 0; i < BEL_COUNT_OF(tls_rows); i++)
		bel_conf_guess_add(&guess, bel_str_from(tls_rows[i].name));
	if (!guess.best.len || bel_str_find(token->text, '.') < token->text.len ||
	    bel_str_find(token->text, '/') < token->text.len)
		return false;
	bel_conf_complain_unknown(loader, &tls_place, token);
	return true;
}

static void take_pair(struct bel_conf_loader *loader, const struct bel_conf_word *word,
		      struct bel_conf_scope *scope,
		      const struct bel_conf_statement *statement)
{
	const struct bel_conf_token *words = statement->words;
	struct bel_conf *conf = conf_of(scope);

	if (is_slip(loader, &words[1]) ||
	    bel_conf_is_misshapen(loader, word, statement, 2, 2) ||
	    has_certificate(loader, words))
		return;
	conf->tls.at = bel_conf_at_of(loader, words);
	conf->tls.cert = bel_conf_path_keep(loader, &words[1]);
	conf->tls.key = bel_conf_path_keep(loader, &words[2]);
	loader->cert_token = &words[1];
	loader->key_token = &words[2];
}

static const struct bel_conf_word rows[] = {
	{ .name = "tls",
	  .kind = BEL_CONF_GROUP,
	  .form = "CERT KEY",
	  .sample = "cert.pem key.pem",
	  .otherwise = "a certificate signed by itself",
	  .also = "certificate cert ssl tls_cert_file cert_file",
	  .take = take_pair,
	  .block = &tls_place,
	  .help = "The certificate (with its chain) and its key, as PEM files; they are "
		  "read "
		  "again when they change." },
};
const struct bel_conf_words bel_conf_words_tls = BEL_CONF_WORDS("TLS", rows);
