/* SPDX-License-Identifier: Apache-2.0
 * From the network into the buffer, or straight back. */
#include <stdlib.h>

#include "media/stream_int.h"

enum {
	MOVE_US = 1000 * 1000,
	DELAY_MS_MAX = 300, /* what 64 packets of 10 ms can hold twice */
	SLOT_BYTES = 1300,
};

/* ---- the buffer ---- */

static struct bel_jitter_opts jitter_opts(const struct bel_media_stream *stream,
					  uint32_t clock_hz)
{
	struct bel_jitter_opts opts = {
		.clock_hz = clock_hz,
		.frame_samples = (uint32_t)((uint64_t)clock_hz * stream->ptime_ms / 1000),
		.max_ms = DELAY_MS_MAX,
		.slot_bytes = SLOT_BYTES
	};

	for (unsigned i = 0; i < stream->map_count; i++)
		if (stream->map[i].codec->frame_bytes > PACKET_BYTES_MAX / 4)
			opts.slot_bytes = PACKET_BYTES_MAX;
	return opts;
}

/* Memory is taken when the first packet comes that will be played: an echo, or who is
 * never spoken to, needs none. Without memory nothing is heard. */
static void open_jitter(struct bel_media_stream *stream, uint32_t clock_hz)
{
	struct bel_jitter_opts opts = jitter_opts(stream, clock_hz);
	size_t size = bel_jitter_bytes(&opts);

	if (size > stream->jitter_bytes) {
		void *memory = realloc(stream->jitter_memory, size);
		if (!memory)
			return;
		stream->jitter_memory = memory;
		stream->jitter_bytes = size;
	}
	if (bel_jitter_init(&stream->jitter, &opts, stream->jitter_memory,
			    stream->jitter_bytes))
		stream->jitter = NULL;
	stream->stretched = 0;
}

/* Each side speaks what it likes of what was agreed (RFC 3264 section 5.1): the clock of
 * what comes is known when it comes. */
static void set_clock(struct bel_media_stream *stream, uint32_t clock_hz)
{
	if (stream->jitter_clock_hz != clock_hz) {
		stream->jitter_clock_hz = clock_hz;
		stream->jitter = NULL;
		stream->receiver.clock_hz = clock_hz;
		stream->receiver.source.clock_hz = clock_hz;
		stream->receiver.source.has_transit = false;
		stream->receiver.source.jitter_q4 = 0;
	}
	if (!stream->jitter && !stream->has_echo)
		open_jitter(stream, clock_hz);
}

/* What was received so far stays known. */
void bel_stream_forget_clock(struct bel_media_stream *stream)
{
	uint32_t clock_hz = stream->map[stream->encoder_index].codec->clock_hz;
	struct bel_jitter_opts opts = jitter_opts(stream, clock_hz);

	if (!stream->receiver.own_ssrc)
		bel_rtp_receiver_init(&stream->receiver, stream->sender.ssrc, clock_hz);
	if (stream->jitter && bel_jitter_bytes(&opts) > stream->jitter_bytes) {
		stream->jitter = NULL;
		stream->jitter_clock_hz = 0;
	}
}

/* ---- who may be heard ---- */

/* Whether a packet from there belongs to the call. The first that does shows where the
 * other side really is; somebody else is heard only when that one has been silent. */
static bool is_from_them(struct bel_media_stream *stream, const bel_addr *peer)
{
	uint64_t now_us = bel_loop_now_us(stream->opts.loop);

	if (bel_path_has_ice(stream->path))
		return bel_path_may_be_from(stream->path, BEL_PATH_RTP, peer);
	if (bel_addr_is_equal(peer, &stream->remote)) {
		stream->latched_us = now_us;
		stream->is_latched = true;
		return true;
	}
	return !stream->is_latched || now_us - stream->latched_us > MOVE_US;
}

/* Symmetric RTP: packets in sequence came from there. */
static void latch(struct bel_media_stream *stream, const bel_addr *peer)
{
	stream->latched_us = bel_loop_now_us(stream->opts.loop);
	if (bel_path_has_ice(stream->path) ||
	    (stream->is_latched && bel_addr_is_equal(peer, &stream->remote)))
		return;
	stream->is_latched = true;
	stream->remote = *peer;
	stream->remote_rtcp = *peer;
	if (!stream->has_mux && peer->port < UINT16_MAX)
		stream->remote_rtcp.port++;
}

static void note_first(struct bel_media_stream *stream)
{
	if (stream->first_ms)
		return;
	stream->first_ms = bel_loop_now_ms(stream->opts.loop) - stream->agreed_ms;
	/* 0 means none. */
	if (!stream->first_ms)
		stream->first_ms = 1;
	if (stream->opts.port && stream->opts.port->on_heard)
		stream->opts.port->on_heard(stream->opts.user);
}

/* ---- straight back ---- */

/* Numbers are theirs and a constant: what was lost on the way here is missing on the way
 * back, and what came late comes late. */
static void send_back(struct bel_media_stream *stream, const struct bel_rtp_packet *heard,
		      uint8_t payload_type)
{
	char buf[PACKET_BYTES_MAX + BEL_SRTP_OVERHEAD_BYTES];
	struct bel_writer writer = bel_writer_init(buf, PACKET_BYTES_MAX);
	struct bel_rtp_packet packet = { .ssrc = stream->sender.ssrc,
					 .payload_type = payload_type,
					 .is_marked = heard->is_marked,
					 .payload = heard->payload };

	if (!stream->is_echoing || stream->echo_ssrc != heard->ssrc) {
		stream->is_echoing = true;
		stream->echo_ssrc = heard->ssrc;
		stream->echo_seq = (uint16_t)(stream->sender.seq - heard->seq);
		stream->echo_timestamp = stream->sender.timestamp - heard->timestamp;
	}
	packet.seq = (uint16_t)(heard->seq + stream->echo_seq);
	packet.timestamp = heard->timestamp + stream->echo_timestamp;
	if ((int16_t)(packet.seq - stream->sender.seq) >= 0) {
		stream->sender.seq = (uint16_t)(packet.seq + 1);
		stream->sender.timestamp = packet.timestamp;
		stream->sender.last_timestamp = packet.timestamp;
		stream->sender.timestamp_us = bel_loop_now_us(stream->opts.loop);
	}
	stream->sender.packets_count++;
	stream->sender.payload_bytes += (uint32_t)heard->payload.len;
	if (!bel_rtp_write(&writer, &packet))
		bel_stream_send_rtp(stream, buf, writer.len, sizeof buf);
}

/* ---- packets ---- */

static void tell_digit(struct bel_media_stream *stream, uint8_t event)
{
	char digit = bel_dtmf_to_char(event);

	if (digit && stream->opts.port && stream->opts.port->on_digit)
		stream->opts.port->on_digit(stream->opts.user, digit);
}

static void hear_event(struct bel_media_stream *stream,
		       const struct bel_rtp_packet *packet, uint64_t now_us)
{
	struct bel_rtp_packet beside = *packet;
	struct bel_dtmf_report report;

	beside.payload = BEL_STR_NONE;
	/* All packets of an event have the timestamp of its beginning: those after the
	 * first are not late. */
	if (stream->jitter && (!stream->digit_heard.has_last ||
			       stream->digit_heard.timestamp != packet->timestamp))
		bel_jitter_put(stream->jitter, &beside, now_us);
	if (!bel_dtmf_receiver_on_packet(&report, &stream->digit_heard, packet, now_us) &&
	    report.news == BEL_DTMF_BEGUN)
		tell_digit(stream, report.event);
}

static void take_packet(struct bel_media_stream *stream,
			const struct bel_rtp_packet *packet, uint64_t now_us)
{
	int index = bel_stream_find_payload(stream, packet->payload_type);

	if (index < 0)
		return;
	if (stream->map[index].codec->kind == BEL_CODEC_AUDIO)
		set_clock(stream, stream->map[index].codec->clock_hz);
	if (stream->has_echo) {
		if (stream->may_send)
			send_back(stream, packet, stream->map[index].sends);
	} else if (stream->map[index].codec->kind == BEL_CODEC_EVENTS) {
		hear_event(stream, packet, now_us);
	} else if (stream->jitter) {
		bel_jitter_put(stream->jitter, packet, now_us);
	}
}

/* They have drawn the SSRC that we have: we take another (RFC 3550 section 8.2). */
static void change_name(struct bel_media_stream *stream)
{
	uint32_t ssrc;

	bel_stream_report_bye(stream);
	bel_loop_random(stream->opts.loop, &ssrc, sizeof ssrc);
	bel_rtp_sender_rename(&stream->sender, ssrc);
	stream->receiver.own_ssrc = ssrc;
}

/* What comes back as it was sent, from where it was sent to, is heard: the other side is
 * an echo, as test tools are. Two echoes would never come to an end. */
static enum bel_rtp_verdict judge_packet(struct bel_media_stream *stream,
					 const struct bel_rtp_packet *packet,
					 const bel_addr *peer, uint64_t now_us)
{
	enum bel_rtp_verdict verdict = bel_rtp_receiver_on_packet(&stream->receiver,
								  packet, peer, now_us);

	if (verdict != BEL_RTP_LOOP || stream->has_echo ||
	    !bel_addr_is_equal(peer, &stream->remote))
		return verdict;
	return bel_rtp_receiver_on_echo(&stream->receiver, packet, now_us);
}

void bel_stream_on_rtp(struct bel_media_stream *stream, char *buf, size_t len,
		       const bel_addr *peer)
{
	uint64_t now_us = bel_loop_now_us(stream->opts.loop);
	struct bel_rtp_packet packet;

	if (!stream->is_agreed || !is_from_them(stream, peer))
		return;
	if (bel_stream_is_keyless(stream)) {
		stream->early++;
		return;
	}
	if (stream->unprotects && bel_srtp_unprotect(stream->unprotects, buf, &len)) {
		stream->forged++;
		return;
	}
	if (bel_rtp_parse(&packet, (bel_str){ buf, len }))
		return;
	switch (judge_packet(stream, &packet, peer, now_us)) {
	case BEL_RTP_VALID:
	case BEL_RTP_RESTARTED:
		latch(stream, peer);
		break;
	case BEL_RTP_PROBATION:
		break;
	case BEL_RTP_COLLISION:
		change_name(stream);
		return;
	default:
		return;
	}
	stream->received++;
	if (stream->may_hear)
		take_packet(stream, &packet, now_us);
	if (!stream->is_closed)
		note_first(stream);
}
