/* SPDX-License-Identifier: Apache-2.0
 * The kinds of NAT by what they let pass: RFC 4787 sections 4 and 5. */
#include "support/support.h"

#include "io/sim.h"

enum { PORT = 5060 };

/* Where the last datagram seen came from. */
struct probe {
	struct bel_loop *loop;
	struct bel_udp *udp;
	unsigned count;
	bel_addr peer;
};

/* One phone at 10.0.0.2 behind 198.51.100.1, two public hosts with two ports each. */
struct world {
	struct bel_sim *sim;
	struct bel_sim_node *nodes[3];
	struct probe phone, one, one_other_port, two;
};

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	struct probe *probe = user;

	(void)udp;
	probe->count += count;
	probe->peer = datagrams[count - 1].peer;
}

static void open_probe(struct probe *probe, struct bel_loop *loop, bel_addr local)
{
	struct bel_udp_opts opts = { .local = local,
				     .on_datagrams = on_datagrams,
				     .user = probe };

	probe->loop = loop;
	assert_int_equal(bel_udp_open(&probe->udp, loop, &opts), BEL_OK);
}

static bel_addr outer(void)
{
	return bel_addr_v4(198, 51, 100, 1, 0);
}

static bel_addr inner(void)
{
	return bel_addr_v4(10, 0, 0, 2, PORT);
}

static bel_addr public_at(uint8_t d, uint16_t port)
{
	return bel_addr_v4(192, 0, 2, d, port);
}

static struct bel_loop *add_node(struct world *world, unsigned index, const char *name,
				 bel_addr ip)
{
	struct bel_loop *loop;

	ip.port = 0;
	world->nodes[index] = bel_sim_node_new(world->sim, name, &ip);
	assert_int_equal(bel_sim_loop(&loop, world->nodes[index]), BEL_OK);
	return loop;
}

static struct world *set_up(enum bel_sim_nat_kind kind)
{
	struct world *world = calloc(1, sizeof *world);
	bel_addr outside = outer();
	struct bel_loop *loop;

	assert_non_null(world);
	world->sim = bel_sim_new(1, NULL);
	loop = add_node(world, 0, "phone", inner());
	assert_int_equal(bel_sim_node_nat(world->nodes[0], kind, &outside, 30), BEL_OK);
	open_probe(&world->phone, loop, inner());
	loop = add_node(world, 1, "one", public_at(1, 0));
	open_probe(&world->one, loop, public_at(1, PORT));
	open_probe(&world->one_other_port, loop, public_at(1, 7000));
	loop = add_node(world, 2, "two", public_at(2, 0));
	open_probe(&world->two, loop, public_at(2, PORT));
	return world;
}

static void tear_down(struct world *world)
{
	bel_udp_close(world->phone.udp);
	bel_udp_close(world->one.udp);
	bel_udp_close(world->one_other_port.udp);
	bel_udp_close(world->two.udp);
	bel_loop_close(world->phone.loop);
	bel_loop_close(world->one.loop);
	bel_loop_close(world->two.loop);
	bel_sim_free(world->sim);
	free(world);
}

/* True if what is sent now gets there. */
static bool passes(struct world *world, struct probe *from, struct probe *to,
		   bel_addr address)
{
	unsigned before = to->count;

	bel_udp_send(from->udp, &address, NULL, BEL_STR("x"));
	bel_sim_run(world->sim, bel_sim_now_ms(world->sim) + 10);
	return to->count > before;
}

static void each_kind_lets_in_what_rfc_4787_says(void **state)
{
	static const struct {
		enum bel_sim_nat_kind kind;
		bool same_address, other_port, other_host;
	} rows[] = {
		{ BEL_NAT_FULL_CONE, true, true, true },
		{ BEL_NAT_RESTRICTED, true, true, false },
		{ BEL_NAT_PORT_RESTRICTED, true, false, false },
		{ BEL_NAT_SYMMETRIC, true, false, false },
	};
	(void)state;

	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct world *world = set_up(rows[i].kind);
		assert_true(
			passes(world, &world->phone, &world->one, public_at(1, PORT)));
		bel_addr mapped = world->one.peer, outside = outer();
		assert_true(bel_addr_is_same_host(&mapped, &outside));
		assert_int_equal(passes(world, &world->one, &world->phone, mapped),
				 rows[i].same_address);
		assert_int_equal(
			passes(world, &world->one_other_port, &world->phone, mapped),
			rows[i].other_port);
		assert_int_equal(passes(world, &world->two, &world->phone, mapped),
				 rows[i].other_host);
		tear_down(world);
	}
}

static void only_the_symmetric_kind_maps_by_destination(void **state)
{
	(void)state;
	for (unsigned kind = BEL_NAT_FULL_CONE; kind <= BEL_NAT_SYMMETRIC; kind++) {
		struct world *world = set_up((enum bel_sim_nat_kind)kind);
		assert_true(
			passes(world, &world->phone, &world->one, public_at(1, PORT)));
		assert_true(
			passes(world, &world->phone, &world->two, public_at(2, PORT)));
		assert_int_equal(bel_addr_is_equal(&world->one.peer, &world->two.peer),
				 kind != BEL_NAT_SYMMETRIC);
		tear_down(world);
	}
}

static void a_binding_lives_as_long_as_packets_leave(void **state)
{
	struct world *world = set_up(BEL_NAT_PORT_RESTRICTED);
	bel_addr mapped;
	(void)state;

	assert_true(passes(world, &world->phone, &world->one, public_at(1, PORT)));
	mapped = world->one.peer;
	bel_sim_run(world->sim, 25000);
	assert_true(passes(world, &world->phone, &world->one, public_at(1, PORT)));
	assert_true(bel_addr_is_equal(&world->one.peer, &mapped));
	bel_sim_run(world->sim, 50000);
	assert_true(passes(world, &world->one, &world->phone, mapped));
	/* What comes in does not refresh. */
	bel_sim_run(world->sim, 56000);
	assert_false(passes(world, &world->one, &world->phone, mapped));
	assert_true(passes(world, &world->phone, &world->one, public_at(1, PORT)));
	assert_false(bel_addr_is_equal(&world->one.peer, &mapped));
	tear_down(world);
}

static void nobody_reaches_an_inner_address_from_outside(void **state)
{
	struct world *world = set_up(BEL_NAT_FULL_CONE);
	(void)state;

	assert_true(passes(world, &world->phone, &world->one, public_at(1, PORT)));
	assert_false(passes(world, &world->one, &world->phone, inner()));
	tear_down(world);
}

static void neighbours_behind_one_nat_talk_directly_but_not_by_hairpin(void **state)
{
	struct world *world = set_up(BEL_NAT_FULL_CONE);
	bel_addr ip = bel_addr_v4(10, 0, 0, 3, 0), local = bel_addr_v4(10, 0, 0, 3, PORT);
	bel_addr outside = outer(), phone = inner(), mapped;
	struct bel_sim_node *node = bel_sim_node_new(world->sim, "neighbour", &ip);
	struct probe neighbour = { 0 };
	struct bel_loop *loop;
	(void)state;

	assert_int_equal(bel_sim_loop(&loop, node), BEL_OK);
	assert_int_equal(bel_sim_node_nat(node, BEL_NAT_FULL_CONE, &outside, 30), BEL_OK);
	open_probe(&neighbour, loop, local);
	assert_true(passes(world, &neighbour, &world->phone, phone));
	assert_true(bel_addr_is_equal(&world->phone.peer, &local));
	assert_true(passes(world, &world->phone, &world->one, public_at(1, PORT)));
	mapped = world->one.peer;
	assert_false(passes(world, &neighbour, &world->phone, mapped));
	/* Both have the outer address, each a port of its own. */
	assert_true(passes(world, &neighbour, &world->one, public_at(1, PORT)));
	assert_true(bel_addr_is_same_host(&world->one.peer, &mapped));
	assert_int_not_equal(world->one.peer.port, mapped.port);
	bel_udp_close(neighbour.udp);
	bel_loop_close(loop);
	tear_down(world);
}

static void networks_behind_two_nats_may_have_the_same_addresses(void **state)
{
	struct world *world = set_up(BEL_NAT_FULL_CONE);
	bel_addr ip = bel_addr_v4(10, 0, 0, 2, 0), local = inner();
	bel_addr outside = bel_addr_v4(198, 51, 100, 2, 0);
	struct bel_sim_node *node = bel_sim_node_new(world->sim, "twin", &ip);
	struct probe twin = { 0 };
	struct bel_loop *loop;
	(void)state;

	assert_int_equal(bel_sim_loop(&loop, node), BEL_OK);
	assert_int_equal(bel_sim_node_nat(node, BEL_NAT_FULL_CONE, &outside, 30), BEL_OK);
	open_probe(&twin, loop, local);
	assert_true(passes(world, &world->phone, &world->one, public_at(1, PORT)));
	bel_addr first = world->one.peer;
	assert_true(passes(world, &twin, &world->one, public_at(1, PORT)));
	bel_addr second = world->one.peer;
	assert_false(bel_addr_is_same_host(&first, &second));
	assert_true(passes(world, &world->one, &world->phone, first));
	assert_true(passes(world, &world->one, &twin, second));
	/* From one to the other through both. */
	assert_true(passes(world, &world->phone, &twin, second));
	assert_true(bel_addr_is_equal(&twin.peer, &first));
	bel_udp_close(twin.udp);
	bel_loop_close(loop);
	tear_down(world);
}

/* ---- streams ---- */

struct call {
	struct bel_stream *stream, *accepted;
	bel_addr seen;
	bool is_connected;
};

static void on_connected(void *user, struct bel_stream *stream)
{
	struct call *call = user;

	(void)stream;
	call->is_connected = true;
}

static void on_readable(void *user, struct bel_stream *stream)
{
	(void)user;
	(void)stream;
}

static void on_closed(void *user, struct bel_stream *stream, enum bel_err err)
{
	(void)user;
	(void)stream;
	(void)err;
}

static const struct bel_stream_handler handler = { .on_connected = on_connected,
						   .on_readable = on_readable,
						   .on_closed = on_closed };

static void on_accept(void *user, struct bel_listener *listener,
		      struct bel_stream *stream)
{
	struct call *call = user;

	(void)listener;
	call->accepted = stream;
	call->seen = *bel_stream_peer(stream);
	bel_stream_handle(stream, &handler, call);
}

static void a_stream_leaves_by_the_outer_address_and_none_comes_in(void **state)
{
	struct world *world = set_up(BEL_NAT_FULL_CONE);
	struct call call = { 0 };
	struct bel_listener_opts opts = { .local = public_at(1, PORT),
					  .on_accept = on_accept,
					  .user = &call };
	bel_addr server = public_at(1, PORT), outside = outer();
	struct bel_listener *listener;
	(void)state;

	assert_int_equal(bel_listener_open(&listener, world->one.loop, &opts), BEL_OK);
	assert_int_equal(bel_stream_connect(&call.stream, world->phone.loop, &server,
					    NULL, &handler, &call),
			 BEL_OK);
	bel_sim_run(world->sim, 100);
	assert_true(call.is_connected);
	assert_true(bel_addr_is_same_host(&call.seen, &outside));
	bel_stream_close(call.stream);
	bel_stream_close(call.accepted);
	call.is_connected = false;
	outside.port = PORT;
	assert_int_equal(bel_stream_connect(&call.stream, world->one.loop, &outside, NULL,
					    &handler, &call),
			 BEL_OK);
	bel_sim_run(world->sim, 200000);
	assert_false(call.is_connected);
	bel_stream_close(call.stream);
	bel_listener_close(listener);
	tear_down(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_lets_in_what_rfc_4787_says),
		cmocka_unit_test(only_the_symmetric_kind_maps_by_destination),
		cmocka_unit_test(a_binding_lives_as_long_as_packets_leave),
		cmocka_unit_test(nobody_reaches_an_inner_address_from_outside),
		cmocka_unit_test(
			neighbours_behind_one_nat_talk_directly_but_not_by_hairpin),
		cmocka_unit_test(networks_behind_two_nats_may_have_the_same_addresses),
		cmocka_unit_test(a_stream_leaves_by_the_outer_address_and_none_comes_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
