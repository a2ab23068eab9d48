/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "media/judge_int.h"

enum { WINDOW_BLOCKS = 10 };

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

void bel_judge_by_tone(struct bel_judge_result *out, const struct bel_judge *judge,
		       const struct bel_judge_span *span)
{
	size_t window = (size_t)judge->block * WINDOW_BLOCKS;
	double tone = 0, all = 0;

	/* The block in which the tone begins has its edge in it. */
	for (size_t at = span->from + judge->block; at + window <= span->to;
	     at += window) {
		tone += tone_power(judge->heard + at, window, judge->opts.tone_hz,
				   judge->base.format.rate_hz);
		all += bel_judge_power(judge->heard + at, window);
	}
	out->share = all > 0 ? fmin(1, tone / all) : 0;
	out->gaps = count_gaps(judge, span);
	if (out->share >= bel_judge_good && out->gaps == 0)
		out->verdict = BEL_JUDGE_HEARD;
}
