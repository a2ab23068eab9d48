/* SPDX-License-Identifier: Apache-2.0
 *
 * Between parse.c, msg.c, validate.c and frame.c. */
#ifndef BEL_SIP_PARSE_H
#define BEL_SIP_PARSE_H

#include "sip/scan.h"
#include "sip/sip_int.h"

/* bel_sip_parse with a given scanner, for comparing them. */
enum bel_err bel_sip_parse_with(struct bel_sip_msg *msg, struct bel_arena *arena,
				bel_str bytes, struct bel_sip_refusal *why,
				bel_sip_scan *scan);

/* Decodes the topmost Via, the first Contact, from the value that is at hand; whether it
 * is one. */
bool bel_sip_msg_keep_via(struct bel_sip_msg *msg, bel_str value);
bool bel_sip_msg_keep_contact(struct bel_sip_msg *msg, bel_str value);

/* The value of a header that has one line and on it no comma: its only one. ptr is NULL
 * where that is not so. */
static inline bel_str only_value(const struct bel_sip_msg *msg,
				 enum bel_sip_header header)
{
	const struct bel_sip_field *field = bel_sip_field_first(msg, header);

	if (!field || field->next || !field->value_len)
		return BEL_STR_NONE;
	bel_str value = bel_sip_field_value(msg, field);
	return memchr(value.ptr, ',', value.len) ? BEL_STR_NONE : value;
}

/* The refusal that a limit calls for. */
struct bel_sip_refusal bel_sip_limit_refusal(enum bel_sip_limit limit,
					     enum bel_sip_header header);

#endif
