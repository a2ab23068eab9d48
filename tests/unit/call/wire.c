/* SPDX-License-Identifier: Apache-2.0
 * A phone at the end of a wire, and at the other end somebody who says what no phone of
 * ours would say, or at times when ours would not. */
#include "unit/call/bench.h"

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
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench_dial_and_answer(bench);
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
	bench_close(bench);
}

static void a_2xx_that_comes_again_gets_its_ack_again(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench_dial_and_answer(bench);
	for (unsigned i = 0; i < 3; i++) {
		peer_answer(peer, &peer->invite, 200, "one", PEER_CONTACT, PEER_SDP);
		peer_heard(peer, "ACK ");
	}
	assert_saw(&bench->phone, "");
	bench_close(bench);
}

static void early_media_is_that_of_the_branch_that_spoke_last(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench_dial(bench, NULL);
	peer_answer(peer, &peer->invite, 183, "one", PEER_CONTACT, PEER_SDP);
	peer_answer(peer, &peer->invite, 183, "two", PEER_CONTACT,
		    PEER_SDP "a=recvonly\r\n");
	assert_int_equal(bench->phone.agreed, BEL_SDP_SENDONLY);
	peer_answer(peer, &peer->invite, 200, "one", PEER_CONTACT, PEER_SDP);
	assert_int_equal(bench->phone.agreed, BEL_SDP_SENDRECV);
	assert_saw(&bench->phone, "183+media 183+media answered");
	bench_close(bench);
}

/* RFC 6228 section 4: what was heard of a branch that is over is heard no more. */
static void early_media_of_a_branch_that_is_gone_ends(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench_dial(bench, NULL);
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
	bench_close(bench);
}

static void an_invite_says_that_199_is_understood(void **state)
{
	struct bench *bench = bench_open();

	(void)state;
	bench_dial(bench, NULL);
	assert_true(bel_sip_has_token(&bench->peer.invite, BEL_SIP_H_SUPPORTED,
				      BEL_STR("199")));
	bench_close(bench);
}

/* A peer of RFC 2543 sends no tag. */
static void a_2xx_without_a_tag_is_an_answer(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench_dial(bench, NULL);
	peer_answer(peer, &peer->invite, 180, "", PEER_CONTACT, "");
	peer_answer(peer, &peer->invite, 200, "", PEER_CONTACT, PEER_SDP);
	peer_heard(peer, "ACK ");
	assert_saw(&bench->phone, "180 answered");
	peer->local_tag[0] = '\0';
	bel_call_hang_up(bench->phone.call, BEL_STR_NONE);
	bench_run(bench, 50);
	peer_heard(peer, "BYE ");
	peer_answer(peer, &peer->msg, 200, "", "", "");
	bench_close(bench);
}

/* Nothing may be told after the end, but who answered then must not wait for ever. */
static void an_answer_after_the_end_gets_its_ack_and_a_bye(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench_dial(bench, NULL);
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
	bench_close(bench);
}

/* The ACK cannot be sent where the Contact points: the call ends by itself. */
static void a_contact_that_leads_nowhere_is_survived(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench_dial(bench, NULL);
	for (unsigned i = 0; i < 3; i++) {
		peer_answer(peer, &peer->invite, 200, "one",
			    "Contact: <sip:peer@nowhere.invalid>\r\n", PEER_SDP);
		bench_run(bench, 5000);
	}
	bench_close(bench);
}

/* ---- before the answer ---- */

/* RFC 3261 section 9.1. */
static void a_cancel_waits_for_a_provisional_answer(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench_dial(bench, NULL);
	bel_call_hang_up(bench->phone.call, BEL_STR_NONE);
	bench_run(bench, 50);
	peer_heard_no(peer, "CANCEL ");
	peer_answer(peer, &peer->invite, 100, "", "", "");
	peer_heard(peer, "CANCEL ");
	peer_answer(peer, &peer->msg, 200, "one", "", "");
	peer_answer(peer, &peer->invite, 487, "one", "", "");
	bench_run(bench, 50);
	peer_heard(peer, "ACK ");
	assert_saw(&bench->phone, "ended(0 ours)");
	bench_close(bench);
}

static void a_bye_in_the_early_dialog_ends_it(void **state)
{
	struct bench *bench = bench_open();
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
	bench_run(bench, 10);
	assert_saw(&bench->phone, "incoming ended(0)");
	bench_close(bench);
}

/* ---- refusals of what begins ---- */

static void invite_and_expect(const char *lines, const char *type, const char *body,
			      const char *status, const char *line)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	peer_keep(peer->call_id, sizeof peer->call_id, BEL_STR("refused"));
	peer_keep(peer->local_tag, sizeof peer->local_tag, BEL_STR("peer"));
	peer_ask_typed(peer, "INVITE", 1, lines, type, body);
	peer_heard(peer, status);
	if (!strstr(peer->heard[peer->at - 1], line))
		fail_msg("no %s in %s", line, peer->heard[peer->at - 1]);
	bench->phone.log.len = 0;
	bench_close(bench);
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
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench->phone.answers = false;
	bench->phone.rings = 180;
	peer_invite(peer, "merged", "", PEER_SDP);
	peer_invite(peer, "merged", "", PEER_SDP);
	peer_heard(peer, "SIP/2.0 482 ");
	assert_saw(&bench->phone, "incoming");
	bench_close(bench);
}

static void a_422_makes_the_interval_longer(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench->phone.session.interval_s = 90;
	bench_dial(bench, NULL);
	peer_answer(peer, &peer->invite, 422, "one", "Min-SE: 600\r\n", "");
	peer_heard(peer, "INVITE ");
	assert_str(bel_sip_value(&peer->msg, BEL_SIP_H_SESSION_EXPIRES), "600");
	assert_str(bel_sip_value(&peer->msg, BEL_SIP_H_MIN_SE), "600");
	peer_answer(peer, &peer->msg, 486, "two", "", "");
	bench_run(bench, 50);
	assert_saw(&bench->phone, "ended(486)");
	bench_close(bench);
}

static void a_redirection_is_followed_without_its_headers(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench_dial(bench, NULL);
	peer_answer(peer, &peer->invite, 302, "one",
		    "Contact: <sip:low@192.0.2.9>;q=0.1, "
		    "<sip:best@192.0.2.9;x=1?Subject=hello>;q=0.7\r\n",
		    "");
	peer_heard(peer, "INVITE sip:best@192.0.2.9;x=1 SIP/2.0\r\n");
	peer_answer(peer, &peer->msg, 486, "two", "", "");
	bench_close(bench);
}

/* ---- within the call ---- */

/* RFC 4028 section 10: they are to refresh, and do so once. */
static void who_stops_to_refresh_is_parted_with(void **state)
{
	static const char timer[] = "Supported: timer\r\n"
				    "Session-Expires: 90;refresher=uac\r\n";
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	peer_invite(peer, "timer", timer, PEER_SDP);
	peer_heard(peer, "SIP/2.0 200 ");
	assert_str(bel_sip_value(&peer->msg, BEL_SIP_H_SESSION_EXPIRES),
		   "90;refresher=uac");
	peer_learn(peer);
	peer_ask(peer, "ACK", 1, "", "");
	bench_run(bench, 45000);
	peer_ask(peer, "UPDATE", 2, timer, "");
	peer_heard(peer, "SIP/2.0 200 ");
	bench_run(bench, 55000);
	assert_int_equal(bel_call_state(bench->phone.call), BEL_CALL_UP);
	bench_run(bench, 20000);
	peer_heard(peer, "BYE ");
	peer_answer(peer, &peer->msg, 200, "", "", "");
	bench_close(bench);
}

static void ask_and_expect(const char *method, const char *lines, const char *type,
			   const char *body, const char *status, const char *line)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	bench_arrive(bench);
	peer_ask_typed(peer, method, 2, lines, type, body);
	peer_heard(peer, status);
	if (!strstr(peer->heard[peer->at - 1], line))
		fail_msg("no %s in %s", line, peer->heard[peer->at - 1]);
	assert_int_equal(bel_call_state(bench->phone.call), BEL_CALL_UP);
	bench_close(bench);
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
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench_arrive(bench);
	peer_ask(peer, "REFER", 2, "Refer-To: <sip:c@c.test>\r\nRefer-Sub: false\r\n",
		 "");
	peer_heard(peer, "SIP/2.0 202 ");
	assert_str(bel_sip_value(&peer->msg, BEL_SIP_H_REFER_SUB), "false");
	bel_call_take_refer(bench->phone.call, 200);
	bench_run(bench, 1000);
	peer_heard_no(peer, "NOTIFY ");
	bench_close(bench);
}

/* RFC 5589 section 7.7: who does not say so is not asked for an attended transfer. */
static void who_understands_replaces_is_known(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench->phone.answers = false;
	peer_invite(peer, "can", "Supported: timer, replaces\r\n", PEER_SDP);
	peer_invite(peer, "cannot", "Supported: timer\r\n", PEER_SDP);
	assert_true(bel_call_has_replaces(bench->phone.call));
	assert_false(bel_call_has_replaces(bench->phone.second));
	bench_close(bench);
}

/* RFC 5057 section 5.1: 481 of a NOTIFY ends the subscription, and the call goes on. */
static void a_notify_that_nobody_wants_does_not_end_the_call(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench_arrive(bench);
	peer_ask(peer, "REFER", 2, "Refer-To: <sip:c@c.test>\r\n", "");
	peer_heard(peer, "NOTIFY ");
	peer_answer(peer, &peer->msg, 481, "", "", "");
	assert_int_equal(bel_call_state(bench->phone.call), BEL_CALL_UP);
	peer_heard_no(peer, "BYE ");
	bel_call_take_refer(bench->phone.call, 180);
	bench_run(bench, 1000);
	peer_heard_no(peer, "NOTIFY ");
	bench_close(bench);
}

/* The same for INFO and REFER that somebody cannot do. */
static void a_request_that_they_cannot_do_does_not_end_the_call(void **state)
{
	static const uint16_t statuses[] = { 405, 501, 489 };
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench_arrive(bench);
	for (size_t i = 0; i < BEL_COUNT_OF(statuses); i++) {
		bel_call_message(bench->phone.call, BEL_SIP_INFO, BEL_STR_NONE,
				 BEL_STR("text/plain"), BEL_STR("x"));
		bench_run(bench, 50);
		peer_heard(peer, "INFO ");
		peer_answer(peer, &peer->msg, statuses[i], "", "", "");
		assert_int_equal(bel_call_transfer(bench->phone.call,
						   BEL_STR("sip:c@c.test"), NULL),
				 BEL_OK);
		bench_run(bench, 50);
		peer_heard(peer, "REFER ");
		peer_answer(peer, &peer->msg, statuses[i], "", "", "");
		assert_int_equal(bel_call_state(bench->phone.call), BEL_CALL_UP);
	}
	bench_close(bench);
}

/* RFC 3261 section 15.1.2: what waits for an answer gets one at the end. */
static void a_refer_without_an_answer_ends_with_the_call(void **state)
{
	static const struct bel_call_port port = { .on_ended = phone_on_ended,
						   .on_refer = forget_refer };
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench_arrive(bench);
	bel_call_take_on(
		bench->phone.call,
		&(struct bel_call_owner){ .port = &port, .user = &bench->phone });
	peer_ask(peer, "REFER", 2, "Refer-To: <sip:c@c.test>\r\n", "");
	peer_heard_no(peer, "SIP/2.0 2");
	peer_ask(peer, "BYE", 3, "", "");
	bench_run(bench, 50);
	peer->at = 0;
	peer_heard(peer, "SIP/2.0 487 ");
	assert_saw(&bench->phone, "ended(0)");
	bench_close(bench);
}

/* A way through many proxies has long lines. */
static void a_long_route_is_kept_to(void **state)
{
	struct bench *bench = bench_open();
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
	bench_run(bench, 50);
	peer_heard(peer, "BYE ");
	assert_true(bel_sip_value(&peer->msg, BEL_SIP_H_ROUTE).len > 2500);
	peer_answer(peer, &peer->msg, 200, "", "", "");
	bench_close(bench);
}

/* on_ended is the last word. */
static void a_transfer_is_not_told_of_after_the_end(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench_arrive(bench);
	bel_call_transfer(bench->phone.call, BEL_STR("sip:c@c.test"), NULL);
	bench_run(bench, 50);
	peer_ask(peer, "BYE", 2, "", "");
	bench_run(bench, 40000);
	assert_saw(&bench->phone, "ended(0)");
	bench_close(bench);
}

static void a_number_that_goes_back_is_500(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench_arrive(bench);
	peer_ask(peer, "INFO", 9, "", "");
	peer_heard(peer, "SIP/2.0 200 ");
	peer_ask(peer, "INFO", 8, "", "");
	peer_heard(peer, "SIP/2.0 500 ");
	bench->phone.log.len = 0;
	bench_close(bench);
}

/* The connection of the call ends in the middle of it: what follows takes another. */
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

/* RFC 3262 section 3: one reliable answer after the other, none left out. */
static void what_rings_before_the_prack_waits_for_it(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench->phone.answers = false;
	bench->phone.rings = 180;
	peer_invite(peer, "reliable", "Require: 100rel\r\n", PEER_SDP);
	peer_heard(peer, "SIP/2.0 180 ");
	peer_learn(peer);
	assert_int_equal(bel_call_ring(bench->phone.call, 183, true), BEL_OK);
	bench_run(bench, 100);
	assert_int_equal(peer_count(peer, "SIP/2.0 183 "), 0);
	peer_prack(peer, 2, "");
	peer_heard(peer, "SIP/2.0 200 ");
	peer_heard(peer, "SIP/2.0 183 ");
	assert_true(peer->msg.body_len > 0);
	bench_close(bench);
}

/* RFC 3262 section 3: who can may get any 1xx so, not only one with sound. */
static void ringing_is_reliable_when_our_user_wishes_it(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench->phone.answers = false;
	bench->phone.rings = 180;
	bench->phone.rel = BEL_CALL_100REL_REQUIRED;
	peer_invite(peer, "can", "Supported: 100rel\r\n", PEER_SDP);
	peer_heard(peer, "SIP/2.0 180 ");
	assert_true(bel_sip_has_token(&peer->msg, BEL_SIP_H_REQUIRE, BEL_STR("100rel")));
	assert_true(bel_sip_has(&peer->msg, BEL_SIP_H_RSEQ));
	peer_invite(peer, "cannot", "", PEER_SDP);
	peer_heard(peer, "SIP/2.0 180 ");
	assert_false(bel_sip_has(&peer->msg, BEL_SIP_H_RSEQ));
	bench_close(bench);
}

/* RFC 3262 section 3: a final answer does not wait, and the PRACK that crosses it is
 * taken. */
static void a_prack_that_crosses_the_answer_is_taken(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;
	char rack[64];

	(void)state;
	bench->phone.rings = 180;
	peer_invite(peer, "crossing", "Require: 100rel\r\n", PEER_SDP);
	peer_heard(peer, "SIP/2.0 180 ");
	peer_write_rack(rack, sizeof rack, peer);
	peer_heard(peer, "SIP/2.0 200 ");
	peer_learn(peer);
	peer_ask(peer, "ACK", 1, "", "");
	peer_ask(peer, "PRACK", 2, rack, "");
	peer_heard(peer, "SIP/2.0 200 ");
	bench_close(bench);
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
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;
	struct bel_call *call;

	(void)state;
	bench_dial(bench, &(struct bel_call_dial){ .account = &account });
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
	bench_run(bench, 50);
	challenge_and_expect(bench, "INVITE ");
	peer_heard(peer, "ACK ");
	assert_true(bel_sip_has(&peer->msg, BEL_SIP_H_PROXY_AUTHORIZATION));
	bel_call_transfer(call, BEL_STR("sip:c@c.test"), NULL);
	bench_run(bench, 50);
	challenge_and_expect(bench, "REFER ");
	bel_call_hang_up(call, BEL_STR_NONE);
	bench_run(bench, 50);
	challenge_and_expect(bench, "BYE ");
	bench_run(bench, 50);
	assert_saw(&bench->phone, "183+media answered modified(200) ended(0 ours)");
	bench_close(bench);
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
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;
	char replaces[512];

	(void)state;
	bench_arrive(bench);
	write_replaces(replaces, sizeof replaces, peer);
	bench->phone.answers = false;
	bench->phone.rings = 180;
	peer_ask(peer, "BYE", 2, "", "");
	/* Again, with a second call that is there still. */
	bench_run(bench, 70000);
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
	bench_run(bench, 50);
	peer_heard(peer, "BYE ");
	peer_answer(peer, &peer->msg, 200, "", "", "");
	bench_run(bench, 40000);
	assert_saw(&bench->phone, "ended(0 ours)");
	bel_call_answer(bench->phone.call);
	bench_run(bench, 100);
	bench_close(bench);
}

/* RFC 3891 section 3: what was declined already is 603. */
static void a_call_that_ended_is_not_replaced(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;
	char replaces[512];

	(void)state;
	bench_arrive(bench);
	write_replaces(replaces, sizeof replaces, peer);
	peer_ask(peer, "BYE", 2, "", "");
	peer_invite(peer, "late", replaces, PEER_SDP);
	peer_heard(peer, "SIP/2.0 603 ");
	bench_close(bench);
}

/* What the other side repeats must not fill the memory of the call. */
static void a_call_of_many_exchanges_goes_on(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench_arrive(bench);
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
	bench_close(bench);
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
		cmocka_unit_test(who_understands_replaces_is_known),
		cmocka_unit_test(a_notify_that_nobody_wants_does_not_end_the_call),
		cmocka_unit_test(a_request_that_they_cannot_do_does_not_end_the_call),
		cmocka_unit_test(a_refer_without_an_answer_ends_with_the_call),
		cmocka_unit_test(a_long_route_is_kept_to),
		cmocka_unit_test(a_transfer_is_not_told_of_after_the_end),
		cmocka_unit_test(a_number_that_goes_back_is_500),
		cmocka_unit_test(a_call_outlives_its_connection),
		cmocka_unit_test(what_rings_before_the_prack_waits_for_it),
		cmocka_unit_test(ringing_is_reliable_when_our_user_wishes_it),
		cmocka_unit_test(a_prack_that_crosses_the_answer_is_taken),
		cmocka_unit_test(everything_within_the_call_answers_challenges),
		cmocka_unit_test(the_call_to_replace_may_end_first),
		cmocka_unit_test(a_call_that_ended_is_not_replaced),
		cmocka_unit_test(a_call_of_many_exchanges_goes_on),
	};

	if (argc == 2)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
