/* SPDX-License-Identifier: Apache-2.0
 * TURN as users meet it: allocations over every transport, data both ways, relays, rules
 * that change. */
#include "nat_support.h"

static void talk(struct post *post, struct bel_test_relay_client *client,
		 bool with_channel)
{
	bel_addr peer = at(4, 4000), relay = bel_test_relay_addr(client);

	bel_test_relay_permit(client, &peer, with_channel);
	run_for(post, 100);
	assert_int_equal(client->granted_count, 1);
	assert_int_equal(bel_test_relay_say(client, &peer, BEL_STR("to the peer")),
			 BEL_OK);
	run_for(post, 100);
	assert_heard(&post->peer, "to the peer");
	assert_true(bel_addr_is_equal(&post->peer.from, &relay));
	bel_udp_send(post->peer.udp, &relay, NULL, BEL_STR("and back"));
	run_for(post, 100);
	assert_got(client, "and back");
	assert_true(bel_addr_is_equal(&client->data_from, &peer));
}

static void a_client_and_its_peer_hear_each_other_by_every_transport(void **state)
{
	static const enum bel_turn_transport transports[] = { BEL_TURN_UDP, BEL_TURN_TCP,
							      BEL_TURN_TLS };

	(void)state;
	for (size_t i = 0; i < 2 * BEL_COUNT_OF(transports); i++) {
		struct post *post = open_post("", "");
		struct bel_test_relay_client *client = allocate_alice(post,
								      transports[i / 2]);
		bel_addr relay = bel_test_relay_addr(client), server = at(1, 0);
		assert_true(bel_addr_is_same_host(&relay, &server));
		assert_in_range(relay.port, 49152, 65535);
		talk(post, client, i % 2);
		/* Given back, it is nobody's. */
		bel_test_relay_stop(client);
		run_for(post, 100);
		assert_true(client->is_ended);
		assert_int_equal(bel_nat_turn_counters(post->nat)->relays, 0);
		close_post(post);
	}
}

static void who_is_no_user_gets_nothing(void **state)
{
	static const struct {
		const char *name, *password;
	} rows[] = { { "alice", "builder" }, { "eve", "wonder" }, { "1:alice", "x" } };
	struct post *post = open_post("", "");

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct bel_test_relay_client *client = allocate(
			post, 0, BEL_TURN_UDP, rows[i].name, rows[i].password);
		assert_true(client->is_ended);
		assert_int_equal(client->end_code, 401);
		bel_test_relay_close(client);
	}
	assert_int_equal(bel_nat_turn_counters(post->nat)->allocations, 0);
	close_post(post);
}

/* base64(HMAC-SHA1("sesame", "4000000000:carol")), by openssl. */
static void a_time_limited_credential_opens(void **state)
{
	struct post *post = open_post("secret other; secret sesame", "");
	struct bel_test_relay_client *client = allocate(post, 0, BEL_TURN_UDP,
							"4000000000:carol",
							"+Z0isi2ECxflYjfXGWiYvMBHthU=");

	(void)state;
	assert_true(client->is_open);
	talk(post, client, true);
	close_post(post);
}

/* What the nonce of a challenge says of the server. */
static uint32_t features_of(struct post *post)
{
	char buf[64];
	struct bel_writer request = bel_writer_init(buf, sizeof buf);
	struct bel_stun_msg answer;
	bel_addr server = at(1, UDP_PORT);
	uint32_t features = 0;
	bel_str nonce;

	bel_stun_write_header(&request, BEL_STUN_REQUEST, BEL_STUN_ALLOCATE,
			      BEL_STR("abcdefghijkl"));
	bel_stun_write_u32(&request, BEL_STUN_REQUESTED_TRANSPORT, 17u << 24);
	bel_udp_send(post->peer.udp, &server, NULL, bel_writer_str(&request));
	run_for(post, 100);
	assert_int_equal(bel_stun_parse(&answer, (bel_str){ post->peer.last,
							    post->peer.last_len }),
			 BEL_OK);
	assert_true(bel_stun_find(&nonce, &answer, BEL_STUN_NONCE));
	assert_true(bel_stun_cookie_parse(&features, nonce));
	return features;
}

/* RFC 8489 section 9.2. The client obeys the nonce, as tests of turn/ show. */
static void a_user_need_not_say_his_name(void **state)
{
	struct post *post = open_post("userhash on", "");
	struct bel_test_relay_client *client;

	(void)state;
	assert_true(features_of(post) & BEL_STUN_HAS_USERHASH);
	talk(post, allocate_alice(post, BEL_TURN_UDP), true);
	client = allocate(post, 1, BEL_TURN_UDP, "bob", "wonder");
	assert_int_equal(client->end_code, 401);
	bel_test_relay_close(client);
	client = allocate(post, 1, BEL_TURN_UDP, "eve", "wonder");
	assert_int_equal(client->end_code, 401);
	close_post(post);
}

/* Whose name holds a time is found by no hash. */
static void no_hash_is_asked_for_where_nobody_would_be_found_by_it(void **state)
{
	static const char *const blocks[] = { "", "userhash on; secret sesame" };

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(blocks); i++) {
		struct post *post = open_post(blocks[i], "");
		assert_false(features_of(post) & BEL_STUN_HAS_USERHASH);
		assert_true(features_of(post) & BEL_STUN_HAS_ALGORITHMS);
		close_post(post);
	}
}

/* The nonce of before says another thing: it is stale, and the client goes on. */
static void a_reload_may_ask_for_hashes(void **state)
{
	struct post *post = open_post("", "");
	struct bel_test_relay_client *client = allocate_alice(post, BEL_TURN_UDP);
	struct bel_conf *conf = conf_of("userhash on", "");

	(void)state;
	assert_int_equal(bel_users_set_conf(post->users, conf), BEL_OK);
	bel_nat_set_conf(post->nat, conf);
	bel_guard_set_conf(post->guard, conf);
	bel_conf_unref(post->conf);
	post->conf = conf;
	assert_true(features_of(post) & BEL_STUN_HAS_USERHASH);
	talk(post, client, true);
	close_post(post);
}

static void two_relays_are_peers_of_each_other(void **state)
{
	static const char *const publics[] = { "", "public 203.0.113.7" };

	(void)state;
	/* Behind a NAT that turns nothing around, too. */
	for (size_t i = 0; i < BEL_COUNT_OF(publics); i++) {
		struct post *post = open_post(publics[i], "");
		struct bel_test_relay_client *alice = allocate_alice(post, BEL_TURN_UDP);
		struct bel_test_relay_client *bob = allocate(post, 1, BEL_TURN_TCP, "bob",
							     "builder");
		bel_addr of_alice = bel_test_relay_addr(alice);
		bel_addr of_bob = bel_test_relay_addr(bob);
		bel_addr public = i ? bel_addr_v4(203, 0, 113, 7, 0) : at(1, 0);
		assert_true(bel_addr_is_same_host(&of_alice, &public));
		bel_test_relay_permit(alice, &of_bob, true);
		bel_test_relay_permit(bob, &of_alice, false);
		run_for(post, 100);
		bel_test_relay_say(alice, &of_bob, BEL_STR("from alice"));
		bel_test_relay_say(bob, &of_alice, BEL_STR("from bob"));
		run_for(post, 100);
		assert_got(bob, "from alice");
		assert_true(bel_addr_is_equal(&bob->data_from, &of_alice));
		assert_got(alice, "from bob");
		assert_true(bel_addr_is_equal(&alice->data_from, &of_bob));
		close_post(post);
	}
}

static void a_peer_that_does_not_listen_is_told_of(void **state)
{
	struct post *post = open_post("", "");
	struct bel_test_relay_client *client = allocate_alice(post, BEL_TURN_UDP);
	bel_addr peer = at(4, 4444);

	(void)state;
	bel_test_relay_permit(client, &peer, true);
	run_for(post, 100);
	bel_test_relay_say(client, &peer, BEL_STR("anybody?"));
	run_for(post, 100);
	assert_int_equal(client->icmp_count, 1);
	close_post(post);
}

static unsigned wish(struct post *post, const char *peer)
{
	struct bel_test_relay_client *client = &post->clients[0];
	bel_addr addr;

	client->refused_code = 0;
	assert_int_equal(bel_addr_parse(&addr, bel_str_from(peer), 0), BEL_OK);
	bel_test_relay_permit(client, &addr, false);
	run_for(post, 100);
	return client->refused_code;
}

static void what_is_allowed_and_denied_is_of_the_configuration(void **state)
{
	struct post *post = open_post("allow 10.0.0.0/8; deny 10.9.0.0/16 30.0.0.0/8",
				      "");

	(void)state;
	allocate_alice(post, BEL_TURN_UDP);
	assert_int_equal(wish(post, "10.1.1.1:5"), 0);
	assert_int_equal(wish(post, "10.9.1.1:5"), 403);
	assert_int_equal(wish(post, "30.1.1.1:5"), 403);
	assert_int_equal(wish(post, "31.1.1.1:5"), 0);
	assert_int_equal(wish(post, "192.168.1.1:5"), 403);
	assert_int_equal(wish(post, "20.0.0.1:5060"), 403); /* our own */
	assert_int_equal(wish(post, "20.0.0.1:22"), 403);
	close_post(post);
}

static void a_reload_changes_the_rules_of_those_who_are_there(void **state)
{
	struct post *post = open_post("", "");
	struct bel_test_relay_client *client = allocate_alice(post, BEL_TURN_UDP);
	bel_addr peer = at(4, 4000);
	struct bel_conf *conf = conf_of("deny 20.0.0.4; relays 1 per user", "");

	(void)state;
	talk(post, client, true);
	bel_nat_set_conf(post->nat, conf);
	bel_conf_unref(post->conf);
	post->conf = conf;
	bel_guard_set_conf(post->guard, conf);
	bel_users_set_conf(post->users, conf);
	post->peer.count = 0;
	bel_test_relay_say(client, &peer, BEL_STR("still there?"));
	run_for(post, 100);
	assert_int_equal(post->peer.count, 0);
	/* A second one of hers. */
	assert_int_equal(allocate(post, 1, BEL_TURN_UDP, "alice", "wonder")->end_code,
			 486);
	close_post(post);
}

static void a_user_has_so_many_bytes_a_second(void **state)
{
	struct post *post = open_post("bytes 100000 per second", "");
	struct bel_test_relay_client *client = allocate_alice(post, BEL_TURN_UDP);
	bel_addr peer = at(4, 4000);
	char kilobyte[1000] = { 0 };

	(void)state;
	talk(post, client, true);
	post->peer.count = 0;
	/* 2,000 kB within a second; the bucket holds a second's worth besides. */
	for (unsigned i = 0; i < 100; i++) {
		for (unsigned k = 0; k < 20; k++)
			bel_test_relay_say(client, &peer,
					   (bel_str){ kilobyte, sizeof kilobyte });
		run_for(post, 10);
	}
	assert_in_range(post->peer.count, 150, 205);
	assert_in_range(bel_nat_turn_counters(post->nat)->over_quota, 1795, 1850);
	close_post(post);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_client_and_its_peer_hear_each_other_by_every_transport),
		cmocka_unit_test(who_is_no_user_gets_nothing),
		cmocka_unit_test(a_time_limited_credential_opens),
		cmocka_unit_test(a_user_need_not_say_his_name),
		cmocka_unit_test(no_hash_is_asked_for_where_nobody_would_be_found_by_it),
		cmocka_unit_test(a_reload_may_ask_for_hashes),
		cmocka_unit_test(two_relays_are_peers_of_each_other),
		cmocka_unit_test(a_peer_that_does_not_listen_is_told_of),
		cmocka_unit_test(what_is_allowed_and_denied_is_of_the_configuration),
		cmocka_unit_test(a_reload_changes_the_rules_of_those_who_are_there),
		cmocka_unit_test(a_user_has_so_many_bytes_a_second),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
