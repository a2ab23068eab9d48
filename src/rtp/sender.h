/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_RTP_SENDER_H
#define BEL_RTP_SENDER_H

#include "rtp/packet.h"
#include "rtp/rtcp.h"

/* Our own stream. Plain memory of the caller. */
struct bel_rtp_sender {
	uint32_t ssrc;
	uint32_t clock_hz;
	uint32_t timestamp;                    /* of the next sample */
	uint16_t seq;                          /* of the next packet */
	bool is_silent;                        /* the next packet begins a talkspurt */
	uint32_t packets_count, payload_bytes; /* since the SSRC began; both may wrap */
	uint64_t timestamp_us; /* when the last packet's timestamp was now */
	uint32_t last_timestamp;
};

/* random: three words of the caller's generator. The sequence starts in the lower half,
 * so that it does not wrap among the first packets, where a lost one would put the two
 * ends of SRTP out of step (RFC 3711 section 3.3.1). */
void bel_rtp_sender_init(struct bel_rtp_sender *sender, const uint32_t random[3],
			 uint32_t clock_hz);
/* Another SSRC after a collision; sequence and timestamp go on, the counts start anew
 * (RFC 3550 section 8.2). */
void bel_rtp_sender_rename(struct bel_rtp_sender *sender, uint32_t ssrc);

/* Fills ssrc, seq, timestamp and the marker (after silence, and on the very first) of a
 * packet that lasts `samples` of the clock, and moves on by them. The rest of the packet
 * is the caller's; its payload is counted, so it is set before. */
void bel_rtp_sender_next(struct bel_rtp_packet *packet, struct bel_rtp_sender *sender,
			 uint32_t samples, uint64_t now_us);
/* Nothing is sent for that long: the timestamp goes on, the sequence does not. */
void bel_rtp_sender_skip(struct bel_rtp_sender *sender, uint32_t samples);
/* A packet beside the audio whose timestamp is its own (RFC 4733): takes a sequence
 * number, moves nothing else and leaves timestamp and marker to the caller. */
void bel_rtp_sender_next_beside(struct bel_rtp_packet *packet,
				struct bel_rtp_sender *sender);

/* The numbers of a sender report: the timestamp that belongs to now. */
void bel_rtp_sender_report(struct bel_rtcp_sender_info *out,
			   const struct bel_rtp_sender *sender, uint64_t ntp,
			   uint64_t now_us);

#endif
