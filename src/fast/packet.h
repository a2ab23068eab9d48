/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_FAST_PACKET_H
#define BEL_FAST_PACKET_H

#include "fast/shared.h"

/* Which packets go by a way, and what is counted of them: for the program in the kernel
 * (carry.bpf.c) and for its twin in simulations (tests/support/fast_sim.c). No header of
 * ours but shared.h. */

enum {
	BEL_FAST_PACKET_BYTES_MAX = 1280, /* that fit everywhere (RFC 8200 section 5) */
	BEL_FAST_RTP_BYTES = 12,
};

/* The first bytes of RTP (RFC 3550 section 5.1), in network order. */
struct bel_fast_rtp {
	uint8_t first, second;
	uint16_t seq;
	uint32_t timestamp, ssrc;
};

/* RTP without padding and contributors, and no report (RFC 5761 section 4). */
static inline bool bel_fast_is_rtp(const struct bel_fast_rtp *rtp)
{
	uint8_t payload_type = rtp->second & 0x7f;

	return (rtp->first & 0xef) == 0x80 && (payload_type < 64 || payload_type > 95);
}

/* Section 5.3.1: an extension of the header has to end within the packet of that many
 * bytes, of which those up to `end` can be read. */
static inline bool bel_fast_is_whole(const struct bel_fast_rtp *rtp, const void *end,
				     uint32_t len)
{
	const uint8_t *extension = (const void *)(rtp + 1);
	uint32_t words;

	if (!(rtp->first & 0x10))
		return true;
	if ((const void *)(extension + 4) > end)
		return false;
	words = (uint32_t)extension[2] << 8 | extension[3];
	return BEL_FAST_RTP_BYTES + 4 + 4 * words <= len;
}

/* rtp: in the machine's order. To be called with the way's lock. */
static inline void bel_fast_count(struct bel_fast_value *way,
				  const struct bel_fast_rtp *rtp, uint32_t len,
				  uint64_t now_ns)
{
	uint8_t payload_type = rtp->second & 0x7f;
	uint64_t payloads = payload_type < 64 ? way->payloads[0] : way->payloads[1];

	way->packets++;
	way->bytes += len;
	way->last_ns = now_ns;
	way->strange_payloads += !(payloads >> payload_type % 64 & 1);
	if (!way->has_source || way->source.ssrc != rtp->ssrc) {
		way->has_source = true;
		bel_rtp_source_meet(&way->source, rtp->ssrc, way->clock_hz, rtp->seq);
	}
	bel_rtp_source_take(&way->source, rtp->seq, rtp->timestamp, now_ns / 1000);
}

#endif
