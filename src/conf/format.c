/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/tree.h"

enum { INDENT = 4, SCRATCH_BYTES = 256 << 20 };

/* The one layout: a statement a line, four blanks a level, one blank line at most, words
 * one blank apart. A block that stands on one line stays there. */
struct layout {
	struct bel_writer *writer;
	bool is_inline[BEL_CONF_NESTING_MAX + 1]; /* by depth */
	unsigned depth, newlines;                 /* since the last thing written */
	bool is_in_statement, is_first;           /* of the file or its block */
};

static void begin_line(struct layout *layout)
{
	if (layout->writer->len)
		bel_write_char(layout->writer, '\n');
	if (layout->newlines > 1 && !layout->is_first)
		bel_write_char(layout->writer, '\n');
	for (unsigned i = 0; i < layout->depth * INDENT; i++)
		bel_write_char(layout->writer, ' ');
}

/* A statement, or a comment with a line of its own. */
static void begin_item(struct layout *layout)
{
	if (!layout->is_inline[layout->depth])
		begin_line(layout);
	else if (layout->is_first)
		bel_write_char(layout->writer, ' ');
	else
		bel_write_lit(layout->writer, "; ");
	layout->is_first = false;
	layout->newlines = 0;
}

static void on_word(struct layout *layout, const struct bel_conf_token *token)
{
	if (layout->is_in_statement)
		bel_write_char(layout->writer, ' ');
	else
		begin_item(layout);
	bel_write_str(layout->writer, token->raw);
	layout->is_in_statement = true;
}

static bool is_on_one_line(const struct bel_conf_token *open)
{
	unsigned depth = 0;

	for (const struct bel_conf_token *token = open; token->line == open->line;
	     token++) {
		depth += token->kind == BEL_CONF_OPEN;
		if (token->kind == BEL_CONF_CLOSE && !--depth)
			return true;
		if (token->kind == BEL_CONF_END)
			break;
	}
	return false;
}

static void on_open(struct layout *layout, const struct bel_conf_token *token)
{
	bel_write_lit(layout->writer, " {");
	layout->depth++;
	layout->is_inline[layout->depth] = is_on_one_line(token);
	layout->is_in_statement = false;
	layout->is_first = true;
	layout->newlines = 0;
}

static void on_close(struct layout *layout)
{
	bool is_inline = layout->is_inline[layout->depth--];

	layout->newlines = 0;
	if (is_inline)
		bel_write_char(layout->writer, ' ');
	else
		begin_line(layout);
	bel_write_char(layout->writer, '}');
	layout->is_in_statement = layout->is_first = false;
}

static void on_comment(struct layout *layout, const struct bel_conf_token *token)
{
	if (!layout->newlines && layout->writer->len)
		bel_write_lit(layout->writer, "  ");
	else
		begin_item(layout);
	bel_write_str(layout->writer, token->text);
}

static void on_token(struct layout *layout, const struct bel_conf_token *token)
{
	switch (token->kind) {
	case BEL_CONF_WORD:
		on_word(layout, token);
		break;
	case BEL_CONF_OPEN:
		on_open(layout, token);
		break;
	case BEL_CONF_CLOSE:
		on_close(layout);
		break;
	case BEL_CONF_NEWLINE:
		layout->newlines++;
		layout->is_in_statement = false;
		break;
	case BEL_CONF_SEMICOLON:
		layout->is_in_statement = false;
		break;
	case BEL_CONF_COMMENT:
		on_comment(layout, token);
		break;
	case BEL_CONF_END:
		if (layout->writer->len)
			bel_write_char(layout->writer, '\n');
		break;
	}
}

enum bel_err bel_conf_format(struct bel_writer *writer, struct bel_conf_report *report,
			     bel_str text)
{
	struct bel_conf_file file = { .name = BEL_STR("configuration"), .text = text };
	struct layout layout = { .writer = writer, .is_first = true };
	struct bel_conf_statement *first;
	struct bel_conf_tokens tokens;
	struct bel_arena scratch;
	enum bel_err err;

	bel_arena_init(&scratch, NULL, 0, SCRATCH_BYTES);
	err = text.len > BEL_CONF_FILE_BYTES_MAX ? BEL_ERR_LIMIT : BEL_OK;
	if (!err)
		err = bel_conf_tokens_read(&tokens, &scratch, report, &file);
	if (!err)
		err = bel_conf_tree_read(&first, &scratch, report, &tokens);
	if (!err && report->errors)
		err = BEL_ERR_SYNTAX;
	for (size_t i = 0; !err && i < tokens.count; i++)
		on_token(&layout, &tokens.items[i]);
	bel_arena_fini(&scratch);
	return err ? err : bel_writer_check(writer);
}
