/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "media/conceal.h"

enum {
	LAG_MIN_US = 2500, /* pitch of 400 to 66 Hz */
	LAG_MAX_US = 15000,
	TEMPLATE_MS = 20, /* what is compared */
	HISTORY_MS = 40,
	FULL_MS = 10, /* not yet fading */
	SILENT_MS = 60,
	BLEND_US = 5000,  /* back into what was received */
	SMOOTH_US = 1000, /* of the step where repetition begins */
	COARSE_HZ = 8000, /* how finely the pitch is looked for first */
};

struct bel_concealer {
	struct bel_audio_format format;
	unsigned history_count, filled;

	/* while something is missing */
	unsigned missing; /* samples given so far; 0: nothing is */
	unsigned lag;     /* 0: there was nothing to repeat */
	int16_t steps[BEL_AUDIO_CHANNELS_MAX];

	int16_t *cycle;    /* one pitch period, room for LAG_MAX_US */
	int16_t history[]; /* the newest last */
};

static unsigned samples_of(const struct bel_concealer *concealer, unsigned us)
{
	return (unsigned)((uint64_t)concealer->format.rate_hz * us / 1000000);
}

enum bel_err bel_concealer_open(struct bel_concealer **out,
				const struct bel_audio_format *format)
{
	size_t history_count = (size_t)format->rate_hz * HISTORY_MS / 1000;
	size_t cycle_count = (size_t)format->rate_hz * LAG_MAX_US / 1000000 + 1;
	struct bel_concealer *concealer;

	if (!bel_audio_format_is_valid(format))
		return BEL_ERR_LIMIT;
	concealer = calloc(1, sizeof *concealer + (history_count + cycle_count) *
							  format->channels *
							  sizeof(int16_t));
	if (!concealer)
		return bel_err_from_errno(ENOMEM);
	concealer->format = *format;
	concealer->history_count = (unsigned)history_count;
	concealer->cycle = concealer->history + history_count * format->channels;
	*out = concealer;
	return BEL_OK;
}

void bel_concealer_close(struct bel_concealer *concealer)
{
	free(concealer);
}

/* Appends what was played. */
static void remember(struct bel_concealer *concealer, const int16_t *samples,
		     unsigned count)
{
	unsigned size = concealer->history_count;
	size_t sample_bytes = concealer->format.channels * sizeof *samples;
	int16_t *history = concealer->history;
	size_t channels = concealer->format.channels;

	if (count > size) {
		samples += (count - size) * channels;
		count = size;
	}
	memmove(history, history + count * channels, (size - count) * sample_bytes);
	memcpy(history + (size - count) * channels, samples, count * sample_bytes);
	concealer->filled = concealer->filled + count < size ? concealer->filled + count
							     : size;
}

/* How alike the newest samples are to those lag before them, -1 to 1; the first channel
 * speaks for both, every stride-th sample for all. */
static double likeness(const struct bel_concealer *concealer, unsigned lag,
		       unsigned stride)
{
	unsigned channels = concealer->format.channels, size = concealer->history_count;
	unsigned from = size - samples_of(concealer, TEMPLATE_MS * 1000);
	double both = 0, now = 0, before = 0;

	for (unsigned i = from; i < size; i += stride) {
		double a = concealer->history[i * channels];
		double b = concealer->history[(i - lag) * channels];
		both += a * b;
		now += a * a;
		before += b * b;
	}
	return now > 0 && before > 0 ? both / sqrt(now * before) : -1;
}

static unsigned find_lag(const struct bel_concealer *concealer, unsigned from,
			 unsigned to, unsigned step, unsigned stride)
{
	unsigned best = from;
	double best_likeness = -2;

	for (unsigned lag = from; lag <= to; lag += step) {
		double found = likeness(concealer, lag, stride);
		if (found > best_likeness) {
			best_likeness = found;
			best = lag;
		}
	}
	return best;
}

static unsigned find_pitch(const struct bel_concealer *concealer)
{
	unsigned stride = concealer->format.rate_hz / COARSE_HZ;
	unsigned least = samples_of(concealer, LAG_MIN_US);
	unsigned most = samples_of(concealer, LAG_MAX_US);
	unsigned lag = find_lag(concealer, least, most, stride, stride);

	if (stride == 1)
		return lag;
	return find_lag(concealer, lag > least + stride ? lag - stride : least,
			lag + stride < most ? lag + stride : most, 1, stride);
}

/* The last pitch period, its end bent so that it leads into its beginning. */
static void make_cycle(struct bel_concealer *concealer)
{
	unsigned channels = concealer->format.channels, lag = concealer->lag;
	const int16_t *end = concealer->history + concealer->history_count * channels;
	const int16_t *start = end - lag * channels;
	unsigned bent = lag / 4;

	memcpy(concealer->cycle, start, lag * channels * sizeof *start);
	for (unsigned i = 0; i < bent * channels; i++) {
		double part = (double)(i / channels + 1) / bent;
		double late = end[(ptrdiff_t)i - (ptrdiff_t)(bent * channels)];
		double early = start[(ptrdiff_t)i - (ptrdiff_t)(bent * channels)];
		concealer->cycle[(lag - bent) * channels + i] = (int16_t)lrint(
			late * (1 - part) + early * part);
	}
	for (unsigned c = 0; c < channels; c++)
		concealer->steps[c] = (int16_t)((end[(int)c - (int)channels] -
						 start[(int)c - (int)channels]) /
						2);
}

static void begin(struct bel_concealer *concealer)
{
	concealer->lag = 0;
	if (concealer->filled < concealer->history_count)
		return;
	concealer->lag = find_pitch(concealer);
	make_cycle(concealer);
}

/* The next sample of what is missing. */
static double invent(const struct bel_concealer *concealer, unsigned at, unsigned channel)
{
	double rate_ms = concealer->format.rate_hz / 1000.0, ms = at / rate_ms;
	double smooth = SMOOTH_US / 1000.0;
	double gain = ms < FULL_MS ? 1 : (SILENT_MS - ms) / (double)(SILENT_MS - FULL_MS);
	double value;

	if (concealer->lag == 0 || gain <= 0)
		return 0;
	value = concealer->cycle[at % concealer->lag * concealer->format.channels +
				 channel];
	if (ms < smooth)
		value += 2.0 * concealer->steps[channel] * (1 - ms / smooth);
	return value * gain;
}

static int16_t clamp(double value)
{
	return (int16_t)lrint(fmax(-32768, fmin(32767, value)));
}

void bel_concealer_get(int16_t *samples, struct bel_concealer *concealer, unsigned count)
{
	unsigned channels = concealer->format.channels;
	unsigned longest = samples_of(concealer, SILENT_MS * 1000);

	if (concealer->missing == 0)
		begin(concealer);
	for (unsigned i = 0; i < count; i++)
		for (unsigned c = 0; c < channels; c++)
			samples[i * channels + c] = clamp(
				invent(concealer, concealer->missing + i, c));
	/* All is silent after the longest: it need not be counted further. */
	concealer->missing = concealer->missing + count < longest
				     ? concealer->missing + count
				     : longest;
	remember(concealer, samples, count);
}

void bel_concealer_put(struct bel_concealer *concealer, int16_t *samples, unsigned count)
{
	unsigned channels = concealer->format.channels;
	unsigned blend = samples_of(concealer, BLEND_US);

	if (concealer->missing > 0) {
		if (blend > count)
			blend = count;
		for (unsigned i = 0; i < blend * channels; i++) {
			double part = (double)(i / channels + 1) / (blend + 1);
			double old = invent(concealer, concealer->missing + i / channels,
					    i % channels);
			samples[i] = clamp(samples[i] * part + old * (1 - part));
		}
		concealer->missing = 0;
	}
	remember(concealer, samples, count);
}
