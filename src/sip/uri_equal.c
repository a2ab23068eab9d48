/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/uri_int.h"

bool bel_uri_text_is_equal(bel_str a, bel_str b, bool nocase)
{
	struct bel_cursor left = bel_cursor_init(a), right = bel_cursor_init(b);
	char x, y;

	if (a.len == b.len && bel_str_is_equal(a, b))
		return true;
	while (bel_uri_unescape_next(&x, &left)) {
		if (!bel_uri_unescape_next(&y, &right))
			return false;
		if (x != y && (!nocase || bel_char_lower(x) != bel_char_lower(y)))
			return false;
	}
	return !bel_uri_unescape_next(&y, &right);
}

static bool is_optional_equal(bel_str a, bel_str b)
{
	if (!a.ptr || !b.ptr)
		return !a.ptr && !b.ptr;
	return bel_uri_text_is_equal(a, b, false);
}

/* IPv6 by value: RFC 5954 section 4.2. */
static bool is_host_equal(const struct bel_uri *a, const struct bel_uri *b)
{
	bel_addr left, right;

	if (a->host_kind != b->host_kind)
		return false;
	if (a->host_kind != BEL_URI_IPV6)
		return bel_str_is_equal_nocase(a->host, b->host);
	return !bel_addr_parse_host(&left, bel_str_slice(a->host, 1, a->host.len - 1)) &&
	       !bel_addr_parse_host(&right, bel_str_slice(b->host, 1, b->host.len - 1)) &&
	       bel_addr_is_same_host(&left, &right);
}

/* Parameters that may not be missing on one side (RFC 3261 section 19.1.4). */
static bool is_significant(bel_str name)
{
	static const bel_str names[] = {
		{ "transport", 9 }, { "user", 4 },  { "ttl", 3 },
		{ "method", 6 },    { "maddr", 5 },
	};

	for (unsigned i = 0; i < BEL_COUNT_OF(names); i++)
		if (bel_uri_text_is_equal(name, names[i], true))
			return true;
	return false;
}

/* method is the one parameter whose value has case (RFC 3261 section 7.1). */
static bool is_param_equal(const struct bel_sip_param *param, bel_str value)
{
	bool nocase = !bel_uri_text_is_equal(param->name, BEL_STR("method"), true);
	return bel_uri_text_is_equal(param->value, value, nocase);
}

/* Every parameter of a agrees with b's of that name; b may lack those that are not
 * significant. */
static bool has_params_of(const struct bel_uri *a, const struct bel_uri *b)
{
	bel_str left = a->params;
	struct bel_sip_param param;
	bel_str value;

	while (bel_uri_param_next(&param, &left)) {
		if (bel_uri_param(b, param.name, &value)) {
			if (!is_param_equal(&param, value))
				return false;
		} else if (is_significant(param.name)) {
			return false;
		}
	}
	return true;
}

/* Longer lists of parameters or headers are equal only when written alike, so that a peer
 * cannot make the comparison quadratic. */
enum { PARTS_MAX = 32 };

static bool is_countable(bel_str text, char separator)
{
	unsigned count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += text.ptr[i] == separator;
	return count < PARTS_MAX;
}

static bool is_params_equal(const struct bel_uri *a, const struct bel_uri *b,
			    bool (*has)(const struct bel_uri *, const struct bel_uri *))
{
	if (!is_countable(a->params, ';') || !is_countable(b->params, ';'))
		return bel_str_is_equal_nocase(a->params, b->params);
	return has(a, b) && has(b, a);
}

static bool header_next(struct bel_sip_param *out, bel_str *headers)
{
	struct bel_cursor cursor = bel_cursor_init(*headers);

	if (!headers->len)
		return false;
	bel_str whole = bel_cursor_until_char(&cursor, '&');
	bel_cursor_take(&cursor, '&');
	size_t equals = bel_str_find(whole, '=');
	out->name = bel_str_slice(whole, 0, equals);
	out->value = bel_str_slice(whole, equals + 1, whole.len);
	*headers = cursor_rest(&cursor);
	return true;
}

static unsigned header_count(bel_str headers, const struct bel_sip_param *wanted)
{
	struct bel_sip_param header;
	unsigned count = 0;

	while (header_next(&header, &headers))
		if (bel_uri_text_is_equal(header.name, wanted->name, true) &&
		    bel_uri_text_is_equal(header.value, wanted->value, false))
			count++;
	return count;
}

/* As often in a as in b, in any order. */
static bool is_headers_equal(bel_str a, bel_str b)
{
	struct bel_sip_param header;
	unsigned in_a = 0, in_b = 0;

	if (!is_countable(a, '&') || !is_countable(b, '&'))
		return bel_str_is_equal(a, b);
	for (bel_str left = a; header_next(&header, &left); in_a++)
		if (header_count(a, &header) != header_count(b, &header))
			return false;
	for (bel_str left = b; header_next(&header, &left);)
		in_b++;
	return in_a == in_b;
}

static bool is_sip_equal(const struct bel_uri *a, const struct bel_uri *b)
{
	return is_optional_equal(a->user, b->user) &&
	       is_optional_equal(a->password, b->password) && is_host_equal(a, b) &&
	       a->port == b->port && is_params_equal(a, b, has_params_of) &&
	       is_headers_equal(a->headers, b->headers);
}

/* The number without its visual separators, any case (RFC 3966 section 4). */
static bool is_number_equal(bel_str a, bel_str b)
{
	size_t i = 0, j = 0;

	for (;;) {
		while (i < a.len && tel_is_separator(a.ptr[i]))
			i++;
		while (j < b.len && tel_is_separator(b.ptr[j]))
			j++;
		if (i == a.len || j == b.len)
			return i == a.len && j == b.len;
		if (bel_char_lower(a.ptr[i++]) != bel_char_lower(b.ptr[j++]))
			return false;
	}
}

/* RFC 3966 section 4: an extension and the context of a local number are numbers, too. */
static bool is_tel_param_equal(const struct bel_sip_param *param, bel_str value)
{
	bool is_context = bel_str_is_equal_nocase(param->name, BEL_STR("phone-context"));

	if (bel_str_is_equal_nocase(param->name, BEL_STR("ext")) ||
	    (is_context && bel_str_has_prefix(param->value, BEL_STR("+"))))
		return is_number_equal(param->value, value);
	return bel_uri_text_is_equal(param->value, value, true);
}

static bool has_tel_params_of(const struct bel_uri *a, const struct bel_uri *b)
{
	bel_str left = a->params;
	struct bel_sip_param param;
	bel_str value;

	while (bel_uri_param_next(&param, &left))
		if (!bel_uri_param(b, param.name, &value) ||
		    !is_tel_param_equal(&param, value))
			return false;
	return true;
}

bool bel_uri_is_equal(const struct bel_uri *a, const struct bel_uri *b)
{
	if (a->scheme != b->scheme)
		return false;
	switch ((enum bel_uri_scheme)a->scheme) {
	case BEL_URI_SIP:
	case BEL_URI_SIPS:
		return is_sip_equal(a, b);
	case BEL_URI_TEL:
		return is_number_equal(a->user, b->user) &&
		       is_params_equal(a, b, has_tel_params_of);
	case BEL_URI_OTHER:
		break;
	}
	return bel_str_is_equal_nocase(a->scheme_text, b->scheme_text) &&
	       bel_str_is_equal(bel_str_slice(a->text, a->scheme_text.len, a->text.len),
				bel_str_slice(b->text, b->scheme_text.len, b->text.len));
}
