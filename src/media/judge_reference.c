/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "media/judge_int.h"

enum {
	PIECES_PER_SECOND = 4,
	COARSE_HZ = 4000, /* every so many samples speak for all of a piece */
	EARLY_MS = 20,    /* than the reference, by filters and their like */
	SHIFT_MS = 30,    /* between two pieces: drift, or a frame more or less */
};

/* Pieces of the reference this much weaker than its mean are pauses: nothing is asked
 * of them. Blocks of what was heard are gaps when they are weaker than this part of what
 * should be there, in loud blocks. */
static const double pause_part = 0.05, loud_part = 0.2, gap_part = 0.01;

struct search {
	const struct bel_judge *judge;
	size_t piece; /* samples */
	size_t stride;
	double mean; /* power of the reference */
	/* sums over the pieces that could be compared, by their energy */
	double weights, alike;
	size_t compared;
	unsigned gaps;
};

/* How alike a piece of the reference is to what was heard lag samples later. */
static double likeness(const struct search *search, size_t at, ptrdiff_t lag)
{
	const int16_t *sent = search->judge->opts.reference + at;
	const int16_t *heard = search->judge->heard + ((ptrdiff_t)at + lag);
	double both = 0, sent_power = 0, heard_power = 0;

	for (size_t i = 0; i < search->piece; i += search->stride) {
		double a = sent[i], b = heard[i];
		both += a * b;
		sent_power += a * a;
		heard_power += b * b;
	}
	return sent_power > 0 && heard_power > 0 ? both / sqrt(sent_power * heard_power)
						 : 0;
}

static bool is_inside(const struct search *search, size_t at, ptrdiff_t lag)
{
	ptrdiff_t from = (ptrdiff_t)at + lag;

	return from >= 0 && (size_t)from + search->piece <= search->judge->heard_count;
}

/* The best lag in [from, to]; false: none of them lies within what was heard. */
static bool find_lag(ptrdiff_t *lag, double *best, const struct search *search, size_t at,
		     ptrdiff_t from, ptrdiff_t to)
{
	bool is_found = false;

	for (ptrdiff_t try = from; try <= to; try++) {
		if (!is_inside(search, at, try))
			continue;
		double found = likeness(search, at, try);
		if (!is_found || found > *best) {
			*best = found;
			*lag = try;
		}
		is_found = true;
	}
	return is_found;
}

static double power_of(const struct search *search, size_t at)
{
	return bel_judge_power(search->judge->opts.reference + at, search->piece);
}

/* Where the reference is loudest, its place in what was heard is surest; but it must be
 * in there, even if it comes late. False: no piece can be. */
static bool find_loudest(size_t *out, const struct search *search, ptrdiff_t late)
{
	double best = 0;

	for (size_t at = 0; at + search->piece <= search->judge->opts.reference_count;
	     at += search->piece) {
		double power = power_of(search, at);
		if (is_inside(search, at, late) && power > best) {
			best = power;
			*out = at;
		}
	}
	return best > 0;
}

static void count_gaps(struct search *search, size_t at, ptrdiff_t lag)
{
	const struct bel_judge *judge = search->judge;
	const int16_t *sent = judge->opts.reference + at;
	const int16_t *heard = judge->heard + ((ptrdiff_t)at + lag);
	double gain = bel_judge_power(heard, search->piece) / power_of(search, at);

	for (size_t i = 0; i + judge->block <= search->piece; i += judge->block) {
		double wanted = bel_judge_power(sent + i, judge->block);
		if (wanted > search->mean * loud_part &&
		    bel_judge_power(heard + i, judge->block) < wanted * gain * gap_part)
			search->gaps++;
	}
}

/* Compares one piece near the lag of its neighbour, which it corrects. */
static void compare(struct search *search, size_t at, ptrdiff_t *lag)
{
	ptrdiff_t shift = (ptrdiff_t)search->judge->block * SHIFT_MS / 10;
	double power = power_of(search, at), found = 0;
	ptrdiff_t here = *lag;

	if (power < search->mean * pause_part ||
	    !find_lag(&here, &found, search, at, *lag - shift, *lag + shift))
		return;
	search->weights += power;
	search->alike += power * fmax(0, found);
	search->compared += search->piece;
	count_gaps(search, at, here);
	if (found >= bel_judge_good)
		*lag = here;
}

void bel_judge_by_reference(struct bel_judge_result *out, const struct bel_judge *judge)
{
	uint32_t rate_hz = judge->base.format.rate_hz;
	struct search search = {
		.judge = judge,
		.piece = rate_hz / PIECES_PER_SECOND,
		.stride = rate_hz / COARSE_HZ,
		.mean = bel_judge_power(judge->opts.reference,
					judge->opts.reference_count),
	};
	size_t count = judge->opts.reference_count, start = 0;
	ptrdiff_t late = (ptrdiff_t)rate_hz * BEL_JUDGE_DELAY_MS_MAX / 1000;
	ptrdiff_t lag = 0, first, early = (ptrdiff_t)rate_hz * EARLY_MS / 1000;
	double found = 0;

	if (search.mean <= 0 || count < search.piece)
		return;
	if (!find_loudest(&start, &search, late) && !find_loudest(&start, &search, 0))
		return;
	if (!find_lag(&lag, &found, &search, start, -early, late))
		return;
	first = lag;
	for (size_t at = start; at + search.piece <= count; at += search.piece)
		compare(&search, at, &lag);
	lag = first;
	for (size_t at = start; at >= search.piece; at -= search.piece)
		compare(&search, at - search.piece, &lag);

	out->delay_ms = (unsigned)(lag < 0 ? 0 : lag * 1000 / (ptrdiff_t)rate_hz);
	out->correlation = search.weights > 0 ? search.alike / search.weights : 0;
	out->gaps = search.gaps;
	if (out->correlation >= bel_judge_good && out->gaps == 0 &&
	    search.compared * 1000 / rate_hz >= judge->opts.least_ms)
		out->verdict = BEL_JUDGE_HEARD;
}
