/* SPDX-License-Identifier: Apache-2.0
 * The kernel's UDP sockets, over loopback. */
#include "support/support.h"

#include <errno.h>

#include "io/io.h"

struct probe {
	struct bel_loop *loop;
	struct bel_udp *udp;
	unsigned count, calls, largest_batch, unreachable;
	unsigned icmps;
	uint8_t icmp_type, icmp_code;
	bel_addr peer, local, unreachable_peer;
	size_t last_len;
	char last_byte;
	bool must_close;
};

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	struct probe *probe = user;
	const struct bel_datagram *last = &datagrams[count - 1];

	assert_in_range(count, 1, BEL_UDP_BATCH);
	probe->count += count;
	probe->calls++;
	if (count > probe->largest_batch)
		probe->largest_batch = count;
	probe->peer = last->peer;
	probe->local = last->local;
	probe->last_len = last->len;
	probe->last_byte = last->len ? last->buf[last->len - 1] : 0;
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

static void on_icmp(void *user, struct bel_udp *udp, const bel_addr *peer, uint8_t type,
		    uint8_t code, uint32_t mtu)
{
	struct probe *probe = user;

	(void)udp;
	assert_int_equal(mtu, 0);
	assert_true(bel_addr_is_equal(&probe->unreachable_peer, peer));
	probe->icmps++;
	probe->icmp_type = type;
	probe->icmp_code = code;
}

static enum bel_err open_probe(struct probe *probe, struct bel_loop *loop, bel_addr local,
			       bool is_shared)
{
	struct bel_udp_opts opts = { .local = local,
				     .is_shared = is_shared,
				     .on_datagrams = on_datagrams,
				     .on_unreachable = on_unreachable,
				     .on_icmp = on_icmp,
				     .user = probe };

	probe->loop = loop;
	return bel_udp_open(&probe->udp, loop, &opts);
}

static bel_addr loopback(uint16_t port)
{
	return bel_addr_v4(127, 0, 0, 1, port);
}

struct world {
	struct bel_loop *loop;
	struct probe alice, bob;
};

static struct world *set_up(bel_addr bob)
{
	struct world *world = calloc(1, sizeof *world);

	assert_non_null(world);
	assert_int_equal(bel_loop_open(&world->loop), BEL_OK);
	assert_int_equal(open_probe(&world->alice, world->loop, loopback(0), false),
			 BEL_OK);
	assert_int_equal(open_probe(&world->bob, world->loop, bob, false), BEL_OK);
	return world;
}

static void tear_down(struct world *world)
{
	bel_udp_close(world->alice.udp);
	bel_udp_close(world->bob.udp);
	bel_loop_close(world->loop);
	free(world);
}

/* Turns until the condition holds; loopback needs a few turns, never as many as this. */
#define TURN_UNTIL(loop, condition)                                                      \
	do {                                                                             \
		for (unsigned turn = 0; turn < 1000 && !(condition); turn++)             \
			assert_int_equal(bel_loop_turn((loop), 100), BEL_OK);            \
		assert_true(condition);                                                  \
	} while (0)

static void what_is_sent_leaves_at_the_end_of_the_turn_in_batches(void **state)
{
	struct world *world = set_up(loopback(0));
	bel_addr to = *bel_udp_local(world->bob.udp);
	(void)state;

	assert_int_not_equal(to.port, 0);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(bel_udp_send(world->alice.udp, &to, NULL, BEL_STR("x")),
				 BEL_OK);
	TURN_UNTIL(world->loop, world->bob.count == 100);
	assert_int_equal(world->bob.largest_batch, BEL_UDP_BATCH);
	assert_true(bel_addr_is_equal(&world->bob.peer, bel_udp_local(world->alice.udp)));
	assert_true(bel_addr_is_equal(&world->bob.local, &to));
	tear_down(world);
}

static void every_size_up_to_the_largest_of_ipv4_arrives_whole(void **state)
{
	static const size_t sizes[] = { 0, 1, 1472, 1473, 9000, 65507 };
	struct world *world = set_up(loopback(0));
	char *bytes = calloc(1, BEL_DATAGRAM_BYTES + 1);
	(void)state;

	for (size_t i = 0; i < BEL_COUNT_OF(sizes); i++) {
		if (sizes[i])
			bytes[sizes[i] - 1] = 'e';
		bel_udp_send(world->alice.udp, bel_udp_local(world->bob.udp), NULL,
			     (bel_str){ bytes, sizes[i] });
		TURN_UNTIL(world->loop, world->bob.count == i + 1);
		assert_int_equal(world->bob.last_len, sizes[i]);
		assert_int_equal(world->bob.last_byte, sizes[i] ? 'e' : 0);
	}
	assert_int_equal(bel_udp_send(world->alice.udp, bel_udp_local(world->bob.udp),
				      NULL, (bel_str){ bytes, BEL_DATAGRAM_BYTES + 1 }),
			 BEL_ERR_LIMIT);
	free(bytes);
	tear_down(world);
}

static void
a_wildcard_socket_knows_where_a_datagram_came_and_answers_from_there(void **state)
{
	struct world *world = set_up(bel_addr_v4(0, 0, 0, 0, 0));
	bel_addr to = bel_addr_v4(127, 0, 0, 5, bel_udp_local(world->bob.udp)->port);
	(void)state;

	bel_udp_send(world->alice.udp, &to, NULL, BEL_STR("x"));
	TURN_UNTIL(world->loop, world->bob.count == 1);
	assert_true(bel_addr_is_equal(&world->bob.local, &to));
	bel_udp_send(world->bob.udp, &world->bob.peer, &world->bob.local, BEL_STR("y"));
	TURN_UNTIL(world->loop, world->alice.count == 1);
	assert_true(bel_addr_is_equal(&world->alice.peer, &to));
	tear_down(world);
}

static void nobody_listening_is_told(void **state)
{
	struct world *world = set_up(loopback(0));
	bel_addr gone = *bel_udp_local(world->bob.udp);
	(void)state;

	bel_udp_close(world->bob.udp);
	world->bob.udp = NULL;
	bel_udp_send(world->alice.udp, &gone, NULL, BEL_STR("x"));
	TURN_UNTIL(world->loop, world->alice.unreachable == 1);
	assert_true(bel_addr_is_equal(&world->alice.unreachable_peer, &gone));
	assert_int_equal(world->alice.icmps, 1);
	assert_int_equal(world->alice.icmp_type, 3);
	assert_int_equal(world->alice.icmp_code, 3);
	/* Later ones still leave. */
	assert_int_equal(open_probe(&world->bob, world->loop, gone, false), BEL_OK);
	bel_udp_send(world->alice.udp, &gone, NULL, BEL_STR("x"));
	TURN_UNTIL(world->loop, world->bob.count == 1);
	tear_down(world);
}

static void a_taken_address_is_told_and_a_shared_one_is_shared(void **state)
{
	struct world *world = set_up(loopback(0));
	struct probe one = { 0 }, two = { 0 };
	bel_addr taken = *bel_udp_local(world->bob.udp);
	(void)state;

	assert_int_equal(open_probe(&one, world->loop, taken, false), -EADDRINUSE);
	assert_null(one.udp);
	assert_int_equal(
		open_probe(&one, world->loop, bel_addr_v4(192, 0, 2, 77, 0), false),
		-EADDRNOTAVAIL);
	assert_int_equal(open_probe(&one, world->loop, loopback(0), true), BEL_OK);
	assert_int_equal(open_probe(&two, world->loop, *bel_udp_local(one.udp), true),
			 BEL_OK);
	bel_udp_close(one.udp);
	bel_udp_close(two.udp);
	tear_down(world);
}

/* In batches there is one order; what goes by itself keeps to it. */
static void a_whole_datagram_does_not_overtake(void **state)
{
	struct world *world = set_up(loopback(0));
	const bel_addr *to = bel_udp_local(world->bob.udp);
	(void)state;

	bel_udp_send(world->alice.udp, to, NULL, BEL_STR("first"));
	assert_int_equal(bel_udp_send_whole(world->alice.udp, to, BEL_STR("second")),
			 BEL_OK);
	TURN_UNTIL(world->loop, world->bob.count == 2);
	assert_int_equal(world->bob.last_byte, 'd');
	bel_udp_send(world->alice.udp, to, NULL, BEL_STR("third"));
	TURN_UNTIL(world->loop, world->bob.count == 3);
	tear_down(world);
}

/* More sockets with something to send than there are outboxes. */
static void many_sockets_send_in_one_turn(void **state)
{
	enum { MANY = 100 };
	struct world *world = set_up(loopback(0));
	struct probe *many = calloc(MANY, sizeof *many);
	const bel_addr *to = bel_udp_local(world->bob.udp);
	(void)state;

	assert_non_null(many);
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(open_probe(&many[i], world->loop, loopback(0), false),
				 BEL_OK);
	for (unsigned k = 0; k < 3; k++) {
		for (unsigned i = 0; i < MANY; i++)
			bel_udp_send(many[i].udp, to, NULL, BEL_STR("x"));
		TURN_UNTIL(world->loop, world->bob.count == MANY * (k + 1));
	}
	for (unsigned i = 0; i < MANY; i++)
		bel_udp_close(many[i].udp);
	free(many);
	tear_down(world);
}

static struct bel_udp *open_from(struct bel_loop *loop, struct probe *probe, uint8_t host)
{
	const struct bel_udp_opts opts = { .local = bel_addr_v4(127, 0, 0, host, 0),
					   .on_datagrams = on_datagrams,
					   .user = probe };
	struct bel_udp *udp;

	assert_int_equal(bel_udp_open(&udp, loop, &opts), BEL_OK);
	return udp;
}

static void one_host_comes_to_one_socket_whatever_its_port(void **state)
{
	enum { SOCKETS = 4, HOSTS = 32, PORTS = 4 };
	struct world *world = set_up(loopback(0));
	struct probe here[SOCKETS], there = { 0 };
	struct bel_udp_opts opts = { .local = loopback(0),
				     .is_shared = true,
				     .by_host_count = SOCKETS,
				     .on_datagrams = on_datagrams };
	unsigned busy = 0;
	(void)state;

	for (unsigned i = 0; i < SOCKETS; i++) {
		here[i] = (struct probe){ .loop = world->loop };
		opts.user = &here[i];
		assert_int_equal(bel_udp_open(&here[i].udp, world->loop, &opts), BEL_OK);
		opts.local = *bel_udp_local(here[i].udp);
	}
	for (uint8_t host = 1; host <= HOSTS; host++) {
		unsigned before[SOCKETS], total = 0, receivers = 0;
		for (unsigned i = 0; i < SOCKETS; i++)
			total += before[i] = here[i].count;
		for (unsigned i = 0; i < PORTS; i++) {
			struct bel_udp *udp = open_from(world->loop, &there, host);
			bel_udp_send(udp, &opts.local, NULL, BEL_STR("x"));
			bel_udp_close(udp);
		}
		TURN_UNTIL(world->loop, here[0].count + here[1].count + here[2].count +
							here[3].count ==
						total + PORTS);
		for (unsigned i = 0; i < SOCKETS; i++)
			receivers += here[i].count > before[i];
		assert_int_equal(receivers, 1);
	}
	for (unsigned i = 0; i < SOCKETS; i++) {
		busy += here[i].count > 0;
		bel_udp_close(here[i].udp);
	}
	assert_in_range(busy, 2, SOCKETS);
	tear_down(world);
}

static void the_machine_knows_its_addresses(void **state)
{
	struct bel_loop *loop;
	bel_addr all[64], home = loopback(0);
	unsigned count;
	bool is_there = false;
	(void)state;

	assert_int_equal(bel_loop_open(&loop), BEL_OK);
	count = bel_loop_own_addrs(loop, all, BEL_COUNT_OF(all));
	assert_in_range(count, 1, BEL_COUNT_OF(all));
	assert_int_equal(bel_loop_own_addrs(loop, all, 0), count);
	for (unsigned i = 0; i < count; i++)
		is_there |= bel_addr_is_equal(&all[i], &home);
	assert_true(is_there);
	bel_loop_close(loop);
}

static void a_socket_may_be_closed_from_inside_its_callback(void **state)
{
	struct world *world = set_up(loopback(0));
	bel_addr to = *bel_udp_local(world->bob.udp);
	(void)state;

	world->bob.must_close = true;
	for (unsigned i = 0; i < 64; i++)
		bel_udp_send(world->alice.udp, &to, NULL, BEL_STR("x"));
	TURN_UNTIL(world->loop, !world->bob.udp);
	bel_loop_turn(world->loop, 0);
	assert_in_range(world->bob.count, 1, BEL_UDP_BATCH);
	tear_down(world);
}

static void what_was_sent_before_close_still_leaves(void **state)
{
	struct world *world = set_up(loopback(0));
	(void)state;

	bel_udp_send(world->alice.udp, bel_udp_local(world->bob.udp), NULL,
		     BEL_STR("last"));
	bel_udp_close(world->alice.udp);
	world->alice.udp = NULL;
	TURN_UNTIL(world->loop, world->bob.count == 1);
	tear_down(world);
}

static void the_other_family_is_refused(void **state)
{
	struct world *world = set_up(loopback(0));
	bel_addr six;
	(void)state;

	bel_addr_parse(&six, BEL_STR("[::1]:5060"), 0);
	assert_int_equal(bel_udp_send(world->alice.udp, &six, NULL, BEL_STR("x")),
			 -EAFNOSUPPORT);
	tear_down(world);
}

/* ---- how late a loop is ---- */

/* The lag while the first full batch of so many datagrams is read, after so long. */
static uint64_t read_lag(struct world *world, unsigned count, uint64_t wait_us)
{
	uint64_t lag_us = 0, until_us;

	for (unsigned i = 0; i < count; i++)
		assert_int_equal(bel_udp_send(world->alice.udp,
					      bel_udp_local(world->bob.udp), NULL,
					      BEL_STR("x")),
				 BEL_OK);
	/* A turn of alice's alone: bob's socket is read in the next one. */
	assert_int_equal(bel_loop_turn(world->loop, 0), BEL_OK);
	until_us = bel_loop_clock_ms() * 1000 + wait_us;
	while (bel_loop_clock_ms() * 1000 < until_us)
		;
	for (unsigned turn = 0; turn < count && world->bob.count < count; turn++) {
		unsigned before = world->bob.count;
		assert_int_equal(bel_loop_turn(world->loop, 0), BEL_OK);
		if (world->bob.count - before == BEL_UDP_BATCH &&
		    bel_loop_lag_us(world->loop) > lag_us)
			lag_us = bel_loop_lag_us(world->loop);
	}
	return lag_us;
}

static void a_full_batch_tells_how_long_it_has_waited(void **state)
{
	struct world *world = set_up(loopback(0));

	(void)state;
	/* From the first full one on the kernel keeps the times. */
	read_lag(world, 2 * BEL_UDP_BATCH, 0);
	world->bob.count = 0;
	assert_true(read_lag(world, 2 * BEL_UDP_BATCH, 20000) >= 19000);
	tear_down(world);
}

static void what_the_kernel_lost_is_late(void **state)
{
	struct world *world = set_up(loopback(0));
	struct probe carol = { .count = 0 };
	const struct bel_udp_opts opts = { .local = loopback(0),
					   .buffer_bytes = 32 << 10,
					   .on_datagrams = on_datagrams,
					   .user = &carol };
	uint64_t lag_us = 0;

	(void)state;
	assert_int_equal(bel_udp_open(&carol.udp, world->loop, &opts), BEL_OK);
	for (unsigned i = 0; i < 40 * BEL_UDP_BATCH; i++)
		assert_int_equal(bel_udp_send(world->alice.udp, bel_udp_local(carol.udp),
					      NULL, BEL_STR("x")),
				 BEL_OK);
	for (unsigned turn = 0; turn < 10; turn++) {
		assert_int_equal(bel_loop_turn(world->loop, 0), BEL_OK);
		if (bel_loop_lag_us(world->loop) > lag_us)
			lag_us = bel_loop_lag_us(world->loop);
	}
	assert_in_range(carol.count, BEL_UDP_BATCH, 39 * BEL_UDP_BATCH);
	assert_true(lag_us >= BEL_LOOP_LAG_LOST_US);
	bel_udp_close(carol.udp);
	tear_down(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sent_leaves_at_the_end_of_the_turn_in_batches),
		cmocka_unit_test(every_size_up_to_the_largest_of_ipv4_arrives_whole),
		cmocka_unit_test(
			a_wildcard_socket_knows_where_a_datagram_came_and_answers_from_there),
		cmocka_unit_test(nobody_listening_is_told),
		cmocka_unit_test(a_taken_address_is_told_and_a_shared_one_is_shared),
		cmocka_unit_test(a_whole_datagram_does_not_overtake),
		cmocka_unit_test(many_sockets_send_in_one_turn),
		cmocka_unit_test(one_host_comes_to_one_socket_whatever_its_port),
		cmocka_unit_test(the_machine_knows_its_addresses),
		cmocka_unit_test(a_socket_may_be_closed_from_inside_its_callback),
		cmocka_unit_test(what_was_sent_before_close_still_leaves),
		cmocka_unit_test(the_other_family_is_refused),
		cmocka_unit_test(a_full_batch_tells_how_long_it_has_waited),
		cmocka_unit_test(what_the_kernel_lost_is_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
