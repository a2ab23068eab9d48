/* SPDX-License-Identifier: Apache-2.0 */
#include "support/ladder/ladder_int.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || bel_char_is_digit(c) ||
	       c == '-';
}

/* "+Name[2]: value". A URI is none: no blank follows its colon. */
static bool parse_field(struct ladder_field *out, bel_str cell)
{
	struct bel_cursor cursor = bel_cursor_init(cell);
	struct ladder_field field = { 0 };
	const char *start;
	uint64_t index = 0;

	if (bel_cursor_peek(&cursor) == '+' || bel_cursor_peek(&cursor) == '-')
		field.sign = *cursor.ptr++;
	start = cursor.ptr;
	while (is_name(bel_cursor_peek(&cursor)))
		cursor.ptr++;
	field.name = (bel_str){ start, (size_t)(cursor.ptr - start) };
	if (bel_cursor_take(&cursor, '[') &&
	    (bel_cursor_u64(&index, &cursor, 99) || !bel_cursor_take(&cursor, ']')))
		return false;
	if (!field.name.len || !bel_cursor_take(&cursor, ':') ||
	    (!bel_cursor_is_end(&cursor) && !is_blank(bel_cursor_peek(&cursor))))
		return false;
	field.index = (unsigned)index;
	field.value = bel_str_trim(
		(bel_str){ cursor.ptr, (size_t)(cursor.end - cursor.ptr) });
	*out = field;
	return true;
}

static bool add_words(struct ladder_line *line, bel_str cell)
{
	struct bel_cursor cursor = bel_cursor_init(cell);

	while (!bel_cursor_is_end(&cursor)) {
		bel_str word = bel_cursor_until_char(&cursor, ' ');
		bel_cursor_take(&cursor, ' ');
		if (!word.len)
			continue;
		if (line->words_count == LADDER_WORDS_MAX)
			return false;
		line->words[line->words_count++] = word;
	}
	return true;
}

/* Up to two blanks, a tab or the end. */
static bel_str next_cell(bel_str *left)
{
	bel_str text = bel_str_trim(*left);
	size_t end = 0;

	while (end < text.len && text.ptr[end] != '\t' &&
	       !(is_blank(text.ptr[end]) && end + 1 < text.len &&
		 is_blank(text.ptr[end + 1])))
		end++;
	*left = bel_str_slice(text, end, text.len);
	return bel_str_slice(text, 0, end);
}

static bool add_cells(struct ladder_line *line, bel_str text)
{
	bel_str left = text;

	for (bel_str cell = next_cell(&left); cell.len; cell = next_cell(&left)) {
		struct ladder_field field;
		if (!parse_field(&field, cell)) {
			if (!add_words(line, cell))
				return false;
			continue;
		}
		if (line->fields_count == LADDER_FIELDS_MAX)
			return false;
		line->fields[line->fields_count++] = field;
	}
	return true;
}

/* A server's indented lines are its configuration, the others' go on with the line. */
static bool go_on(struct ladder_line *line, bel_str text)
{
	const char *end = text.ptr + text.len;

	if (!line->inner.ptr)
		line->inner.ptr = text.ptr;
	line->inner.len = (size_t)(end - line->inner.ptr);
	line->text.len = (size_t)(end - line->text.ptr);
	if (bel_str_is_equal(line->words[0], BEL_STR("server")))
		return true;
	return add_cells(line, text);
}

bool bel_ladder_script_parse(struct ladder_script *script, bel_str text)
{
	struct bel_cursor cursor = bel_cursor_init(text);

	script->count = 0;
	for (unsigned number = 1; !bel_cursor_is_end(&cursor); number++) {
		bel_str row = bel_cursor_until_char(&cursor, '\n');
		struct ladder_line *line;
		bel_cursor_take(&cursor, '\n');
		if (!bel_str_trim(row).len || row.ptr[0] == '#')
			continue;
		if (is_blank(row.ptr[0]) && script->count) {
			if (!go_on(&script->lines[script->count - 1], row))
				return false;
			continue;
		}
		if (script->count == LADDER_LINES_MAX)
			return false;
		line = &script->lines[script->count++];
		*line = (struct ladder_line){ .number = number, .text = row };
		if (!add_cells(line, row))
			return false;
	}
	return true;
}

bool bel_ladder_line_has(const struct ladder_line *line, unsigned index, const char *word)
{
	for (unsigned i = index; i < line->words_count; i++)
		if (bel_str_is_equal(line->words[i], bel_str_from(word)))
			return true;
	return false;
}

bel_str bel_ladder_line_after(const struct ladder_line *line, const char *word)
{
	for (unsigned i = 1; i + 1 < line->words_count; i++)
		if (bel_str_is_equal(line->words[i], bel_str_from(word)))
			return line->words[i + 1];
	return BEL_STR_NONE;
}
