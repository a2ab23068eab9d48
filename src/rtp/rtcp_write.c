/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing RTCP (RFC 3550 section 6, RFC 4585 section 6). */
#include "rtp/rtcp_int.h"

enum {
	VERSION = 2,
	COUNT_MAX = 31,
	TEXT_BYTES_MAX = 255,
	REPORT_BYTES = 24,
	SENDER_INFO_BYTES = 20,
	LOST_BITS = 0xffffff,
	SDES_CNAME = 1,
	NAME_BYTES = 4,
	WORDS_MAX = 0xffff,
};

void bel_rtcp_write_header(struct bel_writer *writer, unsigned count,
			   enum bel_rtcp_type type, size_t body_bytes)
{
	bel_write_be8(writer, (uint8_t)(VERSION << 6 | count));
	bel_write_be8(writer, (uint8_t)type);
	bel_write_be16(writer, (uint16_t)(body_bytes / 4));
}

static void write_report(struct bel_writer *writer, const struct bel_rtcp_report *report)
{
	bel_write_be32(writer, report->ssrc);
	bel_write_be32(writer, (uint32_t)report->fraction_lost << 24 |
				       ((uint32_t)report->lost & LOST_BITS));
	bel_write_be32(writer, report->highest_seq);
	bel_write_be32(writer, report->jitter);
	bel_write_be32(writer, report->lsr);
	bel_write_be32(writer, report->dlsr);
}

enum bel_err bel_rtcp_report_write(struct bel_writer *writer, uint32_t ssrc,
				   const struct bel_rtcp_sender_info *info,
				   const struct bel_rtcp_report *reports, unsigned count)
{
	size_t bytes = 4 + (size_t)count * REPORT_BYTES;

	if (count > BEL_RTCP_REPORTS_MAX)
		return BEL_ERR_LIMIT;
	if (info)
		bytes += SENDER_INFO_BYTES;
	bel_rtcp_write_header(writer, count, info ? BEL_RTCP_SR : BEL_RTCP_RR, bytes);
	bel_write_be32(writer, ssrc);
	if (info) {
		bel_write_be64(writer, info->ntp);
		bel_write_be32(writer, info->rtp_timestamp);
		bel_write_be32(writer, info->packets_count);
		bel_write_be32(writer, info->payload_bytes);
	}
	for (unsigned i = 0; i < count; i++)
		write_report(writer, &reports[i]);
	return bel_writer_check(writer);
}

static void write_zeros(struct bel_writer *writer, size_t count)
{
	while (count--)
		bel_write_be8(writer, 0);
}

enum bel_err bel_rtcp_cname_write(struct bel_writer *writer, uint32_t ssrc, bel_str cname)
{
	/* An item ends with at least one byte of zeros, on a word. */
	size_t item = 2 + cname.len, padding = 4 - item % 4;

	if (cname.len > TEXT_BYTES_MAX)
		return BEL_ERR_LIMIT;
	bel_rtcp_write_header(writer, 1, BEL_RTCP_SDES, 4 + item + padding);
	bel_write_be32(writer, ssrc);
	bel_write_be8(writer, SDES_CNAME);
	bel_write_be8(writer, (uint8_t)cname.len);
	bel_write_str(writer, cname);
	write_zeros(writer, padding);
	return bel_writer_check(writer);
}

enum bel_err bel_rtcp_bye_write(struct bel_writer *writer, uint32_t ssrc, bel_str reason)
{
	size_t item = reason.len ? 1 + reason.len : 0, padding = (4 - item % 4) % 4;

	if (reason.len > TEXT_BYTES_MAX)
		return BEL_ERR_LIMIT;
	bel_rtcp_write_header(writer, 1, BEL_RTCP_BYE, 4 + item + padding);
	bel_write_be32(writer, ssrc);
	if (reason.len) {
		bel_write_be8(writer, (uint8_t)reason.len);
		bel_write_str(writer, reason);
	}
	write_zeros(writer, padding);
	return bel_writer_check(writer);
}

enum bel_err bel_rtcp_app_write(struct bel_writer *writer, uint32_t ssrc, uint8_t subtype,
				const struct bel_rtcp_app *app)
{
	size_t bytes = 4 + NAME_BYTES + app->data.len;

	if (subtype > COUNT_MAX || app->name.len != NAME_BYTES || app->data.len % 4 ||
	    bytes / 4 > WORDS_MAX)
		return BEL_ERR_LIMIT;
	bel_rtcp_write_header(writer, subtype, BEL_RTCP_APP, bytes);
	bel_write_be32(writer, ssrc);
	bel_write_str(writer, app->name);
	bel_write_str(writer, app->data);
	return bel_writer_check(writer);
}

static void write_feedback(struct bel_writer *writer, enum bel_rtcp_type type,
			   unsigned format, uint32_t ssrc, uint32_t media_ssrc,
			   size_t control_bytes)
{
	bel_rtcp_write_header(writer, format, type, 8 + control_bytes);
	bel_write_be32(writer, ssrc);
	bel_write_be32(writer, media_ssrc);
}

enum bel_err bel_rtcp_nack_write(struct bel_writer *writer, uint32_t ssrc,
				 uint32_t media_ssrc, const struct bel_rtcp_nack *nacks,
				 unsigned count)
{
	if (count > WORDS_MAX - 2)
		return BEL_ERR_LIMIT;
	write_feedback(writer, BEL_RTCP_RTPFB, BEL_RTCP_NACK, ssrc, media_ssrc,
		       (size_t)count * 4);
	for (unsigned i = 0; i < count; i++) {
		bel_write_be16(writer, nacks[i].seq);
		bel_write_be16(writer, nacks[i].following);
	}
	return bel_writer_check(writer);
}

enum bel_err bel_rtcp_pli_write(struct bel_writer *writer, uint32_t ssrc,
				uint32_t media_ssrc)
{
	write_feedback(writer, BEL_RTCP_PSFB, BEL_RTCP_PLI, ssrc, media_ssrc, 0);
	return bel_writer_check(writer);
}

enum bel_err bel_rtcp_fir_write(struct bel_writer *writer, uint32_t ssrc,
				uint32_t media_ssrc, uint8_t command)
{
	/* RFC 5104 section 4.3.1.2: the header's media SSRC is 0, the entry names it. */
	write_feedback(writer, BEL_RTCP_PSFB, BEL_RTCP_FIR, ssrc, 0, 8);
	bel_write_be32(writer, media_ssrc);
	bel_write_be8(writer, command);
	write_zeros(writer, 3);
	return bel_writer_check(writer);
}
