/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/load.h"

struct bel_conf_guess bel_conf_guess_init(bel_str word)
{
	/* About one slip in three letters. */
	unsigned most = (unsigned)((word.len < 11 ? word.len : 11) + 1) / 3;

	if (most < 1)
		most = 1;
	return (struct bel_conf_guess){ .word = word, .distance = most + 1 };
}

/* Two neighbours changed places: one slip, though two letters differ. */
static bool is_swapped(bel_str a, bel_str b)
{
	size_t i = 0;

	if (a.len != b.len)
		return false;
	while (i < a.len && a.ptr[i] == b.ptr[i])
		i++;
	return i + 1 < a.len && a.ptr[i] == b.ptr[i + 1] && a.ptr[i + 1] == b.ptr[i] &&
	       bel_str_is_equal(bel_str_slice(a, i + 2, a.len),
				bel_str_slice(b, i + 2, b.len));
}

void bel_conf_guess_add(struct bel_conf_guess *guess, bel_str candidate)
{
	char buf[64];
	bel_str word = bel_str_slice(guess->word, 0, sizeof buf);
	unsigned distance;

	for (size_t i = 0; i < word.len; i++)
		buf[i] = bel_char_lower(word.ptr[i]);
	word.ptr = buf;
	distance = bel_str_distance(word, candidate);
	/* A beginning of it, as people shorten words. */
	if (distance > 1 && ((word.len >= 3 && bel_str_has_prefix(candidate, word)) ||
			     is_swapped(word, candidate)))
		distance = 1;
	if (distance >= guess->distance || distance >= candidate.len)
		return;
	guess->best = candidate;
	guess->distance = distance;
}

bool bel_conf_guess_remedy(struct bel_conf_report *report,
			   const struct bel_conf_guess *guess)
{
	if (!guess->best.len)
		return false;
	bel_conf_remedy(report, "did you mean %.*s?", BEL_CONF_SHOW(guess->best));
	return true;
}

/* Whether the word stands in a list with blanks between. */
static bool is_listed(const char *list, bel_str word)
{
	struct bel_cursor cursor = bel_cursor_init(bel_str_from(list));

	while (!bel_cursor_is_end(&cursor)) {
		if (bel_str_is_equal_nocase(bel_cursor_until_char(&cursor, ' '), word))
			return true;
		bel_cursor_take(&cursor, ' ');
	}
	return false;
}

/* What other programs call it. */
static const struct bel_conf_word *find_other_name(const struct bel_conf_place *place,
						   bel_str name)
{
	for (const struct bel_conf_words *const *words = place->words; *words; words++)
		for (unsigned i = 0; i < (*words)->count; i++)
			if (is_listed((*words)->rows[i].also, name))
				return &(*words)->rows[i];
	return NULL;
}

static struct bel_conf_guess guess_at(const struct bel_conf_place *place, bel_str name)
{
	struct bel_conf_guess guess = bel_conf_guess_init(name);

	for (const struct bel_conf_words *const *words = place->words; *words; words++)
		for (unsigned i = 0; i < (*words)->count; i++)
			bel_conf_guess_add(&guess, bel_str_from((*words)->rows[i].name));
	return guess;
}

/* The group of the file that has the word inside: "expires" stands in register. */
static const struct bel_conf_word *find_group(bel_str name)
{
	const struct bel_conf_words *const *words = bel_conf_top.words;

	for (; *words; words++)
		for (unsigned i = 0; i < (*words)->count; i++) {
			const struct bel_conf_word *row = &(*words)->rows[i];
			if (row->block && row->block->words &&
			    bel_conf_word_find(row->block, name))
				return row;
		}
	return NULL;
}

bool bel_conf_is_cut_parameter(const struct bel_conf_token *token)
{
	const char *start = token->file->text.ptr;

	return token->raw.ptr > start + 1 && token->raw.ptr[-1] == ';' &&
	       token->raw.ptr[-2] != ' ' && token->raw.ptr[-2] != '\n' &&
	       (bel_str_find(token->text, '=') < token->text.len ||
		bel_str_is_equal(token->text, BEL_STR("lr")));
}

/* The words of a small place, for who is nowhere near one of them. */
static void list_words(struct bel_conf_report *report, const struct bel_conf_place *place)
{
	char buf[256];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	for (const struct bel_conf_words *const *words = place->words; *words; words++)
		for (unsigned i = 0; i < (*words)->count; i++) {
			if ((*words)->rows[i].kind == BEL_CONF_LATER)
				continue;
			bel_write_char(&writer, ' ');
			bel_write_text(&writer, (*words)->rows[i].name);
		}
	bel_conf_remedy(report, "known here:%.*s", BEL_STR_ARG(bel_writer_str(&writer)));
}

void bel_conf_complain_unknown(struct bel_conf_loader *loader,
			       const struct bel_conf_place *place,
			       const struct bel_conf_token *token)
{
	struct bel_conf_report *report = loader->report;
	struct bel_conf_guess guess = guess_at(place, token->text);
	const struct bel_conf_word *word = find_other_name(place, token->text);

	bel_conf_complain(report, token, "unknown word \"%.*s\"%s%s",
			  BEL_CONF_SHOW(token->text), place->name ? " in " : "",
			  place->name ? place->name : "");
	if (bel_conf_is_cut_parameter(token))
		bel_conf_remedy(report, "put an address with a ; in quotes");
	else if (word)
		bel_conf_remedy(report, "it is called %s here: %s %s", word->name,
				word->name, word->sample ? word->sample : word->form);
	else if (place->name && bel_conf_word_find(&bel_conf_top, token->text))
		bel_conf_remedy(report,
				"%.*s stands outside of %s: is a } missing above?",
				BEL_CONF_SHOW(token->text), place->name);
	else if (!place->name && (word = find_group(token->text)) != NULL)
		bel_conf_remedy(report, "it stands in %s: %s %s{ %.*s ... }", word->name,
				word->name, word->kind == BEL_CONF_TAKE ? "NAME " : "",
				BEL_CONF_SHOW(token->text));
	else if (bel_conf_guess_remedy(report, &guess))
		return;
	else if (place->name)
		list_words(report, place);
	else
		bel_conf_remedy(report, "`belfry init` writes a sample of all there is");
}
