/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/line.h"

/* What the scan stopped at, when it is no line end: bad, unless it is a quoted pair. */
static bool is_bad(const char *base, size_t from, size_t at)
{
	return at == from || base[at - 1] != '\\' || base[at] == '\r';
}

/* A stop that ends no line: noted, and the scan goes on behind it. */
static struct bel_sip_hit pass_control(struct bel_sip_line *line, bel_sip_scan *scan,
				       bel_str bytes, size_t at)
{
	struct bel_sip_hit hit = scan(bytes.ptr, at + 1, bytes.len);

	line->has_control |= is_bad(bytes.ptr, line->start, at);
	if (line->colon == at)
		line->colon = hit.colon;
	return hit;
}

static inline bool take_line(struct bel_sip_line *line, bel_sip_scan *scan, bel_str bytes,
			     size_t from)
{
	const char *base = bytes.ptr;
	struct bel_sip_hit hit = scan(base, from, bytes.len);

	line->start = from;
	line->colon = hit.colon;
	line->is_folded = line->has_control = false;
	while (hit.control < bytes.len) {
		size_t end = hit.control;
		bool is_crlf = base[end] == '\r' && end + 1 < bytes.len &&
			       base[end + 1] == '\n';
		if (is_crlf || base[end] == '\n') {
			line->end = end;
			line->next = end + 1 + is_crlf;
			return true;
		}
		hit = pass_control(line, scan, bytes, end);
	}
	return false;
}

bool bel_sip_line_next(struct bel_sip_line *line, bel_sip_scan *scan, bel_str bytes,
		       size_t from)
{
	return take_line(line, scan, bytes, from);
}

static inline bool is_continued(const struct bel_sip_line *line, bel_str bytes)
{
	return line->next < bytes.len && !line_is_empty(line) &&
	       (bytes.ptr[line->next] == ' ' || bytes.ptr[line->next] == '\t');
}

static bool take_folds(struct bel_sip_line *line, bel_sip_scan *scan, bel_str bytes)
{
	struct bel_sip_line more;

	do {
		if (!take_line(&more, scan, bytes, line->next))
			return false;
		line->end = more.end;
		line->next = more.next;
		line->is_folded = true;
		line->has_control |= more.has_control;
	} while (is_continued(line, bytes));
	return true;
}

bool bel_sip_line_next_folded(struct bel_sip_line *line, bel_sip_scan *scan,
			      bel_str bytes, size_t from)
{
	if (!take_line(line, scan, bytes, from))
		return false;
	return !is_continued(line, bytes) || take_folds(line, scan, bytes);
}

bool bel_sip_line_first(struct bel_sip_line *line, bel_sip_scan *scan, bel_str bytes)
{
	size_t at = 0;

	do {
		if (!take_line(line, scan, bytes, at))
			return false;
		at = line->next;
	} while (line_is_empty(line));
	return true;
}
