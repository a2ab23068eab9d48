/* SPDX-License-Identifier: Apache-2.0
 * Relayed addresses: their ports, and to whom nothing is ever sent, through the sockets
 * of the kernel. */
#include "nat_support.h"

#include "nat/nat_int.h"
#include "support/failing_alloc.h"
#include "support/turn.h"

/* ---- ports, in the simulator ---- */

static void ports_are_of_the_range_and_come_by_chance(void **state)
{
	struct post *post = open_post("ports 50000-50999; relays 100 per user", "");
	uint16_t last = 0;
	unsigned neighbours = 0;

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		struct bel_test_relay_client *client = allocate_alice(post, BEL_TURN_UDP);
		uint16_t port = bel_test_relay_addr(client).port;
		assert_in_range(port, 50000, 50999);
		neighbours += port == last + 1;
		last = port;
		bel_test_relay_close(client);
	}
	assert_in_range(neighbours, 0, 2);
	close_post(post);
}

static void a_range_is_used_to_its_last_port_and_then_there_is_none(void **state)
{
	struct post *post = open_post("ports 50000-50015; relays 100 per user", "");
	struct ear taken = { .udp = NULL };
	bool is_seen[16] = { false };

	(void)state;
	/* Some other program's. */
	open_ear(&taken, post->loop, at(1, 50007));
	for (unsigned i = 0; i < 15; i++) {
		struct bel_test_relay_client *client = allocate_alice(post, BEL_TURN_UDP);
		uint16_t port = bel_test_relay_addr(client).port;
		assert_in_range(port, 50000, 50015);
		assert_false(is_seen[port - 50000]);
		is_seen[port - 50000] = true;
		bel_test_relay_close(client);
	}
	assert_false(is_seen[7]);
	assert_int_equal(allocate(post, 0, BEL_TURN_UDP, "alice", "wonder")->end_code,
			 508);
	bel_udp_close(taken.udp);
	/* Allocations that nobody refreshes end, and their ports are free again. */
	bel_test_relay_close(&post->clients[0]);
	run_for(post, 601 * 1000);
	assert_int_equal(bel_nat_turn_counters(post->nat)->relays, 0);
	for (unsigned i = 0; i < 16; i++) {
		allocate_alice(post, BEL_TURN_UDP);
		bel_test_relay_close(&post->clients[0]);
	}
	close_post(post);
}

static void open_and_close(struct post *post, enum bel_turn_parity parity,
			   uint16_t (*ports)[2])
{
	static const bel_turn_relay ids[] = { 5, 6 };
	bel_addr addrs[2] = { { .family = 0 }, { .family = 0 } };

	/* The engine's own numbers begin at 1 << 32. */
	assert_int_equal(bel_nat_open_relay(post->nat, addrs, ids, 4, parity), BEL_OK);
	(*ports)[0] = addrs[0].port;
	(*ports)[1] = addrs[1].port;
	bel_nat_close_relay(post->nat, ids[0]);
	bel_nat_close_relay(post->nat, ids[1]);
}

static void even_ports_and_pairs_are_given_where_they_are_asked_for(void **state)
{
	struct post *post = open_post("ports 50001-50016", "");
	uint16_t ports[2];

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		open_and_close(post, BEL_TURN_EVEN_PORT, &ports);
		assert_int_equal(ports[0] % 2, 0);
		assert_in_range(ports[0], 50002, 50016);
		open_and_close(post, BEL_TURN_PORT_PAIR, &ports);
		assert_int_equal(ports[0] % 2, 0);
		assert_int_equal(ports[1], ports[0] + 1);
		assert_in_range(ports[0], 50002, 50014);
	}
	close_post(post);
}

static void a_family_without_a_listener_is_not_served(void **state)
{
	static const bel_turn_relay id = 5;
	struct post *post = open_post("", "");
	bel_addr addr;

	(void)state;
	assert_int_equal(bel_nat_open_relay(post->nat, &addr, &id, 6, BEL_TURN_ANY_PORT),
			 BEL_ERR_UNSUPPORTED);
	close_post(post);
}

/* ---- peers, through the kernel ---- */

/* First and last of each special range of IPv4, and what is ours. */
static const char *const special_v4[] = {
	"0.0.0.0",     "0.255.255.255",   "10.0.0.0",    "10.255.255.255",
	"100.64.0.0",  "100.127.255.255", "127.0.0.0",   "127.0.0.1",
	"127.0.0.2",   "127.255.255.255", "169.254.0.0", "169.254.169.254",
	"172.16.0.0",  "172.31.255.255",  "192.0.0.0",   "192.0.2.1",
	"192.168.0.0", "192.168.255.255", "198.18.0.0",  "198.19.255.255",
	"224.0.0.0",   "239.255.255.255", "240.0.0.0",   "255.255.255.255",
};

static const struct {
	const char *prefix;
	unsigned at;
} encodings[] = {
	{ "::ffff:0:0", 12 },   { "::", 12 },          { "::ffff:0:0:0", 12 },
	{ "64:ff9b::", 12 },    { "64:ff9b:1::", 12 }, { "2002::", 2 },
	{ "2002::1:2:3:4", 2 }, { "2001::", 4 },       { "2001::", 12 },
};

static const char *const special_v6[] = { "::",      "::1",     "fc00::1", "fe80::1",
					  "ff02::1", "ff0e::1", "fec0::1", "2001:db8::1",
					  "100::1",  "5f00::1" };

struct machine {
	struct bel_loop *loop;
	struct bel_conf *conf;
	struct bel_users *users;
	struct bel_guard *guard;
	struct bel_crypto *crypto;
	struct bel_nat_shared *shared;
	struct bel_nat *nat;
	struct bel_test_relay_client client;
};

#define TURN_UNTIL(loop, is_so)                                                          \
	do {                                                                             \
		uint64_t until_ms = bel_loop_clock_ms() + 5000;                          \
		while (!(is_so) && bel_loop_clock_ms() < until_ms)                       \
			bel_loop_turn((loop), 100);                                      \
		assert_true(is_so);                                                      \
	} while (0)

static void open_machine(struct machine *machine, const char *listen, const char *block)
{
	char text[512];

	*machine = (struct machine){ .loop = NULL };
	snprintf(text, sizeof text,
		 "user alice { password wonder }\ntrust 127.0.0.1 ::1\n"
		 "turn { listen udp %s\n%s\n}\n",
		 listen, block);
	machine->conf = load_conf(text);
	assert_int_equal(bel_loop_open(&machine->loop), BEL_OK);
	assert_int_equal(
		bel_users_open(&machine->users,
			       &(struct bel_users_opts){ .conf = machine->conf,
							 .realm = BEL_STR("belfry") }),
		BEL_OK);
	assert_int_equal(bel_guard_open(&machine->guard, machine->conf, 5), BEL_OK);
	assert_int_equal(bel_crypto_open(&machine->crypto), BEL_OK);
	assert_int_equal(
		bel_nat_shared_open(&machine->shared, machine->loop, machine->conf),
		BEL_OK);
	assert_int_equal(
		bel_nat_open(&machine->nat, NULL,
			     &(struct bel_nat_opts){ .loop = machine->loop,
						     .shared = machine->shared,
						     .workers = 1,
						     .conf = machine->conf,
						     .realm = BEL_STR("belfry"),
						     .users = machine->users,
						     .guard = machine->guard,
						     .crypto = machine->crypto }),
		BEL_OK);
}

static void close_machine(struct machine *machine)
{
	bel_test_relay_close(&machine->client);
	bel_nat_close(machine->nat);
	bel_nat_shared_close(machine->shared);
	bel_crypto_close(machine->crypto);
	bel_guard_close(machine->guard);
	bel_users_close(machine->users);
	bel_conf_unref(machine->conf);
	bel_loop_close(machine->loop);
}

static void open_client(struct machine *machine, uint8_t family)
{
	const struct bel_test_relay_opts opts = {
		.loop = machine->loop,
		.server = bel_nat_listener_at(machine->nat, 0).local,
		.transport = BEL_TURN_UDP,
		.username = "alice",
		.password = "wonder",
		.family = family,
	};

	bel_test_relay_connect(&machine->client, &opts);
	bel_test_relay_start(&machine->client, &opts);
	TURN_UNTIL(machine->loop, machine->client.is_open || machine->client.is_ended);
	assert_true(machine->client.is_open);
}

static void assert_refused(struct machine *machine, const bel_addr *peer, uint16_t port,
			   bool with_channel)
{
	struct bel_test_relay_client *client = &machine->client;
	unsigned before = client->refused_count;
	bel_addr addr = *peer;
	char text[64];
	struct bel_writer writer = bel_writer_init(text, sizeof text - 1);

	addr.port = port;
	bel_test_relay_permit(client, &addr, with_channel);
	bel_addr_write(&writer, &addr);
	text[writer.len] = '\0';
	TURN_UNTIL(machine->loop,
		   client->refused_count > before || client->granted_count);
	if (client->granted_count)
		fail_msg("%s is served", text);
	assert_int_equal(client->refused_code, 403);
	(void)bel_test_relay_say(client, &addr, BEL_STR("x"));
	bel_turn_client_forbid(client->turn, &addr);
}

static void no_special_address_is_a_peer_of_a_server_that_allows_nothing(void **state)
{
	struct machine machine;

	(void)state;
	open_machine(&machine, "127.0.0.1:0", "");
	open_client(&machine, 4);
	for (size_t i = 0; i < BEL_COUNT_OF(special_v4); i++) {
		bel_addr peer = bel_test_addr(special_v4[i]);
		assert_refused(&machine, &peer, 4000, i % 2);
	}
	/* Its own ports, SIP and TURN. */
	bel_addr own = bel_nat_listener_at(machine.nat, 0).local;
	assert_refused(&machine, &own, own.port, true);
	assert_refused(&machine, &own, 5060, true);
	assert_refused(&machine, &own, 22, false);
	assert_int_equal(bel_nat_turn_counters(machine.nat)->packets_to_peers, 0);
	close_machine(&machine);
}

static void nor_is_one_in_any_encoding_of_ipv6(void **state)
{
	struct machine machine;
	struct bel_loop *loop;
	bel_addr all[64];
	unsigned count;
	bool has_six = false;

	(void)state;
	assert_int_equal(bel_loop_open(&loop), BEL_OK);
	count = bel_loop_own_addrs(loop, all, BEL_COUNT_OF(all));
	for (unsigned i = 0; i < count && i < BEL_COUNT_OF(all); i++)
		has_six |= all[i].family == 6;
	bel_loop_close(loop);
	if (!has_six)
		skip();
	open_machine(&machine, "[::1]:0", "");
	open_client(&machine, 6);
	for (size_t i = 0; i < BEL_COUNT_OF(special_v6); i++) {
		bel_addr peer = bel_test_addr(special_v6[i]);
		assert_refused(&machine, &peer, 4000, i % 2);
	}
	for (size_t i = 0; i < BEL_COUNT_OF(special_v4); i++)
		for (size_t k = 0; k < BEL_COUNT_OF(encodings); k++) {
			bel_addr peer = bel_test_addr(encodings[k].prefix);
			bel_addr inner = bel_test_addr(special_v4[i]);
			memcpy(peer.ip + encodings[k].at, inner.ip + 12, 4);
			assert_refused(&machine, &peer, 4000, i % 2);
		}
	assert_int_equal(bel_nat_turn_counters(machine.nat)->packets_to_peers, 0);
	close_machine(&machine);
}

static void who_names_loopback_reaches_it_but_for_our_own_ports(void **state)
{
	struct machine machine;
	struct ear peer = { .udp = NULL };
	bel_addr addr, own;

	(void)state;
	open_machine(&machine, "127.0.0.1:0", "allow 127.0.0.1");
	open_client(&machine, 4);
	own = bel_nat_listener_at(machine.nat, 0).local;
	open_ear(&peer, machine.loop, bel_addr_v4(127, 0, 0, 1, 0));
	addr = *bel_udp_local(peer.udp);
	bel_test_relay_permit(&machine.client, &addr, true);
	TURN_UNTIL(machine.loop, machine.client.granted_count == 1);
	bel_test_relay_say(&machine.client, &addr, BEL_STR("through the kernel"));
	TURN_UNTIL(machine.loop, peer.count == 1);
	assert_heard(&peer, "through the kernel");
	bel_udp_send(peer.udp, &peer.from, NULL, BEL_STR("and back"));
	TURN_UNTIL(machine.loop, machine.client.data_count == 1);
	assert_got(&machine.client, "and back");
	machine.client.granted_count = 0;
	assert_refused(&machine, &own, own.port, true);
	assert_refused(&machine, &own, 5060, true);
	/* A permission is for a host: what is said to it is looked at again. */
	for (unsigned i = 0; i < 10; i++)
		bel_loop_turn(machine.loop, 1);
	assert_int_equal(bel_nat_turn_counters(machine.nat)->packets_to_peers, 1);
	assert_int_equal(bel_nat_turn_counters(machine.nat)->without_permission, 2);
	bel_udp_close(peer.udp);
	close_machine(&machine);
}

/* From nothing to a pair of relays and back; user is a machine without a server. */
static enum bel_err live(void *user)
{
	static const bel_turn_relay ids[] = { 5, 6 };
	struct machine *machine = user;
	struct bel_nat_shared *shared = NULL;
	struct bel_nat *nat = NULL;
	bel_addr addrs[2];
	enum bel_err err = bel_nat_shared_open(&shared, machine->loop, machine->conf);

	if (!err)
		err = bel_nat_open(&nat, NULL,
				   &(struct bel_nat_opts){ .loop = machine->loop,
							   .shared = shared,
							   .workers = 1,
							   .conf = machine->conf,
							   .realm = BEL_STR("belfry"),
							   .users = machine->users,
							   .guard = machine->guard,
							   .crypto = machine->crypto });
	if (!err)
		err = bel_nat_open_relay(nat, addrs, ids, 4, BEL_TURN_PORT_PAIR);
	for (unsigned i = 0; nat && i < 2; i++)
		bel_nat_close_relay(nat, ids[i]);
	bel_nat_close(nat);
	bel_nat_shared_close(shared);
	return err;
}

static void without_memory_nothing_stays_open(void **state)
{
	struct machine machine;

	(void)state;
	open_machine(&machine, "127.0.0.1:0", "");
	bel_test_each_allocation_fails(live, &machine);
	close_machine(&machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_are_of_the_range_and_come_by_chance),
		cmocka_unit_test(a_range_is_used_to_its_last_port_and_then_there_is_none),
		cmocka_unit_test(even_ports_and_pairs_are_given_where_they_are_asked_for),
		cmocka_unit_test(a_family_without_a_listener_is_not_served),
		cmocka_unit_test(
			no_special_address_is_a_peer_of_a_server_that_allows_nothing),
		cmocka_unit_test(nor_is_one_in_any_encoding_of_ipv6),
		cmocka_unit_test(without_memory_nothing_stays_open),
		cmocka_unit_test(who_names_loopback_reaches_it_but_for_our_own_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
