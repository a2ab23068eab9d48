/* SPDX-License-Identifier: Apache-2.0 */
#include "support/support.h"

#include <poll.h>

#include "io/io.h"
#include "io/sim.h"

static bool is_readable(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return poll(&poll_fd, 1, 0) == 1;
}

static struct bel_loop *open_loop(void)
{
	struct bel_loop *loop;

	assert_int_equal(bel_loop_open(&loop), BEL_OK);
	return loop;
}

static void a_wake_can_be_polled_for(void **state)
{
	struct bel_loop *loop = open_loop();

	(void)state;
	assert_false(is_readable(bel_loop_fd(loop)));
	bel_loop_wake(loop);
	assert_true(is_readable(bel_loop_fd(loop)));
	assert_int_equal(bel_loop_turn(loop, 0), BEL_OK);
	assert_false(is_readable(bel_loop_fd(loop)));
	bel_loop_close(loop);
}

static void on_due(void *user)
{
	++*(int *)user;
}

static void the_next_timer_says_how_long_to_wait(void **state)
{
	struct bel_loop *loop = open_loop();
	struct bel_timer timer;
	int fired = 0;

	(void)state;
	bel_timer_init(&timer, on_due, &fired);
	assert_int_equal(bel_loop_next_ms(loop), -1);
	bel_loop_read_clock(loop);
	bel_timer_start(loop, &timer, bel_loop_now_ms(loop) + 30000);
	assert_in_range(bel_loop_next_ms(loop), 1, 30010);
	bel_timer_stop(loop, &timer);
	assert_int_equal(bel_loop_next_ms(loop), -1);
	bel_timer_start(loop, &timer, bel_loop_now_ms(loop));
	while (!fired)
		assert_int_equal(bel_loop_turn(loop, bel_loop_next_ms(loop)), BEL_OK);
	assert_int_equal(fired, 1);
	bel_loop_close(loop);
}

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	(void)user;
	(void)udp;
	(void)datagrams;
	(void)count;
}

static void what_was_sent_between_turns_wants_one(void **state)
{
	struct bel_loop *loop = open_loop();
	const bel_addr here = bel_addr_v4(127, 0, 0, 1, 0);
	const struct bel_udp_opts opts = { .local = here, .on_datagrams = on_datagrams };
	struct bel_udp *udp;

	(void)state;
	assert_int_equal(bel_udp_open(&udp, loop, &opts), BEL_OK);
	assert_int_equal(bel_loop_turn(loop, 0), BEL_OK);
	assert_int_equal(bel_loop_next_ms(loop), -1);
	const bel_addr *self = bel_udp_local(udp);
	assert_int_equal(bel_udp_send(udp, self, NULL, BEL_STR("hello")), BEL_OK);
	assert_int_equal(bel_loop_next_ms(loop), 0);
	assert_int_equal(bel_loop_turn(loop, 0), BEL_OK);
	bel_udp_close(udp);
	assert_int_equal(bel_loop_next_ms(loop), 0);
	bel_loop_close(loop);
}

static void a_simulated_loop_has_nothing_to_poll(void **state)
{
	const bel_addr ip = bel_addr_v4(192, 0, 2, 1, 0);
	struct bel_sim *sim = bel_sim_new(1, NULL);
	struct bel_loop *loop;

	(void)state;
	assert_int_equal(bel_sim_loop(&loop, bel_sim_node_new(sim, "node", &ip)), BEL_OK);
	uint64_t before_ms = bel_loop_now_ms(loop);
	bel_loop_read_clock(loop);
	assert_int_equal(bel_loop_now_ms(loop), before_ms);
	assert_int_equal(bel_loop_fd(loop), -1);
	assert_int_equal(bel_loop_next_ms(loop), -1);
	bel_loop_close(loop);
	bel_sim_free(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wake_can_be_polled_for),
		cmocka_unit_test(the_next_timer_says_how_long_to_wait),
		cmocka_unit_test(what_was_sent_between_turns_wants_one),
		cmocka_unit_test(a_simulated_loop_has_nothing_to_poll),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
