/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cursor.h"

static bel_str taken(struct bel_cursor *cursor, const char *to)
{
	bel_str str = { cursor->ptr, (size_t)(to - cursor->ptr) };

	cursor->ptr = to;
	return str;
}

bel_str bel_cursor_span(struct bel_cursor *cursor, const uint8_t table[256])
{
	const char *at = cursor->ptr;

	while (at < cursor->end && table[(uint8_t)*at])
		at++;
	return taken(cursor, at);
}

bel_str bel_cursor_until(struct bel_cursor *cursor, const uint8_t table[256])
{
	const char *at = cursor->ptr;

	while (at < cursor->end && !table[(uint8_t)*at])
		at++;
	return taken(cursor, at);
}

bel_str bel_cursor_until_char(struct bel_cursor *cursor, char c)
{
	bel_str rest = { cursor->ptr, bel_cursor_left(cursor) };

	return taken(cursor, cursor->ptr + bel_str_find(rest, c));
}

bool bel_cursor_take_nocase(struct bel_cursor *cursor, bel_str text)
{
	bel_str rest = { cursor->ptr, bel_cursor_left(cursor) };

	if (!bel_str_has_prefix_nocase(rest, text))
		return false;
	cursor->ptr += text.len;
	return true;
}

void bel_cursor_skip_lws(struct bel_cursor *cursor)
{
	for (;;) {
		const char *at = cursor->ptr;
		while (at < cursor->end && (*at == ' ' || *at == '\t'))
			at++;
		cursor->ptr = at;
		if (at < cursor->end && *at == '\r')
			at++;
		if (at < cursor->end && *at == '\n')
			at++;
		if (at == cursor->ptr || at == cursor->end || (*at != ' ' && *at != '\t'))
			return;
		cursor->ptr = at;
	}
}

enum bel_err bel_cursor_u64(uint64_t *out, struct bel_cursor *cursor, uint64_t max)
{
	const char *at = cursor->ptr;
	uint64_t value = 0;

	if (at == cursor->end || !bel_char_is_digit(*at))
		return BEL_ERR_SYNTAX;
	for (; at < cursor->end && bel_char_is_digit(*at); at++) {
		uint64_t digit = (uint64_t)(*at - '0');
		if (__builtin_mul_overflow(value, 10u, &value) ||
		    __builtin_add_overflow(value, digit, &value) || value > max)
			return BEL_ERR_LIMIT;
	}
	*out = value;
	cursor->ptr = at;
	return BEL_OK;
}

static bool big_endian(uint64_t *out, struct bel_cursor *cursor, unsigned bytes)
{
	uint64_t value = 0;

	if (bel_cursor_left(cursor) < bytes)
		return false;
	for (unsigned i = 0; i < bytes; i++)
		value = value << 8 | (uint8_t)cursor->ptr[i];
	cursor->ptr += bytes;
	*out = value;
	return true;
}

bool bel_cursor_be8(uint8_t *out, struct bel_cursor *cursor)
{
	uint64_t value;
	bool is_read = big_endian(&value, cursor, 1);

	if (is_read)
		*out = (uint8_t)value;
	return is_read;
}

bool bel_cursor_be16(uint16_t *out, struct bel_cursor *cursor)
{
	uint64_t value;
	bool is_read = big_endian(&value, cursor, 2);

	if (is_read)
		*out = (uint16_t)value;
	return is_read;
}

bool bel_cursor_be32(uint32_t *out, struct bel_cursor *cursor)
{
	uint64_t value;
	bool is_read = big_endian(&value, cursor, 4);

	if (is_read)
		*out = (uint32_t)value;
	return is_read;
}

bool bel_cursor_be64(uint64_t *out, struct bel_cursor *cursor)
{
	return big_endian(out, cursor, 8);
}

bool bel_cursor_bytes(bel_str *out, struct bel_cursor *cursor, size_t len)
{
	if (bel_cursor_left(cursor) < len)
		return false;
	*out = taken(cursor, cursor->ptr + len);
	return true;
}
