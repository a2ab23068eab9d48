/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/tree.h"

#include <errno.h>

struct lexer {
	struct bel_arena *arena;
	struct bel_conf_report *report;
	const struct bel_conf_file *file;
	struct bel_cursor cursor;
	unsigned line, column; /* of mark */
	const char *mark;
	struct bel_conf_tokens out;
	size_t size;
};

/* Blanks, line ends and the four marks end a word. */
static const uint8_t ends_word[256] = {
	['\t'] = 1, ['\n'] = 1, ['\r'] = 1, [' '] = 1,
	[';'] = 1,  ['{'] = 1,  ['}'] = 1,  ['"'] = 1,
};

unsigned bel_conf_columns(bel_str text)
{
	unsigned columns = 0;

	for (size_t i = 0; i < text.len; columns++)
		i += bel_conf_char_len(bel_str_slice(text, i, text.len));
	return columns;
}

static struct bel_conf_token *add(struct lexer *lexer, enum bel_conf_token_kind kind,
				  const char *from)
{
	struct bel_conf_tokens *out = &lexer->out;
	bel_str passed = { lexer->mark, (size_t)(from - lexer->mark) };
	bel_str raw = { from, (size_t)(lexer->cursor.ptr - from) };

	if (out->count == lexer->size) {
		size_t size = lexer->size ? lexer->size * 2 : 64;
		struct bel_conf_token *items = bel_arena_alloc(
			lexer->arena, size * sizeof(struct bel_conf_token));
		if (!items)
			return NULL;
		if (out->count)
			memcpy(items, out->items, out->count * sizeof items[0]);
		out->items = items;
		lexer->size = size;
	}
	lexer->column += bel_conf_columns(passed);
	lexer->mark = from;
	out->items[out->count] = (struct bel_conf_token){ .kind = kind,
							  .line = lexer->line,
							  .column = lexer->column,
							  .text = raw,
							  .raw = raw,
							  .file = lexer->file };
	return &out->items[out->count++];
}

static void complain(struct lexer *lexer, struct bel_conf_token *token, const char *text,
		     const char *remedy)
{
	token->is_broken = true;
	bel_conf_complain(lexer->report, token, "%s", text);
	bel_conf_remedy(lexer->report, "%s", remedy);
}

/* What no word may hold; tabs only in quotes. */
static bool is_control(bel_str character)
{
	uint8_t c = (uint8_t)character.ptr[0];

	return (c < ' ' && c != '\t') || c == 0x7f ||
	       (c == 0xc2 && (uint8_t)character.ptr[1] < 0xa0);
}

/* What comes along when text is copied from elsewhere, and looks like something else. */
static const struct stranger {
	const char *bytes;
	bool may_be_quoted;
	const char *text, *remedy;
} strangers[] = {
	{ "\xc2\xa0", true, "a blank that does not break", "put a plain blank" },
	{ "\xe2\x80\x9c", true, "a typographic quote", "write \"" },
	{ "\xe2\x80\x9d", true, "a typographic quote", "write \"" },
	{ "\xe2\x80\x9e", true, "a typographic quote", "write \"" },
	{ "\xe2\x80\x8b", false, "a character of no width", "take it out" },
	{ "\xef\xbb\xbf", false, "a byte order mark inside the file", "take it out" },
};

static const struct stranger *find_stranger(bel_str character, bool is_quoted)
{
	for (size_t i = 0; i < BEL_COUNT_OF(strangers); i++)
		if (bel_str_has_prefix(character, bel_str_from(strangers[i].bytes)) &&
		    !(is_quoted && strangers[i].may_be_quoted))
			return &strangers[i];
	return NULL;
}

static void check_character(struct lexer *lexer, struct bel_conf_token *part)
{
	const struct stranger *stranger = find_stranger(part->raw, part->is_quoted);

	if (!bel_str_utf8_len(part->raw))
		complain(lexer, part, "this is not UTF-8", "save the file as UTF-8 text");
	else if (is_control(part->raw))
		complain(lexer, part, "a control character", "take it out");
	else if (stranger)
		complain(lexer, part, stranger->text, stranger->remedy);
}

static void check_characters(struct lexer *lexer, struct bel_conf_token *token)
{
	for (size_t i = 0, len; i < token->raw.len && !token->is_broken; i += len) {
		bel_str rest = bel_str_slice(token->raw, i, token->raw.len);
		struct bel_conf_token part = *token;
		len = bel_conf_char_len(rest);
		part.raw = bel_str_slice(rest, 0, len);
		part.column += bel_conf_columns(bel_str_slice(token->raw, 0, i));
		check_character(lexer, &part);
		token->is_broken |= part.is_broken;
	}
}

/* Takes the backslashes out of a quoted text; false without memory. */
static bool unescape(struct lexer *lexer, struct bel_conf_token *token)
{
	bel_str inside = token->text;
	char *buf;
	size_t len = 0;

	if (bel_str_find(inside, '\\') == inside.len)
		return true;
	buf = bel_arena_bytes(lexer->arena, inside.len);
	if (!buf)
		return false;
	for (size_t i = 0; i < inside.len; i++) {
		if (inside.ptr[i] == '\\' && i + 1 < inside.len)
			i++;
		buf[len++] = inside.ptr[i];
	}
	token->text = (bel_str){ buf, len };
	return true;
}

/* Takes what stands behind an opening quote, with the closing one; false when the line
 * ends first. *escape is the first backslash that means nothing. */
static bool take_quoted(struct bel_cursor *cursor, const char **escape)
{
	while (!bel_cursor_is_end(cursor) && bel_cursor_peek(cursor) != '\n') {
		char c = bel_cursor_peek(cursor);
		bel_cursor_skip(cursor, 1);
		if (c == '"')
			return true;
		if (c != '\\')
			continue;
		char next = bel_cursor_peek(cursor);
		if (next == '"' || next == '\\')
			bel_cursor_skip(cursor, 1);
		else if (!*escape)
			*escape = cursor->ptr - 1;
	}
	return false;
}

static enum bel_err lex_quoted(struct lexer *lexer)
{
	const char *from = lexer->cursor.ptr, *escape = NULL;
	struct bel_conf_token *token;

	bel_cursor_skip(&lexer->cursor, 1);
	bool is_closed = take_quoted(&lexer->cursor, &escape);
	token = add(lexer, BEL_CONF_WORD, from);
	if (!token)
		return -ENOMEM;
	token->is_quoted = true;
	token->text = bel_str_slice(token->raw, 1, token->raw.len - is_closed);
	if (!is_closed) {
		complain(lexer, token, "the quote is not closed",
			 "put \" at its end, on the same line");
		return BEL_OK;
	}
	if (escape) {
		size_t at = (size_t)(escape - token->text.ptr);
		struct bel_conf_token part = bel_conf_token_part(token, at, at + 2);
		complain(lexer, &part, "a backslash stands for nothing here",
			 "only \\\" and \\\\ are known; write \\\\ for a backslash");
		token->is_broken = true;
	}
	check_characters(lexer, token);
	return unescape(lexer, token) ? BEL_OK : -ENOMEM;
}

static enum bel_err lex_word(struct lexer *lexer)
{
	const char *from = lexer->cursor.ptr;
	struct bel_conf_token *token;

	bel_cursor_until(&lexer->cursor, ends_word);
	token = add(lexer, BEL_CONF_WORD, from);
	if (!token)
		return -ENOMEM;
	check_characters(lexer, token);
	return BEL_OK;
}

/* Two words without a blank between them, one of them quoted. */
static void check_gap(struct lexer *lexer)
{
	struct bel_conf_tokens *out = &lexer->out;
	struct bel_conf_token *last = &out->items[out->count - 1], *before;

	if (out->count < 2 || last->kind != BEL_CONF_WORD)
		return;
	before = last - 1;
	if (before->kind != BEL_CONF_WORD || before->is_broken ||
	    before->raw.ptr + before->raw.len != last->raw.ptr)
		return;
	complain(lexer, last, "a quote in the middle of a word",
		 "put the whole word in quotes, or a space between the two");
}

static enum bel_err lex_mark(struct lexer *lexer, enum bel_conf_token_kind kind)
{
	const char *from = lexer->cursor.ptr;

	bel_cursor_skip(&lexer->cursor, 1);
	if (!add(lexer, kind, from))
		return -ENOMEM;
	if (kind == BEL_CONF_NEWLINE) {
		lexer->line++;
		lexer->column = 1;
		lexer->mark = lexer->cursor.ptr;
	}
	return BEL_OK;
}

static enum bel_err lex_comment(struct lexer *lexer)
{
	const char *from = lexer->cursor.ptr;
	struct bel_conf_token *token;

	bel_cursor_until_char(&lexer->cursor, '\n');
	token = add(lexer, BEL_CONF_COMMENT, from);
	if (!token)
		return -ENOMEM;
	token->text = bel_str_trim(token->raw);
	return BEL_OK;
}

static enum bel_err lex_one(struct lexer *lexer)
{
	char c = bel_cursor_peek(&lexer->cursor);

	switch (c) {
	case '\n':
		return lex_mark(lexer, BEL_CONF_NEWLINE);
	case ';':
		return lex_mark(lexer, BEL_CONF_SEMICOLON);
	case '{':
		return lex_mark(lexer, BEL_CONF_OPEN);
	case '}':
		return lex_mark(lexer, BEL_CONF_CLOSE);
	case '#':
		return lex_comment(lexer);
	case '"':
		return lex_quoted(lexer);
	default:
		return lex_word(lexer);
	}
}

static void skip_blanks(struct bel_cursor *cursor)
{
	while (bel_cursor_take(cursor, ' ') || bel_cursor_take(cursor, '\t') ||
	       bel_cursor_take(cursor, '\r'))
		;
}

enum bel_err bel_conf_tokens_read(struct bel_conf_tokens *out, struct bel_arena *arena,
				  struct bel_conf_report *report,
				  const struct bel_conf_file *file)
{
	struct lexer lexer = { .arena = arena,
			       .report = report,
			       .file = file,
			       .cursor = bel_cursor_init(file->text),
			       .line = 1,
			       .column = 1 };
	enum bel_err err = BEL_OK;

	/* Editors of another system put a byte order mark in front. */
	if (bel_str_has_prefix(file->text, BEL_STR("\xef\xbb\xbf")))
		bel_cursor_skip(&lexer.cursor, 3);
	lexer.mark = lexer.cursor.ptr;
	for (;;) {
		skip_blanks(&lexer.cursor);
		if (bel_cursor_is_end(&lexer.cursor))
			break;
		err = lex_one(&lexer);
		if (err)
			return err;
		check_gap(&lexer);
	}
	if (!add(&lexer, BEL_CONF_END, lexer.cursor.ptr))
		return -ENOMEM;
	*out = lexer.out;
	return BEL_OK;
}

struct bel_conf_token bel_conf_token_part(const struct bel_conf_token *token, size_t from,
					  size_t to)
{
	struct bel_conf_token part = *token;
	size_t skip = token->is_quoted;

	part.text = bel_str_slice(token->text, from, to);
	/* With a backslash in it, text and line do not run in step. */
	if (token->is_quoted && token->raw.len != token->text.len + 2)
		return part;
	part.raw = bel_str_slice(token->raw, from + skip, to + skip);
	part.column += bel_conf_columns(bel_str_slice(token->raw, 0, from + skip));
	return part;
}
