/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "support/sound.h"
#include "support/support.h"

void bel_sound_voice(int16_t *samples, size_t count, uint32_t rate_hz, uint64_t seed)
{
	double phase = 0, turn = 2 * acos(-1), shift = (double)(seed % 7);

	for (size_t i = 0; i < count; i++) {
		double t = (double)i / rate_hz;
		double pitch = 130 + 30 * sin(turn * 0.7 * t + shift) +
			       10 * sin(turn * 2.3 * t);
		double syllable = fmax(0.02, sin(turn * 1.9 * t + shift) +
						     0.4 * sin(turn * 0.6 * t));
		double formant = 500 + 250 * sin(turn * 1.1 * t), value = 0;

		phase += turn * pitch / rate_hz;
		for (unsigned k = 1; k <= 16; k++) {
			double away = (k * pitch - formant) / 220;
			value += (0.25 / k + exp(-away * away)) * sin(k * phase);
		}
		samples[i] = (int16_t)lrint(3200 * syllable * value);
	}
}

static uint64_t draw(uint64_t *state)
{
	*state = *state * 6364136223846793005U + 1442695040888963407U;
	return *state >> 33;
}

static unsigned decode(int16_t *samples, struct bel_coder *decoder, bel_str payload,
		       unsigned count)
{
	unsigned got = BEL_AUDIO_FRAME_MAX / BEL_AUDIO_CHANNELS_MAX;

	/* An encoder with nothing to say. */
	if (payload.len == 0) {
		bel_coder_conceal(samples, count, decoder, BEL_STR_NONE);
		return count;
	}
	assert_int_equal(bel_coder_decode(samples, &got, decoder, payload), BEL_OK);
	return got;
}

void bel_sound_send(struct sound_line *line, struct bel_media_libs *libs,
		    struct bel_audio_port *from, struct bel_audio_port *to,
		    unsigned seconds)
{
	struct bel_coder_opts opts = { .codec = line->codec,
				       .libs = libs,
				       .fmtp = line->fmtp,
				       .has_encoder = true };
	static int16_t samples[BEL_AUDIO_FRAME_MAX];
	static char packets[2][8192];
	struct bel_coder *encoder, *decoder;
	struct bel_audio_port *near, *far;
	uint64_t state = line->seed;
	bel_str held = BEL_STR_NONE;
	bool is_held_lost = false;

	assert_int_equal(bel_coder_open(&encoder, &opts), BEL_OK);
	opts = (struct bel_coder_opts){ .codec = line->decoded_as ? line->decoded_as
								  : line->codec,
					.libs = libs,
					.has_decoder = true };
	assert_int_equal(bel_coder_open(&decoder, &opts), BEL_OK);
	assert_int_equal(bel_resampler_open(&near, libs, from, bel_coder_format(encoder)),
			 BEL_OK);
	assert_int_equal(bel_resampler_open(&far, libs, to, bel_coder_format(decoder)),
			 BEL_OK);

	line->sent = line->lost = line->bytes = 0;
	unsigned ptime = line->codec->ptime_ms;
	unsigned count = bel_coder_format(encoder)->rate_hz * ptime / 1000;
	unsigned out_count = bel_coder_format(decoder)->rate_hz * ptime / 1000;
	/* One packet is held back, so that a lost one may be mended by the next. */
	for (unsigned i = 0; i <= seconds * 1000 / ptime; i++) {
		struct bel_writer writer = bel_writer_init(packets[i % 2],
							   sizeof packets[0]);
		bel_audio_read(near, samples, count);
		assert_int_equal(bel_coder_encode(&writer, encoder, samples, count),
				 BEL_OK);
		line->sent++;
		line->bytes += (unsigned)writer.len;
		bool is_lost = draw(&state) % 1000 < line->loss;
		if (i > 0 && is_held_lost) {
			line->lost++;
			memset(samples, 0, sizeof samples);
			if (line->is_concealed)
				bel_coder_conceal(samples, out_count, decoder,
						  is_lost ? BEL_STR_NONE
							  : bel_writer_str(&writer));
			bel_audio_write(far, samples, out_count);
		} else if (i > 0) {
			unsigned got = decode(samples, decoder, held, out_count);
			bel_audio_write(far, samples, got);
		}
		held = bel_writer_str(&writer);
		is_held_lost = is_lost;
	}
	bel_audio_close(near);
	bel_audio_close(far);
	bel_coder_close(encoder);
	bel_coder_close(decoder);
}
