/* SPDX-License-Identifier: Apache-2.0
 * Mobility (RFC 8016): an allocation that goes where its client goes. */
#include "support/turn.h"

#define PEER "20.1.1.1:4000"

struct ticket {
	char bytes[64];
	size_t len;
};

static bool keep_ticket(struct ticket *out, const struct bel_test_turn *bench)
{
	bel_str ticket;

	if (!bel_stun_find(&ticket, &bench->answer, BEL_STUN_MOBILITY_TICKET))
		return false;
	assert_true(ticket.len && ticket.len <= sizeof out->bytes);
	memcpy(out->bytes, ticket.ptr, ticket.len);
	out->len = ticket.len;
	return true;
}

static unsigned allocate_mobile(struct bel_test_turn *bench,
				const struct bel_turn_tuple *client,
				struct ticket *ticket)
{
	char buf[BEL_TEST_TURN_BYTES];
	struct bel_writer request = bel_test_turn_request(bench, buf, BEL_STUN_ALLOCATE);

	bel_stun_write_u32(&request, BEL_STUN_REQUESTED_TRANSPORT, 17u << 24);
	bel_stun_write_bytes(&request, BEL_STUN_MOBILITY_TICKET, BEL_STR_NONE);
	unsigned code = bel_test_turn_ask(bench, client, &bel_test_turn_alice, &request);
	if (code == 0 && !keep_ticket(ticket, bench))
		return 1;
	return code;
}

static unsigned move_as(struct bel_test_turn *bench, const struct bel_turn_tuple *client,
			const struct bel_test_turn_login *login,
			const struct ticket *ticket, struct ticket *newer)
{
	char buf[BEL_TEST_TURN_BYTES];
	struct bel_writer request = bel_test_turn_request(bench, buf, BEL_STUN_REFRESH);

	bel_stun_write_bytes(&request, BEL_STUN_MOBILITY_TICKET,
			     (bel_str){ ticket->bytes, ticket->len });
	unsigned code = bel_test_turn_ask(bench, client, login, &request);
	if (code == 0)
		assert_true(keep_ticket(newer, bench));
	return code;
}

static unsigned move(struct bel_test_turn *bench, const struct bel_turn_tuple *client,
		     const struct ticket *ticket, struct ticket *newer)
{
	return move_as(bench, client, &bel_test_turn_alice, ticket, newer);
}

static bool is_heard_at(struct bel_test_turn *bench, const struct bel_turn_tuple *client)
{
	return bel_test_turn_hear(bench, bench->relays[0].id, PEER, "x") &&
	       bel_addr_is_equal(&bench->sent_to.client, &client->client);
}

static const struct bel_turn_server_opts mobile = { .has_mobility = true };

static void an_allocation_moves_when_something_comes_from_its_new_place(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple home = bel_test_turn_client(1, 1000);
	struct bel_turn_tuple cafe = bel_test_turn_client(7, 7000);
	struct ticket first, second;

	(void)state;
	bel_test_turn_open(&bench, &mobile);
	assert_int_equal(allocate_mobile(&bench, &home, &first), 0);
	assert_int_equal(bel_test_turn_bind(&bench, &home, 0x4000, PEER), 0);
	assert_int_equal(move(&bench, &cafe, &first, &second), 0);
	assert_true(second.len != first.len ||
		    memcmp(first.bytes, second.bytes, first.len) != 0);
	/* The old place is in use until then. */
	assert_true(is_heard_at(&bench, &home));
	assert_true(bel_test_turn_say_by_channel(&bench, &home, 0x4000, "x"));
	assert_true(bel_test_turn_say_by_channel(&bench, &cafe, 0x4000, "x"));
	assert_int_equal(bench.relayed_by, bench.relays[0].id);
	assert_true(is_heard_at(&bench, &cafe));
	assert_false(bel_test_turn_say_by_channel(&bench, &home, 0x4000, "x"));
	assert_int_equal(bel_test_turn_refresh(&bench, &home, 600), 437);
	assert_int_equal(bel_turn_server_counters(bench.server)->allocations, 1);
	assert_int_equal(bel_turn_server_counters(bench.server)->relays, 1);
	bel_test_turn_close(&bench);
}

static void a_ticket_that_was_used_is_worth_nothing_once_the_move_is_over(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple home = bel_test_turn_client(1, 1000);
	struct bel_turn_tuple cafe = bel_test_turn_client(7, 7000);
	struct bel_turn_tuple train = bel_test_turn_client(8, 8000);
	struct ticket first, second, third;

	(void)state;
	bel_test_turn_open(&bench, &mobile);
	assert_int_equal(allocate_mobile(&bench, &home, &first), 0);
	assert_int_equal(bel_test_turn_permit(&bench, &home, PEER), 0);
	/* The answer may be lost, and the client be elsewhere again. */
	assert_int_equal(move(&bench, &cafe, &first, &second), 0);
	assert_int_equal(move(&bench, &train, &first, &second), 0);
	assert_false(bel_test_turn_say(&bench, &cafe, PEER, "x"));
	assert_true(bel_test_turn_say(&bench, &train, PEER, "x"));
	assert_int_equal(move(&bench, &cafe, &first, &third), 400);
	assert_int_equal(move(&bench, &home, &second, &third), 0);
	assert_true(is_heard_at(&bench, &train));
	assert_int_equal(bel_test_turn_permit(&bench, &home, PEER), 0);
	assert_true(is_heard_at(&bench, &home));
	bel_test_turn_close(&bench);
}

static void a_stolen_or_forged_ticket_moves_nothing(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple home = bel_test_turn_client(1, 1000);
	struct bel_turn_tuple thief = bel_test_turn_client(9, 9000);
	struct ticket first, newer, forged;

	(void)state;
	bel_test_turn_open(&bench, &mobile);
	assert_int_equal(allocate_mobile(&bench, &home, &first), 0);
	assert_int_equal(bel_test_turn_permit(&bench, &home, PEER), 0);
	assert_int_equal(move_as(&bench, &thief, &bel_test_turn_bob, &first, &newer),
			 441);
	for (size_t i = 0; i < first.len; i++) {
		forged = first;
		forged.bytes[i] ^= 1;
		assert_int_equal(move(&bench, &thief, &forged, &newer), 400);
	}
	forged = first;
	forged.len--;
	assert_int_equal(move(&bench, &thief, &forged, &newer), 400);
	assert_true(is_heard_at(&bench, &home));
	assert_false(bel_test_turn_say(&bench, &thief, PEER, "x"));
	/* And that of an allocation that is gone is nobody's. */
	assert_int_equal(bel_test_turn_refresh(&bench, &home, 0), 0);
	assert_int_equal(move(&bench, &home, &first, &newer), 437);
	bel_test_turn_close(&bench);
}

static void a_move_that_is_sent_again_is_answered_alike(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple home = bel_test_turn_client(1, 1000);
	struct bel_turn_tuple cafe = bel_test_turn_client(7, 7000);
	struct ticket first, second, again;

	(void)state;
	bel_test_turn_open(&bench, &mobile);
	assert_int_equal(allocate_mobile(&bench, &home, &first), 0);
	assert_int_equal(bel_test_turn_permit(&bench, &home, PEER), 0);
	assert_int_equal(move(&bench, &cafe, &first, &second), 0);
	assert_int_equal(move(&bench, &cafe, &first, &again), 0);
	assert_memory_equal(second.bytes, again.bytes, second.len);
	assert_true(is_heard_at(&bench, &home));
	/* A Refresh without a ticket says that the client is there. */
	assert_int_equal(bel_test_turn_refresh(&bench, &cafe, 600), 0);
	assert_true(is_heard_at(&bench, &cafe));
	bel_test_turn_close(&bench);
}

static void a_stream_that_ends_leaves_a_mobile_allocation(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple home = bel_test_turn_client(1, 1000);
	struct bel_turn_tuple cafe = bel_test_turn_client(7, 7000);
	struct ticket first, second;

	(void)state;
	bel_test_turn_open(&bench, &mobile);
	home.transport = BEL_TURN_TCP;
	assert_int_equal(allocate_mobile(&bench, &home, &first), 0);
	assert_int_equal(bel_test_turn_permit(&bench, &home, PEER), 0);
	bel_turn_server_on_closed(bench.server, &home, bench.now_ms);
	assert_true(bench.relays[0].is_open);
	/* To nobody while there is nobody. */
	assert_false(bel_test_turn_hear(&bench, bench.relays[0].id, PEER, "x"));
	bel_addr peer = bel_test_addr(PEER);
	unsigned before = bench.sent_count;
	bel_turn_server_on_icmp(bench.server, bench.relays[0].id, &peer, 3, 1, 0,
				bench.now_ms);
	assert_int_equal(bench.sent_count, before);
	assert_int_equal(move(&bench, &cafe, &first, &second), 0);
	assert_true(is_heard_at(&bench, &cafe));
	/* Nobody came back: it ends in its time. */
	bel_test_turn_wait(&bench, 601 * 1000);
	assert_false(bench.relays[0].is_open);
	bel_test_turn_close(&bench);
}

static void what_is_refused_does_not_move(void **state)
{
	struct bel_test_turn bench;
	struct bel_turn_tuple home = bel_test_turn_client(1, 1000);
	struct bel_turn_tuple cafe = bel_test_turn_client(7, 7000);
	struct ticket first, second;
	char buf[BEL_TEST_TURN_BYTES];

	(void)state;
	bel_test_turn_open(&bench, &mobile);
	assert_int_equal(allocate_mobile(&bench, &home, &first), 0);
	assert_int_equal(bel_test_turn_permit(&bench, &home, PEER), 0);
	struct bel_writer request = bel_test_turn_request(&bench, buf, BEL_STUN_REFRESH);
	bel_stun_write_bytes(&request, BEL_STUN_MOBILITY_TICKET,
			     (bel_str){ first.bytes, first.len });
	bel_stun_write_family(&request, BEL_STUN_REQUESTED_ADDRESS_FAMILY, 6);
	assert_int_equal(bel_test_turn_ask(&bench, &cafe, &bel_test_turn_alice, &request),
			 443);
	assert_false(bel_test_turn_say(&bench, &cafe, PEER, "x"));
	assert_int_equal(move(&bench, &cafe, &first, &second), 0);
	bel_test_turn_close(&bench);
}

static void where_mobility_is_off_nobody_gets_a_ticket(void **state)
{
	static const struct ticket guess = { "a guess", 7 };
	struct bel_test_turn bench;
	struct bel_turn_tuple home = bel_test_turn_client(1, 1000);
	struct bel_turn_tuple cafe = bel_test_turn_client(7, 7000);
	struct ticket ticket;

	(void)state;
	bel_test_turn_open(&bench, NULL);
	assert_int_equal(allocate_mobile(&bench, &home, &ticket), 1);
	assert_int_equal(bench.relays_count, 1);
	assert_int_equal(move(&bench, &cafe, &guess, &ticket), 405);
	bel_test_turn_close(&bench);
}

/* The quota is the account's, wherever its allocations are (SECURITY, TURN abuse). */
static void moving_is_no_way_around_a_quota(void **state)
{
	static char chunk[1001];
	const struct bel_turn_server_opts opts = { .has_mobility = true,
						   .user_relays_max = 1,
						   .user_bytes_per_s = 100000 };
	struct bel_test_turn bench;
	struct bel_turn_tuple client = bel_test_turn_client(1, 1000);
	struct ticket ticket;

	(void)state;
	memset(chunk, 'x', 1000);
	bel_test_turn_open(&bench, &opts);
	assert_int_equal(allocate_mobile(&bench, &client, &ticket), 0);
	assert_int_equal(bel_test_turn_permit(&bench, &client, PEER), 0);
	for (unsigned i = 0; i < 110; i++) {
		if (i % 10 == 9) {
			client.client.port++;
			assert_int_equal(move(&bench, &client, &ticket, &ticket), 0);
		}
		assert_true(bel_test_turn_say(&bench, &client, PEER, chunk) == (i < 100));
	}
	struct bel_turn_tuple other = bel_test_turn_client(2, 1000);
	assert_int_equal(allocate_mobile(&bench, &other, &ticket), 486);
	struct bel_turn_tuple left = bel_test_turn_client(1, 1000);
	assert_int_equal(allocate_mobile(&bench, &left, &ticket), 486);
	bel_test_turn_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			an_allocation_moves_when_something_comes_from_its_new_place),
		cmocka_unit_test(
			a_ticket_that_was_used_is_worth_nothing_once_the_move_is_over),
		cmocka_unit_test(a_stolen_or_forged_ticket_moves_nothing),
		cmocka_unit_test(a_move_that_is_sent_again_is_answered_alike),
		cmocka_unit_test(a_stream_that_ends_leaves_a_mobile_allocation),
		cmocka_unit_test(what_is_refused_does_not_move),
		cmocka_unit_test(where_mobility_is_off_nobody_gets_a_ticket),
		cmocka_unit_test(moving_is_no_way_around_a_quota),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
