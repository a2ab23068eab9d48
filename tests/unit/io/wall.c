/* SPDX-License-Identifier: Apache-2.0
 * The wall clock of a loop, on a machine whose clock is set meanwhile. */
#include "support/clock.h"
#include "support/support.h"

#include "io/io.h"

static void a_clock_that_is_set_moves_no_wall(void **state)
{
	static const int64_t sets_ms[] = { 86400000, -86400000, -3600000, 1000 };
	struct bel_loop *loop;
	uint64_t wall_ms;

	(void)state;
	bel_test_clock_hold();
	assert_int_equal(bel_loop_open(&loop), BEL_OK);
	wall_ms = bel_loop_wall_ms(loop);
	for (size_t i = 0; i < BEL_COUNT_OF(sets_ms); i++) {
		bel_test_clock_set(sets_ms[i]);
		bel_test_clock_move(1500);
		bel_loop_turn(loop, 0);
		wall_ms += 1500;
		assert_int_equal(bel_loop_wall_ms(loop), wall_ms);
	}
	bel_loop_close(loop);
	bel_test_clock_let_go();
}

static void a_loop_opens_with_the_wall_of_then(void **state)
{
	struct bel_loop *before, *after;

	(void)state;
	bel_test_clock_hold();
	assert_int_equal(bel_loop_open(&before), BEL_OK);
	bel_test_clock_set(86400000);
	assert_int_equal(bel_loop_open(&after), BEL_OK);
	assert_int_equal(bel_loop_wall_ms(after), bel_loop_wall_ms(before) + 86400000);
	bel_loop_close(before);
	bel_loop_close(after);
	bel_test_clock_let_go();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clock_that_is_set_moves_no_wall),
		cmocka_unit_test(a_loop_opens_with_the_wall_of_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
