/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/load.h"

enum { DAY_S = 86400, EXPIRES_MAX_S = 30 * DAY_S };

static const struct bel_conf_word register_rows[] = {
	{ .name = "expires",
	  .kind = BEL_CONF_SECONDS,
	  .form = "DURATION",
	  .standard = "1h",
	  .min = 1,
	  .max = EXPIRES_MAX_S,
	  .offset = offsetof(struct bel_conf, registrar.expires_s),
	  .also = "default default_expires defaultexpiry",
	  .help = "How long a registration lasts when the phone does not say." },
	{ .name = "min",
	  .kind = BEL_CONF_SECONDS,
	  .form = "DURATION",
	  .standard = "60s",
	  .min = 1,
	  .max = EXPIRES_MAX_S,
	  .offset = offsetof(struct bel_conf, registrar.min_s),
	  .also = "minimum min_expires minexpiry minimum_expiration",
	  .help = "A phone that asks for less is told to ask for this." },
	{ .name = "max",
	  .kind = BEL_CONF_SECONDS,
	  .form = "DURATION",
	  .standard = "24h",
	  .min = 1,
	  .max = EXPIRES_MAX_S,
	  .offset = offsetof(struct bel_conf, registrar.max_s),
	  .also = "maximum max_expires maxexpiry maximum_expiration",
	  .help = "A phone that asks for more gets this." },
	{ .name = "contacts",
	  .kind = BEL_CONF_COUNT,
	  .form = "COUNT",
	  .standard = "10",
	  .min = 1,
	  .max = 10,
	  .offset = offsetof(struct bel_conf, registrar.contacts_max),
	  .also = "max_contacts maxcontacts",
	  .help = "How many phones a user may have registered at a time." },
};
static const struct bel_conf_words register_words = BEL_CONF_WORDS("Registration",
								   register_rows);
static const struct bel_conf_place register_place = {
	"register", (const struct bel_conf_words *const[]){ &register_words, NULL }
};

static void take_digest(struct bel_conf_loader *loader, const struct bel_conf_word *word,
			struct bel_conf_scope *scope,
			const struct bel_conf_statement *statement)
{
	struct bel_conf *conf = scope->base;
	enum bel_digest algorithms[BEL_DIGEST_COUNT];
	unsigned count = 0;

	if (bel_conf_is_misshapen(loader, word, statement, 1, BEL_DIGEST_COUNT - 1))
		return;
	for (unsigned i = 1; i < statement->count; i++) {
		const struct bel_conf_token *token = &statement->words[i];
		if (!bel_conf_digest_read(loader, &algorithms[count], token))
			return;
		for (unsigned j = 0; j < count; j++)
			if (algorithms[j] == algorithms[count]) {
				bel_conf_complain(loader->report, token,
						  "%.*s is said twice",
						  BEL_CONF_SHOW(token->text));
				bel_conf_remedy(loader->report, "take it out");
				return;
			}
		count++;
	}
	memcpy(conf->digest.algorithms, algorithms, count * sizeof algorithms[0]);
	conf->digest.algorithms_count = count;
}

static const struct bel_conf_word rows[] = {
	{ .name = "register",
	  .kind = BEL_CONF_GROUP,
	  .form = "{ expires ...; min ...; max ...; contacts ... }",
	  .sample = "{ expires 1h; min 60s }",
	  .block = &register_place,
	  .also = "registrar registration",
	  .help = "How long phones stay registered, and how many of one user." },
	{ .name = "keepalive",
	  .kind = BEL_CONF_SECONDS,
	  .form = "DURATION|off",
	  .standard = "25s",
	  .zero = "off",
	  .min = 5,
	  .max = 3600,
	  .offset = offsetof(struct bel_conf, registrar.keepalive_s),
	  .also = "nat qualify ping natping qualify_frequency",
	  .help = "How often phones behind a NAT are sent something over UDP, so that "
		  "calls "
		  "still reach them." },
	{ .name = "outbound",
	  .kind = BEL_CONF_FLAG,
	  .form = "on|off",
	  .standard = "on",
	  .offset = offsetof(struct bel_conf, registrar.has_outbound),
	  .help = "Registrations over several connections (RFC 5626)." },
	{ .name = "gruu",
	  .kind = BEL_CONF_FLAG,
	  .form = "on|off",
	  .standard = "on",
	  .offset = offsetof(struct bel_conf, registrar.has_gruu),
	  .help = "Addresses that reach one phone of a user, public and temporary ones "
		  "(RFC 5627)." },
	{ .name = "digest",
	  .kind = BEL_CONF_TAKE,
	  .form = "md5|sha-256|sha-512-256...",
	  .standard = "md5",
	  .also = "algorithm auth_algorithm hash",
	  .take = take_digest,
	  .help = "How phones prove their password, in the order offered (RFC 8760); "
		  "many "
		  "phones know md5 only." },
};
const struct bel_conf_words bel_conf_words_registrar = BEL_CONF_WORDS("Registration",
								      rows);

/* Where a row of the block got its value, or NULL for the default. */
static const struct bel_conf_token *value_of(const struct bel_conf_loader *loader,
					     const char *name)
{
	const struct bel_conf_word *row = bel_conf_word_find(&register_place,
							     bel_str_from(name));
	const struct bel_conf_token *said = bel_conf_said_at(&loader->top, row);

	return said ? said + 1 : NULL;
}

/* min <= expires <= max. One value that was read is wrong, so one was said. */
void bel_conf_registrar_check(struct bel_conf_loader *loader)
{
	const struct bel_conf *conf = loader->conf;
	unsigned expires_s = conf->registrar.expires_s, min_s = conf->registrar.min_s,
		 max_s = conf->registrar.max_s;
	const struct bel_conf_token *expires = value_of(loader, "expires"),
				    *min = value_of(loader, "min"),
				    *max = value_of(loader, "max");
	const struct bel_conf_token *bound = min ? min : max;

	if (min_s > max_s && bound) {
		bel_conf_complain(loader->report, bound,
				  "min (%us) is more than max (%us)", min_s, max_s);
		bel_conf_remedy(loader->report,
				min ? "make min shorter" : "make max longer");
	} else if ((expires_s < min_s || expires_s > max_s) && (expires || bound)) {
		bel_conf_complain(loader->report, expires ? expires : bound,
				  "expires (%us) is not between min (%us) and max (%us)",
				  expires_s, min_s, max_s);
		bel_conf_remedy(loader->report,
				"set expires to something between the two");
	}
}
