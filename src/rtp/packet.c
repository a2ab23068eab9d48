/* SPDX-License-Identifier: Apache-2.0 */
#include "rtp/packet.h"

/* RFC 7983 section 7, figure 3. */
static const struct {
	uint8_t first, last;
	enum bel_rtp_kind kind;
} kinds[] = {
	{ 0, 3, BEL_RTP_KIND_STUN },    { 16, 19, BEL_RTP_KIND_ZRTP },
	{ 20, 63, BEL_RTP_KIND_DTLS },  { 64, 79, BEL_RTP_KIND_TURN_CHANNEL },
	{ 128, 191, BEL_RTP_KIND_RTP },
};

enum {
	VERSION = 2,
	PADDING_BIT = 0x20,
	EXTENSION_BIT = 0x10,
	CSRC_BITS = 0x0f,
	MARKER_BIT = 0x80,
	PAYLOAD_TYPE_BITS = 0x7f,
	/* RFC 5761 section 4: with the marker bit these are no payload types. */
	RTCP_FIRST = 192,
	RTCP_LAST = 223,
	EXTENSION_WORDS_MAX = 0xffff,
};

enum bel_rtp_kind bel_rtp_kind(bel_str datagram)
{
	if (!datagram.len)
		return BEL_RTP_KIND_UNKNOWN;
	uint8_t first = (uint8_t)datagram.ptr[0];
	for (size_t i = 0; i < BEL_COUNT_OF(kinds); i++) {
		if (first < kinds[i].first || first > kinds[i].last)
			continue;
		if (kinds[i].kind != BEL_RTP_KIND_RTP || datagram.len < 2)
			return kinds[i].kind;
		uint8_t type = (uint8_t)datagram.ptr[1];
		return type >= RTCP_FIRST && type <= RTCP_LAST ? BEL_RTP_KIND_RTCP
							       : BEL_RTP_KIND_RTP;
	}
	return BEL_RTP_KIND_UNKNOWN;
}

/* Everything in front of the payload; *flags is the first byte. */
static bool read_header(struct bel_rtp_packet *out, uint8_t *flags,
			struct bel_cursor *cursor)
{
	uint8_t second;
	uint16_t words = 0;

	if (!bel_cursor_be8(flags, cursor) || *flags >> 6 != VERSION ||
	    !bel_cursor_be8(&second, cursor) || !bel_cursor_be16(&out->seq, cursor) ||
	    !bel_cursor_be32(&out->timestamp, cursor) ||
	    !bel_cursor_be32(&out->ssrc, cursor) ||
	    !bel_cursor_bytes(&out->csrcs, cursor, (size_t)(*flags & CSRC_BITS) * 4))
		return false;
	out->payload_type = second & PAYLOAD_TYPE_BITS;
	out->is_marked = second & MARKER_BIT;
	out->has_extension = *flags & EXTENSION_BIT;
	if (!out->has_extension)
		return true;
	return bel_cursor_be16(&out->extension_profile, cursor) &&
	       bel_cursor_be16(&words, cursor) &&
	       bel_cursor_bytes(&out->extension, cursor, (size_t)words * 4);
}

enum bel_err bel_rtp_parse(struct bel_rtp_packet *out, bel_str datagram)
{
	struct bel_cursor cursor = bel_cursor_init(datagram);
	struct bel_rtp_packet packet = { 0 };
	uint8_t flags;

	if (!read_header(&packet, &flags, &cursor))
		return BEL_ERR_SYNTAX;
	packet.payload = (bel_str){ cursor.ptr, bel_cursor_left(&cursor) };
	if (flags & PADDING_BIT) {
		if (!packet.payload.len)
			return BEL_ERR_SYNTAX;
		packet.padding_bytes =
			(uint8_t)packet.payload.ptr[packet.payload.len - 1];
		if (!packet.padding_bytes || packet.padding_bytes > packet.payload.len)
			return BEL_ERR_SYNTAX;
		packet.payload.len -= packet.padding_bytes;
	}
	*out = packet;
	return BEL_OK;
}

enum bel_err bel_rtp_header_bytes(size_t *out, bel_str datagram)
{
	struct bel_cursor cursor = bel_cursor_init(datagram);
	struct bel_rtp_packet packet;
	uint8_t flags;

	if (!read_header(&packet, &flags, &cursor))
		return BEL_ERR_SYNTAX;
	*out = datagram.len - bel_cursor_left(&cursor);
	return BEL_OK;
}

static bool fits_its_bits(const struct bel_rtp_packet *packet)
{
	return packet->payload_type <= BEL_RTP_PAYLOAD_TYPE_MAX &&
	       packet->csrcs.len % 4 == 0 && packet->csrcs.len / 4 <= BEL_RTP_CSRC_MAX &&
	       packet->extension.len % 4 == 0 &&
	       packet->extension.len / 4 <= EXTENSION_WORDS_MAX;
}

static void write_padding(struct bel_writer *writer, uint8_t bytes)
{
	for (uint8_t i = 1; i < bytes; i++)
		bel_write_be8(writer, 0);
	if (bytes)
		bel_write_be8(writer, bytes);
}

enum bel_err bel_rtp_write(struct bel_writer *writer, const struct bel_rtp_packet *packet)
{
	if (!fits_its_bits(packet))
		return BEL_ERR_LIMIT;
	bel_write_be8(writer, (uint8_t)(VERSION << 6 | (packet->csrcs.len / 4) |
					(packet->padding_bytes ? PADDING_BIT : 0) |
					(packet->has_extension ? EXTENSION_BIT : 0)));
	bel_write_be8(writer, (uint8_t)(packet->payload_type |
					(packet->is_marked ? MARKER_BIT : 0)));
	bel_write_be16(writer, packet->seq);
	bel_write_be32(writer, packet->timestamp);
	bel_write_be32(writer, packet->ssrc);
	bel_write_str(writer, packet->csrcs);
	if (packet->has_extension) {
		bel_write_be16(writer, packet->extension_profile);
		bel_write_be16(writer, (uint16_t)(packet->extension.len / 4));
		bel_write_str(writer, packet->extension);
	}
	bel_write_str(writer, packet->payload);
	write_padding(writer, packet->padding_bytes);
	return bel_writer_check(writer);
}
