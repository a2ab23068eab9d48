/* SPDX-License-Identifier: Apache-2.0
 * A call that stands is changed, by either side, at good times and bad. */
#include "unit/call/bench.h"

/* ---- theirs ---- */

static void a_reinvite_without_an_offer_gets_one(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench_arrive(bench);
	peer_ask(peer, "INVITE", 2, "", "");
	peer_heard(peer, "SIP/2.0 200 ");
	assert_true(peer->msg.body_len > 0);
	/* Another one before the ACK: not now. */
	peer_ask(peer, "INVITE", 3, "", PEER_SDP);
	peer_heard(peer, "SIP/2.0 500 ");
	assert_true(bel_sip_has(&peer->msg, BEL_SIP_H_RETRY_AFTER));
	peer_ask(peer, "ACK", 2, "", PEER_SDP "a=recvonly\r\n");
	assert_int_equal(bench->phone.agreed, BEL_SDP_SENDONLY);
	peer_ask(peer, "INVITE", 4, "", PEER_SDP);
	peer_heard(peer, "SIP/2.0 200 ");
	peer_ask(peer, "ACK", 4, "", "");
	assert_int_equal(bench->phone.agreed, BEL_SDP_SENDRECV);
	bench_close(bench);
}

/* RFC 3261 section 14.2. The wait is short, for the ACK is on its way, and not always the
 * same. */
static void a_reinvite_before_the_answer_in_an_ack_is_not_now(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;
	unsigned cseq, seen = 0;
	uint32_t wait_s;

	(void)state;
	peer_invite(peer, "overtaken", "", "");
	peer_heard(peer, "SIP/2.0 200 ");
	peer_learn(peer);
	for (cseq = 2; cseq < 20; cseq++) {
		peer_ask(peer, "INVITE", cseq, "", PEER_SDP);
		peer_heard(peer, "SIP/2.0 500 ");
		assert_int_equal(
			bel_sip_number(&wait_s, &peer->msg, BEL_SIP_H_RETRY_AFTER, 10),
			BEL_OK);
		seen |= 1u << wait_s;
		peer_ask(peer, "ACK", cseq, "", "");
	}
	assert_int_equal(seen, 1u << 1 | 1u << 2);
	assert_int_equal(bel_call_state(bench->phone.call), BEL_CALL_ANSWERED);
	peer_ask(peer, "ACK", 1, "", PEER_SDP);
	peer_ask(peer, "INVITE", cseq, "", PEER_SDP);
	peer_heard(peer, "SIP/2.0 200 ");
	peer_ask(peer, "ACK", cseq, "", "");
	assert_saw(&bench->phone, "incoming answered modified(200)");
	bench_close(bench);
}

/* Too long for UDP it went by TCP, and the ACK did not: phones put a call on hold as soon
 * as it is answered. */
static void a_reinvite_that_overtakes_the_ack_is_as_good_as_that(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	peer_invite(peer, "overtaken", "", PEER_SDP);
	peer_heard(peer, "SIP/2.0 200 ");
	peer_learn(peer);
	peer_ask(peer, "INVITE", 2, "", PEER_SDP "a=sendonly\r\n");
	peer_heard(peer, "SIP/2.0 200 ");
	assert_int_equal(bel_sip_cseq(&peer->msg)->number, 2);
	assert_int_equal(bench->phone.agreed, BEL_SDP_RECVONLY);
	assert_int_equal(bel_call_state(bench->phone.call), BEL_CALL_UP);
	peer_ask(peer, "ACK", 1, "", "");
	/* The second one is still to be acknowledged, the first no more. */
	bench_run(bench, 1000);
	peer_heard(peer, "SIP/2.0 200 ");
	assert_int_equal(bel_sip_cseq(&peer->msg)->number, 2);
	peer_ask(peer, "ACK", 2, "", "");
	bench_run(bench, 60000);
	assert_int_equal(bel_call_state(bench->phone.call), BEL_CALL_UP);
	assert_saw(&bench->phone, "incoming answered modified(200)");
	bench_close(bench);
}

/* RFC 3261 section 15: the BYE had to wait for the ACK. */
static void a_reinvite_lets_a_bye_go_that_waited_for_the_ack(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	peer_invite(peer, "overtaken", "", PEER_SDP);
	peer_heard(peer, "SIP/2.0 200 ");
	peer_learn(peer);
	bel_call_hang_up(bench->phone.call, BEL_STR_NONE);
	bench->phone.call = NULL;
	peer_ask(peer, "INVITE", 2, "", PEER_SDP);
	assert_int_equal(peer_count(peer, "BYE "), 1);
	assert_int_equal(peer_count(peer, "SIP/2.0 481 "), 1);
	bench_close(bench);
}

/* RFC 3261 section 14.2: who never acknowledges is gone. */
static void a_reinvite_that_is_never_acknowledged_ends_the_call(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench_arrive(bench);
	peer_ask(peer, "INVITE", 2, "", PEER_SDP);
	bench_run(bench, 33000);
	peer_heard(peer, "BYE ");
	peer_answer(peer, &peer->msg, 200, "", "", "");
	bench_close(bench);
}

static void a_bye_stops_the_repetition_of_a_2xx(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench_arrive(bench);
	peer_ask(peer, "INVITE", 2, "", PEER_SDP);
	peer_ask(peer, "BYE", 3, "", "");
	peer->at = peer->heard_count;
	bench_run(bench, 33000);
	peer_heard_no(peer, "SIP/2.0 200 ");
	bench_close(bench);
}

/* RFC 3261 section 12.2.1.2. */
static void later_requests_go_where_a_reinvite_moved(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench_arrive(bench);
	peer->contact = "Contact: <sip:moved@192.0.2.9:5060>\r\n";
	peer_ask(peer, "INVITE", 2, "", PEER_SDP);
	peer_ask(peer, "ACK", 2, "", "");
	bel_call_hang_up(bench->phone.call, BEL_STR_NONE);
	bench_run(bench, 50);
	peer_heard(peer, "BYE sip:moved@");
	peer_answer(peer, &peer->msg, 200, "", "", "");
	bench_close(bench);
}

/* RFC 3261 section 14.2: 491 while our own INVITE is in progress. */
static void a_reinvite_of_the_early_dialog_meets_our_invite(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench_dial(bench, &(struct bel_call_dial){ .is_late = true });
	peer_answer(peer, &peer->invite, 180, "one", PEER_CONTACT, "");
	peer_ask(peer, "INVITE", 1, "", PEER_SDP);
	peer_heard(peer, "SIP/2.0 491 ");
	bench_close(bench);
}

/* RFC 3264 section 8: media parts never vanish. That will be wrong the next time too. */
static void an_offer_within_with_fewer_parts_is_488(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench_arrive(bench);
	peer_ask(peer, "UPDATE", 2, "",
		 "v=0\r\no=- 1 2 IN IP4 192.0.2.9\r\ns=-\r\nt=0 0\r\n");
	peer_heard(peer, "SIP/2.0 488 ");
	bench_close(bench);
}

/* ---- ours ---- */

static void a_reinvite_that_is_never_answered_ends_with_the_call(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench_arrive(bench);
	bench_modify(bench);
	peer_answer(peer, &peer->invite, 183, "", PEER_CONTACT, "");
	peer_ask(peer, "BYE", 2, "", "");
	peer_heard(peer, "CANCEL ");
	bench_close(bench);
}

/* It rings, and nobody ever says yes or no: what held goes on, and may be changed again.
 */
static void a_reinvite_that_only_rings_is_given_up(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench_dial_and_answer(bench);
	bench_modify(bench);
	peer_answer(peer, &peer->invite, 180, "one", PEER_CONTACT, "");
	assert_int_equal(bel_call_modify(bench->phone.call), BEL_ERR_BUSY);
	bench_run(bench, 61000);
	peer_heard(peer, "CANCEL ");
	peer_answer(peer, &peer->msg, 200, "one", "", "");
	peer_answer(peer, &peer->invite, 487, "one", "", "");
	peer_heard(peer, "ACK ");
	assert_saw(&bench->phone, "modified(487)");
	bench_modify(bench);
	bench_agree(bench);
	assert_saw(&bench->phone, "modified(200)");
	bench_close(bench);
}

static void offers_that_meet_are_491_both_ways(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench_arrive(bench);
	bench_modify(bench);
	peer_ask(peer, "INVITE", 2, "", PEER_SDP);
	peer_heard(peer, "SIP/2.0 491 ");
	peer_ask(peer, "UPDATE", 3, "", PEER_SDP);
	peer_heard(peer, "SIP/2.0 491 ");
	/* And theirs to ours: it comes again by itself, even when the time is bad. */
	bench_refuse(bench, 491, "");
	peer_ask(peer, "INVITE", 4, "", PEER_SDP);
	peer_heard(peer, "SIP/2.0 200 ");
	bench->phone.log.len = 0;
	bench_run(bench, 2500);
	peer_ask(peer, "ACK", 4, "", "");
	bench_run(bench, 5000);
	peer_heard(peer, "INVITE ");
	bench_agree(bench);
	assert_saw(&bench->phone, "modified(200)");
	bench_close(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reinvite_without_an_offer_gets_one),
		cmocka_unit_test(a_reinvite_before_the_answer_in_an_ack_is_not_now),
		cmocka_unit_test(a_reinvite_that_overtakes_the_ack_is_as_good_as_that),
		cmocka_unit_test(a_reinvite_lets_a_bye_go_that_waited_for_the_ack),
		cmocka_unit_test(a_reinvite_that_is_never_acknowledged_ends_the_call),
		cmocka_unit_test(a_bye_stops_the_repetition_of_a_2xx),
		cmocka_unit_test(later_requests_go_where_a_reinvite_moved),
		cmocka_unit_test(a_reinvite_of_the_early_dialog_meets_our_invite),
		cmocka_unit_test(an_offer_within_with_fewer_parts_is_488),
		cmocka_unit_test(a_reinvite_that_is_never_answered_ends_with_the_call),
		cmocka_unit_test(a_reinvite_that_only_rings_is_given_up),
		cmocka_unit_test(offers_that_meet_are_491_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
