/* SPDX-License-Identifier: Apache-2.0 */
#include "sdp/sdp.h"

/* A parse under way: where it is, and the complaint. */
struct passage {
	struct bel_sdp *sdp;
	struct bel_sdp_line *lines;
	unsigned line_number;
	struct bel_sdp_refusal *why;
	bool has_version;
};

static enum bel_err refuse(struct passage *p, enum bel_err err, const char *text)
{
	*p->why = (struct bel_sdp_refusal){ .line = p->line_number, .text = text };
	return err;
}

/* Takes a line off the text, its end (CRLF, LF or none) cut off. */
static bel_str take_line(bel_str *left)
{
	const char *end = memchr(left->ptr, '\n', left->len);
	size_t len = end ? (size_t)(end - left->ptr) : left->len;
	bel_str line = { left->ptr, len };

	*left = bel_str_slice(*left, end ? len + 1 : len, left->len);
	if (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	return line;
}

static void split_attribute(struct bel_sdp_line *line)
{
	size_t colon = bel_str_find(line->value, ':');

	line->name = bel_str_slice(line->value, 0, colon);
	line->has_value = colon < line->value.len;
	line->value = bel_str_slice(line->value, colon + line->has_value,
				    line->value.len);
}

/* "audio 49170/2 RTP/AVP 0 8" */
static enum bel_err parse_media(struct passage *p, bel_str value)
{
	struct bel_cursor cursor = bel_cursor_init(value);
	struct bel_sdp_media *media = &p->sdp->media[p->sdp->media_count];
	uint64_t port, ports = 1;

	if (p->sdp->media_count == BEL_SDP_MEDIA_MAX)
		return refuse(p, BEL_ERR_LIMIT, "too many media parts");
	media->kind = bel_cursor_until_char(&cursor, ' ');
	if (!media->kind.len || !bel_cursor_take(&cursor, ' ') ||
	    bel_cursor_u64(&port, &cursor, UINT16_MAX))
		return refuse(p, BEL_ERR_SYNTAX, "the media part has no port");
	if (bel_cursor_take(&cursor, '/') && bel_cursor_u64(&ports, &cursor, UINT16_MAX))
		return refuse(p, BEL_ERR_SYNTAX, "the number of ports is no number");
	if (!bel_cursor_take(&cursor, ' '))
		return refuse(p, BEL_ERR_SYNTAX, "the media part has no protocol");
	media->proto = bel_cursor_until_char(&cursor, ' ');
	if (!media->proto.len)
		return refuse(p, BEL_ERR_SYNTAX, "the media part has no protocol");
	media->formats = bel_str_trim(
		(bel_str){ cursor.ptr, (size_t)(cursor.end - cursor.ptr) });
	media->port = (uint16_t)port;
	media->ports_count = (uint16_t)ports;
	media->first = (uint16_t)p->sdp->lines_count;
	media->count = 0;
	p->sdp->media_count++;
	return BEL_OK;
}

static enum bel_err keep_line(struct passage *p, struct bel_sdp_line line)
{
	struct bel_sdp *sdp = p->sdp;

	if (sdp->lines_count == BEL_SDP_LINES_MAX)
		return refuse(p, BEL_ERR_LIMIT, "too many lines");
	if (line.type == 'a')
		split_attribute(&line);
	p->lines[sdp->lines_count++] = line;
	if (sdp->media_count)
		sdp->media[sdp->media_count - 1].count++;
	else
		sdp->session_count++;
	return BEL_OK;
}

static enum bel_err parse_line(struct passage *p, bel_str text)
{
	struct bel_sdp *sdp = p->sdp;
	struct bel_sdp_line line;

	if (text.len < 2 || text.ptr[1] != '=')
		return refuse(p, BEL_ERR_SYNTAX, "it is no line of a description");
	line = (struct bel_sdp_line){ .type = text.ptr[0],
				      .value = bel_str_slice(text, 2, text.len) };
	if (memchr(line.value.ptr, '\0', line.value.len))
		return refuse(p, BEL_ERR_SYNTAX, "it holds a NUL");
	if (line.type == 'm')
		return parse_media(p, line.value);
	if (line.type == 'v' && !sdp->media_count) {
		p->has_version = bel_str_is_equal(bel_str_trim(line.value), BEL_STR("0"));
		return p->has_version
			       ? BEL_OK
			       : refuse(p, BEL_ERR_UNSUPPORTED, "the version is not 0");
	}
	if (!p->has_version)
		return refuse(p, BEL_ERR_SYNTAX, "it does not begin with v=0");
	if (line.type == 'o' && !sdp->media_count)
		sdp->origin = line.value;
	else if (line.type == 'c' && !sdp->media_count)
		sdp->connection = line.value;
	return keep_line(p, line);
}

/* Lines are counted first, so that no more is taken from the arena than is needed. */
static unsigned count_lines(bel_str text)
{
	unsigned count = 1;

	while (text.len && count <= BEL_SDP_LINES_MAX) {
		size_t end = bel_str_find(text, '\n');
		text = bel_str_slice(text, end + 1, text.len);
		count++;
	}
	return count;
}

enum bel_err bel_sdp_parse(struct bel_sdp *out, bel_str text, struct bel_arena *arena,
			   struct bel_sdp_refusal *why)
{
	struct passage p = { .sdp = out, .why = why };
	bel_str left = text;
	enum bel_err err = BEL_OK;

	*why = (struct bel_sdp_refusal){ 0 };
	out->text = text;
	out->origin = out->connection = BEL_STR_NONE;
	out->lines_count = out->session_count = out->media_count = 0;
	if (text.len > BEL_SDP_BYTES_MAX)
		return refuse(&p, BEL_ERR_LIMIT, "it is too long");
	p.lines = bel_arena_alloc(arena, count_lines(text) * sizeof *p.lines);
	if (!p.lines)
		return refuse(&p, BEL_ERR_SPACE, "there is no memory for it");
	out->lines = p.lines;
	while (left.len && !err) {
		bel_str line = take_line(&left);
		p.line_number++;
		/* Empty lines at the end are no harm. */
		if (line.len || bel_str_trim(left).len)
			err = parse_line(&p, line);
	}
	if (!err && !out->origin.len) {
		p.line_number = 0;
		err = refuse(&p, BEL_ERR_SYNTAX, "it has no o= line");
	}
	return err;
}
