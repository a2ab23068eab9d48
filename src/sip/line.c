/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/line.h"

bool bel_sip_line_next(struct bel_sip_line *line, bel_sip_scan *scan, bel_str bytes,
		       size_t from)
{
	const char *base = bytes.ptr;
	bool has_control = false;
	size_t colon = bytes.len;

	for (size_t at = from;;) {
		struct bel_sip_hit hit = scan(base, at, bytes.len);
		size_t end = hit.control;

		if (hit.colon < end && colon == bytes.len)
			colon = hit.colon;
		if (end == bytes.len)
			return false;
		at = end + 1;
		if (base[end] == '\r' && at < bytes.len && base[at] == '\n')
			at++;
		else if (base[end] != '\n') {
			if (end == from || base[end - 1] != '\\' || base[end] == '\r')
				has_control = true;
			continue;
		}
		*line = (struct bel_sip_line){ .start = from,
					       .end = end,
					       .next = at,
					       .colon = colon < end ? colon : end,
					       .has_control = has_control };
		return true;
	}
}

bool bel_sip_line_next_folded(struct bel_sip_line *line, bel_sip_scan *scan,
			      bel_str bytes, size_t from)
{
	struct bel_sip_line first, more;

	if (!bel_sip_line_next(&first, scan, bytes, from))
		return false;
	while (!line_is_empty(&first) && first.next < bytes.len &&
	       (bytes.ptr[first.next] == ' ' || bytes.ptr[first.next] == '\t')) {
		if (!bel_sip_line_next(&more, scan, bytes, first.next))
			return false;
		first.end = more.end;
		first.next = more.next;
		first.is_folded = true;
		first.has_control |= more.has_control;
	}
	*line = first;
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool bel_sip_line_split(bel_str *name, bel_str *value, const struct bel_sip_line *line,
			bel_str bytes)
{
	size_t name_end = line->colon;
	size_t value_start = line->colon + 1;
	size_t value_end = line->end;

	if (line->colon >= line->end || bytes.ptr[line->colon] != ':')
		return false;
	while (name_end > line->start && is_blank(bytes.ptr[name_end - 1]))
		name_end--;
	if (name_end == line->start)
		return false;
	while (value_start < value_end && is_blank(bytes.ptr[value_start]))
		value_start++;
	while (value_end > value_start && is_blank(bytes.ptr[value_end - 1]))
		value_end--;
	*name = str_between(bytes.ptr + line->start, bytes.ptr + name_end);
	*value = str_between(bytes.ptr + value_start, bytes.ptr + value_end);
	return true;
}
