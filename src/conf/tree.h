/* SPDX-License-Identifier: Apache-2.0
 * Text as tokens (token.c), tokens as a tree of statements (tree.c). Of the room alone.
 */
#ifndef BEL_CONF_TREE_H
#define BEL_CONF_TREE_H

#include "conf/report.h"

enum {
	BEL_CONF_NESTING_MAX = 8,
	BEL_CONF_INCLUDE_DEPTH_MAX = 16,
	BEL_CONF_FILES_MAX = 1000,
	BEL_CONF_FILE_BYTES_MAX = 1 << 20,
	BEL_CONF_USERS_BYTES_MAX = 64 << 20,
};

enum bel_conf_token_kind {
	BEL_CONF_WORD,
	BEL_CONF_OPEN,
	BEL_CONF_CLOSE,
	BEL_CONF_SEMICOLON,
	BEL_CONF_NEWLINE,
	BEL_CONF_COMMENT,
	BEL_CONF_END, /* the last one of every list */
};

struct bel_conf_token {
	enum bel_conf_token_kind kind;
	bool is_quoted;
	bool is_broken;        /* reported: its statement is left alone */
	unsigned line, column; /* from 1; columns count characters, a tab is one */
	bel_str text;          /* what it means: without quotes and backslashes */
	bel_str raw;           /* as it stands in file->text */
	const struct bel_conf_file *file;
};

struct bel_conf_statement {
	const struct bel_conf_token *words;
	unsigned count;
	const struct bel_conf_token *open;       /* its '{', or NULL */
	struct bel_conf_statement *first, *next; /* in its block; beside it */
	bool is_broken;                          /* said already, do not look inside */
};

/* All tokens of the file, in the arena; they borrow its text. What is no token is
 * reported and marked. -ENOMEM. */
struct bel_conf_tokens {
	struct bel_conf_token *items;
	size_t count;
};
enum bel_err bel_conf_tokens_read(struct bel_conf_tokens *out, struct bel_arena *arena,
				  struct bel_conf_report *report,
				  const struct bel_conf_file *file);

/* The statements of the tokens; a block that is not closed, one that nothing stands in
 * front of, and one nested too deep are reported. *out is NULL for an empty file. */
enum bel_err bel_conf_tree_read(struct bel_conf_statement **out, struct bel_arena *arena,
				struct bel_conf_report *report,
				const struct bel_conf_tokens *tokens);

/* [from, to) of the token's text, with its own place. */
struct bel_conf_token bel_conf_token_part(const struct bel_conf_token *token, size_t from,
					  size_t to);
/* Just behind the statement's last word: where something is missing. */
struct bel_conf_token bel_conf_statement_end(const struct bel_conf_statement *statement);

/* Bytes of the first character; a byte that is none counts as one. */
static inline size_t bel_conf_char_len(bel_str text)
{
	size_t len = bel_str_utf8_len(text);

	return len ? len : 1;
}
/* Characters, not bytes: what a caret counts. */
unsigned bel_conf_columns(bel_str text);

#endif
