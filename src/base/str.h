/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_BASE_STR_H
#define BEL_BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"

/* Borrowed bytes: not terminated, may hold NULs, valid as long as what they point into.
 * ptr may be NULL when len is 0. */
typedef struct {
	const char *ptr;
	size_t len;
} bel_str;

#define BEL_STR(literal) ((bel_str){ "" literal, sizeof(literal) - 1 })
#define BEL_STR_NONE     ((bel_str){ NULL, 0 })
/* For printf: "%.*s", BEL_STR_ARG(s). Logs and terminals only. */
#define BEL_STR_ARG(str) (int)((str).len), (str).ptr

/* A terminated string as bytes; NULL gives the empty one. */
bel_str bel_str_from(const char *text);

/* Byte for byte, and with ASCII letters folded (RFC 3261 section 7.3.1). */
static inline bool bel_str_is_equal(bel_str a, bel_str b)
{
	return a.len == b.len && (!a.len || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Of len bytes each; for the two that follow it. */
bool bel_str_are_same_nocase(const char *a, const char *b, size_t len);

static inline bool bel_str_is_equal_nocase(bel_str a, bel_str b)
{
	return a.len == b.len && bel_str_are_same_nocase(a.ptr, b.ptr, a.len);
}

static inline bool bel_str_has_prefix(bel_str str, bel_str prefix)
{
	return str.len >= prefix.len &&
	       (!prefix.len || memcmp(str.ptr, prefix.ptr, prefix.len) == 0);
}

static inline bool bel_str_has_prefix_nocase(bel_str str, bel_str prefix)
{
	return str.len >= prefix.len &&
	       bel_str_are_same_nocase(str.ptr, prefix.ptr, prefix.len);
}

bool bel_str_has_suffix(bel_str str, bel_str suffix);
/* Takes the same time wherever the first difference is; for digests, MACs and tokens. */
bool bel_str_is_equal_secret(bel_str a, bel_str b);

/* Order by bytes, shorter first: <0, 0, >0. */
int bel_str_compare(bel_str a, bel_str b);

/* Position of the first c, or str.len. */
size_t bel_str_find(bel_str str, char c);
/* [from, to), both cut to the length. */
static inline bel_str bel_str_slice(bel_str str, size_t from, size_t to)
{
	if (to > str.len)
		to = str.len;
	if (from > to)
		from = to;
	return (bel_str){ str.ptr ? str.ptr + from : NULL, to - from };
}

/* Without SP, HTAB, CR, LF at both ends. */
bel_str bel_str_trim(bel_str str);

/* Decimal digits only (no sign, no blanks), all of str, at most max: else BEL_ERR_SYNTAX
 * for what is not a number, BEL_ERR_LIMIT for what is above max. */
enum bel_err bel_str_to_u64(uint64_t *out, bel_str str, uint64_t max);
/* Hexadecimal digits of either case, at most 16. */
enum bel_err bel_str_to_hex64(uint64_t *out, bel_str str);

/* Shell pattern with '*', '?' and [a-z] classes; linear in the text, no recursion. */
bool bel_str_is_match(bel_str pattern, bel_str text);

/* Bytes of the UTF-8 character at the start (RFC 3629 section 4), 0 when there is none.
 */
size_t bel_str_utf8_len(bel_str str);

/* Text for people by vsnprintf, in buf: cut to what fits, and empty when the format
 * cannot be carried out. What is sent to peers is made with a bel_writer. */
bel_str bel_str_format(char *buf, size_t size, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));

/* Edit distance, at most 64 bytes of each looked at; for "did you mean". */
unsigned bel_str_distance(bel_str a, bel_str b);

static inline char bel_char_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static inline bool bel_char_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

#endif
