/* SPDX-License-Identifier: Apache-2.0
 * Forwarding: cuts are noted as they are asked for and gathered in one walk over the
 * message, so that every byte nobody spoke of leaves as it came. */
#include "sip/via_source.h"

enum cut_kind {
	CUT_INSERT, /* a line */
	CUT_SET,    /* a line, the only one of its header */
	CUT_REPLACE,
	CUT_REMOVE,
	CUT_VALUES, /* remove: some values of a line */
};

void bel_sip_splice_init(struct bel_sip_splice *splice, struct bel_sip_msg *msg)
{
	splice->msg = msg;
	splice->err = BEL_OK;
	splice->cuts_count = 0;
	splice->body = BEL_STR_NONE;
	splice->has_body = false;
	splice->scratch_len = 0;
}

static void fail(struct bel_sip_splice *splice, enum bel_err err)
{
	if (!splice->err)
		splice->err = err;
}

static uint16_t offset_of(const struct bel_sip_splice *splice, const char *ptr)
{
	return (uint16_t)(ptr - splice->msg->bytes.ptr);
}

static struct bel_sip_cut *put(struct bel_sip_splice *splice, enum cut_kind kind,
			       size_t from, size_t to, bel_str text)
{
	if (!bel_sip_is_writable(text)) {
		fail(splice, BEL_ERR_SYNTAX);
		return NULL;
	}
	if (splice->cuts_count == BEL_SIP_CUTS_MAX) {
		fail(splice, BEL_ERR_LIMIT);
		return NULL;
	}
	struct bel_sip_cut *cut = &splice->cuts[splice->cuts_count++];
	*cut = (struct bel_sip_cut){ .kind = (uint8_t)kind,
				     .from = (uint16_t)from,
				     .to = (uint16_t)to,
				     .text = text };
	return cut;
}

/* Text that nobody lends us is kept in the splice. */
static void put_scratch(struct bel_sip_splice *splice, struct bel_sip_cut *cut,
			bel_str text)
{
	if (!cut)
		return;
	if (text.len > sizeof splice->scratch - splice->scratch_len) {
		fail(splice, BEL_ERR_LIMIT);
		return;
	}
	memcpy(splice->scratch + splice->scratch_len, text.ptr, text.len);
	cut->scratch = (uint16_t)splice->scratch_len;
	cut->scratch_len = (uint16_t)text.len;
	splice->scratch_len += text.len;
}

static bool has_cut(const struct bel_sip_splice *splice, enum cut_kind kind, size_t from,
		    enum bel_sip_header header)
{
	for (unsigned i = 0; i < splice->cuts_count; i++)
		if (splice->cuts[i].kind == kind && splice->cuts[i].from == from &&
		    splice->cuts[i].header == header)
			return true;
	return false;
}

static struct bel_sip_cut *put_replace(struct bel_sip_splice *splice, bel_str old,
				       bel_str text)
{
	uint16_t from = offset_of(splice, old.ptr);

	if (has_cut(splice, CUT_REPLACE, from, BEL_SIP_H_OTHER)) {
		fail(splice, BEL_ERR_MISMATCH);
		return NULL;
	}
	return put(splice, CUT_REPLACE, from, from + old.len, text);
}

static struct bel_sip_cut *put_line(struct bel_sip_splice *splice, enum cut_kind kind,
				    size_t at, enum bel_sip_header header, bel_str value)
{
	struct bel_sip_cut *cut;

	if (kind == CUT_SET && has_cut(splice, kind, at, header)) {
		fail(splice, BEL_ERR_MISMATCH);
		return NULL;
	}
	cut = put(splice, kind, at, at, value);
	if (cut)
		cut->header = (uint8_t)header;
	return cut;
}

/* Lines that follow each other make one cut. */
static void put_remove(struct bel_sip_splice *splice, bel_str bytes)
{
	uint16_t from = offset_of(splice, bytes.ptr);
	struct bel_sip_cut *last = splice->cuts_count
					   ? &splice->cuts[splice->cuts_count - 1]
					   : NULL;

	if (last && last->kind == CUT_REMOVE && last->to == from)
		last->to = (uint16_t)(from + bytes.len);
	else
		put(splice, CUT_REMOVE, from, from + bytes.len, BEL_STR_NONE);
}

void bel_sip_splice_uri(struct bel_sip_splice *splice, bel_str uri)
{
	if (splice->msg->is_request)
		put_replace(splice, splice->msg->uri_text, uri);
	else
		fail(splice, BEL_ERR_NOT_FOUND);
}

void bel_sip_splice_insert(struct bel_sip_splice *splice, enum bel_sip_header header,
			   bel_str value)
{
	const struct bel_sip_field *field = bel_sip_field_first(splice->msg, header);

	put_line(splice, CUT_INSERT, field ? field->name : splice->msg->fields_start,
		 header, value);
}

void bel_sip_splice_append(struct bel_sip_splice *splice, enum bel_sip_header header,
			   bel_str value)
{
	put_line(splice, CUT_INSERT, splice->msg->fields_end, header, value);
}

/* ---- values of a line ---- */

struct place {
	const struct bel_sip_field *field;
	unsigned ordinal; /* among the values of the field */
	bel_str value;
};

static bool line_next(bel_str *value, bel_str *left, bool has_commas)
{
	if (has_commas)
		return bel_sip_list_next(value, left);
	*value = *left;
	*left = BEL_STR_NONE;
	return value->len != 0;
}

/* Without a comma there is one value, the line. */
static bool is_list(const struct bel_sip_field *field, bel_str line)
{
	return bel_sip_header_shape(field->header) == BEL_SIP_LIST && line.len &&
	       memchr(line.ptr, ',', line.len);
}

static bool find_value(struct place *out, const struct bel_sip_msg *msg,
		       enum bel_sip_header header, unsigned index)
{
	const struct bel_sip_field *field = bel_sip_field_first(msg, header);

	for (; field; field = bel_sip_field_next(msg, field)) {
		bel_str left = bel_sip_field_value(msg, field);
		bool has_commas = is_list(field, left);
		bel_str value;
		for (unsigned i = 0; line_next(&value, &left, has_commas); i++, index--) {
			if (index)
				continue;
			*out = (struct place){ field, i, value };
			return true;
		}
	}
	return false;
}

/* The bytes that go when values first to last of a line go: up to the next value; at the
 * end of the line from the value before; the whole line when nothing is left. */
static bel_str values_bytes(const struct bel_sip_msg *msg, const struct bel_sip_cut *cut)
{
	const struct bel_sip_field *field = &msg->fields[cut->field];
	bel_str left = bel_sip_field_value(msg, field);
	bool has_commas = is_list(field, left);
	bel_str value;
	const char *from = NULL, *before = NULL, *end = NULL;

	for (unsigned i = 0; line_next(&value, &left, has_commas); i++) {
		if (i > cut->value_last)
			return str_between(from, value.ptr);
		if (i == cut->value_first)
			from = value.ptr;
		end = value.ptr + value.len;
		if (i < cut->value_first)
			before = end;
	}
	return before ? str_between(before, end) : bel_sip_field_line(msg, field);
}

/* A neighbour of values that go already joins them: commas depend on what is left. */
static void put_value_cut(struct bel_sip_splice *splice, unsigned field, unsigned ordinal)
{
	struct bel_sip_cut joined = { .kind = CUT_VALUES,
				      .field = (uint8_t)field,
				      .value_first = (uint16_t)ordinal,
				      .value_last = (uint16_t)ordinal };
	unsigned kept = 0;

	for (unsigned i = 0; i < splice->cuts_count; i++) {
		struct bel_sip_cut *cut = &splice->cuts[i];
		if (cut->kind == CUT_VALUES && cut->field == field &&
		    cut->value_first <= ordinal + 1 && ordinal <= cut->value_last + 1u) {
			if (cut->value_first < joined.value_first)
				joined.value_first = cut->value_first;
			if (cut->value_last > joined.value_last)
				joined.value_last = cut->value_last;
			continue;
		}
		splice->cuts[kept++] = *cut;
	}
	splice->cuts_count = kept;
	bel_str bytes = values_bytes(splice->msg, &joined);
	uint16_t from = offset_of(splice, bytes.ptr);
	struct bel_sip_cut *cut = put(splice, CUT_VALUES, from, from + bytes.len,
				      BEL_STR_NONE);
	if (cut) {
		cut->field = joined.field;
		cut->value_first = joined.value_first;
		cut->value_last = joined.value_last;
	}
}

void bel_sip_splice_remove_value(struct bel_sip_splice *splice,
				 enum bel_sip_header header, unsigned index)
{
	struct place place;

	if (find_value(&place, splice->msg, header, index))
		put_value_cut(splice, (unsigned)(place.field - splice->msg->fields),
			      place.ordinal);
	else
		fail(splice, BEL_ERR_NOT_FOUND);
}

void bel_sip_splice_replace_value(struct bel_sip_splice *splice,
				  enum bel_sip_header header, unsigned index,
				  bel_str text)
{
	struct place place;

	if (find_value(&place, splice->msg, header, index))
		put_replace(splice, place.value, text);
	else
		fail(splice, BEL_ERR_NOT_FOUND);
}

/* ---- whole headers ---- */

static void remove_lines(struct bel_sip_splice *splice, const struct bel_sip_field *field)
{
	for (; field; field = bel_sip_field_next(splice->msg, field))
		put_remove(splice, bel_sip_field_line(splice->msg, field));
}

void bel_sip_splice_remove(struct bel_sip_splice *splice, enum bel_sip_header header)
{
	if (header != BEL_SIP_H_OTHER)
		remove_lines(splice, bel_sip_field_first(splice->msg, header));
}

void bel_sip_splice_remove_named(struct bel_sip_splice *splice, bel_str name)
{
	const struct bel_sip_msg *msg = splice->msg;
	enum bel_sip_header header = bel_sip_header_find(name);
	const struct bel_sip_field *field = bel_sip_field_first(msg, header);

	for (; field; field = bel_sip_field_next(msg, field))
		if (header != BEL_SIP_H_OTHER ||
		    bel_str_is_equal_nocase(bel_sip_field_name(msg, field), name))
			put_remove(splice, bel_sip_field_line(msg, field));
}

static struct bel_sip_cut *set(struct bel_sip_splice *splice, enum bel_sip_header header,
			       bel_str value)
{
	const struct bel_sip_field *field = bel_sip_field_first(splice->msg, header);

	if (!field)
		return put_line(splice, CUT_SET, splice->msg->fields_end, header, value);
	remove_lines(splice, bel_sip_field_next(splice->msg, field));
	return put_replace(splice, bel_sip_field_value(splice->msg, field), value);
}

void bel_sip_splice_set(struct bel_sip_splice *splice, enum bel_sip_header header,
			bel_str value)
{
	set(splice, header, value);
}

void bel_sip_splice_set_number(struct bel_sip_splice *splice, enum bel_sip_header header,
			       uint32_t value)
{
	char digits[16];
	struct bel_writer writer = bel_writer_init(digits, sizeof digits);

	bel_write_u64(&writer, value);
	put_scratch(splice, set(splice, header, BEL_STR_NONE), bel_writer_str(&writer));
}

void bel_sip_splice_via_source(struct bel_sip_splice *splice, const bel_addr *source)
{
	struct bel_sip_via_source edit;
	enum bel_err err = bel_sip_via_source_init(&edit, splice->msg, source);

	if (err) {
		fail(splice, err);
		return;
	}
	for (unsigned i = 0; i < edit.drops_count; i++)
		put_remove(splice, edit.drops[i]);
	if (!edit.suffix_len)
		return;
	bel_str end = { edit.value.ptr + edit.value.len, 0 };
	put_scratch(splice, put_replace(splice, end, BEL_STR_NONE),
		    (bel_str){ edit.suffix, edit.suffix_len });
}

void bel_sip_splice_body(struct bel_sip_splice *splice, bel_str content_type,
			 bel_str body)
{
	if (splice->has_body) {
		fail(splice, BEL_ERR_MISMATCH);
		return;
	}
	if (body.len > BEL_SIP_MESSAGE_BYTES_MAX) {
		fail(splice, BEL_ERR_LIMIT);
		return;
	}
	splice->has_body = true;
	splice->body = body;
	if (body.len)
		bel_sip_splice_set(splice, BEL_SIP_H_CONTENT_TYPE, content_type);
	else
		bel_sip_splice_remove(splice, BEL_SIP_H_CONTENT_TYPE);
	bel_sip_splice_set_number(splice, BEL_SIP_H_CONTENT_LENGTH, (uint32_t)body.len);
}

/* ---- gathering ---- */

static bool is_line(const struct bel_sip_cut *cut)
{
	return cut->kind == CUT_INSERT || cut->kind == CUT_SET;
}

/* By place; what is put between two bytes before what happens to the second, else as they
 * were given. */
static bool is_before(const struct bel_sip_cut *a, const struct bel_sip_cut *b)
{
	if (a->from != b->from)
		return a->from < b->from;
	return a->from == a->to && b->from != b->to;
}

static void sort_cuts(uint8_t order[BEL_SIP_CUTS_MAX],
		      const struct bel_sip_splice *splice)
{
	for (unsigned i = 0; i < splice->cuts_count; i++) {
		unsigned at = i;
		for (; at && is_before(&splice->cuts[i], &splice->cuts[order[at - 1]]);
		     at--)
			order[at] = order[at - 1];
		order[at] = (uint8_t)i;
	}
}

static void write_cut(struct bel_writer *writer, const struct bel_sip_splice *splice,
		      const struct bel_sip_cut *cut)
{
	if (is_line(cut))
		bel_sip_write_name(writer, cut->header);
	bel_write_str(writer, cut->text);
	bel_write_str(writer,
		      (bel_str){ splice->scratch + cut->scratch, cut->scratch_len });
	if (is_line(cut))
		bel_write_lit(writer, "\r\n");
}

static bool is_removal(const struct bel_sip_cut *cut)
{
	return cut->kind == CUT_REMOVE || cut->kind == CUT_VALUES;
}

enum bel_err bel_sip_splice_write(struct bel_writer *writer,
				  struct bel_sip_splice *splice)
{
	const struct bel_sip_msg *msg = splice->msg;
	const char *base = msg->bytes.ptr;
	const char *start = msg->is_request ? msg->method_text.ptr : msg->version.ptr;
	size_t at = (size_t)(start - base);
	size_t end = splice->has_body ? msg->fields_end : msg->bytes.len;
	bool was_removal = true;
	uint8_t order[BEL_SIP_CUTS_MAX];

	if (splice->err)
		return splice->err;
	sort_cuts(order, splice);
	for (unsigned i = 0; i < splice->cuts_count; i++) {
		const struct bel_sip_cut *cut = &splice->cuts[order[i]];
		if (cut->from < at && !(is_removal(cut) && was_removal))
			return BEL_ERR_MISMATCH;
		if (cut->from > at)
			bel_write_str(writer, str_between(base + at, base + cut->from));
		write_cut(writer, splice, cut);
		if (cut->from >= at)
			was_removal = is_removal(cut);
		if (cut->to > at)
			at = cut->to;
	}
	bel_write_str(writer, str_between(base + at, base + end));
	if (splice->has_body) {
		bel_write_lit(writer, "\r\n");
		bel_write_str(writer, splice->body);
	}
	return bel_writer_check(writer);
}
