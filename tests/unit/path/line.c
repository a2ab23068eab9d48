/* SPDX-License-Identifier: Apache-2.0
 * A TURN server that is reached by TCP and by TLS, as from behind a firewall that stops
 * UDP. */
#include "support/failing_alloc.h"
#include "unit/path/path_support.h"

static const enum bel_turn_transport streams[] = { BEL_TURN_TCP, BEL_TURN_TLS };

static void every_pair_of_nats_talks(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2 * 5 * 5 * 2; i++) {
		enum bel_sim_nat_kind a = i / 2 % 5, b = i / 10 % 5;
		struct world world;
		open_world_by(&world, streams[i % 2], a, b, false);
		world.has_mux = i / 50;
		connect(&world);
		assert_talk(&world);
		assert_int_equal(is_by_relay(&world.ends[0]) ||
					 is_by_relay(&world.ends[1]),
				 needs_relay(a, b));
		close_world(&world);
	}
}

/* What the server says of the connection's address says nothing of our socket. */
static void only_the_relay_is_learned(void **state)
{
	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(streams); i++) {
		struct world world;
		struct end *end = &world.ends[0];
		open_world_by(&world, streams[i], BEL_NAT_SYMMETRIC, BEL_NAT_NONE, false);
		bel_path_close(end->path);
		struct bel_path_opts opts = opts_of(end, inside(0));
		opts.servers.stun = (bel_addr){ .family = 0 };
		assert_int_equal(bel_path_open(&end->path, &opts), BEL_OK);
		gather(end);
		/* One for RTP, one for RTCP. */
		assert_int_equal(bel_nat_counters(world.post->nat)->connections, 2);
		describe(end);
		assert_null(strstr(end->sdp, "typ srflx"));
		assert_non_null(strstr(end->sdp, "typ relay"));
		gather(&world.ends[1]);
		exchange(end, &world.ends[1]);
		run_for(world.post, 3000);
		assert_talk(&world);
		close_world(&world);
	}
}

/* Large packets by a stream come whole, and in their order. */
static void long_packets_come_whole(void **state)
{
	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(streams); i++) {
		struct world world;
		char text[1401];
		open_world_by(&world, streams[i], BEL_NAT_SYMMETRIC, BEL_NAT_SYMMETRIC,
			      false);
		connect(&world);
		for (size_t len = 1; len < sizeof text; len += 233) {
			memset(text, 'a' + (int)(len % 26), len);
			text[len] = '\0';
			say(&world.ends[0], BEL_PATH_RTP, text);
			assert_int_equal(world.ends[1].heard[BEL_PATH_RTP].len,
					 len < 64 ? len : 64);
			assert_int_equal(world.ends[1].heard[BEL_PATH_RTP].last[0],
					 text[0]);
		}
		close_world(&world);
	}
}

static void assert_report(const struct bel_path_opts *opts, struct world *world,
			  enum bel_err err)
{
	struct end *end = &world->ends[0];
	struct bel_path_servers_report report;

	bel_path_close(end->path);
	end->has_gathered = false;
	assert_int_equal(bel_path_open(&end->path, opts), BEL_OK);
	assert_int_equal(bel_path_bind(end->path), BEL_OK);
	run_for(world->post, 60000);
	assert_true(end->has_gathered);
	bel_path_servers_report(&report, end->path);
	assert_int_equal(report.turn, err);
}

static void what_does_not_work_is_told(void **state)
{
	struct world world;
	struct bel_path_opts opts;
	struct bel_tls_context *strict = open_client_tls(false);

	(void)state;
	open_world_by(&world, BEL_TURN_TLS, BEL_NAT_NONE, BEL_NAT_NONE, false);
	opts = opts_of(&world.ends[0], bel_addr_v4(40, 0, 0, 1, 0));
	/* A certificate that nobody trusts. */
	opts.servers.turn_tls = strict;
	assert_report(&opts, &world, BEL_ERR_TLS);
	opts.servers.turn_tls = NULL;
	assert_report(&opts, &world, BEL_ERR_UNSUPPORTED);
	/* TLS where TCP is spoken: the server hangs up. */
	opts = opts_of(&world.ends[0], bel_addr_v4(40, 0, 0, 1, 0));
	opts.servers.turn.port = UDP_PORT;
	assert_report(&opts, &world, BEL_ERR_CLOSED);
	/* A port that nobody listens to. */
	opts.servers.turn.port = 9;
	assert_report(&opts, &world, -ECONNREFUSED);
	opts = opts_of(&world.ends[0], bel_addr_v4(40, 0, 0, 1, 0));
	opts.servers.turn_password = BEL_STR("wrong");
	assert_report(&opts, &world, BEL_ERR_DENIED);
	close_world(&world);
	bel_tls_context_unref(strict);
}

/* Whatever the state of the connection is. */
static void a_path_may_be_closed_at_any_time(void **state)
{
	(void)state;
	for (unsigned ms = 0; ms < 40; ms++)
		for (unsigned i = 0; i < BEL_COUNT_OF(streams); i++) {
			struct world world;
			open_world_by(&world, streams[i], BEL_NAT_NONE, BEL_NAT_NONE,
				      false);
			assert_int_equal(bel_path_bind(world.ends[0].path), BEL_OK);
			run_for(world.post, ms);
			bel_path_close(world.ends[0].path);
			world.ends[0].path = NULL;
			run_for(world.post, 1000 * 1000);
			close_world(&world);
		}
}

static void a_path_may_be_closed_by_a_packet(void **state)
{
	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(streams); i++) {
		struct world world;
		open_world_by(&world, streams[i], BEL_NAT_SYMMETRIC, BEL_NAT_SYMMETRIC,
			      false);
		connect(&world);
		assert_talk(&world);
		world.ends[1].closes_on_packet = true;
		say(&world.ends[0], BEL_PATH_RTP, "the end");
		assert_null(world.ends[1].path);
		close_world(&world);
	}
}

/* Its allocations go with it: the way is lost, and that is told. */
static void a_server_that_dies_takes_the_way_with_it(void **state)
{
	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(streams); i++) {
		struct world world;
		bel_addr nowhere;
		open_world_by(&world, streams[i], BEL_NAT_SYMMETRIC, BEL_NAT_SYMMETRIC,
			      false);
		connect(&world);
		assert_talk(&world);
		bel_sim_crash(world.post->server_node);
		run_for(world.post, 40000);
		for (int k = 0; k < ENDS; k++) {
			assert_false(
				bel_path_way(&nowhere, world.ends[k].path, BEL_PATH_RTP));
			bel_path_close(world.ends[k].path);
			bel_loop_close(world.ends[k].loop);
		}
		bel_tls_context_unref(world.tls);
		close_post(world.post);
	}
}

static enum bel_err gather_once(void *user)
{
	struct world *world = user;
	struct end *end = &world->ends[0];
	struct bel_path_opts opts = opts_of(end, bel_addr_v4(40, 0, 0, 1, 0));
	enum bel_err err = bel_path_open(&end->path, &opts);

	if (err)
		return err;
	err = bel_path_bind(end->path);
	if (!err) {
		run_for(world->post, 3000);
		describe(end);
		if (!strstr(end->sdp, " typ relay "))
			err = bel_err_from_errno(ENOMEM);
	}
	bel_path_close(end->path);
	end->path = NULL;
	run_for(world->post, 200);
	return err;
}

static void without_memory_it_does_what_it_can(void **state)
{
	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(streams); i++) {
		struct world world;
		open_world_by(&world, streams[i], BEL_NAT_NONE, BEL_NAT_NONE, false);
		bel_path_close(world.ends[0].path);
		world.ends[0].path = NULL;
		bel_test_each_allocation_fails(gather_once, &world);
		run_for(world.post, 700 * 1000);
		close_world(&world);
	}
}

/* ---- words ---- */

static void servers_are_written_in_several_ways(void **state)
{
	static const struct {
		const char *text, *host;
		uint16_t port;
		enum bel_turn_transport transport;
	} rows[] = {
		{ "example.net", "example.net", 3478, BEL_TURN_UDP },
		{ "turn:example.net:99", "example.net:99", 3478, BEL_TURN_UDP },
		{ "turn:[::1]:99?transport=udp", "[::1]:99", 3478, BEL_TURN_UDP },
		{ "example.net?transport=tcp", "example.net", 3478, BEL_TURN_TCP },
		{ "TURN:example.net?transport=TCP", "example.net", 3478, BEL_TURN_TCP },
		{ "example.net?transport=tls", "example.net", 5349, BEL_TURN_TLS },
		{ "turns:example.net", "example.net", 5349, BEL_TURN_TLS },
		{ "turns:example.net:443?transport=tcp", "example.net:443", 5349,
		  BEL_TURN_TLS },
	};
	static const char *const wrong[] = { "",
					     "turn:",
					     "turns:?transport=tcp",
					     "a?",
					     "a?transport=",
					     "a?transport=sctp",
					     "a?tls",
					     "turns:a?transport=udp" };
	struct bel_path_turn_words words;

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(rows); i++) {
		assert_int_equal(bel_path_turn_parse(&words, bel_str_from(rows[i].text)),
				 BEL_OK);
		assert_str(words.host, rows[i].host);
		assert_int_equal(words.port, rows[i].port);
		assert_int_equal(words.transport, rows[i].transport);
	}
	for (unsigned i = 0; i < BEL_COUNT_OF(wrong); i++)
		assert_int_not_equal(bel_path_turn_parse(&words, bel_str_from(wrong[i])),
				     BEL_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pair_of_nats_talks),
		cmocka_unit_test(only_the_relay_is_learned),
		cmocka_unit_test(long_packets_come_whole),
		cmocka_unit_test(what_does_not_work_is_told),
		cmocka_unit_test(a_path_may_be_closed_at_any_time),
		cmocka_unit_test(a_path_may_be_closed_by_a_packet),
		cmocka_unit_test(a_server_that_dies_takes_the_way_with_it),
		cmocka_unit_test(without_memory_it_does_what_it_can),
		cmocka_unit_test(servers_are_written_in_several_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
