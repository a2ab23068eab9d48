/* SPDX-License-Identifier: Apache-2.0 */
#include "load/histogram.h"

#define EXACT     BEL_LOAD_HISTOGRAM_EXACT
#define STEPS     BEL_LOAD_HISTOGRAM_STEPS
#define VALUE_MAX ((1ULL << BEL_LOAD_HISTOGRAM_BITS) - 1)

/* By how many bits a value is too long for its step; 0: it has a bucket of its own. */
static unsigned excess_of(uint64_t value)
{
	unsigned excess = 0;

	while (value >> excess >= EXACT)
		excess++;
	return excess;
}

static unsigned bucket_of(uint64_t value)
{
	unsigned excess = excess_of(value);

	if (!excess)
		return (unsigned)value;
	return EXACT + (excess - 1) * STEPS + (unsigned)(value >> excess) - STEPS;
}

/* The largest value of a bucket. */
static uint64_t end_of(unsigned bucket)
{
	unsigned excess;
	uint64_t step;

	if (bucket < EXACT)
		return bucket;
	excess = (bucket - EXACT) / STEPS + 1;
	step = STEPS + (bucket - EXACT) % STEPS;
	return ((step + 1) << excess) - 1;
}

void bel_load_histogram_put(struct bel_load_histogram *histogram, uint64_t value)
{
	if (value > VALUE_MAX)
		value = VALUE_MAX;
	if (!histogram->count || value < histogram->min)
		histogram->min = value;
	if (value > histogram->max)
		histogram->max = value;
	histogram->count++;
	histogram->sum += value;
	histogram->buckets[bucket_of(value)]++;
}

void bel_load_histogram_merge(struct bel_load_histogram *histogram,
			      const struct bel_load_histogram *other)
{
	if (!other->count)
		return;
	if (!histogram->count || other->min < histogram->min)
		histogram->min = other->min;
	if (other->max > histogram->max)
		histogram->max = other->max;
	histogram->count += other->count;
	histogram->sum += other->sum;
	for (unsigned i = 0; i < BEL_LOAD_HISTOGRAM_BUCKETS; i++)
		histogram->buckets[i] += other->buckets[i];
}

/* Which one in the order of size decides: the first of those that percent do not pass. */
static uint64_t rank_of(uint64_t count, double percent)
{
	double exact = percent / 100 * (double)count;
	uint64_t rank = exact > 0 ? (uint64_t)exact : 0;

	/* A share that cannot be written in binary must not add one: 99.9 % of 1,000. */
	if (exact - (double)rank > 1e-6)
		rank++;
	return rank < 1 ? 1 : rank > count ? count : rank;
}

uint64_t bel_load_histogram_percentile(const struct bel_load_histogram *histogram,
				       double percent)
{
	uint64_t rank, seen = 0;
	unsigned bucket = 0;

	if (!histogram->count)
		return 0;
	rank = rank_of(histogram->count, percent);
	for (seen = histogram->buckets[0]; seen < rank;)
		seen += histogram->buckets[++bucket];
	return end_of(bucket) < histogram->max ? end_of(bucket) : histogram->max;
}

double bel_load_histogram_mean(const struct bel_load_histogram *histogram)
{
	return histogram->count ? (double)histogram->sum / (double)histogram->count : 0;
}
