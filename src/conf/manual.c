/* SPDX-License-Identifier: Apache-2.0
 * The tables of options, told to people: the sample file and the manual. */
#include "conf/load.h"

enum { COLUMNS = 78, PREFIX_BYTES = 64 };

/* Words of a text in lines of COLUMNS, each with the prefix in front. */
static void write_wrapped(struct bel_writer *writer, bel_str prefix, const char *text)
{
	struct bel_cursor cursor = bel_cursor_init(bel_str_from(text));
	size_t column = 0;

	while (!bel_cursor_is_end(&cursor)) {
		bel_str word = bel_cursor_until_char(&cursor, ' ');
		bel_cursor_take(&cursor, ' ');
		if (!column || column + 1 + word.len > COLUMNS) {
			if (column)
				bel_write_char(writer, '\n');
			bel_write_str(writer, prefix);
			column = prefix.len;
		} else {
			bel_write_char(writer, ' ');
			column++;
		}
		bel_write_str(writer, word);
		column += word.len;
	}
	bel_write_char(writer, '\n');
}

static const char *sample_of(const struct bel_conf_word *row)
{
	return row->standard ? row->standard : row->sample ? row->sample : row->form;
}

/* What a block may hold, as comments. */
static void write_sample_block(struct bel_writer *writer,
			       const struct bel_conf_place *place)
{
	const struct bel_conf_words *const *words = place->words;
	char buf[PREFIX_BYTES];

	for (; *words; words++)
		for (unsigned i = 0; i < (*words)->count; i++) {
			const struct bel_conf_word *row = &(*words)->rows[i];
			struct bel_writer line = bel_writer_init(buf, sizeof buf);
			if (row->kind == BEL_CONF_LATER)
				continue;
			bel_write_text(&line, row->name);
			if (row->form) {
				bel_write_char(&line, ' ');
				bel_write_text(&line, row->form);
			}
			bel_write_format(writer, "#   %.*s\n",
					 BEL_STR_ARG(bel_writer_str(&line)));
			write_wrapped(writer, BEL_STR("#       "), row->help);
		}
}

static void write_sample_row(struct bel_writer *writer, bel_str group,
			     const struct bel_conf_word *row)
{
	write_wrapped(writer, BEL_STR("# "), row->help);
	if (row->otherwise) {
		bel_write_lit(writer, "# Without it: ");
		bel_write_text(writer, row->otherwise);
		bel_write_lit(writer, ".\n");
	}
	if (row->is_at_start)
		bel_write_lit(writer, "# A change counts from the next start on.\n");
	if (row->block && row->kind == BEL_CONF_TAKE && row->block->words[0]) {
		bel_write_lit(writer, "# Its block may hold:\n");
		write_sample_block(writer, row->block);
	}
	bel_write_char(writer, '#');
	bel_write_str(writer, group);
	bel_write_text(writer, row->name);
	if (sample_of(row) && sample_of(row)[0]) {
		bel_write_char(writer, ' ');
		bel_write_text(writer, sample_of(row));
	}
	bel_write_lit(writer, "\n\n");
}

static bool is_later(const struct bel_conf_words *words)
{
	for (unsigned i = 0; i < words->count; i++)
		if (words->rows[i].kind != BEL_CONF_LATER)
			return false;
	return true;
}

/* Options of a group are written as "group option", which is one way to say them. */
static void write_sample_words(struct bel_writer *writer, bel_str group,
			       const struct bel_conf_words *words)
{
	char buf[PREFIX_BYTES];

	for (unsigned i = 0; i < words->count; i++) {
		const struct bel_conf_word *row = &words->rows[i];
		struct bel_writer prefix = bel_writer_init(buf, sizeof buf);
		if (row->kind == BEL_CONF_LATER || row->is_usual)
			continue;
		if (row->kind != BEL_CONF_GROUP || row->take || row->is_switch)
			write_sample_row(writer, group, row);
		if (row->kind != BEL_CONF_GROUP)
			continue;
		bel_write_str(&prefix, group);
		bel_write_text(&prefix, row->name);
		bel_write_char(&prefix, ' ');
		for (const struct bel_conf_words *const *inner = row->block->words;
		     *inner; inner++)
			write_sample_words(writer, bel_writer_str(&prefix), *inner);
	}
}

void bel_conf_write_sample(struct bel_writer *writer)
{
	bel_write_lit(
		writer,
		"# Nothing in this file is required: each option stands here as a "
		"comment, with\n# its default where it has one. A statement ends "
		"with its line or with a ; and\n# words need quotes only for blanks "
		"and for ; { } # and \"\n\n");
	for (const struct bel_conf_words *const *words = bel_conf_top.words; *words;
	     words++) {
		if (is_later(*words))
			continue;
		bel_write_format(writer, "# ---- %s ----\n\n", (*words)->title);
		write_sample_words(writer, BEL_STR_NONE, *words);
	}
}

/* Text of scdoc: stars, underscores and backslashes would mean something. */
static void write_plain(struct bel_writer *writer, const char *text)
{
	for (; *text; text++) {
		if (*text == '*' || *text == '_' || *text == '\\')
			bel_write_char(writer, '\\');
		bel_write_char(writer, *text);
	}
}

static void write_tabs(struct bel_writer *writer, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		bel_write_char(writer, '\t');
}

static void write_manual_words(struct bel_writer *writer, unsigned depth,
			       const struct bel_conf_words *words);

static void write_manual_row(struct bel_writer *writer, unsigned depth,
			     const struct bel_conf_word *row)
{
	const char *standard = row->standard ? row->standard : row->otherwise;

	write_tabs(writer, depth);
	bel_write_format(writer, "*%s*", row->name);
	if (row->form) {
		bel_write_char(writer, ' ');
		write_plain(writer, row->form);
	}
	bel_write_char(writer, '\n');
	write_tabs(writer, depth + 1);
	write_plain(writer, row->help);
	if (standard) {
		bel_write_text(writer, row->standard ? " Default: " : " Without it: ");
		write_plain(writer, standard);
		bel_write_char(writer, '.');
	}
	if (row->is_at_start)
		bel_write_lit(writer, " A change counts from the next start on.");
	bel_write_lit(writer, "\n\n");
	if (row->block)
		for (const struct bel_conf_words *const *inner = row->block->words;
		     *inner; inner++)
			write_manual_words(writer, depth + 1, *inner);
}

static void write_manual_words(struct bel_writer *writer, unsigned depth,
			       const struct bel_conf_words *words)
{
	for (unsigned i = 0; i < words->count; i++)
		if (words->rows[i].kind != BEL_CONF_LATER)
			write_manual_row(writer, depth, &words->rows[i]);
}

void bel_conf_write_manual(struct bel_writer *writer)
{
	for (const struct bel_conf_words *const *words = bel_conf_top.words; *words;
	     words++) {
		if (is_later(*words))
			continue;
		bel_write_format(writer, "## %s\n\n", (*words)->title);
		write_manual_words(writer, 0, *words);
	}
}
