/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/sip_int.h"

/* display-name of RFC 3261 section 25.1, up to the "<": quoted, or words. Bytes above
 * 0x7f are let through in words, since phones send UTF-8 there. Nothing is taken when no
 * "<" follows: then it is an addr-spec. */
static bool take_display(struct bel_sip_addr *addr, struct bel_cursor *cursor)
{
	struct bel_cursor ahead = *cursor;
	const char *start = ahead.ptr;

	if (bel_cursor_peek(&ahead) == '"') {
		if (!bel_sip_take_quoted(&addr->display, &ahead))
			return false;
		skip_lws(&ahead);
		if (bel_cursor_peek(&ahead) != '<')
			return false;
		*cursor = ahead;
		return true;
	}
	while (ahead.ptr < ahead.end &&
	       (is_class(*ahead.ptr, CLASS_TOKEN) || (uint8_t)*ahead.ptr >= 0x80 ||
		*ahead.ptr == ' ' || *ahead.ptr == '\t' || *ahead.ptr == '\r' ||
		*ahead.ptr == '\n'))
		ahead.ptr++;
	if (bel_cursor_peek(&ahead) == '<') {
		addr->display = bel_str_trim(str_between(start, ahead.ptr));
		*cursor = ahead;
	}
	return true;
}

/* The URI in its brackets, or bare up to ";" or a blank. RFC 8217: a bare one has no "?"
 * and no ",", which the field would take for its own. */
static bool take_uri(struct bel_sip_addr *addr, struct bel_cursor *cursor)
{
	addr->has_brackets = bel_cursor_take(cursor, '<');
	if (addr->has_brackets) {
		bel_str text = bel_cursor_until_char(cursor, '>');
		return bel_cursor_take(cursor, '>') && !bel_uri_parse(&addr->uri, text);
	}
	const char *start = cursor->ptr;
	for (; cursor->ptr < cursor->end && (uint8_t)*cursor->ptr > ' ' &&
	       *cursor->ptr != ';';
	     cursor->ptr++)
		if (*cursor->ptr == '?' || *cursor->ptr == ',')
			return false;
	return !bel_uri_parse(&addr->uri, str_between(start, cursor->ptr));
}

static bool take_param(void *user, const struct bel_sip_param *param)
{
	struct bel_sip_addr *addr = user;

	if (param->name.len == 3 && !addr->tag.len &&
	    bel_str_is_equal_nocase(param->name, BEL_STR("tag")))
		addr->tag = param->value;
	return true;
}

enum bel_err bel_sip_addr_parse(struct bel_sip_addr *out, bel_str value)
{
	struct bel_sip_addr addr = { 0 };
	struct bel_cursor cursor = bel_cursor_init(value);

	skip_lws(&cursor);
	if (!take_display(&addr, &cursor) || !take_uri(&addr, &cursor) ||
	    !bel_sip_take_params(&addr.params, &cursor, take_param, &addr))
		return BEL_ERR_SYNTAX;
	*out = addr;
	return BEL_OK;
}

enum bel_err bel_sip_contact_parse(struct bel_sip_addr *out, bel_str value)
{
	if (!bel_str_is_equal(bel_str_trim(value), BEL_STR("*")))
		return bel_sip_addr_parse(out, value);
	*out = (struct bel_sip_addr){ .is_star = true };
	return BEL_OK;
}
