/* SPDX-License-Identifier: Apache-2.0
 * spin - what a processor has left: turns in a loop, as long as nothing else wants it.
 *
 *   taskset -c CPU spin     until its standard input ends; each tenth of a second a line
 *                           "SECONDS TURNS", of the monotonic clock and since the start
 *
 * Work of the kernel in between belongs to no process, and ticks of the clock sample it
 * too rarely; but while it is done no turn is. */
#define _GNU_SOURCE
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { TURNS = 20000, NS_A_LINE = 100000000 };

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int main(void)
{
	const struct sched_param param = { .sched_priority = 0 };
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	uint64_t turns = 0, next_ns = now_ns();

	if (sched_setscheduler(0, SCHED_IDLE, &param))
		return 1;
	for (;;) {
		for (volatile unsigned i = 0; i < TURNS; i++)
			;
		turns += TURNS;
		uint64_t ns = now_ns();
		if (ns < next_ns)
			continue;
		next_ns = ns + NS_A_LINE;
		printf("%.6f %llu\n", (double)ns / 1e9, (unsigned long long)turns);
		fflush(stdout);
		if (poll(&in, 1, 0) > 0)
			return 0;
	}
}
