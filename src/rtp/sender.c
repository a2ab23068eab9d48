/* SPDX-License-Identifier: Apache-2.0 */
#include "rtp/sender.h"

enum { FIRST_SEQ_MASK = 0x7fff, US_A_SECOND = 1000000 };

void bel_rtp_sender_init(struct bel_rtp_sender *sender, const uint32_t random[3],
			 uint32_t clock_hz)
{
	*sender = (struct bel_rtp_sender){
		.ssrc = random[0],
		.clock_hz = clock_hz,
		.timestamp = random[1],
		.last_timestamp = random[1],
		.seq = random[2] & FIRST_SEQ_MASK,
		.is_silent = true,
	};
}

void bel_rtp_sender_rename(struct bel_rtp_sender *sender, uint32_t ssrc)
{
	sender->ssrc = ssrc;
	sender->packets_count = 0;
	sender->payload_bytes = 0;
}

static void take_number(struct bel_rtp_packet *packet, struct bel_rtp_sender *sender)
{
	packet->ssrc = sender->ssrc;
	packet->seq = sender->seq++;
	sender->packets_count++;
	sender->payload_bytes += (uint32_t)packet->payload.len;
}

void bel_rtp_sender_next(struct bel_rtp_packet *packet, struct bel_rtp_sender *sender,
			 uint32_t samples, uint64_t now_us)
{
	take_number(packet, sender);
	packet->timestamp = sender->timestamp;
	packet->is_marked = sender->is_silent;
	sender->is_silent = false;
	sender->last_timestamp = sender->timestamp;
	sender->timestamp_us = now_us;
	sender->timestamp += samples;
}

void bel_rtp_sender_skip(struct bel_rtp_sender *sender, uint32_t samples)
{
	sender->timestamp += samples;
	sender->is_silent = true;
}

void bel_rtp_sender_next_beside(struct bel_rtp_packet *packet,
				struct bel_rtp_sender *sender)
{
	take_number(packet, sender);
}

void bel_rtp_sender_report(struct bel_rtcp_sender_info *out,
			   const struct bel_rtp_sender *sender, uint64_t ntp,
			   uint64_t now_us)
{
	uint64_t us = sender->timestamp_us ? now_us - sender->timestamp_us : 0;
	uint64_t samples = us / US_A_SECOND * sender->clock_hz +
			   us % US_A_SECOND * sender->clock_hz / US_A_SECOND;

	*out = (struct bel_rtcp_sender_info){
		.ntp = ntp,
		.rtp_timestamp = sender->last_timestamp + (uint32_t)samples,
		.packets_count = sender->packets_count,
		.payload_bytes = sender->payload_bytes,
	};
}
