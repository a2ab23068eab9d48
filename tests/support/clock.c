/* SPDX-License-Identifier: Apache-2.0
 * The linker sends the calls of clock_gettime in the rooms here. */
#include "support/clock.h"

#include <stdbool.h>
#include <time.h>

enum { CLOCKS = 2 };

/* A wrapped clock_gettime has no argument to carry this in. */
static struct {
	bool is_held;
	struct timespec at[CLOCKS]; /* CLOCK_REALTIME, CLOCK_MONOTONIC */
} clocks;

int __real_clock_gettime(clockid_t id, struct timespec *out);
int __wrap_clock_gettime(clockid_t id, struct timespec *out);

int __wrap_clock_gettime(clockid_t id, struct timespec *out)
{
	if (!clocks.is_held || id < 0 || id >= CLOCKS)
		return __real_clock_gettime(id, out);
	*out = clocks.at[id];
	return 0;
}

void bel_test_clock_hold(void)
{
	for (clockid_t id = 0; id < CLOCKS; id++)
		__real_clock_gettime(id, &clocks.at[id]);
	clocks.is_held = true;
}

void bel_test_clock_move(uint64_t ms)
{
	for (unsigned i = 0; i < CLOCKS; i++) {
		struct timespec *at = &clocks.at[i];
		long ns = at->tv_nsec + (long)(ms % 1000) * 1000000;
		at->tv_sec += (time_t)(ms / 1000) + ns / 1000000000;
		at->tv_nsec = ns % 1000000000;
	}
}

void bel_test_clock_set(int64_t by_ms)
{
	clocks.at[0].tv_sec += by_ms / 1000;
}

void bel_test_clock_let_go(void)
{
	clocks.is_held = false;
}
