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
		      const struct bel_sip_line *line, const struct bel_sip_lines *lines)
{
	char first = bel_char_lower(lines->bytes.ptr[line->start]);
	bel_str name;

	return (first == wanted->whole || first == wanted->compact) &&
	       bel_sip_line_split(&name, value, line, lines) &&
	       bel_sip_header_find(name) == wanted->header;
}

/* Past lines that cannot be it: they begin otherwise, end with CRLF and are not
 * continued. Stops at whatever has to be looked at. */
static size_t skip_others(const struct wanted *wanted, const struct bel_sip_lines *lines,
			  size_t at)
{
	const struct bel_sip_marks *marks = lines->marks;
	const char *base = lines->bytes.ptr, *text_end = base + lines->bytes.len;

	while (at < lines->bytes.len) {
		const char *start = base + at;
		size_t offset = (uintptr_t)start - (uintptr_t)marks->base;
		char first = bel_char_lower(*start);
		if (first == wanted->whole || first == wanted->compact ||
		    offset >= marks->len)
			break;
		offset = bel_sip_marks_find(marks->control, offset);
		const char *end = marks->base + offset;
		if (offset >= marks->len || text_end - end < 3 || end == start ||
		    memcmp(end, "\r\n", 2) || end[2] == ' ' || end[2] == '\t')
			break;
		at = (size_t)(end - base) + 2;
	}
	return at;
}

/* The value of the next such line; *at goes on behind it. */
static bool find_line(bel_str *value, const struct wanted *wanted,
		      const struct bel_sip_lines *lines, size_t *at)
{
	struct bel_sip_line line;

	while (bel_sip_line_next_folded(&line, lines, skip_others(wanted, lines, *at))) {
		if (line_is_empty(&line))
			return false;
		*at = line.next;
		if (is_wanted(value, wanted, &line, lines))
			return true;
	}
	return false;
}

/* A line of Via without a value is passed by, as the values of a parsed message do it. */
static bool find_via(bel_str *value, const struct bel_sip_lines *lines, size_t at)
{
	bel_str list;

	while (find_line(&list, &via, lines, &at)) {
		*value = list;
		if (list.len && !memchr(list.ptr, ',', list.len))
			return true;
		if (bel_sip_list_next(value, &list))
			return true;
	}
	return false;
}

bool bel_sip_clue_find(struct bel_sip_clue *out, bel_str bytes)
{
	struct bel_sip_marks marks;
	struct bel_sip_lines lines = bel_sip_lines_init(&marks, bel_sip_scan_best(),
							bytes);
	struct bel_sip_line line;
	size_t at;

	if (bytes.len > BEL_SIP_MESSAGE_BYTES_MAX || !bel_sip_line_first(&line, &lines))
		return false;
	at = line.next;
	out->is_request = !line_is_status(&line, bytes);
	return out->is_request ? find_line(&out->text, &call_id, &lines, &at)
			       : find_via(&out->text, &lines, at);
}
