/* SPDX-License-Identifier: Apache-2.0
 * Datagrams in the simulation: who gets them, when, and what becomes of the others. */
#include "support/support.h"

#include <errno.h>

#include "io/sim.h"

enum { PORT = 5060 };

/* One socket and what it saw. */
struct probe {
	struct bel_loop *loop;
	struct bel_udp *udp;
	unsigned count, calls, largest_batch, unreachable;
	size_t last_len;
	uint64_t first_ms, last_ms;
	bel_addr peer, local, unreachable_peer;
	char last[64];
	unsigned order[4096]; /* the number that stands in each datagram */
	bool must_close;
};

struct world {
	struct bel_sim *sim;
	struct bel_sim_node *alice_node, *bob_node;
	struct probe alice, bob;
};

static bel_addr ip(uint8_t d)
{
	return bel_addr_v4(192, 0, 2, d, 0);
}

static bel_addr at(uint8_t d, uint16_t port)
{
	return bel_addr_v4(192, 0, 2, d, port);
}

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	struct probe *probe = user;

	probe->calls++;
	if (count > probe->largest_batch)
		probe->largest_batch = count;
	for (unsigned i = 0; i < count; i++) {
		uint64_t number = 0;
		bel_str text = { datagrams[i].buf, datagrams[i].len };
		if (bel_str_to_u64(&number, text, UINT32_MAX) == BEL_OK)
			probe->order[probe->count % BEL_COUNT_OF(probe->order)] =
				(unsigned)number;
		if (probe->count++ == 0)
			probe->first_ms = bel_loop_now_ms(probe->loop);
		probe->last_ms = bel_loop_now_ms(probe->loop);
		probe->peer = datagrams[i].peer;
		probe->local = datagrams[i].local;
		probe->last_len = datagrams[i].len;
		if (datagrams[i].len && datagrams[i].len < sizeof probe->last)
			memcpy(probe->last, datagrams[i].buf, datagrams[i].len);
	}
	if (probe->must_close) {
		bel_udp_close(udp);
		probe->udp = NULL;
	}
}

static void on_unreachable(void *user, struct bel_udp *udp, const bel_addr *peer,
			   enum bel_err err)
{
	struct probe *probe = user;

	(void)udp;
	assert_int_equal(err, -ECONNREFUSED);
	probe->unreachable++;
	probe->unreachable_peer = *peer;
}

static enum bel_err open_probe(struct probe *probe, struct bel_loop *loop, bel_addr local,
			       bool is_shared)
{
	struct bel_udp_opts opts = { .local = local,
				     .is_shared = is_shared,
				     .on_datagrams = on_datagrams,
				     .on_unreachable = on_unreachable,
				     .user = probe };

	probe->loop = loop;
	return bel_udp_open(&probe->udp, loop, &opts);
}

static struct world *set_up(uint64_t seed, const struct bel_sim_net *net)
{
	struct world *world = calloc(1, sizeof *world);
	bel_addr a = ip(1), b = ip(2);
	struct bel_loop *loop;

	assert_non_null(world);
	world->sim = bel_sim_new(seed, net);
	assert_non_null(world->sim);
	world->alice_node = bel_sim_node_new(world->sim, "alice", &a);
	world->bob_node = bel_sim_node_new(world->sim, "bob", &b);
	assert_int_equal(bel_sim_loop(&loop, world->alice_node), BEL_OK);
	assert_int_equal(open_probe(&world->alice, loop, at(1, PORT), false), BEL_OK);
	assert_int_equal(bel_sim_loop(&loop, world->bob_node), BEL_OK);
	assert_int_equal(open_probe(&world->bob, loop, at(2, PORT), false), BEL_OK);
	return world;
}

static void tear_down(struct world *world)
{
	bel_udp_close(world->alice.udp);
	bel_udp_close(world->bob.udp);
	bel_loop_close(world->alice.loop);
	bel_loop_close(world->bob.loop);
	bel_sim_free(world->sim);
	free(world);
}

static void send_text(struct probe *from, bel_addr to, const char *text)
{
	assert_int_equal(bel_udp_send(from->udp, &to, NULL, bel_str_from(text)), BEL_OK);
}

static void send_number(struct probe *from, bel_addr to, unsigned number)
{
	char buf[16];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	bel_write_u64(&writer, number);
	assert_int_equal(bel_udp_send(from->udp, &to, NULL, bel_writer_str(&writer)),
			 BEL_OK);
}

static void a_datagram_arrives_with_both_addresses(void **state)
{
	struct world *world = set_up(1, NULL);
	bel_addr alice = at(1, PORT), bob = at(2, PORT);
	(void)state;

	send_text(&world->alice, bob, "hello");
	assert_int_equal(world->bob.count, 0);
	bel_sim_run(world->sim, 10);
	assert_int_equal(world->bob.count, 1);
	assert_memory_equal(world->bob.last, "hello", 5);
	assert_true(bel_addr_is_equal(&world->bob.peer, &alice));
	assert_true(bel_addr_is_equal(&world->bob.local, &bob));
	tear_down(world);
}

static void an_empty_datagram_arrives(void **state)
{
	struct world *world = set_up(1, NULL);
	(void)state;

	send_text(&world->alice, at(2, PORT), "");
	bel_sim_run(world->sim, 10);
	assert_int_equal(world->bob.count, 1);
	assert_int_equal(world->bob.last_len, 0);
	tear_down(world);
}

static void the_delay_stays_within_its_bounds(void **state)
{
	struct bel_sim_net net = { .delay_min_ms = 20, .delay_max_ms = 50 };
	bool is_early = false, is_late = false;
	(void)state;

	for (uint64_t seed = 0; seed < 200; seed++) {
		struct world *world = set_up(seed, &net);
		send_text(&world->alice, at(2, PORT), "x");
		bel_sim_run(world->sim, 100);
		assert_in_range(world->bob.first_ms, 20, 50);
		is_early |= world->bob.first_ms < 25;
		is_late |= world->bob.first_ms > 45;
		tear_down(world);
	}
	assert_true(is_early && is_late);
}

static void what_waits_comes_in_batches_of_32(void **state)
{
	struct world *world = set_up(1, NULL);
	(void)state;

	for (unsigned i = 0; i < 70; i++)
		send_number(&world->alice, at(2, PORT), i);
	bel_sim_run(world->sim, 10);
	assert_int_equal(world->bob.count, 70);
	assert_int_equal(world->bob.calls, 3);
	assert_int_equal(world->bob.largest_batch, BEL_UDP_BATCH);
	tear_down(world);
}

static unsigned count_received(const struct bel_sim_net *net, unsigned sent)
{
	struct world *world = set_up(7, net);
	unsigned count;

	for (unsigned i = 0; i < sent; i++)
		send_number(&world->alice, at(2, PORT), i);
	bel_sim_run(world->sim, 10000);
	count = world->bob.count;
	tear_down(world);
	return count;
}

static void the_loss_is_what_was_asked_for(void **state)
{
	(void)state;
	assert_int_equal(count_received(&(struct bel_sim_net){ .loss = 0 }, 10000),
			 10000);
	assert_int_equal(count_received(&(struct bel_sim_net){ .loss = 1000 }, 1000), 0);
	assert_in_range(count_received(&(struct bel_sim_net){ .loss = 300 }, 10000), 6800,
			7200);
}

static void duplicates_are_as_many_as_asked_for(void **state)
{
	(void)state;
	assert_in_range(count_received(&(struct bel_sim_net){ .duplicate = 100 }, 10000),
			10850, 11150);
}

static unsigned count_inversions(unsigned reorder)
{
	struct bel_sim_net net = { .delay_min_ms = 1,
				   .delay_max_ms = 40,
				   .reorder = reorder };
	struct world *world = set_up(3, &net);
	unsigned count = 0;

	for (unsigned i = 0; i < 1000; i++) {
		send_number(&world->alice, at(2, PORT), i);
		bel_sim_run(world->sim, i + 1);
	}
	bel_sim_run(world->sim, 10000);
	assert_int_equal(world->bob.count, 1000);
	for (unsigned i = 1; i < 1000; i++)
		count += world->bob.order[i] < world->bob.order[i - 1];
	tear_down(world);
	return count;
}

static void datagrams_keep_their_order_unless_reordered(void **state)
{
	(void)state;
	assert_int_equal(count_inversions(0), 0);
	assert_in_range(count_inversions(50), 10, 200);
}

static void fragments_are_lost_more_often(void **state)
{
	struct bel_sim_net net = { .loss = 100, .mtu_bytes = 1500 };
	struct world *world = set_up(11, &net);
	char large[4000] = { 0 };
	bel_addr bob = at(2, PORT);
	(void)state;

	/* Three fragments: 0.9 ^ 3 of 2,000 get through. */
	for (unsigned i = 0; i < 2000; i++) {
		bel_udp_send(world->alice.udp, &bob, NULL,
			     (bel_str){ large, sizeof large });
		bel_sim_run(world->sim, i);
	}
	bel_sim_run(world->sim, 3000);
	assert_in_range(world->bob.count, 1458 - 100, 1458 + 100);
	tear_down(world);
}

static void a_full_buffer_drops_what_comes(void **state)
{
	struct bel_sim *sim = bel_sim_new(1, NULL);
	bel_addr a = ip(1), loopback = bel_addr_v4(127, 0, 0, 1, PORT);
	struct probe probe = { 0 };
	struct bel_udp_opts opts = { .local = loopback,
				     .buffer_bytes = 1000,
				     .on_datagrams = on_datagrams,
				     .user = &probe };
	char text[400] = { 0 };
	(void)state;

	bel_sim_loop(&probe.loop, bel_sim_node_new(sim, "a", &a));
	assert_int_equal(bel_udp_open(&probe.udp, probe.loop, &opts), BEL_OK);
	for (unsigned i = 0; i < 5; i++)
		bel_udp_send(probe.udp, &loopback, NULL, (bel_str){ text, sizeof text });
	bel_sim_run(sim, 10);
	assert_int_equal(probe.count, 2);
	bel_udp_close(probe.udp);
	bel_loop_close(probe.loop);
	bel_sim_free(sim);
}

static void nobody_listening_is_told_to_the_sender(void **state)
{
	struct world *world = set_up(1, NULL);
	bel_addr nobody = at(2, 9);
	(void)state;

	send_text(&world->alice, nobody, "x");
	bel_sim_run(world->sim, 10);
	assert_int_equal(world->alice.unreachable, 1);
	assert_true(bel_addr_is_equal(&world->alice.unreachable_peer, &nobody));
	tear_down(world);
}

static void a_crashed_node_and_a_missing_one_are_silent(void **state)
{
	struct world *world = set_up(1, NULL);
	(void)state;

	bel_sim_crash(world->bob_node);
	send_text(&world->alice, at(2, PORT), "x");
	send_text(&world->alice, at(77, PORT), "x");
	bel_sim_run(world->sim, 1000);
	assert_int_equal(world->alice.unreachable, 0);
	assert_int_equal(world->bob.count, 0);
	tear_down(world);
}

static void nothing_passes_a_cut_until_it_is_healed(void **state)
{
	struct world *world = set_up(1, NULL);
	(void)state;

	bel_sim_partition(world->sim, world->alice_node, world->bob_node, true);
	send_text(&world->alice, at(2, PORT), "x");
	send_text(&world->bob, at(1, PORT), "x");
	bel_sim_run(world->sim, 100);
	assert_int_equal(world->alice.count + world->bob.count, 0);
	bel_sim_partition(world->sim, world->bob_node, world->alice_node, false);
	send_text(&world->alice, at(2, PORT), "x");
	bel_sim_run(world->sim, 200);
	assert_int_equal(world->bob.count, 1);
	tear_down(world);
}

static void what_is_under_way_when_the_way_is_cut_is_lost(void **state)
{
	struct bel_sim_net net = { .delay_min_ms = 50, .delay_max_ms = 50 };
	struct world *world = set_up(1, &net);
	(void)state;

	send_text(&world->alice, at(2, PORT), "x");
	bel_sim_run(world->sim, 10);
	bel_sim_partition(world->sim, world->alice_node, world->bob_node, true);
	bel_sim_run(world->sim, 100);
	assert_int_equal(world->bob.count, 0);
	tear_down(world);
}

static void a_node_talks_to_itself_without_loss(void **state)
{
	struct bel_sim_net net = { .loss = 1000 };
	struct world *world = set_up(1, &net);
	(void)state;

	send_text(&world->alice, at(1, PORT), "me");
	bel_sim_run(world->sim, 10);
	assert_int_equal(world->alice.count, 1);
	assert_true(
		bel_addr_is_equal(&world->alice.peer, bel_udp_local(world->alice.udp)));
	tear_down(world);
}

static void a_wildcard_socket_names_the_address_that_was_reached(void **state)
{
	struct world *world = set_up(1, NULL);
	bel_addr second = ip(22), any = bel_addr_v4(0, 0, 0, 0, 6000), from = at(22, 0);
	bel_addr reached = at(22, 6000), alice = at(1, PORT);
	struct probe probe = { 0 };
	(void)state;

	assert_int_equal(bel_sim_node_add(world->bob_node, &second), BEL_OK);
	assert_int_equal(open_probe(&probe, world->bob.loop, any, false), BEL_OK);
	send_text(&world->alice, reached, "x");
	bel_sim_run(world->sim, 10);
	assert_true(bel_addr_is_equal(&probe.local, &reached));
	/* Sent from the first address by itself, from the other one when asked. */
	bel_udp_send(probe.udp, &alice, NULL, BEL_STR("x"));
	bel_sim_run(world->sim, 20);
	assert_true(world->alice.peer.ip[15] == 2 && world->alice.peer.port == 6000);
	bel_udp_send(probe.udp, &alice, &from, BEL_STR("x"));
	bel_sim_run(world->sim, 30);
	assert_true(world->alice.peer.ip[15] == 22);
	bel_udp_close(probe.udp);
	tear_down(world);
}

static void an_address_is_bound_once_unless_shared(void **state)
{
	struct world *world = set_up(1, NULL);
	struct probe probe = { 0 }, other = { 0 };
	struct bel_loop *loop = world->alice.loop;
	(void)state;

	assert_int_equal(open_probe(&probe, loop, at(1, PORT), false), -EADDRINUSE);
	assert_int_equal(open_probe(&probe, loop, at(1, PORT), true), -EADDRINUSE);
	assert_int_equal(open_probe(&probe, loop, bel_addr_v4(0, 0, 0, 0, PORT), false),
			 -EADDRINUSE);
	assert_int_equal(open_probe(&probe, loop, at(2, 7000), false), -EADDRNOTAVAIL);
	assert_int_equal(open_probe(&probe, loop, at(1, 7000), true), BEL_OK);
	assert_int_equal(open_probe(&other, loop, at(1, 7000), true), BEL_OK);
	bel_udp_close(probe.udp);
	bel_udp_close(other.udp);
	assert_int_equal(open_probe(&probe, loop, at(1, 7000), false), BEL_OK);
	bel_udp_close(probe.udp);
	tear_down(world);
}

static void port_0_gives_a_port_of_its_own(void **state)
{
	struct world *world = set_up(1, NULL);
	struct probe one = { 0 }, two = { 0 };
	(void)state;

	assert_int_equal(open_probe(&one, world->alice.loop, at(1, 0), false), BEL_OK);
	assert_int_equal(open_probe(&two, world->alice.loop, at(1, 0), false), BEL_OK);
	assert_in_range(bel_udp_local(one.udp)->port, 1024, UINT16_MAX);
	assert_int_not_equal(bel_udp_local(one.udp)->port, bel_udp_local(two.udp)->port);
	bel_udp_close(one.udp);
	bel_udp_close(two.udp);
	tear_down(world);
}

static void shared_sockets_split_the_peers_and_each_stays_with_one(void **state)
{
	struct world *world = set_up(1, NULL);
	struct probe workers[2] = { 0 }, phones[64];
	struct bel_loop *second;
	unsigned by_first = 0;
	(void)state;

	memset(phones, 0, sizeof phones);
	assert_int_equal(bel_sim_loop(&second, world->bob_node), BEL_OK);
	open_probe(&workers[0], world->bob.loop, at(2, 7000), true);
	open_probe(&workers[1], second, at(2, 7000), true);
	for (unsigned i = 0; i < 64; i++) {
		unsigned before = workers[0].count;
		open_probe(&phones[i], world->alice.loop, at(1, 0), false);
		for (unsigned k = 0; k < 3; k++)
			send_text(&phones[i], at(2, 7000), "x");
		bel_sim_run(world->sim, 10 * (i + 1));
		assert_true(workers[0].count == before || workers[0].count == before + 3);
		by_first += workers[0].count > before;
	}
	assert_int_equal(workers[0].count + workers[1].count, 64 * 3);
	assert_in_range(by_first, 16, 48);
	for (unsigned i = 0; i < 64; i++)
		bel_udp_close(phones[i].udp);
	bel_udp_close(workers[0].udp);
	bel_udp_close(workers[1].udp);
	bel_loop_close(second);
	tear_down(world);
}

static void a_socket_may_be_closed_from_inside_its_callback(void **state)
{
	struct world *world = set_up(1, NULL);
	(void)state;

	world->bob.must_close = true;
	for (unsigned i = 0; i < 40; i++)
		send_number(&world->alice, at(2, PORT), i);
	bel_sim_run(world->sim, 10);
	assert_int_equal(world->bob.count, 32);
	tear_down(world);
}

static void what_was_sent_before_close_still_leaves(void **state)
{
	struct world *world = set_up(1, NULL);
	(void)state;

	send_text(&world->alice, at(2, PORT), "last");
	bel_udp_close(world->alice.udp);
	world->alice.udp = NULL;
	bel_sim_run(world->sim, 10);
	assert_int_equal(world->bob.count, 1);
	tear_down(world);
}

static void after_a_crash_closing_and_sending_do_nothing(void **state)
{
	struct world *world = set_up(1, NULL);
	bel_addr bob = at(2, PORT);
	(void)state;

	bel_sim_crash(world->alice_node);
	assert_int_equal(bel_udp_send(world->alice.udp, &bob, NULL, BEL_STR("x")),
			 BEL_ERR_CLOSED);
	bel_sim_run(world->sim, 10);
	assert_int_equal(world->bob.count, 0);
	tear_down(world);
}

static void a_node_is_up_again_with_its_next_loop(void **state)
{
	struct world *world = set_up(1, NULL);
	struct probe again = { 0 };
	struct bel_loop *loop;
	(void)state;

	bel_sim_crash(world->bob_node);
	assert_int_equal(bel_sim_loop(&loop, world->bob_node), BEL_OK);
	assert_int_equal(open_probe(&again, loop, at(2, PORT), false), BEL_OK);
	send_text(&world->alice, at(2, PORT), "x");
	bel_sim_run(world->sim, 10);
	assert_int_equal(again.count, 1);
	assert_int_equal(world->bob.count, 0);
	bel_udp_close(again.udp);
	bel_loop_close(loop);
	tear_down(world);
}

static void the_other_family_is_refused(void **state)
{
	struct world *world = set_up(1, NULL);
	bel_addr six;
	(void)state;

	bel_addr_parse(&six, BEL_STR("[2001:db8::1]:5060"), 0);
	assert_int_equal(bel_udp_send(world->alice.udp, &six, NULL, BEL_STR("x")),
			 -EAFNOSUPPORT);
	tear_down(world);
}

static enum bel_err send_one(void *user)
{
	struct bel_sim *sim = bel_sim_new(1, NULL);
	bel_addr a = ip(1), to = at(1, PORT);
	struct bel_sim_node *node = sim ? bel_sim_node_new(sim, "a", &a) : NULL;
	struct probe probe = { 0 };
	enum bel_err err = (enum bel_err) - ENOMEM;
	(void)user;

	if (node)
		err = bel_sim_loop(&probe.loop, node);
	if (!err)
		err = open_probe(&probe, probe.loop, to, false);
	if (!err) {
		send_text(&probe, to, "x");
		bel_sim_run(sim, 10);
		bel_udp_close(probe.udp);
	}
	bel_loop_close(probe.loop);
	bel_sim_free(sim);
	return err;
}

static void without_memory_it_is_a_loss_or_an_error(void **state)
{
	(void)state;
	bel_test_each_allocation_fails(send_one, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_datagram_arrives_with_both_addresses),
		cmocka_unit_test(an_empty_datagram_arrives),
		cmocka_unit_test(the_delay_stays_within_its_bounds),
		cmocka_unit_test(what_waits_comes_in_batches_of_32),
		cmocka_unit_test(the_loss_is_what_was_asked_for),
		cmocka_unit_test(duplicates_are_as_many_as_asked_for),
		cmocka_unit_test(datagrams_keep_their_order_unless_reordered),
		cmocka_unit_test(fragments_are_lost_more_often),
		cmocka_unit_test(a_full_buffer_drops_what_comes),
		cmocka_unit_test(nobody_listening_is_told_to_the_sender),
		cmocka_unit_test(a_crashed_node_and_a_missing_one_are_silent),
		cmocka_unit_test(nothing_passes_a_cut_until_it_is_healed),
		cmocka_unit_test(what_is_under_way_when_the_way_is_cut_is_lost),
		cmocka_unit_test(a_node_talks_to_itself_without_loss),
		cmocka_unit_test(a_wildcard_socket_names_the_address_that_was_reached),
		cmocka_unit_test(an_address_is_bound_once_unless_shared),
		cmocka_unit_test(port_0_gives_a_port_of_its_own),
		cmocka_unit_test(shared_sockets_split_the_peers_and_each_stays_with_one),
		cmocka_unit_test(a_socket_may_be_closed_from_inside_its_callback),
		cmocka_unit_test(what_was_sent_before_close_still_leaves),
		cmocka_unit_test(after_a_crash_closing_and_sending_do_nothing),
		cmocka_unit_test(a_node_is_up_again_with_its_next_loop),
		cmocka_unit_test(the_other_family_is_refused),
		cmocka_unit_test(without_memory_it_is_a_loss_or_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
