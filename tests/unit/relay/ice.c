/* SPDX-License-Identifier: Apache-2.0
 * Sides that look for their way by ICE, by way of a relay that is a lite agent. */
#include "support/support.h"

#include "support/relayed.h"

enum { TALK_MS = 4000 };

static const enum bel_offer_srtp kinds[] = { BEL_OFFER_PLAIN, BEL_OFFER_SDES,
					     BEL_OFFER_DTLS };

static bool says(const struct relayed *relayed, const char *text)
{
	bel_str wanted = bel_str_from(text);

	return memmem(relayed->sdp, relayed->sdp_len, wanted.ptr, wanted.len);
}

static struct bel_path *path_of(struct relayed *relayed, enum bel_relay_side side)
{
	return bel_media_stream_path(relayed->sides[side].stream);
}

static void assert_both_hear(struct relayed *relayed)
{
	relayed_run_ms(relayed, TALK_MS);
	assert_true(relayed_hears(relayed, BEL_RELAY_CALLER));
	assert_true(relayed_hears(relayed, BEL_RELAY_CALLEE));
}

/* Behind any NAT, with any keys, with and without rtcp-mux; either of them, or both. */
static void who_speaks_it_and_who_does_not_hear_each_other(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3 * 3 * 2 * 2 * 3; i++) {
		unsigned speakers = i / 36 + 1;
		struct relayed_how how = {
			.srtp = { kinds[i % 3], kinds[i / 3 % 3] },
			.has_mux = { i / 9 % 2, i / 18 % 2 },
			.has_ice = { speakers & 1, speakers >> 1 },
			.nat = { i % 5, i / 7 % 5 },
		};
		struct relayed *relayed = relayed_open(&how);
		relayed_connect(relayed);
		assert_both_hear(relayed);
		assert_int_equal(bel_path_has_ice(path_of(relayed, BEL_RELAY_CALLER)),
				 how.has_ice[0]);
		assert_int_equal(bel_path_has_ice(path_of(relayed, BEL_RELAY_CALLEE)),
				 how.has_ice[0] && how.has_ice[1]);
		assert_int_equal(bel_relay_counters(relayed->relay)->unreadable, 0);
		relayed_close(relayed);
	}
}

static void it_says_that_it_is_lite_and_where_it_is(void **state)
{
	struct relayed_how how = { .has_ice = { true, true } };
	struct relayed *relayed = relayed_open(&how);

	(void)state;
	assert_int_equal(relayed_offer(relayed, BEL_RELAY_CALLER), BEL_OK);
	assert_true(says(relayed, "a=ice-lite\r\n"));
	assert_true(says(relayed, "a=candidate:1 1 UDP 2130706431 203.0.113.9 40"));
	assert_true(says(relayed, "a=candidate:1 2 UDP 2130706430 203.0.113.9 40"));
	assert_false(says(relayed, " 198.51.100.1 ") || says(relayed, " 198.51.100.2 "));
	assert_true(relayed_can_answer(relayed, BEL_RELAY_CALLEE));
	assert_int_equal(relayed_answer(relayed, BEL_RELAY_CALLEE), BEL_OK);
	assert_true(says(relayed, "a=ice-lite\r\n"));
	assert_false(says(relayed, " 198.51.100.1 ") || says(relayed, " 198.51.100.2 "));
	relayed_close(relayed);
}

static void who_offered_none_is_told_of_none(void **state)
{
	struct relayed_how how = { .has_ice = { false, true } };
	struct relayed *relayed = relayed_open(&how);

	(void)state;
	assert_int_equal(relayed_offer(relayed, BEL_RELAY_CALLER), BEL_OK);
	assert_false(says(relayed, "ice"));
	relayed_close(relayed);
}

/* Another offer keeps the credentials, the way and the keys, though the addresses that
 * are announced are others: those that were found (RFC 8839 section 4.4.1.2.2). */
static void a_hold_changes_nothing(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 9; i++) {
		struct relayed_how how = {
			.has_ice = { true, true },
			.srtp = { kinds[i % 3], kinds[i / 3] },
			.nat = { BEL_NAT_SYMMETRIC, BEL_NAT_SYMMETRIC },
		};
		struct relayed *relayed = relayed_open(&how);
		bel_addr before, after;

		relayed_connect(relayed);
		assert_both_hear(relayed);
		assert_true(bel_path_way(&before, path_of(relayed, BEL_RELAY_CALLEE),
					 BEL_PATH_RTP));
		relayed->sides[BEL_RELAY_CALLEE].direction = BEL_SDP_SENDONLY;
		for (unsigned k = 0; k < 2; k++) {
			assert_int_equal(relayed_offer(relayed, BEL_RELAY_CALLEE),
					 BEL_OK);
			assert_true(relayed_can_answer(relayed, BEL_RELAY_CALLER));
			assert_int_equal(relayed_answer(relayed, BEL_RELAY_CALLER),
					 BEL_OK);
			relayed->sides[BEL_RELAY_CALLEE].direction = BEL_SDP_SENDRECV;
		}
		assert_both_hear(relayed);
		assert_true(bel_path_way(&after, path_of(relayed, BEL_RELAY_CALLEE),
					 BEL_PATH_RTP));
		assert_true(bel_addr_is_equal(&before, &after));
		assert_int_equal(bel_relay_counters(relayed->relay)->unreadable, 0);
		relayed_close(relayed);
	}
}

/* ---- strangers ---- */

struct stranger {
	struct bel_loop *loop;
	struct bel_udp *udp;
	unsigned heard;
};

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	(void)udp;
	(void)datagrams;
	((struct stranger *)user)->heard += count;
}

/* From the side's own host: without ICE that would be believed. */
static void who_has_not_the_password_is_not_the_side(void **state)
{
	struct relayed_how how = { .has_ice = { true, false } };
	struct relayed *relayed = relayed_open(&how);
	struct relayed_side *side = &relayed->sides[BEL_RELAY_CALLER];
	struct stranger stranger = { .loop = NULL };
	struct bel_relay_leg leg;
	char packet[172] = { (char)0x80 };

	(void)state;
	assert_int_equal(bel_sim_loop(&stranger.loop, side->node), BEL_OK);
	assert_int_equal(
		bel_udp_open(&stranger.udp, stranger.loop,
			     &(struct bel_udp_opts){ .local = side->ip,
						     .on_datagrams = on_datagrams,
						     .user = &stranger }),
		BEL_OK);
	relayed_connect(relayed);
	relayed_run_ms(relayed, 100);
	leg = relayed_leg(relayed, BEL_RELAY_CALLER);
	for (unsigned i = 0; i < 200; i++) {
		packet[3] = (char)i;
		bel_udp_send(stranger.udp, &leg.outer, NULL,
			     (bel_str){ packet, sizeof packet });
		relayed_run_ms(relayed, 20);
	}
	assert_int_equal(stranger.heard, 0);
	leg = relayed_leg(relayed, BEL_RELAY_CALLER);
	assert_int_equal(leg.foreign, 200);
	assert_both_hear(relayed);
	bel_udp_close(stranger.udp);
	bel_loop_close(stranger.loop);
	relayed_close(relayed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_speaks_it_and_who_does_not_hear_each_other),
		cmocka_unit_test(it_says_that_it_is_lite_and_where_it_is),
		cmocka_unit_test(who_offered_none_is_told_of_none),
		cmocka_unit_test(a_hold_changes_nothing),
		cmocka_unit_test(who_has_not_the_password_is_not_the_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
