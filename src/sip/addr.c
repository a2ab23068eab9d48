/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/sip_int.h"

/* A quoted display-name and the blanks behind it. */
static inline bool take_quoted_display(struct bel_sip_addr *addr,
				       struct bel_sip_reader *reader)
{
	if (!take_quoted(&addr->display, reader))
		return false;
	skip_lws(reader);
	return peek(reader) == '<';
}

static inline bool is_of_display(char c)
{
	return is_class(c, CLASS_TOKEN) || (uint8_t)c >= 0x80 || c == ' ' || c == '\t' ||
	       c == '\r' || c == '\n';
}

/* display-name of RFC 3261 section 25.1, up to the "<": quoted, or words. Bytes above
 * 0x7f are let through in words, since phones send UTF-8 there. Nothing is taken when no
 * "<" follows: then it is an addr-spec. */
static inline bool take_display(struct bel_sip_addr *addr, struct bel_sip_reader *reader)
{
	const char *start = reader->ptr, *ptr = start;

	if (peek(reader) == '<')
		return true;
	if (peek(reader) == '"')
		return take_quoted_display(addr, reader);
	do
		ptr = marks_special(reader->marks, ptr, reader->end);
	while (ptr < reader->end && is_of_display(*ptr) && ++ptr);
	if (ptr < reader->end && *ptr == '<') {
		addr->display = bel_str_trim(str_between(start, ptr));
		reader->ptr = ptr;
	}
	return true;
}

/* A bare URI ends at ";" or a blank. RFC 8217: it has no "?" and no ",", which the field
 * would take for its own. */
static const char *pass_bare_uri(struct bel_uri *uri, const char *start, const char *end,
				 const struct bel_sip_marks *marks)
{
	const char *ptr = start;

	for (; ptr < end && (uint8_t)*ptr > ' ' && *ptr != ';'; ptr++)
		if (*ptr == '?' || *ptr == ',')
			return NULL;
	return bel_sip_pass_uri(uri, start, ptr, marks) == ptr ? ptr : NULL;
}

static inline bool take_uri(struct bel_sip_addr *addr, struct bel_sip_reader *reader)
{
	const char *ptr;

	addr->has_brackets = take(reader, '<');
	if (addr->has_brackets)
		ptr = bel_sip_pass_uri(&addr->uri, reader->ptr, reader->end,
				       reader->marks);
	else
		ptr = pass_bare_uri(&addr->uri, reader->ptr, reader->end, reader->marks);
	if (!ptr)
		return false;
	reader->ptr = ptr;
	return !addr->has_brackets || take(reader, '>');
}

bool bel_sip_read_addr(struct bel_sip_addr *out, struct bel_sip_reader reader)
{
	struct bel_sip_param param;

	out->display = out->tag = BEL_STR_NONE;
	out->is_star = false;
	skip_lws(&reader);
	if (!take_display(out, &reader) || !take_uri(out, &reader))
		return false;
	skip_lws(&reader);
	out->params = params_text(&reader);
	while (take(&reader, ';')) {
		if (!take_param(&param, &reader))
			return false;
		if (!out->tag.len && is_word(param.name, BEL_STR("tag")))
			out->tag = param.value;
	}
	return is_end(&reader);
}

bool bel_sip_read_contact(struct bel_sip_addr *out, struct bel_sip_reader reader)
{
	bel_str text = bel_str_trim(reader_rest(&reader));

	if (text.len != 1 || *text.ptr != '*')
		return bel_sip_read_addr(out, reader);
	*out = (struct bel_sip_addr){ .is_star = true };
	return true;
}

enum bel_err bel_sip_addr_parse(struct bel_sip_addr *out, bel_str value)
{
	struct bel_sip_addr addr;

	if (!bel_sip_read_addr(&addr, reader_of(value)))
		return BEL_ERR_SYNTAX;
	*out = addr;
	return BEL_OK;
}

enum bel_err bel_sip_contact_parse(struct bel_sip_addr *out, bel_str value)
{
	struct bel_sip_addr addr;

	if (!bel_sip_read_contact(&addr, reader_of(value)))
		return BEL_ERR_SYNTAX;
	*out = addr;
	return BEL_OK;
}
