/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/sip_int.h"
#include "sip/uri_int.h"

/* userinfo of RFC 3261 section 25.1 up to and with the "@". What looks like a user may
 * turn out to be a host ("sip:host:5060"): then nothing is taken. False for a broken
 * escape in what is a userinfo. */
static bool take_userinfo(struct bel_uri *uri, struct bel_cursor *cursor)
{
	struct bel_cursor ahead = *cursor;
	bel_str user, password = BEL_STR_NONE;

	if (!bel_sip_take_escaped(&user, &ahead, CLASS_USER))
		return false;
	if (bel_cursor_take(&ahead, ':') &&
	    !bel_sip_take_escaped(&password, &ahead, CLASS_PASSWORD))
		return false;
	if (!bel_cursor_take(&ahead, '@'))
		return true;
	if (!user.len)
		return false;
	uri->user = user;
	uri->password = password;
	*cursor = ahead;
	return true;
}

/* *( ";" pname [ "=" pvalue ] ); *out is what follows the first ";". */
static bool take_params(bel_str *out, struct bel_cursor *cursor)
{
	const char *start = cursor->ptr;
	bel_str part;

	if (bel_cursor_peek(cursor) != ';')
		return true;
	while (bel_cursor_take(cursor, ';')) {
		if (!bel_sip_take_escaped(&part, cursor, CLASS_URI_PARAM) || !part.len)
			return false;
		if (!bel_cursor_take(cursor, '='))
			continue;
		if (!bel_sip_take_escaped(&part, cursor, CLASS_URI_PARAM) || !part.len)
			return false;
	}
	*out = str_between(start + 1, cursor->ptr);
	return true;
}

/* "?" hname "=" hvalue *( "&" hname "=" hvalue ) */
static bool take_headers(bel_str *out, struct bel_cursor *cursor)
{
	const char *start = cursor->ptr;
	bel_str part;

	if (!bel_cursor_take(cursor, '?'))
		return true;
	do {
		if (!bel_sip_take_escaped(&part, cursor, CLASS_URI_HEADER) || !part.len ||
		    !bel_cursor_take(cursor, '=') ||
		    !bel_sip_take_escaped(&part, cursor, CLASS_URI_HEADER))
			return false;
	} while (bel_cursor_take(cursor, '&'));
	*out = str_between(start + 1, cursor->ptr);
	return true;
}

static bool take_sip(struct bel_uri *uri, struct bel_cursor *cursor)
{
	return take_userinfo(uri, cursor) &&
	       bel_sip_take_host(&uri->host, &uri->host_kind, cursor) &&
	       bel_sip_take_port(&uri->port, cursor, false) &&
	       take_params(&uri->params, cursor) && take_headers(&uri->headers, cursor);
}

/* RFC 3966 section 3: digits and visual separators after "+", or a local number, which
 * may hold "*", "#" and A to F as well. At least one digit. */
static bool take_tel(struct bel_uri *uri, struct bel_cursor *cursor)
{
	const char *start = cursor->ptr;
	bool is_global = bel_cursor_take(cursor, '+');
	unsigned digits = 0;

	for (; cursor->ptr < cursor->end; cursor->ptr++) {
		if (tel_is_digit(*cursor->ptr, is_global))
			digits++;
		else if (!tel_is_separator(*cursor->ptr))
			break;
	}
	uri->user = str_between(start, cursor->ptr);
	return digits && take_params(&uri->params, cursor);
}

/* Any other scheme: visible ASCII without what delimits URIs in text. */
static bool take_other(struct bel_cursor *cursor)
{
	const char *start = cursor->ptr;

	while (cursor->ptr<cursor->end && * cursor->ptr> ' ' && *cursor->ptr < 0x7f &&
	       *cursor->ptr != '<' && *cursor->ptr != '>' && *cursor->ptr != '"')
		cursor->ptr++;
	return cursor->ptr > start;
}

/* ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) */
static bel_str take_scheme_text(struct bel_cursor *cursor)
{
	const char *start = cursor->ptr, *ptr = start;

	while (ptr < cursor->end &&
	       (is_letter(*ptr) ||
		(ptr > start &&
		 (bel_char_is_digit(*ptr) || *ptr == '+' || *ptr == '-' || *ptr == '.'))))
		ptr++;
	cursor->ptr = ptr;
	return str_between(start, ptr);
}

/* The schemes that have a structure, with their colon. */
static const struct scheme {
	bel_str text;
	enum bel_uri_scheme scheme;
} schemes[] = {
	{ { "sip:", 4 }, BEL_URI_SIP },
	{ { "sips:", 5 }, BEL_URI_SIPS },
	{ { "tel:", 4 }, BEL_URI_TEL },
};

static bool take_scheme(struct bel_uri *uri, struct bel_cursor *cursor)
{
	bel_str text = cursor_rest(cursor);

	for (unsigned i = 0; i < BEL_COUNT_OF(schemes); i++) {
		if (!bel_cursor_take_nocase(cursor, schemes[i].text))
			continue;
		uri->scheme = (uint8_t)schemes[i].scheme;
		uri->scheme_text = (bel_str){ text.ptr, schemes[i].text.len - 1 };
		return true;
	}
	uri->scheme_text = take_scheme_text(cursor);
	return uri->scheme_text.len && bel_cursor_take(cursor, ':');
}

static bool take_uri(struct bel_uri *uri, struct bel_cursor *cursor)
{
	if (!take_scheme(uri, cursor))
		return false;
	switch ((enum bel_uri_scheme)uri->scheme) {
	case BEL_URI_SIP:
	case BEL_URI_SIPS:
		return take_sip(uri, cursor);
	case BEL_URI_TEL:
		return take_tel(uri, cursor);
	case BEL_URI_OTHER:
		break;
	}
	return take_other(cursor);
}

enum bel_err bel_uri_parse(struct bel_uri *out, bel_str text)
{
	struct bel_uri uri = { .text = text };
	struct bel_cursor cursor = bel_cursor_init(text);

	if (!take_uri(&uri, &cursor) || !bel_cursor_is_end(&cursor))
		return BEL_ERR_SYNTAX;
	*out = uri;
	return BEL_OK;
}

bool bel_uri_param_next(struct bel_sip_param *out, bel_str *params)
{
	struct bel_cursor cursor = bel_cursor_init(*params);
	struct bel_sip_param param = { 0 };

	if (!params->len)
		return false;
	bel_str whole = bel_cursor_until_char(&cursor, ';');
	bel_cursor_take(&cursor, ';');
	size_t equals = bel_str_find(whole, '=');
	param.name = bel_str_slice(whole, 0, equals);
	param.has_value = equals < whole.len;
	if (param.has_value)
		param.value = bel_str_slice(whole, equals + 1, whole.len);
	*params = cursor_rest(&cursor);
	*out = param;
	return true;
}

bool bel_uri_param(const struct bel_uri *uri, bel_str name, bel_str *value)
{
	bel_str left = uri->params;
	struct bel_sip_param param;

	while (bel_uri_param_next(&param, &left)) {
		if (!bel_uri_text_is_equal(param.name, name, true))
			continue;
		if (value)
			*value = param.value;
		return true;
	}
	return false;
}

bool bel_uri_is_loose(const struct bel_uri *uri)
{
	return bel_uri_param(uri, BEL_STR("lr"), NULL);
}

uint16_t bel_uri_port(const struct bel_uri *uri)
{
	if (uri->port)
		return uri->port;
	return uri->scheme == BEL_URI_SIPS ? 5061 : 5060;
}

bel_str bel_uri_without_headers(const struct bel_uri *uri)
{
	size_t len = uri->headers.ptr ? uri->headers.len + 1 : 0;

	return bel_str_slice(uri->text, 0, uri->text.len - len);
}
