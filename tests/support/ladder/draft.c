/* SPDX-License-Identifier: Apache-2.0 */
#include "support/ladder/ladder_int.h"

void bel_draft_put(struct ladder_draft *draft, const char *name, bel_str value)
{
	if (draft->count == DRAFT_ROWS_MAX)
		abort();
	draft->rows[draft->count].name = bel_str_from(name);
	draft->rows[draft->count++].value = value;
}

void bel_draft_copy(struct ladder_draft *draft, struct bel_sip_msg *msg,
		    enum bel_sip_header header)
{
	const struct bel_sip_field *field = bel_sip_field_first(msg, header);

	for (; field; field = bel_sip_field_next(msg, field)) {
		if (draft->count == DRAFT_ROWS_MAX)
			abort();
		draft->rows[draft->count].name = bel_sip_header_name(header);
		draft->rows[draft->count++].value = bel_sip_field_value(msg, field);
	}
}

static bool is_same(bel_str a, bel_str b)
{
	enum bel_sip_header header = bel_sip_header_find(a);

	return header == bel_sip_header_find(b) &&
	       (header != BEL_SIP_H_OTHER || bel_str_is_equal_nocase(a, b));
}

static void remove_row(struct ladder_draft *draft, unsigned index)
{
	draft->count--;
	memmove(&draft->rows[index], &draft->rows[index + 1],
		(draft->count - index) * sizeof draft->rows[0]);
}

/* After the last one of that name, else at the end. */
static void insert(struct ladder_draft *draft, const struct ladder_field *field,
		   bel_str value)
{
	unsigned at = draft->count;

	if (draft->count == DRAFT_ROWS_MAX)
		abort();
	for (unsigned i = 0; i < draft->count; i++)
		if (is_same(draft->rows[i].name, field->name))
			at = i + 1;
	memmove(&draft->rows[at + 1], &draft->rows[at],
		(draft->count - at) * sizeof draft->rows[0]);
	draft->rows[at].name = field->name;
	draft->rows[at].value = value;
	draft->count++;
}

/* What the phone made gives way to what the line says, in its place. */
static void replace(struct ladder_draft *draft, const struct ladder_field *field,
		    bel_str value)
{
	bool is_done = false;

	for (unsigned i = 0; i < draft->count;) {
		if (!is_same(draft->rows[i].name, field->name)) {
			i++;
		} else if (is_done) {
			remove_row(draft, i);
		} else {
			draft->rows[i].name = field->name;
			draft->rows[i++].value = value;
			is_done = true;
		}
	}
	if (!is_done && field->sign != '-')
		insert(draft, field, value);
}

static void apply(struct ladder_draft *draft, const struct ladder_field *field,
		  bel_str value)
{
	if (field->sign == '+') {
		insert(draft, field, value);
		return;
	}
	replace(draft, field, value);
	for (unsigned i = 0; field->sign == '-' && i < draft->count; i++)
		if (is_same(draft->rows[i].name, field->name))
			remove_row(draft, i--);
}

bel_str bel_draft_write(struct ladder_draft *draft, struct ladder_actor *speaker)
{
	struct ladder *ladder = speaker->ladder;
	const struct ladder_line *line = ladder->line;
	char *buf = bel_arena_bytes(&ladder->arena, LADDER_BYTES_MAX);
	struct bel_writer writer = bel_writer_init(buf, LADDER_BYTES_MAX);

	if (!buf)
		abort();
	bel_draft_put(draft, "Content-Length",
		      bel_ladder_format(ladder, "%zu", draft->body.len));
	if (bel_ladder_line_has(line, 4, "raw"))
		draft->count = 0;
	for (unsigned i = 0; i < line->fields_count; i++)
		apply(draft, &line->fields[i],
		      bel_ladder_expand(ladder, line->fields[i].value));
	bel_write_str(&writer, draft->start);
	bel_write_lit(&writer, "\r\n");
	for (unsigned i = 0; i < draft->count; i++) {
		bel_write_str(&writer, draft->rows[i].name);
		bel_write_lit(&writer, ": ");
		bel_write_str(&writer, draft->rows[i].value);
		bel_write_lit(&writer, "\r\n");
	}
	bel_write_lit(&writer, "\r\n");
	bel_write_str(&writer, draft->body);
	return bel_writer_str(&writer);
}
