/* SPDX-License-Identifier: Apache-2.0
 * The window of nonce counts of one user. */
#include "support/support.h"

#include "auth/auth.h"

static enum bel_auth_verdict take(struct bel_auth_window *window, uint32_t time_s,
				  uint32_t salt, uint32_t nc)
{
	const struct bel_auth_credentials credentials = { .nonce_time_s = time_s,
							  .nonce_salt = salt,
							  .nc = nc };

	return bel_auth_window_take(window, &credentials);
}

static void a_count_is_taken_once(void **state)
{
	struct bel_auth_window window = { .forgotten = 0 };

	(void)state;
	assert_int_equal(take(&window, 100, 1, 1), BEL_AUTH_VALID);
	assert_int_equal(take(&window, 100, 1, 1), BEL_AUTH_REPLAYED);
	assert_int_equal(take(&window, 100, 1, 2), BEL_AUTH_VALID);
	assert_int_equal(take(&window, 100, 1, 1), BEL_AUTH_REPLAYED);
	assert_int_equal(take(&window, 100, 1, 2), BEL_AUTH_REPLAYED);
	/* another nonce of the same second begins anew */
	assert_int_equal(take(&window, 100, 2, 1), BEL_AUTH_VALID);
}

static void counts_may_come_out_of_order_within_32(void **state)
{
	struct bel_auth_window window = { .forgotten = 0 };

	(void)state;
	assert_int_equal(take(&window, 100, 1, 40), BEL_AUTH_VALID);
	for (uint32_t nc = 9; nc < 40; nc++) {
		assert_int_equal(take(&window, 100, 1, nc), BEL_AUTH_VALID);
		assert_int_equal(take(&window, 100, 1, nc), BEL_AUTH_REPLAYED);
	}
	assert_int_equal(take(&window, 100, 1, 8), BEL_AUTH_REPLAYED);
	assert_int_equal(take(&window, 100, 1, 1), BEL_AUTH_REPLAYED);
}

static void a_leap_keeps_what_is_still_in_reach(void **state)
{
	struct bel_auth_window window = { .forgotten = 0 };

	(void)state;
	assert_int_equal(take(&window, 100, 1, 1), BEL_AUTH_VALID);
	assert_int_equal(take(&window, 100, 1, 32), BEL_AUTH_VALID);
	assert_int_equal(take(&window, 100, 1, 1), BEL_AUTH_REPLAYED);
	assert_int_equal(take(&window, 100, 1, UINT32_MAX), BEL_AUTH_VALID);
	assert_int_equal(take(&window, 100, 1, UINT32_MAX), BEL_AUTH_REPLAYED);
	assert_int_equal(take(&window, 100, 1, UINT32_MAX - 31), BEL_AUTH_VALID);
	assert_int_equal(take(&window, 100, 1, UINT32_MAX - 32), BEL_AUTH_REPLAYED);
}

static void the_oldest_nonce_makes_room_and_stays_away(void **state)
{
	struct bel_auth_window window = { .forgotten = 0 };

	(void)state;
	for (uint32_t i = 0; i < BEL_AUTH_WINDOW_NONCES; i++)
		assert_int_equal(take(&window, 100 + i, 1, 1), BEL_AUTH_VALID);
	assert_int_equal(take(&window, 200, 1, 1), BEL_AUTH_VALID);
	/* 100 is gone: it may have been used, so nothing on it is believed */
	assert_int_equal(take(&window, 100, 1, 2), BEL_AUTH_STALE);
	assert_int_equal(take(&window, 100, 0, 1), BEL_AUTH_STALE);
	assert_int_equal(take(&window, 99, 9, 1), BEL_AUTH_STALE);
	/* the others go on */
	for (uint32_t i = 1; i < BEL_AUTH_WINDOW_NONCES; i++)
		assert_int_equal(take(&window, 100 + i, 1, 2), BEL_AUTH_VALID);
	assert_int_equal(take(&window, 101, 1, 1), BEL_AUTH_REPLAYED);
}

static void nothing_pushed_out_is_ever_taken_again(void **state)
{
	struct bel_auth_window window = { .forgotten = 0 };
	bool is_used[64][8] = { { false } };
	uint64_t random = 42;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		uint32_t time_s = 100 + (uint32_t)(random >> 33) % 64;
		uint32_t nc = 1 + (uint32_t)(random >> 43) % 7;
		if (take(&window, time_s, 1, nc) != BEL_AUTH_VALID)
			continue;
		assert_false(is_used[time_s - 100][nc]);
		is_used[time_s - 100][nc] = true;
	}
}

/* Salts are in order: of the nonces of one second the first is pushed out first, and
 * those after it are still known to be new. */
static void devices_of_one_second_do_not_drive_each_other_out(void **state)
{
	struct bel_auth_window window = { .forgotten = 0 };

	(void)state;
	for (uint32_t device = 0; device < 7; device++)
		assert_int_equal(take(&window, 100, device, 1), BEL_AUTH_VALID);
	assert_int_equal(take(&window, 100, 0, 2), BEL_AUTH_STALE);
	for (uint32_t device = 1; device < 7; device++)
		assert_int_equal(take(&window, 100, device, 2), BEL_AUTH_VALID);
	for (uint32_t device = 7; device < 1000; device++)
		assert_int_equal(take(&window, 100, device, 1), BEL_AUTH_VALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_count_is_taken_once),
		cmocka_unit_test(counts_may_come_out_of_order_within_32),
		cmocka_unit_test(a_leap_keeps_what_is_still_in_reach),
		cmocka_unit_test(the_oldest_nonce_makes_room_and_stays_away),
		cmocka_unit_test(nothing_pushed_out_is_ever_taken_again),
		cmocka_unit_test(devices_of_one_second_do_not_drive_each_other_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
