/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>

#include "media/judge_int.h"

enum { WINDOW_BLOCKS = 10, WINDOWS_MAX = BEL_JUDGE_SECONDS_MAX * 10 };

/* PCMU taken for PCMA leaves up to 0.96 of a tone, GSM 0.999. */
static const double pure = 0.98;

/* A block this much weaker than all together is a gap. */
static const double gap_part = 0.1;

/* Mean power of the sine of this frequency in the samples (Goertzel). */
static double tone_power(const int16_t *samples, size_t count, double hz, double rate_hz)
{
	double turn = 2 * acos(-1) * hz / rate_hz, twice_cos = 2 * cos(turn);
	double last = 0, before = 0;

	for (size_t i = 0; i < count; i++) {
		double now = samples[i] + twice_cos * last - before;
		before = last;
		last = now;
	}
	return 2 * (last * last + before * before - twice_cos * last * before) /
	       ((double)count * (double)count);
}

static unsigned count_gaps(const struct bel_judge *judge,
			   const struct bel_judge_span *span)
{
	const int16_t *heard = judge->heard;
	double usual = bel_judge_power(heard + span->from, span->to - span->from);
	unsigned gaps = 0;

	for (size_t at = span->from; at < span->to; at += judge->block)
		if (bel_judge_power(heard + at, judge->block) < usual * gap_part)
			gaps++;
	return gaps;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
	if (count == 0)
		return 0;
	qsort(values, count, sizeof *values, compare);
	return values[count / 2];
}

void bel_judge_by_tone(struct bel_judge_result *out, const struct bel_judge *judge,
		       const struct bel_judge_span *span)
{
	size_t window = (size_t)judge->block * WINDOW_BLOCKS, count = 0;
	double tone = 0, all = 0, shares[WINDOWS_MAX];

	/* The block in which the tone begins has its edge in it. */
	for (size_t at = span->from + judge->block; at + window <= span->to;
	     at += window) {
		double of_tone = tone_power(judge->heard + at, window,
					    judge->opts.tone_hz,
					    judge->base.format.rate_hz);
		double of_all = bel_judge_power(judge->heard + at, window);

		tone += of_tone;
		all += of_all;
		shares[count++] = of_all > 0 ? of_tone / of_all : 0;
	}
	out->share = all > 0 ? fmin(1, tone / all) : 0;
	out->purity = median(shares, count);
	out->gaps = count_gaps(judge, span);
	if (out->share >= bel_judge_good && out->purity >= pure && out->gaps == 0)
		out->verdict = BEL_JUDGE_HEARD;
}
