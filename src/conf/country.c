/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/load.h"

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
static const struct bel_conf_words country_words = BEL_CONF_WORDS("Numbers",
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
	{ .name = "country",
	  .kind = BEL_CONF_TAKE,
	  .form = "+CODE [trunk-prefix DIGITS] [international-prefix DIGITS]",
	  .sample = "+49 trunk-prefix 0 international-prefix 00",
	  .otherwise = "numbers stay as they were dialled",
	  .take = take_country,
	  .block = &country_place,
	  .help = "How numbers are dialled here, to make the international form of "
		  "them." },
};
const struct bel_conf_words bel_conf_words_country = BEL_CONF_WORDS("Numbers", rows);
