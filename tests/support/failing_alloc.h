/* SPDX-License-Identifier: Apache-2.0
 * Allocations that fail when told to. The test programs are linked with --wrap, so every
 * malloc, calloc, realloc, strdup and aligned_alloc of the rooms and the tests comes
 * through here (those inside OpenSSL and libc do not). Nothing fails outside a walk. */
#ifndef BEL_TEST_FAILING_ALLOC_H
#define BEL_TEST_FAILING_ALLOC_H

#include <stddef.h>

#include "base/base.h"

/* A story uses the code under test from beginning to end, frees what it made, and passes
 * on the first error it meets. It is run many times, so it starts from nothing each time.
 * It asserts only on what an allocation that failed cannot change: an assertion that
 * fails leaves the walk where it stands. */
typedef enum bel_err bel_test_story(void *user);

struct bel_test_alloc_walk {
	enum bel_err err;      /* BEL_OK, or what the story returned and may not */
	size_t failing;        /* number of the allocation in the last pass, from 0 */
	size_t failures_count; /* passes in which an allocation did fail */
};

/* Runs the story with allocation n failing, once a pass, n = 0 to 10 and then the
 * multiples of `step`, until a pass ends before its n-th allocation. -ENOMEM and
 * BEL_ERR_SPACE are the answers allowed where one failed (so is BEL_OK: a cache may do
 * without), BEL_OK alone in the last pass. Step 0 makes one pass and nothing fail. Takes
 * threads that the story starts and joins into the count. */
struct bel_test_alloc_walk bel_test_alloc_walk(size_t step, bel_test_story *story,
					       void *user);

/* The walk as an assertion: step from $BELFRY_ALLOC_STEP, 50 where that is not set.
 * What a pass forgets to free is reported by the address sanitizer. */
void bel_test_each_allocation_fails(bel_test_story *story, void *user);

#endif
