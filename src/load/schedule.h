/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_LOAD_SCHEDULE_H
#define BEL_LOAD_SCHEDULE_H

#include "base/base.h"

/* When which one is due: number n (from 0) at n / rate after the start, whatever became
 * of the others. Rates are in thousandths of one a second, so that slow ones can be said.
 */
enum { BEL_LOAD_RATE_MAX = 100 * 1000 * 1000, BEL_LOAD_COUNT_MAX = 1000 * 1000 * 1000 };

struct bel_load_schedule {
	uint32_t rate;  /* thousandths a second; 1 to BEL_LOAD_RATE_MAX */
	uint64_t count; /* in all; at most BEL_LOAD_COUNT_MAX */
};

/* Microseconds after the start. */
uint64_t bel_load_schedule_due_us(const struct bel_load_schedule *schedule, uint64_t n);
/* How many are due by then, of those that there are. spent_us: at most a day. */
uint64_t bel_load_schedule_due_count(const struct bel_load_schedule *schedule,
				     uint64_t spent_us);
/* How many are due within that time: what "for a minute" means. At least 1. */
uint64_t bel_load_schedule_count_for(uint32_t rate, uint64_t ms);

#endif
