/* SPDX-License-Identifier: Apache-2.0
 * A packet's way: in at the socket of one side, out by that of the other. */
#include "relay/relay_int.h"

/* One that came. */
struct packet {
	struct leg *leg;
	bool is_rtcp;
	char *buf;
	size_t len, size;
	uint64_t now_us;
};

/* ---- figures ---- */

static void count_rtp(const struct packet *packet)
{
	struct leg *leg = packet->leg;
	struct bel_rtp_packet rtp;
	const struct said *said = &leg->said;

	/* End to end padding may be encrypted, or all of it no RTP. */
	if (bel_rtp_parse(&rtp, (bel_str){ packet->buf, packet->len }))
		return;
	if (!(said->payloads[rtp.payload_type / 64] >> rtp.payload_type % 64 & 1))
		leg->strange_payloads++;
	if (!leg->has_source || leg->source.ssrc != rtp.ssrc) {
		leg->has_source = true;
		bel_rtp_source_init(&leg->source, rtp.ssrc,
				    said->clock_hz ? said->clock_hz : 8000, rtp.seq);
	}
	bel_rtp_source_on_packet(&leg->source, &rtp, packet->now_us);
}

/* When a sender report is passed on, and when the other side answers it: what lies
 * between, less the time that it was kept, is the way there and back. */
static void count_rtcp(const struct packet *packet)
{
	struct leg *leg = packet->leg, *other = bel_relay_other_leg(leg);
	struct bel_cursor left = bel_cursor_init((bel_str){ packet->buf, packet->len });
	struct bel_rtcp_sender_info info;
	struct bel_rtcp_report report;
	struct bel_rtcp_packet rtcp;

	while (bel_rtcp_take(&rtcp, &left)) {
		if (bel_rtcp_sender_info(&info, &rtcp) == BEL_OK) {
			other->report_ntp = bel_ntp_middle(info.ntp);
			other->report_us = packet->now_us;
		}
		if (!leg->report_ntp || !other->has_source ||
		    bel_rtcp_report_find(&report, &rtcp, other->source.ssrc) ||
		    report.lsr != leg->report_ntp)
			continue;
		uint64_t away_us = packet->now_us - leg->report_us;
		uint64_t kept_us = (uint64_t)report.dlsr * 1000000 >> 16;
		leg->round_trip_us = away_us > kept_us ? (uint32_t)(away_us - kept_us)
						       : 0;
	}
}

static void count(const struct packet *packet)
{
	struct leg *leg = packet->leg;
	bool is_readable = !leg->stream->is_through ||
			   leg->said.keying == BEL_RELAY_PLAIN;

	leg->packets += !packet->is_rtcp;
	leg->bytes += packet->len;
	leg->last_ms = packet->now_us / 1000;
	if (!packet->is_rtcp)
		count_rtp(packet);
	else if (is_readable)
		count_rtcp(packet);
}

/* ---- out ---- */

static struct bel_srtp *context(const struct leg *leg, bool is_rtcp, struct bel_srtp *rtp,
				struct bel_srtp *rtcp)
{
	return is_rtcp && leg->keying == BEL_RELAY_DTLS && !leg->has_mux ? rtcp : rtp;
}

static bool is_protected(const struct leg *leg)
{
	return leg->keying == BEL_RELAY_SDES || leg->keying == BEL_RELAY_DTLS;
}

static bool protect(struct packet *packet, const struct leg *to)
{
	struct bel_srtp *srtp = context(to, packet->is_rtcp, to->out, to->out_rtcp);
	enum bel_err err;

	if (!is_protected(to))
		return true;
	if (!srtp)
		return false;
	err = packet->is_rtcp
		      ? bel_srtcp_protect(srtp, packet->buf, &packet->len, packet->size)
		      : bel_srtp_protect(srtp, packet->buf, &packet->len, packet->size);
	if (!err && packet->is_rtcp)
		bel_relay_keep_reported(to->stream->call);
	return err == BEL_OK;
}

/* RFC 5761: the media's socket carries the reports, too, where both are agreed to. */
static void send_to(struct packet *packet, const struct leg *to)
{
	struct bel_relay *relay = bel_relay_of(to);
	bool is_apart = packet->is_rtcp && !to->has_mux;
	struct bel_udp *udp = is_apart ? to->rtcp.udp : to->rtp.udp;
	const struct latch *latch = is_apart ? &to->rtcp_latch : &to->rtp_latch;

	if (!udp || !latch->remote.family || !protect(packet, to)) {
		relay->counters.homeless++;
		return;
	}
	relay->counters.packets++;
	relay->counters.bytes += packet->len;
	/* What does not leave is lost, as the network loses it. */
	(void)bel_udp_send(udp, &latch->remote, NULL,
			   (bel_str){ packet->buf, packet->len });
}

/* ---- in ---- */

static bool unprotect(struct packet *packet)
{
	struct leg *leg = packet->leg;
	struct bel_srtp *srtp = context(leg, packet->is_rtcp, leg->in, leg->in_rtcp);
	enum bel_err err;

	if (!srtp)
		return false;
	err = packet->is_rtcp ? bel_srtcp_unprotect(srtp, packet->buf, &packet->len)
			      : bel_srtp_unprotect(srtp, packet->buf, &packet->len);
	return err == BEL_OK;
}

/* A side that was met has no need of strangers for its reports, and those who were there
 * before have lost their place. */
static void share_meeting(struct leg *leg)
{
	const struct bel_relay_place *place = &leg->stream->call->places[leg->side];
	bel_addr announced = leg->rtcp_latch.announced;

	if (leg->has_mux || !leg->rtp_latch.is_met || leg->rtcp_latch.is_met)
		return;
	leg->rtcp_latch = (struct latch){ .first_ms = 0 };
	bel_relay_latch_arm(&leg->rtcp_latch, &announced, place, true);
	leg->rtcp_latch.is_met = true;
}

/* Plain packets are judged by where they come from; others by whether they can be read,
 * and where they come from is learned then. */
static bool admit(struct packet *packet, struct relay_socket *socket,
		  const bel_addr *from)
{
	struct leg *leg = packet->leg;
	struct bel_relay *relay = bel_relay_of(leg);
	struct latch *latch = socket->is_rtcp ? &leg->rtcp_latch : &leg->rtp_latch;
	bool is_read = is_protected(leg);
	bel_addr before = latch->remote;

	if (is_read && !unprotect(packet)) {
		leg->unreadable++;
		relay->counters.unreadable++;
		return false;
	}
	if (bel_relay_ice_is_used(leg)) {
		if (bel_relay_ice_admits(socket, from))
			return true;
	} else if (bel_relay_latch_take(latch, &leg->stream->call->places[leg->side],
					from, is_read, packet->now_us / 1000)) {
		if (!bel_addr_is_equal(&before, &latch->remote))
			bel_relay_fast_end_both(leg->stream);
		share_meeting(leg);
		return true;
	}
	leg->foreign++;
	relay->counters.foreign++;
	return false;
}

/* What goes to and fro between two sides that share their keys, or is not RTP at all. */
static bool is_for_us(const struct stream *stream, enum bel_rtp_kind kind)
{
	if (stream->legs[0].said.proto == PROTO_UDPTL)
		return true;
	if (kind == BEL_RTP_KIND_RTP || kind == BEL_RTP_KIND_RTCP)
		return true;
	return stream->is_through &&
	       (kind == BEL_RTP_KIND_DTLS || kind == BEL_RTP_KIND_ZRTP);
}

static void receive(struct relay_socket *socket, struct bel_datagram *datagram,
		    uint64_t now_us)
{
	struct leg *leg = socket->leg;
	struct bel_relay *relay = bel_relay_of(leg);
	enum bel_rtp_kind kind = bel_rtp_kind((bel_str){ datagram->buf, datagram->len });
	struct packet packet = { .leg = leg,
				 .is_rtcp = kind == BEL_RTP_KIND_RTCP || socket->is_rtcp,
				 .buf = relay->packet,
				 .len = datagram->len,
				 .size = sizeof relay->packet,
				 .now_us = now_us };

	if (kind == BEL_RTP_KIND_STUN) {
		bel_relay_ice_receive(socket, datagram);
		return;
	}
	if (!leg->is_agreed) {
		relay->counters.homeless++;
		return;
	}
	if (kind == BEL_RTP_KIND_DTLS && leg->keying == BEL_RELAY_DTLS) {
		bel_relay_dtls_receive(socket, datagram);
		return;
	}
	if (!is_for_us(leg->stream, kind))
		return;
	memcpy(packet.buf, datagram->buf, datagram->len);
	if (!admit(&packet, socket, &datagram->peer))
		return;
	/* One that was under way when the kernel took over, or that it has left to us:
	 * it counts in its order. */
	if (!packet.is_rtcp)
		bel_relay_fast_end(leg);
	if (kind != BEL_RTP_KIND_DTLS)
		count(&packet);
	send_to(&packet, bel_relay_other_leg(leg));
}

/* Many packets are read together: it costs them up to a millisecond. Where many are there
 * anyway there is nothing to wait for. */
static void gather(struct bel_relay *relay, unsigned count, uint64_t now_us)
{
	relay->window_packets += count;
	if (now_us - relay->window_us >= WINDOW_US) {
		relay->is_busy = relay->window_packets >= BUSY_PACKETS;
		relay->window_packets = 0;
		relay->window_us = now_us;
	}
	if (relay->turn_us != now_us)
		relay->turn_packets = 0;
	relay->turn_us = now_us;
	relay->turn_packets += count;
	if (relay->is_busy)
		bel_loop_gather(relay->opts.loop,
				relay->turn_packets < ENOUGH_PACKETS ? GATHER_US : 0);
}

void bel_relay_on_datagrams(void *user, struct bel_udp *udp,
			    struct bel_datagram *datagrams, unsigned count)
{
	struct relay_socket *socket = user;
	uint64_t now_us = bel_loop_now_us(bel_relay_of(socket->leg)->opts.loop);

	(void)udp;
	gather(bel_relay_of(socket->leg), count, now_us);
	for (unsigned i = 0; i < count && socket->udp; i++)
		receive(socket, &datagrams[i], now_us);
}
