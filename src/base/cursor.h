/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_BASE_CURSOR_H
#define BEL_BASE_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* The one way to read input: it cannot pass its end. Reading at the end gives 0 or false
 * and leaves the cursor where it is. Every call is O(bytes passed). */
struct bel_cursor {
	const char *ptr;
	const char *end;
};

static inline struct bel_cursor bel_cursor_init(bel_str str)
{
	return (struct bel_cursor){ str.ptr, str.ptr ? str.ptr + str.len : str.ptr };
}

static inline size_t bel_cursor_left(const struct bel_cursor *cursor)
{
	return (size_t)(cursor->end - cursor->ptr);
}

static inline bool bel_cursor_is_end(const struct bel_cursor *cursor)
{
	return cursor->ptr == cursor->end;
}

/* The next byte without taking it; 0 at the end (a NUL in the input reads alike: ask
 * bel_cursor_is_end where it matters). */
static inline char bel_cursor_peek(const struct bel_cursor *cursor)
{
	return cursor->ptr < cursor->end ? *cursor->ptr : '\0';
}

/* Takes c if it comes next. */
static inline bool bel_cursor_take(struct bel_cursor *cursor, char c)
{
	if (cursor->ptr == cursor->end || *cursor->ptr != c)
		return false;
	cursor->ptr++;
	return true;
}

static inline bool bel_cursor_skip(struct bel_cursor *cursor, size_t len)
{
	if (bel_cursor_left(cursor) < len)
		return false;
	cursor->ptr += len;
	return true;
}

/* Takes the longest run of bytes whose entry in the table is not 0. */
bel_str bel_cursor_span(struct bel_cursor *cursor, const uint8_t table[256]);
/* Takes up to (without) the first byte whose table entry is not 0, or to the end. */
bel_str bel_cursor_until(struct bel_cursor *cursor, const uint8_t table[256]);
/* Takes up to (without) c, or to the end. */
bel_str bel_cursor_until_char(struct bel_cursor *cursor, char c);
/* Takes the text if it comes next, ASCII letters folded. */
bool bel_cursor_take_nocase(struct bel_cursor *cursor, bel_str text);
/* Takes SP, HTAB and line ends that are followed by SP or HTAB (LWS of RFC 3261 section
 * 25.1, bare CR or LF counted as a line end). */
void bel_cursor_skip_lws(struct bel_cursor *cursor);
/* Takes decimal digits up to the first other byte; at least one, at most max. The cursor
 * stays put on failure. Errors as bel_str_to_u64. */
enum bel_err bel_cursor_u64(uint64_t *out, struct bel_cursor *cursor, uint64_t max);

/* Big-endian integers for binary protocols; false and *out untouched when too short. */
bool bel_cursor_be8(uint8_t *out, struct bel_cursor *cursor);
bool bel_cursor_be16(uint16_t *out, struct bel_cursor *cursor);
bool bel_cursor_be32(uint32_t *out, struct bel_cursor *cursor);
bool bel_cursor_be64(uint64_t *out, struct bel_cursor *cursor);
bool bel_cursor_bytes(bel_str *out, struct bel_cursor *cursor, size_t len);

#endif
