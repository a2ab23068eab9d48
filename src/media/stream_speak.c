/* SPDX-License-Identifier: Apache-2.0
 * From the source to the network. */
#include "media/stream_int.h"

enum bel_err bel_stream_open_encoder(struct bel_media_stream *stream)
{
	enum bel_err err = BEL_ERR_UNSUPPORTED;

	/* The first that this machine can do, in the order that was agreed. */
	for (unsigned i = 0; i < stream->map_count; i++) {
		const struct mapped *mapped = &stream->map[i];
		if (mapped->codec->kind != BEL_CODEC_AUDIO)
			continue;
		err = bel_coder_open(
			&stream->encoder,
			&(struct bel_coder_opts){ .codec = mapped->codec,
						  .libs = stream->opts.libs,
						  .fmtp = bel_str_from(mapped->fmtp),
						  .is_faithful = stream->opts.is_faithful,
						  .has_encoder = true });
		if (err != BEL_ERR_UNSUPPORTED) {
			stream->encoder_index = i;
			return err;
		}
	}
	return err;
}

static void send_packet(struct bel_media_stream *stream,
			const struct bel_rtp_packet *packet)
{
	char buf[PACKET_BYTES_MAX + BEL_SRTP_OVERHEAD_BYTES];
	struct bel_writer writer = bel_writer_init(buf, PACKET_BYTES_MAX);

	if (!bel_rtp_write(&writer, packet))
		bel_stream_send_rtp(stream, buf, writer.len, sizeof buf);
}

/* ---- digits ---- */

static uint32_t frame_samples(const struct bel_media_stream *stream)
{
	return stream->sender.clock_hz / 1000 * stream->ptime_ms;
}

static void start_next_digit(struct bel_media_stream *stream)
{
	uint8_t event;

	if (stream->pause_ms > stream->ptime_ms) {
		stream->pause_ms -= stream->ptime_ms;
		return;
	}
	stream->pause_ms = 0;
	if (!stream->digits_count || !stream->has_events || stream->digit.is_active ||
	    bel_dtmf_from_char(&event, stream->digits[0]))
		return;
	memmove(stream->digits, stream->digits + 1, --stream->digits_count);
	bel_dtmf_sender_start(&stream->digit, event, stream->sender.timestamp,
			      stream->sender.clock_hz / 1000 * DIGIT_MS);
	stream->pause_ms = DIGIT_MS + DIGIT_PAUSE_MS;
}

/* True while an event takes the place of the sound (RFC 4733 section 2.5.1.2). */
static bool speak_digit(struct bel_media_stream *stream)
{
	char buf[BEL_DTMF_EVENT_BYTES];
	struct bel_writer payload = bel_writer_init(buf, sizeof buf);
	struct bel_rtp_packet packet = { .payload_type = stream->events_payload };
	struct bel_dtmf_event event;
	uint32_t timestamp;
	bool is_marked;

	start_next_digit(stream);
	if (!bel_dtmf_sender_next(&event, &timestamp, &is_marked, &stream->digit,
				  frame_samples(stream)))
		return false;
	bel_dtmf_event_write(&payload, &event);
	packet.payload = bel_writer_str(&payload);
	bel_rtp_sender_next_beside(&packet, &stream->sender);
	packet.timestamp = timestamp;
	packet.is_marked = is_marked;
	bel_rtp_sender_skip(&stream->sender, frame_samples(stream));
	send_packet(stream, &packet);
	return true;
}

static enum bel_err put_tone(struct bel_media_stream *stream, char digit)
{
	enum bel_err err = BEL_OK;

	if (!stream->tones)
		err = bel_digit_source_open(&stream->tones,
					    bel_coder_format(stream->encoder), 0, 0);
	return err ? err : bel_digit_source_put(stream->tones, digit);
}

enum bel_err bel_media_stream_send_digit(struct bel_media_stream *stream, char digit)
{
	uint8_t event;

	if (bel_dtmf_from_char(&event, digit))
		return BEL_ERR_SYNTAX;
	if (!stream->may_send || !stream->encoder)
		return BEL_ERR_CLOSED;
	if (!stream->has_events)
		return put_tone(stream, digit);
	if (stream->digits_count == DIGITS_WAITING_MAX)
		return BEL_ERR_BUSY;
	stream->digits[stream->digits_count++] = digit;
	return BEL_OK;
}

/* ---- sound ---- */

static void read_sound(struct bel_media_stream *stream, int16_t *samples, unsigned count,
		       const struct bel_audio_format *format)
{
	struct bel_audio_port *source;

	if (stream->tones && bel_digit_source_is_busy(stream->tones) &&
	    bel_audio_format_is_equal(&stream->tones->format, format)) {
		bel_audio_read(stream->tones, samples, count);
		return;
	}
	source = bel_outlet_port(&stream->source, stream->opts.libs, format);
	if (source)
		bel_audio_read(source, samples, count);
	else
		memset(samples, 0, count * format->channels * sizeof *samples);
}

static void speak_frame(struct bel_media_stream *stream)
{
	const struct bel_audio_format *format = bel_coder_format(stream->encoder);
	const struct mapped *mapped = &stream->map[stream->encoder_index];
	unsigned count = format->rate_hz * stream->ptime_ms / 1000;
	int16_t samples[BEL_AUDIO_FRAME_MAX];
	char buf[PACKET_BYTES_MAX];
	struct bel_writer payload = bel_writer_init(buf,
						    sizeof buf - BEL_RTP_HEADER_BYTES);
	struct bel_rtp_packet packet = { .payload_type = mapped->sends };

	read_sound(stream, samples, count, format);
	if (bel_coder_encode(&payload, stream->encoder, samples, count) || !payload.len) {
		bel_rtp_sender_skip(&stream->sender, frame_samples(stream));
		return;
	}
	packet.payload = bel_writer_str(&payload);
	bel_rtp_sender_next(&packet, &stream->sender, frame_samples(stream),
			    bel_loop_now_us(stream->opts.loop));
	send_packet(stream, &packet);
}

void bel_stream_speak(struct bel_media_stream *stream)
{
	if (!stream->encoder || stream->has_echo)
		return;
	if (!stream->may_send || bel_stream_is_keyless(stream))
		bel_rtp_sender_skip(&stream->sender, frame_samples(stream));
	else if (!speak_digit(stream))
		speak_frame(stream);
}
