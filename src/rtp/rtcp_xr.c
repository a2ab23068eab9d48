/* SPDX-License-Identifier: Apache-2.0
 *
 * Extended reports (RFC 3611). */
#include "rtp/rtcp_int.h"

enum {
	BLOCK_HEADER_BYTES = 4,
	VOIP_BYTES = 32,
	REFERENCE_TIME_BYTES = 8,
	DLRR_ENTRY_BYTES = 12,
	DLRR_ENTRIES_MAX = 0xffff / 3 - 1,
};

enum bel_err bel_rtcp_xr(struct bel_cursor *left, const struct bel_rtcp_packet *packet)
{
	if (packet->type != BEL_RTCP_XR || packet->body.len < 4)
		return BEL_ERR_SYNTAX;
	*left = bel_cursor_init(bel_str_slice(packet->body, 4, packet->body.len));
	return BEL_OK;
}

bool bel_rtcp_xr_take(struct bel_rtcp_xr_block *out, struct bel_cursor *left)
{
	struct bel_cursor cursor = *left;
	struct bel_rtcp_xr_block block;
	uint16_t words;

	if (!bel_cursor_be8(&block.type, &cursor) ||
	    !bel_cursor_be8(&block.specific, &cursor) ||
	    !bel_cursor_be16(&words, &cursor) ||
	    !bel_cursor_bytes(&block.body, &cursor, (size_t)words * 4))
		return false;
	*out = block;
	*left = cursor;
	return true;
}

static uint8_t read_8(struct bel_cursor *left)
{
	uint8_t value = 0;

	bel_cursor_be8(&value, left);
	return value;
}

static uint16_t read_16(struct bel_cursor *left)
{
	uint16_t value = 0;

	bel_cursor_be16(&value, left);
	return value;
}

enum bel_err bel_rtcp_xr_voip(struct bel_rtcp_voip *out,
			      const struct bel_rtcp_xr_block *block)
{
	struct bel_cursor left = bel_cursor_init(block->body);
	struct bel_rtcp_voip voip = { 0 };

	if (block->type != BEL_RTCP_XR_VOIP || block->body.len != VOIP_BYTES ||
	    !bel_cursor_be32(&voip.ssrc, &left))
		return BEL_ERR_SYNTAX;
	voip.loss_rate = read_8(&left);
	voip.discard_rate = read_8(&left);
	voip.burst_density = read_8(&left);
	voip.gap_density = read_8(&left);
	voip.burst_ms = read_16(&left);
	voip.gap_ms = read_16(&left);
	voip.round_trip_ms = read_16(&left);
	voip.end_system_ms = read_16(&left);
	voip.signal_dbm = (int8_t)read_8(&left);
	voip.noise_dbm = (int8_t)read_8(&left);
	voip.echo_loss_db = read_8(&left);
	voip.gmin = read_8(&left);
	voip.r_factor = read_8(&left);
	voip.external_r_factor = read_8(&left);
	voip.mos_lq = read_8(&left);
	voip.mos_cq = read_8(&left);
	voip.config = read_8(&left);
	bel_cursor_skip(&left, 1);
	voip.jitter_nominal_ms = read_16(&left);
	voip.jitter_max_ms = read_16(&left);
	voip.jitter_limit_ms = read_16(&left);
	*out = voip;
	return BEL_OK;
}

enum bel_err bel_rtcp_xr_reference_time(uint64_t *ntp,
					const struct bel_rtcp_xr_block *block)
{
	struct bel_cursor left = bel_cursor_init(block->body);

	if (block->type != BEL_RTCP_XR_REFERENCE_TIME || !bel_cursor_be64(ntp, &left))
		return BEL_ERR_SYNTAX;
	return BEL_OK;
}

enum bel_err bel_rtcp_xr_dlrr_find(struct bel_rtcp_dlrr *out,
				   const struct bel_rtcp_xr_block *block, uint32_t ssrc)
{
	struct bel_cursor left = bel_cursor_init(block->body);
	struct bel_rtcp_dlrr entry;

	while (block->type == BEL_RTCP_XR_DLRR && bel_cursor_be32(&entry.ssrc, &left) &&
	       bel_cursor_be32(&entry.lrr, &left) &&
	       bel_cursor_be32(&entry.dlrr, &left)) {
		if (entry.ssrc != ssrc)
			continue;
		*out = entry;
		return BEL_OK;
	}
	return BEL_ERR_NOT_FOUND;
}

/* A packet with one block. */
static void write_xr(struct bel_writer *writer, uint32_t ssrc, enum bel_rtcp_xr_type type,
		     size_t block_bytes)
{
	bel_rtcp_write_header(writer, 0, BEL_RTCP_XR,
			      4 + BLOCK_HEADER_BYTES + block_bytes);
	bel_write_be32(writer, ssrc);
	bel_write_be8(writer, (uint8_t)type);
	bel_write_be8(writer, 0);
	bel_write_be16(writer, (uint16_t)(block_bytes / 4));
}

enum bel_err bel_rtcp_voip_write(struct bel_writer *writer, uint32_t ssrc,
				 const struct bel_rtcp_voip *voip)
{
	const uint8_t rates[] = { voip->loss_rate, voip->discard_rate,
				  voip->burst_density, voip->gap_density };
	const uint16_t delays[] = { voip->burst_ms, voip->gap_ms, voip->round_trip_ms,
				    voip->end_system_ms };
	const uint8_t levels[] = { (uint8_t)voip->signal_dbm,
				   (uint8_t)voip->noise_dbm,
				   voip->echo_loss_db,
				   voip->gmin,
				   voip->r_factor,
				   voip->external_r_factor,
				   voip->mos_lq,
				   voip->mos_cq,
				   voip->config,
				   0 };
	const uint16_t buffer[] = { voip->jitter_nominal_ms, voip->jitter_max_ms,
				    voip->jitter_limit_ms };

	write_xr(writer, ssrc, BEL_RTCP_XR_VOIP, VOIP_BYTES);
	bel_write_be32(writer, voip->ssrc);
	for (size_t i = 0; i < BEL_COUNT_OF(rates); i++)
		bel_write_be8(writer, rates[i]);
	for (size_t i = 0; i < BEL_COUNT_OF(delays); i++)
		bel_write_be16(writer, delays[i]);
	for (size_t i = 0; i < BEL_COUNT_OF(levels); i++)
		bel_write_be8(writer, levels[i]);
	for (size_t i = 0; i < BEL_COUNT_OF(buffer); i++)
		bel_write_be16(writer, buffer[i]);
	return bel_writer_check(writer);
}

enum bel_err bel_rtcp_reference_time_write(struct bel_writer *writer, uint32_t ssrc,
					   uint64_t ntp)
{
	write_xr(writer, ssrc, BEL_RTCP_XR_REFERENCE_TIME, REFERENCE_TIME_BYTES);
	bel_write_be64(writer, ntp);
	return bel_writer_check(writer);
}

enum bel_err bel_rtcp_dlrr_write(struct bel_writer *writer, uint32_t ssrc,
				 const struct bel_rtcp_dlrr *entries, unsigned count)
{
	if (count > DLRR_ENTRIES_MAX)
		return BEL_ERR_LIMIT;
	write_xr(writer, ssrc, BEL_RTCP_XR_DLRR, (size_t)count * DLRR_ENTRY_BYTES);
	for (unsigned i = 0; i < count; i++) {
		bel_write_be32(writer, entries[i].ssrc);
		bel_write_be32(writer, entries[i].lrr);
		bel_write_be32(writer, entries[i].dlrr);
	}
	return bel_writer_check(writer);
}
