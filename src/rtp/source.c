/* SPDX-License-Identifier: Apache-2.0 */
#include "rtp/source.h"

enum {
	/* A.3: 24 bits, two's complement */
	LOST_MAX = 0x7fffff,
	LOST_MIN = -0x800000,
	US_A_SECOND = BEL_RTP_US_A_SECOND,
};

/* Section 8.2: after ten report intervals an address is no longer held for a loop. */
static const uint64_t conflict_us = 50 * (uint64_t)US_A_SECOND;

void bel_rtp_source_init(struct bel_rtp_source *source, uint32_t ssrc, uint32_t clock_hz,
			 uint16_t seq)
{
	bel_rtp_source_meet(source, ssrc, clock_hz, seq);
}

enum bel_rtp_verdict bel_rtp_source_on_packet(struct bel_rtp_source *source,
					      const struct bel_rtp_packet *packet,
					      uint64_t now_us)
{
	return bel_rtp_source_take(source, packet->seq, packet->timestamp, now_us);
}

void bel_rtp_source_on_sender_report(struct bel_rtp_source *source, uint64_t ntp,
				     uint64_t now_us)
{
	source->last_sr_ntp = bel_ntp_middle(ntp);
	source->last_sr_us = now_us;
}

static uint32_t extended_seq(const struct bel_rtp_source *source)
{
	return source->cycles + source->highest_seq;
}

uint32_t bel_rtp_source_expected(const struct bel_rtp_source *source)
{
	return source->received ? extended_seq(source) - source->base_seq + 1 : 0;
}

int32_t bel_rtp_source_lost(const struct bel_rtp_source *source)
{
	return (int32_t)(bel_rtp_source_expected(source) - source->received);
}

uint32_t bel_rtp_source_jitter_us(const struct bel_rtp_source *source)
{
	return (uint32_t)((uint64_t)(source->jitter_q4 >> 4) * US_A_SECOND /
			  source->clock_hz);
}

/* Of 256, and none where duplicates make it negative. */
static uint8_t take_fraction_lost(struct bel_rtp_source *source)
{
	uint32_t expected = bel_rtp_source_expected(source);
	uint32_t expected_now = expected - source->expected_prior;
	uint32_t received_now = source->received - source->received_prior;

	source->expected_prior = expected;
	source->received_prior = source->received;
	if (!expected_now || received_now >= expected_now)
		return 0;
	uint64_t lost = expected_now - received_now;
	uint64_t fraction = (lost << 8) / expected_now;
	return fraction > UINT8_MAX ? UINT8_MAX : (uint8_t)fraction;
}

static uint32_t since_sender_report(const struct bel_rtp_source *source, uint64_t now_us)
{
	uint64_t us = now_us - source->last_sr_us;

	if (!source->last_sr_ntp || us / US_A_SECOND >= BEL_RTP_SEQ_COUNT)
		return 0;
	return (uint32_t)((us << 16) / US_A_SECOND);
}

void bel_rtp_source_report(struct bel_rtcp_report *out, struct bel_rtp_source *source,
			   uint64_t now_us)
{
	int32_t lost = bel_rtp_source_lost(source);

	*out = (struct bel_rtcp_report){
		.ssrc = source->ssrc,
		.fraction_lost = take_fraction_lost(source),
		.lost = lost > LOST_MAX   ? LOST_MAX
			: lost < LOST_MIN ? LOST_MIN
					  : lost,
		.highest_seq = extended_seq(source),
		.jitter = source->jitter_q4 >> 4,
		.lsr = source->last_sr_ntp,
		.dlsr = since_sender_report(source, now_us),
	};
}

/* ---- one stream at a time ---- */

void bel_rtp_receiver_init(struct bel_rtp_receiver *receiver, uint32_t own_ssrc,
			   uint32_t clock_hz)
{
	*receiver = (struct bel_rtp_receiver){ .own_ssrc = own_ssrc,
					       .clock_hz = clock_hz };
}

/* RFC 3550 section 8.2: the first time it is a collision, from the same address again it
 * is our own packets coming back. */
static enum bel_rtp_verdict judge_conflict(struct bel_rtp_receiver *receiver,
					   const bel_addr *from, uint64_t now_us)
{
	unsigned oldest = 0;

	for (unsigned i = 0; i < BEL_RTP_CONFLICTS_MAX; i++) {
		uint64_t last_us = receiver->conflicts[i].last_us;
		bool is_fresh = last_us && now_us - last_us < conflict_us;
		if (is_fresh && bel_addr_is_equal(&receiver->conflicts[i].addr, from)) {
			receiver->conflicts[i].last_us = now_us;
			return BEL_RTP_LOOP;
		}
		if (last_us < receiver->conflicts[oldest].last_us)
			oldest = i;
	}
	receiver->conflicts[oldest].addr = *from;
	receiver->conflicts[oldest].last_us = now_us ? now_us : 1;
	return BEL_RTP_COLLISION;
}

static enum bel_rtp_verdict audition(struct bel_rtp_receiver *receiver,
				     const struct bel_rtp_packet *packet, uint64_t now_us)
{
	struct bel_rtp_source *candidate = &receiver->candidate;

	if (!receiver->has_candidate || candidate->ssrc != packet->ssrc)
		bel_rtp_source_init(candidate, packet->ssrc, receiver->clock_hz,
				    packet->seq);
	receiver->has_candidate = true;
	if (bel_rtp_source_on_packet(candidate, packet, now_us) != BEL_RTP_VALID)
		return BEL_RTP_STRAY;
	receiver->source = *candidate;
	receiver->has_candidate = false;
	receiver->changes_count++;
	return BEL_RTP_RESTARTED;
}

enum bel_rtp_verdict bel_rtp_receiver_on_packet(struct bel_rtp_receiver *receiver,
						const struct bel_rtp_packet *packet,
						const bel_addr *from, uint64_t now_us)
{
	if (packet->ssrc == receiver->own_ssrc)
		return judge_conflict(receiver, from, now_us);
	return bel_rtp_receiver_on_echo(receiver, packet, now_us);
}

enum bel_rtp_verdict bel_rtp_receiver_on_echo(struct bel_rtp_receiver *receiver,
					      const struct bel_rtp_packet *packet,
					      uint64_t now_us)
{
	if (!receiver->has_source) {
		bel_rtp_source_init(&receiver->source, packet->ssrc, receiver->clock_hz,
				    packet->seq);
		receiver->has_source = true;
	}
	if (packet->ssrc != receiver->source.ssrc)
		return audition(receiver, packet, now_us);
	/* The source lives: a pretender begins again. */
	receiver->has_candidate = false;
	return bel_rtp_source_on_packet(&receiver->source, packet, now_us);
}
