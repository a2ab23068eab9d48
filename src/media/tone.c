/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "media/sines.h"
#include "media/source.h"

struct tone {
	struct bel_audio_port base;
	struct bel_sines sines;
	uint64_t left; /* samples; UINT64_MAX: no end */
	/* lengths in samples, on and off by turns; none: always on */
	uint64_t steps[2 * BEL_TONE_CADENCE_MAX];
	unsigned steps_count;
	unsigned step;
	uint64_t step_left;
};

static void take_step(struct tone *tone)
{
	if (tone->steps_count == 0 || tone->step_left > 0)
		return;
	do {
		tone->step = (tone->step + 1) % tone->steps_count;
	} while (tone->steps[tone->step] == 0);
	tone->step_left = tone->steps[tone->step];
	bel_sines_restart(&tone->sines);
}

static int16_t next_sample(struct tone *tone)
{
	double value;

	take_step(tone);
	if (tone->steps_count > 0) {
		tone->step_left--;
		if (tone->step % 2 != 0)
			return 0;
	}
	value = bel_sines_next(&tone->sines);
	return (int16_t)lrint(fmax(-32768, fmin(32767, value)));
}

static unsigned read_tone(struct bel_audio_port *port, int16_t *samples, unsigned count)
{
	struct tone *tone = BEL_CONTAINER_OF(port, struct tone, base);
	unsigned channels = port->format.channels;

	if (count > tone->left)
		count = (unsigned)tone->left;
	for (unsigned i = 0; i < count; i++) {
		int16_t sample = next_sample(tone);
		for (unsigned c = 0; c < channels; c++)
			*samples++ = sample;
	}
	if (tone->left != UINT64_MAX)
		tone->left -= count;
	return count;
}

static void close_tone(struct bel_audio_port *port)
{
	free(BEL_CONTAINER_OF(port, struct tone, base));
}

/* A cadence without any sound or length is none. */
static void set_cadence(struct tone *tone, const struct bel_tone_opts *opts)
{
	uint64_t rate_hz = opts->format.rate_hz, sum = 0;

	for (unsigned i = 0; i < opts->cadence_count; i++) {
		tone->steps[2 * i] = rate_hz * opts->cadence[i].on_ms / 1000;
		tone->steps[2 * i + 1] = rate_hz * opts->cadence[i].off_ms / 1000;
		sum += tone->steps[2 * i] + tone->steps[2 * i + 1];
	}
	if (sum == 0)
		return;
	tone->steps_count = 2 * opts->cadence_count;
	tone->step = tone->steps_count - 1;
}

enum bel_err bel_tone_open(struct bel_audio_port **out, const struct bel_tone_opts *opts)
{
	enum bel_err err = BEL_OK;
	struct tone *tone;

	if (!bel_audio_format_is_valid(&opts->format) ||
	    opts->parts_count > BEL_TONE_PARTS_MAX ||
	    opts->cadence_count > BEL_TONE_CADENCE_MAX)
		return BEL_ERR_LIMIT;
	tone = calloc(1, sizeof *tone);
	if (!tone)
		return bel_err_from_errno(ENOMEM);
	tone->base = (struct bel_audio_port){ .format = opts->format,
					      .read = read_tone,
					      .close = close_tone };
	bel_sines_init(&tone->sines);
	for (unsigned i = 0; i < opts->parts_count && !err; i++)
		err = bel_sines_put(&tone->sines, opts->parts[i].hz, opts->format.rate_hz,
				    bel_audio_sine_peak(opts->parts[i].level_dbm0));
	if (err) {
		free(tone);
		return err;
	}
	tone->left = opts->length_ms == 0
			     ? UINT64_MAX
			     : (uint64_t)opts->format.rate_hz * opts->length_ms / 1000;
	set_cadence(tone, opts);
	*out = &tone->base;
	return BEL_OK;
}
