/* SPDX-License-Identifier: Apache-2.0
 * Packets that the kernel carries: which streams are given to it, when they are taken
 * back, and that nothing told of a call is different for it. The other tests of the relay
 * run with and without. */
#include "support/relayed.h"
#include "support/support.h"

enum { TALK_MS = 4000, SETTLED_MS = 3000, PACKETS_A_SECOND = 50 };

static struct relayed *open_fast(const struct relayed_how *how)
{
	setenv("BELFRY_FAST", "sim", 1);
	return relayed_open(how);
}

static uint64_t fast_packets(const struct relayed *relayed)
{
	return bel_relay_counters(relayed->relay)->fast_packets;
}

static uint64_t fast_legs(const struct relayed *relayed)
{
	return bel_relay_counters(relayed->relay)->fast_legs;
}

static void both_hear(struct relayed *relayed)
{
	assert_true(relayed_hears(relayed, BEL_RELAY_CALLER));
	assert_true(relayed_hears(relayed, BEL_RELAY_CALLEE));
}

static void a_settled_stream_is_carried(void **state)
{
	const struct relayed_how how = { .nat = { BEL_NAT_SYMMETRIC,
						  BEL_NAT_SYMMETRIC } };
	struct relayed *relayed = open_fast(&how);
	struct bel_relay_leg legs[BEL_RELAY_SIDES];
	uint64_t before;

	(void)state;
	relayed_connect(relayed);
	relayed_run_ms(relayed, SETTLED_MS);
	assert_int_equal(fast_legs(relayed), 2);
	before = fast_packets(relayed);
	relayed_run_ms(relayed, TALK_MS);
	for (unsigned i = 0; i < BEL_RELAY_SIDES; i++) {
		legs[i] = relayed_leg(relayed, (enum bel_relay_side)i);
		assert_true(legs[i].is_fast);
		assert_int_equal(legs[i].foreign, 0);
	}
	assert_in_range(fast_packets(relayed) - before,
			2 * (PACKETS_A_SECOND * TALK_MS / 1000 - 2),
			2 * (PACKETS_A_SECOND * TALK_MS / 1000 + 2));
	both_hear(relayed);
	relayed_close(relayed);
}

/* The same call twice: what is told of it at the end. */
static void figures_are_those_of_a_socket(void **state)
{
	const struct relayed_how how = { .srtp = { BEL_OFFER_PLAIN, BEL_OFFER_PLAIN } };
	struct bel_relay_leg by_socket, by_kernel;

	(void)state;
	for (unsigned is_fast = 0; is_fast < 2; is_fast++) {
		setenv("BELFRY_FAST", is_fast ? "sim" : "never", 1);
		struct relayed *relayed = relayed_open(&how);
		relayed_connect(relayed);
		relayed_run_ms(relayed, SETTLED_MS + TALK_MS);
		*(is_fast ? &by_kernel : &by_socket) = relayed_leg(relayed,
								   BEL_RELAY_CALLER);
		assert_int_equal(fast_packets(relayed) != 0, is_fast);
		relayed_close(relayed);
	}
	assert_false(by_socket.is_fast);
	assert_true(by_kernel.is_fast);
	assert_int_equal(by_kernel.packets, by_socket.packets);
	assert_int_equal(by_kernel.bytes, by_socket.bytes);
	assert_int_equal(by_kernel.lost, by_socket.lost);
	assert_int_equal(by_kernel.jitter_us, by_socket.jitter_us);
	assert_true(bel_addr_is_equal(&by_kernel.remote, &by_socket.remote));
}

/* Keys that are ours, on either side, keep a stream with us; keys that are not do not. */
static void keys_of_ours_stay(void **state)
{
	static const struct {
		enum bel_offer_srtp srtp[BEL_RELAY_SIDES];
		unsigned legs;
	} cases[] = {
		{ { BEL_OFFER_PLAIN, BEL_OFFER_SDES }, 0 },
		{ { BEL_OFFER_SDES, BEL_OFFER_PLAIN }, 0 },
		{ { BEL_OFFER_DTLS, BEL_OFFER_PLAIN }, 0 },
		{ { BEL_OFFER_SDES, BEL_OFFER_SDES }, 2 },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(cases); i++) {
		struct relayed_how how = { .srtp = { cases[i].srtp[0],
						     cases[i].srtp[1] } };
		struct relayed *relayed = open_fast(&how);
		relayed_connect(relayed);
		relayed_run_ms(relayed, SETTLED_MS);
		assert_int_equal(fast_legs(relayed), cases[i].legs);
		both_hear(relayed);
		relayed_close(relayed);
	}
}

/* A new description ends every way; when it is settled again, they are laid again. */
static void a_change_takes_back(void **state)
{
	const struct relayed_how how = { .srtp = { BEL_OFFER_PLAIN, BEL_OFFER_PLAIN } };
	struct relayed *relayed = open_fast(&how);

	(void)state;
	relayed_connect(relayed);
	relayed_run_ms(relayed, SETTLED_MS);
	assert_int_equal(fast_legs(relayed), 2);
	assert_int_equal(relayed_offer(relayed, BEL_RELAY_CALLER), BEL_OK);
	assert_int_equal(relayed_answer(relayed, BEL_RELAY_CALLEE), BEL_OK);
	assert_int_equal(fast_legs(relayed), 0);
	relayed_run_ms(relayed, SETTLED_MS);
	assert_int_equal(fast_legs(relayed), 2);
	both_hear(relayed);
	bel_relay_end(relayed->relay, relayed->call);
	assert_int_equal(fast_legs(relayed), 0);
	relayed_close(relayed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_settled_stream_is_carried),
		cmocka_unit_test(figures_are_those_of_a_socket),
		cmocka_unit_test(keys_of_ours_stay),
		cmocka_unit_test(a_change_takes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
