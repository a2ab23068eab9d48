/* SPDX-License-Identifier: Apache-2.0
 * Quotas: exact, whatever a client does with its allocations. */
#include "support/turn.h"

#define PEER "20.1.1.1:4000"

static void a_user_has_ten_relays_and_others_their_own(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple bobs = bel_test_turn_client(2, 1);
	char buf[BEL_TEST_TURN_BYTES];

	(void)state;
	bel_test_turn_open(&bench, NULL);
	for (uint16_t i = 0; i < 12; i++) {
		struct bel_turn_tuple client = bel_test_turn_client(1, i);
		assert_int_equal(bel_test_turn_allocate(&bench, &client),
				 i < 10 ? 0 : 486);
	}
	struct bel_writer request = bel_test_turn_request(&bench, buf, BEL_STUN_ALLOCATE);
	bel_stun_write_u32(&request, BEL_STUN_REQUESTED_TRANSPORT, 17u << 24);
	assert_int_equal(bel_test_turn_ask(&bench, &bobs, &bel_test_turn_bob, &request),
			 0);
	/* One that ends makes room for one. */
	struct bel_turn_tuple client = bel_test_turn_client(1, 3);
	assert_int_equal(bel_test_turn_refresh(&bench, &client, 0), 0);
	assert_int_equal(bel_test_turn_allocate(&bench, &client), 0);
	client.client.port = 77;
	assert_int_equal(bel_test_turn_allocate(&bench, &client), 486);
	bel_test_turn_wait(&bench, 601 * 1000);
	assert_int_equal(bel_test_turn_allocate(&bench, &client), 0);
	bel_test_turn_close(&bench);
}

/* What is asked for, and what the server would open for it. */
static void reserved_ports_and_second_families_count(void **state)
{
	const struct bel_turn_server_opts opts = { .user_relays_max = 3 };
	struct bel_test_turn bench;
	struct bel_turn_tuple client = bel_test_turn_client(1, 1);
	char buf[BEL_TEST_TURN_BYTES];
	uint64_t token = 0;

	(void)state;
	bel_test_turn_open(&bench, &opts);
	for (unsigned i = 0; i < 2; i++) {
		client.client.port++;
		struct bel_writer request = bel_test_turn_request(&bench, buf,
								  BEL_STUN_ALLOCATE);
		bel_stun_write_u32(&request, BEL_STUN_REQUESTED_TRANSPORT, 17u << 24);
		bel_stun_write_bytes(&request, BEL_STUN_EVEN_PORT, BEL_STR("\x80"));
		assert_int_equal(bel_test_turn_ask(&bench, &client, &bel_test_turn_alice,
						   &request),
				 i ? 486 : 0);
		if (i == 0)
			bel_stun_find_u64(&token, &bench.answer,
					  BEL_STUN_RESERVATION_TOKEN);
	}
	struct bel_writer request = bel_test_turn_request(&bench, buf, BEL_STUN_ALLOCATE);
	bel_stun_write_u32(&request, BEL_STUN_REQUESTED_TRANSPORT, 17u << 24);
	bel_stun_write_family(&request, BEL_STUN_ADDITIONAL_ADDRESS_FAMILY, 6);
	assert_int_equal(
		bel_test_turn_ask(&bench, &client, &bel_test_turn_alice, &request), 486);
	assert_int_equal(bel_test_turn_allocate(&bench, &client), 0);
	/* The one in reserve was counted when it was reserved. */
	client.client.port++;
	request = bel_test_turn_request(&bench, buf, BEL_STUN_ALLOCATE);
	bel_stun_write_u32(&request, BEL_STUN_REQUESTED_TRANSPORT, 17u << 24);
	bel_stun_write_u64(&request, BEL_STUN_RESERVATION_TOKEN, token);
	assert_int_equal(
		bel_test_turn_ask(&bench, &client, &bel_test_turn_alice, &request), 0);
	assert_int_equal(bel_turn_server_counters(bench.server)->relays, 3);
	bel_test_turn_close(&bench);
}

static void all_users_together_have_a_maximum(void **state)
{
	const struct bel_turn_server_opts opts = { .relays_max = 4 };
	struct bel_test_turn bench;

	(void)state;
	bel_test_turn_open(&bench, &opts);
	for (uint16_t i = 0; i < 6; i++) {
		struct bel_turn_tuple client = bel_test_turn_client(1, i);
		assert_int_equal(bel_test_turn_allocate(&bench, &client),
				 i < 4 ? 0 : 508);
	}
	bel_test_turn_close(&bench);
}

enum { CHUNK = 1000 };

/* Chunks that pass to the peer before one does not. */
static unsigned pour(struct bel_test_turn *bench, const struct bel_turn_tuple *client)
{
	static char chunk[CHUNK + 1];
	unsigned passed = 0;

	memset(chunk, 'x', CHUNK);
	while (passed < 10000 && bel_test_turn_say(bench, client, PEER, chunk))
		passed++;
	return passed;
}

static void bytes_are_counted_in_both_directions(void **state)
{
	static char chunk[CHUNK + 1];
	const struct bel_turn_server_opts opts = { .user_bytes_per_s = 100 * CHUNK };
	struct bel_test_turn bench;
	struct bel_turn_tuple client = bel_test_turn_client(1, 1);

	(void)state;
	memset(chunk, 'x', CHUNK);
	bel_test_turn_open(&bench, &opts);
	assert_int_equal(bel_test_turn_allocate(&bench, &client), 0);
	assert_int_equal(bel_test_turn_permit(&bench, &client, PEER), 0);
	assert_int_equal(pour(&bench, &client), 100);
	assert_false(bel_test_turn_hear(&bench, bench.relays[0].id, PEER, chunk));
	bel_test_turn_wait(&bench, 100);
	for (unsigned i = 0; i < 11; i++)
		assert_true(bel_test_turn_hear(&bench, bench.relays[0].id, PEER, chunk) ==
			    (i < 10));
	assert_int_equal(pour(&bench, &client), 0);
	bel_test_turn_wait(&bench, 3600);
	assert_int_equal(pour(&bench, &client), 100);
	assert_int_equal(bel_turn_server_counters(bench.server)->bytes_to_peers,
			 200 * CHUNK);
	bel_test_turn_close(&bench);
}

static void neither_a_new_allocation_nor_a_second_one_fills_the_bucket(void **state)
{
	const struct bel_turn_server_opts opts = { .user_bytes_per_s = 100 * CHUNK };
	struct bel_test_turn bench;
	struct bel_turn_tuple client = bel_test_turn_client(1, 1);
	struct bel_turn_tuple second = bel_test_turn_client(1, 2);

	(void)state;
	bel_test_turn_open(&bench, &opts);
	assert_int_equal(bel_test_turn_allocate(&bench, &client), 0);
	assert_int_equal(bel_test_turn_permit(&bench, &client, PEER), 0);
	assert_int_equal(pour(&bench, &client), 100);
	assert_int_equal(bel_test_turn_allocate(&bench, &second), 0);
	assert_int_equal(bel_test_turn_permit(&bench, &second, PEER), 0);
	assert_int_equal(pour(&bench, &second), 0);
	assert_int_equal(bel_test_turn_refresh(&bench, &client, 0), 0);
	assert_int_equal(bel_test_turn_refresh(&bench, &second, 0), 0);
	assert_int_equal(bel_turn_server_counters(bench.server)->accounts, 1);
	assert_int_equal(bel_test_turn_allocate(&bench, &client), 0);
	assert_int_equal(bel_test_turn_permit(&bench, &client, PEER), 0);
	assert_int_equal(pour(&bench, &client), 0);
	/* An account is forgotten when there is nothing to remember. */
	assert_int_equal(bel_test_turn_refresh(&bench, &client, 0), 0);
	bel_test_turn_wait(&bench, 1020);
	assert_int_equal(bel_turn_server_counters(bench.server)->accounts, 0);
	bel_test_turn_close(&bench);
}

static void a_small_rate_lets_the_largest_datagram_pass(void **state)
{
	static char largest[UINT16_MAX];
	const struct bel_turn_server_opts opts = { .user_bytes_per_s = 1000 };
	struct bel_test_turn bench;
	struct bel_turn_tuple client = bel_test_turn_client(1, 1);
	bel_addr peer = bel_test_addr(PEER);

	(void)state;
	bel_test_turn_open(&bench, &opts);
	assert_int_equal(bel_test_turn_allocate(&bench, &client), 0);
	assert_int_equal(bel_test_turn_permit(&bench, &client, PEER), 0);
	unsigned sent = bench.sent_count;
	bel_turn_server_on_peer(bench.server, bench.relays[0].id, &peer,
				(bel_str){ largest, 2000 - 100 }, bench.now_ms);
	assert_int_equal(bench.sent_count, sent + 1);
	bel_test_turn_wait(&bench, 60 * 1000);
	assert_int_equal(pour(&bench, &client), 65);
	bel_test_turn_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_user_has_ten_relays_and_others_their_own),
		cmocka_unit_test(reserved_ports_and_second_families_count),
		cmocka_unit_test(all_users_together_have_a_maximum),
		cmocka_unit_test(bytes_are_counted_in_both_directions),
		cmocka_unit_test(
			neither_a_new_allocation_nor_a_second_one_fills_the_bucket),
		cmocka_unit_test(a_small_rate_lets_the_largest_datagram_pass),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
