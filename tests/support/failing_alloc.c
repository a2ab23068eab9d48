/* SPDX-License-Identifier: Apache-2.0 */
#include "support/support.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { STEP_DEFAULT = 50, FIRST_ONES = 10 };

/* Allocations that still succeed before one fails; negative when none is to fail. A
 * wrapped malloc has no argument to carry this in. */
static _Atomic long left = -1;

static bool must_fail(void)
{
	return atomic_load(&left) >= 0 && atomic_fetch_sub(&left, 1) == 0;
}

static void arm(size_t n)
{
	atomic_store(&left, (long)n);
}

/* True if the allocation that was to fail has come. */
static bool disarm(void)
{
	return atomic_exchange(&left, -1) < 0;
}

static size_t pick_next(size_t n, size_t step)
{
	return n < FIRST_ONES ? n + 1 : (n / step + 1) * step;
}

static bool is_allowed(enum bel_err err)
{
	return err == BEL_OK || err == (enum bel_err) - ENOMEM || err == BEL_ERR_SPACE;
}

struct bel_test_alloc_walk bel_test_alloc_walk(size_t step, bel_test_story *story,
					       void *user)
{
	struct bel_test_alloc_walk walk = { 0 };

	if (!step) {
		walk.err = story(user);
		return walk;
	}
	for (;; walk.failing = pick_next(walk.failing, step)) {
		arm(walk.failing);
		walk.err = story(user);
		if (!disarm())
			return walk;
		walk.failures_count++;
		if (!is_allowed(walk.err))
			return walk;
	}
}

static size_t step_from_environment(void)
{
	const char *text = getenv("BELFRY_ALLOC_STEP");
	char *end;

	if (!text)
		return STEP_DEFAULT;
	unsigned long step = strtoul(text, &end, 10);
	if (end == text || *end)
		fail_msg("BELFRY_ALLOC_STEP is no number: %s", text);
	return step;
}

void bel_test_each_allocation_fails(bel_test_story *story, void *user)
{
	struct bel_test_alloc_walk walk = bel_test_alloc_walk(step_from_environment(),
							      story, user);

	if (walk.err)
		fail_msg("allocation %zu failing, after %zu that were survived: %s",
			 walk.failing, walk.failures_count, bel_err_text(walk.err));
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
char *__real_strdup(const char *text);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
char *__wrap_strdup(const char *text);

static void *refuse(void)
{
	errno = ENOMEM;
	return NULL;
}

void *__wrap_malloc(size_t size)
{
	return must_fail() ? refuse() : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return must_fail() ? refuse() : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return must_fail() ? refuse() : __real_realloc(old, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
	return must_fail() ? refuse() : __real_aligned_alloc(alignment, size);
}

char *__wrap_strdup(const char *text)
{
	return must_fail() ? refuse() : __real_strdup(text);
}
