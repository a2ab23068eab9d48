/* SPDX-License-Identifier: Apache-2.0
 *
 * Between the files about URIs. */
#ifndef BEL_SIP_URI_INT_H
#define BEL_SIP_URI_INT_H

#include "sip/sip_int.h"

static inline bool is_letter(char c)
{
	return bel_char_lower(c) >= 'a' && bel_char_lower(c) <= 'z';
}

/* RFC 3966 section 3, visual-separator. */
static inline bool tel_is_separator(char c)
{
	return c == '-' || c == '.' || c == '(' || c == ')';
}

/* phonedigit, phonedigit-hex without the visual separators. */
static inline bool tel_is_digit(char c, bool is_global)
{
	if (bel_char_is_digit(c))
		return true;
	return !is_global && (c == '*' || c == '#' ||
			      (bel_char_lower(c) >= 'a' && bel_char_lower(c) <= 'f'));
}

/* One byte of escaped text, unescaped; false at the end. A '%' that begins no escape
 * stands for itself (parsed text has none). */
bool bel_uri_unescape_next(char *out, struct bel_cursor *cursor);

/* Equality of escaped texts, each escape standing for its byte (RFC 3261 section 19.1.4).
 */
bool bel_uri_text_is_equal(bel_str a, bel_str b, bool nocase);

/* Takes the next parameter of a parsed URI off *params, still escaped. */
bool bel_uri_param_next(struct bel_sip_param *out, bel_str *params);

#endif
