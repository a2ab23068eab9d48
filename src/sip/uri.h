/* SPDX-License-Identifier: Apache-2.0
 *
 * URIs: sip and sips (RFC 3261 section 19.1, IPv6 by RFC 5954), tel (RFC 3966), and every
 * other scheme as text. Parsing checks the grammar of each part, percent escapes
 * included, and copies nothing. */
#ifndef BEL_SIP_URI_H
#define BEL_SIP_URI_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"

enum bel_uri_scheme {
	BEL_URI_OTHER, /* only scheme_text and text are set */
	BEL_URI_SIP,
	BEL_URI_SIPS,
	BEL_URI_TEL, /* user is the number as written, visual separators included */
};

enum bel_uri_host { BEL_URI_NO_HOST, BEL_URI_NAME, BEL_URI_IPV4, BEL_URI_IPV6 };

struct bel_uri {
	bel_str text; /* all of it */
	bel_str scheme_text;
	bel_str user; /* escaped, as written; ptr is NULL when there is no user part */
	bel_str password;  /* ptr is NULL when there is none, len 0 when it is empty */
	bel_str host;      /* IPv6 in its brackets */
	bel_str params;    /* after the first ';', which is not included */
	bel_str headers;   /* after the '?', which is not included */
	uint16_t port;     /* 0 when not written */
	uint8_t scheme;    /* enum bel_uri_scheme */
	uint8_t host_kind; /* enum bel_uri_host */
};

/* All of text is one URI, no blanks around it. BEL_ERR_SYNTAX leaves *out untouched. */
enum bel_err bel_uri_parse(struct bel_uri *out, bel_str text);

/* Value of a URI parameter by name (any case); *value is empty for one without '='.
 * value may be NULL. False when the parameter is not there. */
bool bel_uri_param(const struct bel_uri *uri, bel_str name, bel_str *value);
/* The text up to the '?': headers have no place in a Request-URI, nor in the Contact of a
 * dialog, from which one is made (RFC 3261 section 19.1.1). */
bel_str bel_uri_without_headers(const struct bel_uri *uri);
/* RFC 3261 section 16.12.1.1: the parameter lr in any spelling ("lr", "lr=on"). */
bool bel_uri_is_loose(const struct bel_uri *uri);
/* The port to send to: as written, else 5061 for sips, else 5060. */
uint16_t bel_uri_port(const struct bel_uri *uri);

/* RFC 3261 section 19.1.4 and RFC 5954 section 4.2, user parts unescaped; tel by RFC 3966
 * section 4; other schemes byte for byte. */
bool bel_uri_is_equal(const struct bel_uri *a, const struct bel_uri *b);

/* Part by part, so that parts may have been changed since it was parsed; OTHER: text. */
void bel_uri_write(struct bel_writer *writer, const struct bel_uri *uri);

/* The address of record as a key (RFC 3261 section 10.3 step 5): scheme sip, user part
 * unescaped and escaped again in the one canonical way, host in lower case, no password,
 * port, parameters or headers. tel becomes "tel:" and the number without visual
 * separators, other schemes their text. */
void bel_uri_write_aor(struct bel_writer *writer, const struct bel_uri *uri);

/* Percent escapes undone, once (RFC 3261 section 19.1.2). What comes out may hold any
 * byte, NUL included. */
void bel_uri_user_unescape(struct bel_writer *writer, bel_str escaped);
/* The reverse, each byte that the grammar of the part does not allow as %HH. */
void bel_uri_user_escape(struct bel_writer *writer, bel_str user);
void bel_uri_password_escape(struct bel_writer *writer, bel_str password);
void bel_uri_param_escape(struct bel_writer *writer, bel_str name_or_value);
void bel_uri_header_escape(struct bel_writer *writer, bel_str name_or_value);

/* RFC 3966: the number without the visual separators "-.()", a leading '+' kept. */
void bel_uri_write_number(struct bel_writer *writer, bel_str number);

#endif
