/* SPDX-License-Identifier: Apache-2.0
 * A phone at the end of a wire, and at the other end somebody who says what no phone of
 * ours would say, or at times when ours would not. */
#include <errno.h>

#include "unit/call/peer.h"
#include "unit/call/phone.h"

struct bench {
	struct bel_sim *sim;
	struct phone phone;
	struct peer peer;
};

#define PEER "sip:peer@192.0.2.9"

static void run_for(struct bench *bench, uint64_t ms)
{
	bel_sim_run(bench->sim, bel_sim_now_ms(bench->sim) + ms);
}

static struct bench *open_bench(void)
{
	static const struct bel_sim_net good = { .delay_min_ms = 1, .delay_max_ms = 1 };
	struct bench *bench = calloc(1, sizeof *bench);

	assert_non_null(bench);
	bench->sim = bel_sim_new(1, &good);
	phone_open(&bench->phone, bench->sim, 1);
	peer_open(&bench->peer, bench->sim, 1);
	bench->phone.answers = true;
	return bench;
}

/* Whatever the peer did or did not do, in the end nothing is left at the phone. */
static void close_bench(struct bench *bench)
{
	struct phone *phone = &bench->phone;

	while (phone->call) {
		bel_call_hang_up(phone->call, BEL_STR_NONE);
		run_for(bench, 40000);
	}
	/* A transfer that nobody told the end of is waited for longest. */
	run_for(bench, 200000);
	assert_int_equal(bel_calls_count(phone->calls), 0);
	assert_int_equal(bel_tx_table_count(phone->endpoint.table), 0);
	assert_int_equal(bel_ua_pending(phone->endpoint.ua), 0);
	phone_close(phone);
	peer_close(&bench->peer);
	bel_sim_free(bench->sim);
	free(bench);
}

/* The phone calls the peer; its INVITE is in peer.invite. */
static void dial(struct bench *bench, const struct bel_call_dial *more)
{
	assert_int_equal(phone_dial(&bench->phone, PEER, more), BEL_OK);
	run_for(bench, 50);
	peer_heard(&bench->peer, "INVITE ");
}

static void dial_and_answer(struct bench *bench)
{
	dial(bench, NULL);
	peer_answer(&bench->peer, &bench->peer.invite, 200, "one", PEER_CONTACT,
		    PEER_SDP);
	peer_heard(&bench->peer, "ACK ");
	assert_saw(&bench->phone, "answered");
}

/* The peer calls the phone, which answers at once. */
static void arrive(struct bench *bench)
{
	struct peer *peer = &bench->peer;

	peer_invite(peer, "of-the-peer", "", PEER_SDP);
	peer_heard(peer, "SIP/2.0 200 ");
	peer_learn(peer);
	peer_ask(peer, "ACK", 1, "", "");
	assert_saw(&bench->phone, "incoming answered");
}

static void forget_refer(void *user, struct bel_call *call,
			 const struct bel_call_refer *refer)
{
	(void)user;
	(void)call;
	(void)refer;
}

/* ---- forks ---- */

/* RFC 3261 section 13.2.2.4. */
static void a_second_answer_gets_its_ack_and_a_bye(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	(void)state;
	dial_and_answer(bench);
	peer_answer(peer, &peer->invite, 200, "two",
		    "Contact: <sip:two@192.0.2.9:5060>\r\n", PEER_SDP);
	peer_heard(peer, "ACK sip:two@");
	peer_heard(peer, "BYE sip:two@");
	peer_answer(peer, &peer->msg, 200, "", "", "");
	assert_saw(&bench->phone, "");
	/* Repeated, it gets its ACK again and no second BYE. */
	peer_answer(peer, &peer->invite, 200, "two",
		    "Contact: <sip:two@192.0.2.9:5060>\r\n", PEER_SDP);
	peer_heard(peer, "ACK sip:two@");
	peer_heard_no(peer, "BYE ");
	close_bench(bench);
}

static void a_2xx_that_comes_again_gets_its_ack_again(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	(void)state;
	dial_and_answer(bench);
	for (unsigned i = 0; i < 3; i++) {
		peer_answer(peer, &peer->invite, 200, "one", PEER_CONTACT, PEER_SDP);
		peer_heard(peer, "ACK ");
	}
	assert_saw(&bench->phone, "");
	close_bench(bench);
}

static void early_media_is_that_of_the_branch_that_spoke_last(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	(void)state;
	dial(bench, NULL);
	peer_answer(peer, &peer->invite, 183, "one", PEER_CONTACT, PEER_SDP);
	peer_answer(peer, &peer->invite, 183, "two", PEER_CONTACT,
		    PEER_SDP "a=recvonly\r\n");
	assert_int_equal(bench->phone.agreed, BEL_SDP_SENDONLY);
	peer_answer(peer, &peer->invite, 200, "one", PEER_CONTACT, PEER_SDP);
	assert_int_equal(bench->phone.agreed, BEL_SDP_SENDRECV);
	assert_saw(&bench->phone, "183+media 183+media answered");
	close_bench(bench);
}

/* RFC 6228 section 4: what was heard of a branch that is over is heard no more. */
static void early_media_of_a_branch_that_is_gone_ends(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	(void)state;
	dial(bench, NULL);
	peer_answer(peer, &peer->invite, 183, "one", PEER_CONTACT, PEER_SDP);
	peer_answer(peer, &peer->invite, 183, "two", PEER_CONTACT,
		    PEER_SDP "a=recvonly\r\n");
	assert_int_equal(bench->phone.agreed, BEL_SDP_SENDONLY);
	peer_answer(peer, &peer->invite, 199, "nobody", PEER_CONTACT, "");
	assert_int_equal(bench->phone.agreed, BEL_SDP_SENDONLY);
	peer_answer(peer, &peer->invite, 199, "two", PEER_CONTACT, "");
	assert_int_equal(bench->phone.agreed, BEL_SDP_SENDRECV);
	/* The last one: the call is not over, for others may ring yet. */
	peer_answer(peer, &peer->invite, 199, "one", PEER_CONTACT, "");
	assert_saw(&bench->phone, "183+media 183+media");
	peer_answer(peer, &peer->invite, 200, "three", PEER_CONTACT, PEER_SDP);
	peer_heard(peer, "ACK ");
	assert_saw(&bench->phone, "answered");
	close_bench(bench);
}

static void an_invite_says_that_199_is_understood(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	dial(bench, NULL);
	assert_true(bel_sip_has_token(&bench->peer.invite, BEL_SIP_H_SUPPORTED,
				      BEL_STR("199")));
	close_bench(bench);
}

/* A peer of RFC 2543 sends no tag. */
static void a_2xx_without_a_tag_is_an_answer(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	(void)state;
	dial(bench, NULL);
	peer_answer(peer, &peer->invite, 180, "", PEER_CONTACT, "");
	peer_answer(peer, &peer->invite, 200, "", PEER_CONTACT, PEER_SDP);
	peer_heard(peer, "ACK ");
	assert_saw(&bench->phone, "180 answered");
	peer->local_tag[0] = '\0';
	bel_call_hang_up(bench->phone.call, BEL_STR_NONE);
	run_for(bench, 50);
	peer_heard(peer, "BYE ");
	peer_answer(peer, &peer->msg, 200, "", "", "");
	close_bench(bench);
}

/* Nothing may be told after the end, but who answered then must not wait for ever. */
static void an_answer_after_the_end_gets_its_ack_and_a_bye(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	(void)state;
	dial(bench, NULL);
	/* One without a Contact: nothing can be sent to it. */
	peer_answer(peer, &peer->invite, 200, "one", "", PEER_SDP);
	assert_saw(&bench->phone, "ended(0 error)");
	bench->phone.agreed = BEL_SDP_INACTIVE;
	peer_answer(peer, &peer->invite, 200, "two", PEER_CONTACT, PEER_SDP);
	peer_heard(peer, "ACK ");
	peer_heard(peer, "BYE ");
	peer_answer(peer, &peer->msg, 200, "", "", "");
	assert_saw(&bench->phone, "");
	assert_int_equal(bench->phone.agreed, BEL_SDP_INACTIVE);
	close_bench(bench);
}

/* The ACK cannot be sent where the Contact points: the call ends by itself. */
static void a_contact_that_leads_nowhere_is_survived(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	(void)state;
	dial(bench, NULL);
	for (unsigned i = 0; i < 3; i++) {
		peer_answer(peer, &peer->invite, 200, "one",
			    "Contact: <sip:peer@nowhere.invalid>\r\n", PEER_SDP);
		run_for(bench, 5000);
	}
	close_bench(bench);
}

/* ---- before the answer ---- */

/* RFC 3261 section 9.1. */
static void a_cancel_waits_for_a_provisional_answer(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	(void)state;
	dial(bench, NULL);
	bel_call_hang_up(bench->phone.call, BEL_STR_NONE);
	run_for(bench, 50);
	peer_heard_no(peer, "CANCEL ");
	peer_answer(peer, &peer->invite, 100, "", "", "");
	peer_heard(peer, "CANCEL ");
	peer_answer(peer, &peer->msg, 200, "one", "", "");
	peer_answer(peer, &peer->invite, 487, "one", "", "");
	run_for(bench, 50);
	peer_heard(peer, "ACK ");
	assert_saw(&bench->phone, "ended(0 ours)");
	close_bench(bench);
}

static void a_bye_in_the_early_dialog_ends_it(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	(void)state;
	bench->phone.answers = false;
	bench->phone.rings = 180;
	peer_invite(peer, "early-bye", "", PEER_SDP);
	peer_heard(peer, "SIP/2.0 180 ");
	peer_learn(peer);
	peer_ask(peer, "BYE", 2, "", "");
	peer_heard(peer, "SIP/2.0 200 ");
	peer_heard(peer, "SIP/2.0 487 ");
	run_for(bench, 10);
	assert_saw(&bench->phone, "incoming ended(0)");
	close_bench(bench);
}

/* RFC 3261 section 14.2: 491 while our own INVITE is in progress. */
static void a_reinvite_of_the_early_dialog_meets_our_invite(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	(void)state;
	dial(bench, &(struct bel_call_dial){ .is_late = true });
	peer_answer(peer, &peer->invite, 180, "one", PEER_CONTACT, "");
	peer_ask(peer, "INVITE", 1, "", PEER_SDP);
	peer_heard(peer, "SIP/2.0 491 ");
	close_bench(bench);
}

/* ---- refusals of what begins ---- */

static void invite_and_expect(const char *lines, const char *type, const char *body,
			      const char *status, const char *line)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	peer_keep(peer->call_id, sizeof peer->call_id, BEL_STR("refused"));
	peer_keep(peer->local_tag, sizeof peer->local_tag, BEL_STR("peer"));
	peer_ask_typed(peer, "INVITE", 1, lines, type, body);
	peer_heard(peer, status);
	if (!strstr(peer->heard[peer->at - 1], line))
		fail_msg("no %s in %s", line, peer->heard[peer->at - 1]);
	bench->phone.log.len = 0;
	close_bench(bench);
}

static void an_unknown_option_is_420(void **state)
{
	(void)state;
	invite_and_expect("Require: timer, teleport\r\n", NULL, PEER_SDP, "SIP/2.0 420 ",
			  "Unsupported: teleport\r\n");
}

static void an_unknown_body_is_415(void **state)
{
	(void)state;
	invite_and_expect("", "text/plain", "hello", "SIP/2.0 415 ",
			  "Accept: application/sdp");
}

/* RFC 3261 section 8.2.3: what need not be understood is passed over. */
static void an_unknown_body_that_may_be_ignored_is_none(void **state)
{
	(void)state;
	invite_and_expect("Content-Disposition: icon;handling=optional\r\n", "text/plain",
			  "hello", "SIP/2.0 200 ", "m=audio");
}

static void a_description_among_other_parts_is_found(void **state)
{
	(void)state;
	invite_and_expect("", "multipart/mixed;boundary=xx",
			  "--xx\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
			  "--xx\r\nContent-Type: application/sdp\r\n\r\n" PEER_SDP
			  "\r\n--xx--\r\n",
			  "SIP/2.0 200 ", "m=audio");
}

static void an_interval_too_small_is_422(void **state)
{
	(void)state;
	invite_and_expect("Supported: timer\r\nSession-Expires: 30\r\n", NULL, PEER_SDP,
			  "SIP/2.0 422 ", "Min-SE: 90\r\n");
}

static void a_description_that_is_none_is_400(void **state)
{
	(void)state;
	invite_and_expect("", NULL, "v=what\r\n", "SIP/2.0 400 ", "");
}

static void a_call_to_replace_that_is_not_there_is_481(void **state)
{
	(void)state;
	invite_and_expect("Replaces: x;to-tag=a;from-tag=b\r\n", NULL, PEER_SDP,
			  "SIP/2.0 481 ", "");
}

static void the_same_request_by_two_ways_is_482(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	(void)state;
	bench->phone.answers = false;
	bench->phone.rings = 180;
	peer_invite(peer, "merged", "", PEER_SDP);
	peer_invite(peer, "merged", "", PEER_SDP);
	peer_heard(peer, "SIP/2.0 482 ");
	assert_saw(&bench->phone, "incoming");
	close_bench(bench);
}

static void a_422_makes_the_interval_longer(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	(void)state;
	bench->phone.session.interval_s = 90;
	dial(bench, NULL);
	peer_answer(peer, &peer->invite, 422, "one", "Min-SE: 600\r\n", "");
	peer_heard(peer, "INVITE ");
	assert_str(bel_sip_value(&peer->msg, BEL_SIP_H_SESSION_EXPIRES), "600");
	assert_str(bel_sip_value(&peer->msg, BEL_SIP_H_MIN_SE), "600");
	peer_answer(peer, &peer->msg, 486, "two", "", "");
	run_for(bench, 50);
	assert_saw(&bench->phone, "ended(486)");
	close_bench(bench);
}

static void a_redirection_is_followed_without_its_headers(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	(void)state;
	dial(bench, NULL);
	peer_answer(peer, &peer->invite, 302, "one",
		    "Contact: <sip:low@192.0.2.9>;q=0.1, "
		    "<sip:best@192.0.2.9;x=1?Subject=hello>;q=0.7\r\n",
		    "");
	peer_heard(peer, "INVITE sip:best@192.0.2.9;x=1 SIP/2.0\r\n");
	peer_answer(peer, &peer->msg, 486, "two", "", "");
	close_bench(bench);
}

/* ---- within the call ---- */

/* RFC 4028 section 10: they are to refresh, and do so once. */
static void who_stops_to_refresh_is_parted_with(void **state)
{
	static const char timer[] = "Supported: timer\r\n"
				    "Session-Expires: 90;refresher=uac\r\n";
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	(void)state;
	peer_invite(peer, "timer", timer, PEER_SDP);
	peer_heard(peer, "SIP/2.0 200 ");
	assert_str(bel_sip_value(&peer->msg, BEL_SIP_H_SESSION_EXPIRES),
		   "90;refresher=uac");
	peer_learn(peer);
	peer_ask(peer, "ACK", 1, "", "");
	run_for(bench, 45000);
	peer_ask(peer, "UPDATE", 2, timer, "");
	peer_heard(peer, "SIP/2.0 200 ");
	run_for(bench, 55000);
	assert_int_equal(bel_call_state(bench->phone.call), BEL_CALL_UP);
	run_for(bench, 20000);
	peer_heard(peer, "BYE ");
	peer_answer(peer, &peer->msg, 200, "", "", "");
	close_bench(bench);
}

static void ask_and_expect(const char *method, const char *lines, const char *type,
			   const char *body, const char *status, const char *line)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	arrive(bench);
	peer_ask_typed(peer, method, 2, lines, type, body);
	peer_heard(peer, status);
	if (!strstr(peer->heard[peer->at - 1], line))
		fail_msg("no %s in %s", line, peer->heard[peer->at - 1]);
	assert_int_equal(bel_call_state(bench->phone.call), BEL_CALL_UP);
	close_bench(bench);
}

static void unknown_methods_within_are_501_and_others_405(void **state)
{
	(void)state;
	ask_and_expect("DANCE", "", NULL, "", "SIP/2.0 501 ", "Allow: INVITE");
	ask_and_expect("PUBLISH", "", NULL, "", "SIP/2.0 405 ", "Allow: INVITE");
}

static void an_unknown_option_within_is_420(void **state)
{
	(void)state;
	ask_and_expect("INVITE", "Require: teleport\r\n", NULL, PEER_SDP, "SIP/2.0 420 ",
		       "Unsupported: teleport\r\n");
	ask_and_expect("INFO", "Require: teleport\r\n", NULL, "", "SIP/2.0 420 ",
		       "Unsupported: teleport\r\n");
	ask_and_expect("BYE", "Require: teleport\r\n", NULL, "", "SIP/2.0 420 ",
		       "Unsupported: teleport\r\n");
}

static void an_unknown_body_within_is_415(void **state)
{
	(void)state;
	ask_and_expect("INVITE", "", "text/plain", "hello", "SIP/2.0 415 ",
		       "Accept: application/sdp");
	ask_and_expect("UPDATE", "", "text/plain", "hello", "SIP/2.0 415 ",
		       "Accept: application/sdp");
}

static void refers_that_make_no_sense(void **state)
{
	(void)state;
	ask_and_expect("REFER", "", NULL, "", "SIP/2.0 400 ", "");
	ask_and_expect("REFER",
		       "Refer-To: <sip:a@a.test>\r\nRefer-To: <sip:b@b.test>\r\n", NULL,
		       "", "SIP/2.0 400 ", "");
	ask_and_expect("REFER", "Refer-To: <tel:+1234>\r\n", NULL, "", "SIP/2.0 416 ",
		       "");
}

static void notifies_of_nothing(void **state)
{
	(void)state;
	ask_and_expect("NOTIFY", "Event: refer\r\nSubscription-State: active\r\n",
		       "message/sipfrag", "SIP/2.0 100 Trying\r\n", "SIP/2.0 481 ", "");
	ask_and_expect("NOTIFY", "Event: weather\r\nSubscription-State: active\r\n", NULL,
		       "", "SIP/2.0 489 ", "");
	ask_and_expect("PRACK", "RAck: 1 1 INVITE\r\n", NULL, "", "SIP/2.0 481 ", "");
}

/* RFC 4488 section 4. */
static void a_refer_without_a_subscription_sends_no_notify(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	(void)state;
	arrive(bench);
	peer_ask(peer, "REFER", 2, "Refer-To: <sip:c@c.test>\r\nRefer-Sub: false\r\n",
		 "");
	peer_heard(peer, "SIP/2.0 202 ");
	assert_str(bel_sip_value(&peer->msg, BEL_SIP_H_REFER_SUB), "false");
	bel_call_take_refer(bench->phone.call, 200);
	run_for(bench, 1000);
	peer_heard_no(peer, "NOTIFY ");
	close_bench(bench);
}

/* RFC 5057 section 5.1: 481 of a NOTIFY ends the subscription, and the call goes on. */
static void a_notify_that_nobody_wants_does_not_end_the_call(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	(void)state;
	arrive(bench);
	peer_ask(peer, "REFER", 2, "Refer-To: <sip:c@c.test>\r\n", "");
	peer_heard(peer, "NOTIFY ");
	peer_answer(peer, &peer->msg, 481, "", "", "");
	assert_int_equal(bel_call_state(bench->phone.call), BEL_CALL_UP);
	peer_heard_no(peer, "BYE ");
	bel_call_take_refer(bench->phone.call, 180);
	run_for(bench, 1000);
	peer_heard_no(peer, "NOTIFY ");
	close_bench(bench);
}

/* The same for INFO and REFER that somebody cannot do. */
static void a_request_that_they_cannot_do_does_not_end_the_call(void **state)
{
	static const uint16_t statuses[] = { 405, 501, 489 };
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	(void)state;
	arrive(bench);
	for (size_t i = 0; i < BEL_COUNT_OF(statuses); i++) {
		bel_call_message(bench->phone.call, BEL_SIP_INFO, BEL_STR_NONE,
				 BEL_STR("text/plain"), BEL_STR("x"));
		run_for(bench, 50);
		peer_heard(peer, "INFO ");
		peer_answer(peer, &peer->msg, statuses[i], "", "", "");
		assert_int_equal(bel_call_transfer(bench->phone.call,
						   BEL_STR("sip:c@c.test"), NULL),
				 BEL_OK);
		run_for(bench, 50);
		peer_heard(peer, "REFER ");
		peer_answer(peer, &peer->msg, statuses[i], "", "", "");
		assert_int_equal(bel_call_state(bench->phone.call), BEL_CALL_UP);
	}
	close_bench(bench);
}

/* RFC 3261 section 15.1.2: what waits for an answer gets one at the end. */
static void a_refer_without_an_answer_ends_with_the_call(void **state)
{
	static const struct bel_call_port port = { .on_ended = phone_on_ended,
						   .on_refer = forget_refer };
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	(void)state;
	arrive(bench);
	bel_call_take_on(
		bench->phone.call,
		&(struct bel_call_owner){ .port = &port, .user = &bench->phone });
	peer_ask(peer, "REFER", 2, "Refer-To: <sip:c@c.test>\r\n", "");
	peer_heard_no(peer, "SIP/2.0 2");
	peer_ask(peer, "BYE", 3, "", "");
	run_for(bench, 50);
	peer->at = 0;
	peer_heard(peer, "SIP/2.0 487 ");
	assert_saw(&bench->phone, "ended(0)");
	close_bench(bench);
}

/* A way through many proxies has long lines. */
static void a_long_route_is_kept_to(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;
	char lines[3000];
	struct bel_writer writer = bel_writer_init(lines, sizeof lines - 1);

	(void)state;
	bel_write_lit(&writer, "Record-Route: <sip:192.0.2.9;lr;p=");
	while (writer.len < 2600)
		bel_write_char(&writer, 'x');
	bel_write_lit(&writer, ">\r\n" PEER_CONTACT);
	lines[writer.len] = '\0';
	peer->contact = lines;
	peer_invite(peer, "long-route", "", PEER_SDP);
	peer_heard(peer, "SIP/2.0 200 ");
	peer_learn(peer);
	peer->contact = NULL;
	peer_ask(peer, "ACK", 1, "", "");
	bel_call_hang_up(bench->phone.call, BEL_STR_NONE);
	run_for(bench, 50);
	peer_heard(peer, "BYE ");
	assert_true(bel_sip_value(&peer->msg, BEL_SIP_H_ROUTE).len > 2500);
	peer_answer(peer, &peer->msg, 200, "", "", "");
	close_bench(bench);
}

/* on_ended is the last word. */
static void a_transfer_is_not_told_of_after_the_end(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	(void)state;
	arrive(bench);
	bel_call_transfer(bench->phone.call, BEL_STR("sip:c@c.test"), NULL);
	run_for(bench, 50);
	peer_ask(peer, "BYE", 2, "", "");
	run_for(bench, 40000);
	assert_saw(&bench->phone, "ended(0)");
	close_bench(bench);
}

static void a_number_that_goes_back_is_500(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	(void)state;
	arrive(bench);
	peer_ask(peer, "INFO", 9, "", "");
	peer_heard(peer, "SIP/2.0 200 ");
	peer_ask(peer, "INFO", 8, "", "");
	peer_heard(peer, "SIP/2.0 500 ");
	bench->phone.log.len = 0;
	close_bench(bench);
}

static void a_reinvite_without_an_offer_gets_one(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	(void)state;
	arrive(bench);
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
	close_bench(bench);
}

/* RFC 3261 section 14.2: who never acknowledges is gone. */
static void a_reinvite_that_is_never_acknowledged_ends_the_call(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	(void)state;
	arrive(bench);
	peer_ask(peer, "INVITE", 2, "", PEER_SDP);
	run_for(bench, 33000);
	peer_heard(peer, "BYE ");
	peer_answer(peer, &peer->msg, 200, "", "", "");
	close_bench(bench);
}

static void a_reinvite_that_is_never_answered_ends_with_the_call(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	(void)state;
	arrive(bench);
	assert_int_equal(bel_call_modify(bench->phone.call), BEL_OK);
	run_for(bench, 50);
	peer_heard(peer, "INVITE ");
	peer_answer(peer, &peer->invite, 183, "", PEER_CONTACT, "");
	peer_ask(peer, "BYE", 2, "", "");
	peer_heard(peer, "CANCEL ");
	close_bench(bench);
}

/* The connection of the call ends in the middle of it: what follows takes another. */
/* It rings, and nobody ever says yes or no: what held goes on, and may be changed again.
 */
static void a_reinvite_that_only_rings_is_given_up(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	(void)state;
	dial_and_answer(bench);
	assert_int_equal(bel_call_modify(bench->phone.call), BEL_OK);
	run_for(bench, 50);
	peer_heard(peer, "INVITE ");
	peer_answer(peer, &peer->invite, 180, "one", PEER_CONTACT, "");
	assert_int_equal(bel_call_modify(bench->phone.call), BEL_ERR_BUSY);
	run_for(bench, 61000);
	peer_heard(peer, "CANCEL ");
	peer_answer(peer, &peer->msg, 200, "one", "", "");
	peer_answer(peer, &peer->invite, 487, "one", "", "");
	peer_heard(peer, "ACK ");
	assert_saw(&bench->phone, "modified(487)");
	assert_int_equal(bel_call_modify(bench->phone.call), BEL_OK);
	run_for(bench, 50);
	peer_heard(peer, "INVITE ");
	peer_answer(peer, &peer->invite, 200, "one", PEER_CONTACT, PEER_SDP);
	peer_heard(peer, "ACK ");
	assert_saw(&bench->phone, "modified(200)");
	close_bench(bench);
}

static void a_call_outlives_its_connection(void **state)
{
	static const struct bel_sim_net good = { .delay_min_ms = 1, .delay_max_ms = 1 };
	struct bel_sim *sim = bel_sim_new(1, &good);
	struct phone *a = calloc(1, sizeof *a), *b = calloc(1, sizeof *b);

	(void)state;
	assert_true(a && b);
	phone_open(a, sim, 1);
	phone_open(b, sim, 2);
	b->answers = true;
	assert_int_equal(phone_dial(a, "sip:b@192.0.2.2;transport=tcp", NULL), BEL_OK);
	bel_sim_run(sim, bel_sim_now_ms(sim) + 1000);
	assert_saw(a, "answered");
	assert_saw(b, "incoming answered");
	bel_flow_close(a->endpoint.transport, bel_call_flow(a->call));
	bel_sim_run(sim, bel_sim_now_ms(sim) + 1000);
	assert_int_equal(bel_call_modify(a->call), BEL_OK);
	bel_sim_run(sim, bel_sim_now_ms(sim) + 1000);
	assert_saw(a, "modified(200)");
	assert_saw(b, "modified(200)");
	bel_flow_close(a->endpoint.transport, bel_call_flow(a->call));
	bel_call_hang_up(b->call, BEL_STR_NONE);
	bel_sim_run(sim, bel_sim_now_ms(sim) + 1000);
	assert_saw(a, "ended(0)");
	assert_saw(b, "ended(0 ours)");
	bel_sim_run(sim, bel_sim_now_ms(sim) + 100000);
	assert_int_equal(bel_tx_table_count(a->endpoint.table), 0);
	assert_int_equal(bel_tx_table_count(b->endpoint.table), 0);
	phone_close(a);
	phone_close(b);
	bel_sim_free(sim);
	free(a);
	free(b);
}

/* The RAck that names the reliable answer heard last. */
static void write_rack(char *buf, size_t size, struct peer *peer)
{
	struct bel_writer writer = bel_writer_init(buf, size - 1);

	bel_write_lit(&writer, "RAck: ");
	bel_write_str(&writer, bel_sip_value(&peer->msg, BEL_SIP_H_RSEQ));
	bel_write_lit(&writer, " 1 INVITE\r\n");
	buf[writer.len] = '\0';
}

/* RFC 3262 section 3: one reliable answer after the other, none left out. */
static void what_rings_before_the_prack_waits_for_it(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;
	char rack[64];

	(void)state;
	bench->phone.answers = false;
	bench->phone.rings = 180;
	peer_invite(peer, "reliable", "Require: 100rel\r\n", PEER_SDP);
	peer_heard(peer, "SIP/2.0 180 ");
	peer_learn(peer);
	assert_int_equal(bel_call_ring(bench->phone.call, 183, true), BEL_OK);
	run_for(bench, 100);
	assert_int_equal(peer_count(peer, "SIP/2.0 183 "), 0);
	write_rack(rack, sizeof rack, peer);
	peer_ask(peer, "PRACK", 2, rack, "");
	peer_heard(peer, "SIP/2.0 200 ");
	peer_heard(peer, "SIP/2.0 183 ");
	assert_true(peer->msg.body_len > 0);
	close_bench(bench);
}

/* RFC 3262 section 3: a final answer does not wait, and the PRACK that crosses it is
 * taken. */
static void a_prack_that_crosses_the_answer_is_taken(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;
	char rack[64];

	(void)state;
	bench->phone.rings = 180;
	peer_invite(peer, "crossing", "Require: 100rel\r\n", PEER_SDP);
	peer_heard(peer, "SIP/2.0 180 ");
	write_rack(rack, sizeof rack, peer);
	peer_heard(peer, "SIP/2.0 200 ");
	peer_learn(peer);
	peer_ask(peer, "ACK", 1, "", "");
	peer_ask(peer, "PRACK", 2, rack, "");
	peer_heard(peer, "SIP/2.0 200 ");
	close_bench(bench);
}

static void a_bye_stops_the_repetition_of_a_2xx(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	(void)state;
	arrive(bench);
	peer_ask(peer, "INVITE", 2, "", PEER_SDP);
	peer_ask(peer, "BYE", 3, "", "");
	peer->at = peer->heard_count;
	run_for(bench, 33000);
	peer_heard_no(peer, "SIP/2.0 200 ");
	close_bench(bench);
}

static void offers_that_meet_are_491_both_ways(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	(void)state;
	arrive(bench);
	assert_int_equal(bel_call_modify(bench->phone.call), BEL_OK);
	run_for(bench, 50);
	peer_heard(peer, "INVITE ");
	peer_ask(peer, "INVITE", 2, "", PEER_SDP);
	peer_heard(peer, "SIP/2.0 491 ");
	peer_ask(peer, "UPDATE", 3, "", PEER_SDP);
	peer_heard(peer, "SIP/2.0 491 ");
	/* And theirs to ours: it comes again by itself, even when the time is bad. */
	peer_answer(peer, &peer->invite, 491, "", "", "");
	peer_heard(peer, "ACK ");
	peer_ask(peer, "INVITE", 4, "", PEER_SDP);
	peer_heard(peer, "SIP/2.0 200 ");
	bench->phone.log.len = 0;
	run_for(bench, 2500);
	peer_ask(peer, "ACK", 4, "", "");
	run_for(bench, 5000);
	peer_heard(peer, "INVITE ");
	peer_answer(peer, &peer->msg, 200, "", PEER_CONTACT, PEER_SDP);
	peer_heard(peer, "ACK ");
	assert_saw(&bench->phone, "modified(200)");
	close_bench(bench);
}

/* UPDATE in an early dialog that met another one is tried again as well. */
static void an_update_that_met_another_is_tried_again(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	(void)state;
	dial(bench, NULL);
	peer_answer(peer, &peer->invite, 183, "one",
		    PEER_CONTACT "Require: 100rel\r\nRSeq: 7\r\nAllow: UPDATE\r\n",
		    PEER_SDP);
	peer_heard(peer, "PRACK ");
	peer_answer(peer, &peer->msg, 200, "", "", "");
	assert_int_equal(bel_call_modify(bench->phone.call), BEL_OK);
	run_for(bench, 50);
	peer_heard(peer, "UPDATE ");
	peer_answer(peer, &peer->msg, 491, "", "", "");
	run_for(bench, 5000);
	peer_heard(peer, "UPDATE ");
	peer_answer(peer, &peer->msg, 200, "", PEER_CONTACT, PEER_SDP);
	assert_saw(&bench->phone, "183+media modified(200)");
	peer_answer(peer, &peer->invite, 486, "one", "", "");
	close_bench(bench);
}

/* RFC 3261 section 12.2.1.2. */
static void later_requests_go_where_a_reinvite_moved(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	(void)state;
	arrive(bench);
	peer->contact = "Contact: <sip:moved@192.0.2.9:5060>\r\n";
	peer_ask(peer, "INVITE", 2, "", PEER_SDP);
	peer_ask(peer, "ACK", 2, "", "");
	bel_call_hang_up(bench->phone.call, BEL_STR_NONE);
	run_for(bench, 50);
	peer_heard(peer, "BYE sip:moved@");
	peer_answer(peer, &peer->msg, 200, "", "", "");
	close_bench(bench);
}

/* ---- challenges ---- */

#define CHALLENGE "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=MD5\r\n"

static void challenge_and_expect(struct bench *bench, const char *method)
{
	struct peer *peer = &bench->peer;
	uint32_t number;

	peer_heard(peer, method);
	number = bel_sip_cseq(&peer->msg)->number;
	peer_answer(peer, &peer->msg, 407, "", CHALLENGE, "");
	peer_heard(peer, method);
	assert_true(bel_sip_has(&peer->msg, BEL_SIP_H_PROXY_AUTHORIZATION));
	assert_true(bel_sip_cseq(&peer->msg)->number > number);
	peer_answer(peer, &peer->msg, 200, "", PEER_CONTACT,
		    peer->msg.method == BEL_SIP_INVITE ? PEER_SDP : "");
}

static void everything_within_the_call_answers_challenges(void **state)
{
	static const struct bel_auth_account account = { .username = { "phone", 5 },
							 .password = { "secret", 6 } };
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;
	struct bel_call *call;

	(void)state;
	dial(bench, &(struct bel_call_dial){ .account = &account });
	peer_answer(peer, &peer->invite, 407, "zero", CHALLENGE, "");
	peer_heard(peer, "INVITE ");
	peer_answer(peer, &peer->invite, 183, "one",
		    PEER_CONTACT "Require: 100rel\r\nRSeq: 7\r\nAllow: INVITE\r\n",
		    PEER_SDP);
	challenge_and_expect(bench, "PRACK ");
	peer_answer(peer, &peer->invite, 200, "one", PEER_CONTACT, "");
	/* RFC 3261 section 22.1: the ACK with what the INVITE had. */
	peer_heard(peer, "ACK ");
	assert_true(bel_sip_has(&peer->msg, BEL_SIP_H_PROXY_AUTHORIZATION));
	assert_int_equal(bel_sip_cseq(&peer->msg)->number,
			 bel_sip_cseq(&peer->invite)->number);
	call = bench->phone.call;
	assert_int_equal(bel_call_modify(call), BEL_OK);
	run_for(bench, 50);
	challenge_and_expect(bench, "INVITE ");
	peer_heard(peer, "ACK ");
	assert_true(bel_sip_has(&peer->msg, BEL_SIP_H_PROXY_AUTHORIZATION));
	bel_call_transfer(call, BEL_STR("sip:c@c.test"), NULL);
	run_for(bench, 50);
	challenge_and_expect(bench, "REFER ");
	bel_call_hang_up(call, BEL_STR_NONE);
	run_for(bench, 50);
	challenge_and_expect(bench, "BYE ");
	run_for(bench, 50);
	assert_saw(&bench->phone, "183+media answered modified(200) ended(0 ours)");
	close_bench(bench);
}

/* ---- Replaces ---- */

static void write_replaces(char *buf, size_t size, const struct peer *peer)
{
	struct bel_writer writer = bel_writer_init(buf, size - 1);

	peer_write(&writer, "Replaces: %s;to-tag=%s;from-tag=%s\r\n", peer->call_id,
		   peer->remote_tag, peer->local_tag);
	buf[writer.len] = '\0';
}

/* What is to be replaced may end while the new call rings. */
static void the_call_to_replace_may_end_first(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;
	char replaces[512];

	(void)state;
	arrive(bench);
	write_replaces(replaces, sizeof replaces, peer);
	bench->phone.answers = false;
	bench->phone.rings = 180;
	peer_ask(peer, "BYE", 2, "", "");
	/* Again, with a second call that is there still. */
	run_for(bench, 70000);
	bench->phone.answers = true;
	bench->phone.rings = 0;
	bench->phone.log.len = 0;
	peer_invite(peer, "second", "", PEER_SDP);
	peer_heard(peer, "SIP/2.0 200 OK");
	while (peer_find(peer, "SIP/2.0 200 "))
		;
	peer_learn(peer);
	peer_ask(peer, "ACK", 1, "", "");
	write_replaces(replaces, sizeof replaces, peer);
	bench->phone.answers = false;
	bench->phone.rings = 180;
	peer_invite(peer, "third", replaces, PEER_SDP);
	assert_saw(&bench->phone, "incoming answered incoming(replaces)");
	bel_call_hang_up(bench->phone.call, BEL_STR_NONE);
	run_for(bench, 50);
	peer_heard(peer, "BYE ");
	peer_answer(peer, &peer->msg, 200, "", "", "");
	run_for(bench, 40000);
	assert_saw(&bench->phone, "ended(0 ours)");
	bel_call_answer(bench->phone.call);
	run_for(bench, 100);
	close_bench(bench);
}

/* RFC 3891 section 3: what was declined already is 603. */
static void a_call_that_ended_is_not_replaced(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;
	char replaces[512];

	(void)state;
	arrive(bench);
	write_replaces(replaces, sizeof replaces, peer);
	peer_ask(peer, "BYE", 2, "", "");
	peer_invite(peer, "late", replaces, PEER_SDP);
	peer_heard(peer, "SIP/2.0 603 ");
	close_bench(bench);
}

/* ---- limits ---- */

static void one_call_too_many_is_503(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;
	struct bel_calls *many = bench->phone.calls;

	(void)state;
	assert_int_equal(
		bel_calls_open(&bench->phone.calls,
			       &(struct bel_calls_opts){ .ua = bench->phone.endpoint.ua,
							 .calls_max = 1,
							 .on_incoming = phone_on_incoming,
							 .user = &bench->phone }),
		BEL_OK);
	bel_calls_close(many);
	arrive(bench);
	peer_invite(peer, "too-many", "", PEER_SDP);
	peer_heard(peer, "SIP/2.0 503 ");
	assert_true(bel_sip_has(&peer->msg, BEL_SIP_H_RETRY_AFTER));
	close_bench(bench);
}

/* What describe says that the phone cannot, and what the peer is told of it. */
static const struct {
	int err;
	uint16_t status;
} failures[] = {
	{ -EMFILE, 503 },       { -ENFILE, 503 },
	{ -EADDRINUSE, 503 },   { -ENOBUFS, 503 },
	{ -ENOMEM, 503 },       { BEL_ERR_SPACE, 503 },
	{ BEL_ERR_LIMIT, 503 }, { BEL_ERR_UNSUPPORTED, 488 },
	{ -EACCES, 500 },       { BEL_ERR_CLOSED, 500 },
};

/* 503 says when to come again, and nothing else does. */
static void assert_refused(struct peer *peer, uint16_t status)
{
	char start[16];

	snprintf(start, sizeof start, "SIP/2.0 %u ", status);
	peer_heard(peer, start);
	assert_str(bel_sip_value(&peer->msg, BEL_SIP_H_RETRY_AFTER),
		   status == 503 ? "10" : "");
}

/* RFC 3261 section 21.5.4. */
static void an_answer_without_a_port_is_503_and_told_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(failures); i++) {
		struct bench *bench = open_bench();
		struct peer *peer = &bench->peer;
		char saw[32];

		bench->phone.answers = false;
		bench->phone.describe_fails = failures[i].err;
		peer_invite(peer, "no-port", "", PEER_SDP);
		assert_int_equal(bel_call_answer(bench->phone.call), failures[i].err);
		assert_int_equal(bel_call_answer(bench->phone.call), BEL_ERR_CLOSED);
		run_for(bench, 50);
		assert_refused(peer, failures[i].status);
		peer_learn(peer);
		peer_ask(peer, "ACK", 1, "", "");
		run_for(bench, 40000);
		snprintf(saw, sizeof saw, "incoming ended(%u ours)", failures[i].status);
		assert_saw(&bench->phone, saw);
		close_bench(bench);
	}
}

/* A 1xx need not have a description: it rings, and the answer may still find a port. */
static void early_media_without_a_port_only_rings(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	(void)state;
	bench->phone.answers = false;
	bench->phone.rings = 183;
	bench->phone.has_early_media = true;
	bench->phone.describe_fails = -EMFILE;
	peer_invite(peer, "rings", "", PEER_SDP);
	peer_heard(peer, "SIP/2.0 183 ");
	assert_int_equal(peer->msg.body_len, 0);
	bench->phone.describe_fails = 0;
	assert_int_equal(bel_call_answer(bench->phone.call), BEL_OK);
	run_for(bench, 50);
	peer_heard(peer, "SIP/2.0 200 ");
	assert_true(peer->msg.body_len > 0);
	close_bench(bench);
}

static void an_offer_within_that_finds_no_port_is_503_and_the_call_goes_on(void **state)
{
	static const char *const methods[] = { "INVITE", "UPDATE" };
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;
	unsigned cseq = 1;

	(void)state;
	arrive(bench);
	for (size_t i = 0; i < BEL_COUNT_OF(failures) * BEL_COUNT_OF(methods); i++) {
		bench->phone.describe_fails = failures[i / 2].err;
		peer_ask(peer, methods[i % 2], ++cseq, "", PEER_SDP);
		assert_refused(peer, failures[i / 2].status);
		if (i % 2 == 0)
			peer_ask(peer, "ACK", cseq, "", "");
	}
	/* An INVITE without an offer asks for ours. */
	bench->phone.describe_fails = -EMFILE;
	peer_ask(peer, "INVITE", ++cseq, "", "");
	assert_refused(peer, 503);
	peer_ask(peer, "ACK", cseq, "", "");
	assert_saw(&bench->phone, "");
	bench->phone.describe_fails = 0;
	peer_ask(peer, "INVITE", ++cseq, "", PEER_SDP);
	peer_heard(peer, "SIP/2.0 200 ");
	peer_ask(peer, "ACK", cseq, "", "");
	assert_saw(&bench->phone, "modified(200)");
	close_bench(bench);
}

/* RFC 3262 section 5: an offer in the PRACK. */
static void a_prack_whose_offer_finds_no_port_is_503(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;
	char rack[64];

	(void)state;
	bench->phone.answers = false;
	bench->phone.rings = 183;
	bench->phone.has_early_media = true;
	peer_invite(peer, "prack-offer", "Require: 100rel\r\n", PEER_SDP);
	peer_heard(peer, "SIP/2.0 183 ");
	peer_learn(peer);
	write_rack(rack, sizeof rack, peer);
	bench->phone.describe_fails = -EADDRINUSE;
	peer_ask(peer, "PRACK", 2, rack, PEER_SDP);
	assert_refused(peer, 503);
	bench->phone.describe_fails = 0;
	assert_int_equal(bel_call_answer(bench->phone.call), BEL_OK);
	run_for(bench, 50);
	peer_heard(peer, "SIP/2.0 200 ");
	close_bench(bench);
}

/* RFC 3264 section 8: media parts never vanish. That will be wrong the next time too. */
static void an_offer_within_with_fewer_parts_is_488(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	(void)state;
	arrive(bench);
	peer_ask(peer, "UPDATE", 2, "",
		 "v=0\r\no=- 1 2 IN IP4 192.0.2.9\r\ns=-\r\nt=0 0\r\n");
	peer_heard(peer, "SIP/2.0 488 ");
	close_bench(bench);
}

/* What the other side repeats must not fill the memory of the call. */
static void a_call_of_many_exchanges_goes_on(void **state)
{
	struct bench *bench = open_bench();
	struct peer *peer = &bench->peer;

	(void)state;
	arrive(bench);
	for (unsigned i = 0; i < 2000; i++) {
		peer->at = peer->heard_count = 0;
		peer_ask(peer, "INVITE", 2 + i, "",
			 i % 2 ? PEER_SDP : PEER_SDP "a=sendonly\r\n");
		peer_heard(peer, "SIP/2.0 200 ");
		peer_ask(peer, "ACK", 2 + i, "", "");
		bench->phone.log.len = 0;
		bel_arena_fini(&peer->arena);
		bel_arena_init(&peer->arena, NULL, 0, 8 << 20);
	}
	close_bench(bench);
}

/* With the name of a test, that one alone. */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_second_answer_gets_its_ack_and_a_bye),
		cmocka_unit_test(a_2xx_that_comes_again_gets_its_ack_again),
		cmocka_unit_test(early_media_is_that_of_the_branch_that_spoke_last),
		cmocka_unit_test(early_media_of_a_branch_that_is_gone_ends),
		cmocka_unit_test(an_invite_says_that_199_is_understood),
		cmocka_unit_test(a_2xx_without_a_tag_is_an_answer),
		cmocka_unit_test(an_answer_after_the_end_gets_its_ack_and_a_bye),
		cmocka_unit_test(a_contact_that_leads_nowhere_is_survived),
		cmocka_unit_test(a_cancel_waits_for_a_provisional_answer),
		cmocka_unit_test(a_bye_in_the_early_dialog_ends_it),
		cmocka_unit_test(a_reinvite_of_the_early_dialog_meets_our_invite),
		cmocka_unit_test(an_unknown_option_is_420),
		cmocka_unit_test(an_unknown_body_is_415),
		cmocka_unit_test(an_unknown_body_that_may_be_ignored_is_none),
		cmocka_unit_test(a_description_among_other_parts_is_found),
		cmocka_unit_test(an_interval_too_small_is_422),
		cmocka_unit_test(a_description_that_is_none_is_400),
		cmocka_unit_test(a_call_to_replace_that_is_not_there_is_481),
		cmocka_unit_test(the_same_request_by_two_ways_is_482),
		cmocka_unit_test(a_422_makes_the_interval_longer),
		cmocka_unit_test(a_redirection_is_followed_without_its_headers),
		cmocka_unit_test(who_stops_to_refresh_is_parted_with),
		cmocka_unit_test(unknown_methods_within_are_501_and_others_405),
		cmocka_unit_test(an_unknown_option_within_is_420),
		cmocka_unit_test(an_unknown_body_within_is_415),
		cmocka_unit_test(refers_that_make_no_sense),
		cmocka_unit_test(notifies_of_nothing),
		cmocka_unit_test(a_refer_without_a_subscription_sends_no_notify),
		cmocka_unit_test(a_notify_that_nobody_wants_does_not_end_the_call),
		cmocka_unit_test(a_request_that_they_cannot_do_does_not_end_the_call),
		cmocka_unit_test(a_refer_without_an_answer_ends_with_the_call),
		cmocka_unit_test(a_long_route_is_kept_to),
		cmocka_unit_test(a_transfer_is_not_told_of_after_the_end),
		cmocka_unit_test(a_number_that_goes_back_is_500),
		cmocka_unit_test(a_reinvite_without_an_offer_gets_one),
		cmocka_unit_test(a_reinvite_that_is_never_acknowledged_ends_the_call),
		cmocka_unit_test(a_reinvite_that_is_never_answered_ends_with_the_call),
		cmocka_unit_test(a_reinvite_that_only_rings_is_given_up),
		cmocka_unit_test(a_call_outlives_its_connection),
		cmocka_unit_test(what_rings_before_the_prack_waits_for_it),
		cmocka_unit_test(a_prack_that_crosses_the_answer_is_taken),
		cmocka_unit_test(a_bye_stops_the_repetition_of_a_2xx),
		cmocka_unit_test(offers_that_meet_are_491_both_ways),
		cmocka_unit_test(an_update_that_met_another_is_tried_again),
		cmocka_unit_test(later_requests_go_where_a_reinvite_moved),
		cmocka_unit_test(everything_within_the_call_answers_challenges),
		cmocka_unit_test(the_call_to_replace_may_end_first),
		cmocka_unit_test(a_call_that_ended_is_not_replaced),
		cmocka_unit_test(one_call_too_many_is_503),
		cmocka_unit_test(an_answer_without_a_port_is_503_and_told_once),
		cmocka_unit_test(early_media_without_a_port_only_rings),
		cmocka_unit_test(
			an_offer_within_that_finds_no_port_is_503_and_the_call_goes_on),
		cmocka_unit_test(a_prack_whose_offer_finds_no_port_is_503),
		cmocka_unit_test(an_offer_within_with_fewer_parts_is_488),
		cmocka_unit_test(a_call_of_many_exchanges_goes_on),
	};

	if (argc == 2)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
