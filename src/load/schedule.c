/* SPDX-License-Identifier: Apache-2.0 */
#include "load/schedule.h"

/* Thousandths of a second and microseconds, together. */
#define SCALE 1000000000ULL

uint64_t bel_load_schedule_due_us(const struct bel_load_schedule *schedule, uint64_t n)
{
	return n * SCALE / schedule->rate;
}

/* n is due when n * SCALE / rate, rounded down, is not more than what was spent. */
uint64_t bel_load_schedule_due_count(const struct bel_load_schedule *schedule,
				     uint64_t spent_us)
{
	uint64_t due = ((spent_us + 1) * schedule->rate + SCALE - 1) / SCALE;

	return due < schedule->count ? due : schedule->count;
}

uint64_t bel_load_schedule_count_for(uint32_t rate, uint64_t ms)
{
	uint64_t count = ms * rate / 1000000;

	if (count > BEL_LOAD_COUNT_MAX)
		return BEL_LOAD_COUNT_MAX;
	return count ? count : 1;
}
