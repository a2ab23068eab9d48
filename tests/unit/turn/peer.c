/* SPDX-License-Identifier: Apache-2.0
 * To whom nothing is ever sent: every special range in every encoding that hides an IPv4
 * address, and what is ours. */
#include "support/turn.h"

/* First, last and one in between of each special range of IPv4. */
static const char *const special_v4[] = {
	"0.0.0.0",         "0.0.0.1",         "0.255.255.255",   "10.0.0.0",
	"10.1.2.3",        "10.255.255.255",  "100.64.0.0",      "100.100.0.1",
	"100.127.255.255", "127.0.0.0",       "127.0.0.1",       "127.255.255.255",
	"169.254.0.0",     "169.254.169.254", "169.254.255.255", "172.16.0.0",
	"172.31.255.255",  "192.0.0.0",       "192.0.0.192",     "192.0.2.1",
	"192.88.99.1",     "192.168.0.0",     "192.168.1.1",     "192.168.255.255",
	"198.18.0.0",      "198.19.255.255",  "198.51.100.7",    "203.0.113.7",
	"224.0.0.0",       "224.0.0.251",     "239.255.255.255", "240.0.0.0",
	"255.255.255.254", "255.255.255.255",
};

/* Those right beside them, which are anyone's. */
static const char *const global_v4[] = {
	"1.0.0.0",         "9.255.255.255",   "11.0.0.0",       "100.63.255.255",
	"100.128.0.0",     "126.255.255.255", "128.0.0.0",      "169.253.255.255",
	"169.255.0.0",     "172.15.255.255",  "172.32.0.0",     "192.0.1.0",
	"192.167.255.255", "192.169.0.0",     "198.17.255.255", "198.20.0.0",
	"223.255.255.255",
};

static const char *const special_v6[] = {
	"::",           "::1",
	"::2",          "fc00::1",
	"fd12:3456::1", "fe80::1",
	"febf::1",      "fec0::1",
	"ff02::1",      "ff0e::1",
	"2001:db8::1",  "2001::1",
	"2001:10::1",   "2001:20::1",
	"2001:2::1",    "100::1",
	"64:ff9b:1::1", "3fff::1",
	"4000::1",      "5f00::1",
	"e000::1",      "::ffff:0:7f00:1",
};

static const char *const global_v6[] = { "2001:200::1", "2001:4860:4860::8888", "2400::1",
					 "2a01::7", "3ffe::1" };

/* How an IPv4 address can be written into an IPv6 one: where its four bytes stand. */
static const struct encoding {
	const char *name;
	const char *prefix;
	unsigned at;
	bool is_refused_always; /* no address of a wire, or a way around rules */
} encodings[] = {
	{ "v4-mapped", "::ffff:0:0", 12, true },
	{ "v4-compatible", "::", 12, true },
	{ "v4-translated", "::ffff:0:0:0", 12, true },
	{ "NAT64", "64:ff9b::", 12, false },
	{ "NAT64, local", "64:ff9b:1::", 12, true },
	{ "6to4", "2002::", 2, false },
	{ "6to4, with a host", "2002::1:2:3:4", 2, false },
	{ "Teredo, server", "2001::", 4, true },
	{ "Teredo, client", "2001::", 12, true },
};

static bel_addr encode(const struct encoding *encoding, const char *v4)
{
	bel_addr addr = bel_test_addr(encoding->prefix);
	bel_addr inner = bel_test_addr(v4);

	memcpy(addr.ip + encoding->at, inner.ip + 12, 4);
	return addr;
}

static struct bel_turn_tuple open_dual(struct bel_test_turn *bench,
				       const struct bel_turn_server_opts *opts)
{
	struct bel_turn_tuple client = bel_test_turn_client(1, 1000);
	char buf[BEL_TEST_TURN_BYTES];

	bel_test_turn_open(bench, opts);
	struct bel_writer request = bel_test_turn_request(bench, buf, BEL_STUN_ALLOCATE);
	bel_stun_write_u32(&request, BEL_STUN_REQUESTED_TRANSPORT, 17u << 24);
	bel_stun_write_family(&request, BEL_STUN_ADDITIONAL_ADDRESS_FAMILY, 6);
	assert_int_equal(
		bel_test_turn_ask(bench, &client, &bel_test_turn_alice, &request), 0);
	return client;
}

/* By every way there is; false unless it was so everywhere. */
static bool is_refused(struct bel_test_turn *bench, const struct bel_turn_tuple *client,
		       const bel_addr *peer)
{
	char text[64];
	struct bel_writer writer = bel_writer_init(text, sizeof text);
	unsigned permit, bind;

	bel_addr_write(&writer, peer);
	bel_write_char(&writer, '\0');
	permit = bel_test_turn_permit(bench, client, text);
	bind = bel_test_turn_bind(bench, client, 0x4000, text);
	bool is_sent = bel_test_turn_say(bench, client, text, "x");
	bool is_sent_by_channel = bel_test_turn_say_by_channel(bench, client, 0x4000,
							       "x");
	bool is_heard = bel_test_turn_hear(bench, bench->relays[peer->family == 6].id,
					   text, "x");
	if (permit == 403 && bind == 403 && !is_sent && !is_sent_by_channel && !is_heard)
		return true;
	if (permit || bind || !is_sent || !is_sent_by_channel || !is_heard)
		fail_msg("%s: neither refused nor served: %u %u", text, permit, bind);
	return false;
}

static void check(const bel_addr *peer, bool refused, const char *what)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple client = open_dual(&bench, NULL);
	bel_addr with_port = *peer;

	with_port.port = 4000;
	if (is_refused(&bench, &client, &with_port) != refused)
		fail_msg("%s: %s", what, refused ? "served" : "refused");
	bel_test_turn_close(&bench);
}

static void no_special_address_is_a_peer_in_any_encoding(void **state)
{
	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(special_v4); i++) {
		bel_addr peer = bel_test_addr(special_v4[i]);
		check(&peer, true, special_v4[i]);
		for (size_t j = 0; j < BEL_COUNT_OF(encodings); j++) {
			peer = encode(&encodings[j], special_v4[i]);
			check(&peer, true, encodings[j].name);
		}
	}
	for (size_t i = 0; i < BEL_COUNT_OF(special_v6); i++) {
		bel_addr peer = bel_test_addr(special_v6[i]);
		check(&peer, true, special_v6[i]);
	}
}

static void global_addresses_are(void **state)
{
	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(global_v4); i++) {
		bel_addr peer = bel_test_addr(global_v4[i]);
		check(&peer, false, global_v4[i]);
		for (size_t j = 0; j < BEL_COUNT_OF(encodings); j++) {
			peer = encode(&encodings[j], global_v4[i]);
			check(&peer, encodings[j].is_refused_always, encodings[j].name);
		}
	}
	for (size_t i = 0; i < BEL_COUNT_OF(global_v6); i++) {
		bel_addr peer = bel_test_addr(global_v6[i]);
		check(&peer, false, global_v6[i]);
	}
}

/* Our own machine is reached through its global address as well as through loopback. */
static void our_own_addresses_are_no_peers_in_any_encoding(void **state)
{
	static const char *const own_v4 = "8.9.10.11";
	bel_addr own[2] = { bel_test_addr("8.9.10.11:3478"),
			    bel_test_addr("[2a00::1]:3478") };
	const struct bel_turn_server_opts opts = { .own = own, .own_count = 2 };
	static const uint16_t ports[] = { 22, 3478, 4000, 50001 };
	struct bel_test_turn bench;
	struct bel_turn_tuple client = open_dual(&bench, &opts);

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(ports); i++) {
		for (size_t j = 0; j < 2; j++) {
			bel_addr peer = own[j];
			peer.port = ports[i];
			assert_true(is_refused(&bench, &client, &peer));
		}
		for (size_t j = 0; j < BEL_COUNT_OF(encodings); j++) {
			bel_addr peer = encode(&encodings[j], own_v4);
			peer.port = ports[i];
			if (!is_refused(&bench, &client, &peer))
				fail_msg("%s", encodings[j].name);
		}
	}
	bel_test_turn_close(&bench);
}

/* Two who can only use their relays reach each other: relay to relay, while both are
 * open, and no other port of ours. */
static void relays_of_ours_are_peers_while_they_are_open(void **state)
{
	bel_addr own = bel_test_addr("192.0.2.1:3478");
	const struct bel_turn_server_opts opts = { .own = &own, .own_count = 1 };
	struct bel_turn_tuple here = bel_test_turn_client(1, 1000);
	struct bel_turn_tuple there = bel_test_turn_client(2, 2000);
	struct bel_test_turn bench;
	char relay[64];
	struct bel_writer text = bel_writer_init(relay, sizeof relay);

	(void)state;
	bel_test_turn_open(&bench, &opts);
	assert_int_equal(bel_test_turn_allocate(&bench, &here), 0);
	assert_int_equal(bel_test_turn_allocate(&bench, &there), 0);
	bel_addr_write(&text, &bench.relays[1].addr);
	bel_write_char(&text, '\0');
	assert_int_equal(bel_test_turn_permit(&bench, &here, "192.0.2.1:22"), 403);
	assert_int_equal(bel_test_turn_bind(&bench, &here, 0x4000, relay), 0);
	assert_true(bel_test_turn_say(&bench, &here, relay, "x"));
	assert_true(bel_test_turn_say_by_channel(&bench, &here, 0x4000, "x"));
	/* The permission is of the host, but this host is ours. */
	assert_false(bel_test_turn_say(&bench, &here, "192.0.2.1:22", "x"));
	assert_false(bel_test_turn_say(&bench, &here, "192.0.2.1:3478", "x"));
	assert_false(bel_test_turn_hear(&bench, bench.relays[0].id, "192.0.2.1:22", "x"));
	assert_int_equal(bel_test_turn_refresh(&bench, &there, 0), 0);
	assert_false(bel_test_turn_say(&bench, &here, relay, "x"));
	assert_false(bel_test_turn_say_by_channel(&bench, &here, 0x4000, "x"));
	assert_int_equal(bel_test_turn_permit(&bench, &here, relay), 403);
	bel_test_turn_close(&bench);
}

static void the_owner_allows_and_denies_and_denying_wins(void **state)
{
	const bel_addr own[] = { bel_test_addr("10.1.0.1:3478"),
				 bel_test_addr("10.1.0.2:3478") };
	const struct bel_turn_net allowed[] = { { bel_test_addr("10.1.0.0"), 16 },
						{ bel_test_addr("10.1.0.2"), 32 },
						{ bel_test_addr("127.0.0.1"), 32 },
						{ bel_test_addr("fd00::"), 8 } };
	const struct bel_turn_net denied[] = { { bel_test_addr("10.1.2.0"), 24 },
					       { bel_test_addr("20.0.0.0"), 8 },
					       { bel_test_addr("2002::"), 16 },
					       { bel_test_addr("2a01::"), 16 } };
	const struct bel_turn_server_opts opts = { .own = own,
						   .own_count = 2,
						   .allowed = allowed,
						   .allowed_count = 4,
						   .denied = denied,
						   .denied_count = 4 };
	static const struct {
		const char *peer;
		bool is_allowed;
	} rows[] = {
		{ "10.1.1.1:5", true },
		{ "10.2.1.1:5", false },
		{ "10.1.2.1:5", false },
		{ "20.1.1.1:5", false },
		{ "30.1.1.1:5", true },
		{ "127.0.0.1:5", true },
		{ "127.0.0.2:5", false },
		{ "[fd00::1]:5", true },
		{ "[fc00::1]:5", false },
		{ "[2a01::1]:5", false },
		{ "[2a02::1]:5", true },
		{ "[::ffff:10.1.1.1]:5", false },
		{ "[2002:1e01:101::]:5", false },
		{ "[64:ff9b::1401:101]:5", false },
		{ "[64:ff9b::1e01:101]:5", true },
		{ "10.1.0.1:5", false }, /* our own host in a network that is allowed */
		{ "10.1.0.1:3478", false },
		{ "10.1.0.2:5", true }, /* our own, named alone */
		{ "10.1.0.2:3478", false },
	};
	struct bel_test_turn bench;

	(void)state;
	bel_test_turn_open(&bench, &opts);
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		bel_addr peer = bel_test_addr(rows[i].peer);
		if (bel_turn_server_is_allowed(bench.server, &peer) != rows[i].is_allowed)
			fail_msg("%s", rows[i].peer);
	}
	bel_test_turn_close(&bench);
}

static void a_relay_of_another_server_of_ours_is_a_peer(void **state)
{
	bel_addr own = bel_test_addr("192.0.2.1:3478");
	const struct bel_turn_server_opts opts = { .own = &own, .own_count = 1 };
	struct bel_turn_tuple client = bel_test_turn_client(1, 1000);
	struct bel_test_turn bench;

	(void)state;
	bel_test_turn_open(&bench, &opts);
	assert_int_equal(bel_test_turn_allocate(&bench, &client), 0);
	assert_int_equal(bel_test_turn_permit(&bench, &client, "192.0.2.1:60000"), 403);
	bench.other_relay = bel_test_addr("192.0.2.1:60000");
	assert_int_equal(bel_test_turn_permit(&bench, &client, "192.0.2.1:60000"), 0);
	assert_true(bel_test_turn_say(&bench, &client, "192.0.2.1:60000", "x"));
	assert_false(bel_test_turn_say(&bench, &client, "192.0.2.1:60001", "x"));
	bench.other_relay = bel_test_addr("192.0.2.1:60002");
	assert_false(bel_test_turn_say(&bench, &client, "192.0.2.1:60000", "x"));
	bel_test_turn_close(&bench);
}

static void new_rules_end_what_they_refuse(void **state)
{
	const struct bel_turn_net net = { bel_test_addr("30.0.0.0"), 8 };
	const struct bel_turn_server_opts denying = { .denied = &net, .denied_count = 1 };
	struct bel_turn_tuple client = bel_test_turn_client(1, 1000);
	struct bel_test_turn bench;

	(void)state;
	bel_test_turn_open(&bench, NULL);
	assert_int_equal(bel_test_turn_allocate(&bench, &client), 0);
	assert_int_equal(bel_test_turn_bind(&bench, &client, 0x4000, "30.1.1.1:5"), 0);
	assert_int_equal(bel_test_turn_permit(&bench, &client, "31.1.1.1:5"), 0);
	assert_true(bel_test_turn_say_by_channel(&bench, &client, 0x4000, "x"));
	bel_turn_server_set_rules(bench.server, &denying);
	assert_false(bel_test_turn_say_by_channel(&bench, &client, 0x4000, "x"));
	assert_false(bel_test_turn_say(&bench, &client, "30.1.1.1:5", "x"));
	assert_false(bel_test_turn_hear(&bench, bench.relays[0].id, "30.1.1.1:5", "x"));
	assert_int_equal(bel_test_turn_permit(&bench, &client, "30.1.1.1:5"), 403);
	assert_true(bel_test_turn_say(&bench, &client, "31.1.1.1:5", "x"));
	bel_test_turn_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_special_address_is_a_peer_in_any_encoding),
		cmocka_unit_test(global_addresses_are),
		cmocka_unit_test(our_own_addresses_are_no_peers_in_any_encoding),
		cmocka_unit_test(relays_of_ours_are_peers_while_they_are_open),
		cmocka_unit_test(a_relay_of_another_server_of_ours_is_a_peer),
		cmocka_unit_test(new_rules_end_what_they_refuse),
		cmocka_unit_test(the_owner_allows_and_denies_and_denying_wins),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
