/* SPDX-License-Identifier: Apache-2.0
 * Clients on streams that say nothing, not enough, or what nobody understands. */
#include "nat_support.h"

/* A stream of somebody who may write what he likes. */
struct line {
	struct bel_stream *stream;
	bool is_closed;
	size_t got;
};

static void on_connected(void *user, struct bel_stream *stream)
{
	(void)user;
	(void)stream;
}

static void on_readable(void *user, struct bel_stream *stream)
{
	struct line *line = user;
	char buf[1024];
	size_t len;

	while (bel_stream_receive(&len, stream, buf, sizeof buf) == BEL_OK)
		line->got += len;
}

static void on_closed(void *user, struct bel_stream *stream, enum bel_err err)
{
	(void)stream;
	(void)err;
	((struct line *)user)->is_closed = true;
}

static const struct bel_stream_handler handler = { .on_connected = on_connected,
						   .on_readable = on_readable,
						   .on_closed = on_closed };

static void dial(struct post *post, struct line *line, uint16_t port)
{
	bel_addr server = at(1, port);

	*line = (struct line){ .got = 0 };
	assert_int_equal(bel_stream_connect(&line->stream, post->client_loops[0], &server,
					    NULL, &handler, line),
			 BEL_OK);
	run_for(post, 20);
}

static void say(struct post *post, struct line *line, bel_str bytes)
{
	(void)bel_stream_send(line->stream, bytes);
	run_for(post, 20);
}

static const char binding[20] = "\x00\x01\x00\x00\x21\x12\xa4\x42"
				"abcdefghijkl";
#define BINDING ((bel_str){ binding, sizeof binding })

static void messages_come_in_pieces_and_several_at_a_time(void **state)
{
	struct post *post = open_post("", "");
	struct line line;
	char many[5 * sizeof binding];

	(void)state;
	dial(post, &line, UDP_PORT);
	for (size_t i = 0; i < sizeof many; i++)
		many[i] = binding[i % sizeof binding];
	say(post, &line, (bel_str){ many, sizeof many });
	assert_int_equal(line.got, 5 * 32);
	for (size_t i = 0; i < sizeof binding; i++)
		say(post, &line, (bel_str){ binding + i, 1 });
	assert_int_equal(line.got, 6 * 32);
	bel_stream_close(line.stream);
	close_post(post);
}

static void what_is_no_message_ends_the_stream(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} rows[] = { { "\x80\x00\x00\x00", 4 },
		     { "\x00\x01\x00\x01", 4 },
		     { "\x16\x03\x01\x02\x00", 5 } };
	struct post *post = open_post("", "");

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct line line;
		dial(post, &line, UDP_PORT);
		say(post, &line, (bel_str){ rows[i].bytes, rows[i].len });
		assert_true(line.is_closed);
		bel_stream_close(line.stream);
	}
	assert_int_equal(bel_nat_counters(post->nat)->broken, BEL_COUNT_OF(rows));
	assert_int_equal(bel_nat_counters(post->nat)->connections, 0);
	close_post(post);
}

static void every_stream_has_its_time(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		uint16_t port;
		unsigned alive_s, over_s;
	} rows[] = {
		{ "", 0, TLS_PORT, 4, 6 },                        /* no handshake */
		{ "\x00\x01", 2, UDP_PORT, 29, 31 },              /* half a head */
		{ "\x40\x00\xff\xff half", 9, UDP_PORT, 29, 31 }, /* half a message */
		{ "", 0, UDP_PORT, 119, 121 },                    /* nothing at all */
		{ binding, sizeof binding, UDP_PORT, 119, 121 },  /* no allocation */
	};
	struct post *post = open_post("", "");

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct line line;
		dial(post, &line, rows[i].port);
		say(post, &line, (bel_str){ rows[i].bytes, rows[i].len });
		run_for(post, rows[i].alive_s * 1000 - 40);
		assert_false(line.is_closed);
		run_for(post, (rows[i].over_s - rows[i].alive_s) * 1000);
		assert_true(line.is_closed);
		bel_stream_close(line.stream);
	}
	assert_int_equal(bel_nat_counters(post->nat)->connections, 0);
	close_post(post);
}

/* Byte after byte is no sign of life of a message that never ends. */
static void a_message_that_trickles_is_given_up(void **state)
{
	struct post *post = open_post("", "");
	struct line line;

	(void)state;
	dial(post, &line, UDP_PORT);
	say(post, &line, BEL_STR("\x40\x01\x7f\xff"));
	for (unsigned i = 0; i < 29; i++) {
		run_for(post, 980);
		assert_false(line.is_closed);
		say(post, &line, BEL_STR("x"));
	}
	run_for(post, 2000);
	assert_true(line.is_closed);
	bel_stream_close(line.stream);
	close_post(post);
}

static void a_stream_with_an_allocation_stays(void **state)
{
	struct post *post = open_post("", "");
	struct bel_test_relay_client *client = allocate_alice(post, BEL_TURN_TLS);

	(void)state;
	run_for(post, 3600 * 1000);
	assert_false(client->is_ended);
	assert_int_equal(bel_nat_turn_counters(post->nat)->allocations, 1);
	close_post(post);
}

static void an_allocation_ends_with_its_stream(void **state)
{
	static const enum bel_turn_transport transports[] = { BEL_TURN_TCP,
							      BEL_TURN_TLS };

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(transports); i++) {
		struct post *post = open_post("", "");
		struct bel_test_relay_client *client = allocate_alice(post,
								      transports[i]);
		assert_int_equal(bel_nat_turn_counters(post->nat)->relays, 1);
		bel_test_relay_close(client);
		run_for(post, 100);
		assert_int_equal(bel_nat_turn_counters(post->nat)->relays, 0);
		assert_int_equal(bel_nat_turn_counters(post->nat)->allocations, 0);
		assert_int_equal(bel_nat_counters(post->nat)->connections, 0);
		close_post(post);
	}
}

/* What a client does not read is lost; others are served meanwhile, and memory has an
 * end. */
static void a_client_that_does_not_read_loses_packets_only(void **state)
{
	struct post *post = open_post("bytes unlimited", "");
	struct bel_test_relay_client *client = allocate_alice(post, BEL_TURN_TCP);
	bel_addr peer = at(4, 4000), relay = bel_test_relay_addr(client);
	char kilobyte[1000] = { 0 };

	(void)state;
	bel_test_relay_permit(client, &peer, true);
	run_for(post, 100);
	bel_stream_pause(client->stream, true);
	for (unsigned i = 0; i < 400; i++) {
		for (unsigned k = 0; k < 10; k++)
			bel_udp_send(post->peer.udp, &relay, NULL,
				     (bel_str){ kilobyte, sizeof kilobyte });
		run_for(post, 5);
	}
	assert_int_equal(bel_nat_counters(post->nat)->connections, 1);
	assert_true(allocate(post, 1, BEL_TURN_UDP, "bob", "builder")->is_open);
	bel_stream_pause(client->stream, false);
	run_for(post, 1000);
	assert_in_range(client->data_count, 100, 3999);
	/* And it goes on. */
	client->data_count = 0;
	bel_udp_send(post->peer.udp, &relay, NULL, BEL_STR("hello again"));
	run_for(post, 100);
	assert_got(client, "hello again");
	close_post(post);
}

static void a_source_has_so_many_connections(void **state)
{
	struct post *post = open_post("", "guard { connections 3 per source }");
	struct line lines[4];

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		dial(post, &lines[i], UDP_PORT);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(lines[i].is_closed, i == 3);
		bel_stream_close(lines[i].stream);
	}
	assert_int_equal(bel_nat_counters(post->nat)->refused, 1);
	close_post(post);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_come_in_pieces_and_several_at_a_time),
		cmocka_unit_test(what_is_no_message_ends_the_stream),
		cmocka_unit_test(every_stream_has_its_time),
		cmocka_unit_test(a_message_that_trickles_is_given_up),
		cmocka_unit_test(a_stream_with_an_allocation_stays),
		cmocka_unit_test(an_allocation_ends_with_its_stream),
		cmocka_unit_test(a_client_that_does_not_read_loses_packets_only),
		cmocka_unit_test(a_source_has_so_many_connections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
