/* SPDX-License-Identifier: Apache-2.0
 * Two sides that want different things, by way of a relay: they hear each other. */
#include "support/support.h"

#include "support/relayed.h"

enum { TALK_MS = 4000 };

static const enum bel_offer_srtp kinds[] = { BEL_OFFER_PLAIN, BEL_OFFER_SDES,
					     BEL_OFFER_DTLS };

static void assert_both_hear(struct relayed *relayed)
{
	relayed_run_ms(relayed, TALK_MS);
	assert_true(relayed_hears(relayed, BEL_RELAY_CALLER));
	assert_true(relayed_hears(relayed, BEL_RELAY_CALLEE));
}

static void every_pair_of_keyings_is_bridged_with_and_without_mux(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3 * 3 * 2 * 2; i++) {
		struct relayed_how how = { .srtp = { kinds[i % 3], kinds[i / 3 % 3] },
					   .has_mux = { i / 9 % 2, i / 18 } };
		struct relayed *relayed = relayed_open(&how);
		bool is_plain = how.srtp[0] == BEL_OFFER_PLAIN ||
				how.srtp[1] == BEL_OFFER_PLAIN;
		relayed_connect(relayed);
		assert_both_hear(relayed);
		assert_int_equal(relayed->clear != 0, is_plain);
		assert_int_equal(relayed_count(relayed, BEL_RELAY_FLOWS), 1);
		assert_int_equal(relayed_count(relayed, BEL_RELAY_SILENT), 0);
		assert_int_equal(bel_relay_counters(relayed->relay)->unreadable, 0);
		relayed_close(relayed);
	}
}

static void sides_behind_any_nat_hear_each_other(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5 * 5 * 3; i++) {
		struct relayed_how how = { .nat = { i % 5, i / 5 % 5 },
					   .srtp = { kinds[i / 25], kinds[i / 25] } };
		struct relayed *relayed = relayed_open(&how);
		relayed_connect(relayed);
		assert_both_hear(relayed);
		relayed_close(relayed);
	}
}

static void keys_are_bridged_behind_nats_too(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 9; i++) {
		struct relayed_how how = { .nat = { BEL_NAT_SYMMETRIC,
						    BEL_NAT_SYMMETRIC },
					   .srtp = { kinds[i % 3], kinds[i / 3] } };
		struct relayed *relayed = relayed_open(&how);
		relayed_connect(relayed);
		assert_both_hear(relayed);
		relayed_close(relayed);
	}
}

/* Each is told of an address of his own family. */
static void ipv4_and_ipv6_hear_each_other(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 9 * 3 * 2; i++) {
		unsigned families = i / 9 % 3 + 1;
		struct relayed_how how = { .srtp = { kinds[i % 3], kinds[i / 3 % 3] },
					   .is_six = { families & 1, families >> 1 },
					   .has_ice = { i / 27, i / 27 } };
		struct relayed *relayed = relayed_open(&how);
		bel_str said;
		relayed_connect(relayed);
		assert_both_hear(relayed);
		said = (bel_str){ relayed->sdp, relayed->sdp_len };
		assert_int_equal(memmem(said.ptr, said.len, "c=IN IP6 2001:db8::9", 20) !=
					 NULL,
				 how.is_six[0]);
		assert_int_equal(memmem(said.ptr, said.len, "c=IN IP4 203.0.113.9", 20) !=
					 NULL,
				 !how.is_six[0]);
		relayed_close(relayed);
	}
}

/* Two handshakes on one side are two on the other. */
static void handshakes_that_are_carried_are_never_joined(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct relayed_how how = { .srtp = { BEL_OFFER_DTLS, BEL_OFFER_DTLS },
					   .has_mux = { i & 1, i >> 1 } };
		struct relayed *relayed = relayed_open(&how);
		relayed_connect(relayed);
		bool says_mux = memmem(relayed->sdp, relayed->sdp_len, "a=rtcp-mux", 10);
		assert_int_equal(says_mux, i == 3);
		assert_both_hear(relayed);
		relayed_close(relayed);
	}
}

/* What they share is not ours to read. */
static void keys_that_both_can_do_stay_theirs(void **state)
{
	(void)state;
	for (unsigned i = 1; i < 3; i++) {
		struct relayed_how how = { .srtp = { kinds[i], kinds[i] } };
		struct relayed *relayed = relayed_open(&how);
		struct bel_media_stats stats;
		relayed_connect(relayed);
		assert_both_hear(relayed);
		bel_media_stream_stats(&stats, relayed->sides[0].stream);
		assert_true(stats.is_protected);
		assert_int_equal(
			bel_relay_asked(relayed->relay, relayed->call, BEL_RELAY_CALLEE),
			BEL_RELAY_AS_OFFERED);
		relayed_close(relayed);
	}
}

static void there_is_an_end_to_ways_of_putting_it(void **state)
{
	struct relayed_how how = { .srtp = { BEL_OFFER_PLAIN, BEL_OFFER_PLAIN } };
	struct relayed *relayed = relayed_open(&how);
	unsigned ways = 1;

	(void)state;
	assert_int_equal(relayed_offer(relayed, BEL_RELAY_CALLER), BEL_OK);
	while (bel_relay_offer_next(relayed->relay, relayed->call)) {
		ways++;
		assert_int_equal(relayed_offer(relayed, BEL_RELAY_CALLER), BEL_OK);
	}
	assert_int_equal(ways, 3);
	relayed_close(relayed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pair_of_keyings_is_bridged_with_and_without_mux),
		cmocka_unit_test(sides_behind_any_nat_hear_each_other),
		cmocka_unit_test(keys_are_bridged_behind_nats_too),
		cmocka_unit_test(ipv4_and_ipv6_hear_each_other),
		cmocka_unit_test(handshakes_that_are_carried_are_never_joined),
		cmocka_unit_test(keys_that_both_can_do_stay_theirs),
		cmocka_unit_test(there_is_an_end_to_ways_of_putting_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
