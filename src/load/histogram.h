/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_LOAD_HISTOGRAM_H
#define BEL_LOAD_HISTOGRAM_H

#include "base/base.h"

/* How often which value was seen, in fixed memory (30 kB): values below 256 each have a
 * bucket, and every power of two above them is cut in 128 equal ones, so that a value is
 * known to 1 in 128. Values of 2^36 and more (19 hours, in microseconds) count as the
 * largest. All zero is an empty one. */
enum {
	BEL_LOAD_HISTOGRAM_EXACT = 256,
	BEL_LOAD_HISTOGRAM_STEPS = 128,
	BEL_LOAD_HISTOGRAM_BITS = 36,
	BEL_LOAD_HISTOGRAM_BUCKETS = BEL_LOAD_HISTOGRAM_EXACT +
				     (BEL_LOAD_HISTOGRAM_BITS - 8) *
					     BEL_LOAD_HISTOGRAM_STEPS,
};

struct bel_load_histogram {
	uint64_t count, sum, min, max; /* exact */
	uint64_t buckets[BEL_LOAD_HISTOGRAM_BUCKETS];
};

void bel_load_histogram_put(struct bel_load_histogram *histogram, uint64_t value);
/* Adds what the other one saw. */
void bel_load_histogram_merge(struct bel_load_histogram *histogram,
			      const struct bel_load_histogram *other);
/* The least value that at least percent (0 to 100) of all do not pass, rounded up to the
 * end of its bucket, never past the largest seen; 0 when nothing was. */
uint64_t bel_load_histogram_percentile(const struct bel_load_histogram *histogram,
				       double percent);
/* 0 when nothing was seen. */
double bel_load_histogram_mean(const struct bel_load_histogram *histogram);

#endif
