/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/load.h"

#include <errno.h>

/* A word that was said once already in its block. */
struct bel_conf_said {
	struct bel_conf_said *next;
	const struct bel_conf_word *word;
	const struct bel_conf_token *token; /* the word, with the others behind it */
};

const struct bel_conf_word *bel_conf_word_find(const struct bel_conf_place *place,
					       bel_str name)
{
	for (const struct bel_conf_words *const *words = place->words; *words; words++)
		for (unsigned i = 0; i < (*words)->count; i++)
			if (bel_str_is_equal(bel_str_from((*words)->rows[i].name), name))
				return &(*words)->rows[i];
	return NULL;
}

/* "listen wants TRANSPORT ADDRESS", with the row's own example as the remedy. */
static void complain_shape(struct bel_conf_loader *loader,
			   const struct bel_conf_word *word,
			   const struct bel_conf_token *token)
{
	bel_conf_complain(loader->report, token, "%s wants %s", word->name, word->form);
	if (word->sample)
		bel_conf_remedy(loader->report, "for example: %s %s", word->name,
				word->sample);
	else if (word->standard)
		bel_conf_remedy(loader->report, "for example: %s %s", word->name,
				word->standard);
}

static bool has_unwanted_block(struct bel_conf_loader *loader,
			       const struct bel_conf_word *word,
			       const struct bel_conf_statement *statement)
{
	if (!statement->open || word->block)
		return false;
	bel_conf_complain(loader->report, statement->open, "%s takes no block",
			  word->name);
	if (word->sample)
		bel_conf_remedy(loader->report, "for example: %s %s", word->name,
				word->sample);
	return true;
}

bool bel_conf_is_misshapen(struct bel_conf_loader *loader,
			   const struct bel_conf_word *word,
			   const struct bel_conf_statement *statement, unsigned min,
			   unsigned max)
{
	if (statement->count - 1 < min) {
		complain_shape(loader, word, statement->words);
		return true;
	}
	if (statement->count - 1 > max) {
		const struct bel_conf_token *extra = &statement->words[max + 1];
		bel_conf_complain(loader->report, extra, "\"%.*s\" is one word too many",
				  BEL_CONF_SHOW(extra->text));
		bel_conf_remedy(loader->report, "%s takes %s", word->name,
				word->form ? word->form : "nothing");
		return true;
	}
	return has_unwanted_block(loader, word, statement);
}

/* The words behind a count: "per minute" as a whole or not at all. */
static bool is_unit(struct bel_conf_loader *loader, const struct bel_conf_word *word,
		    const struct bel_conf_statement *statement)
{
	bel_str unit = bel_str_from(word->unit);

	for (unsigned i = 2; i < statement->count; i++) {
		size_t blank = bel_str_find(unit, ' ');
		const struct bel_conf_token *token = &statement->words[i];
		if (unit.len &&
		    bel_str_is_equal(token->text, bel_str_slice(unit, 0, blank))) {
			unit = bel_str_slice(unit, blank + 1, unit.len);
			continue;
		}
		bel_conf_complain(loader->report, token, "\"%.*s\" is no unit of %s",
				  BEL_CONF_SHOW(token->text), word->name);
		bel_conf_remedy(loader->report, "write: %s %.*s %s", word->name,
				BEL_CONF_SHOW(statement->words[1].text), word->unit);
		return false;
	}
	return true;
}

static bool is_zero(const struct bel_conf_word *word, const struct bel_conf_token *token)
{
	return word->zero && bel_str_is_equal(bel_str_from(word->zero), token->text);
}

static void take_flag(struct bel_conf_loader *loader, const struct bel_conf_word *word,
		      void *at, const struct bel_conf_token *token)
{
	(void)word;
	bel_conf_flag_read(loader, at, token);
}

static void take_count(struct bel_conf_loader *loader, const struct bel_conf_word *word,
		       void *at, const struct bel_conf_token *token)
{
	uint64_t value = 0;

	if (is_zero(word, token) ||
	    bel_conf_count_read(loader, &value, token, word->min, word->max))
		*(unsigned *)at = (unsigned)value;
}

static void take_ms(struct bel_conf_loader *loader, const struct bel_conf_word *word,
		    void *at, const struct bel_conf_token *token)
{
	uint64_t ms = 0;

	if (is_zero(word, token) ||
	    bel_conf_duration_read(loader, &ms, token, word->min, word->max))
		*(unsigned *)at = (unsigned)ms;
}

static void take_seconds(struct bel_conf_loader *loader, const struct bel_conf_word *word,
			 void *at, const struct bel_conf_token *token)
{
	uint64_t ms = 0;

	if (is_zero(word, token) ||
	    bel_conf_duration_read(loader, &ms, token, word->min * 1000,
				   word->max * 1000))
		*(unsigned *)at = (unsigned)(ms / 1000);
}

static void take_text(struct bel_conf_loader *loader, const struct bel_conf_word *word,
		      void *at, const struct bel_conf_token *token)
{
	(void)word;
	*(bel_str *)at = bel_conf_keep(loader, token->text);
}

static void take_path(struct bel_conf_loader *loader, const struct bel_conf_word *word,
		      void *at, const struct bel_conf_token *token)
{
	if (token->text.len)
		*(bel_str *)at = bel_conf_path_keep(loader, token);
	else
		complain_shape(loader, word, token);
}

typedef void take_value(struct bel_conf_loader *loader, const struct bel_conf_word *word,
			void *at, const struct bel_conf_token *token);

/* The kinds whose value is the one word behind the name. */
static take_value *const take_values[] = {
	[BEL_CONF_FLAG] = take_flag,       [BEL_CONF_COUNT] = take_count,
	[BEL_CONF_SECONDS] = take_seconds, [BEL_CONF_MILLISECONDS] = take_ms,
	[BEL_CONF_TEXT] = take_text,       [BEL_CONF_PATH] = take_path,
	[BEL_CONF_LATER] = NULL,
};

static void take_plain(struct bel_conf_loader *loader, const struct bel_conf_word *word,
		       struct bel_conf_scope *scope,
		       const struct bel_conf_statement *statement)
{
	if (bel_conf_is_misshapen(loader, word, statement, 1, word->unit ? 4 : 1))
		return;
	if (word->unit && !is_unit(loader, word, statement))
		return;
	take_values[word->kind](loader, word, (char *)scope->base + word->offset,
				&statement->words[1]);
}

static void complain_both(struct bel_conf_loader *loader,
			  const struct bel_conf_word *word,
			  const struct bel_conf_token *open)
{
	bel_conf_complain(loader->report, open, "%s takes words or a block, not both",
			  word->name);
	bel_conf_remedy(loader->report, "put all of it into the block");
}

static void take_group(struct bel_conf_loader *loader, const struct bel_conf_word *word,
		       struct bel_conf_scope *scope,
		       const struct bel_conf_statement *statement)
{
	struct bel_conf_scope inner = *scope;
	struct bel_conf_statement rest = *statement;

	inner.place = word->block;
	rest.words++;
	rest.count--;
	if (word->is_switch)
		*(bool *)((char *)scope->base + word->offset) = true;
	if (rest.count && statement->open)
		complain_both(loader, word, statement->open);
	else if (rest.count && word->take &&
		 !bel_conf_word_find(word->block, rest.words->text))
		word->take(loader, word, scope, statement);
	else if (rest.count)
		bel_conf_statement_take(loader, &inner, &rest);
	else if (statement->open)
		bel_conf_block_take(loader, &inner, statement->first);
	else if (!word->is_switch)
		complain_shape(loader, word, statement->words);
	scope->said = inner.said;
}

static void complain_later(struct bel_conf_loader *loader,
			   const struct bel_conf_place *place,
			   const struct bel_conf_token *token)
{
	bel_conf_complain(loader->report, token, "\"%.*s\"%s%s: not in this version",
			  BEL_CONF_SHOW(token->text), place->name ? " in " : "",
			  place->name ? place->name : "");
	bel_conf_remedy(loader->report, "take it out, or put a # in front");
}

const struct bel_conf_token *bel_conf_said_at(const struct bel_conf_scope *scope,
					      const struct bel_conf_word *word)
{
	for (const struct bel_conf_said *said = scope->said; said; said = said->next)
		if (said->word == word)
			return said->token;
	return NULL;
}

/* True when the word was said before and may not be. */
static bool is_repeated(struct bel_conf_loader *loader, struct bel_conf_scope *scope,
			const struct bel_conf_word *word,
			const struct bel_conf_token *token)
{
	struct bel_conf_said *said;

	if (word->may_repeat || word->kind == BEL_CONF_GROUP || loader->is_default)
		return false;
	for (said = scope->said; said; said = said->next) {
		if (said->word != word)
			continue;
		bel_conf_complain(loader->report, token,
				  "\"%s\" is said twice, first in %.*s:%u", word->name,
				  BEL_CONF_SHOW(said->token->file->name),
				  said->token->line);
		bel_conf_remedy(loader->report, "keep one of the two");
		return true;
	}
	said = BEL_ARENA_NEW(&loader->scratch, struct bel_conf_said);
	if (!said) {
		loader->err = -ENOMEM;
		return true;
	}
	*said = (struct bel_conf_said){ scope->said, word, token };
	scope->said = said;
	return false;
}

/* include may stand in every block. */
static const struct bel_conf_word *find_word(const struct bel_conf_place *place,
					     bel_str name)
{
	const struct bel_conf_word *word = bel_conf_word_find(place, name);

	if (!word && bel_str_is_equal(name, BEL_STR("include")))
		word = bel_conf_word_find(&bel_conf_top, name);
	return word;
}

void bel_conf_statement_take(struct bel_conf_loader *loader, struct bel_conf_scope *scope,
			     const struct bel_conf_statement *statement)
{
	const struct bel_conf_token *token = statement->words;
	const struct bel_conf_word *word = find_word(scope->place, token->text);

	if (!word)
		bel_conf_complain_unknown(loader, scope->place, token);
	else if (word->kind == BEL_CONF_LATER)
		complain_later(loader, scope->place, token);
	else if (is_repeated(loader, scope, word, token))
		return;
	else if (word->kind == BEL_CONF_GROUP)
		take_group(loader, word, scope, statement);
	else if (word->kind == BEL_CONF_TAKE)
		word->take(loader, word, scope, statement);
	else
		take_plain(loader, word, scope, statement);
}

void bel_conf_block_take(struct bel_conf_loader *loader, struct bel_conf_scope *scope,
			 const struct bel_conf_statement *first)
{
	for (; first && !loader->err; first = first->next)
		if (!first->is_broken)
			bel_conf_statement_take(loader, scope, first);
}
