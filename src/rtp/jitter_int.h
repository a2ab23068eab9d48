/* SPDX-License-Identifier: Apache-2.0
 *
 * Between the files of the jitter buffer. */
#ifndef BEL_RTP_JITTER_INT_H
#define BEL_RTP_JITTER_INT_H

#include "rtp/jitter.h"

enum {
	BEL_DELAY_SECONDS = 10, /* how long the fastest packet is remembered */
	BEL_DELAY_BINS = 128,
	BEL_DELAY_BIN_US = 5000,
};

/* What delays were measured of late. Transit is arrival less timestamp on the stream's
 * own time line; delay is how much longer than the fastest. */
struct bel_jitter_delay {
	struct {
		int64_t second, transit_us;
	} fastest[BEL_DELAY_SECONDS];  /* of each of the last seconds */
	uint32_t bins[BEL_DELAY_BINS]; /* weights; the last holds all that is longer */
	int64_t min_us, max_us;        /* bounds of the target */
	int64_t target_us;
};

void bel_jitter_delay_init(struct bel_jitter_delay *delay, unsigned min_ms,
			   unsigned max_ms);
/* A new time line, over the same network. */
void bel_jitter_delay_restart(struct bel_jitter_delay *delay);
void bel_jitter_delay_put(struct bel_jitter_delay *delay, int64_t transit_us,
			  int64_t now_us);
/* The transit of the fastest packet; 0 before the first. */
int64_t bel_jitter_delay_fastest(const struct bel_jitter_delay *delay);

#endif
