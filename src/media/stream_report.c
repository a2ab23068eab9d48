/* SPDX-License-Identifier: Apache-2.0
 * What each side tells the other of how it is heard (RFC 3550 section 6, RFC 3611). */
#include "media/stream_int.h"

enum {
	REPORT_BYTES = 200,    /* about, with the headers of IP and UDP */
	BANDWIDTH_BYTES = 400, /* a second: 5 % of a G.711 stream */
	UDP_IP_BYTES = 28,
};

static uint32_t draw(struct bel_media_stream *stream)
{
	uint32_t random;

	bel_loop_random(stream->opts.loop, &random, sizeof random);
	return random;
}

static uint64_t ntp_now(const struct bel_media_stream *stream)
{
	struct bel_loop *loop = stream->opts.loop;

	return bel_ntp_from_unix_us(bel_loop_wall_ms(loop) * 1000 +
				    bel_loop_now_us(loop) % 1000);
}

static void start_timer(struct bel_media_stream *stream)
{
	bel_timer_start(stream->opts.loop, &stream->report,
			stream->reports.next_us / 1000 + 1);
}

static void send_compound(struct bel_media_stream *stream, char *buf, size_t len,
			  size_t size)
{
	enum bel_path_component component = stream->has_mux ? BEL_PATH_RTP
							    : BEL_PATH_RTCP;
	const bel_addr *to = stream->has_mux ? &stream->remote : &stream->remote_rtcp;
	struct bel_srtp *protects = bel_stream_rtcp_protects(stream);

	if (bel_stream_is_rtcp_keyless(stream) ||
	    (protects && bel_srtcp_protect(protects, buf, &len, size)))
		return;
	if (to->family && to->port)
		bel_path_send(stream->path, component, to, (bel_str){ buf, len });
}

static void write_voip(struct bel_writer *writer, struct bel_media_stream *stream)
{
	struct bel_burst_summary burst;
	struct bel_quality quality;
	struct bel_rtcp_voip voip = { .ssrc = stream->receiver.source.ssrc };
	struct bel_jitter_stats jitter;

	if (!stream->burst.played || !stream->jitter)
		return;
	bel_burst_summary(&burst, &stream->burst);
	bel_jitter_stats(&jitter, stream->jitter);
	bel_quality(&quality, &(struct bel_quality_input){
				      .codec = bel_quality_codec_find(
					      bel_str_from(stream->map[0].codec->name)),
				      .loss = burst.loss + burst.discard,
				      .burst_ratio = burst.burst_ratio,
				      .delay_ms = jitter.delay_ms + stream->ptime_ms +
						  stream->round_trip_us / 2000.0 });
	bel_quality_report(&voip, &stream->burst, &quality, stream->ptime_ms);
	voip.ssrc = stream->receiver.source.ssrc;
	bel_rtcp_voip_write(writer, stream->sender.ssrc, &voip);
}

static void write_report(struct bel_writer *writer, struct bel_media_stream *stream)
{
	uint64_t now_us = bel_loop_now_us(stream->opts.loop);
	struct bel_rtcp_report block;
	struct bel_rtcp_sender_info info;
	bool has_source = stream->receiver.has_source;

	if (has_source)
		bel_rtp_source_report(&block, &stream->receiver.source, now_us);
	bel_rtp_sender_report(&info, &stream->sender, ntp_now(stream), now_us);
	bel_rtcp_report_write(writer, stream->sender.ssrc, stream->sent ? &info : NULL,
			      &block, has_source);
	bel_rtcp_cname_write(writer, stream->sender.ssrc,
			     (bel_str){ stream->cname, sizeof stream->cname });
}

/* Gives what it took, with UDP and IP. */
static uint32_t send_report(struct bel_media_stream *stream)
{
	char buf[PACKET_BYTES_MAX + BEL_SRTP_OVERHEAD_BYTES];
	struct bel_writer writer = bel_writer_init(buf, PACKET_BYTES_MAX);

	write_report(&writer, stream);
	write_voip(&writer, stream);
	if (!writer.is_full)
		send_compound(stream, buf, writer.len, sizeof buf);
	stream->has_reported = true;
	return (uint32_t)writer.len + UDP_IP_BYTES;
}

static void on_report_due(void *user)
{
	struct bel_media_stream *stream = user;
	uint64_t now_us = bel_loop_now_us(stream->opts.loop);

	stream->reports.is_sender = stream->sent;
	stream->reports.senders = 1 + stream->receiver.has_source;
	if (stream->is_agreed && stream->sent && !stream->has_reported)
		bel_rtcp_timer_on_early(&stream->reports, send_report(stream), now_us,
					draw(stream));
	else if (stream->is_agreed &&
		 bel_rtcp_timer_is_due(&stream->reports, now_us, draw(stream)))
		bel_rtcp_timer_on_sent(&stream->reports, send_report(stream), now_us,
				       draw(stream));
	start_timer(stream);
}

/* Who is told early answers at once: the round trip is known before a short call ends. */
void bel_stream_report_soon(struct bel_media_stream *stream, unsigned within_ms)
{
	uint64_t now_ms = bel_loop_now_ms(stream->opts.loop);

	if (!stream->has_reported && stream->sent)
		bel_timer_start(stream->opts.loop, &stream->report,
				now_ms + (within_ms ? draw(stream) % within_ms : 0));
}

void bel_stream_report_init(struct bel_media_stream *stream)
{
	bel_timer_init(&stream->report, on_report_due, stream);
}

void bel_stream_report_start(struct bel_media_stream *stream)
{
	uint64_t now_us = bel_loop_now_us(stream->opts.loop);

	bel_rtcp_timer_start(&stream->reports, BANDWIDTH_BYTES, REPORT_BYTES, now_us,
			     draw(stream));
	start_timer(stream);
}

void bel_stream_report_bye(struct bel_media_stream *stream)
{
	char buf[PACKET_BYTES_MAX + BEL_SRTP_OVERHEAD_BYTES];
	struct bel_writer writer = bel_writer_init(buf, PACKET_BYTES_MAX);

	/* RFC 3550 section 6.3.7: who never sent anything says no BYE. */
	if (!stream->is_agreed || !stream->sent)
		return;
	write_report(&writer, stream);
	bel_rtcp_bye_write(&writer, stream->sender.ssrc, BEL_STR_NONE);
	if (!writer.is_full)
		send_compound(stream, buf, writer.len, sizeof buf);
}

/* ---- theirs ---- */

static void read_report(struct bel_media_stream *stream,
			const struct bel_rtcp_packet *packet)
{
	struct bel_rtcp_report block;
	struct bel_rtcp_sender_info info;

	if (!bel_rtcp_sender_info(&info, packet) && stream->receiver.has_source &&
	    packet->ssrc == stream->receiver.source.ssrc)
		bel_rtp_source_on_sender_report(&stream->receiver.source, info.ntp,
						bel_loop_now_us(stream->opts.loop));
	if (bel_rtcp_report_find(&block, packet, stream->sender.ssrc))
		return;
	stream->remote_loss = block.fraction_lost / 256.0;
	bel_rtcp_round_trip_us(&stream->round_trip_us, ntp_now(stream), block.lsr,
			       block.dlsr);
}

static void read_extended(struct bel_media_stream *stream,
			  const struct bel_rtcp_packet *packet)
{
	struct bel_cursor left;
	struct bel_rtcp_xr_block block;
	struct bel_rtcp_voip voip;

	if (bel_rtcp_xr(&left, packet))
		return;
	while (bel_rtcp_xr_take(&block, &left))
		if (!bel_rtcp_xr_voip(&voip, &block) &&
		    voip.ssrc == stream->sender.ssrc && voip.mos_cq != 127)
			stream->remote_mos = voip.mos_cq / 10.0;
}

void bel_stream_on_rtcp(struct bel_media_stream *stream, char *buf, size_t len,
			const bel_addr *peer)
{
	struct bel_srtp *unprotects;
	struct bel_cursor left;
	struct bel_rtcp_packet packet;

	/* Reports from elsewhere are somebody else's. */
	if (!stream->is_agreed || (!bel_path_has_ice(stream->path) &&
				   !bel_addr_is_same_host(peer, &stream->remote)))
		return;
	if (bel_stream_is_rtcp_keyless(stream)) {
		stream->early++;
		return;
	}
	unprotects = bel_stream_rtcp_unprotects(stream);
	if (unprotects && bel_srtcp_unprotect(unprotects, buf, &len)) {
		stream->forged++;
		return;
	}
	if (bel_rtcp_check((bel_str){ buf, len }, true))
		return;
	if (!stream->has_mux && !bel_path_has_ice(stream->path))
		stream->remote_rtcp = *peer;
	bel_rtcp_timer_on_received(&stream->reports, (uint32_t)len + UDP_IP_BYTES);
	bel_stream_report_soon(stream, 0);
	left = bel_cursor_init((bel_str){ buf, len });
	while (bel_rtcp_take(&packet, &left)) {
		read_report(stream, &packet);
		if (packet.type == BEL_RTCP_XR)
			read_extended(stream, &packet);
	}
}
