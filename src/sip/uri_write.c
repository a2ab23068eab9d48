/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/uri_int.h"

static bool hex_value(unsigned *out, char c)
{
	if (bel_char_is_digit(c))
		*out = (unsigned)(c - '0');
	else if (bel_char_lower(c) >= 'a' && bel_char_lower(c) <= 'f')
		*out = (unsigned)(bel_char_lower(c) - 'a') + 10;
	else
		return false;
	return true;
}

bool bel_uri_unescape_next(char *out, struct bel_cursor *cursor)
{
	unsigned high, low;

	if (bel_cursor_is_end(cursor))
		return false;
	if (*cursor->ptr == '%' && bel_cursor_left(cursor) >= 3 &&
	    hex_value(&high, cursor->ptr[1]) && hex_value(&low, cursor->ptr[2])) {
		*out = (char)(high << 4 | low);
		cursor->ptr += 3;
	} else {
		*out = *cursor->ptr++;
	}
	return true;
}

void bel_uri_user_unescape(struct bel_writer *writer, bel_str escaped)
{
	struct bel_cursor cursor = bel_cursor_init(escaped);
	char c;

	while (bel_uri_unescape_next(&c, &cursor))
		bel_write_char(writer, c);
}

static void write_escaped_char(struct bel_writer *writer, char c, unsigned classes)
{
	static const char digits[] = "0123456789ABCDEF";
	char *at;

	if (is_class(c, classes)) {
		bel_write_char(writer, c);
		return;
	}
	at = bel_writer_room(writer, 3);
	if (!at)
		return;
	at[0] = '%';
	at[1] = digits[(uint8_t)c >> 4];
	at[2] = digits[(uint8_t)c & 15];
}

static void write_escaped(struct bel_writer *writer, bel_str text, unsigned classes)
{
	for (size_t i = 0; i < text.len; i++)
		write_escaped_char(writer, text.ptr[i], classes);
}

void bel_uri_user_escape(struct bel_writer *writer, bel_str user)
{
	write_escaped(writer, user, CLASS_USER);
}

void bel_uri_password_escape(struct bel_writer *writer, bel_str password)
{
	write_escaped(writer, password, CLASS_PASSWORD);
}

void bel_uri_param_escape(struct bel_writer *writer, bel_str name_or_value)
{
	write_escaped(writer, name_or_value, CLASS_URI_PARAM);
}

void bel_uri_header_escape(struct bel_writer *writer, bel_str name_or_value)
{
	write_escaped(writer, name_or_value, CLASS_URI_HEADER);
}

void bel_uri_write_number(struct bel_writer *writer, bel_str number)
{
	for (size_t i = 0; i < number.len; i++)
		if (!tel_is_separator(number.ptr[i]))
			bel_write_char(writer, number.ptr[i]);
}

static void write_lower(struct bel_writer *writer, bel_str text)
{
	for (size_t i = 0; i < text.len; i++)
		bel_write_char(writer, bel_char_lower(text.ptr[i]));
}

static void write_canonical_user(struct bel_writer *writer, bel_str user)
{
	struct bel_cursor cursor = bel_cursor_init(user);
	char c;

	while (bel_uri_unescape_next(&c, &cursor))
		write_escaped_char(writer, c, CLASS_USER);
}

/* IPv6 has many spellings: RFC 5952 picks one. */
static void write_canonical_host(struct bel_writer *writer, const struct bel_uri *uri)
{
	bel_addr addr;

	if (uri->host_kind == BEL_URI_IPV6 &&
	    !bel_addr_parse_host(&addr, bel_str_slice(uri->host, 1, uri->host.len - 1)))
		bel_addr_write_uri_host(writer, &addr);
	else
		write_lower(writer, uri->host);
}

void bel_uri_write_aor(struct bel_writer *writer, const struct bel_uri *uri)
{
	switch ((enum bel_uri_scheme)uri->scheme) {
	case BEL_URI_SIP:
	case BEL_URI_SIPS:
		bel_write_lit(writer, "sip:");
		if (uri->user.len) {
			write_canonical_user(writer, uri->user);
			bel_write_char(writer, '@');
		}
		write_canonical_host(writer, uri);
		return;
	case BEL_URI_TEL:
		bel_write_lit(writer, "tel:");
		bel_uri_write_number(writer, uri->user);
		return;
	case BEL_URI_OTHER:
		break;
	}
	bel_write_str(writer, uri->text);
}

static char *put(char *at, bel_str part)
{
	if (!part.len)
		return at;
	memcpy(at, part.ptr, part.len);
	return at + part.len;
}

static char *put_after(char *at, char before, bel_str part)
{
	if (!part.len)
		return at;
	*at = before;
	return put(at + 1, part);
}

/* Scheme and user, up to where the host begins; room for it is asked for once. */
static void write_front(struct bel_writer *writer, const struct bel_uri *uri)
{
	bool has_password = uri->password.ptr && uri->scheme != BEL_URI_TEL;
	size_t len = uri->scheme_text.len + 1 + uri->user.len;

	if (has_password)
		len += 1 + uri->password.len;
	if (uri->user.len && uri->scheme != BEL_URI_TEL)
		len++;
	char *at = bel_writer_room(writer, len);
	if (!at)
		return;
	at = put(at, uri->scheme_text);
	*at++ = ':';
	at = put(at, uri->user);
	if (has_password) {
		*at++ = ':';
		at = put(at, uri->password);
	}
	if (uri->user.len && uri->scheme != BEL_URI_TEL)
		*at = '@';
}

static void write_end(struct bel_writer *writer, const struct bel_uri *uri)
{
	char *at;

	if (!uri->params.len && !uri->headers.len)
		return;
	at = bel_writer_room(writer, uri->params.len + (uri->params.len != 0) +
					     uri->headers.len + (uri->headers.len != 0));
	if (at)
		put_after(put_after(at, ';', uri->params), '?', uri->headers);
}

void bel_uri_write(struct bel_writer *writer, const struct bel_uri *uri)
{
	if (uri->scheme == BEL_URI_OTHER) {
		bel_write_str(writer, uri->text);
		return;
	}
	write_front(writer, uri);
	if (uri->scheme != BEL_URI_TEL)
		bel_write_str(writer, uri->host);
	if (uri->port) {
		bel_write_char(writer, ':');
		bel_write_u64(writer, uri->port);
	}
	write_end(writer, uri);
}
