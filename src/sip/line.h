/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines of a header section. The parser and the framer walk them with the same code, so
 * that they cannot disagree about where a message ends. */
#ifndef BEL_SIP_LINE_H
#define BEL_SIP_LINE_H

#include "sip/scan.h"
#include "sip/sip_int.h"

/* A walk over a text, from front to back. The marks are the caller's; they move along
 * with the walk, a window's length at a time. */
struct bel_sip_lines {
	bel_str bytes;
	bel_sip_scan *scan;
	struct bel_sip_marks *marks;
};

struct bel_sip_line {
	size_t start, end; /* without the last line end */
	size_t next;       /* where the next line starts */
	size_t first_end;  /* of the first physical line */
	bool is_folded;
	bool has_control; /* a byte that may not stand in a header (RFC 3261 section 25.1)
			   */
};

struct bel_sip_lines bel_sip_lines_init(struct bel_sip_marks *marks, bel_sip_scan *scan,
					bel_str bytes);
/* Looks at the bytes from ptr on, some blocks of them; ptr is not the end of the text. */
void bel_sip_lines_look(const struct bel_sip_lines *lines, const char *ptr);

/* The physical line that starts at from: CRLF, or a bare LF, ends it. False when no line
 * end is there. A control in a quoted pair (a backslash before it) is no fault. */
bool bel_sip_line_next(struct bel_sip_line *line, const struct bel_sip_lines *lines,
		       size_t from);
/* The same with the continuation lines of RFC 3261 section 7.3.1. */
bool bel_sip_line_next_folded(struct bel_sip_line *line,
			      const struct bel_sip_lines *lines, size_t from);
/* The start line: the first that is not empty (RFC 3261 section 7.5). */
bool bel_sip_line_first(struct bel_sip_line *line, const struct bel_sip_lines *lines);

/* name and value of a header line, trimmed; false without a colon or a name. */
bool bel_sip_line_split(bel_str *name, bel_str *value, const struct bel_sip_line *line,
			const struct bel_sip_lines *lines);

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

/* The first control at or after ptr, or the end of the text. */
static inline const char *line_control(const struct bel_sip_lines *lines, const char *ptr)
{
	const struct bel_sip_marks *marks = lines->marks;
	const char *end = lines->bytes.ptr + lines->bytes.len;

	while (ptr < end) {
		size_t at = (size_t)(ptr - marks->base);
		if (at >= marks->len) {
			bel_sip_lines_look(lines, ptr);
			continue;
		}
		at = bel_sip_marks_find(marks->control, at);
		ptr = marks->base + at;
		if (at < marks->len)
			break;
	}
	return ptr;
}

#endif
