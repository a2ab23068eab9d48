/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <stdio.h>

#include "base/cursor.h"

bel_str bel_str_from(const char *text)
{
	return (bel_str){ text, text ? strlen(text) : 0 };
}

bool bel_str_are_same_nocase(const char *a, const char *b, size_t len)
{
	/* Most texts that are compared are the same byte for byte, or are none of the
	 * other's. */
	for (; len >= 8; a += 8, b += 8, len -= 8) {
		uint64_t of_a, of_b;
		memcpy(&of_a, a, 8);
		memcpy(&of_b, b, 8);
		if (of_a == of_b)
			continue;
		/* Nothing but bit 5 differs where only the case does. */
		if ((of_a ^ of_b) & ~UINT64_C(0x2020202020202020))
			return false;
		for (size_t i = 0; i < 8; i++)
			if (bel_char_lower(a[i]) != bel_char_lower(b[i]))
				return false;
	}
	for (size_t i = 0; i < len; i++)
		if (a[i] != b[i] && bel_char_lower(a[i]) != bel_char_lower(b[i]))
			return false;
	return true;
}

bool bel_str_is_equal_secret(bel_str a, bel_str b)
{
	unsigned difference = 0;

	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		difference |= (unsigned)(uint8_t)a.ptr[i] ^ (unsigned)(uint8_t)b.ptr[i];
	return difference == 0;
}

bool bel_str_has_suffix(bel_str str, bel_str suffix)
{
	return str.len >= suffix.len &&
	       bel_str_is_equal(bel_str_slice(str, str.len - suffix.len, str.len),
				suffix);
}

int bel_str_compare(bel_str a, bel_str b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len ? memcmp(a.ptr, b.ptr, len) : 0;

	if (order)
		return order;
	return a.len < b.len ? -1 : a.len > b.len;
}

size_t bel_str_find(bel_str str, char c)
{
	const char *at = str.len ? memchr(str.ptr, c, str.len) : NULL;

	return at ? (size_t)(at - str.ptr) : str.len;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bel_str bel_str_trim(bel_str str)
{
	while (str.len && is_blank(str.ptr[0]))
		str.ptr++, str.len--;
	while (str.len && is_blank(str.ptr[str.len - 1]))
		str.len--;
	return str;
}

enum bel_err bel_str_to_u64(uint64_t *out, bel_str str, uint64_t max)
{
	struct bel_cursor cursor = bel_cursor_init(str);
	uint64_t value;
	enum bel_err err = bel_cursor_u64(&value, &cursor, max);

	if (err)
		return err;
	if (!bel_cursor_is_end(&cursor))
		return BEL_ERR_SYNTAX;
	*out = value;
	return BEL_OK;
}

static int hex_digit(char c)
{
	if (bel_char_is_digit(c))
		return c - '0';
	c = bel_char_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum bel_err bel_str_to_hex64(uint64_t *out, bel_str str)
{
	uint64_t value = 0;

	if (str.len == 0)
		return BEL_ERR_SYNTAX;
	if (str.len > 16)
		return BEL_ERR_LIMIT;
	for (size_t i = 0; i < str.len; i++) {
		int digit = hex_digit(str.ptr[i]);
		if (digit < 0)
			return BEL_ERR_SYNTAX;
		value = value << 4 | (uint64_t)digit;
	}
	*out = value;
	return BEL_OK;
}

/* One element of a pattern: a literal, '?', or a class like [1-9a]. Gives the element's
 * length, 0 when the text's byte does not match it. */
static size_t match_one(bel_str pattern, char c)
{
	bool is_hit = false;
	size_t i = 1;

	if (pattern.ptr[0] == '?')
		return 1;
	if (pattern.ptr[0] != '[' || bel_str_find(pattern, ']') == pattern.len)
		return pattern.ptr[0] == c ? 1 : 0;
	for (; pattern.ptr[i] != ']'; i++) {
		char low = pattern.ptr[i], high = low;
		if (pattern.ptr[i + 1] == '-' && pattern.ptr[i + 2] != ']') {
			high = pattern.ptr[i + 2];
			i += 2;
		}
		if (i >= pattern.len)
			return 0;
		is_hit |= c >= low && c <= high;
	}
	return is_hit ? i + 1 : 0;
}

bool bel_str_is_match(bel_str pattern, bel_str text)
{
	size_t p = 0, t = 0, star = SIZE_MAX, resume = 0;

	/* After a mismatch only the last star can give way: earlier ones never need to.
	 */
	while (t < text.len) {
		size_t step = 0;
		if (p < pattern.len && pattern.ptr[p] == '*') {
			star = p++;
			resume = t;
			continue;
		}
		if (p < pattern.len)
			step = match_one(bel_str_slice(pattern, p, pattern.len),
					 text.ptr[t]);
		if (step) {
			p += step;
			t++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			t = ++resume;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.ptr[p] == '*')
		p++;
	return p == pattern.len;
}

size_t bel_str_utf8_len(bel_str str)
{
	uint8_t lead = str.len ? (uint8_t)str.ptr[0] : 0xff;
	size_t len = lead < 0x80   ? 1
		     : lead < 0xc2 ? 0
		     : lead < 0xe0 ? 2
		     : lead < 0xf0 ? 3
		     : lead < 0xf5 ? 4
				   : 0;

	if (len == 0 || len > str.len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if (((uint8_t)str.ptr[i] & 0xc0) != 0x80)
			return 0;
	if (len < 3)
		return len;
	/* No overlong forms, no surrogates, nothing above U+10FFFF. */
	uint8_t second = (uint8_t)str.ptr[1];
	if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
	    (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f))
		return 0;
	return len;
}

unsigned bel_str_distance(bel_str a, bel_str b)
{
	enum { MOST = 64 };
	unsigned row[MOST + 1];

	a = bel_str_slice(a, 0, MOST);
	b = bel_str_slice(b, 0, MOST);
	for (unsigned j = 0; j <= b.len; j++)
		row[j] = j;
	for (unsigned i = 0; i < a.len; i++) {
		unsigned diagonal = row[0];
		row[0] = i + 1;
		for (unsigned j = 0; j < b.len; j++) {
			unsigned best = diagonal + (a.ptr[i] != b.ptr[j]);
			diagonal = row[j + 1];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (diagonal + 1 < best)
				best = diagonal + 1;
			row[j + 1] = best;
		}
	}
	return row[b.len];
}

bel_str bel_str_format(char *buf, size_t size, const char *format, va_list args)
{
	int len = vsnprintf(buf, size, format, args);

	if (len < 0 || !size)
		return BEL_STR_NONE;
	return (bel_str){ buf, (size_t)len < size ? (size_t)len : size - 1 };
}
