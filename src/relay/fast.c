/* SPDX-License-Identifier: Apache-2.0
 * Streams whose packets the kernel carries. Each second those are given to it in which
 * there is nothing left to find out: nobody's keys are ours, and where both sides are is
 * settled. As soon as anything is said, or heard, that is not what was settled, they are
 * taken back and carried from the socket, until the next second. */
#include <stdlib.h>

#include "relay/relay_int.h"

/* ---- figures ---- */

/* What has come since it was last looked at. */
static void add(struct leg *leg, const struct bel_fast_figures *figures)
{
	struct bel_relay_counters *counters = &bel_relay_of(leg)->counters;
	uint64_t packets = figures->packets - leg->fast->packets;
	uint64_t bytes = figures->bytes - leg->fast->bytes;
	uint64_t last_ms = figures->last_us / 1000;
	uint64_t now_ms = bel_loop_now_ms(bel_relay_of(leg)->opts.loop);

	/* The loop's clock stands still in a turn, the kernel's does not. */
	if (last_ms > now_ms)
		last_ms = now_ms;
	leg->packets += packets;
	leg->bytes += bytes;
	leg->strange_payloads += figures->strange_payloads - leg->fast->strange_payloads;
	leg->has_source = figures->has_source;
	leg->source = figures->source;
	if (last_ms > leg->last_ms)
		leg->last_ms = last_ms;
	counters->packets += packets;
	counters->bytes += bytes;
	counters->fast_packets += packets;
	leg->fast->packets = figures->packets;
	leg->fast->bytes = figures->bytes;
	leg->fast->strange_payloads = figures->strange_payloads;
}

void bel_relay_fast_read(struct leg *leg)
{
	struct bel_fast_figures figures;

	if (leg->fast && bel_fast_read(&figures, bel_relay_of(leg)->opts.fast,
				       bel_udp_local(leg->rtp.udp)))
		add(leg, &figures);
}

void bel_relay_fast_end(struct leg *leg)
{
	struct bel_fast_figures figures;

	if (!leg->fast)
		return;
	if (bel_fast_take_back(&figures, bel_relay_of(leg)->opts.fast,
			       bel_udp_local(leg->rtp.udp)))
		add(leg, &figures);
	bel_relay_of(leg)->counters.fast_legs--;
	free(leg->fast);
	leg->fast = NULL;
}

/* ---- which ---- */

/* Whether nobody but who sends from there may still turn out to be the side. */
static bool is_settled(struct leg *leg)
{
	const struct latch *latch = &leg->rtp_latch;
	uint64_t now_ms = bel_loop_now_ms(bel_relay_of(leg)->opts.loop);

	if (!latch->remote.family)
		return false;
	if (bel_relay_ice_is_used(leg))
		return bel_relay_ice_admits(&leg->rtp, &latch->remote);
	return latch->is_latched &&
	       (latch->is_met || now_ms - latch->first_ms > LATCH_MS);
}

/* RTP that leaves as it came. */
static bool is_plain(const struct leg *leg)
{
	return leg->is_agreed && leg->rtp.udp && leg->said.proto != PROTO_UDPTL &&
	       leg->keying != BEL_RELAY_SDES && leg->keying != BEL_RELAY_DTLS &&
	       bel_addr_range(bel_udp_local(leg->rtp.udp)) != BEL_ADDR_UNSPECIFIED;
}

void bel_relay_fast_lay(struct leg *leg)
{
	struct bel_relay *relay = bel_relay_of(leg);
	struct leg *other = bel_relay_other_leg(leg);

	if (!relay->opts.fast || leg->fast || !leg->packets || !is_plain(leg) ||
	    !is_plain(other) || !is_settled(leg) || !other->rtp_latch.remote.family)
		return;
	leg->fast = calloc(1, sizeof *leg->fast);
	if (!leg->fast)
		return;
	struct bel_fast_way way = {
		.local = *bel_udp_local(leg->rtp.udp),
		.from = leg->rtp_latch.remote,
		.outer = *bel_udp_local(other->rtp.udp),
		.to = other->rtp_latch.remote,
		.clock_hz = leg->said.clock_hz ? leg->said.clock_hz : 8000,
		.payloads = { leg->said.payloads[0], leg->said.payloads[1] },
	};
	if (bel_fast_lay(relay->opts.fast, &way, leg->has_source ? &leg->source : NULL)) {
		free(leg->fast);
		leg->fast = NULL;
		return;
	}
	relay->counters.fast_legs++;
}
