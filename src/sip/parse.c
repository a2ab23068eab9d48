/* SPDX-License-Identifier: Apache-2.0
 * The one pass over a message. Faults are noted and passed by: structure first, since
 * even a 400 needs Via, From, To, Call-ID and CSeq. */
#include "sip/header_find.h"
#include "sip/line.h"
#include "sip/parse.h"

struct parse {
	struct bel_sip_msg *msg;
	struct bel_sip_lines lines;
	struct bel_sip_refusal
		why; /* the first fault; text is NULL while there is none */
};

static void refuse(struct parse *parse, uint16_t status, enum bel_sip_header header,
		   const char *text)
{
	if (!parse->why.text)
		parse->why = (struct bel_sip_refusal){ status, header, BEL_SIP_LIMIT_NONE,
						       text };
}

static void refuse_limit(struct parse *parse, enum bel_sip_limit limit,
			 enum bel_sip_header header)
{
	if (!parse->why.text)
		parse->why = bel_sip_limit_refusal(limit, header);
}

/* "SIP/" 1*DIGIT "." 1*DIGIT */
static bool is_version(bel_str text)
{
	struct bel_cursor cursor = bel_cursor_init(text);
	uint64_t number;

	return bel_cursor_take_nocase(&cursor, BEL_STR("SIP/")) &&
	       !bel_cursor_u64(&number, &cursor, UINT32_MAX) &&
	       bel_cursor_take(&cursor, '.') &&
	       !bel_cursor_u64(&number, &cursor, UINT32_MAX) &&
	       bel_cursor_is_end(&cursor);
}

static bool is_version_2(bel_str text)
{
	return text.len == 7 && (!memcmp(text.ptr, "SIP/2.0", 7) ||
				 bel_str_is_equal_nocase(text, BEL_STR("SIP/2.0")));
}

static bool is_token(bel_str text)
{
	struct bel_sip_reader reader = reader_of(text);

	return take_class(&reader, CLASS_TOKEN).len && is_end(&reader);
}

/* Up to a blank, or all that is left. */
static bel_str take_word(struct bel_sip_reader *reader)
{
	const char *start = reader->ptr;

	reader->ptr += bel_str_find(reader_rest(reader), ' ');
	return str_between(start, reader->ptr);
}

/* RFC 3261 section 7.1: Method SP Request-URI SP SIP-Version, single blanks. What does
 * not even end with a version is no SIP, and nobody waits for an answer to it. */
static void take_request_line(struct parse *parse, bel_str line)
{
	struct bel_sip_msg *msg = parse->msg;
	struct bel_sip_reader reader = reader_init(line, &msg->marks);

	msg->is_request = true;
	msg->method_text = take_word(&reader);
	msg->method = bel_sip_method_find(msg->method_text);
	take(&reader, ' ');
	msg->uri_text = take_word(&reader);
	take(&reader, ' ');
	msg->version = reader_rest(&reader);
	if (is_version_2(msg->version) && msg->uri_text.len &&
	    (msg->method || is_token(msg->method_text)))
		return;

	bel_str last = bel_str_trim(line);
	size_t start = last.len;
	while (start && last.ptr[start - 1] != ' ')
		start--;
	last = bel_str_slice(last, start, last.len);
	if (!is_token(msg->method_text) || !is_version(last))
		refuse(parse, 0, BEL_SIP_H_OTHER, "this is no SIP request");
	else if (!is_version_2(last))
		refuse(parse, 505, BEL_SIP_H_OTHER, "the SIP version is not 2.0");
	else
		refuse(parse, 400, BEL_SIP_H_OTHER,
		       "the request line has a blank too many");
}

/* RFC 3261 section 7.2: SIP-Version SP Status-Code SP Reason-Phrase; the second blank may
 * be missing when the phrase is. */
static void take_status_line(struct parse *parse, bel_str line)
{
	struct bel_sip_msg *msg = parse->msg;
	struct bel_sip_reader reader = reader_init(line, &msg->marks);
	uint64_t status = 0;

	msg->version = take_word(&reader);
	take(&reader, ' ');
	bel_str code = take_word(&reader);
	take(&reader, ' ');
	msg->reason = reader_rest(&reader);
	if (!is_version_2(msg->version))
		refuse(parse, 0, BEL_SIP_H_OTHER, "the SIP version is not 2.0");
	else if (code.len != 3 || bel_str_to_u64(&status, code, 699) || status < 100)
		refuse(parse, 0, BEL_SIP_H_OTHER, "the status code is none");
	msg->status = (uint16_t)status;
}

/* False when there is no line. */
static bool take_start_line(struct parse *parse, size_t *next)
{
	bel_str bytes = parse->lines.bytes;
	struct bel_sip_line line;

	if (!bel_sip_line_first(&line, &parse->lines))
		return false;
	*next = line.next;
	bel_str text = str_between(bytes.ptr + line.start, bytes.ptr + line.end);
	if (line_is_status(&line, bytes))
		take_status_line(parse, text);
	else
		take_request_line(parse, text);
	if (line.has_control)
		refuse(parse, 400, BEL_SIP_H_OTHER,
		       "the start line holds a control character");
	return true;
}

/* What only few lines are: long, spoiled, of a name that is not listed. */
static void check_field(struct parse *parse, const struct bel_sip_line *line,
			bel_str name, enum bel_sip_header header)
{
	if (line->has_control)
		refuse(parse, 400, header, "the value holds a control character");
	if (line->next - line->start > BEL_SIP_LINE_BYTES_MAX)
		refuse_limit(parse, BEL_SIP_LIMIT_LINE, header);
	if (header == BEL_SIP_H_OTHER && !is_token(name))
		refuse(parse, 400, header, "a header field name is not a token");
}

static void link_field(struct bel_sip_msg *msg, enum bel_sip_header header,
		       uint8_t number)
{
	if (msg->first[header]) {
		msg->fields[msg->last[header] - 1].next = number;
		msg->has_repeats |= bel_sip_header_shape(header) == BEL_SIP_SINGLE;
	} else {
		msg->first[header] = number;
	}
	msg->last[header] = number;
}

static void put_field(struct parse *parse, const struct bel_sip_line *line, bel_str name,
		      bel_str value)
{
	struct bel_sip_msg *msg = parse->msg;
	enum bel_sip_header header = bel_sip_header_find(name);

	check_field(parse, line, name, header);
	if (msg->fields_count == BEL_SIP_FIELDS_MAX) {
		refuse_limit(parse, BEL_SIP_LIMIT_FIELDS, header);
		return;
	}
	msg->fields[msg->fields_count++] = (struct bel_sip_field){
		.name = (uint16_t)line->start,
		.name_len = (uint16_t)name.len,
		.value = (uint16_t)(value.ptr - msg->bytes.ptr),
		.value_len = (uint16_t)value.len,
		.header = (uint8_t)header,
		.is_folded = line->is_folded,
		.has_control = line->has_control,
	};
	link_field(msg, header, (uint8_t)msg->fields_count);
}

static inline bool is_crlf(const char *ptr)
{
	return !memcmp(ptr, "\r\n", 2);
}

static inline bool is_fold(char c)
{
	return (uint8_t)c <= ' ' && (c == ' ' || c == '\t');
}

/* Where the line at start ends, and its name in front of a colon if it is of plain bytes
 * alone. By one word of each kind of marks, where that reaches. */
struct ends {
	const char *line, *name;
};

/* No name of a line that is too long. */
static struct ends find_far_ends(const struct bel_sip_lines *lines, const char *start)
{
	const char *line = line_control(lines, start);

	if (line - start > BEL_SIP_LINE_BYTES_MAX - 2)
		return (struct ends){ line, line };
	return (struct ends){ line, marks_special(lines->marks, start, line) };
}

static inline struct ends find_ends(const struct bel_sip_lines *lines, const char *start)
{
	const struct bel_sip_marks *marks = lines->marks;
	size_t at = (size_t)(start - marks->base);
	struct ends ends = { NULL, NULL };

	if (at < marks->len) {
		uint64_t special = bel_sip_marks_word(marks->special, at);
		size_t end = bel_sip_marks_find(marks->control, at);
		ends.name = start + (special ? __builtin_ctzll(special) : 0);
		if (end < marks->len)
			ends.line = marks->base + end;
	}
	return ends.line ? ends : find_far_ends(lines, start);
}

/* Lines as nearly all are: a listed name, a colon, at most one blank, a value that has
 * none at its ends, CRLF, and then no line that continues it. Gives where another one
 * begins. */
static __attribute__((noinline)) size_t
take_plain_fields(struct bel_sip_msg *msg, const struct bel_sip_lines *lines, size_t at)
{
	const char *base = msg->bytes.ptr, *start = base + at;
	const char *text_end = base + msg->bytes.len;
	unsigned count = msg->fields_count;

	while (count < BEL_SIP_FIELDS_MAX) {
		struct ends ends = find_ends(lines, start);
		const char *end = ends.line, *colon = ends.name;
		if (text_end - end < 3 || !is_crlf(end) || is_fold(end[2]) ||
		    end - colon < 3)
			break;
		const char *value = colon + 1 + (colon[1] == ' ');
		if (*colon != ':' || (uint8_t)*value <= ' ' || (uint8_t)end[-1] <= ' ')
			break;
		enum bel_sip_header header = header_find(str_between(start, colon));
		if (!header)
			break;
		struct bel_sip_field *field = &msg->fields[count++];
		field->name = (uint16_t)(start - base);
		field->name_len = (uint16_t)(colon - start);
		field->value = (uint16_t)(value - base);
		field->value_len = (uint16_t)(end - value);
		field->header = (uint8_t)header;
		field->next = 0;
		field->is_folded = field->has_control = false;
		link_field(msg, header, (uint8_t)count);
		start = end + 2;
	}
	msg->fields_count = (uint16_t)count;
	return (size_t)(start - base);
}

/* Up to the empty line. A line that is no header field is left out; its bytes then belong
 * to the field before it, which nobody forwards, since the message is refused. */
static void take_fields(struct parse *parse, size_t at)
{
	struct bel_sip_msg *msg = parse->msg;
	bel_str bytes = parse->lines.bytes;
	struct bel_sip_line line;
	bel_str name, value;

	msg->fields_start = (uint16_t)at;
	for (;; at = line.next) {
		at = take_plain_fields(msg, &parse->lines, at);
		if (bytes.len - at >= 2 && is_crlf(bytes.ptr + at)) {
			line.start = at;
			line.next = at + 2;
			break;
		}
		if (!bel_sip_line_next_folded(&line, &parse->lines, at)) {
			refuse(parse, 400, BEL_SIP_H_OTHER,
			       "no empty line ends the header fields");
			msg->fields_end = msg->body_start = (uint16_t)at;
			return;
		}
		if (line_is_empty(&line))
			break;
		if (bel_sip_line_split(&name, &value, &line, &parse->lines))
			put_field(parse, &line, name, value);
		else
			refuse(parse, 400, BEL_SIP_H_OTHER,
			       "a line is not a header field");
	}
	msg->fields_end = (uint16_t)line.start;
	msg->body_start = (uint16_t)line.next;
}

/* RFC 3261 sections 18.3 and 20.14: bytes after the body are not of this message; without
 * Content-Length the body goes to the end of the datagram. */
static void take_body(struct parse *parse, bel_str bytes)
{
	struct bel_sip_msg *msg = parse->msg;
	const struct bel_sip_field *field = bel_sip_field_first(msg,
								BEL_SIP_H_CONTENT_LENGTH);
	uint32_t left = (uint32_t)(bytes.len - msg->body_start);
	uint32_t len = left, again;

	for (bool is_first = true; field; field = bel_sip_field_next(msg, field)) {
		if (bel_sip_number_parse(&again, bel_sip_field_value(msg, field), left))
			refuse(parse, 400, BEL_SIP_H_CONTENT_LENGTH,
			       "the value is not the length of the body");
		else if (!is_first && again != len)
			refuse(parse, 400, BEL_SIP_H_CONTENT_LENGTH, "the values differ");
		else
			len = again;
		is_first = false;
	}
	msg->body_len = (uint16_t)len;
	msg->bytes.len = msg->body_start + len;
}

/* Responses are not answered, nor is an ACK (RFC 3261 section 17.1.1.3). */
static enum bel_err finish(struct parse *parse, struct bel_sip_refusal *why)
{
	if (!parse->why.text)
		return BEL_OK;
	*why = parse->why;
	if (!parse->msg->is_request || parse->msg->method == BEL_SIP_ACK)
		why->status = 0;
	return why->limit ? BEL_ERR_LIMIT : BEL_ERR_SYNTAX;
}

enum bel_err bel_sip_parse_with(struct bel_sip_msg *msg, struct bel_arena *arena,
				bel_str bytes, struct bel_sip_refusal *why,
				bel_sip_scan *scan)
{
	struct parse parse = { .msg = msg };
	size_t next;

	memset(msg, 0, offsetof(struct bel_sip_msg, last));
	msg->arena = arena;
	if (bytes.len > BEL_SIP_MESSAGE_BYTES_MAX) {
		refuse_limit(&parse, BEL_SIP_LIMIT_MESSAGE, BEL_SIP_H_OTHER);
		bytes.len = BEL_SIP_MESSAGE_BYTES_MAX;
	}
	msg->bytes = bytes;
	parse.lines = bel_sip_lines_init(&msg->marks, scan, bytes);
	if (take_start_line(&parse, &next)) {
		take_fields(&parse, next);
		take_body(&parse, bytes);
	} else {
		refuse(&parse, 0, BEL_SIP_H_OTHER, "there is no start line");
	}
	return finish(&parse, why);
}

enum bel_err bel_sip_parse(struct bel_sip_msg *msg, struct bel_arena *arena,
			   bel_str bytes, struct bel_sip_refusal *why)
{
	return bel_sip_parse_with(msg, arena, bytes, why, bel_sip_scan_best());
}
