/* SPDX-License-Identifier: Apache-2.0
 * The subscription of a REFER is a use of the dialog of its own: it goes on when the call
 * in which it was asked for is over (RFC 5057 section 4.2, RFC 5359 section 2.4). */
#include "unit/call/bench.h"

enum { EXPIRES_MS = 180 * 1000 };

/* The phone has called the peer, which answered. */
static struct bench *open_call(void)
{
	struct bench *bench = bench_open();

	bench_dial_and_answer(bench);
	return bench;
}

/* Nobody hangs up here: what is left would have to end by itself. */
static void close_call(struct bench *bench)
{
	bench_run(bench, 100000);
	phone_assert_idle(&bench->phone);
	bench_free(bench);
}

/* ---- they ask ---- */

/* The peer asks, the phone calls as asked, and the peer says BYE. */
static void ask_and_leave(struct bench *bench, const char *lines)
{
	struct peer *peer = &bench->peer;
	struct bel_call *asked = bench->phone.call;

	peer_ask(peer, "REFER", 2, lines, "");
	peer_heard(peer, "SIP/2.0 202 ");
	assert_int_equal(phone_dial(&bench->phone, "sip:other@192.0.2.9",
				    &(struct bel_call_dial){ .asked_in = asked }),
			 BEL_OK);
	peer_ask(peer, "BYE", 3, "", "");
	assert_saw(&bench->phone, "refer(sip:other@192.0.2.9) ended(0)");
	peer->at = 0;
	peer_heard(peer, "INVITE sip:other@");
}

/* The NOTIFY that comes next, answered. */
static void hear_notify(struct peer *peer, const char *state, const char *body)
{
	peer_heard(peer, "NOTIFY ");
	assert_true(bel_str_has_prefix(
		bel_sip_value(&peer->msg, BEL_SIP_H_SUBSCRIPTION_STATE),
		bel_str_from(state)));
	assert_true(bel_str_has_prefix(bel_sip_body(&peer->msg), bel_str_from(body)));
	peer_answer(peer, &peer->msg, 200, "", "", "");
}

/* As above, and the first word of it was heard. */
static void ask_and_hear(struct bench *bench)
{
	ask_and_leave(bench, "Refer-To: <sip:other@192.0.2.9>\r\n");
	bench->peer.at = 0;
	hear_notify(&bench->peer, "active", "SIP/2.0 100 ");
}

static void how_it_goes_is_told_after_the_bye(void **state)
{
	struct bench *bench = open_call();
	struct peer *peer = &bench->peer;

	(void)state;
	ask_and_hear(bench);
	peer_answer(peer, &peer->invite, 180, "two", PEER_CONTACT, "");
	hear_notify(peer, "active", "SIP/2.0 180 ");
	peer_answer(peer, &peer->invite, 200, "two", PEER_CONTACT, PEER_SDP);
	hear_notify(peer, "terminated", "SIP/2.0 200 ");
	bel_call_hang_up(bench->phone.call, BEL_STR_NONE);
	close_call(bench);
}

static void that_it_fails_is_told_after_the_bye(void **state)
{
	struct bench *bench = open_call();
	struct peer *peer = &bench->peer;

	(void)state;
	ask_and_hear(bench);
	peer_answer(peer, &peer->invite, 486, "two", "", "");
	hear_notify(peer, "terminated", "SIP/2.0 486 ");
	close_call(bench);
}

static void that_it_is_given_up_is_told(void **state)
{
	struct bench *bench = open_call();
	struct peer *peer = &bench->peer;

	(void)state;
	ask_and_hear(bench);
	peer_answer(peer, &peer->invite, 180, "two", PEER_CONTACT, "");
	hear_notify(peer, "active", "SIP/2.0 180 ");
	bel_call_hang_up(bench->phone.call, BEL_STR_NONE);
	bench_run(bench, 50);
	peer_heard(peer, "CANCEL ");
	peer_answer(peer, &peer->msg, 200, "two", "", "");
	peer_answer(peer, &peer->invite, 487, "two", "", "");
	hear_notify(peer, "terminated", "SIP/2.0 487 ");
	close_call(bench);
}

static void who_does_not_want_to_know_is_told_nothing(void **state)
{
	struct bench *bench = open_call();
	struct peer *peer = &bench->peer;

	(void)state;
	ask_and_leave(bench, "Refer-To: <sip:other@192.0.2.9>\r\nRefer-Sub: false\r\n");
	peer_answer(peer, &peer->invite, 486, "two", "", "");
	peer->at = 0;
	peer_heard_no(peer, "NOTIFY ");
	close_call(bench);
}

static void a_notify_that_nobody_knows_ends_it(void **state)
{
	struct bench *bench = open_call();
	struct peer *peer = &bench->peer;

	(void)state;
	ask_and_leave(bench, "Refer-To: <sip:other@192.0.2.9>\r\n");
	peer->at = 0;
	peer_heard(peer, "NOTIFY ");
	peer_answer(peer, &peer->msg, 481, "", "", "");
	peer_answer(peer, &peer->invite, 486, "two", "", "");
	peer_heard_no(peer, "NOTIFY ");
	close_call(bench);
}

/* ---- we ask ---- */

/* The phone asks, the peer will, and the phone says BYE. */
static void be_asked_and_left(struct bench *bench)
{
	struct peer *peer = &bench->peer;

	assert_int_equal(
		bel_call_transfer(bench->phone.call, BEL_STR("sip:c@c.test"), NULL),
		BEL_OK);
	bench_run(bench, 50);
	peer_heard(peer, "REFER ");
	peer_answer(peer, &peer->msg, 202, "", PEER_CONTACT, "");
	bel_call_hang_up(bench->phone.call, BEL_STR_NONE);
	bench_run(bench, 50);
	peer_heard(peer, "BYE ");
}

static void notify(struct bench *bench, unsigned cseq, bool is_last)
{
	peer_ask_typed(&bench->peer, "NOTIFY", cseq,
		       is_last ? "Event: refer\r\nSubscription-State: terminated\r\n"
			       : "Event: refer\r\nSubscription-State: active\r\n",
		       "message/sipfrag",
		       is_last ? "SIP/2.0 200 OK\r\n" : "SIP/2.0 180 Ringing\r\n");
}

static void notifies_are_answered_until_the_last(void **state)
{
	struct bench *bench = open_call();
	struct peer *peer = &bench->peer;

	(void)state;
	be_asked_and_left(bench);
	notify(bench, 2, false); /* before our BYE is answered */
	peer_heard(peer, "SIP/2.0 200 ");
	peer->at = 0;
	peer_heard(peer, "BYE ");
	peer_answer(peer, &peer->msg, 200, "", "", "");
	bench_run(bench, 50000);
	notify(bench, 3, false);
	peer_heard(peer, "SIP/2.0 200 ");
	notify(bench, 4, true);
	peer_heard(peer, "SIP/2.0 200 ");
	notify(bench, 5, true);
	peer_heard(peer, "SIP/2.0 481 ");
	assert_saw(&bench->phone, "transfer(180) ended(0 ours)");
	close_call(bench);
}

static void a_subscription_does_not_last_for_ever(void **state)
{
	struct bench *bench = open_call();
	struct peer *peer = &bench->peer;

	(void)state;
	be_asked_and_left(bench);
	peer_answer(peer, &peer->msg, 200, "", "", "");
	bench_run(bench, EXPIRES_MS + 1000);
	notify(bench, 2, false);
	peer_heard(peer, "SIP/2.0 481 ");
	close_call(bench);
}

static void who_says_no_more_is_waited_for_a_while(void **state)
{
	struct bench *bench = open_call();
	struct peer *peer = &bench->peer;

	(void)state;
	bel_call_transfer(bench->phone.call, BEL_STR("sip:c@c.test"), NULL);
	bench_run(bench, 50);
	peer_heard(peer, "REFER ");
	peer_answer(peer, &peer->msg, 202, "", PEER_CONTACT, "");
	notify(bench, 2, false);
	bench_run(bench, EXPIRES_MS - 1000);
	assert_saw(&bench->phone, "transfer(180)");
	assert_int_equal(
		bel_call_transfer(bench->phone.call, BEL_STR("sip:d@d.test"), NULL),
		BEL_ERR_BUSY);
	bench_run(bench, 2000);
	assert_saw(&bench->phone, "transfer(408 last)");
	assert_int_equal(
		bel_call_transfer(bench->phone.call, BEL_STR("sip:d@d.test"), NULL),
		BEL_OK);
	bel_call_hang_up(bench->phone.call, BEL_STR_NONE);
	bench_run(bench, 200000);
	close_call(bench);
}

/* Calls that are left when the program ends. */
static void what_is_left_goes_with_the_calls(void **state)
{
	struct bench *bench = open_call();

	(void)state;
	be_asked_and_left(bench);
	bench_free(bench);
	bench = open_call();
	ask_and_leave(bench, "Refer-To: <sip:other@192.0.2.9>\r\n");
	bench_free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(how_it_goes_is_told_after_the_bye),
		cmocka_unit_test(that_it_fails_is_told_after_the_bye),
		cmocka_unit_test(that_it_is_given_up_is_told),
		cmocka_unit_test(who_does_not_want_to_know_is_told_nothing),
		cmocka_unit_test(a_notify_that_nobody_knows_ends_it),
		cmocka_unit_test(notifies_are_answered_until_the_last),
		cmocka_unit_test(a_subscription_does_not_last_for_ever),
		cmocka_unit_test(who_says_no_more_is_waited_for_a_while),
		cmocka_unit_test(what_is_left_goes_with_the_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
