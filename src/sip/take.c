/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/sip_int.h"

const char *bel_sip_pass_plain(const char *ptr, const char *end,
			       const struct bel_sip_marks *marks)
{
	size_t offset = (uintptr_t)ptr - (uintptr_t)marks->base;

	if (offset < marks->len) {
		ptr = marks->base + bel_sip_marks_find(marks->special, offset);
		return ptr < end ? ptr : end;
	}
	while (ptr < end && bel_sip_classes[(uint8_t)*ptr] == CLASS_ALL)
		ptr++;
	return ptr;
}

static bool is_hex(char c)
{
	return bel_char_is_digit(c) ||
	       (bel_char_lower(c) >= 'a' && bel_char_lower(c) <= 'f');
}

const char *bel_sip_pass_escapes(const char *ptr, const char *end, unsigned classes)
{
	while (ptr < end && *ptr == '%') {
		if (end - ptr < 3 || !is_hex(ptr[1]) || !is_hex(ptr[2]))
			return NULL;
		for (ptr += 3; ptr < end && is_class(*ptr, classes);)
			ptr++;
	}
	return ptr;
}

const char *bel_sip_pass_lws(const char *ptr, const char *end)
{
	struct bel_cursor cursor = { ptr, end };

	bel_cursor_skip_lws(&cursor);
	return cursor.ptr;
}

/* What may not stand bare between quotes; a line end is only a fold. */
static bool is_forbidden(char c)
{
	return ((uint8_t)c < ' ' && c != '\t' && c != '\r' && c != '\n') || c == 0x7f;
}

/* RFC 3261 section 25.1: a backslash hides any byte but CR and LF. */
const char *bel_sip_pass_quoted(const char *ptr, const char *end,
				const struct bel_sip_marks *marks)
{
	if (ptr == end || *ptr != '"')
		return NULL;
	for (ptr++; (ptr = marks_special(marks, ptr, end)) < end; ptr++) {
		if (*ptr == '"')
			return ptr + 1;
		if (is_forbidden(*ptr))
			return NULL;
		if (*ptr == '\\' && (++ptr == end || *ptr == '\r' || *ptr == '\n'))
			return NULL;
	}
	return NULL;
}

bool bel_sip_take_params(bel_str *params, struct bel_sip_reader *reader)
{
	struct bel_sip_reader left = *reader;
	struct bel_sip_param param;

	skip_lws(&left);
	*params = params_text(&left);
	while (take(&left, ';'))
		if (!take_param(&param, &left))
			return false;
	reader->ptr = left.ptr;
	return is_end(&left);
}

/* "[" IPv6address "]" by RFC 5954 section 4.1. */
const char *bel_sip_pass_ipv6(const char *ptr, const char *end)
{
	bel_str rest = str_between(ptr, end);
	size_t len = bel_str_find(rest, ']');
	bel_str inside = bel_str_slice(rest, 1, len);
	bel_addr addr;

	if (len == rest.len || inside.len > 45 ||
	    bel_str_find(inside, '%') != inside.len ||
	    bel_addr_parse_host(&addr, inside) || addr.family != 6)
		return NULL;
	return ptr + len + 1;
}

bool bel_sip_is_numeric(bel_str host)
{
	const char *ptr = host.ptr + host.len;

	while (ptr > host.ptr && digit_of(ptr[-1]) <= 9)
		ptr--;
	return ptr < host.ptr + host.len && (ptr == host.ptr || ptr[-1] == '.');
}

/* A number up to 255. Leading zeros are refused: half the world reads them as octal. */
static inline const char *pass_octet(const char *ptr, const char *end)
{
	unsigned number = ptr < end ? digit_of(*ptr) : 10;

	if (number > 9)
		return NULL;
	if (++ptr == end || digit_of(*ptr) > 9)
		return ptr;
	if (!number)
		return NULL;
	number = number * 10 + digit_of(*ptr);
	if (++ptr == end || digit_of(*ptr) > 9)
		return ptr;
	number = number * 10 + digit_of(*ptr);
	return number > 255 ? NULL : ptr + 1;
}

bool bel_sip_is_ipv4(bel_str host)
{
	const char *end = host.ptr + host.len, *ptr = pass_octet(host.ptr, end);

	for (unsigned dots = 0; dots < 3; dots++) {
		if (!ptr || ptr == end || *ptr != '.')
			return false;
		ptr = pass_octet(ptr + 1, end);
	}
	return ptr == end;
}

static inline uint64_t load8(const char *ptr)
{
	uint64_t word;

	memcpy(&word, ptr, sizeof word);
	return word;
}

static inline uint64_t load4(const char *ptr)
{
	uint32_t word;

	memcpy(&word, ptr, sizeof word);
	return word;
}

/* All bytes of one to seven, some of them twice. */
static inline uint64_t load_short(bel_str text)
{
	const char *ptr = text.ptr;

	if (text.len >= 4)
		return load4(ptr) | load4(ptr + text.len - 4) << 32;
	return 0x0101010101010000u * (uint8_t)ptr[0] | (uint8_t)ptr[text.len - 1] |
	       (uint64_t)(uint8_t)ptr[text.len / 2] << 8;
}

/* Whether one of eight bytes is below 14, as CR, LF and NUL are: subtraction borrows from
 * the top bit of those that are, and of none of a word without. */
static inline bool has_low(uint64_t word)
{
	const uint64_t ones = 0x0101010101010101u;

	return ((word - 14 * ones) & ~word & 0x80 * ones) != 0;
}

/* The answer where a HTAB or another control is suspected. */
static bool has_line_end(bel_str text)
{
	return memchr(text.ptr, '\r', text.len) || memchr(text.ptr, '\n', text.len) ||
	       memchr(text.ptr, '\0', text.len);
}

bool bel_sip_is_writable(bel_str text)
{
	bool is_suspect = false;

	if (!text.len)
		return true;
	if (text.len < 8) {
		is_suspect = has_low(load_short(text));
	} else {
		const char *last = text.ptr + text.len - 8;
		for (const char *ptr = text.ptr; ptr < last; ptr += 8)
			is_suspect |= has_low(load8(ptr));
		is_suspect |= has_low(load8(last));
	}
	return !is_suspect || !has_line_end(text);
}
