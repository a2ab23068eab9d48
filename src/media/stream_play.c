/* SPDX-License-Identifier: Apache-2.0
 * From the buffer to the sink, a frame at a time. */
#include "media/stream_int.h"

enum {
	FRAMES_MAX = 8,
	STANDSTILL_US = 1000 * 1000,
	AFTER_DIGIT_MS = 100,
};

static struct bel_coder *decoder_for(struct bel_media_stream *stream, int index)
{
	const struct mapped *mapped = &stream->map[index];

	if (stream->decoder && stream->decoder_index == (unsigned)index)
		return stream->decoder;
	if (mapped->codec->kind != BEL_CODEC_AUDIO)
		return NULL;
	bel_coder_close(stream->decoder);
	stream->decoder = NULL;
	/* Everything that was agreed was looked for when it was offered; without memory
	 * this frame is not heard. */
	if (bel_coder_open(&stream->decoder,
			   &(struct bel_coder_opts){ .codec = mapped->codec,
						     .libs = stream->opts.libs,
						     .has_decoder = true }))
		return NULL;
	stream->decoder_index = (unsigned)index;
	return stream->decoder;
}

static void hear_tones(struct bel_media_stream *stream, const int16_t *samples,
		       unsigned count, const struct bel_audio_format *format)
{
	if (stream->has_events || !stream->opts.port || !stream->opts.port->on_digit)
		return;
	if (!stream->digit_sink &&
	    bel_digit_sink_open(&stream->digit_sink, stream->opts.libs, format,
				stream->opts.port->on_digit, stream->opts.user))
		return;
	if (bel_audio_format_is_equal(&stream->digit_sink->format, format))
		bel_audio_write(stream->digit_sink, samples, count);
}

static void play(struct bel_media_stream *stream, const int16_t *samples, unsigned count)
{
	const struct bel_audio_format *format = bel_coder_format(stream->decoder);
	struct bel_audio_port *sink = bel_outlet_port(&stream->sink, stream->opts.libs,
						      format);

	/* Who hears a digit may close everything. */
	if (sink)
		bel_audio_write(sink, samples, count);
	hear_tones(stream, samples, count, format);
}

/* How many samples of sound a frame of the clock is. */
static unsigned samples_of(const struct bel_media_stream *stream, uint32_t clock_samples)
{
	uint64_t count = (uint64_t)clock_samples *
			 bel_coder_format(stream->decoder)->rate_hz /
			 stream->jitter_clock_hz;
	unsigned most = BEL_AUDIO_FRAME_MAX / BEL_AUDIO_CHANNELS_MAX;

	return count < most ? (unsigned)count : most;
}

/* The buffer conceals to gain time, too: that is no loss. */
static bool is_stretched(struct bel_media_stream *stream)
{
	struct bel_jitter_stats stats;

	bel_jitter_stats(&stats, stream->jitter);
	bool is = stats.stretched > stream->stretched;
	stream->stretched = stats.stretched;
	return is;
}

/* While a digit is sent there is no sound (RFC 4733 section 2.5.1.2); the buffer comes to
 * that place a little later. */
static bool is_of_digit(const struct bel_media_stream *stream)
{
	const struct bel_dtmf_receiver *digit = &stream->digit_heard;
	struct bel_jitter_stats stats;

	bel_jitter_stats(&stats, stream->jitter);
	return digit->is_active ||
	       (digit->has_last &&
		bel_loop_now_us(stream->opts.loop) - digit->last_us <
			(stats.delay_ms + AFTER_DIGIT_MS) * UINT64_C(1000));
}

static void play_missing(struct bel_media_stream *stream,
			 const struct bel_jitter_frame *frame)
{
	int16_t samples[BEL_AUDIO_FRAME_MAX];
	unsigned count;

	if (!stream->decoder)
		return;
	count = samples_of(stream, frame->samples);
	if (!is_stretched(stream) && !is_of_digit(stream))
		bel_burst_put(&stream->burst, BEL_BURST_LOST);
	bel_coder_conceal(samples, count, stream->decoder, frame->next);
	play(stream, samples, count);
}

/* RFC 3389: what silence is like until they say otherwise. */
static void take_comfort(struct bel_media_stream *stream, bel_str payload)
{
	struct bel_comfort comfort;

	if (bel_comfort_parse(&comfort, payload))
		return;
	bel_comfort_noise_set(&stream->noise, &comfort);
	stream->has_noise = true;
}

static void play_silence(struct bel_media_stream *stream,
			 const struct bel_jitter_frame *frame)
{
	int16_t samples[BEL_AUDIO_FRAME_MAX] = { 0 };
	unsigned count;

	if (!stream->decoder)
		return;
	count = samples_of(stream, frame->samples);
	if (stream->has_noise && bel_coder_format(stream->decoder)->channels == 1)
		bel_comfort_noise_get(samples, &stream->noise, count);
	play(stream, samples, count);
}

static void play_packet(struct bel_media_stream *stream,
			const struct bel_jitter_frame *frame)
{
	int index = bel_stream_find_payload(stream, frame->payload_type);
	struct bel_coder *decoder = index < 0 ? NULL : decoder_for(stream, index);
	int16_t samples[BEL_AUDIO_FRAME_MAX];
	unsigned count;

	if (index >= 0 && stream->map[index].codec->kind == BEL_CODEC_COMFORT) {
		take_comfort(stream, frame->payload);
		play_silence(stream, frame);
		return;
	}
	if (!decoder)
		return;
	count = (unsigned)BEL_AUDIO_FRAME_MAX / bel_coder_format(decoder)->channels;
	bel_burst_put(&stream->burst, BEL_BURST_PLAYED);
	if (!bel_coder_decode(samples, &count, decoder, frame->payload))
		play(stream, samples, count);
}

void bel_stream_hear(struct bel_media_stream *stream)
{
	uint64_t now_us = bel_loop_now_us(stream->opts.loop);
	struct bel_dtmf_report report;

	if (!stream->jitter || stream->has_echo)
		return;
	bel_dtmf_receiver_advance(&report, &stream->digit_heard, now_us);
	if (!stream->play_due_us || stream->play_due_us + STANDSTILL_US < now_us)
		stream->play_due_us = now_us;
	for (unsigned i = 0;
	     i < FRAMES_MAX && stream->play_due_us <= now_us && !stream->is_closed; i++) {
		struct bel_jitter_frame frame;
		bel_jitter_get(&frame, stream->jitter, stream->play_due_us);
		stream->play_due_us += (uint64_t)frame.samples * 1000000 /
				       stream->jitter_clock_hz;
		if (frame.answer == BEL_JITTER_PACKET)
			play_packet(stream, &frame);
		else if (frame.answer == BEL_JITTER_CONCEAL)
			play_missing(stream, &frame);
		else if (frame.answer == BEL_JITTER_SILENCE)
			play_silence(stream, &frame);
		if (!frame.samples)
			return;
	}
}
