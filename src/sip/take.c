/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/sip_int.h"

static bool is_hex(char c)
{
	return bel_char_is_digit(c) ||
	       (bel_char_lower(c) >= 'a' && bel_char_lower(c) <= 'f');
}

bool bel_sip_take_escaped(bel_str *out, struct bel_cursor *cursor, unsigned classes)
{
	const char *start = cursor->ptr;

	for (;;) {
		take_class(cursor, classes);
		if (!bel_cursor_take(cursor, '%'))
			break;
		if (bel_cursor_left(cursor) < 2 || !is_hex(cursor->ptr[0]) ||
		    !is_hex(cursor->ptr[1]))
			return false;
		cursor->ptr += 2;
	}
	*out = str_between(start, cursor->ptr);
	return true;
}

/* RFC 3261 section 25.1: a backslash hides any byte but CR and LF; a line end inside is
 * only a fold. Other controls may not stand there bare. */
bool bel_sip_take_quoted(bel_str *inside, struct bel_cursor *cursor)
{
	const char *ptr = cursor->ptr;

	if (bel_cursor_peek(cursor) != '"')
		return false;
	for (ptr++; ptr < cursor->end && *ptr != '"'; ptr++) {
		if (*ptr == '\\') {
			if (++ptr == cursor->end || *ptr == '\r' || *ptr == '\n')
				return false;
		} else if (((uint8_t)*ptr < ' ' && *ptr != '\t' && *ptr != '\r' &&
			    *ptr != '\n') ||
			   *ptr == 0x7f) {
			return false;
		}
	}
	if (ptr >= cursor->end)
		return false;
	*inside = str_between(cursor->ptr + 1, ptr);
	cursor->ptr = ptr + 1;
	return true;
}

bool bel_sip_take_param(struct bel_sip_param *out, struct bel_cursor *cursor)
{
	struct bel_sip_param param = { 0 };

	param.name = take_class(cursor, CLASS_TOKEN);
	if (!param.name.len)
		return false;
	param.has_value = take_separator(cursor, '=');
	if (param.has_value) {
		param.is_quoted = bel_cursor_peek(cursor) == '"';
		if (param.is_quoted && !bel_sip_take_quoted(&param.value, cursor))
			return false;
		if (!param.is_quoted) {
			param.value = take_class(cursor, CLASS_PARAM_VALUE);
			if (!param.value.len)
				return false;
		}
	}
	skip_lws(cursor);
	*out = param;
	return true;
}

/* "[" IPv6address "]" by RFC 5954 section 4.1. */
static bool take_ipv6(bel_str *host, struct bel_cursor *cursor)
{
	struct bel_cursor ahead = *cursor;
	bel_str inside;
	bel_addr addr;

	bel_cursor_skip(&ahead, 1);
	inside = bel_cursor_until_char(&ahead, ']');
	if (inside.len > 45 || !bel_cursor_take(&ahead, ']') ||
	    bel_str_find(inside, '%') != inside.len ||
	    bel_addr_parse_host(&addr, inside) || addr.family != 6)
		return false;
	*host = str_between(cursor->ptr, ahead.ptr);
	*cursor = ahead;
	return true;
}

/* Four numbers up to 255 with dots between. Leading zeros are refused: half the world
 * reads them as octal. */
static bool is_ipv4(bel_str text)
{
	unsigned number = 0, digits = 0, dots = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '.') {
			if (!digits || ++dots > 3)
				return false;
			digits = 0;
			continue;
		}
		unsigned digit = (uint8_t)text.ptr[i] - (unsigned)'0';
		if (digit > 9 || (digits && !number))
			return false;
		number = digits++ ? number * 10 + digit : digit;
		if (number > 255)
			return false;
	}
	return digits && dots == 3;
}

/* Whether the last label is a number, as that of a name never is. */
static bool is_numeric(bel_str host)
{
	const char *ptr = host.ptr + host.len;

	while (ptr > host.ptr && bel_char_is_digit(ptr[-1]))
		ptr--;
	return ptr < host.ptr + host.len && (ptr == host.ptr || ptr[-1] == '.');
}

bool bel_sip_take_host(bel_str *host, uint8_t *kind, struct bel_cursor *cursor)
{
	if (bel_cursor_peek(cursor) == '[') {
		*kind = BEL_URI_IPV6;
		return take_ipv6(host, cursor);
	}
	*host = take_class(cursor, CLASS_HOST);
	*kind = BEL_URI_NAME;
	if (!host->len || host->len > 255)
		return false;
	if (!is_numeric(*host))
		return true;
	*kind = BEL_URI_IPV4;
	return is_ipv4(*host);
}

bool bel_sip_take_u32(uint32_t *out, struct bel_cursor *cursor, uint32_t max)
{
	uint64_t value;

	if (bel_cursor_u64(&value, cursor, max))
		return false;
	*out = (uint32_t)value;
	return true;
}

bool bel_sip_take_port(uint16_t *port, struct bel_cursor *cursor, bool lws)
{
	uint32_t value;

	*port = 0;
	if (lws ? !take_separator(cursor, ':') : !bel_cursor_take(cursor, ':'))
		return true;
	if (!bel_sip_take_u32(&value, cursor, 65535) || !value)
		return false;
	*port = (uint16_t)value;
	return true;
}

bool bel_sip_is_writable(bel_str text)
{
	return !text.len ||
	       (!memchr(text.ptr, '\r', text.len) && !memchr(text.ptr, '\n', text.len) &&
		!memchr(text.ptr, '\0', text.len));
}
