/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the room: character classes of RFC 3261 section 25.1 and the small scanners that
 * every parser of values is written with. All of them take a cursor and leave it alone
 * when they find nothing. */
#ifndef BEL_SIP_INT_H
#define BEL_SIP_INT_H

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
		0x80, /* token and host, and what base64 and paths bring along */
};
extern const uint8_t bel_sip_classes[256];

static inline bool is_class(char c, unsigned classes)
{
	return bel_sip_classes[(uint8_t)c] & classes;
}

/* The longest run of bytes of these classes. */
static inline bel_str take_class(struct bel_cursor *cursor, unsigned classes)
{
	const char *start = cursor->ptr;
	const char *ptr = start;

	while (ptr < cursor->end && is_class(*ptr, classes))
		ptr++;
	cursor->ptr = ptr;
	return (bel_str){ start, (size_t)(ptr - start) };
}

static inline void skip_lws(struct bel_cursor *cursor)
{
	if (cursor->ptr < cursor->end && (uint8_t)*cursor->ptr <= ' ')
		bel_cursor_skip_lws(cursor);
}

/* Blanks around it (SLASH, EQUAL, SEMI and their like of RFC 3261 section 25.1). */
static inline bool take_separator(struct bel_cursor *cursor, char c)
{
	struct bel_cursor start = *cursor;

	skip_lws(cursor);
	if (!bel_cursor_take(cursor, c)) {
		*cursor = start;
		return false;
	}
	skip_lws(cursor);
	return true;
}

static inline bel_str cursor_rest(const struct bel_cursor *cursor)
{
	return (bel_str){ cursor->ptr, bel_cursor_left(cursor) };
}

static inline bel_str str_between(const char *from, const char *to)
{
	return (bel_str){ from, (size_t)(to - from) };
}

/* As take_class, with "%" HEX HEX; false (cursor anywhere) for a broken escape. */
bool bel_sip_take_escaped(bel_str *out, struct bel_cursor *cursor, unsigned classes);
/* A quoted string; *inside is without the quotes. False when it does not begin here or
 * does not end. */
bool bel_sip_take_quoted(bel_str *inside, struct bel_cursor *cursor);
/* One parameter without its ";"; the cursor ends on what is no part of it. */
bool bel_sip_take_param(struct bel_sip_param *out, struct bel_cursor *cursor);
/* *( SEMI param ), the end of a value: *params is the text from the first name on. take
 * (NULL: nothing to keep) sees each of them and refuses what is wrong. */
bool bel_sip_take_params(bel_str *params, struct bel_cursor *cursor,
			 bool (*take)(void *user, const struct bel_sip_param *param),
			 void *user);
/* host of RFC 3261 section 25.1: a name, IPv4, IPv6 in brackets. */
bool bel_sip_take_host(bel_str *host, uint8_t *kind, struct bel_cursor *cursor);
/* ":port" when it is there; blanks around the colon allowed if lws. False for a wrong
 * one. */
bool bel_sip_take_port(uint16_t *port, struct bel_cursor *cursor, bool lws);
bool bel_sip_take_u32(uint32_t *out, struct bel_cursor *cursor, uint32_t max);

/* callid of RFC 3261 section 25.1, all of it. */
bool bel_sip_is_call_id(bel_str text);

/* Whether text may be written as (part of) a value: no CR, LF or NUL. */
bool bel_sip_is_writable(bel_str text);

#endif
