/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading RTCP (RFC 3550 section 6, RFC 4585 section 6). */
#include "rtp/rtcp.h"

enum {
	VERSION = 2,
	PADDING_BIT = 0x20,
	COUNT_BITS = 0x1f,
	SENDER_INFO_BYTES = 20,
	SDES_END = 0,
	SDES_CNAME = 1,
	ROUND_TRIP_MAX = 60 << 16, /* in 1/65,536 s */
};

/* Seconds from 1900 to 1970 (RFC 5905 section 6). */
static const uint64_t ntp_epoch_s = 2208988800;

/* One header and the bytes it claims, padding left on; *first is the first byte. */
static bool take_framed(struct bel_rtcp_packet *out, uint8_t *first,
			struct bel_cursor *left)
{
	struct bel_cursor cursor = *left;
	uint16_t words;
	bel_str body;

	if (!bel_cursor_be8(first, &cursor) || *first >> 6 != VERSION ||
	    !bel_cursor_be8(&out->type, &cursor) || !bel_cursor_be16(&words, &cursor) ||
	    !bel_cursor_bytes(&body, &cursor, (size_t)words * 4))
		return false;
	out->count = *first & COUNT_BITS;
	out->body = body;
	out->bytes = (bel_str){ left->ptr, BEL_RTCP_HEADER_BYTES + body.len };
	*left = cursor;
	return true;
}

bool bel_rtcp_take(struct bel_rtcp_packet *out, struct bel_cursor *left)
{
	struct bel_cursor cursor = *left;
	struct bel_rtcp_packet packet = { 0 };
	uint8_t first, padding;

	if (!take_framed(&packet, &first, &cursor))
		return false;
	if (first & PADDING_BIT) {
		padding = packet.body.len ? (uint8_t)packet.body.ptr[packet.body.len - 1]
					  : 0;
		if (!padding || padding % 4 || padding > packet.body.len)
			return false;
		packet.body.len -= padding;
	}
	struct bel_cursor body = bel_cursor_init(packet.body);
	if (packet.type != BEL_RTCP_SDES)
		bel_cursor_be32(&packet.ssrc, &body);
	*out = packet;
	*left = cursor;
	return true;
}

enum bel_err bel_rtcp_check(bel_str compound, bool is_reduced)
{
	struct bel_cursor left = bel_cursor_init(compound);
	struct bel_rtcp_packet packet;
	bool is_first = true;

	while (!bel_cursor_is_end(&left)) {
		if (!bel_rtcp_take(&packet, &left))
			return BEL_ERR_SYNTAX;
		bool is_report = packet.type == BEL_RTCP_SR || packet.type == BEL_RTCP_RR;
		if (is_first && !is_reduced && !is_report)
			return BEL_ERR_SYNTAX;
		bool is_padded = (uint8_t)packet.bytes.ptr[0] & PADDING_BIT;
		if (is_padded && !bel_cursor_is_end(&left))
			return BEL_ERR_SYNTAX;
		is_first = false;
	}
	return is_first ? BEL_ERR_SYNTAX : BEL_OK;
}

/* Behind the sender's own SSRC. */
static struct bel_cursor behind_ssrc(const struct bel_rtcp_packet *packet)
{
	return bel_cursor_init(bel_str_slice(packet->body, 4, packet->body.len));
}

enum bel_err bel_rtcp_sender_info(struct bel_rtcp_sender_info *out,
				  const struct bel_rtcp_packet *packet)
{
	struct bel_cursor cursor = behind_ssrc(packet);
	struct bel_rtcp_sender_info info;

	if (packet->type != BEL_RTCP_SR || !bel_cursor_be64(&info.ntp, &cursor) ||
	    !bel_cursor_be32(&info.rtp_timestamp, &cursor) ||
	    !bel_cursor_be32(&info.packets_count, &cursor) ||
	    !bel_cursor_be32(&info.payload_bytes, &cursor))
		return BEL_ERR_SYNTAX;
	*out = info;
	return BEL_OK;
}

static bool take_report(struct bel_rtcp_report *out, struct bel_cursor *left)
{
	uint32_t losses;

	if (!bel_cursor_be32(&out->ssrc, left) || !bel_cursor_be32(&losses, left) ||
	    !bel_cursor_be32(&out->highest_seq, left) ||
	    !bel_cursor_be32(&out->jitter, left) || !bel_cursor_be32(&out->lsr, left) ||
	    !bel_cursor_be32(&out->dlsr, left))
		return false;
	out->fraction_lost = (uint8_t)(losses >> 24);
	/* 24 bits of two's complement: the sign is moved to its place and back. */
	out->lost = (int32_t)(losses << 8) / 256;
	return true;
}

enum bel_err bel_rtcp_report_find(struct bel_rtcp_report *out,
				  const struct bel_rtcp_packet *packet, uint32_t ssrc)
{
	struct bel_cursor left = behind_ssrc(packet);
	struct bel_rtcp_report report;

	if (packet->type == BEL_RTCP_SR) {
		if (!bel_cursor_skip(&left, SENDER_INFO_BYTES))
			return BEL_ERR_NOT_FOUND;
	} else if (packet->type != BEL_RTCP_RR) {
		return BEL_ERR_NOT_FOUND;
	}
	for (unsigned i = 0; i < packet->count && take_report(&report, &left); i++) {
		if (report.ssrc != ssrc)
			continue;
		*out = report;
		return BEL_OK;
	}
	return BEL_ERR_NOT_FOUND;
}

/* The items of one chunk (section 6.5), up to the padding that ends it on a word; *cname
 * keeps its value where there is none. False when they run out of the packet. */
static bool read_chunk(bel_str *cname, struct bel_cursor *left, bel_str body)
{
	uint8_t type, len;
	bel_str value;

	for (;;) {
		if (!bel_cursor_be8(&type, left))
			return false;
		if (type == SDES_END)
			break;
		if (!bel_cursor_be8(&len, left) || !bel_cursor_bytes(&value, left, len))
			return false;
		if (type == SDES_CNAME)
			*cname = value;
	}
	size_t done = (size_t)(left->ptr - body.ptr);
	return bel_cursor_skip(left, (4 - done % 4) % 4);
}

enum bel_err bel_rtcp_cname_find(bel_str *out, const struct bel_rtcp_packet *packet,
				 uint32_t ssrc)
{
	struct bel_cursor left = bel_cursor_init(packet->body);
	uint32_t chunk_ssrc;

	if (packet->type != BEL_RTCP_SDES)
		return BEL_ERR_NOT_FOUND;
	for (unsigned i = 0; i < packet->count; i++) {
		bel_str cname = BEL_STR_NONE;
		if (!bel_cursor_be32(&chunk_ssrc, &left) ||
		    !read_chunk(&cname, &left, packet->body))
			break;
		if (chunk_ssrc != ssrc || !cname.ptr)
			continue;
		*out = cname;
		return BEL_OK;
	}
	return BEL_ERR_NOT_FOUND;
}

bool bel_rtcp_is_bye_of(const struct bel_rtcp_packet *packet, uint32_t ssrc)
{
	struct bel_cursor left = bel_cursor_init(packet->body);
	uint32_t leaving;

	if (packet->type != BEL_RTCP_BYE)
		return false;
	for (unsigned i = 0; i < packet->count && bel_cursor_be32(&leaving, &left); i++)
		if (leaving == ssrc)
			return true;
	return false;
}

enum bel_err bel_rtcp_bye_reason(bel_str *out, const struct bel_rtcp_packet *packet)
{
	struct bel_cursor left = bel_cursor_init(packet->body);
	uint8_t len;
	bel_str reason;

	if (packet->type != BEL_RTCP_BYE ||
	    !bel_cursor_skip(&left, (size_t)packet->count * 4) ||
	    !bel_cursor_be8(&len, &left) || !bel_cursor_bytes(&reason, &left, len))
		return BEL_ERR_NOT_FOUND;
	*out = reason;
	return BEL_OK;
}

enum bel_err bel_rtcp_app(struct bel_rtcp_app *out, const struct bel_rtcp_packet *packet)
{
	struct bel_cursor left = behind_ssrc(packet);
	bel_str name;

	if (packet->type != BEL_RTCP_APP || !bel_cursor_bytes(&name, &left, 4))
		return BEL_ERR_SYNTAX;
	*out = (struct bel_rtcp_app){ name, { left.ptr, bel_cursor_left(&left) } };
	return BEL_OK;
}

enum bel_err bel_rtcp_feedback(uint32_t *media_ssrc, struct bel_cursor *left,
			       const struct bel_rtcp_packet *packet)
{
	struct bel_cursor cursor = behind_ssrc(packet);

	if ((packet->type != BEL_RTCP_RTPFB && packet->type != BEL_RTCP_PSFB) ||
	    !bel_cursor_be32(media_ssrc, &cursor))
		return BEL_ERR_SYNTAX;
	*left = cursor;
	return BEL_OK;
}

bool bel_rtcp_nack_take(struct bel_rtcp_nack *out, struct bel_cursor *left)
{
	return bel_cursor_left(left) >= 4 && bel_cursor_be16(&out->seq, left) &&
	       bel_cursor_be16(&out->following, left);
}

bool bel_rtcp_is_picture_asked(const struct bel_rtcp_packet *packet, uint32_t ssrc)
{
	struct bel_cursor left;
	uint32_t asked;

	if (packet->type != BEL_RTCP_PSFB || bel_rtcp_feedback(&asked, &left, packet))
		return false;
	if (packet->count == BEL_RTCP_PLI)
		return asked == ssrc;
	/* RFC 5104 section 4.3.1.1: of FIR the entries count, 8 bytes each. */
	while (packet->count == BEL_RTCP_FIR && bel_cursor_be32(&asked, &left) &&
	       bel_cursor_skip(&left, 4))
		if (asked == ssrc)
			return true;
	return false;
}

/* ---- time ---- */

uint64_t bel_ntp_from_unix_us(uint64_t unix_us)
{
	uint64_t seconds = unix_us / 1000000 + ntp_epoch_s;

	return seconds << 32 | (unix_us % 1000000 << 32) / 1000000;
}

uint32_t bel_ntp_middle(uint64_t ntp)
{
	return (uint32_t)(ntp >> 16);
}

enum bel_err bel_rtcp_round_trip_us(uint32_t *out, uint64_t now_ntp, uint32_t lsr,
				    uint32_t dlsr)
{
	uint32_t trip = bel_ntp_middle(now_ntp) - lsr - dlsr;

	if (!lsr || trip > ROUND_TRIP_MAX)
		return BEL_ERR_NOT_FOUND;
	*out = (uint32_t)(((uint64_t)trip * 1000000) >> 16);
	return BEL_OK;
}
