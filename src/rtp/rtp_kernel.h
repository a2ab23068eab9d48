/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_RTP_RTP_KERNEL_H
#define BEL_RTP_RTP_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

/* The door of rtp for a program in the kernel (src/fast/carry.bpf.c): what a packet
 * changes in what is known of its source. Nothing but plain integers in here, and no
 * other header of ours. */

/* What is known of one SSRC that sends to us (RFC 3550 appendix A). Plain memory of the
 * caller; to be read by anyone on its thread, changed by the functions of source.h. */
struct bel_rtp_source {
	uint32_t ssrc;
	uint32_t clock_hz;

	/* appendix A.1 */
	uint16_t highest_seq;
	uint16_t base_seq;
	uint32_t cycles; /* wraps of the sequence, times 65,536 */
	uint32_t bad_seq;
	unsigned probation; /* packets in sequence that are wanted before it is valid */
	uint32_t received;
	uint32_t expected_prior, received_prior;

	/* appendix A.8, in timestamp units times 16 */
	uint32_t jitter_q4;
	uint32_t transit;
	bool has_transit;

	/* the last sender report, for LSR and DLSR (section 6.4.1) */
	uint32_t last_sr_ntp; /* middle 32 bits; 0: none yet */
	uint64_t last_sr_us;
	uint64_t last_packet_us;
};

enum bel_rtp_verdict {
	BEL_RTP_VALID,
	BEL_RTP_PROBATION, /* too early to tell; not counted. Who knows the packet to be
			    * authentic may play it. */
	BEL_RTP_STRAY,     /* far outside the sequence, and no second one yet: drop */
	BEL_RTP_RESTARTED, /* valid, but the sequence or the SSRC starts afresh here */
	BEL_RTP_COLLISION, /* it wears our SSRC: take another and send BYE for the old */
	BEL_RTP_LOOP,      /* it wears our SSRC, again from that address: drop */
};

/* RFC 3550 appendix A.1. */
enum {
	BEL_RTP_DROPOUT_MAX = 3000,
	BEL_RTP_MISORDER_MAX = 100,
	BEL_RTP_SEQUENTIAL_MIN = 2,
	BEL_RTP_SEQ_COUNT = 1 << 16,
	BEL_RTP_US_A_SECOND = 1000000,
};

static inline void bel_rtp_source_begin(struct bel_rtp_source *source, uint16_t seq)
{
	source->base_seq = seq;
	source->highest_seq = seq;
	source->bad_seq = BEL_RTP_SEQ_COUNT + 1; /* no sequence number is that */
	source->cycles = 0;
	source->received = 0;
	source->received_prior = 0;
	source->expected_prior = 0;
	source->has_transit = false;
	source->jitter_q4 = 0;
}

/* A source heard for the first time. */
static inline void bel_rtp_source_meet(struct bel_rtp_source *source, uint32_t ssrc,
				       uint32_t clock_hz, uint16_t seq)
{
	bel_rtp_source_begin(source, seq);
	source->ssrc = ssrc;
	source->clock_hz = clock_hz;
	source->probation = BEL_RTP_SEQUENTIAL_MIN;
	source->highest_seq = (uint16_t)(seq - 1);
	source->transit = 0;
	source->last_sr_ntp = 0;
	source->last_sr_us = 0;
	source->last_packet_us = 0;
}

/* Appendix A.1, update_seq. */
static inline enum bel_rtp_verdict bel_rtp_source_judge(struct bel_rtp_source *source,
							uint16_t seq)
{
	uint16_t ahead = (uint16_t)(seq - source->highest_seq);

	if (source->probation) {
		source->probation = ahead == 1 ? source->probation - 1
					       : BEL_RTP_SEQUENTIAL_MIN - 1;
		source->highest_seq = seq;
		if (source->probation)
			return BEL_RTP_PROBATION;
		bel_rtp_source_begin(source, seq);
		return BEL_RTP_VALID;
	}
	if (ahead < BEL_RTP_DROPOUT_MAX) {
		if (seq < source->highest_seq)
			source->cycles += BEL_RTP_SEQ_COUNT;
		source->highest_seq = seq;
		return BEL_RTP_VALID;
	}
	if (ahead > BEL_RTP_SEQ_COUNT - BEL_RTP_MISORDER_MAX)
		return BEL_RTP_VALID; /* a duplicate, or out of order */
	if (seq != source->bad_seq) {
		source->bad_seq = (uint16_t)(seq + 1);
		return BEL_RTP_STRAY;
	}
	bel_rtp_source_begin(source, seq);
	return BEL_RTP_RESTARTED;
}

/* Appendix A.8. */
static inline void bel_rtp_source_time(struct bel_rtp_source *source, uint32_t timestamp,
				       uint64_t now_us)
{
	uint64_t seconds = now_us / BEL_RTP_US_A_SECOND;
	uint64_t rest = now_us % BEL_RTP_US_A_SECOND * source->clock_hz /
			BEL_RTP_US_A_SECOND;
	uint32_t transit = (uint32_t)(seconds * source->clock_hz + rest) - timestamp;
	uint32_t change = transit - source->transit;

	if (change > INT32_MAX)
		change = 0 - change;
	/* More than a second is another time line, not jitter. */
	if (source->has_transit && change <= source->clock_hz)
		source->jitter_q4 += change - ((source->jitter_q4 + 8) >> 4);
	source->transit = transit;
	source->has_transit = true;
}

static inline enum bel_rtp_verdict bel_rtp_source_take(struct bel_rtp_source *source,
						       uint16_t seq, uint32_t timestamp,
						       uint64_t now_us)
{
	enum bel_rtp_verdict verdict = bel_rtp_source_judge(source, seq);

	if (verdict == BEL_RTP_PROBATION || verdict == BEL_RTP_STRAY)
		return verdict;
	source->received++;
	source->last_packet_us = now_us;
	bel_rtp_source_time(source, timestamp, now_us);
	return verdict;
}

#endif
