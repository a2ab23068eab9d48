/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/line.h"

/* Whether left begins with the delimiter line of the boundary; *after is what follows it.
 * "--abc" does not delimit the boundary "ab". */
static bool take_delimiter(bel_str *after, bel_str left, bel_str boundary)
{
	struct bel_cursor cursor = bel_cursor_init(left);
	char next;

	if (!bel_str_has_prefix(left, BEL_STR("--")))
		return false;
	bel_cursor_skip(&cursor, 2);
	if (!bel_str_has_prefix(cursor_rest(&cursor), boundary))
		return false;
	bel_cursor_skip(&cursor, boundary.len);
	next = bel_cursor_peek(&cursor);
	if (!bel_cursor_is_end(&cursor) && next != '-' && next != ' ' && next != '\t' &&
	    next != '\r' && next != '\n')
		return false;
	*after = cursor_rest(&cursor);
	return true;
}

/* Text from the first delimiter line on; false when there is none. from is at the
 * beginning of a line. Every line is looked at once. */
static bool find_delimiter(bel_str *out, bel_str from, bel_str boundary)
{
	struct bel_cursor cursor = bel_cursor_init(from);
	bel_str after;

	for (;;) {
		bel_str left = cursor_rest(&cursor);
		if (take_delimiter(&after, left, boundary)) {
			*out = left;
			return true;
		}
		bel_cursor_until_char(&cursor, '\n');
		if (!bel_cursor_take(&cursor, '\n'))
			return false;
	}
}

enum bel_err bel_sip_parts_init(struct bel_sip_parts *parts, bel_str content_type,
				bel_str body)
{
	struct bel_sip_media media;
	struct bel_sip_parts made = { 0 };

	if (bel_sip_media_parse(&media, content_type))
		return BEL_ERR_SYNTAX;
	if (!bel_str_is_equal_nocase(media.type, BEL_STR("multipart")))
		return BEL_ERR_UNSUPPORTED;
	/* RFC 2046 section 5.1.1: at most 70 characters. */
	if (!bel_sip_param_find(&made.boundary, media.params, BEL_STR("boundary")) ||
	    !made.boundary.len || made.boundary.len > 70 ||
	    !find_delimiter(&made.left, body, made.boundary))
		return BEL_ERR_SYNTAX;
	*parts = made;
	return BEL_OK;
}

static void set_part_header(struct bel_sip_part *part, bel_str name, bel_str value)
{
	switch (bel_sip_header_find(name)) {
	case BEL_SIP_H_CONTENT_TYPE:
		part->content_type = value;
		break;
	case BEL_SIP_H_CONTENT_DISPOSITION:
		part->content_disposition = value;
		break;
	case BEL_SIP_H_CONTENT_ID:
		part->content_id = value;
		break;
	default:
		break;
	}
}

/* Header lines, the empty line, the body. */
static bool split_part(struct bel_sip_part *part, bel_str text)
{
	struct bel_sip_marks marks;
	struct bel_sip_lines lines = bel_sip_lines_init(&marks, bel_sip_scan_best(),
							text);
	struct bel_sip_line line;
	bel_str name, value;

	for (size_t at = 0;; at = line.next) {
		if (!bel_sip_line_next_folded(&line, &lines, at))
			return false;
		if (line_is_empty(&line))
			break;
		if (!bel_sip_line_split(&name, &value, &line, &lines))
			return false;
		set_part_header(part, name, value);
	}
	part->headers = bel_str_slice(text, 0, line.start);
	part->body = bel_str_slice(text, line.next, text.len);
	return true;
}

/* The line end before a delimiter belongs to the delimiter (RFC 2046 section 5.1.1). An
 * empty body may have none but the one that ended the headers. */
static bel_str without_line_end(bel_str body)
{
	if (body.len && body.ptr[body.len - 1] == '\n')
		body.len--;
	if (body.len && body.ptr[body.len - 1] == '\r')
		body.len--;
	return body;
}

enum bel_err bel_sip_parts_next(struct bel_sip_part *out, struct bel_sip_parts *parts)
{
	struct bel_sip_part part = { 0 };
	struct bel_cursor cursor;
	bel_str after, next;

	if (!take_delimiter(&after, parts->left, parts->boundary))
		return BEL_ERR_SYNTAX;
	if (bel_str_has_prefix(after, BEL_STR("--")))
		return BEL_ERR_NOT_FOUND;
	if (parts->count == BEL_SIP_PARTS_MAX)
		return BEL_ERR_LIMIT;
	cursor = bel_cursor_init(after);
	bel_cursor_until_char(&cursor, '\n');
	if (!bel_cursor_take(&cursor, '\n') ||
	    !find_delimiter(&next, cursor_rest(&cursor), parts->boundary) ||
	    !split_part(&part, str_between(cursor.ptr, next.ptr)))
		return BEL_ERR_SYNTAX;
	part.body = without_line_end(part.body);
	parts->left = next;
	parts->count++;
	*out = part;
	return BEL_OK;
}

bel_str bel_sip_body_find(struct bel_sip_msg *msg, bel_str type)
{
	bel_str value = bel_sip_value(msg, BEL_SIP_H_CONTENT_TYPE);
	struct bel_sip_media media;
	struct bel_sip_parts parts;
	struct bel_sip_part part;

	if (!msg->body_len || bel_sip_media_parse(&media, value))
		return BEL_STR_NONE;
	if (bel_sip_media_is(&media, type))
		return bel_sip_body(msg);
	if (bel_sip_parts_init(&parts, value, bel_sip_body(msg)))
		return BEL_STR_NONE;
	while (bel_sip_parts_next(&part, &parts) == BEL_OK)
		if (!bel_sip_media_parse(&media, part.content_type) &&
		    bel_sip_media_is(&media, type))
			return part.body;
	return BEL_STR_NONE;
}
