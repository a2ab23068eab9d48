/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/line.h"

struct bel_sip_lines bel_sip_lines_init(struct bel_sip_marks *marks, bel_sip_scan *scan,
					bel_str bytes)
{
	marks->base = bytes.ptr;
	marks->len = 0;
	return (struct bel_sip_lines){ bytes, scan, marks };
}

/* The last bytes of a text, less than a block of them, from a copy that may be read
 * beyond its end. */
static void look_at_rest(const struct bel_sip_lines *lines, size_t block, const char *ptr,
			 size_t len)
{
	uint64_t *control = &lines->marks->control[block];
	uint64_t *special = &lines->marks->special[block];
	char copy[64];

	memcpy(copy, ptr, len);
	memset(copy + len, '\0', sizeof copy - len);
	lines->scan(control, special, copy, 1);
	*control |= UINT64_MAX << len;
	*special |= UINT64_MAX << len;
}

/* As far ahead as most header sections have lines of: more would be bytes of a body. */
enum { LOOK_BLOCKS = 6 };

void bel_sip_lines_look(const struct bel_sip_lines *lines, const char *ptr)
{
	struct bel_sip_marks *marks = lines->marks;
	size_t left = (size_t)(lines->bytes.ptr + lines->bytes.len - ptr);
	size_t count = left / 64 < LOOK_BLOCKS ? left / 64 : LOOK_BLOCKS;

	if (ptr != marks->base + marks->len ||
	    marks->len > BEL_SIP_MARKS_BYTES - 64 * LOOK_BLOCKS) {
		marks->base = ptr;
		marks->len = 0;
	}
	size_t block = marks->len / 64;
	lines->scan(&marks->control[block], &marks->special[block], ptr, count);
	block += count;
	if (count < LOOK_BLOCKS && left % 64)
		look_at_rest(lines, block++, ptr + 64 * count, left % 64);
	marks->len = block * 64;
	marks->control[block] = marks->special[block] = UINT64_MAX;
}

/* What the scan stopped at, when it is no line end: bad, unless it is a quoted pair. */
static bool is_bad(const char *start, const char *at)
{
	return at == start || at[-1] != '\\' || *at == '\r';
}

bool bel_sip_line_next(struct bel_sip_line *line, const struct bel_sip_lines *lines,
		       size_t from)
{
	const char *base = lines->bytes.ptr;
	bool has_control = false;

	if (from >= lines->bytes.len)
		return false;
	const char *start = base + from, *end = base + lines->bytes.len, *at = start;
	for (; (at = line_control(lines, at)) < end; at++) {
		bool is_crlf = *at == '\r' && at + 1 < end && at[1] == '\n';
		if (is_crlf || *at == '\n') {
			size_t stop = (size_t)(at - base);
			*line = (struct bel_sip_line){
				.start = from,
				.end = stop,
				.next = stop + 1 + is_crlf,
				.first_end = stop,
				.has_control = has_control,
			};
			return true;
		}
		has_control |= is_bad(start, at);
	}
	return false;
}

static bool is_continued(const struct bel_sip_line *line, bel_str bytes)
{
	return line->next < bytes.len && !line_is_empty(line) &&
	       (bytes.ptr[line->next] == ' ' || bytes.ptr[line->next] == '\t');
}

static bool take_folds(struct bel_sip_line *line, const struct bel_sip_lines *lines)
{
	struct bel_sip_line more;

	do {
		if (!bel_sip_line_next(&more, lines, line->next))
			return false;
		line->end = more.end;
		line->next = more.next;
		line->is_folded = true;
		line->has_control |= more.has_control;
	} while (is_continued(line, lines->bytes));
	return true;
}

bool bel_sip_line_next_folded(struct bel_sip_line *line,
			      const struct bel_sip_lines *lines, size_t from)
{
	if (!bel_sip_line_next(line, lines, from))
		return false;
	return !is_continued(line, lines->bytes) || take_folds(line, lines);
}

bool bel_sip_line_first(struct bel_sip_line *line, const struct bel_sip_lines *lines)
{
	size_t at = 0;

	do {
		if (!bel_sip_line_next(line, lines, at))
			return false;
		at = line->next;
	} while (line_is_empty(line));
	return true;
}

bool bel_sip_line_split(bel_str *name, bel_str *value, const struct bel_sip_line *line,
			const struct bel_sip_lines *lines)
{
	const char *start = lines->bytes.ptr + line->start;
	const char *end = lines->bytes.ptr + line->end;
	const char *first_end = lines->bytes.ptr + line->first_end;
	const char *colon = marks_special(lines->marks, start, first_end);

	if (colon < first_end && *colon != ':')
		colon = start + bel_str_find(str_between(start, first_end), ':');
	if (colon == first_end)
		return false;
	const char *name_end = colon;
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
