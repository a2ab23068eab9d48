/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/sip_int.h"
#include "sip/uri_int.h"

/* userinfo of RFC 3261 section 25.1 up to and with the "@". What looks like a user may
 * turn out to be a host ("sip:host:5060"): then nothing is taken. False for a broken
 * escape in what is a userinfo. */
static inline bool take_userinfo(struct bel_uri *uri, struct bel_sip_reader *reader)
{
	const char *start = reader->ptr;
	bel_str user, password = BEL_STR_NONE;

	if (!take_escaped(&user, reader, CLASS_USER))
		return false;
	if (take(reader, ':') && !take_escaped(&password, reader, CLASS_PASSWORD))
		return false;
	if (!take(reader, '@')) {
		reader->ptr = start;
		return true;
	}
	uri->user = user;
	uri->password = password;
	return user.len != 0;
}

/* *( ";" pname [ "=" pvalue ] ); *out is what follows the first ";". */
static inline bool take_params(bel_str *out, struct bel_sip_reader *reader)
{
	const char *start = reader->ptr;
	bel_str part;

	if (peek(reader) != ';')
		return true;
	while (take(reader, ';')) {
		if (!take_escaped(&part, reader, CLASS_URI_PARAM) || !part.len)
			return false;
		if (!take(reader, '='))
			continue;
		if (!take_escaped(&part, reader, CLASS_URI_PARAM) || !part.len)
			return false;
	}
	*out = str_between(start + 1, reader->ptr);
	return true;
}

/* "?" hname "=" hvalue *( "&" hname "=" hvalue ) */
static inline bool take_headers(bel_str *out, struct bel_sip_reader *reader)
{
	const char *start = reader->ptr;
	bel_str part;

	if (!take(reader, '?'))
		return true;
	do {
		if (!take_escaped(&part, reader, CLASS_URI_HEADER) || !part.len ||
		    !take(reader, '=') || !take_escaped(&part, reader, CLASS_URI_HEADER))
			return false;
	} while (take(reader, '&'));
	*out = str_between(start + 1, reader->ptr);
	return true;
}

static inline bool take_sip(struct bel_uri *uri, struct bel_sip_reader *reader)
{
	return take_userinfo(uri, reader) &&
	       take_host(&uri->host, &uri->host_kind, reader) &&
	       take_port(&uri->port, reader) && take_params(&uri->params, reader) &&
	       take_headers(&uri->headers, reader);
}

/* RFC 3966 section 3: digits and visual separators after "+", or a local number, which
 * may hold "*", "#" and A to F as well. At least one digit. */
static bool take_tel(struct bel_uri *uri, struct bel_sip_reader *reader)
{
	const char *start = reader->ptr;
	bool is_global = take(reader, '+');
	unsigned digits = 0;

	for (; reader->ptr < reader->end; reader->ptr++) {
		if (tel_is_digit(*reader->ptr, is_global))
			digits++;
		else if (!tel_is_separator(*reader->ptr))
			break;
	}
	uri->user = str_between(start, reader->ptr);
	return digits && take_params(&uri->params, reader);
}

/* Any other scheme: visible ASCII without what delimits URIs in text. */
static bool take_other(struct bel_sip_reader *reader)
{
	const char *start = reader->ptr, *ptr = start;

	while (ptr<reader->end && * ptr> ' ' && *ptr < 0x7f && *ptr != '<' &&
	       *ptr != '>' && *ptr != '"')
		ptr++;
	reader->ptr = ptr;
	return ptr > start;
}

/* ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) */
static bel_str take_scheme_text(struct bel_sip_reader *reader)
{
	const char *start = reader->ptr, *ptr = start;

	while (ptr < reader->end &&
	       (is_letter(*ptr) ||
		(ptr > start &&
		 (bel_char_is_digit(*ptr) || *ptr == '+' || *ptr == '-' || *ptr == '.'))))
		ptr++;
	reader->ptr = ptr;
	return str_between(start, ptr);
}

/* The next four bytes, with the letters among them (fold: 0x20 in their places) folded.
 */
static inline uint32_t word_at(const char *ptr, uint32_t fold)
{
	uint32_t word;

	memcpy(&word, ptr, sizeof word);
	return word | fold;
}

/* The schemes that have a structure. */
static inline bool take_known_scheme(struct bel_uri *uri, struct bel_sip_reader *reader)
{
	const uint32_t three = 0x00202020, four = 0x20202020;
	const char *ptr = reader->ptr;
	size_t len = 4;

	if (reader->end - ptr < 5)
		return false;
	if (word_at(ptr, three) == word_at("sip:", 0))
		uri->scheme = BEL_URI_SIP;
	else if (word_at(ptr, three) == word_at("tel:", 0))
		uri->scheme = BEL_URI_TEL;
	else if (word_at(ptr, four) == word_at("sips", 0) && ptr[4] == ':')
		uri->scheme = BEL_URI_SIPS, len = 5;
	else
		return false;
	uri->scheme_text = (bel_str){ ptr, len - 1 };
	reader->ptr = ptr + len;
	return true;
}

static inline bool take_parts(struct bel_uri *uri, struct bel_sip_reader *reader)
{
	if (!take_known_scheme(uri, reader)) {
		uri->scheme_text = take_scheme_text(reader);
		return uri->scheme_text.len && take(reader, ':') && take_other(reader);
	}
	return uri->scheme == BEL_URI_TEL ? take_tel(uri, reader) : take_sip(uri, reader);
}

/* By hand: what the compiler makes of an initialiser is a slow loop. */
static inline void clear(struct bel_uri *uri)
{
	uri->user = uri->password = uri->host = BEL_STR_NONE;
	uri->params = uri->headers = BEL_STR_NONE;
	uri->port = 0;
	uri->scheme = BEL_URI_OTHER;
	uri->host_kind = BEL_URI_NO_HOST;
}

const char *bel_sip_pass_uri(struct bel_uri *out, const char *ptr, const char *end,
			     const struct bel_sip_marks *marks)
{
	struct bel_sip_reader reader = { ptr, end, marks };

	clear(out);
	if (!take_parts(out, &reader))
		return NULL;
	out->text = str_between(ptr, reader.ptr);
	return reader.ptr;
}

enum bel_err bel_uri_parse(struct bel_uri *out, bel_str text)
{
	struct bel_sip_reader reader = reader_of(text);
	struct bel_uri uri;
	const char *end = bel_sip_pass_uri(&uri, reader.ptr, reader.end, reader.marks);

	if (!end || end != reader.end)
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
