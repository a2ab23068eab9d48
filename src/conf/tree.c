/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/tree.h"

#include <errno.h>

/* One open block: the statement it belongs to and where its next statement goes. */
struct level {
	struct bel_conf_statement *owner;
	struct bel_conf_statement **next;
};

struct builder {
	struct bel_arena *arena;
	struct bel_conf_report *report;
	struct level levels[BEL_CONF_NESTING_MAX + 1]; /* [0]: the file */
	unsigned depth, too_deep;
	struct bel_conf_statement *statement; /* being collected, or NULL */
	bool has_closed;                      /* this line ended a block */
	bool has_broken; /* a brace may have been lost in what was reported */
};

static struct bel_conf_statement *begin(struct builder *builder,
					const struct bel_conf_token *words)
{
	struct bel_conf_statement *statement = BEL_ARENA_NEW(builder->arena,
							     struct bel_conf_statement);
	struct level *level = &builder->levels[builder->depth];

	if (!statement)
		return NULL;
	statement->words = words;
	*level->next = statement;
	level->next = &statement->next;
	builder->statement = statement;
	return statement;
}

static enum bel_err on_word(struct builder *builder, const struct bel_conf_token *token)
{
	if (!builder->statement) {
		if (!begin(builder, token))
			return -ENOMEM;
		if (builder->has_closed) {
			bel_conf_complain(builder->report, token,
					  "\"%.*s\" follows a } on the same line",
					  BEL_CONF_SHOW(token->text));
			bel_conf_remedy(builder->report, "start a new line for it");
		}
	}
	builder->statement->count++;
	builder->statement->is_broken |= token->is_broken;
	builder->has_broken |= token->is_broken;
	return BEL_OK;
}

static enum bel_err on_open(struct builder *builder, const struct bel_conf_token *token)
{
	struct bel_conf_statement *statement = builder->statement;

	if (!statement) {
		bel_conf_complain(builder->report, token,
				  "a block without a statement in front of it");
		bel_conf_remedy(builder->report,
				"put the { at the end of its statement's line");
		statement = begin(builder, token);
		if (!statement)
			return -ENOMEM;
		statement->is_broken = true;
	}
	builder->statement = NULL;
	builder->has_closed = false;
	if (builder->depth == BEL_CONF_NESTING_MAX) {
		builder->levels[1].owner->is_broken = true;
		if (!builder->too_deep++)
			bel_conf_complain(builder->report, token,
					  "blocks more than %d deep",
					  BEL_CONF_NESTING_MAX);
		return BEL_OK;
	}
	statement->open = token;
	builder->levels[++builder->depth] = (struct level){ statement,
							    &statement->first };
	return BEL_OK;
}

static void on_close(struct builder *builder, const struct bel_conf_token *token)
{
	builder->statement = NULL;
	builder->has_closed = true;
	if (builder->too_deep) {
		builder->too_deep--;
	} else if (builder->depth) {
		builder->depth--;
	} else if (!builder->has_broken) {
		bel_conf_complain(builder->report, token, "a } that closes nothing");
		bel_conf_remedy(builder->report, "remove it, or look for a missing {");
	}
}

static enum bel_err on_token(struct builder *builder, const struct bel_conf_token *token)
{
	switch (token->kind) {
	case BEL_CONF_WORD:
		return on_word(builder, token);
	case BEL_CONF_OPEN:
		return on_open(builder, token);
	case BEL_CONF_CLOSE:
		on_close(builder, token);
		return BEL_OK;
	case BEL_CONF_SEMICOLON:
	case BEL_CONF_NEWLINE:
		builder->statement = NULL;
		builder->has_closed = false;
		return BEL_OK;
	case BEL_CONF_COMMENT:
	case BEL_CONF_END:
		return BEL_OK;
	}
	return BEL_OK;
}

/* What stands in a block without an end may have been meant for the outside: one message,
 * and nothing in it is looked at. */
static void check_closed(struct builder *builder)
{
	if (!builder->depth)
		return;
	if (!builder->has_broken) {
		bel_conf_complain(builder->report,
				  builder->levels[builder->depth].owner->open,
				  "the block that begins here is not closed");
		bel_conf_remedy(builder->report, "put a } where it ends");
	}
	for (unsigned i = 1; i <= builder->depth; i++)
		builder->levels[i].owner->is_broken = true;
}

enum bel_err bel_conf_tree_read(struct bel_conf_statement **out, struct bel_arena *arena,
				struct bel_conf_report *report,
				const struct bel_conf_tokens *tokens)
{
	struct bel_conf_statement *first = NULL;
	struct builder builder = { .arena = arena, .report = report };
	enum bel_err err;

	builder.levels[0].next = &first;
	for (size_t i = 0; i < tokens->count; i++) {
		err = on_token(&builder, &tokens->items[i]);
		if (err)
			return err;
	}
	check_closed(&builder);
	*out = first;
	return BEL_OK;
}

struct bel_conf_token bel_conf_statement_end(const struct bel_conf_statement *statement)
{
	const struct bel_conf_token *last = &statement->words[statement->count - 1];
	struct bel_conf_token end = *last;

	end.column += bel_conf_columns(last->raw);
	end.raw = bel_str_slice(last->raw, last->raw.len, last->raw.len);
	end.raw.ptr = last->raw.ptr + last->raw.len;
	end.text = end.raw;
	return end;
}
