/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/line.h"

/* What is looked for, and how the names of its lines begin: the whole one by two letters,
 * and the compact one; in lower case. */
struct wanted {
	enum bel_sip_header header;
	char whole[2], compact;
	bel_str plain;
};

static const struct wanted call_id = {
	BEL_SIP_H_CALL_ID, { 'c', 'a' }, 'i', { "Call-ID:", 8 }
};
static const struct wanted via = { BEL_SIP_H_VIA, { 'v', 'i' }, 'v', { "Via:", 4 } };

static bool may_be(const struct wanted *wanted, const char *at, const char *end)
{
	char first = bel_char_lower(*at);

	return first == wanted->compact || (first == wanted->whole[0] && at + 1 < end &&
					    bel_char_lower(at[1]) == wanted->whole[1]);
}

/* Past lines that are not it, continued ones included: these begin with a blank. Stops at
 * what may be it, and at the end of the header section. */
static size_t skip_others(const struct wanted *wanted, bel_str bytes, size_t at)
{
	const char *end = bytes.ptr + bytes.len, *ptr = bytes.ptr + at;

	while (ptr < end && *ptr != '\r' && *ptr != '\n' && !may_be(wanted, ptr, end)) {
		const char *feed = memchr(ptr, '\n', (size_t)(end - ptr));
		if (!feed)
			break;
		ptr = feed + 1;
	}
	return (size_t)(ptr - bytes.ptr);
}

/* As nearly all lines are: the whole name, its colon, all on one line. *at goes on behind
 * it. */
static bool take_plainly(bel_str *value, const struct wanted *wanted, bel_str bytes,
			 size_t *at)
{
	bel_str line = bel_str_slice(bytes, *at, bytes.len);
	size_t end;

	if (!bel_str_has_prefix_nocase(line, wanted->plain))
		return false;
	end = bel_str_find(line, '\n');
	if (end + 1 >= line.len || line.ptr[end + 1] == ' ' || line.ptr[end + 1] == '\t')
		return false;
	*at += end + 1;
	end -= line.ptr[end - 1] == '\r';
	*value = bel_str_trim(bel_str_slice(line, wanted->plain.len, end));
	return true;
}

static bool is_wanted(bel_str *value, const struct wanted *wanted,
		      const struct bel_sip_line *line, const struct bel_sip_lines *lines)
{
	bel_str name;

	return bel_sip_line_split(&name, value, line, lines) &&
	       bel_sip_header_find(name) == wanted->header;
}

/* The value of the next such line; *at goes on behind it. */
static bool find_line(bel_str *value, const struct wanted *wanted, bel_str bytes,
		      size_t *at)
{
	struct bel_sip_marks marks;
	struct bel_sip_lines lines;
	struct bel_sip_line line;

	for (;;) {
		*at = skip_others(wanted, bytes, *at);
		if (take_plainly(value, wanted, bytes, at))
			return true;
		lines = bel_sip_lines_init(&marks, bel_sip_scan_best(), bytes);
		if (!bel_sip_line_next_folded(&line, &lines, *at) || line_is_empty(&line))
			return false;
		*at = line.next;
		if (is_wanted(value, wanted, &line, &lines))
			return true;
	}
}

/* A line of Via without a value is passed by, as the values of a parsed message do it. */
static bool find_via(bel_str *value, bel_str bytes, size_t at)
{
	bel_str list;

	while (find_line(&list, &via, bytes, &at)) {
		*value = list;
		if (list.len && !memchr(list.ptr, ',', list.len))
			return true;
		if (bel_sip_list_next(value, &list))
			return true;
	}
	return false;
}

/* Behind the start line: the first that is not empty (RFC 3261 section 7.5). */
static size_t skip_start(bel_str bytes, bel_str *start)
{
	size_t at = 0, end;

	do {
		bel_str left = bel_str_slice(bytes, at, bytes.len);
		end = bel_str_find(left, '\n');
		*start = bel_str_slice(left, 0, end);
		at += end + 1;
	} while (at < bytes.len &&
		 (!start->len || bel_str_is_equal(*start, BEL_STR("\r"))));
	return at;
}

bool bel_sip_clue_find(struct bel_sip_clue *out, bel_str bytes)
{
	bel_str start;
	size_t at;

	if (bytes.len > BEL_SIP_MESSAGE_BYTES_MAX)
		return false;
	at = skip_start(bytes, &start);
	if (at >= bytes.len)
		return false;
	out->is_request = !bel_str_has_prefix_nocase(start, BEL_STR("SIP/"));
	return out->is_request ? find_line(&out->text, &call_id, bytes, &at)
			       : find_via(&out->text, bytes, at);
}
