/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/line.h"
#include "sip/parse.h"

static enum bel_sip_frame fail(struct bel_sip_framed *out, size_t len,
			       struct bel_sip_refusal why)
{
	out->len = len;
	out->why = why;
	return BEL_SIP_FRAME_ERROR;
}

static enum bel_sip_frame fail_length(struct bel_sip_framed *out, size_t len,
				      const char *text)
{
	return fail(out, len,
		    (struct bel_sip_refusal){ 400, BEL_SIP_H_CONTENT_LENGTH,
					      BEL_SIP_LIMIT_NONE, text });
}

static enum bel_sip_frame done(struct bel_sip_framed *out, struct bel_sip_framer *framer,
			       enum bel_sip_frame kind, size_t len)
{
	*framer = (struct bel_sip_framer){ .after_crlf = kind == BEL_SIP_FRAME_PONG };
	out->len = len;
	return kind;
}

/* Goes on from the last line that was whole, to the empty line. The length of a line is
 * bounded, since an unfinished one is looked at again each time bytes come. */
static enum bel_sip_limit find_fields_end(size_t *end, struct bel_sip_framer *framer,
					  bel_str bytes)
{
	bel_str head = bel_str_slice(bytes, 0, BEL_SIP_MESSAGE_BYTES_MAX);
	struct bel_sip_marks marks;
	struct bel_sip_lines lines = bel_sip_lines_init(&marks, bel_sip_scan_best(),
							head);
	struct bel_sip_line line;

	*end = 0;
	while (bel_sip_line_next(&line, &lines, framer->scanned)) {
		if (line.next - line.start > BEL_SIP_LINE_BYTES_MAX)
			return BEL_SIP_LIMIT_LINE;
		framer->scanned = (uint32_t)line.next;
		if (line_is_empty(&line)) {
			*end = line.next;
			return BEL_SIP_LIMIT_NONE;
		}
	}
	if (head.len - framer->scanned > BEL_SIP_LINE_BYTES_MAX)
		return BEL_SIP_LIMIT_LINE;
	return head.len == BEL_SIP_MESSAGE_BYTES_MAX ? BEL_SIP_LIMIT_MESSAGE
						     : BEL_SIP_LIMIT_NONE;
}

/* All values of Content-Length must be there, be numbers and agree: RFC 3261 section 18.3
 * asks for the field on streams, and a second reader must not see another end. */
static const char *find_length(uint32_t *out, bel_str head)
{
	struct bel_sip_marks marks;
	struct bel_sip_lines lines = bel_sip_lines_init(&marks, bel_sip_scan_best(),
							head);
	struct bel_sip_line line;
	bel_str name, value;
	bool has_length = false;
	uint32_t length;

	if (!bel_sip_line_next(&line, &lines, 0))
		return "there is no start line";
	while (bel_sip_line_next_folded(&line, &lines, line.next) &&
	       !line_is_empty(&line)) {
		if (!bel_sip_line_split(&name, &value, &line, &lines) ||
		    bel_sip_header_find(name) != BEL_SIP_H_CONTENT_LENGTH)
			continue;
		if (bel_sip_number_parse(&length, value, UINT32_MAX))
			return "the value is not a number";
		if (has_length && length != *out)
			return "the values differ";
		has_length = true;
		*out = length;
	}
	return has_length ? NULL : "it is missing";
}

/* Length of the whole message into the framer, as soon as the header section ends. */
static enum bel_sip_frame take_head(struct bel_sip_framed *out,
				    struct bel_sip_framer *framer, bel_str bytes)
{
	uint32_t length = 0;
	size_t end;
	enum bel_sip_limit limit = find_fields_end(&end, framer, bytes);

	if (limit)
		return fail(out, 0, bel_sip_limit_refusal(limit, BEL_SIP_H_OTHER));
	if (!end)
		return BEL_SIP_FRAME_MORE;
	const char *fault = find_length(&length, bel_str_slice(bytes, 0, end));
	if (fault)
		return fail_length(out, end, fault);
	if (length > BEL_SIP_MESSAGE_BYTES_MAX - end)
		return fail(
			out, end,
			bel_sip_limit_refusal(BEL_SIP_LIMIT_MESSAGE, BEL_SIP_H_OTHER));
	framer->total = (uint32_t)end + length;
	return BEL_SIP_FRAME_MESSAGE;
}

enum bel_sip_frame bel_sip_frame(struct bel_sip_framed *out,
				 struct bel_sip_framer *framer, bel_str bytes)
{
	if (!framer->scanned && bel_str_has_prefix(bytes, BEL_STR("\r\n")))
		return done(out, framer,
			    framer->after_crlf ? BEL_SIP_FRAME_PING : BEL_SIP_FRAME_PONG,
			    2);
	if (!framer->total) {
		enum bel_sip_frame kind = take_head(out, framer, bytes);
		if (kind != BEL_SIP_FRAME_MESSAGE)
			return kind;
	}
	if (bytes.len < framer->total)
		return BEL_SIP_FRAME_MORE;
	return done(out, framer, BEL_SIP_FRAME_MESSAGE, framer->total);
}
