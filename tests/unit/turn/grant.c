/* SPDX-License-Identifier: Apache-2.0
 * Permissions and channels, and what is relayed by them, both ways. */
#include "support/turn.h"

#define PEER  "20.1.1.1:4000"
#define OTHER "20.1.1.2:4000"

static struct bel_turn_tuple open_with(struct bel_test_turn *bench,
				       const struct bel_turn_server_opts *opts)
{
	struct bel_turn_tuple client = bel_test_turn_client(1, 1000);

	bel_test_turn_open(bench, opts);
	assert_int_equal(bel_test_turn_allocate(bench, &client), 0);
	return client;
}

static void assert_relayed(const struct bel_test_turn *bench, const char *peer,
			   const char *data)
{
	bel_addr addr = bel_test_addr(peer);

	assert_true(bel_addr_is_equal(&bench->relayed_to, &addr));
	assert_str(((bel_str){ bench->relayed, bench->relayed_len }), data);
}

static void data_passes_both_ways_while_a_permission_stands(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple client = open_with(&bench, NULL);
	bel_turn_relay relay = bench.relays[0].id;
	bel_addr peer;
	bel_str data;

	(void)state;
	assert_false(bel_test_turn_say(&bench, &client, PEER, "before"));
	assert_false(bel_test_turn_hear(&bench, relay, PEER, "before"));
	assert_int_equal(bel_test_turn_permit(&bench, &client, PEER), 0);
	assert_true(bel_test_turn_say(&bench, &client, PEER, "hello"));
	assert_relayed(&bench, PEER, "hello");
	assert_int_equal(bench.relayed_by, relay);
	/* It is of the host: any of its ports. */
	assert_true(bel_test_turn_say(&bench, &client, "20.1.1.1:9", ""));
	assert_relayed(&bench, "20.1.1.1:9", "");
	assert_false(bel_test_turn_say(&bench, &client, "20.1.1.1:0", "no port"));
	assert_false(bel_test_turn_say(&bench, &client, OTHER, "x"));
	assert_false(bel_test_turn_hear(&bench, relay, OTHER, "x"));
	assert_true(bel_test_turn_hear(&bench, relay, "20.1.1.1:77", "world"));
	assert_int_equal(
		bel_stun_parse(&bench.answer, (bel_str){ bench.sent, bench.sent_len }),
		BEL_OK);
	assert_int_equal(bench.answer.class, BEL_STUN_INDICATION);
	assert_int_equal(bench.answer.method, BEL_STUN_DATA);
	assert_true(bel_stun_find_addr(&peer, &bench.answer, BEL_STUN_XOR_PEER_ADDRESS));
	assert_int_equal(peer.port, 77);
	assert_true(bel_stun_find(&data, &bench.answer, BEL_STUN_DATA_VALUE));
	assert_str(data, "world");
	bel_test_turn_close(&bench);
}

static void a_permission_lives_five_minutes_and_data_does_not_prolong_it(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple client = open_with(&bench, NULL);
	bel_turn_relay relay = bench.relays[0].id;

	(void)state;
	assert_int_equal(bel_test_turn_permit(&bench, &client, PEER), 0);
	bel_test_turn_wait(&bench, 299 * 1000);
	assert_true(bel_test_turn_say(&bench, &client, PEER, "x"));
	assert_true(bel_test_turn_hear(&bench, relay, PEER, "x"));
	bel_test_turn_wait(&bench, 1000);
	assert_false(bel_test_turn_say(&bench, &client, PEER, "x"));
	assert_false(bel_test_turn_hear(&bench, relay, PEER, "x"));
	/* Asking again does. */
	assert_int_equal(bel_test_turn_permit(&bench, &client, PEER), 0);
	bel_test_turn_wait(&bench, 200 * 1000);
	assert_int_equal(bel_test_turn_permit(&bench, &client, PEER), 0);
	assert_int_equal(bel_test_turn_refresh(&bench, &client, 600), 0);
	bel_test_turn_wait(&bench, 299 * 1000);
	assert_true(bel_test_turn_say(&bench, &client, PEER, "x"));
	bel_test_turn_close(&bench);
}

static void a_channel_carries_data_both_ways(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple client = open_with(&bench, NULL);
	bel_turn_relay relay = bench.relays[0].id;

	(void)state;
	assert_false(bel_test_turn_say_by_channel(&bench, &client, 0x4000, "x"));
	assert_int_equal(bel_test_turn_bind(&bench, &client, 0x4000, PEER), 0);
	assert_true(bel_test_turn_say_by_channel(&bench, &client, 0x4000, "hello"));
	assert_relayed(&bench, PEER, "hello");
	assert_true(bel_test_turn_say_by_channel(&bench, &client, 0x4000, ""));
	assert_false(bel_test_turn_say_by_channel(&bench, &client, 0x4001, "x"));
	assert_true(bel_test_turn_hear(&bench, relay, PEER, "world"));
	assert_true(bel_str_is_equal((bel_str){ bench.sent, bench.sent_len },
				     BEL_STR("\x40\x00\x00\x05world")));
	/* The channel is of one port; the permission that came with it of the host. */
	assert_true(bel_test_turn_hear(&bench, relay, "20.1.1.1:9", "world"));
	assert_int_equal(bench.sent[0], 0);
	assert_true(bel_test_turn_say(&bench, &client, PEER, "by the other way"));
	/* A length that is longer than the datagram (RFC 8656 section 12.6). */
	unsigned before = bench.relayed_count;
	bel_turn_server_receive(bench.server, &client, BEL_STR("\x40\x00\x00\x05worl"),
				bench.now_ms);
	assert_int_equal(bench.relayed_count, before);
	bel_test_turn_close(&bench);
}

static void channel_data_is_padded_on_streams_alone(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple client = bel_test_turn_client(1, 1000);

	(void)state;
	bel_test_turn_open(&bench, NULL);
	client.transport = BEL_TURN_TLS;
	assert_int_equal(bel_test_turn_allocate(&bench, &client), 0);
	assert_int_equal(bel_test_turn_bind(&bench, &client, 0x4fff, PEER), 0);
	assert_true(bel_test_turn_hear(&bench, bench.relays[0].id, PEER, "world"));
	assert_true(bel_str_is_equal((bel_str){ bench.sent, bench.sent_len },
				     BEL_STR("\x4f\xff\x00\x05world\0\0\0")));
	bel_turn_server_receive(bench.server, &client,
				BEL_STR("\x4f\xff\x00\x05world\0\0\0"), bench.now_ms);
	assert_relayed(&bench, PEER, "world");
	bel_test_turn_close(&bench);
}

static void a_channel_lives_ten_minutes_and_its_permission_five(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple client = open_with(&bench, NULL);

	(void)state;
	assert_int_equal(bel_test_turn_refresh(&bench, &client, 3600), 0);
	assert_int_equal(bel_test_turn_bind(&bench, &client, 0x4000, PEER), 0);
	bel_test_turn_wait(&bench, 300 * 1000);
	assert_false(bel_test_turn_say_by_channel(&bench, &client, 0x4000, "x"));
	assert_int_equal(bel_test_turn_permit(&bench, &client, PEER), 0);
	assert_true(bel_test_turn_say_by_channel(&bench, &client, 0x4000, "x"));
	/* Binding anew prolongs both. */
	assert_int_equal(bel_test_turn_bind(&bench, &client, 0x4000, PEER), 0);
	bel_test_turn_wait(&bench, 299 * 1000);
	assert_int_equal(bel_test_turn_permit(&bench, &client, PEER), 0);
	bel_test_turn_wait(&bench, 299 * 1000);
	assert_true(bel_test_turn_say_by_channel(&bench, &client, 0x4000, "x"));
	assert_int_equal(bel_test_turn_permit(&bench, &client, PEER), 0);
	bel_test_turn_wait(&bench, 2 * 1000);
	assert_false(bel_test_turn_say_by_channel(&bench, &client, 0x4000, "x"));
	assert_true(bel_test_turn_say(&bench, &client, PEER, "x"));
	/* What is unbound may be bound otherwise. */
	assert_int_equal(bel_test_turn_bind(&bench, &client, 0x4000, OTHER), 0);
	bel_test_turn_close(&bench);
}

static void a_channel_has_one_peer_and_a_peer_one_channel(void **state)
{
	static const uint16_t wrong[] = { 0, 1, 0x3fff, 0x8000, 0xbfff, 0xffff };
	struct bel_test_turn bench;
	struct bel_turn_tuple client = open_with(&bench, NULL);

	(void)state;
	assert_int_equal(bel_test_turn_bind(&bench, &client, 0x4000, PEER), 0);
	assert_int_equal(bel_test_turn_bind(&bench, &client, 0x4000, OTHER), 400);
	assert_int_equal(bel_test_turn_bind(&bench, &client, 0x4001, PEER), 400);
	assert_int_equal(bel_test_turn_bind(&bench, &client, 0x4000, PEER), 0);
	assert_int_equal(bel_test_turn_bind(&bench, &client, 0x4001, OTHER), 0);
	/* Another port of the host is another peer. */
	assert_int_equal(bel_test_turn_bind(&bench, &client, 0x4fff, "20.1.1.1:9"), 0);
	for (size_t i = 0; i < BEL_COUNT_OF(wrong); i++)
		assert_int_equal(
			bel_test_turn_bind(&bench, &client, wrong[i], "20.1.1.3:9"), 400);
	/* A refusal grants nothing. */
	assert_false(bel_test_turn_say(&bench, &client, "20.1.1.3:9", "x"));
	bel_test_turn_close(&bench);
}

static void what_a_request_lacks_is_a_bad_request(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple client = open_with(&bench, NULL);
	bel_addr peer = bel_test_addr(PEER);
	char buf[BEL_TEST_TURN_BYTES];

	(void)state;
	struct bel_writer request = bel_test_turn_request(&bench, buf,
							  BEL_STUN_CREATE_PERMISSION);
	assert_int_equal(
		bel_test_turn_ask(&bench, &client, &bel_test_turn_alice, &request), 400);
	request = bel_test_turn_request(&bench, buf, BEL_STUN_CHANNEL_BIND);
	bel_stun_write_u32(&request, BEL_STUN_CHANNEL_NUMBER, 0x40000000);
	assert_int_equal(
		bel_test_turn_ask(&bench, &client, &bel_test_turn_alice, &request), 400);
	request = bel_test_turn_request(&bench, buf, BEL_STUN_CHANNEL_BIND);
	bel_stun_write_addr(&request, BEL_STUN_XOR_PEER_ADDRESS, &peer);
	assert_int_equal(
		bel_test_turn_ask(&bench, &client, &bel_test_turn_alice, &request), 400);
	assert_true(bel_stun_has(&bench.answer, BEL_STUN_MESSAGE_INTEGRITY));
	/* An address of no family. */
	request = bel_test_turn_request(&bench, buf, BEL_STUN_CREATE_PERMISSION);
	bel_stun_write_addr(&request, BEL_STUN_XOR_PEER_ADDRESS, &peer);
	bel_stun_write_bytes(&request, BEL_STUN_XOR_PEER_ADDRESS,
			     BEL_STR("\0\x07\0\1\1\1\1\1"));
	assert_int_equal(
		bel_test_turn_ask(&bench, &client, &bel_test_turn_alice, &request), 400);
	assert_false(bel_test_turn_say(&bench, &client, PEER, "x"));
	bel_test_turn_close(&bench);
}

static void of_several_peers_all_are_granted_or_none(void **state)
{
	static const struct {
		const char *peers[3];
		unsigned code;
	} rows[] = {
		{ { PEER, OTHER, "20.1.1.3:1" }, 0 },
		{ { "20.1.1.4:1", "10.0.0.1:1", "20.1.1.5:1" }, 403 },
		{ { "20.1.1.4:1", "20.1.1.5:1", "[2a01::7]:1" }, 443 },
	};
	struct bel_test_turn bench;
	struct bel_turn_tuple client = open_with(&bench, NULL);

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		char buf[BEL_TEST_TURN_BYTES];
		struct bel_writer request = bel_test_turn_request(
			&bench, buf, BEL_STUN_CREATE_PERMISSION);
		for (size_t j = 0; j < 3; j++) {
			bel_addr peer = bel_test_addr(rows[i].peers[j]);
			bel_stun_write_addr(&request, BEL_STUN_XOR_PEER_ADDRESS, &peer);
		}
		assert_int_equal(bel_test_turn_ask(&bench, &client, &bel_test_turn_alice,
						   &request),
				 rows[i].code);
		for (size_t j = 0; j < 3; j++)
			assert_true(bel_test_turn_say(&bench, &client, rows[i].peers[j],
						      "x") == (rows[i].code == 0));
	}
	bel_test_turn_close(&bench);
}

static void grants_have_a_number_and_those_that_expired_make_room(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple client = open_with(&bench, NULL);
	char peer[32];

	(void)state;
	assert_int_equal(bel_test_turn_refresh(&bench, &client, 3600), 0);
	for (unsigned i = 0; i < 49; i++) {
		struct bel_writer text = bel_writer_init(peer, sizeof peer);
		bel_write_format(&text, "20.1.2.%u:7%c", i, '\0');
		assert_int_equal(bel_test_turn_permit(&bench, &client, peer),
				 i < 48 ? 0 : 508);
	}
	assert_int_equal(bel_test_turn_permit(&bench, &client, "20.1.2.0:7"), 0);
	assert_int_equal(bel_test_turn_bind(&bench, &client, 0x4000, PEER), 508);
	assert_false(bel_test_turn_say_by_channel(&bench, &client, 0x4000, "x"));
	bel_test_turn_wait(&bench, 300 * 1000);
	assert_int_equal(bel_test_turn_permit(&bench, &client, PEER), 0);
	for (unsigned i = 0; i < 33; i++) {
		struct bel_writer text = bel_writer_init(peer, sizeof peer);
		bel_write_format(&text, "20.1.2.%u:7%c", i, '\0');
		assert_int_equal(
			bel_test_turn_bind(&bench, &client, (uint16_t)(0x4000 + i), peer),
			i < 32 ? 0 : 508);
	}
	bel_test_turn_close(&bench);
}

static void df_is_set_only_where_it_can_be(void **state)
{
	const struct bel_turn_server_opts can = { .can_dont_fragment = true };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct bel_test_turn bench;
		struct bel_turn_tuple client = open_with(&bench, i ? &can : NULL);
		char buf[BEL_TEST_TURN_BYTES];
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		bel_addr peer = bel_test_addr(PEER);
		assert_int_equal(bel_test_turn_permit(&bench, &client, PEER), 0);
		bel_stun_write_header(&writer, BEL_STUN_INDICATION, BEL_STUN_SEND,
				      BEL_STR("indications."));
		bel_stun_write_addr(&writer, BEL_STUN_XOR_PEER_ADDRESS, &peer);
		bel_stun_write_bytes(&writer, BEL_STUN_DONT_FRAGMENT, BEL_STR_NONE);
		bel_stun_write_bytes(&writer, BEL_STUN_DATA_VALUE, BEL_STR("whole"));
		bel_turn_server_receive(bench.server, &client, bel_writer_str(&writer),
					bench.now_ms);
		assert_int_equal(bench.relayed_count, i);
		assert_true(bench.is_unfragmented == (i == 1));
		if (i)
			assert_true(bel_test_turn_say(&bench, &client, PEER, "x"));
		assert_false(bench.is_unfragmented);
		bel_test_turn_close(&bench);
	}
}

static void an_icmp_error_is_told_to_whom_it_concerns(void **state)
{
	static const struct {
		const char *peer;
		uint8_t type, code;
		uint32_t mtu;
		bool is_told;
		uint64_t value;
	} rows[] = {
		{ PEER, 3, 1, 0, true, 0x0000030100000000 },
		{ PEER, 3, 4, 1400, true, 0x0000030400000578 },
		{ PEER, 3, 3, 1400, true, 0x0000030300000000 },
		{ PEER, 11, 0, 0, true, 0x00000b0000000000 },
		{ "20.1.1.1:0", 3, 1, 0, true, 0x0000030100000000 },
		{ PEER, 8, 0, 0, false, 0 },
		{ PEER, 1, 0, 0, false, 0 },
		{ OTHER, 3, 1, 0, false, 0 },
		{ "[2a01::7]:1", 2, 0, 1280, true, 0x0000020000000500 },
		{ "[2a01::7]:1", 1, 4, 0, true, 0x0000010400000000 },
		{ "[2a01::7]:1", 128, 0, 0, false, 0 },
	};
	struct bel_test_turn bench;
	struct bel_turn_tuple client = bel_test_turn_client(1, 1000);
	char buf[BEL_TEST_TURN_BYTES];

	(void)state;
	bel_test_turn_open(&bench, NULL);
	struct bel_writer request = bel_test_turn_request(&bench, buf, BEL_STUN_ALLOCATE);
	bel_stun_write_u32(&request, BEL_STUN_REQUESTED_TRANSPORT, 17u << 24);
	bel_stun_write_family(&request, BEL_STUN_ADDITIONAL_ADDRESS_FAMILY, 6);
	assert_int_equal(
		bel_test_turn_ask(&bench, &client, &bel_test_turn_alice, &request), 0);
	/* By indication, even where a channel is bound (RFC 8656 section 12.5). */
	assert_int_equal(bel_test_turn_bind(&bench, &client, 0x4000, PEER), 0);
	assert_int_equal(bel_test_turn_permit(&bench, &client, "[2a01::7]:1"), 0);
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		bel_addr peer = bel_test_addr(rows[i].peer), told;
		unsigned before = bench.sent_count;
		uint64_t value = 0;
		bel_turn_server_on_icmp(bench.server, bench.relays[peer.family == 6].id,
					&peer, rows[i].type, rows[i].code, rows[i].mtu,
					bench.now_ms);
		assert_int_equal(bench.sent_count - before, rows[i].is_told);
		if (!rows[i].is_told)
			continue;
		assert_int_equal(bel_stun_parse(&bench.answer,
						(bel_str){ bench.sent, bench.sent_len }),
				 BEL_OK);
		assert_true(bel_stun_find_addr(&told, &bench.answer,
					       BEL_STUN_XOR_PEER_ADDRESS));
		assert_true(bel_addr_is_equal(&told, &peer));
		assert_true(bel_stun_find_u64(&value, &bench.answer, BEL_STUN_ICMP));
		assert_true(value == rows[i].value);
		assert_false(bel_stun_has(&bench.answer, BEL_STUN_DATA_VALUE));
	}
	bel_test_turn_close(&bench);
}

static void who_has_no_allocation_sends_nothing(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple client = open_with(&bench, NULL);
	struct bel_turn_tuple other = client;

	(void)state;
	assert_int_equal(bel_test_turn_bind(&bench, &client, 0x4000, PEER), 0);
	other.client.port++;
	assert_false(bel_test_turn_say(&bench, &other, PEER, "x"));
	assert_false(bel_test_turn_say_by_channel(&bench, &other, 0x4000, "x"));
	other = client;
	other.server.port++;
	assert_false(bel_test_turn_say(&bench, &other, PEER, "x"));
	other = client;
	other.transport = BEL_TURN_TCP;
	assert_false(bel_test_turn_say(&bench, &other, PEER, "x"));
	assert_true(bel_test_turn_say(&bench, &client, PEER, "x"));
	bel_test_turn_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(data_passes_both_ways_while_a_permission_stands),
		cmocka_unit_test(
			a_permission_lives_five_minutes_and_data_does_not_prolong_it),
		cmocka_unit_test(a_channel_carries_data_both_ways),
		cmocka_unit_test(channel_data_is_padded_on_streams_alone),
		cmocka_unit_test(a_channel_lives_ten_minutes_and_its_permission_five),
		cmocka_unit_test(a_channel_has_one_peer_and_a_peer_one_channel),
		cmocka_unit_test(what_a_request_lacks_is_a_bad_request),
		cmocka_unit_test(of_several_peers_all_are_granted_or_none),
		cmocka_unit_test(grants_have_a_number_and_those_that_expired_make_room),
		cmocka_unit_test(df_is_set_only_where_it_can_be),
		cmocka_unit_test(an_icmp_error_is_told_to_whom_it_concerns),
		cmocka_unit_test(who_has_no_allocation_sends_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
