/* SPDX-License-Identifier: Apache-2.0
 *
 * The reader of values, and the small scanners that every parser of values is written
 * with. All of them leave the reader alone when they find nothing. They are inline so
 * that a reader lives in registers: what is seldom needed is called with a copy of it,
 * and gives where it came to (bel_sip_pass_*, NULL for what is wrong). */
#ifndef BEL_SIP_READER_H
#define BEL_SIP_READER_H

#include "base/base.h"
#include "sip/sip.h"

enum {
	CLASS_TOKEN = 0x01,
	CLASS_USER = 0x02,       /* unreserved / user-unreserved; escapes aside */
	CLASS_PASSWORD = 0x04,   /* unreserved / "&" / "=" / "+" / "$" / "," */
	CLASS_URI_PARAM = 0x08,  /* param-unreserved / unreserved */
	CLASS_URI_HEADER = 0x10, /* hnv-unreserved / unreserved */
	CLASS_HOST = 0x20,       /* alphanum, "-", "." and the "_" of local names */
	CLASS_WORD = 0x40,       /* of a Call-ID */
	CLASS_PARAM_VALUE =
		0x80,     /* token and host, and what base64 and paths bring along */
	CLASS_ALL = 0xff, /* what is in each of them, as nearly all bytes are */
};
extern const uint8_t bel_sip_classes[256];

static inline bool is_class(char c, unsigned classes)
{
	return bel_sip_classes[(uint8_t)c] & classes;
}

static inline bel_str str_between(const char *from, const char *to)
{
	return (bel_str){ from, (size_t)(to - from) };
}

static inline bool is_blank(char c)
{
	return (uint8_t)c <= ' ' && (c == ' ' || c == '\t' || c == '\r' || c == '\n');
}

/* Whether text is a word, given in lower-case letters, one to eight of them. */
static inline bool is_word(bel_str text, bel_str word)
{
	const uint64_t fold = 0x2020202020202020u;
	uint64_t found = 0, wanted = 0;

	if (text.len != word.len)
		return false;
	memcpy(&found, text.ptr, word.len);
	memcpy(&wanted, word.ptr, word.len);
	return (found | (wanted & fold)) == wanted;
}

/* A cursor over a value. In a message it reads by the marks of the parser, elsewhere byte
 * by byte; marks is never NULL. */
struct bel_sip_reader {
	const char *ptr, *end;
	const struct bel_sip_marks *marks;
};
/* Marks of nothing. */
extern const struct bel_sip_marks bel_sip_no_marks;

static inline struct bel_sip_reader reader_init(bel_str value,
						const struct bel_sip_marks *marks)
{
	return (struct bel_sip_reader){ value.ptr,
					value.len ? value.ptr + value.len : value.ptr,
					marks };
}

/* A value from anywhere. */
static inline struct bel_sip_reader reader_of(bel_str value)
{
	return reader_init(value, &bel_sip_no_marks);
}

static inline bool is_end(const struct bel_sip_reader *reader)
{
	return reader->ptr == reader->end;
}

/* The next byte; 0 at the end. */
static inline char peek(const struct bel_sip_reader *reader)
{
	return reader->ptr < reader->end ? *reader->ptr : '\0';
}

static inline bool take(struct bel_sip_reader *reader, char c)
{
	if (reader->ptr == reader->end || *reader->ptr != c)
		return false;
	reader->ptr++;
	return true;
}

static inline bel_str reader_rest(const struct bel_sip_reader *reader)
{
	return str_between(reader->ptr, reader->end);
}

/* ---- runs ---- */

const char *bel_sip_pass_plain(const char *ptr, const char *end,
			       const struct bel_sip_marks *marks);

/* The first byte at or after ptr that may be special (marks.h), or end: all before it are
 * plain. */
static inline const char *marks_special(const struct bel_sip_marks *marks,
					const char *ptr, const char *end)
{
	size_t offset = (uintptr_t)ptr - (uintptr_t)marks->base;

	if (offset < marks->len) {
		uint64_t word = bel_sip_marks_word(marks->special, offset);
		if (word) {
			ptr += __builtin_ctzll(word);
			return ptr < end ? ptr : end;
		}
	}
	return bel_sip_pass_plain(ptr, end, marks);
}

/* The longest run of bytes of these classes. */
static inline bel_str take_class(struct bel_sip_reader *reader, unsigned classes)
{
	const char *start = reader->ptr, *end = reader->end;
	const char *ptr = marks_special(reader->marks, start, end);

	while (ptr < end && is_class(*ptr, classes))
		ptr = marks_special(reader->marks, ptr + 1, end);
	reader->ptr = ptr;
	return str_between(start, ptr);
}

const char *bel_sip_pass_escapes(const char *ptr, const char *end, unsigned classes);

/* As take_class, with "%" HEX HEX; false (reader anywhere) for a broken escape. */
static inline bool take_escaped(bel_str *out, struct bel_sip_reader *reader,
				unsigned classes)
{
	const char *start = reader->ptr, *ptr;

	take_class(reader, classes);
	if (peek(reader) == '%') {
		ptr = bel_sip_pass_escapes(reader->ptr, reader->end, classes);
		if (!ptr)
			return false;
		reader->ptr = ptr;
	}
	*out = str_between(start, reader->ptr);
	return true;
}

const char *bel_sip_pass_lws(const char *ptr, const char *end);

static inline void skip_lws(struct bel_sip_reader *reader)
{
	while (reader->ptr < reader->end && (uint8_t)*reader->ptr <= ' ') {
		if (*reader->ptr != ' ') {
			reader->ptr = bel_sip_pass_lws(reader->ptr, reader->end);
			return;
		}
		reader->ptr++;
	}
}

/* Blanks around it (SLASH, EQUAL, SEMI and their like of RFC 3261 section 25.1). */
static inline bool take_separator(struct bel_sip_reader *reader, char c)
{
	const char *start = reader->ptr;

	skip_lws(reader);
	if (!take(reader, c)) {
		reader->ptr = start;
		return false;
	}
	skip_lws(reader);
	return true;
}

const char *bel_sip_pass_quoted(const char *ptr, const char *end,
				const struct bel_sip_marks *marks);

/* A quoted string; *inside is without the quotes. False when it does not begin here or
 * does not end. */
static inline bool take_quoted(bel_str *inside, struct bel_sip_reader *reader)
{
	const char *start = reader->ptr;
	const char *ptr = bel_sip_pass_quoted(start, reader->end, reader->marks);

	if (!ptr)
		return false;
	*inside = str_between(start + 1, ptr - 1);
	reader->ptr = ptr;
	return true;
}

/* ---- numbers ---- */

static inline unsigned digit_of(char c)
{
	return (unsigned)(uint8_t)c - '0';
}

/* 1*DIGIT. Errors as bel_str_to_u64. */
static inline enum bel_err take_u32(uint32_t *out, struct bel_sip_reader *reader,
				    uint32_t max)
{
	const char *ptr = reader->ptr;
	uint64_t value = 0;

	for (; ptr < reader->end && digit_of(*ptr) <= 9; ptr++) {
		value = value * 10 + digit_of(*ptr);
		if (value > max)
			return BEL_ERR_LIMIT;
	}
	if (ptr == reader->ptr)
		return BEL_ERR_SYNTAX;
	reader->ptr = ptr;
	*out = (uint32_t)value;
	return BEL_OK;
}

/* ":port" when it is there, in *port. False for a wrong one. */
static inline bool take_port(uint16_t *port, struct bel_sip_reader *reader)
{
	uint32_t value;

	if (!take(reader, ':'))
		return true;
	if (take_u32(&value, reader, 65535) || !value)
		return false;
	*port = (uint16_t)value;
	return true;
}

/* ---- hosts and parameters ---- */

const char *bel_sip_pass_ipv6(const char *ptr, const char *end);
/* Whether its last label is a number, as that of a name never is; and whether it is four
 * of them. */
bool bel_sip_is_numeric(bel_str host);
bool bel_sip_is_ipv4(bel_str host);

/* host of RFC 3261 section 25.1: a name, IPv4, IPv6 in brackets. */
static inline bool take_host(bel_str *host, uint8_t *kind, struct bel_sip_reader *reader)
{
	const char *start = reader->ptr;

	if (peek(reader) == '[') {
		const char *ptr = bel_sip_pass_ipv6(start, reader->end);
		if (!ptr)
			return false;
		*kind = BEL_URI_IPV6;
		*host = str_between(start, ptr);
		reader->ptr = ptr;
		return true;
	}
	*host = take_class(reader, CLASS_HOST);
	if (!host->len || host->len > 255)
		return false;
	*kind = BEL_URI_NAME;
	if (digit_of(reader->ptr[-1]) > 9)
		return true;
	if (bel_sip_is_ipv4(*host))
		*kind = BEL_URI_IPV4;
	return *kind == BEL_URI_IPV4 || !bel_sip_is_numeric(*host);
}

/* One parameter without its ";", blanks around it; the reader ends on what is no part of
 * it. False with *out and the reader anywhere. */
static inline bool take_param(struct bel_sip_param *out, struct bel_sip_reader *reader)
{
	skip_lws(reader);
	out->name = take_class(reader, CLASS_TOKEN);
	out->value = BEL_STR_NONE;
	out->is_quoted = false;
	if (!out->name.len)
		return false;
	out->has_value = take_separator(reader, '=');
	if (out->has_value && peek(reader) == '"') {
		out->is_quoted = true;
		if (!take_quoted(&out->value, reader))
			return false;
	} else if (out->has_value) {
		out->value = take_class(reader, CLASS_PARAM_VALUE);
		if (!out->value.len)
			return false;
	}
	skip_lws(reader);
	return true;
}

/* What follows the ";" that comes next, if one does: the parameters of a value. */
static inline bel_str params_text(const struct bel_sip_reader *reader)
{
	return peek(reader) == ';' ? str_between(reader->ptr + 1, reader->end)
				   : BEL_STR_NONE;
}

#endif
