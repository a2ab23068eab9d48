/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines of a header section. The parser and the framer walk them with the same code, so
 * that they cannot disagree about where a message ends. */
#ifndef BEL_SIP_LINE_H
#define BEL_SIP_LINE_H

#include "sip/scan.h"
#include "sip/sip_int.h"

struct bel_sip_line {
	size_t start, end; /* without the last line end */
	size_t next;       /* where the next line starts */
	size_t colon; /* of the first physical line; not below its end when missing */
	bool is_folded;
	bool has_control; /* a byte that may not stand in a header (RFC 3261 section 25.1)
			   */
};

/* The physical line that starts at from: CRLF, or a bare LF, ends it. False when no line
 * end is there. A control in a quoted pair (a backslash before it) is no fault. */
bool bel_sip_line_next(struct bel_sip_line *line, bel_sip_scan *scan, bel_str bytes,
		       size_t from);
/* The same with the continuation lines of RFC 3261 section 7.3.1. */
bool bel_sip_line_next_folded(struct bel_sip_line *line, bel_sip_scan *scan,
			      bel_str bytes, size_t from);
/* The start line: the first that is not empty (RFC 3261 section 7.5). */
bool bel_sip_line_first(struct bel_sip_line *line, bel_sip_scan *scan, bel_str bytes);

static inline bool line_is_empty(const struct bel_sip_line *line)
{
	return line->start == line->end;
}

/* Whether a start line is that of a response. */
static inline bool line_is_status(const struct bel_sip_line *line, bel_str bytes)
{
	return bel_str_has_prefix_nocase(
		str_between(bytes.ptr + line->start, bytes.ptr + line->end),
		BEL_STR("SIP/"));
}

static inline bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* name and value of a header line, trimmed; false without a colon or a name. */
static inline bool line_split(bel_str *name, bel_str *value,
			      const struct bel_sip_line *line, bel_str bytes)
{
	const char *start = bytes.ptr + line->start, *end = bytes.ptr + line->end;
	const char *colon = bytes.ptr + line->colon, *name_end = colon;

	if (colon >= end || *colon != ':')
		return false;
	while (name_end > start && is_blank(name_end[-1]))
		name_end--;
	for (colon++; colon < end && is_blank(*colon);)
		colon++;
	while (end > colon && is_blank(end[-1]))
		end--;
	*name = str_between(start, name_end);
	*value = str_between(colon, end);
	return name_end > start;
}

#endif
