/* SPDX-License-Identifier: Apache-2.0
 * Connections: framing, deadlines, limits, keepalives, ends. */
#include "unit/transport/transport_support.h"

static void a_message_in_any_pieces_is_one(void **state)
{
	const bel_str whole = BEL_STR(OPTIONS("Content-Length: 4\r\n") "body");

	(void)state;
	for (size_t cut = 1; cut < whole.len; cut += 7) {
		struct bench *bench = open_bench(NULL);
		struct line *line = dial(bench, 0);
		say(bench, line, bel_str_slice(whole, 0, cut));
		assert_saw(bench, "");
		say(bench, line, bel_str_slice(whole, cut, whole.len));
		assert_saw(bench, "OPTIONS");
		assert_int_equal(bench->flow.transport, BEL_SIP_TCP);
		assert_int_equal(bench->flow.listener, 1);
		close_bench(bench);
	}
}

static void many_messages_in_one_write_are_handed_up_together(void **state)
{
	struct bench *bench = open_bench(NULL);
	struct line *line = dial(bench, 0);
	char text[16384];
	struct bel_writer writer = bel_writer_init(text, sizeof text);

	(void)state;
	for (int i = 0; i < 70; i++)
		bel_write_lit(&writer, WHOLE);
	bel_write_lit(&writer, "MESS");
	say(bench, line, bel_writer_str(&writer));
	assert_int_equal(bel_transport_counters(bench->transport)->received[BEL_SIP_TCP],
			 70);
	assert_int_equal(bench->batch_most, BEL_RX_BATCH);
	bench->writer.len = 0;
	say(bench, line,
	    BEL_STR("AGE sip:a@192.0.2.1 SIP/2.0\r\nContent-Length: 0\r\n\r\n"));
	assert_saw(bench, "MESSAGE");
	close_bench(bench);
}

static void whoever_handles_a_message_may_close_its_connection(void **state)
{
	struct bench *bench = open_bench(NULL);
	struct line *line = dial(bench, 0);

	(void)state;
	bench->closes_on_message = true;
	say(bench, line, BEL_STR(WHOLE WHOLE "more"));
	assert_saw(bench, "OPTIONS OPTIONS");
	assert_true(line->is_closed);
	assert_int_equal(bench->closed, 1);
	assert_int_equal(bel_transport_counters(bench->transport)->connections, 0);
	close_bench(bench);
}

/* RFC 5626 section 3.5.1. */
static void a_ping_is_answered_with_a_pong(void **state)
{
	struct bench *bench = open_bench(NULL);
	struct line *line = dial(bench, 0);

	(void)state;
	say(bench, line, BEL_STR("\r\n\r\n"));
	assert_str(((bel_str){ line->bytes, line->len }), "\r\n");
	say(bench, line, BEL_STR("\r\n"));
	say(bench, line, BEL_STR("\r\n"));
	assert_str(((bel_str){ line->bytes, line->len }), "\r\n\r\n");
	say(bench, line, BEL_STR(WHOLE "\r\n\r\n" WHOLE));
	assert_saw(bench, "OPTIONS OPTIONS");
	assert_str(((bel_str){ line->bytes, line->len }), "\r\n\r\n\r\n");
	assert_int_equal(bel_transport_counters(bench->transport)->keepalives, 3);
	/* and ours */
	assert_int_equal(bel_flow_ping(bench->transport, &bench->flow), BEL_OK);
	run_for(bench, 10);
	assert_int_equal(line->len, 10);
	close_bench(bench);
}

static void who_lies_about_length_gets_400_and_the_end(void **state)
{
	static const struct {
		const char *bytes, *saw;
	} rows[] = {
		{ OPTIONS(""), "broken 400" },
		{ OPTIONS("Content-Length: -1\r\n"), "broken 400" },
		{ OPTIONS("Content-Length: 1x\r\n"), "broken 400" },
		{ OPTIONS("Content-Length: 1\r\nContent-Length: 2\r\n"), "broken 400" },
		{ OPTIONS("l: 1\r\nContent-Length: 0\r\n"), "broken 400" },
		{ OPTIONS("Content-Length: 65536\r\n"), "broken 513" },
		{ OPTIONS("Content-Length: 99999999999999999999\r\n"), "broken 400" },
		{ WHOLE OPTIONS("Content-Length: x\r\n"), "OPTIONS broken 400" },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct bench *bench = open_bench(NULL);
		struct line *line = dial(bench, 0);
		bench->answers_broken = true;
		say(bench, line, bel_str_from(rows[i].bytes));
		assert_saw(bench, rows[i].saw);
		assert_str(((bel_str){ line->bytes, line->len }),
			   "SIP/2.0 400 Bad Request\r\n\r\n");
		assert_true(line->is_closed);
		assert_int_equal(bel_transport_counters(bench->transport)->broken, 1);
		close_bench(bench);
	}
}

static void headers_without_end_are_not_kept_for_ever(void **state)
{
	struct bench *bench = open_bench(NULL);
	struct line *line = dial(bench, 0);
	char junk[8192];

	(void)state;
	memset(junk, 'x', sizeof junk);
	say(bench, line, BEL_STR("OPTIONS sip:a SIP/2.0\r\nX: "));
	for (int i = 0; i < 20 && !line->is_closed; i++)
		bel_stream_send(line->stream, (bel_str){ junk, sizeof junk }),
			run_for(bench, 10);
	assert_true(line->is_closed);
	assert_int_equal(bel_transport_counters(bench->transport)->broken, 1);
	close_bench(bench);
}

/* When the server ends a connection on which this was sent, and then nothing. */
static uint64_t ends_after(struct bench *bench, struct line *line, const char *bytes)
{
	uint64_t began = bel_sim_now_ms(bench->sim);

	if (*bytes)
		say(bench, line, bel_str_from(bytes));
	run_for(bench, 300000);
	assert_true(line->is_closed);
	return line->closed_ms - began;
}

static void slow_peers_are_dropped_in_time(void **state)
{
	static const struct {
		const char *bytes;
		uint64_t after_ms;
	} rows[] = {
		{ "O", 10000 },
		{ "OPTIONS sip:a SIP/2.0\r\n", 10000 },
		{ OPTIONS("Content-Length: 10\r\n") "body", 30000 },
		{ "", 120000 },
		{ WHOLE, 120000 },
		{ "\r\n\r\n", 120000 },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct bench *bench = open_bench(NULL);
		struct line *line = dial(bench, 0);
		uint64_t after_ms = ends_after(bench, line, rows[i].bytes);
		assert_in_range(after_ms, rows[i].after_ms - 100, rows[i].after_ms + 100);
		assert_int_equal(bench->closed, 1);
		close_bench(bench);
	}
}

/* A byte now and then is no reprieve: time runs from the first byte of the message. */
static void dripping_does_not_prolong_a_message(void **state)
{
	struct bench *bench = open_bench(NULL);
	struct line *line = dial(bench, 0);

	(void)state;
	for (int i = 0; i < 12 && !line->is_closed; i++) {
		bel_stream_send(line->stream, BEL_STR("x"));
		run_for(bench, 1000);
	}
	assert_true(line->is_closed);
	close_bench(bench);
}

static void a_stream_that_always_has_a_piece_of_the_next_lives(void **state)
{
	struct bench *bench = open_bench(NULL);
	struct line *line = dial(bench, 0);
	const bel_str whole = BEL_STR(WHOLE);

	(void)state;
	say(bench, line, bel_str_slice(whole, 0, 20));
	for (int i = 0; i < 60; i++) {
		assert_int_equal(bel_stream_send(line->stream,
						 bel_str_slice(whole, 20, whole.len)),
				 BEL_OK);
		assert_int_equal(
			bel_stream_send(line->stream, bel_str_slice(whole, 0, 20)),
			BEL_OK);
		run_for(bench, 2000);
	}
	assert_false(line->is_closed);
	assert_int_equal(bel_transport_counters(bench->transport)->received[BEL_SIP_TCP],
			 60);
	close_bench(bench);
}

static void a_connection_with_a_registration_is_kept(void **state)
{
	struct bench *bench = open_bench(NULL);
	struct line *line = dial(bench, 0);

	(void)state;
	say(bench, line, BEL_STR(WHOLE));
	bel_flow_keep(bench->transport, &bench->flow);
	run_for(bench, 1000000);
	assert_false(line->is_closed);
	/* but half a message is not */
	say(bench, line, BEL_STR("x"));
	run_for(bench, 11000);
	assert_true(line->is_closed);
	close_bench(bench);
}

static void one_source_has_so_many_connections(void **state)
{
	const struct bel_transport_opts opts = { .limits.connections_max = 2 };
	struct bench *bench = open_bench(&opts);

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(dial(bench, i)->is_closed, i == 2);
	assert_int_equal(bel_transport_counters(bench->transport)->refused, 1);
	hang_up(&bench->lines[0]);
	run_for(bench, 10);
	hang_up(&bench->lines[2]);
	assert_false(dial(bench, 2)->is_closed);
	bench->trusts_all = true;
	assert_false(dial(bench, 3)->is_closed);
	close_bench(bench);
}

static void there_is_an_end_to_connections_altogether(void **state)
{
	const struct bel_transport_opts opts = { .limits.connections_total = 2 };
	struct bench *bench = open_bench(&opts);

	(void)state;
	bench->trusts_all = true;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(dial(bench, i)->is_closed, i == 2);
	close_bench(bench);
}

static void a_banned_source_is_not_accepted(void **state)
{
	struct bench *bench = open_bench(NULL);

	(void)state;
	bench->is_deaf = true;
	assert_true(dial(bench, 0)->is_closed);
	assert_int_equal(bel_transport_counters(bench->transport)->refused, 1);
	close_bench(bench);
}

static void waiters_are_told_when_a_connection_ends(void **state)
{
	struct bench *bench = open_bench(NULL);
	struct line *line = dial(bench, 0);
	struct waiting told, forgotten;

	(void)state;
	say(bench, line, BEL_STR(WHOLE));
	wait_on(bench->transport, &bench->flow, &told);
	wait_on(bench->transport, &bench->flow, &forgotten);
	bel_flow_forget(&forgotten.waiter);
	hang_up(line);
	run_for(bench, 10);
	assert_int_equal(told.told, 1);
	assert_int_equal(told.err, BEL_ERR_CLOSED);
	assert_int_equal(forgotten.told, 0);
	assert_int_equal(bench->closed, 1);
	close_bench(bench);
}

static void a_flow_never_means_a_later_connection(void **state)
{
	struct bench *bench = open_bench(NULL);
	struct line *line = dial(bench, 0);
	struct bel_flow old;

	(void)state;
	say(bench, line, BEL_STR(WHOLE));
	old = bench->flow;
	assert_int_equal(bel_flow_send(bench->transport, &old, BEL_STR("x")), BEL_OK);
	hang_up(line);
	run_for(bench, 10);
	line = dial(bench, 1);
	say(bench, line, BEL_STR(WHOLE));
	assert_int_equal(bench->flow.index, old.index);
	assert_false(bel_flow_is_same(&bench->flow, &old));
	assert_false(bel_flow_is_open(bench->transport, &old));
	assert_int_equal(bel_flow_send(bench->transport, &old, BEL_STR("x")),
			 BEL_ERR_CLOSED);
	assert_int_equal(line->len, 0);
	close_bench(bench);
}

/* ---- connections of ours ---- */

/* A peer that listens. */
struct callee {
	struct bel_listener *listener;
	struct line line;
	unsigned accepted;
};

static void callee_on_accept(void *user, struct bel_listener *listener,
			     struct bel_stream *stream)
{
	struct callee *callee = user;

	(void)listener;
	callee->accepted++;
	bel_stream_close(callee->line.stream);
	callee->line.stream = stream;
	bel_stream_handle(stream, &line_handler, &callee->line);
}

static void open_callee(struct callee *callee, struct bench *bench, uint16_t port)
{
	const struct bel_listener_opts opts = { .local = at(2, port),
						.on_accept = callee_on_accept,
						.user = callee };

	*callee = (struct callee){ .line.loop = bench->peer_loop };
	assert_int_equal(bel_listener_open(&callee->listener, bench->peer_loop, &opts),
			 BEL_OK);
}

static void close_callee(struct callee *callee)
{
	bel_stream_close(callee->line.stream);
	bel_listener_close(callee->listener);
}

static struct bel_hop hop_to(enum bel_sip_transport transport, uint16_t port)
{
	return (struct bel_hop){ .transport = transport, .addr = at(2, port) };
}

static void what_is_sent_while_connecting_leaves_in_order(void **state)
{
	struct bench *bench = open_bench(NULL);
	struct bel_hop hop = hop_to(BEL_SIP_TCP, 5070);
	struct bel_flow flow, again;
	struct callee callee;

	(void)state;
	open_callee(&callee, bench, 5070);
	assert_int_equal(bel_flow_open(&flow, bench->transport, &hop), BEL_OK);
	assert_int_equal(bel_flow_send(bench->transport, &flow, BEL_STR("one ")), BEL_OK);
	assert_int_equal(bel_flow_open(&again, bench->transport, &hop), BEL_OK);
	assert_true(bel_flow_is_same(&flow, &again));
	assert_int_equal(bel_flow_send(bench->transport, &again, BEL_STR("two")), BEL_OK);
	run_for(bench, 10);
	assert_int_equal(callee.accepted, 1);
	assert_str(((bel_str){ callee.line.bytes, callee.line.len }), "one two");
	/* and what comes back by it is read like any other */
	say(bench, &callee.line, BEL_STR(WHOLE));
	assert_saw(bench, "OPTIONS");
	assert_true(bel_flow_is_same(&bench->flow, &flow));
	close_callee(&callee);
	close_bench(bench);
}

/* A peer that knows us by an address sees that one. */
static void a_connection_comes_from_the_address_that_listens(void **state)
{
	static const struct {
		uint8_t listens, from; /* 0: a wildcard */
	} rows[] = { { 1, 1 }, { 9, 9 }, { 0, 1 } };

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		const bel_addr second = at(9, 0), from = at(rows[i].from, 0);
		struct bel_transport_listener listener = { BEL_SIP_TCP, at(1, PORT) };
		struct bel_hop hop = hop_to(BEL_SIP_TCP, 5070);
		struct bench *bench = open_bench(NULL);
		struct callee callee;
		struct bel_flow flow;

		bel_transport_close(bench->transport);
		assert_int_equal(bel_sim_node_add(bench->server_node, &second), BEL_OK);
		listener.local = rows[i].listens ? at(rows[i].listens, PORT)
						 : bel_addr_v4(0, 0, 0, 0, PORT);
		assert_int_equal(bel_transport_open(&bench->transport, NULL,
						    &(struct bel_transport_opts){
							    .loop = bench->loop,
							    .workers = 1,
							    .listeners = &listener,
							    .listeners_count = 1,
							    .port = &bench_port,
							    .user = bench }),
				 BEL_OK);
		open_callee(&callee, bench, 5070);
		assert_int_equal(bel_flow_open(&flow, bench->transport, &hop), BEL_OK);
		run_for(bench, 10);
		assert_int_equal(callee.accepted, 1);
		assert_true(bel_addr_is_same_host(bel_stream_peer(callee.line.stream),
						  &from));
		close_callee(&callee);
		close_bench(bench);
	}
}

static void the_queue_before_the_connection_has_an_end(void **state)
{
	struct bench *bench = open_bench(NULL);
	struct bel_hop hop = hop_to(BEL_SIP_TCP, 5070);
	char *text = calloc(1, 60000);
	struct bel_flow flow;

	(void)state;
	assert_int_equal(bel_flow_open(&flow, bench->transport, &hop), BEL_OK);
	for (int i = 0; i < 4; i++)
		assert_int_equal(
			bel_flow_send(bench->transport, &flow, (bel_str){ text, 60000 }),
			BEL_OK);
	assert_int_equal(bel_flow_send(bench->transport, &flow, (bel_str){ text, 60000 }),
			 BEL_ERR_BUSY);
	free(text);
	close_bench(bench);
}

static void a_connection_that_fails_tells_its_waiters(void **state)
{
	struct bench *bench = open_bench(NULL);
	struct bel_hop refused = hop_to(BEL_SIP_TCP, 5071), lost = hop_to(BEL_SIP_TCP, 9);
	struct bel_flow flow;
	struct waiting waiting;

	(void)state;
	assert_int_equal(bel_flow_open(&flow, bench->transport, &refused), BEL_OK);
	wait_on(bench->transport, &flow, &waiting);
	assert_int_equal(waiting.told, 0);
	run_for(bench, 100);
	assert_int_equal(waiting.told, 1);
	/* nobody answers at all: five seconds */
	assert_int_equal(
		bel_sim_partition(bench->sim, bench->server_node, bench->peer_node, true),
		BEL_OK);
	assert_int_equal(bel_flow_open(&flow, bench->transport, &lost), BEL_OK);
	wait_on(bench->transport, &flow, &waiting);
	run_for(bench, 4900);
	assert_int_equal(waiting.told, 0);
	run_for(bench, 200);
	assert_int_equal(waiting.told, 1);
	assert_int_equal(waiting.err, BEL_ERR_TIMEOUT);
	close_bench(bench);
}

static void a_transport_without_a_listener_is_not_spoken(void **state)
{
	struct bench *bench = open_bench(NULL);
	struct bel_hop six = { .transport = BEL_SIP_TCP };
	struct bel_hop tls = hop_to(BEL_SIP_TLS, 5061);
	struct bel_flow flow;

	(void)state;
	assert_int_equal(bel_addr_parse(&six.addr, BEL_STR("[2001:db8::1]:5060"), 0),
			 BEL_OK);
	assert_int_equal(bel_flow_open(&flow, bench->transport, &six),
			 BEL_ERR_UNSUPPORTED);
	assert_int_equal(bel_flow_open(&flow, bench->transport, &tls),
			 BEL_ERR_UNSUPPORTED);
	close_bench(bench);
}

/* RFC 3261 section 18.2.2: down the connection, else by a new one to the address it came
 * from and the port of the sent-by; never where received says. */
static void responses_find_back(void **state)
{
	struct bench *bench = open_bench(NULL);
	struct line *line = dial(bench, 0);
	struct bel_sip_via via;
	struct bel_flow flow;
	struct callee callee;

	(void)state;
	open_callee(&callee, bench, 5070);
	assert_int_equal(
		bel_sip_via_parse(&via, BEL_STR("SIP/2.0/TCP 192.0.2.9:5070;rport=7;"
						"received=192.0.2.99;branch=z9hG4bK1")),
		BEL_OK);
	say(bench, line, BEL_STR(WHOLE));
	assert_int_equal(
		bel_flow_for_response(&flow, bench->transport, &bench->flow, &via),
		BEL_OK);
	assert_true(bel_flow_is_same(&flow, &bench->flow));
	hang_up(line);
	run_for(bench, 10);
	assert_int_equal(
		bel_flow_for_response(&flow, bench->transport, &bench->flow, &via),
		BEL_OK);
	assert_int_equal(bel_flow_send(bench->transport, &flow, BEL_STR("late")), BEL_OK);
	run_for(bench, 10);
	assert_str(((bel_str){ callee.line.bytes, callee.line.len }), "late");
	close_callee(&callee);
	close_bench(bench);
}

/* Who forwards without state knows the way from the Via alone, which he has marked. */
static void a_marked_via_leads_down_its_connection(void **state)
{
	struct bench *bench = open_bench(NULL);
	struct line *line = dial(bench, 0);
	const struct bel_flow none = { .transport = BEL_SIP_TRANSPORT_OTHER };
	struct bel_sip_via via;
	struct bel_flow flow;
	char text[128];
	struct bel_writer writer = bel_writer_init(text, sizeof text);

	(void)state;
	say(bench, line, BEL_STR(WHOLE));
	bel_write_format(
		&writer,
		"SIP/2.0/TCP x.test:5070;received=192.0.2.2;rport=%u;branch=z9hG4bK1",
		bench->flow.peer.port);
	assert_int_equal(bel_sip_via_parse(&via, bel_writer_str(&writer)), BEL_OK);
	assert_int_equal(bel_flow_for_response(&flow, bench->transport, &none, &via),
			 BEL_OK);
	assert_true(bel_flow_is_same(&flow, &bench->flow));
	close_bench(bench);
}

static void closing_says_nothing_to_waiters(void **state)
{
	struct bench *bench = open_bench(NULL);
	struct waiting waiting, datagram;
	struct bel_flow flow;
	struct bel_hop hop = hop_to(BEL_SIP_UDP, 5060);

	(void)state;
	say(bench, dial(bench, 0), BEL_STR(WHOLE));
	wait_on(bench->transport, &bench->flow, &waiting);
	assert_int_equal(bel_flow_open(&flow, bench->transport, &hop), BEL_OK);
	wait_on(bench->transport, &flow, &datagram);
	close_bench(bench);
	assert_int_equal(waiting.told, 0);
	assert_int_equal(datagram.told, 0);
}

static void stopped_it_takes_no_more_but_goes_on(void **state)
{
	struct bench *bench = open_bench(NULL);
	struct line *line = dial(bench, 0);

	(void)state;
	bel_transport_stop(bench->transport);
	say(bench, line, BEL_STR(WHOLE));
	assert_saw(bench, "OPTIONS");
	assert_true(dial(bench, 1)->is_closed);
	close_bench(bench);
}

static void pieces_and_delays_of_the_network_change_nothing(void **state)
{
	static const struct bel_sim_net net = { .delay_min_ms = 1,
						.delay_max_ms = 40,
						.stream_split = 700 };
	struct bench *bench = open_bench(NULL);
	struct line *line = dial(bench, 0);

	(void)state;
	bel_sim_set_net(bench->sim, &net);
	for (int i = 0; i < 200; i++)
		say(bench, line, BEL_STR(OPTIONS("Content-Length: 6\r\n") "\r\n\r\nab"));
	run_for(bench, 1000);
	assert_int_equal(bel_transport_counters(bench->transport)->received[BEL_SIP_TCP],
			 200);
	assert_int_equal(bel_transport_counters(bench->transport)->broken, 0);
	close_bench(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_in_any_pieces_is_one),
		cmocka_unit_test(many_messages_in_one_write_are_handed_up_together),
		cmocka_unit_test(whoever_handles_a_message_may_close_its_connection),
		cmocka_unit_test(a_ping_is_answered_with_a_pong),
		cmocka_unit_test(who_lies_about_length_gets_400_and_the_end),
		cmocka_unit_test(headers_without_end_are_not_kept_for_ever),
		cmocka_unit_test(slow_peers_are_dropped_in_time),
		cmocka_unit_test(dripping_does_not_prolong_a_message),
		cmocka_unit_test(a_stream_that_always_has_a_piece_of_the_next_lives),
		cmocka_unit_test(a_connection_with_a_registration_is_kept),
		cmocka_unit_test(one_source_has_so_many_connections),
		cmocka_unit_test(there_is_an_end_to_connections_altogether),
		cmocka_unit_test(a_banned_source_is_not_accepted),
		cmocka_unit_test(waiters_are_told_when_a_connection_ends),
		cmocka_unit_test(a_flow_never_means_a_later_connection),
		cmocka_unit_test(what_is_sent_while_connecting_leaves_in_order),
		cmocka_unit_test(a_connection_comes_from_the_address_that_listens),
		cmocka_unit_test(the_queue_before_the_connection_has_an_end),
		cmocka_unit_test(a_connection_that_fails_tells_its_waiters),
		cmocka_unit_test(a_transport_without_a_listener_is_not_spoken),
		cmocka_unit_test(responses_find_back),
		cmocka_unit_test(a_marked_via_leads_down_its_connection),
		cmocka_unit_test(closing_says_nothing_to_waiters),
		cmocka_unit_test(stopped_it_takes_no_more_but_goes_on),
		cmocka_unit_test(pieces_and_delays_of_the_network_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
