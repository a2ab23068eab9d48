/* SPDX-License-Identifier: Apache-2.0
 * Datagrams: what is a message, what is not, and where answers go. */
#include "support/data.h"
#include "unit/transport/transport_support.h"

static void only_messages_are_handed_up(void **state)
{
	static const bel_str silent[] = {
		{ "", 0 },         { "\r\n", 2 }, { "\r\n\r\n", 4 },
		{ "\0\0\0\0", 4 }, { "\0", 1 },
	};
	struct bench *bench = open_bench(NULL);
	const bel_addr peer = at(2, PORT), server = at(1, PORT);

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(silent); i++)
		throw_datagram(bench, silent[i]);
	assert_saw(bench, "");
	assert_int_equal(bel_transport_counters(bench->transport)->keepalives,
			 BEL_COUNT_OF(silent));
	assert_int_equal(bench->datagrams, 0);
	throw_datagram(bench, BEL_STR(WHOLE));
	throw_datagram(bench, BEL_STR("\r\n\r\n\r\n\r\n\r\nx y"));
	throw_datagram(bench, BEL_STR("junk"));
	assert_saw(bench, "OPTIONS \r\n\r\n\r\n\r\n\r\nx junk");
	assert_int_equal(bel_transport_counters(bench->transport)->received[BEL_SIP_UDP],
			 3);
	assert_int_equal(bench->flow.transport, BEL_SIP_UDP);
	assert_true(bel_addr_is_equal(&bench->flow.peer, &peer));
	assert_true(bel_addr_is_equal(&bench->flow.local, &server));
	close_bench(bench);
}

static void a_binding_request_is_answered_with_the_address(void **state)
{
	struct bench *bench = open_bench(NULL);
	bel_str request = bel_test_read_file("tests/data/stun/request.bin");

	(void)state;
	throw_datagram(bench, request);
	assert_saw(bench, "");
	assert_int_equal(bench->datagrams, 1);
	assert_int_equal(bench->datagram_len, 32);
	assert_memory_equal(bench->datagram, "\x01\x01", 2);
	assert_int_equal(bel_transport_counters(bench->transport)->stuns, 1);
	/* responses and other methods are not */
	((char *)(uintptr_t)request.ptr)[0] = 1;
	throw_datagram(bench, request);
	assert_int_equal(bench->datagrams, 1);
	free((void *)(uintptr_t)request.ptr);
	close_bench(bench);
}

static void a_banned_source_is_not_heard(void **state)
{
	struct bench *bench = open_bench(NULL);
	bel_str request = bel_test_read_file("tests/data/stun/request.bin");

	(void)state;
	bench->is_deaf = true;
	throw_datagram(bench, BEL_STR(WHOLE));
	throw_datagram(bench, request);
	assert_saw(bench, "");
	assert_int_equal(bench->datagrams, 0);
	assert_int_equal(bel_transport_counters(bench->transport)->refused, 2);
	free((void *)(uintptr_t)request.ptr);
	close_bench(bench);
}

static void many_datagrams_of_a_turn_come_together(void **state)
{
	struct bench *bench = open_bench(NULL);
	bel_addr server = at(1, PORT);

	(void)state;
	for (int i = 0; i < 50; i++)
		assert_int_equal(
			bel_udp_send(bench->peer_udp, &server, NULL, BEL_STR(WHOLE)),
			BEL_OK);
	run_for(bench, 10);
	assert_int_equal(bel_transport_counters(bench->transport)->received[BEL_SIP_UDP],
			 50);
	assert_in_range(bench->batch_most, 2, BEL_RX_BATCH);
	close_bench(bench);
}

/* RFC 3261 section 18.2.2, RFC 3581 section 4. */
static void a_response_goes_where_the_via_and_the_packet_say(void **state)
{
	static const struct {
		const char *via, *to;
	} rows[] = {
		{ "SIP/2.0/UDP 192.0.2.2:5070;rport;branch=z9hG4bK1", "192.0.2.2:5060" },
		{ "SIP/2.0/UDP 192.0.2.2:5070;branch=z9hG4bK1", "192.0.2.2:5070" },
		{ "SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1", "192.0.2.2:5060" },
		{ "SIP/2.0/UDP phone.invalid:5070;branch=z9hG4bK1", "192.0.2.2:5070" },
		/* the packet's address, whatever the sent-by says */
		{ "SIP/2.0/UDP 198.51.100.1:5070;branch=z9hG4bK1", "192.0.2.2:5070" },
		{ "SIP/2.0/UDP 198.51.100.1:5070;rport;branch=z9hG4bK1",
		  "192.0.2.2:5060" },
		/* and whatever the sender wrote in our name */
		{ "SIP/2.0/UDP a.test;received=198.51.100.1;rport=9;branch=z9hG4bK1",
		  "192.0.2.2:5060" },
		{ "SIP/2.0/UDP 192.0.2.2:5070;maddr=192.0.2.77;branch=z9hG4bK1",
		  "192.0.2.77:5070" },
		{ "SIP/2.0/UDP 192.0.2.2;maddr=192.0.2.77;rport;branch=z9hG4bK1",
		  "192.0.2.77:5060" },
		{ "SIP/2.0/UDP 192.0.2.2;maddr=not.an.address;rport;branch=z9hG4bK1",
		  "192.0.2.2:5060" },
		{ "SIP/2.0/UDP 192.0.2.2;maddr=[2001:db8::1];rport;branch=z9hG4bK1",
		  "192.0.2.2:5060" },
	};
	struct bench *bench = open_bench(NULL);

	(void)state;
	throw_datagram(bench, BEL_STR(WHOLE));
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct bel_sip_via via;
		struct bel_flow flow;
		char text[64];
		struct bel_writer writer = bel_writer_init(text, sizeof text);
		assert_int_equal(bel_sip_via_parse(&via, bel_str_from(rows[i].via)),
				 BEL_OK);
		assert_int_equal(bel_flow_for_response(&flow, bench->transport,
						       &bench->flow, &via),
				 BEL_OK);
		bel_addr_write(&writer, &flow.peer);
		assert_str(bel_writer_str(&writer), rows[i].to);
		assert_int_equal(flow.listener, bench->flow.listener);
	}
	close_bench(bench);
}

static void without_the_packet_the_via_alone_tells(void **state)
{
	static const struct {
		const char *via, *to;
	} rows[] = {
		{ "SIP/2.0/UDP a.test:5070;received=192.0.2.2;branch=z9hG4bK1",
		  "192.0.2.2:5070" },
		{ "SIP/2.0/UDP a.test:5070;received=192.0.2.2;rport=99;branch=z9hG4bK1",
		  "192.0.2.2:99" },
		{ "SIP/2.0/UDP 192.0.2.3;branch=z9hG4bK1", "192.0.2.3:5060" },
		{ "SIP/2.0/UDP a.test:5070;maddr=192.0.2.4;branch=z9hG4bK1",
		  "192.0.2.4:5070" },
		{ "SIP/2.0/UDP a.test;branch=z9hG4bK1", NULL },
	};
	const struct bel_flow none = { .transport = BEL_SIP_TRANSPORT_OTHER };
	struct bench *bench = open_bench(NULL);

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct bel_sip_via via;
		struct bel_flow flow;
		char text[64];
		struct bel_writer writer = bel_writer_init(text, sizeof text);
		assert_int_equal(bel_sip_via_parse(&via, bel_str_from(rows[i].via)),
				 BEL_OK);
		enum bel_err err = bel_flow_for_response(&flow, bench->transport, &none,
							 &via);
		assert_int_equal(err, rows[i].to ? BEL_OK : BEL_ERR_NOT_FOUND);
		if (err)
			continue;
		bel_addr_write(&writer, &flow.peer);
		assert_str(bel_writer_str(&writer), rows[i].to);
	}
	close_bench(bench);
}

static void icmp_tells_those_who_wait_for_that_peer(void **state)
{
	struct bench *bench = open_bench(NULL);
	struct bel_hop dead = { .transport = BEL_SIP_UDP, .addr = at(2, 9) };
	struct bel_hop alive = { .transport = BEL_SIP_UDP, .addr = at(2, PORT) };
	struct waiting first, second, other;
	struct bel_flow flow;

	(void)state;
	assert_int_equal(bel_flow_open(&flow, bench->transport, &alive), BEL_OK);
	wait_on(bench->transport, &flow, &other);
	assert_int_equal(bel_flow_open(&flow, bench->transport, &dead), BEL_OK);
	wait_on(bench->transport, &flow, &first);
	wait_on(bench->transport, &flow, &second);
	assert_int_equal(bel_flow_send(bench->transport, &flow, BEL_STR(WHOLE)), BEL_OK);
	run_for(bench, 100);
	assert_int_equal(first.told, 1);
	assert_int_equal(second.told, 1);
	assert_int_equal(other.told, 0);
	bel_flow_forget(&other.waiter);
	close_bench(bench);
}

static void too_large_for_a_datagram_is_told(void **state)
{
	struct bench *bench = open_bench(NULL);
	struct bel_hop hop = { .transport = BEL_SIP_UDP, .addr = at(2, PORT) };
	size_t size = 70000;
	char *text = calloc(1, size);
	struct bel_flow flow;

	(void)state;
	assert_int_equal(bel_flow_open(&flow, bench->transport, &hop), BEL_OK);
	assert_int_equal(bel_flow_send(bench->transport, &flow, (bel_str){ text, size }),
			 BEL_ERR_LIMIT);
	flow.listener = 63;
	assert_false(bel_flow_is_open(bench->transport, &flow));
	assert_int_equal(bel_flow_send(bench->transport, &flow, BEL_STR("x")),
			 BEL_ERR_CLOSED);
	free(text);
	close_bench(bench);
}

/* ---- which address of ours stands in a message ---- */

static bel_addr own_for(struct bench *bench, const char *local, const char *peer)
{
	struct bel_flow flow = { .transport = BEL_SIP_UDP, .listener = 0 };

	assert_int_equal(bel_addr_parse(&flow.local, bel_str_from(local), 0), BEL_OK);
	assert_int_equal(bel_addr_parse(&flow.peer, bel_str_from(peer), 0), BEL_OK);
	return bel_flow_own_addr(bench->transport, &flow);
}

static void peers_see_the_address_that_they_can_reach(void **state)
{
	static const struct {
		const char *local, *peer, *own;
	} rows[] = {
		/* a private server behind `public` */
		{ "10.0.0.1:5060", "8.8.8.8:5060", "203.0.113.1:5060" },
		{ "10.0.0.1:5060", "10.0.0.7:5060", "10.0.0.1:5060" },
		{ "10.0.0.1:5060", "192.168.1.7:5060", "10.0.0.1:5060" },
		{ "127.0.0.1:5060", "127.0.0.1:40000", "127.0.0.1:5060" },
		{ "10.0.0.1:5060", "[2001:db8::7]:5060", "203.0.113.1:5060" },
		/* one that has a public address itself */
		{ "1.1.1.1:5060", "8.8.8.8:5060", "1.1.1.1:5060" },
		/* no public address of that family */
		{ "[fd00::1]:5060", "[2a00::7]:5060", "[2a00:1::1]:7000" },
		{ "[fd00::1]:5060", "[fd00::7]:5060", "[fd00::1]:5060" },
		/* the source port of a connection is not the listener's */
		{ "10.0.0.1:33333", "10.0.0.7:5060", "10.0.0.1:5060" },
	};
	bel_addr publics[] = { bel_addr_v4(203, 0, 113, 1, 0), { .family = 0 } };
	struct bel_transport_opts opts = { .publics = publics, .publics_count = 2 };
	struct bench *bench;

	(void)state;
	assert_int_equal(bel_addr_parse(&publics[1], BEL_STR("[2a00:1::1]:7000"), 0),
			 BEL_OK);
	bench = open_bench(&opts);
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		char text[64];
		struct bel_writer writer = bel_writer_init(text, sizeof text);
		bel_addr own = own_for(bench, rows[i].local, rows[i].peer);
		bel_addr_write(&writer, &own);
		assert_str(bel_writer_str(&writer), rows[i].own);
	}
	close_bench(bench);
}

static void a_hop_is_reached_by_the_listener_on_its_side(void **state)
{
	const struct bel_transport_listener listeners[] = {
		{ BEL_SIP_UDP, bel_addr_v4(127, 0, 0, 1, 5060) },
		{ BEL_SIP_UDP, at(1, 5070) },
	};
	const struct bel_transport_opts opts = { .listeners = listeners,
						 .listeners_count = 2 };
	struct bench *bench = open_bench(&opts);
	struct bel_hop outside = { .transport = BEL_SIP_UDP, .addr = at(2, PORT) };
	struct bel_hop inside = { .transport = BEL_SIP_UDP,
				  .addr = bel_addr_v4(127, 0, 0, 1, 9) };
	struct bel_hop six = { .transport = BEL_SIP_UDP };
	struct bel_hop ws = { .transport = BEL_SIP_WS, .addr = at(2, PORT) };
	struct bel_flow flow;

	(void)state;
	assert_int_equal(bel_flow_open(&flow, bench->transport, &outside), BEL_OK);
	assert_int_equal(flow.listener, 1);
	assert_int_equal(bel_flow_open(&flow, bench->transport, &inside), BEL_OK);
	assert_int_equal(flow.listener, 0);
	assert_int_equal(bel_addr_parse(&six.addr, BEL_STR("[::1]:1"), 0), BEL_OK);
	assert_int_equal(bel_flow_open(&flow, bench->transport, &six),
			 BEL_ERR_UNSUPPORTED);
	assert_int_equal(bel_flow_open(&flow, bench->transport, &ws),
			 BEL_ERR_UNSUPPORTED);
	close_bench(bench);
}

static void a_listener_that_cannot_be_opened_is_named(void **state)
{
	const struct bel_transport_listener listeners[] = {
		{ BEL_SIP_UDP, at(1, 5070) }, { BEL_SIP_UDP, at(1, PORT) }, /* taken */
	};
	struct bench *bench = open_bench(NULL);
	struct bel_transport_opts opts = { .loop = bench->loop,
					   .workers = 1,
					   .listeners = listeners,
					   .listeners_count = 2,
					   .port = &bench_port,
					   .user = bench };
	struct bel_transport *transport = NULL;
	unsigned failed = 99;

	(void)state;
	assert_true(bel_transport_open(&transport, &failed, &opts) != BEL_OK);
	assert_int_equal(failed, 1);
	assert_null(transport);
	opts.listeners_count = 1;
	assert_int_equal(bel_transport_open(&transport, &failed, &opts), BEL_OK);
	assert_int_equal(bel_transport_listener_at(transport, 0).local.port, 5070);
	assert_int_equal(bel_transport_listener_at(transport, 1).local.family, 0);
	bel_transport_close(transport);
	close_bench(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_messages_are_handed_up),
		cmocka_unit_test(a_binding_request_is_answered_with_the_address),
		cmocka_unit_test(a_banned_source_is_not_heard),
		cmocka_unit_test(many_datagrams_of_a_turn_come_together),
		cmocka_unit_test(a_response_goes_where_the_via_and_the_packet_say),
		cmocka_unit_test(without_the_packet_the_via_alone_tells),
		cmocka_unit_test(icmp_tells_those_who_wait_for_that_peer),
		cmocka_unit_test(too_large_for_a_datagram_is_told),
		cmocka_unit_test(peers_see_the_address_that_they_can_reach),
		cmocka_unit_test(a_hop_is_reached_by_the_listener_on_its_side),
		cmocka_unit_test(a_listener_that_cannot_be_opened_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
