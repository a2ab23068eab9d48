/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/line.h"

/* What is looked for, and how the names of its lines begin: the whole one and the compact
 * one, in lower case. */
struct wanted {
	enum bel_sip_header header;
	char whole, compact;
};

static const struct wanted call_id = { BEL_SIP_H_CALL_ID, 'c', 'i' };
static const struct wanted via = { BEL_SIP_H_VIA, 'v', 'v' };

static bool is_wanted(bel_str *value, const struct wanted *wanted,
		      const struct bel_sip_line *line, bel_str bytes)
{
	char first = bel_char_lower(bytes.ptr[line->start]);
	bel_str name;

	return (first == wanted->whole || first == wanted->compact) &&
	       line_split(&name, value, line, bytes) &&
	       bel_sip_header_find(name) == wanted->header;
}

/* The value of the next such line; *at goes on behind it. */
static bool find_line(bel_str *value, const struct wanted *wanted, bel_str bytes,
		      size_t *at)
{
	bel_sip_scan *scan = bel_sip_scan_best();
	struct bel_sip_line line;

	while (bel_sip_line_next_folded(&line, scan, bytes, *at)) {
		if (line_is_empty(&line))
			return false;
		*at = line.next;
		if (is_wanted(value, wanted, &line, bytes))
			return true;
	}
	return false;
}

/* A line of Via without a value is passed by, as the values of a parsed message do it. */
static bool find_via(bel_str *value, bel_str bytes, size_t at)
{
	bel_str list;

	while (find_line(&list, &via, bytes, &at))
		if (bel_sip_list_next(value, &list))
			return true;
	return false;
}

bool bel_sip_clue_find(struct bel_sip_clue *out, bel_str bytes)
{
	struct bel_sip_line line;
	size_t at;

	if (bytes.len > BEL_SIP_MESSAGE_BYTES_MAX ||
	    !bel_sip_line_first(&line, bel_sip_scan_best(), bytes))
		return false;
	at = line.next;
	out->is_request = !line_is_status(&line, bytes);
	return out->is_request ? find_line(&out->text, &call_id, bytes, &at)
			       : find_via(&out->text, bytes, at);
}
