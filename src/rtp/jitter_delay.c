/* SPDX-License-Identifier: Apache-2.0
 *
 * How long a jitter buffer has to wait: a histogram of delays that forgets, and the delay
 * that all but one packet in 128 stay under. */
#include "rtp/jitter_int.h"

enum {
	/* A weight loses a 512th with every packet: half of it in about 350 of them,
	 * seven seconds of telephony. */
	FORGET_SHIFT = 9,
	PACKET_WEIGHT = 1 << 15,
	LATE_SHIFT = 7, /* one in 128 may be late */
	/* Before anything is known, one packet is taken to have been this late. */
	FIRST_GUESS_US = 40000,
	/* After so long a pause the clocks may have drifted by more than it is worth. */
	FORGOTTEN_S = 60,
};

static const int64_t no_transit = INT64_MAX;

void bel_jitter_delay_restart(struct bel_jitter_delay *delay)
{
	for (unsigned i = 0; i < BEL_DELAY_SECONDS; i++)
		delay->fastest[i].transit_us = no_transit;
}

static int64_t clamp(int64_t us, int64_t min_us, int64_t max_us)
{
	return us < min_us ? min_us : us > max_us ? max_us : us;
}

static void choose_target(struct bel_jitter_delay *delay)
{
	uint64_t total = 0, above = 0;
	unsigned bin = BEL_DELAY_BINS;

	for (unsigned i = 0; i < BEL_DELAY_BINS; i++)
		total += delay->bins[i];
	while (bin > 1 && above + delay->bins[bin - 1] <= total >> LATE_SHIFT)
		above += delay->bins[--bin];
	delay->target_us = clamp((int64_t)bin * BEL_DELAY_BIN_US, delay->min_us,
				 delay->max_us);
}

void bel_jitter_delay_init(struct bel_jitter_delay *delay, unsigned min_ms,
			   unsigned max_ms)
{
	*delay = (struct bel_jitter_delay){
		.min_us = (int64_t)min_ms * 1000,
		.max_us = (int64_t)max_ms * 1000,
	};
	delay->bins[FIRST_GUESS_US / BEL_DELAY_BIN_US - 1] = PACKET_WEIGHT;
	bel_jitter_delay_restart(delay);
	choose_target(delay);
}

int64_t bel_jitter_delay_fastest(const struct bel_jitter_delay *delay)
{
	int64_t fastest = no_transit;

	for (unsigned i = 0; i < BEL_DELAY_SECONDS; i++)
		if (delay->fastest[i].transit_us < fastest)
			fastest = delay->fastest[i].transit_us;
	return fastest == no_transit ? 0 : fastest;
}

/* Seconds in which nobody sent keep what they had for a while: a pause does not make the
 * network unknown. */
static void begin_second(struct bel_jitter_delay *delay, unsigned at, int64_t second)
{
	delay->fastest[at].second = second;
	delay->fastest[at].transit_us = no_transit;
	for (unsigned i = 0; i < BEL_DELAY_SECONDS; i++)
		if (second - delay->fastest[i].second > FORGOTTEN_S)
			delay->fastest[i].transit_us = no_transit;
}

static void note_fastest(struct bel_jitter_delay *delay, int64_t transit_us,
			 int64_t second)
{
	unsigned at = (unsigned)(second % BEL_DELAY_SECONDS);

	if (delay->fastest[at].second != second)
		begin_second(delay, at, second);
	if (transit_us < delay->fastest[at].transit_us)
		delay->fastest[at].transit_us = transit_us;
}

void bel_jitter_delay_put(struct bel_jitter_delay *delay, int64_t transit_us,
			  int64_t now_us)
{
	note_fastest(delay, transit_us, now_us / 1000000);
	int64_t late_us = transit_us - bel_jitter_delay_fastest(delay);
	int64_t bin = clamp(late_us / BEL_DELAY_BIN_US, 0, BEL_DELAY_BINS - 1);

	for (unsigned i = 0; i < BEL_DELAY_BINS; i++) {
		/* Rounded up, so that small ones end, too. */
		uint32_t forgotten = (delay->bins[i] + ((1 << FORGET_SHIFT) - 1)) >>
				     FORGET_SHIFT;
		delay->bins[i] -= forgotten;
	}
	delay->bins[bin] += PACKET_WEIGHT;
	choose_target(delay);
}
