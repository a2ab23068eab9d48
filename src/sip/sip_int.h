/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the room: what the parsers of values share. */
#ifndef BEL_SIP_INT_H
#define BEL_SIP_INT_H

#include "base/base.h"
#include "sip/reader.h"
#include "sip/sip.h"

static inline bel_str cursor_rest(const struct bel_cursor *cursor)
{
	return (bel_str){ cursor->ptr, bel_cursor_left(cursor) };
}

/* ---- false (or an error) leaves *out and the reader anywhere ---- */

/* *( SEMI param ), the end of a value: *params is the text from the first name on. */
bool bel_sip_take_params(bel_str *params, struct bel_sip_reader *reader);
/* The next value of a comma list, without blanks around it. */
bool bel_sip_take_listed(bel_str *out, struct bel_sip_reader *left);
/* callid of RFC 3261 section 25.1. */
bool bel_sip_take_call_id(bel_str *out, struct bel_sip_reader *reader);
/* What may stand between "<" and ">": gives where it ends. */
const char *bel_sip_pass_uri(struct bel_uri *out, const char *ptr, const char *end,
			     const struct bel_sip_marks *marks);

/* These end with the reader. */
bool bel_sip_read_addr(struct bel_sip_addr *out, struct bel_sip_reader reader);
bool bel_sip_read_contact(struct bel_sip_addr *out, struct bel_sip_reader reader);
bool bel_sip_read_via(struct bel_sip_via *out, struct bel_sip_reader reader);
enum bel_err bel_sip_read_cseq(struct bel_sip_cseq *out, struct bel_sip_reader reader);

/* Whether text may be written as (part of) a value: no CR, LF or NUL. */
bool bel_sip_is_writable(bel_str text);

#endif
