/* SPDX-License-Identifier: Apache-2.0 */
#include "support/support.h"

#include <errno.h>

struct plan {
	size_t allocations_count;
	enum bel_err answer; /* what the story makes of an allocation that failed */
	size_t passes_count; /* how often it was run */
	size_t refused_count;
};

/* Allocates as planned, and gives up at the first failure or goes on without. */
static enum bel_err allocate(void *user)
{
	struct plan *plan = user;

	plan->passes_count++;
	for (size_t i = 0; i < plan->allocations_count; i++) {
		void *block = malloc(1 + i % 7);
		if (!block) {
			plan->refused_count++;
			if (plan->answer)
				return plan->answer;
		}
		free(block);
	}
	return BEL_OK;
}

static void each_allocation_fails_once_with_step_1(void **state)
{
	struct plan plan = { .allocations_count = 20, .answer = (enum bel_err) - ENOMEM };
	(void)state;

	struct bel_test_alloc_walk walk = bel_test_alloc_walk(1, allocate, &plan);
	assert_int_equal(walk.err, BEL_OK);
	assert_int_equal(walk.failing, 20);
	assert_int_equal(walk.failures_count, 20);
	assert_int_equal(plan.refused_count, 20);
	assert_int_equal(plan.passes_count, 21);
}

static void the_first_eleven_and_every_fiftieth_fail_with_step_50(void **state)
{
	struct plan plan = { .allocations_count = 101, .answer = BEL_ERR_SPACE };
	(void)state;

	/* 0 to 10, 50 and 100 fail; 150 never comes. */
	struct bel_test_alloc_walk walk = bel_test_alloc_walk(50, allocate, &plan);
	assert_int_equal(walk.err, BEL_OK);
	assert_int_equal(walk.failing, 150);
	assert_int_equal(walk.failures_count, 13);
	assert_int_equal(plan.refused_count, 13);
}

static void nothing_fails_with_step_0(void **state)
{
	struct plan plan = { .allocations_count = 5, .answer = (enum bel_err) - ENOMEM };
	(void)state;

	struct bel_test_alloc_walk walk = bel_test_alloc_walk(0, allocate, &plan);
	assert_int_equal(walk.err, BEL_OK);
	assert_int_equal(plan.passes_count, 1);
	assert_int_equal(plan.refused_count, 0);
}

static void an_error_of_another_kind_ends_the_walk(void **state)
{
	struct plan plan = { .allocations_count = 5, .answer = BEL_ERR_SYNTAX };
	(void)state;

	struct bel_test_alloc_walk walk = bel_test_alloc_walk(1, allocate, &plan);
	assert_int_equal(walk.err, BEL_ERR_SYNTAX);
	assert_int_equal(walk.failing, 0);
	assert_int_equal(walk.failures_count, 1);
}

static enum bel_err fail_always(void *user)
{
	(void)user;
	return (enum bel_err) - ENOMEM;
}

static void no_memory_where_no_allocation_failed_is_an_error(void **state)
{
	(void)state;
	struct bel_test_alloc_walk walk = bel_test_alloc_walk(1, fail_always, NULL);
	assert_int_equal(walk.err, -ENOMEM);
	assert_int_equal(walk.failures_count, 0);
}

static void a_story_may_do_without_the_memory(void **state)
{
	struct plan plan = { .allocations_count = 3, .answer = BEL_OK };
	(void)state;

	struct bel_test_alloc_walk walk = bel_test_alloc_walk(1, allocate, &plan);
	assert_int_equal(walk.err, BEL_OK);
	assert_int_equal(walk.failures_count, 3);
	assert_int_equal(plan.refused_count, 3);
}

/* One call of each kind; the number of those that were refused goes up in *user. */
static enum bel_err allocate_every_kind(void *user)
{
	size_t *refused_count = user;
	void *blocks[] = { malloc(8), calloc(2, 4), realloc(NULL, 8), strdup("text"),
			   aligned_alloc(64, 64) };

	for (size_t i = 0; i < BEL_COUNT_OF(blocks); i++) {
		*refused_count += !blocks[i];
		free(blocks[i]);
	}
	return BEL_OK;
}

static void every_kind_of_allocation_can_fail(void **state)
{
	size_t refused_count = 0;
	(void)state;

	struct bel_test_alloc_walk walk = bel_test_alloc_walk(1, allocate_every_kind,
							      &refused_count);
	assert_int_equal(walk.failures_count, 5);
	assert_int_equal(refused_count, 5);
}

static enum bel_err keep_text_when_realloc_fails(void *user)
{
	char *text = malloc(4);
	char *longer;
	(void)user;

	if (!text)
		return (enum bel_err) - ENOMEM;
	memcpy(text, "abc", 4);
	longer = realloc(text, 4096);
	assert_string_equal(longer ? longer : text, "abc");
	free(longer ? longer : text);
	return longer ? BEL_OK : (enum bel_err) - ENOMEM;
}

static void a_realloc_that_fails_leaves_the_old_block(void **state)
{
	(void)state;
	bel_test_each_allocation_fails(keep_text_when_realloc_fails, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_allocation_fails_once_with_step_1),
		cmocka_unit_test(the_first_eleven_and_every_fiftieth_fail_with_step_50),
		cmocka_unit_test(nothing_fails_with_step_0),
		cmocka_unit_test(an_error_of_another_kind_ends_the_walk),
		cmocka_unit_test(no_memory_where_no_allocation_failed_is_an_error),
		cmocka_unit_test(a_story_may_do_without_the_memory),
		cmocka_unit_test(every_kind_of_allocation_can_fail),
		cmocka_unit_test(a_realloc_that_fails_leaves_the_old_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
