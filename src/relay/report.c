/* SPDX-License-Identifier: Apache-2.0
 * Figures of each leg. */
#include "relay/relay_int.h"

static double quality_of(const struct leg *leg)
{
	uint32_t expected = bel_rtp_source_expected(&leg->source);
	int32_t lost = bel_rtp_source_lost(&leg->source);
	struct bel_quality_input input = {
		.codec = bel_quality_codec_find(BEL_STR("PCMU")),
		.delay_ms = leg->round_trip_us / 2000.0,
	};
	struct bel_quality quality;

	if (!expected)
		return 0;
	input.loss = lost > 0 ? (double)lost / expected : 0;
	bel_quality(&quality, &input);
	return quality.mos_cq;
}

static struct bel_relay_leg describe_leg(const struct leg *leg, uint64_t now_ms)
{
	const struct call *call = leg->stream->call;
	uint64_t since_ms = leg->last_ms ? leg->last_ms : call->answered_ms;
	int32_t lost = leg->has_source ? bel_rtp_source_lost(&leg->source) : 0;
	struct bel_relay_leg out = {
		.side = leg->side,
		.stream = leg->stream->index,
		.local = *bel_udp_local(leg->rtp.udp),
		.outer = bel_relay_leg_outer(leg),
		.announced = leg->said.rtp,
		.remote = leg->rtp_latch.remote,
		.is_latched = leg->rtp_latch.is_latched,
		.keying = leg->said.keying,
		.packets = leg->packets,
		.bytes = leg->bytes,
		.foreign = leg->foreign,
		.unreadable = leg->unreadable,
		.lost = lost > 0 ? (uint64_t)lost : 0,
		.round_trip_us = leg->round_trip_us,
		.is_fast = leg->fast != NULL,
		.silent_ms = since_ms ? now_ms - since_ms : 0,
		.verdict = leg->verdict,
	};

	if (leg->has_source) {
		out.expected = bel_rtp_source_expected(&leg->source);
		out.jitter_us = bel_rtp_source_jitter_us(&leg->source);
		out.ssrc = leg->source.ssrc;
		out.mos = quality_of(leg);
	}
	return out;
}

bool bel_relay_report(struct bel_relay_report *out, const struct bel_relay *relay,
		      bel_relay_call id,
		      void (*on_leg)(void *user, const struct bel_relay_leg *leg),
		      void *user)
{
	struct call *call = bel_relay_call_find(relay, id);
	uint64_t now_ms = bel_loop_now_ms(relay->opts.loop);

	if (!call)
		return false;
	bel_relay_each_leg(call, bel_relay_fast_read);
	*out = (struct bel_relay_report){ .began_ms = call->began_ms,
					  .is_answered = call->is_answered };
	for (unsigned i = 0; i < call->streams_count; i++)
		for (unsigned side = 0; side < BEL_RELAY_SIDES; side++) {
			const struct leg *leg = &call->streams[i]->legs[side];
			if (leg->last_ms > out->last_ms)
				out->last_ms = leg->last_ms;
			if (!leg->rtp.udp)
				continue;
			struct bel_relay_leg described = describe_leg(leg, now_ms);
			on_leg(user, &described);
		}
	return true;
}
