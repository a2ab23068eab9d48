/* SPDX-License-Identifier: Apache-2.0
 * The machine's clock as the rooms and the tests read it. A test may hold it: it then
 * stands still but for what the test moves it on. Real loops with real sockets see no
 * difference, and a busy machine cannot make anything late. */
#ifndef BEL_TESTS_CLOCK_H
#define BEL_TESTS_CLOCK_H

#include <stdint.h>

/* One thread, the one whose loops turn. */
void bel_test_clock_hold(void);
void bel_test_clock_move(uint64_t ms);
/* Somebody sets the clock on the wall; the monotonic one goes on as before. */
void bel_test_clock_set(int64_t by_ms);
void bel_test_clock_let_go(void);

#endif
