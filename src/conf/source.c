/* SPDX-License-Identifier: Apache-2.0
 * The line that a problem is about, as it may be shown: logs keep what they are given, so
 * that secrets in it become stars, one for each character. */
#include "conf/report.h"
#include "conf/tree.h"

enum {
	SHOWN_COLUMNS = 140, /* of a long line */
	BEFORE_COLUMNS = 60,
	HEX_DIGITS_MIN = 16,
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_hex(char c)
{
	c = bel_char_lower(c);
	return bel_char_is_digit(c) || (c >= 'a' && c <= 'f');
}

static size_t skip_blanks(bel_str line, size_t at)
{
	while (at < line.len && is_blank(line.ptr[at]))
		at++;
	return at;
}

static size_t skip_word(bel_str line, size_t at)
{
	bool is_quoted = at < line.len && line.ptr[at] == '"';

	for (at += is_quoted; at < line.len; at++) {
		char c = line.ptr[at];
		if (is_quoted && c == '\\')
			at++;
		else if (is_quoted && c == '"')
			return at + 1;
		else if (!is_quoted &&
			 (is_blank(c) || bel_str_find(BEL_STR(";{}"), c) < 3))
			return at;
	}
	return line.len;
}

/* "password", what others call it, and either with a slip in it. */
static bool is_password(bel_str word)
{
	static const char *const names[] = { "password", "passwd", "secret", "pass",
					     "pw" };

	for (size_t i = 0; i < BEL_COUNT_OF(names); i++) {
		bel_str name = bel_str_from(names[i]);
		if (bel_str_distance(word, name) <= name.len / 3)
			return true;
	}
	return false;
}

/* Where the words behind a password begin and end, from the given place on; both are
 * line.len when there are none. */
static void find_secret(bel_str line, size_t from, size_t *begin, size_t *end)
{
	while (from < line.len) {
		size_t word_end = skip_word(line, from);
		bel_str word = bel_str_slice(line, from, word_end);
		if (word_end == from)
			word_end++;
		from = skip_blanks(line, word_end);
		if (!is_password(word))
			continue;
		bel_str rest = bel_str_slice(line, from, line.len);
		if (bel_str_has_prefix(rest, BEL_STR("file:")) ||
		    bel_str_has_prefix(rest, BEL_STR("env:")))
			continue;
		*begin = *end = from;
		for (size_t at = from; at < line.len; at = skip_blanks(line, *end)) {
			if (bel_str_find(BEL_STR(";{}"), line.ptr[at]) < 3)
				break;
			*end = skip_word(line, at);
		}
		return;
	}
	*begin = *end = line.len;
}

/* Where sixteen or more hexadecimal digits end that begin here: an HA1 is as good as the
 * password. */
static size_t digits_end(bel_str line, size_t from)
{
	size_t to = from;

	while (to < line.len && is_hex(line.ptr[to]))
		to++;
	return to - from >= HEX_DIGITS_MIN ? to : from;
}

/* Columns from first on, and no more of them than are shown. */
static void write_columns(struct bel_writer *writer, bel_str line, unsigned first)
{
	size_t begin = 0, end = 0, digits = 0;
	unsigned column = 1;

	for (size_t i = 0, len; i < line.len && column < first + SHOWN_COLUMNS;
	     i += len, column++) {
		len = bel_conf_char_len(bel_str_slice(line, i, line.len));
		if (i >= end)
			find_secret(line, i, &begin, &end);
		if (i >= digits)
			digits = digits_end(line, i);
		if (column < first)
			continue;
		if (i < digits || (i >= begin && i < end && !is_blank(line.ptr[i])))
			bel_write_char(writer, '*');
		else
			bel_write_str(writer, bel_str_slice(line, i, i + len));
	}
}

static bel_str line_of(const struct bel_conf_token *token)
{
	bel_str text = token->file->text;
	size_t from = (size_t)(token->raw.ptr - text.ptr), to = from;

	while (from > 0 && text.ptr[from - 1] != '\n')
		from--;
	while (to < text.len && text.ptr[to] != '\n')
		to++;
	if (to > from && text.ptr[to - 1] == '\r')
		to--;
	if (from == 0 && bel_str_has_prefix(text, BEL_STR("\xef\xbb\xbf")))
		from = 3;
	return bel_str_slice(text, from, to);
}

void bel_conf_source_copy(struct bel_conf_problem *problem, struct bel_arena *arena,
			  const struct bel_conf_token *token)
{
	char buf[4 * SHOWN_COLUMNS];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	problem->source_column = problem->column > BEFORE_COLUMNS
					 ? problem->column - BEFORE_COLUMNS
					 : 1;
	write_columns(&writer, line_of(token), problem->source_column);
	problem->source = bel_arena_copy(arena, bel_writer_str(&writer));
}
