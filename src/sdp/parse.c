/* SPDX-License-Identifier: Apache-2.0 */
#include "sdp/sdp_int.h"

/* A parse under way: where it is, and the complaint. */
struct passage {
	struct bel_sdp *sdp;
	struct bel_sdp_line *lines;
	unsigned line_number;
	struct bel_sdp_refusal *why;
};

static enum bel_err refuse(struct passage *p, enum bel_err err, const char *text)
{
	*p->why = (struct bel_sdp_refusal){ .line = p->line_number, .text = text };
	return err;
}

/* ---- where lines end ---- */

#define EACH(byte) ((byte)*UINT64_C(0x0101010101010101))

/* Eight bytes at once, the first one lowest. */
static inline uint64_t load(const char *ptr)
{
	uint64_t bytes;

	memcpy(&bytes, ptr, sizeof bytes);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	bytes = __builtin_bswap64(bytes);
#endif
	return bytes;
}

static inline unsigned first_of(uint64_t marks)
{
	return (unsigned)__builtin_ctzll(marks) / 8;
}

static inline bool is_stop(char c)
{
	return c == '\n' || c == '\r' || c == '\0';
}

/* The next byte that ends a line or has no place in one. The top bit of a byte's
 * difference from 0x0e is set for all that are below, and for some that are no ASCII:
 * those are looked at again. */
static inline size_t find_stop(bel_str text, size_t at)
{
	for (;;) {
		uint64_t marks = 0;
		while (at + 8 <= text.len && !marks) {
			marks = (load(text.ptr + at) - EACH('\r' + 1)) & EACH(0x80);
			at += 8;
		}
		if (!marks)
			break;
		at += first_of(marks);
		at -= 8;
		if (is_stop(text.ptr[at]))
			return at;
		at++;
	}
	while (at < text.len && !is_stop(text.ptr[at]))
		at++;
	return at;
}

static inline size_t find_colon(bel_str text)
{
	size_t at = 0;

	for (; text.len - at >= 8; at += 8) {
		uint64_t bytes = load(text.ptr + at) ^ EACH(':');
		uint64_t marks = (bytes - EACH(1)) & ~bytes & EACH(0x80);
		if (marks)
			return at + first_of(marks);
	}
	while (at < text.len && text.ptr[at] != ':')
		at++;
	return at;
}

/* Where the next line begins, when this one ends at stop: behind CRLF, LF, or a CR that
 * is the last byte of all. 0: the stop is none. */
static inline size_t find_next(bel_str text, size_t stop)
{
	if (stop == text.len)
		return stop;
	if (text.ptr[stop] == '\r')
		stop++;
	if (stop == text.len)
		return stop;
	return text.ptr[stop] == '\n' ? stop + 1 : 0;
}

/* ---- lines ---- */

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
	media->formats = bel_str_trim((bel_str){ cursor.ptr, bel_cursor_left(&cursor) });
	if (media->formats.len > BEL_SDP_FORMATS_BYTES_MAX)
		return refuse(p, BEL_ERR_LIMIT, "the media part has too many formats");
	media->port = (uint16_t)port;
	media->ports_count = (uint16_t)ports;
	media->first = (uint16_t)p->sdp->lines_count;
	p->sdp->media_count++;
	return BEL_OK;
}

static inline void mark_attribute(struct bel_sdp_line *line, const char *value)
{
	size_t len = find_colon((bel_str){ value, line->len });

	line->name_len = (uint16_t)len;
	line->mark = mark_of(value, len);
}

/* Of several the first counts. */
static enum bel_err read_session_line(struct passage *p, char type, bel_str value)
{
	struct bel_sdp *sdp = p->sdp;

	if (sdp->lines_count == 1 && type != 'v')
		return refuse(p, BEL_ERR_SYNTAX, "it does not begin with v=0");
	if (sdp->lines_count == 1 && !bel_str_is_equal(bel_str_trim(value), BEL_STR("0")))
		return refuse(p, BEL_ERR_UNSUPPORTED, "the version is not 0");
	if (type == 'o' && !sdp->origin.len)
		sdp->origin = value;
	else if (type == 'c' && !sdp->connection.len)
		sdp->connection = value;
	return BEL_OK;
}

static inline enum bel_err parse_line(struct passage *p, size_t at, size_t end)
{
	struct bel_sdp *sdp = p->sdp;
	const char *ptr = sdp->text.ptr + at;
	struct bel_sdp_line *line = &p->lines[sdp->lines_count];

	if (end - at < 2 || ptr[1] != '=')
		return refuse(p, BEL_ERR_SYNTAX, "it is no line of a description");
	if (sdp->lines_count == BEL_SDP_LINES_MAX)
		return refuse(p, BEL_ERR_LIMIT, "too many lines");
	*line = (struct bel_sdp_line){ .type = ptr[0],
				       .at = (uint16_t)(at + 2),
				       .len = (uint16_t)(end - at - 2) };
	if (ptr[0] == 'a')
		mark_attribute(line, ptr + 2);
	sdp->lines_count++;
	if (ptr[0] == 'm' && sdp->lines_count > 1)
		return parse_media(p, content_of(sdp, line));
	return sdp->media_count ? BEL_OK
				: read_session_line(p, ptr[0], content_of(sdp, line));
}

/* Each part ends where the next one has its m line. */
static void count_parts(struct bel_sdp *sdp)
{
	unsigned end = sdp->lines_count;

	for (unsigned i = sdp->media_count; i > 0; i--) {
		struct bel_sdp_media *media = &sdp->media[i - 1];
		media->count = (uint16_t)(end - media->first);
		end = media->first - 1U;
	}
	sdp->session_count = end;
}

static enum bel_err parse_lines(struct passage *p)
{
	bel_str text = p->sdp->text;
	enum bel_err err = BEL_OK;
	size_t at = 0;

	while (at < text.len && !err) {
		size_t end = find_stop(text, at), next = find_next(text, end);
		p->line_number++;
		if (!next)
			return refuse(p, BEL_ERR_SYNTAX, "it holds a NUL or a lone CR");
		/* Empty lines at the end are no harm. */
		if (end > at || bel_str_trim(bel_str_slice(text, next, text.len)).len)
			err = parse_line(p, at, end);
		at = next;
	}
	if (!err && !p->sdp->origin.len) {
		p->line_number = 0;
		return refuse(p, BEL_ERR_SYNTAX, "it has no o= line");
	}
	return err;
}

enum bel_err bel_sdp_parse(struct bel_sdp *out, bel_str text, struct bel_arena *arena,
			   struct bel_sdp_refusal *why)
{
	/* The arena gives what is needed, once that is known; one more, so that the line
	 * too many has a place. */
	struct bel_sdp_line lines[BEL_SDP_LINES_MAX + 1], *kept;
	struct passage p = { .sdp = out, .lines = lines, .why = why };
	size_t size;
	enum bel_err err;

	*why = (struct bel_sdp_refusal){ 0 };
	out->text = text;
	out->origin = out->connection = BEL_STR_NONE;
	out->lines = NULL;
	out->lines_count = out->session_count = out->media_count = 0;
	if (text.len > BEL_SDP_BYTES_MAX)
		return refuse(&p, BEL_ERR_LIMIT, "it is too long");
	err = parse_lines(&p);
	if (err)
		return err;
	count_parts(out);
	size = out->lines_count * sizeof *kept;
	kept = bel_arena_alloc(arena, size);
	if (!kept)
		return refuse(&p, BEL_ERR_SPACE, "there is no memory for it");
	memcpy(kept, lines, size);
	out->lines = kept;
	return BEL_OK;
}

void bel_sdp_refusal_write(struct bel_writer *writer, const struct bel_sdp_refusal *why)
{
	if (why->line) {
		bel_write_lit(writer, "line ");
		bel_write_u64(writer, why->line);
		bel_write_lit(writer, ": ");
	}
	bel_write_text(writer, why->text ? why->text : "it is not understood");
}
