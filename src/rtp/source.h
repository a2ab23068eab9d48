/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_RTP_SOURCE_H
#define BEL_RTP_SOURCE_H

#include "rtp/packet.h"
#include "rtp/rtcp.h"
#include "rtp/rtp_kernel.h"

/* A source heard for the first time, with this sequence number. */
void bel_rtp_source_init(struct bel_rtp_source *source, uint32_t ssrc, uint32_t clock_hz,
			 uint16_t seq);
/* VALID, PROBATION, STRAY or RESTARTED. The packet's SSRC is not looked at. */
enum bel_rtp_verdict bel_rtp_source_on_packet(struct bel_rtp_source *source,
					      const struct bel_rtp_packet *packet,
					      uint64_t now_us);
void bel_rtp_source_on_sender_report(struct bel_rtp_source *source, uint64_t ntp,
				     uint64_t now_us);

/* Appendix A.3: expected less received; negative where duplicates outweigh. */
int32_t bel_rtp_source_lost(const struct bel_rtp_source *source);
uint32_t bel_rtp_source_expected(const struct bel_rtp_source *source);
uint32_t bel_rtp_source_jitter_us(const struct bel_rtp_source *source);
/* The report block about it. Each call begins a new interval for the fraction lost. */
void bel_rtp_source_report(struct bel_rtcp_report *out, struct bel_rtp_source *source,
			   uint64_t now_us);

/* ---- one stream at a time ---- */

enum { BEL_RTP_CONFLICTS_MAX = 4 };

/* The receiving side of a call: follows one source, lets another take over when it has
 * passed its probation, and finds out when somebody wears our SSRC (section 8.2). Single
 * packets of a third party, or late ones of the former source, change nothing. */
struct bel_rtp_receiver {
	uint32_t own_ssrc;
	uint32_t clock_hz;
	bool has_source, has_candidate;
	struct bel_rtp_source source;
	struct bel_rtp_source candidate;
	uint32_t changes_count; /* times that another source took over */
	struct {
		bel_addr addr;
		uint64_t last_us; /* 0: free */
	} conflicts[BEL_RTP_CONFLICTS_MAX];
};

void bel_rtp_receiver_init(struct bel_rtp_receiver *receiver, uint32_t own_ssrc,
			   uint32_t clock_hz);
/* After a VALID, RESTARTED or (first source only) PROBATION verdict the packet belongs to
 * receiver->source. from is where it came from. */
enum bel_rtp_verdict bel_rtp_receiver_on_packet(struct bel_rtp_receiver *receiver,
						const struct bel_rtp_packet *packet,
						const bel_addr *from, uint64_t now_us);
/* The same for a packet that had the verdict LOOP, for who wants to hear himself: in a
 * call of two, the other side is an echo. */
enum bel_rtp_verdict bel_rtp_receiver_on_echo(struct bel_rtp_receiver *receiver,
					      const struct bel_rtp_packet *packet,
					      uint64_t now_us);

#endif
