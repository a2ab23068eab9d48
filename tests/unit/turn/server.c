/* SPDX-License-Identifier: Apache-2.0
 * The server's stories: an allocation from the first challenge to its end. */
#include "support/turn.h"

#define PEER  "20.1.1.1:4000"
#define PEER6 "[2a01::7]:4000"

static struct bel_writer allocate_request(struct bel_test_turn *bench, char *buf)
{
	struct bel_writer request = bel_test_turn_request(bench, buf, BEL_STUN_ALLOCATE);

	bel_stun_write_u32(&request, BEL_STUN_REQUESTED_TRANSPORT,
			   (uint32_t)BEL_TURN_PROTOCOL_UDP << 24);
	return request;
}

static unsigned ask_as_alice(struct bel_test_turn *bench,
			     const struct bel_turn_tuple *from,
			     struct bel_writer *request)
{
	return bel_test_turn_ask(bench, from, &bel_test_turn_alice, request);
}

/* ---- the challenge ---- */

static void a_stranger_is_challenged_and_costs_no_memory(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple client = bel_test_turn_client(1, 1000);
	char buf[BEL_TEST_TURN_BYTES];
	bel_str realm, nonce, algorithms;
	uint32_t features = 0;

	(void)state;
	bel_test_turn_open(&bench, NULL);
	uint64_t before = bel_turn_server_counters(bench.server)->memory_bytes;
	struct bel_writer request = allocate_request(&bench, buf);
	assert_int_equal(bel_test_turn_send(&bench, &client, bel_writer_str(&request)),
			 401);
	assert_true(bel_stun_find(&realm, &bench.answer, BEL_STUN_REALM));
	assert_str(realm, "example.org");
	assert_true(bel_stun_find(&nonce, &bench.answer, BEL_STUN_NONCE));
	assert_true(bel_stun_cookie_parse(&features, nonce));
	assert_int_equal(features, BEL_STUN_HAS_ALGORITHMS);
	assert_true(
		bel_stun_find(&algorithms, &bench.answer, BEL_STUN_PASSWORD_ALGORITHMS));
	assert_false(bel_stun_has(&bench.answer, BEL_STUN_MESSAGE_INTEGRITY));
	assert_false(bel_stun_has(&bench.answer, BEL_STUN_SOFTWARE));
	assert_int_equal(bel_turn_server_counters(bench.server)->memory_bytes, before);
	assert_int_equal(bel_turn_server_counters(bench.server)->challenges, 1);
	bel_test_turn_close(&bench);
}

/* REALM and NONCE are demanded of a 401, so it is larger than what asked for it: how much
 * is known, and the owner's budget is asked about every one of them. */
static void what_goes_to_strangers_is_small_and_within_a_budget(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple client = bel_test_turn_client(1, 1000);
	char buf[BEL_TEST_TURN_BYTES];

	(void)state;
	bel_test_turn_open(&bench, NULL);
	struct bel_writer request = allocate_request(&bench, buf);
	bel_test_turn_send(&bench, &client, bel_writer_str(&request));
	assert_int_equal(bench.budget_request_bytes, 28);
	assert_int_equal(bench.budget_answer_bytes, 92);
	bench.is_silent = true;
	assert_int_equal(bel_test_turn_send(&bench, &client, bel_writer_str(&request)),
			 1);
	assert_int_equal(bel_turn_server_counters(bench.server)->unanswered, 1);
	/* A handshake has proved where a stream comes from. */
	client.transport = BEL_TURN_TCP;
	assert_int_equal(bel_test_turn_send(&bench, &client, bel_writer_str(&request)),
			 401);
	bel_test_turn_close(&bench);
}

static void a_nonce_is_of_one_source_and_of_one_time(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple client = bel_test_turn_client(1, 1000);
	struct bel_turn_tuple other = bel_test_turn_client(1, 1001);
	struct bel_test_turn_login login = bel_test_turn_alice;
	char nonce[64], buf[BEL_TEST_TURN_BYTES];

	(void)state;
	bel_test_turn_open(&bench, NULL);
	bel_test_turn_nonce(&bench, &client, nonce);
	login.nonce = nonce;
	struct bel_writer request = allocate_request(&bench, buf);
	assert_int_equal(bel_test_turn_ask(&bench, &other, &login, &request), 438);
	assert_true(bel_stun_has(&bench.answer, BEL_STUN_NONCE));
	assert_true(bel_stun_has(&bench.answer, BEL_STUN_REALM));
	assert_true(bel_stun_has(&bench.answer, BEL_STUN_PASSWORD_ALGORITHMS));
	bel_test_turn_wait(&bench, 599 * 1000);
	request = allocate_request(&bench, buf);
	assert_int_equal(bel_test_turn_ask(&bench, &client, &login, &request), 0);
	bel_test_turn_wait(&bench, 1000);
	request = allocate_request(&bench, buf);
	assert_int_equal(bel_test_turn_ask(&bench, &client, &login, &request), 438);
	/* One letter of it is all of it. */
	bel_test_turn_nonce(&bench, &client, nonce);
	nonce[20] = nonce[20] == 'A' ? 'B' : 'A';
	request = allocate_request(&bench, buf);
	assert_int_equal(bel_test_turn_ask(&bench, &client, &login, &request), 438);
	login.nonce = "short";
	request = allocate_request(&bench, buf);
	assert_int_equal(bel_test_turn_ask(&bench, &client, &login, &request), 438);
	bel_test_turn_close(&bench);
}

/* ---- Allocate ---- */

static void an_allocation_names_its_addresses_and_its_time(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple client = bel_test_turn_client(1, 1000);
	bel_addr relayed, mapped;
	uint32_t lifetime_s = 0;

	(void)state;
	bel_test_turn_open(&bench, NULL);
	assert_int_equal(bel_test_turn_allocate(&bench, &client), 0);
	assert_true(bel_stun_find_addr(&relayed, &bench.answer,
				       BEL_STUN_XOR_RELAYED_ADDRESS));
	assert_true(bel_addr_is_equal(&relayed, &bench.relays[0].addr));
	assert_true(
		bel_stun_find_addr(&mapped, &bench.answer, BEL_STUN_XOR_MAPPED_ADDRESS));
	assert_true(bel_addr_is_equal(&mapped, &client.client));
	assert_true(bel_stun_find_u32(&lifetime_s, &bench.answer, BEL_STUN_LIFETIME));
	assert_int_equal(lifetime_s, 600);
	assert_false(bel_stun_has(&bench.answer, BEL_STUN_RESERVATION_TOKEN));
	assert_false(bel_stun_has(&bench.answer, BEL_STUN_MOBILITY_TICKET));
	bel_test_turn_close(&bench);
}

static void lifetimes_lie_between_the_default_and_the_maximum(void **state)
{
	static const struct {
		uint32_t asked_s, granted_s;
	} rows[] = { { 1, 600 },     { 599, 600 },   { 600, 600 },        { 601, 601 },
		     { 3600, 3600 }, { 3601, 3600 }, { UINT32_MAX, 3600 } };
	struct bel_test_turn bench;

	(void)state;
	bel_test_turn_open(&bench, NULL);
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct bel_turn_tuple client = bel_test_turn_client(1,
								    (uint16_t)(1000 + i));
		char buf[BEL_TEST_TURN_BYTES];
		uint32_t granted_s = 0;
		struct bel_writer request = allocate_request(&bench, buf);
		bel_stun_write_u32(&request, BEL_STUN_LIFETIME, rows[i].asked_s);
		assert_int_equal(ask_as_alice(&bench, &client, &request), 0);
		bel_stun_find_u32(&granted_s, &bench.answer, BEL_STUN_LIFETIME);
		assert_int_equal(granted_s, rows[i].granted_s);
		assert_int_equal(bel_test_turn_refresh(&bench, &client, rows[i].asked_s),
				 0);
		bel_stun_find_u32(&granted_s, &bench.answer, BEL_STUN_LIFETIME);
		assert_int_equal(granted_s, rows[i].granted_s);
	}
	bel_test_turn_close(&bench);
}

static void an_allocate_that_is_sent_again_is_answered_from_what_stands(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple client = bel_test_turn_client(1, 1000);
	char buf[BEL_TEST_TURN_BYTES], again[BEL_TEST_TURN_BYTES];
	uint64_t token = 0, token_again = 0;
	uint32_t lifetime_s = 0;
	bel_addr relayed;

	(void)state;
	bel_test_turn_open(&bench, NULL);
	struct bel_writer request = allocate_request(&bench, buf);
	bel_stun_write_bytes(&request, BEL_STUN_EVEN_PORT, BEL_STR("\x80"));
	assert_int_equal(ask_as_alice(&bench, &client, &request), 0);
	bel_stun_find_u64(&token, &bench.answer, BEL_STUN_RESERVATION_TOKEN);
	memcpy(again, buf, request.len);
	bel_test_turn_wait(&bench, 2000);
	assert_int_equal(
		bel_test_turn_send(&bench, &client, (bel_str){ again, request.len }), 0);
	assert_int_equal(bench.relays_count, 2);
	bel_stun_find_addr(&relayed, &bench.answer, BEL_STUN_XOR_RELAYED_ADDRESS);
	assert_true(bel_addr_is_equal(&relayed, &bench.relays[0].addr));
	bel_stun_find_u64(&token_again, &bench.answer, BEL_STUN_RESERVATION_TOKEN);
	assert_true(token != 0 && token == token_again);
	bel_stun_find_u32(&lifetime_s, &bench.answer, BEL_STUN_LIFETIME);
	assert_int_equal(lifetime_s, 598);
	/* A new one is not: the 5-tuple is in use. */
	assert_int_equal(bel_test_turn_allocate(&bench, &client), 437);
	bel_test_turn_close(&bench);
}

/* What an Allocate may and may not ask for, and what it gets (RFC 8656 section 7.2). */
static void what_cannot_be_allocated_is_told_why(void **state)
{
	enum { FAMILY = 1, ADDITIONAL = 2, EVEN = 4, TOKEN = 8, DONT_FRAGMENT = 16 };
	static const struct {
		unsigned has;
		uint32_t transport, family, additional;
		uint8_t even;
		unsigned code;
	} rows[] = {
		{ 0, 0, 0, 0, 0, 400 }, /* REQUESTED-TRANSPORT is a must */
		{ 0, 6, 0, 0, 0, 442 },
		{ 0, 255, 0, 0, 0, 442 },
		{ FAMILY, 17, 1, 0, 0, 0 },
		{ FAMILY, 17, 2, 0, 0, 0 },
		{ FAMILY, 17, 3, 0, 0, 440 },
		{ ADDITIONAL, 17, 0, 2, 0, 0 },
		{ ADDITIONAL, 17, 0, 1, 0, 400 },
		{ ADDITIONAL, 17, 0, 9, 0, 400 },
		{ FAMILY | ADDITIONAL, 17, 1, 2, 0, 400 },
		{ EVEN, 17, 0, 0, 0, 0 },
		{ EVEN, 17, 0, 0, 0x80, 0 },
		{ EVEN | ADDITIONAL, 17, 0, 2, 0x80, 400 },
		{ EVEN | ADDITIONAL, 17, 0, 2, 0, 0 },
		{ TOKEN, 17, 0, 0, 0, 508 },
		{ TOKEN | EVEN, 17, 0, 0, 0, 400 },
		{ TOKEN | FAMILY, 17, 1, 0, 0, 400 },
		{ TOKEN | ADDITIONAL, 17, 0, 2, 0, 400 },
		{ DONT_FRAGMENT, 17, 0, 0, 0, 420 },
	};
	const struct bel_turn_server_opts opts = { .user_relays_max = 30 };
	struct bel_test_turn bench;

	(void)state;
	bel_test_turn_open(&bench, &opts);
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct bel_turn_tuple client = bel_test_turn_client(2,
								    (uint16_t)(2000 + i));
		char buf[BEL_TEST_TURN_BYTES];
		unsigned opened = bench.relays_count;
		struct bel_writer request = bel_test_turn_request(&bench, buf,
								  BEL_STUN_ALLOCATE);
		if (rows[i].transport)
			bel_stun_write_u32(&request, BEL_STUN_REQUESTED_TRANSPORT,
					   rows[i].transport << 24);
		if (rows[i].has & FAMILY)
			bel_stun_write_u32(&request, BEL_STUN_REQUESTED_ADDRESS_FAMILY,
					   rows[i].family << 24);
		if (rows[i].has & ADDITIONAL)
			bel_stun_write_u32(&request, BEL_STUN_ADDITIONAL_ADDRESS_FAMILY,
					   rows[i].additional << 24);
		if (rows[i].has & EVEN)
			bel_stun_write_bytes(&request, BEL_STUN_EVEN_PORT,
					     (bel_str){ (const char *)&rows[i].even, 1 });
		if (rows[i].has & TOKEN)
			bel_stun_write_u64(&request, BEL_STUN_RESERVATION_TOKEN, 7);
		if (rows[i].has & DONT_FRAGMENT)
			bel_stun_write_bytes(&request, BEL_STUN_DONT_FRAGMENT,
					     BEL_STR_NONE);
		if (ask_as_alice(&bench, &client, &request) != rows[i].code ||
		    (bench.relays_count > opened) != (rows[i].code == 0))
			fail_msg("row %zu", i);
	}
	bel_test_turn_close(&bench);
}

static void an_unknown_attribute_that_must_be_understood_is_named(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple client = bel_test_turn_client(1, 1000);
	char buf[BEL_TEST_TURN_BYTES];
	bel_str unknown;

	(void)state;
	bel_test_turn_open(&bench, NULL);
	struct bel_writer request = allocate_request(&bench, buf);
	bel_stun_write_u32(&request, 0x7f00, 1);
	assert_int_equal(ask_as_alice(&bench, &client, &request), 420);
	assert_true(bel_stun_find(&unknown, &bench.answer, BEL_STUN_UNKNOWN_ATTRIBUTES));
	assert_true(bel_str_is_equal(unknown, BEL_STR("\x7f\0")));
	bel_test_turn_close(&bench);
}

static void a_pair_of_ports_is_one_and_one_in_reserve(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple rtp = bel_test_turn_client(1, 1000);
	struct bel_turn_tuple rtcp = bel_test_turn_client(1, 1001);
	struct bel_turn_tuple thief = bel_test_turn_client(9, 9);
	char buf[BEL_TEST_TURN_BYTES];
	uint64_t token = 0;
	bel_addr addr;

	(void)state;
	bel_test_turn_open(&bench, NULL);
	struct bel_writer request = allocate_request(&bench, buf);
	bel_stun_write_bytes(&request, BEL_STUN_EVEN_PORT, BEL_STR("\x80"));
	assert_int_equal(ask_as_alice(&bench, &rtp, &request), 0);
	assert_true(bel_stun_find_u64(&token, &bench.answer, BEL_STUN_RESERVATION_TOKEN));
	assert_int_equal(bench.relays[0].addr.port % 2, 0);
	/* Nothing is relayed by a port in reserve. */
	assert_false(bel_test_turn_hear(&bench, bench.relays[1].id, PEER, "early"));
	/* It belongs to who reserved it. */
	request = allocate_request(&bench, buf);
	bel_stun_write_u64(&request, BEL_STUN_RESERVATION_TOKEN, token);
	assert_int_equal(bel_test_turn_ask(&bench, &thief, &bel_test_turn_bob, &request),
			 508);
	request = allocate_request(&bench, buf);
	bel_stun_write_u64(&request, BEL_STUN_RESERVATION_TOKEN, token);
	assert_int_equal(ask_as_alice(&bench, &rtcp, &request), 0);
	bel_stun_find_addr(&addr, &bench.answer, BEL_STUN_XOR_RELAYED_ADDRESS);
	assert_int_equal(addr.port, bench.relays[0].addr.port + 1);
	/* And is given once. */
	rtcp.client.port++;
	request = allocate_request(&bench, buf);
	bel_stun_write_u64(&request, BEL_STUN_RESERVATION_TOKEN, token);
	assert_int_equal(ask_as_alice(&bench, &rtcp, &request), 508);
	assert_int_equal(bel_turn_server_counters(bench.server)->relays, 2);
	bel_test_turn_close(&bench);
}

static void a_reservation_is_held_for_thirty_seconds(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple rtp = bel_test_turn_client(1, 1000);
	struct bel_turn_tuple rtcp = bel_test_turn_client(1, 1001);
	char buf[BEL_TEST_TURN_BYTES];
	uint64_t token = 0;

	(void)state;
	bel_test_turn_open(&bench, NULL);
	struct bel_writer request = allocate_request(&bench, buf);
	bel_stun_write_bytes(&request, BEL_STUN_EVEN_PORT, BEL_STR("\x80"));
	assert_int_equal(ask_as_alice(&bench, &rtp, &request), 0);
	bel_stun_find_u64(&token, &bench.answer, BEL_STUN_RESERVATION_TOKEN);
	bel_test_turn_wait(&bench, 29990);
	assert_true(bench.relays[1].is_open);
	bel_test_turn_wait(&bench, 20);
	assert_false(bench.relays[1].is_open);
	assert_true(bench.relays[0].is_open);
	request = allocate_request(&bench, buf);
	bel_stun_write_u64(&request, BEL_STUN_RESERVATION_TOKEN, token);
	assert_int_equal(ask_as_alice(&bench, &rtcp, &request), 508);
	bel_test_turn_close(&bench);
}

static void a_dual_allocation_has_both_families_or_says_which_it_lacks(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple client = bel_test_turn_client(1, 1000);
	char buf[BEL_TEST_TURN_BYTES];
	unsigned code = 0;

	(void)state;
	bel_test_turn_open(&bench, NULL);
	struct bel_writer request = allocate_request(&bench, buf);
	bel_stun_write_family(&request, BEL_STUN_ADDITIONAL_ADDRESS_FAMILY, 6);
	assert_int_equal(ask_as_alice(&bench, &client, &request), 0);
	struct bel_cursor walk = bel_stun_walk(&bench.answer);
	for (unsigned i = 0; i < 2; i++) {
		bel_addr addr;
		assert_int_equal(bel_stun_next_addr(&addr, &walk, &bench.answer,
						    BEL_STUN_XOR_RELAYED_ADDRESS),
				 BEL_OK);
		assert_int_equal(addr.family, i ? 6 : 4);
	}
	assert_int_equal(bel_test_turn_permit(&bench, &client, PEER), 0);
	assert_int_equal(bel_test_turn_permit(&bench, &client, PEER6), 0);
	assert_true(bel_test_turn_say(&bench, &client, PEER6, "six"));
	assert_int_equal(bench.relayed_by, bench.relays[1].id);
	assert_true(bel_test_turn_say(&bench, &client, PEER, "four"));
	assert_int_equal(bench.relayed_by, bench.relays[0].id);

	bench.has_no_v6 = true;
	client.client.port++;
	request = allocate_request(&bench, buf);
	bel_stun_write_family(&request, BEL_STUN_ADDITIONAL_ADDRESS_FAMILY, 6);
	assert_int_equal(ask_as_alice(&bench, &client, &request), 0);
	assert_true(
		bel_stun_find_error(&code, &bench.answer, BEL_STUN_ADDRESS_ERROR_CODE));
	assert_int_equal(code, 440);
	client.client.port++;
	request = allocate_request(&bench, buf);
	bel_stun_write_family(&request, BEL_STUN_REQUESTED_ADDRESS_FAMILY, 6);
	assert_int_equal(ask_as_alice(&bench, &client, &request), 440);
	bench.is_full = true;
	request = allocate_request(&bench, buf);
	assert_int_equal(ask_as_alice(&bench, &client, &request), 508);
	bel_test_turn_close(&bench);
}

/* ---- the end of an allocation ---- */

static void an_allocation_ends_when_it_is_not_refreshed(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple client = bel_test_turn_client(1, 1000);

	(void)state;
	bel_test_turn_open(&bench, NULL);
	assert_int_equal(bel_test_turn_allocate(&bench, &client), 0);
	bel_test_turn_wait(&bench, 599 * 1000);
	assert_int_equal(bel_test_turn_refresh(&bench, &client, 700), 0);
	bel_test_turn_wait(&bench, 699 * 1000);
	assert_true(bench.relays[0].is_open);
	bel_test_turn_wait(&bench, 1010);
	assert_false(bench.relays[0].is_open);
	assert_int_equal(bel_test_turn_refresh(&bench, &client, 700), 437);
	assert_int_equal(bel_turn_server_counters(bench.server)->allocations, 0);
	assert_int_equal(bel_turn_server_counters(bench.server)->accounts, 0);
	bel_test_turn_close(&bench);
}

static void refreshing_with_zero_ends_it_at_once(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple client = bel_test_turn_client(1, 1000);
	uint32_t lifetime_s = 1;

	(void)state;
	bel_test_turn_open(&bench, NULL);
	assert_int_equal(bel_test_turn_allocate(&bench, &client), 0);
	assert_int_equal(bel_test_turn_permit(&bench, &client, PEER), 0);
	bel_turn_relay relay = bench.relays[0].id;
	assert_int_equal(bel_test_turn_refresh(&bench, &client, 0), 0);
	bel_stun_find_u32(&lifetime_s, &bench.answer, BEL_STUN_LIFETIME);
	assert_int_equal(lifetime_s, 0);
	assert_false(bench.relays[0].is_open);
	/* The number of a relay that is closed is never found again. */
	assert_int_equal(bel_test_turn_allocate(&bench, &client), 0);
	assert_int_equal(bel_test_turn_permit(&bench, &client, PEER), 0);
	assert_false(bel_test_turn_hear(&bench, relay, PEER, "late"));
	assert_true(bel_test_turn_hear(&bench, bench.relays[1].id, PEER, "now"));
	bel_test_turn_close(&bench);
}

static void one_family_of_two_can_be_refreshed_and_ended(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple client = bel_test_turn_client(1, 1000);
	char buf[BEL_TEST_TURN_BYTES];

	(void)state;
	bel_test_turn_open(&bench, NULL);
	struct bel_writer request = allocate_request(&bench, buf);
	bel_stun_write_family(&request, BEL_STUN_ADDITIONAL_ADDRESS_FAMILY, 6);
	assert_int_equal(ask_as_alice(&bench, &client, &request), 0);
	assert_int_equal(bel_test_turn_permit(&bench, &client, PEER), 0);
	request = bel_test_turn_request(&bench, buf, BEL_STUN_REFRESH);
	bel_stun_write_u32(&request, BEL_STUN_LIFETIME, 0);
	bel_stun_write_family(&request, BEL_STUN_REQUESTED_ADDRESS_FAMILY, 6);
	assert_int_equal(ask_as_alice(&bench, &client, &request), 0);
	assert_false(bench.relays[1].is_open);
	assert_true(bench.relays[0].is_open);
	/* Permissions of the other family stand. */
	assert_true(bel_test_turn_say(&bench, &client, PEER, "still"));
	assert_int_equal(bel_test_turn_permit(&bench, &client, PEER6), 443);
	request = bel_test_turn_request(&bench, buf, BEL_STUN_REFRESH);
	bel_stun_write_family(&request, BEL_STUN_REQUESTED_ADDRESS_FAMILY, 6);
	assert_int_equal(ask_as_alice(&bench, &client, &request), 443);
	/* Only the one that is named lives longer. */
	bel_test_turn_wait(&bench, 601 * 1000);
	assert_false(bench.relays[0].is_open);
	bel_test_turn_close(&bench);
}

static void a_stream_that_ends_takes_its_allocation_along(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple client = bel_test_turn_client(1, 1000);

	(void)state;
	bel_test_turn_open(&bench, NULL);
	client.transport = BEL_TURN_TCP;
	assert_int_equal(bel_test_turn_allocate(&bench, &client), 0);
	bel_turn_server_on_closed(bench.server, &client, bench.now_ms);
	assert_false(bench.relays[0].is_open);
	/* A stream without one is nothing to the server. */
	bel_turn_server_on_closed(bench.server, &client, bench.now_ms);
	bel_test_turn_close(&bench);
}

/* ---- what is no request for an allocation ---- */

static void a_binding_is_answered_to_anyone_with_his_address(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple client = bel_test_turn_client(1, 1000);
	char buf[BEL_TEST_TURN_BYTES];
	bel_addr mapped;

	(void)state;
	bel_test_turn_open(&bench, NULL);
	struct bel_writer request = bel_test_turn_request(&bench, buf, BEL_STUN_BINDING);
	bel_stun_write_fingerprint(&request);
	assert_int_equal(bel_test_turn_send(&bench, &client, bel_writer_str(&request)),
			 0);
	assert_true(
		bel_stun_find_addr(&mapped, &bench.answer, BEL_STUN_XOR_MAPPED_ADDRESS));
	assert_true(bel_addr_is_equal(&mapped, &client.client));
	assert_true(bel_stun_has(&bench.answer, BEL_STUN_FINGERPRINT));
	request = bel_test_turn_request(&bench, buf, BEL_STUN_BINDING);
	bel_stun_write_u32(&request, 0x7f00, 1);
	assert_int_equal(bel_test_turn_send(&bench, &client, bel_writer_str(&request)),
			 420);
	bel_test_turn_close(&bench);
}

static void what_is_not_for_a_server_is_not_answered(void **state)
{
	static const enum bel_stun_class classes[] = { BEL_STUN_INDICATION,
						       BEL_STUN_SUCCESS, BEL_STUN_ERROR };
	static const char *const others[] = { "",
					      "x",
					      "INVITE sip:a@b SIP/2.0\r\n\r\n",
					      "\x40",
					      "\x50\x00\x00\x00",
					      "\x80rtp" };
	struct bel_test_turn bench;
	struct bel_turn_tuple client = bel_test_turn_client(1, 1000);
	char buf[BEL_TEST_TURN_BYTES];

	(void)state;
	bel_test_turn_open(&bench, NULL);
	for (unsigned method = 0; method < 0x1000; method++) {
		for (size_t i = 0; i < BEL_COUNT_OF(classes); i++) {
			struct bel_writer message = bel_writer_init(buf, sizeof buf);
			bel_stun_write_header(&message, classes[i],
					      (enum bel_stun_method)method,
					      BEL_STR("abcdefghijkl"));
			assert_int_equal(bel_test_turn_send(&bench, &client,
							    bel_writer_str(&message)),
					 1);
		}
		bool is_method = method == 1 || method == 3 || method == 4 ||
				 method == 8 || method == 9;
		struct bel_writer request = bel_test_turn_request(
			&bench, buf, (enum bel_stun_method)method);
		unsigned code = bel_test_turn_send(&bench, &client,
						   bel_writer_str(&request));
		assert_true(is_method == (code != 1));
	}
	for (size_t i = 0; i < BEL_COUNT_OF(others); i++)
		assert_int_equal(
			bel_test_turn_send(&bench, &client, bel_str_from(others[i])), 1);
	bel_test_turn_close(&bench);
}

/* ---- what it costs ---- */

static void an_allocation_costs_less_than_a_kilobyte(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple client = bel_test_turn_client(1, 1000);
	const struct bel_turn_counters *counters;

	(void)state;
	bel_test_turn_open(&bench, NULL);
	counters = bel_turn_server_counters(bench.server);
	/* The first one brings the table of relays with it. */
	assert_int_equal(bel_test_turn_allocate(&bench, &client), 0);
	uint64_t before = counters->memory_bytes;
	client.client.port++;
	assert_int_equal(bel_test_turn_allocate(&bench, &client), 0);
	assert_int_equal(bel_test_turn_permit(&bench, &client, PEER), 0);
	assert_int_equal(bel_test_turn_bind(&bench, &client, 0x4000, PEER), 0);
	print_message("an allocation with a permission and a channel: %llu bytes\n",
		      (unsigned long long)(counters->memory_bytes - before));
	assert_true(counters->memory_bytes - before <= 1024);
	/* With all that a client may ask for. */
	for (unsigned i = 0; i < 60; i++) {
		char peer[32];
		struct bel_writer text = bel_writer_init(peer, sizeof peer);
		bel_write_format(&text, "20.1.2.%u:7%c", i, '\0');
		bel_test_turn_permit(&bench, &client, peer);
		bel_test_turn_bind(&bench, &client, (uint16_t)(0x4100 + i), peer);
	}
	print_message("with all permissions and channels: %llu bytes\n",
		      (unsigned long long)(counters->memory_bytes - before));
	assert_true(counters->memory_bytes - before <= 5000);
	bel_test_turn_close(&bench);
}

static void all_memory_comes_back(void **state)
{
	const struct bel_turn_server_opts opts = { .user_relays_max = 40,
						   .user_bytes_per_s = 1000 };
	struct bel_test_turn bench;
	const struct bel_turn_counters *counters;

	(void)state;
	bel_test_turn_open(&bench, &opts);
	counters = bel_turn_server_counters(bench.server);
	for (uint16_t i = 0; i < 20; i++) {
		struct bel_turn_tuple client = bel_test_turn_client(1, i);
		assert_int_equal(bel_test_turn_allocate(&bench, &client), 0);
		assert_int_equal(bel_test_turn_bind(&bench, &client, 0x4000, PEER), 0);
		bel_test_turn_say(&bench, &client, PEER, "some bytes of the budget");
	}
	assert_int_equal(counters->relays, 20);
	bel_test_turn_wait(&bench, 700 * 1000);
	assert_int_equal(counters->relays, 0);
	assert_int_equal(counters->allocations, 0);
	assert_int_equal(counters->accounts, 0);
	/* What is left is the table of relays, sixteen bytes for each of thirty-two. */
	assert_true(counters->memory_bytes <= 32 * 16);
	assert_int_equal(bel_turn_server_next_ms(bench.server), UINT64_MAX);
	bel_test_turn_close(&bench);
}

static enum bel_err live(void *user)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple client = bel_test_turn_client(1, 1000);
	enum bel_err err = bel_test_turn_try_open(&bench, NULL);
	unsigned code;

	(void)user;
	if (err)
		return err;
	bench.is_starved = true;
	code = bel_test_turn_allocate(&bench, &client);
	if (code == 0)
		code = bel_test_turn_permit(&bench, &client, PEER);
	if (code == 0)
		code = bel_test_turn_bind(&bench, &client, 0x4000, PEER);
	bel_test_turn_close(&bench);
	return code == 0 ? BEL_OK : BEL_ERR_SPACE;
}

static void without_memory_it_refuses_and_stays_whole(void **state)
{
	(void)state;
	bel_test_each_allocation_fails(live, NULL);
}

static void a_realm_has_a_length(void **state)
{
	static const char name[200] = { 0 };
	struct bel_turn_server_opts opts = { .realm = { name, 128 } };
	struct bel_test_turn bench;

	(void)state;
	assert_int_equal(bel_test_turn_try_open(&bench, &opts), BEL_ERR_LIMIT);
	opts.realm.len = 127;
	assert_int_equal(bel_test_turn_try_open(&bench, &opts), BEL_OK);
	bel_test_turn_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stranger_is_challenged_and_costs_no_memory),
		cmocka_unit_test(what_goes_to_strangers_is_small_and_within_a_budget),
		cmocka_unit_test(a_nonce_is_of_one_source_and_of_one_time),
		cmocka_unit_test(an_allocation_names_its_addresses_and_its_time),
		cmocka_unit_test(lifetimes_lie_between_the_default_and_the_maximum),
		cmocka_unit_test(
			an_allocate_that_is_sent_again_is_answered_from_what_stands),
		cmocka_unit_test(what_cannot_be_allocated_is_told_why),
		cmocka_unit_test(an_unknown_attribute_that_must_be_understood_is_named),
		cmocka_unit_test(a_pair_of_ports_is_one_and_one_in_reserve),
		cmocka_unit_test(a_reservation_is_held_for_thirty_seconds),
		cmocka_unit_test(
			a_dual_allocation_has_both_families_or_says_which_it_lacks),
		cmocka_unit_test(an_allocation_ends_when_it_is_not_refreshed),
		cmocka_unit_test(refreshing_with_zero_ends_it_at_once),
		cmocka_unit_test(one_family_of_two_can_be_refreshed_and_ended),
		cmocka_unit_test(a_stream_that_ends_takes_its_allocation_along),
		cmocka_unit_test(a_binding_is_answered_to_anyone_with_his_address),
		cmocka_unit_test(what_is_not_for_a_server_is_not_answered),
		cmocka_unit_test(an_allocation_costs_less_than_a_kilobyte),
		cmocka_unit_test(all_memory_comes_back),
		cmocka_unit_test(without_memory_it_refuses_and_stays_whole),
		cmocka_unit_test(a_realm_has_a_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
