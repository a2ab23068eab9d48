/* SPDX-License-Identifier: Apache-2.0
 * Connections in the simulation, from the handshake to every way they end. */
#include "support/support.h"

#include <errno.h>

#include "io/sim.h"

enum { PORT = 5060, BIG = 300000 };

/* One end of a connection and what its user saw. */
struct end {
	struct bel_stream *stream;
	bool is_connected, is_closed, must_close_when_told, is_lazy;
	unsigned readable_count, drained_count;
	enum bel_err err;
	uint64_t closed_ms;
	size_t read_size; /* of one receive; 0: all */
	size_t len;
	char *bytes;
};

struct world {
	struct bel_sim *sim;
	struct bel_sim_node *alice_node, *bob_node;
	struct bel_loop *alice_loop, *bob_loop;
	struct bel_listener *listener;
	struct end alice, bob;
	unsigned accepted;
	bool must_refuse;
};

static bel_addr at(uint8_t d, uint16_t port)
{
	return bel_addr_v4(192, 0, 2, d, port);
}

static void on_connected(void *user, struct bel_stream *stream)
{
	struct end *end = user;

	(void)stream;
	assert_false(end->is_connected);
	end->is_connected = true;
}

static void on_readable(void *user, struct bel_stream *stream)
{
	struct end *end = user;
	char buf[4096];
	size_t size = end->read_size ? end->read_size : sizeof buf, len;

	end->readable_count++;
	if (end->is_lazy)
		return;
	while (bel_stream_receive(&len, stream, buf, size) == BEL_OK) {
		assert_true(end->len + len <= BIG);
		memcpy(end->bytes + end->len, buf, len);
		end->len += len;
		if (end->read_size)
			return;
	}
}

static void on_drained(void *user, struct bel_stream *stream)
{
	struct end *end = user;

	assert_int_equal(bel_stream_queued(stream), 0);
	end->drained_count++;
}

static void on_closed(void *user, struct bel_stream *stream, enum bel_err err)
{
	struct end *end = user;

	assert_false(end->is_closed);
	end->is_closed = true;
	end->err = err;
	if (end->must_close_when_told) {
		bel_stream_close(stream);
		end->stream = NULL;
	}
}

static const struct bel_stream_handler handler = {
	.on_connected = on_connected,
	.on_readable = on_readable,
	.on_drained = on_drained,
	.on_closed = on_closed,
};

static void on_accept(void *user, struct bel_listener *listener,
		      struct bel_stream *stream)
{
	struct world *world = user;

	(void)listener;
	world->accepted++;
	if (world->must_refuse || world->bob.stream) {
		bel_stream_close(stream);
		return;
	}
	world->bob.stream = stream;
	bel_stream_handle(stream, &handler, &world->bob);
}

static struct world *set_up(uint64_t seed, const struct bel_sim_net *net)
{
	struct world *world = calloc(1, sizeof *world);
	bel_addr a = at(1, 0), b = at(2, 0);
	struct bel_listener_opts opts = { .local = at(2, PORT),
					  .on_accept = on_accept,
					  .user = world };

	assert_non_null(world);
	world->sim = bel_sim_new(seed, net);
	world->alice_node = bel_sim_node_new(world->sim, "alice", &a);
	world->bob_node = bel_sim_node_new(world->sim, "bob", &b);
	assert_int_equal(bel_sim_loop(&world->alice_loop, world->alice_node), BEL_OK);
	assert_int_equal(bel_sim_loop(&world->bob_loop, world->bob_node), BEL_OK);
	assert_int_equal(bel_listener_open(&world->listener, world->bob_loop, &opts),
			 BEL_OK);
	world->alice.bytes = malloc(BIG);
	world->bob.bytes = malloc(BIG);
	return world;
}

static void tear_down(struct world *world)
{
	bel_stream_close(world->alice.stream);
	bel_stream_close(world->bob.stream);
	bel_listener_close(world->listener);
	bel_loop_close(world->alice_loop);
	bel_loop_close(world->bob_loop);
	bel_sim_free(world->sim);
	free(world->alice.bytes);
	free(world->bob.bytes);
	free(world);
}

static void begin(struct world *world, bel_addr to)
{
	assert_int_equal(bel_stream_connect(&world->alice.stream, world->alice_loop, &to,
					    NULL, &handler, &world->alice),
			 BEL_OK);
}

static struct world *set_up_connected(uint64_t seed, const struct bel_sim_net *net)
{
	struct world *world = set_up(seed, net);

	begin(world, at(2, PORT));
	bel_sim_run(world->sim, 500);
	assert_true(world->alice.is_connected);
	assert_non_null(world->bob.stream);
	return world;
}

static void send_text(struct end *end, const char *text)
{
	assert_int_equal(bel_stream_send(end->stream, bel_str_from(text)), BEL_OK);
}

static void assert_got(const struct end *end, const char *text)
{
	assert_str(((bel_str){ end->bytes, end->len }), text);
}

static char *make_pattern(void)
{
	char *bytes = malloc(BIG);

	assert_non_null(bytes);
	for (size_t i = 0; i < BIG; i++)
		bytes[i] = (char)(i * 7 + i / 251);
	return bytes;
}

static void both_ends_know_both_addresses(void **state)
{
	struct world *world = set_up_connected(1, NULL);
	bel_addr bob = at(2, PORT);
	(void)state;

	assert_true(bel_addr_is_equal(bel_stream_peer(world->alice.stream), &bob));
	assert_true(bel_addr_is_equal(bel_stream_local(world->bob.stream), &bob));
	assert_true(bel_addr_is_equal(bel_stream_local(world->alice.stream),
				      bel_stream_peer(world->bob.stream)));
	assert_int_equal(world->accepted, 1);
	tear_down(world);
}

static void bytes_arrive_in_order_whatever_the_network_does(void **state)
{
	struct bel_sim_net net = { .loss = 300,
				   .duplicate = 100,
				   .reorder = 300,
				   .delay_min_ms = 5,
				   .delay_max_ms = 80,
				   .stream_split = 700 };
	char *bytes = make_pattern();
	(void)state;

	for (uint64_t seed = 0; seed < 20; seed++) {
		struct world *world = set_up_connected(seed, &net);
		size_t sent = 0;
		while (sent < BIG) {
			size_t len = 1 + (size_t)bel_sim_draw(world->sim, 9000);
			len = len < BIG - sent ? len : BIG - sent;
			assert_int_equal(bel_stream_send(world->alice.stream,
							 (bel_str){ bytes + sent, len }),
					 BEL_OK);
			sent += len;
		}
		assert_true(bel_sim_run_quiet(world->sim, 600000));
		assert_int_equal(world->bob.len, BIG);
		assert_memory_equal(world->bob.bytes, bytes, BIG);
		tear_down(world);
	}
	free(bytes);
}

static void what_is_sent_before_the_connection_stands_is_kept(void **state)
{
	struct world *world = set_up(1, NULL);
	(void)state;

	begin(world, at(2, PORT));
	send_text(&world->alice, "early");
	assert_int_equal(bel_stream_queued(world->alice.stream), 5);
	bel_sim_run(world->sim, 100);
	assert_got(&world->bob, "early");
	tear_down(world);
}

static void a_write_can_arrive_in_two_pieces(void **state)
{
	struct bel_sim_net net = { .delay_min_ms = 10,
				   .delay_max_ms = 10,
				   .stream_split = 1000 };
	struct world *world = set_up_connected(1, &net);
	(void)state;

	send_text(&world->alice, "one message");
	bel_sim_run(world->sim, 1000);
	assert_got(&world->bob, "one message");
	assert_int_equal(world->bob.readable_count, 2);
	tear_down(world);
}

static void nobody_listening_is_refused(void **state)
{
	struct world *world = set_up(1, NULL);
	(void)state;

	begin(world, at(2, 9));
	assert_false(world->alice.is_closed);
	bel_sim_run(world->sim, 100);
	assert_false(world->alice.is_connected);
	assert_int_equal(world->alice.err, -ECONNREFUSED);
	tear_down(world);
}

static void a_silent_address_times_out_after_two_minutes(void **state)
{
	struct world *world = set_up(1, NULL);
	(void)state;

	begin(world, at(99, PORT));
	bel_sim_run(world->sim, 126000);
	assert_false(world->alice.is_closed);
	bel_sim_run(world->sim, 129000);
	assert_int_equal(world->alice.err, -ETIMEDOUT);
	tear_down(world);
}

static void a_connect_through_a_cut_succeeds_when_it_heals(void **state)
{
	struct world *world = set_up(1, NULL);
	(void)state;

	bel_sim_partition(world->sim, world->alice_node, world->bob_node, true);
	begin(world, at(2, PORT));
	bel_sim_run(world->sim, 10000);
	assert_false(world->alice.is_connected || world->alice.is_closed);
	bel_sim_partition(world->sim, world->alice_node, world->bob_node, false);
	bel_sim_run(world->sim, 30000);
	assert_true(world->alice.is_connected);
	tear_down(world);
}

static void the_end_is_told_after_everything_was_read(void **state)
{
	struct world *world = set_up_connected(1, NULL);
	(void)state;

	world->bob.read_size = 1;
	send_text(&world->alice, "goodbye");
	bel_stream_close(world->alice.stream);
	world->alice.stream = NULL;
	bel_sim_run(world->sim, 1000);
	assert_got(&world->bob, "goodbye");
	assert_true(world->bob.is_closed);
	assert_int_equal(world->bob.err, BEL_ERR_CLOSED);
	assert_int_equal(bel_stream_send(world->bob.stream, BEL_STR("x")),
			 BEL_ERR_CLOSED);
	tear_down(world);
}

static void closing_with_unread_bytes_resets_the_peer(void **state)
{
	struct world *world = set_up_connected(1, NULL);
	(void)state;

	bel_stream_pause(world->bob.stream, true);
	send_text(&world->alice, "unread");
	bel_sim_run(world->sim, 600);
	bel_stream_close(world->bob.stream);
	world->bob.stream = NULL;
	bel_sim_run(world->sim, 700);
	assert_int_equal(world->alice.err, -ECONNRESET);
	tear_down(world);
}

static void an_accepted_stream_may_be_closed_at_once(void **state)
{
	struct world *world = set_up(1, NULL);
	(void)state;

	world->must_refuse = true;
	world->alice.must_close_when_told = true;
	begin(world, at(2, PORT));
	bel_sim_run(world->sim, 100);
	assert_int_equal(world->accepted, 1);
	assert_true(world->alice.is_closed);
	tear_down(world);
}

static void a_paused_stream_is_not_read_and_pushes_back(void **state)
{
	struct world *world = set_up_connected(1, NULL);
	char *bytes = make_pattern();
	(void)state;

	bel_stream_pause(world->bob.stream, true);
	assert_int_equal(bel_stream_send(world->alice.stream, (bel_str){ bytes, BIG }),
			 BEL_OK);
	bel_sim_run(world->sim, 2000);
	assert_int_equal(world->bob.len, 0);
	/* A window's worth has left, the rest waits. */
	assert_int_equal(bel_stream_queued(world->alice.stream), BIG - 65536);
	assert_int_equal(world->alice.drained_count, 0);
	bel_stream_pause(world->bob.stream, false);
	bel_sim_run(world->sim, 10000);
	assert_int_equal(world->bob.len, BIG);
	assert_memory_equal(world->bob.bytes, bytes, BIG);
	assert_int_equal(world->alice.drained_count, 1);
	free(bytes);
	tear_down(world);
}

static void more_than_the_limit_is_busy(void **state)
{
	struct world *world = set_up(1, NULL);
	(void)state;

	begin(world, at(2, PORT));
	bel_stream_limit(world->alice.stream, 10);
	send_text(&world->alice, "123456");
	assert_int_equal(bel_stream_send(world->alice.stream, BEL_STR("78901")),
			 BEL_ERR_BUSY);
	send_text(&world->alice, "7890");
	bel_sim_run(world->sim, 100);
	assert_got(&world->bob, "1234567890");
	tear_down(world);
}

static void who_reads_nothing_is_asked_again_as_time_passes(void **state)
{
	struct world *world = set_up_connected(1, NULL);
	(void)state;

	world->bob.is_lazy = true;
	send_text(&world->alice, "x");
	bel_sim_run(world->sim, 600);
	assert_in_range(world->bob.readable_count, 50, 150);
	world->bob.is_lazy = false;
	bel_sim_run(world->sim, 700);
	assert_got(&world->bob, "x");
	tear_down(world);
}

static void the_death_of_a_process_resets_its_peers(void **state)
{
	struct world *world = set_up_connected(1, NULL);
	(void)state;

	bel_sim_crash(world->bob_node);
	bel_sim_run(world->sim, 600);
	assert_int_equal(world->alice.err, -ECONNRESET);
	assert_false(world->bob.is_closed);
	tear_down(world);
}

static void without_power_a_sender_gives_up_after_a_quarter_of_an_hour(void **state)
{
	struct world *world = set_up_connected(1, NULL);
	(void)state;

	bel_sim_power_off(world->bob_node);
	send_text(&world->alice, "anyone?");
	bel_sim_run(world->sim, 900 * 1000);
	assert_false(world->alice.is_closed);
	bel_sim_run(world->sim, 1100 * 1000);
	assert_int_equal(world->alice.err, -ETIMEDOUT);
	tear_down(world);
}

static void without_power_an_idle_peer_notices_after_two_hours(void **state)
{
	struct world *world = set_up_connected(1, NULL);
	(void)state;

	bel_sim_power_off(world->bob_node);
	assert_true(bel_sim_run_quiet(world->sim, 1000));
	bel_sim_run(world->sim, 7100 * 1000);
	assert_false(world->alice.is_closed);
	bel_sim_run(world->sim, 7300 * 1000);
	assert_int_equal(world->alice.err, -ETIMEDOUT);
	tear_down(world);
}

static void a_node_that_came_back_resets_old_connections(void **state)
{
	struct world *world = set_up_connected(1, NULL);
	struct bel_loop *loop;
	(void)state;

	bel_sim_power_off(world->bob_node);
	bel_sim_run(world->sim, 5000);
	assert_int_equal(bel_sim_loop(&loop, world->bob_node), BEL_OK);
	send_text(&world->alice, "still there?");
	bel_sim_run(world->sim, 20000);
	assert_int_equal(world->alice.err, -ECONNRESET);
	bel_loop_close(loop);
	tear_down(world);
}

static void a_short_cut_only_delays(void **state)
{
	struct world *world = set_up_connected(1, NULL);
	(void)state;

	bel_sim_partition(world->sim, world->alice_node, world->bob_node, true);
	send_text(&world->alice, "late");
	bel_sim_run(world->sim, 20000);
	assert_int_equal(world->bob.len, 0);
	bel_sim_partition(world->sim, world->alice_node, world->bob_node, false);
	bel_sim_run(world->sim, 60000);
	assert_got(&world->bob, "late");
	assert_false(world->alice.is_closed || world->bob.is_closed);
	tear_down(world);
}

static void a_long_cut_ends_the_connection_for_the_sender(void **state)
{
	struct world *world = set_up_connected(1, NULL);
	(void)state;

	bel_sim_partition(world->sim, world->alice_node, world->bob_node, true);
	send_text(&world->alice, "x");
	bel_sim_run(world->sim, 1200 * 1000);
	assert_int_equal(world->alice.err, -ETIMEDOUT);
	assert_false(world->bob.is_closed);
	tear_down(world);
}

static void a_paused_listener_leaves_connections_waiting(void **state)
{
	struct world *world = set_up(1, NULL);
	(void)state;

	bel_listener_pause(world->listener, true);
	begin(world, at(2, PORT));
	send_text(&world->alice, "hello");
	bel_sim_run(world->sim, 1000);
	/* The kernel has answered, nobody has accepted. */
	assert_true(world->alice.is_connected);
	assert_int_equal(world->accepted, 0);
	bel_listener_pause(world->listener, false);
	bel_sim_run(world->sim, 2000);
	assert_int_equal(world->accepted, 1);
	assert_got(&world->bob, "hello");
	tear_down(world);
}

static void closing_a_listener_resets_who_waits_there(void **state)
{
	struct world *world = set_up(1, NULL);
	(void)state;

	bel_listener_pause(world->listener, true);
	begin(world, at(2, PORT));
	bel_sim_run(world->sim, 1000);
	bel_listener_close(world->listener);
	world->listener = NULL;
	bel_sim_run(world->sim, 2000);
	assert_int_equal(world->alice.err, -ECONNRESET);
	tear_down(world);
}

static void a_node_connects_to_itself(void **state)
{
	struct world *world = set_up(1, NULL);
	bel_addr bob = at(2, PORT);
	(void)state;

	assert_int_equal(bel_stream_connect(&world->alice.stream, world->bob_loop, &bob,
					    NULL, &handler, &world->alice),
			 BEL_OK);
	send_text(&world->alice, "me");
	bel_sim_run(world->sim, 100);
	assert_got(&world->bob, "me");
	bel_stream_close(world->alice.stream);
	world->alice.stream = NULL;
	tear_down(world);
}

static void a_crash_leaves_nothing_to_close_but_memory(void **state)
{
	struct bel_sim_net net = { .delay_min_ms = 10, .delay_max_ms = 10 };
	struct world *world = set_up_connected(1, &net);
	(void)state;

	send_text(&world->alice, "x");
	bel_sim_run(world->sim, 501);
	bel_sim_crash(world->alice_node);
	bel_sim_power_off(world->bob_node);
	bel_sim_run(world->sim, 100000);
	assert_int_equal(world->alice.readable_count + world->bob.readable_count, 0);
	tear_down(world);
}

static void on_packet(void *user, const struct bel_sim_packet *packet)
{
	unsigned *count = user;

	assert_true(packet->is_stream);
	assert_false(packet->is_lost);
	assert_str(packet->bytes, "traced");
	++*count;
}

static void writes_are_traced_whole_as_they_leave(void **state)
{
	struct bel_sim_net net = { .stream_split = 1000 };
	struct world *world = set_up_connected(1, &net);
	unsigned count = 0;
	(void)state;

	bel_sim_on_packet(world->sim, on_packet, &count);
	send_text(&world->alice, "traced");
	bel_sim_run(world->sim, 600);
	assert_int_equal(count, 1);
	tear_down(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ends_know_both_addresses),
		cmocka_unit_test(bytes_arrive_in_order_whatever_the_network_does),
		cmocka_unit_test(what_is_sent_before_the_connection_stands_is_kept),
		cmocka_unit_test(a_write_can_arrive_in_two_pieces),
		cmocka_unit_test(nobody_listening_is_refused),
		cmocka_unit_test(a_silent_address_times_out_after_two_minutes),
		cmocka_unit_test(a_connect_through_a_cut_succeeds_when_it_heals),
		cmocka_unit_test(the_end_is_told_after_everything_was_read),
		cmocka_unit_test(closing_with_unread_bytes_resets_the_peer),
		cmocka_unit_test(an_accepted_stream_may_be_closed_at_once),
		cmocka_unit_test(a_paused_stream_is_not_read_and_pushes_back),
		cmocka_unit_test(more_than_the_limit_is_busy),
		cmocka_unit_test(who_reads_nothing_is_asked_again_as_time_passes),
		cmocka_unit_test(the_death_of_a_process_resets_its_peers),
		cmocka_unit_test(
			without_power_a_sender_gives_up_after_a_quarter_of_an_hour),
		cmocka_unit_test(without_power_an_idle_peer_notices_after_two_hours),
		cmocka_unit_test(a_node_that_came_back_resets_old_connections),
		cmocka_unit_test(a_short_cut_only_delays),
		cmocka_unit_test(a_long_cut_ends_the_connection_for_the_sender),
		cmocka_unit_test(a_paused_listener_leaves_connections_waiting),
		cmocka_unit_test(closing_a_listener_resets_who_waits_there),
		cmocka_unit_test(a_node_connects_to_itself),
		cmocka_unit_test(a_crash_leaves_nothing_to_close_but_memory),
		cmocka_unit_test(writes_are_traced_whole_as_they_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
