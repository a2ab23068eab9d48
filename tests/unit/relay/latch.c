/* SPDX-License-Identifier: Apache-2.0
 * From where a side may send (SECURITY, rule H), as a table and against an attacker. */
#include "support/support.h"

#include "relay/relay_int.h"
#include "rtp/rtp.h"
#include "support/relayed.h"

static const struct bel_relay_place place = { .signal = { .family = 0 } };

static bel_addr at(uint8_t last, uint16_t port)
{
	return bel_addr_v4(198, 51, 100, last, port);
}

/* Who: 1 announced it, 2 is where signalling comes from, 9 is a stranger. */
struct packet_of {
	uint64_t at_ms;
	uint8_t who;
	uint16_t port;
	bool is_authentic, is_taken;
};

static const struct {
	const char *why;
	struct packet_of packets[4];
} stories[] = {
	{ "from where it announced", { { 10, 1, 4000, false, true } } },
	{ "from another port of that host, at any time",
	  { { 10, 1, 4000, false, true }, { 9000, 1, 5000, false, true } } },
	{ "from where its signalling comes from", { { 10, 2, 7777, false, true } } },
	{ "a stranger may turn out to be the side",
	  { { 10, 9, 6000, false, true }, { 500, 9, 6000, false, true } } },
	{ "another may take over within the second",
	  { { 10, 9, 6000, false, true },
	    { 900, 8, 6000, false, true },
	    { 950, 8, 6000, false, true } } },
	{ "but not after it",
	  { { 10, 9, 6000, false, true },
	    { 1500, 8, 6000, false, false },
	    { 1600, 9, 6000, false, true } } },
	{ "and the side itself at any time, which ends it for strangers",
	  { { 10, 9, 6000, false, true },
	    { 5000, 1, 4000, false, true },
	    { 5001, 9, 6000, false, false },
	    { 5002, 1, 4000, false, true } } },
	{ "nobody once the side was met, not within the second either",
	  { { 10, 1, 4000, false, true }, { 20, 9, 6000, false, false } } },
	{ "whoever has the keys, from anywhere",
	  { { 10, 1, 4000, true, true },
	    { 9000, 9, 6000, true, true },
	    { 9001, 9, 6000, true, true } } },
};

static void who_may_send_is_as_the_table_says(void **state)
{
	struct bel_relay_place known = place;
	bel_addr announced = at(1, 4000);

	(void)state;
	known.signal = at(2, 5060);
	for (unsigned i = 0; i < BEL_COUNT_OF(stories); i++) {
		struct latch latch = { .first_ms = 0 };
		bel_relay_latch_arm(&latch, &announced, &known, true);
		for (unsigned k = 0; k < 4 && stories[i].packets[k].who; k++) {
			const struct packet_of *packet = &stories[i].packets[k];
			bel_addr from = at(packet->who, packet->port);
			bool is_taken = bel_relay_latch_take(&latch, &known, &from,
							     packet->is_authentic,
							     packet->at_ms);
			if (is_taken != packet->is_taken)
				fail_msg("%s: packet %u", stories[i].why, k);
			if (is_taken)
				assert_true(bel_addr_is_equal(&latch.remote, &from));
		}
	}
}

static void a_new_offer_arms_it_anew(void **state)
{
	struct latch latch = { .first_ms = 0 };
	bel_addr announced = at(1, 4000), moved = at(3, 4000), stranger = at(9, 1);
	bel_addr nat = at(1, 9999);

	(void)state;
	bel_relay_latch_arm(&latch, &announced, &place, true);
	assert_true(bel_addr_is_equal(&latch.remote, &announced));
	assert_true(bel_relay_latch_take(&latch, &place, &nat, false, 10));
	assert_false(bel_relay_latch_take(&latch, &place, &stranger, false, 20));
	/* What was learned holds while nothing else is said. */
	bel_relay_latch_arm(&latch, &announced, &place, true);
	assert_true(bel_addr_is_equal(&latch.remote, &nat));
	assert_true(bel_relay_latch_take(&latch, &place, &stranger, false, 30));
	bel_relay_latch_arm(&latch, &moved, &place, true);
	assert_true(bel_addr_is_equal(&latch.remote, &moved));
	/* The same answer again changes nothing. */
	bel_relay_latch_arm(&latch, &moved, &place, false);
	assert_false(latch.is_latched);
}

/* Nothing is sent to an address that cannot be the side's: it is waited for. */
static void a_hidden_address_is_not_sent_to(void **state)
{
	struct bel_relay_place known = { .signal = at(2, 5060) };
	bel_addr hidden = bel_addr_v4(10, 0, 0, 5, 4000);
	struct latch latch = { .first_ms = 0 };

	(void)state;
	bel_relay_latch_arm(&latch, &hidden, &known, true);
	assert_int_equal(latch.remote.family, 0);
}

/* ---- an attacker ---- */

struct attack {
	struct relayed *relayed;
	struct bel_sim_node *node;
	struct bel_loop *loop;
	struct bel_udp *udp;
	bel_addr ip;
	uint64_t got;
};

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	struct attack *attack = user;

	(void)udp;
	(void)datagrams;
	attack->got += count;
}

static void open_attack(struct attack *attack, struct relayed *relayed)
{
	struct bel_udp_opts opts = { .on_datagrams = on_datagrams, .user = attack };

	*attack = (struct attack){ .relayed = relayed, .ip = at(66, 0) };
	attack->node = bel_sim_node_new(relayed->sim, "attacker", &attack->ip);
	assert_int_equal(bel_sim_loop(&attack->loop, attack->node), BEL_OK);
	opts.local = attack->ip;
	assert_int_equal(bel_udp_open(&attack->udp, attack->loop, &opts), BEL_OK);
}

static void close_attack(struct attack *attack)
{
	bel_udp_close(attack->udp);
	bel_loop_close(attack->loop);
}

/* A packet for each port of the relay, for so long. */
static void spray(struct attack *attack, unsigned rounds)
{
	char buf[172];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	char payload[160];

	memset(payload, 0xff, sizeof payload); /* silence (ITU-T G.711) */
	assert_int_equal(bel_rtp_write(&writer,
				       &(struct bel_rtp_packet){
					       .ssrc = 666,
					       .payload = { payload, sizeof payload } }),
			 BEL_OK);
	for (unsigned i = 0; i < rounds; i++) {
		for (uint16_t port = 40000; port < 40100; port++) {
			bel_addr to = bel_addr_v4(203, 0, 113, 9, port);
			bel_udp_send(attack->udp, &to, NULL, bel_writer_str(&writer));
		}
		relayed_run_ms(attack->relayed, 10);
	}
}

static void spraying_all_ports_during_a_call_redirects_nothing(void **state)
{
	static const enum bel_offer_srtp kinds[] = { BEL_OFFER_PLAIN, BEL_OFFER_SDES,
						     BEL_OFFER_DTLS };

	(void)state;
	for (unsigned i = 0; i < 9; i++) {
		struct relayed_how how = { .srtp = { kinds[i % 3], kinds[i / 3] },
					   .nat = { BEL_NAT_SYMMETRIC } };
		struct relayed *relayed = relayed_open(&how);
		struct attack attack;
		open_attack(&attack, relayed);
		relayed_connect(relayed);
		relayed_run_ms(relayed, 1000);
		spray(&attack, 300);
		assert_true(relayed_hears(relayed, BEL_RELAY_CALLER));
		assert_true(relayed_hears(relayed, BEL_RELAY_CALLEE));
		assert_int_equal(attack.got, 0);
		assert_true(bel_relay_counters(relayed->relay)->foreign +
				    bel_relay_counters(relayed->relay)->unreadable >
			    500);
		close_attack(&attack);
		relayed_close(relayed);
	}
}

/* Before the sides are heard a plain call may be taken for as long as it takes them to
 * speak; one with keys not at all. */
static void spraying_before_the_answer_wins_nothing_for_long(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct relayed_how how = {
			.srtp = { BEL_OFFER_PLAIN, i ? BEL_OFFER_SDES : BEL_OFFER_PLAIN }
		};
		struct relayed *relayed = relayed_open(&how);
		uint64_t got;
		struct attack attack;
		open_attack(&attack, relayed);
		spray(&attack, 5);
		relayed_connect(relayed);
		spray(&attack, 5);
		relayed_run_ms(relayed, 100);
		got = attack.got;
		spray(&attack, 300);
		assert_int_equal(attack.got, got);
		assert_true(relayed_hears(relayed, BEL_RELAY_CALLER));
		assert_true(relayed_hears(relayed, BEL_RELAY_CALLEE));
		close_attack(&attack);
		relayed_close(relayed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_may_send_is_as_the_table_says),
		cmocka_unit_test(a_new_offer_arms_it_anew),
		cmocka_unit_test(a_hidden_address_is_not_sent_to),
		cmocka_unit_test(spraying_all_ports_during_a_call_redirects_nothing),
		cmocka_unit_test(spraying_before_the_answer_wins_nothing_for_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
