/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "crypto/crypto.h"
#include "media/stream_int.h"

/* ---- packets ---- */

static void on_packet(void *user, enum bel_path_component component, char *buf,
		      size_t len, const bel_addr *peer)
{
	struct bel_media_stream *stream = user;

	bel_stream_enter(stream);
	/* What came is sorted by what it is, not by the port it came to: with rtcp-mux
	 * both come to one, and some mix them up. */
	switch (bel_rtp_kind((bel_str){ buf, len })) {
	case BEL_RTP_KIND_RTP:
		bel_stream_on_rtp(stream, buf, len, peer);
		break;
	case BEL_RTP_KIND_RTCP:
		bel_stream_on_rtcp(stream, buf, len, peer);
		break;
	case BEL_RTP_KIND_DTLS:
		bel_stream_on_dtls(stream, component, (bel_str){ buf, len }, peer);
		break;
	default:
		break;
	}
	bel_stream_leave(stream);
}

static void on_way(void *user, enum bel_path_component component)
{
	struct bel_media_stream *stream = user;

	(void)component;
	if (!stream->is_agreed)
		return;
	bel_stream_enter(stream);
	bel_stream_take_way(stream);
	bel_stream_dtls_on_way(stream);
	bel_stream_leave(stream);
}

static void on_gathered(void *user)
{
	struct bel_media_stream *stream = user;

	if (stream->opts.port && stream->opts.port->on_gathered)
		stream->opts.port->on_gathered(stream->opts.user);
}

static const struct bel_path_port path_port = { .on_packet = on_packet,
						.on_way = on_way,
						.on_gathered = on_gathered };

void bel_stream_send_rtp(struct bel_media_stream *stream, char *packet, size_t len,
			 size_t size)
{
	if (bel_stream_is_keyless(stream) ||
	    bel_stream_is_wayless(stream, BEL_PATH_RTP) ||
	    (stream->protects && bel_srtp_protect(stream->protects, packet, &len, size)))
		return;
	bel_path_send(stream->path, BEL_PATH_RTP, &stream->remote,
		      (bel_str){ packet, len });
	stream->last_sent_us = bel_loop_now_us(stream->opts.loop);
	if (stream->sent++ == 0)
		bel_stream_report_soon(stream, FIRST_REPORT_MS);
}

int bel_stream_find_payload(const struct bel_media_stream *stream, uint8_t payload)
{
	for (unsigned i = 0; i < stream->map_count; i++)
		if (stream->map[i].receives == payload)
			return (int)i;
	return -1;
}

/* ---- ports of sound ---- */

void bel_outlet_set(struct outlet *outlet, struct bel_audio_port *port)
{
	bel_audio_close(outlet->resampler);
	outlet->resampler = NULL;
	outlet->port = port;
}

struct bel_audio_port *bel_outlet_port(struct outlet *outlet, struct bel_media_libs *libs,
				       const struct bel_audio_format *format)
{
	if (!outlet->port || bel_audio_format_is_equal(&outlet->port->format, format))
		return outlet->port;
	if (outlet->resampler &&
	    !bel_audio_format_is_equal(&outlet->resampler->format, format)) {
		bel_audio_close(outlet->resampler);
		outlet->resampler = NULL;
	}
	/* Without speexdsp nothing is heard that would be at the wrong speed. */
	if (!outlet->resampler)
		bel_resampler_open(&outlet->resampler, libs, outlet->port, format);
	return outlet->resampler;
}

/* ---- time ---- */

/* Whether there are frames to make or to play: the packets of an echo go back as they
 * come. */
static bool has_frames(const struct bel_media_stream *stream)
{
	return stream->is_agreed && !stream->has_echo &&
	       (stream->may_send || stream->may_hear);
}

static void start_frame(struct bel_media_stream *stream)
{
	bel_timer_start(stream->opts.loop, &stream->frame, stream->frame_due_ms);
}

void bel_stream_wake(struct bel_media_stream *stream)
{
	uint64_t now_ms = bel_loop_now_ms(stream->opts.loop);

	if (!has_frames(stream) || bel_timer_is_running(&stream->frame))
		return;
	if (stream->frame_due_ms && now_ms > stream->frame_due_ms)
		bel_rtp_sender_skip(&stream->sender,
				    (uint32_t)((now_ms - stream->frame_due_ms) *
					       (stream->sender.clock_hz / 1000)));
	/* On a tick of the wheel, so that every frame is as late as the others. */
	stream->frame_due_ms = (now_ms / BEL_TICK_MS + 1) * BEL_TICK_MS;
	stream->play_due_us = 0;
	/* What was not played before the rest is not news any more. */
	stream->jitter = NULL;
	start_frame(stream);
}

static void on_frame(void *user)
{
	struct bel_media_stream *stream = user;
	uint64_t now_ms = bel_loop_now_ms(stream->opts.loop);

	if (!has_frames(stream))
		return;
	stream->frame_due_ms += stream->ptime_ms;
	/* After a standstill nobody wants to hear what was not said meanwhile. */
	if (stream->frame_due_ms + BEL_AUDIO_FRAME_MS_MAX < now_ms)
		stream->frame_due_ms = now_ms;
	start_frame(stream);
	bel_stream_enter(stream);
	bel_stream_hear(stream);
	if (!stream->is_closed)
		bel_stream_speak(stream);
	bel_stream_leave(stream);
}

/* ---- the door ---- */

enum bel_err bel_media_stream_bind(struct bel_media_stream *stream)
{
	return bel_path_bind(stream->path);
}

static enum bel_err open_path(struct bel_media_stream *stream)
{
	const struct bel_media_stream_opts *opts = &stream->opts;

	return bel_path_open(&stream->path, &(struct bel_path_opts){
						    .loop = opts->loop,
						    .local = opts->local,
						    .shown = opts->shown,
						    .port_min = opts->port_min,
						    .port_max = opts->port_max,
						    .has_ice = opts->has_ice,
						    .offers_ice = opts->offers_ice,
						    .servers = opts->servers,
						    .port = &path_port,
						    .user = stream,
					    });
}

enum bel_err bel_media_stream_open(struct bel_media_stream **out,
				   const struct bel_media_stream_opts *opts)
{
	struct bel_media_stream *stream = calloc(1, sizeof *stream);
	struct bel_writer cname;
	uint64_t random;
	enum bel_err err;

	if (!stream)
		return bel_err_from_errno(ENOMEM);
	stream->opts = *opts;
	err = open_path(stream);
	if (err) {
		free(stream);
		return err;
	}
	if (opts->dtls)
		bel_dtls_context_ref(opts->dtls);
	stream->remote_loss = -1;
	bel_timer_init(&stream->frame, on_frame, stream);
	bel_stream_report_init(stream);
	/* RFC 7022 section 4.2: short-lived, and nobody's name. */
	bel_loop_random(opts->loop, &random, sizeof random);
	bel_comfort_noise_init(&stream->noise, random);
	cname = bel_writer_init(stream->cname, sizeof stream->cname);
	bel_write_hex64(&cname, random, CNAME_BYTES);
	*out = stream;
	return BEL_OK;
}

static void free_stream(struct bel_media_stream *stream)
{
	bel_stream_forget_agreed(stream);
	bel_stream_hello_forget(stream);
	bel_dtls_context_unref(stream->opts.dtls);
	bel_outlet_set(&stream->source, NULL);
	bel_outlet_set(&stream->sink, NULL);
	bel_audio_close(stream->tones);
	bel_audio_close(stream->digit_sink);
	free(stream->jitter_memory);
	bel_wipe(stream->keys, sizeof stream->keys);
	free(stream);
}

void bel_media_stream_close(struct bel_media_stream *stream)
{
	if (!stream)
		return;
	bel_stream_report_bye(stream);
	bel_stream_dtls_close(stream);
	bel_timer_stop(stream->opts.loop, &stream->frame);
	bel_timer_stop(stream->opts.loop, &stream->report);
	bel_path_close(stream->path);
	stream->is_closed = true;
	if (stream->busy == 0)
		free_stream(stream);
}

void bel_stream_enter(struct bel_media_stream *stream)
{
	stream->busy++;
}

void bel_stream_leave(struct bel_media_stream *stream)
{
	if (--stream->busy == 0 && stream->is_closed)
		free_stream(stream);
}

struct bel_path *bel_media_stream_path(struct bel_media_stream *stream)
{
	return stream->path;
}

void bel_media_stream_set_source(struct bel_media_stream *stream,
				 struct bel_audio_port *source)
{
	bel_outlet_set(&stream->source, source);
}

void bel_media_stream_set_sink(struct bel_media_stream *stream,
			       struct bel_audio_port *sink)
{
	bel_outlet_set(&stream->sink, sink);
}

void bel_media_stream_set_echo(struct bel_media_stream *stream, bool has_echo)
{
	stream->has_echo = has_echo;
	stream->is_echoing = false;
	bel_stream_wake(stream);
}

/* ---- what came of it ---- */

static double mos_of(bel_str codec, double loss, double burst_ratio, double delay_ms)
{
	struct bel_quality quality;

	bel_quality(&quality,
		    &(struct bel_quality_input){ .codec = bel_quality_codec_find(codec),
						 .loss = loss,
						 .burst_ratio = burst_ratio,
						 .delay_ms = delay_ms });
	return quality.mos_cq;
}

void bel_media_stream_stats(struct bel_media_stats *out,
			    const struct bel_media_stream *stream)
{
	const char *codec = stream->encoder || stream->has_echo
				    ? (stream->map_count ? stream->map[0].codec->name
							 : "")
				    : "";
	bel_str name = bel_str_from(codec);
	struct bel_writer text = bel_writer_init(out->codec, sizeof out->codec - 1);
	struct bel_jitter_stats jitter = { 0 };
	struct bel_burst_summary burst;
	int32_t lost = 0;

	*out = (struct bel_media_stats){ .remote_loss = stream->remote_loss };
	bel_write_str(&text, name);
	if (stream->jitter)
		bel_jitter_stats(&jitter, stream->jitter);
	bel_burst_summary(&burst, &stream->burst);
	if (stream->receiver.has_source) {
		lost = bel_rtp_source_lost(&stream->receiver.source);
		out->jitter_ms = bel_rtp_source_jitter_us(&stream->receiver.source) /
				 1000.0;
	}
	out->is_protected = stream->protects;
	out->remote = stream->remote;
	out->sent = stream->sent;
	out->received = stream->received;
	out->lost = lost > 0 ? (uint64_t)lost : 0;
	out->first_ms = stream->first_ms;
	out->round_trip_ms = stream->round_trip_us / 1000.0;
	out->delay_ms = jitter.delay_ms;
	out->forged = stream->forged;
	out->early = stream->early;
	out->keying = bel_stream_keying(stream);
	if (stream->burst.played)
		out->mos = mos_of(name, burst.loss + burst.discard, burst.burst_ratio,
				  out->round_trip_ms / 2 + jitter.delay_ms +
					  stream->ptime_ms);
	if (stream->remote_mos > 0)
		out->remote_mos = stream->remote_mos;
	else if (stream->remote_loss >= 0)
		out->remote_mos = mos_of(name, stream->remote_loss, 1,
					 out->round_trip_ms / 2 + 2 * stream->ptime_ms);
}
