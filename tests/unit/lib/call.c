/* SPDX-License-Identifier: Apache-2.0 */
#include "call/call_int.h"
#include "unit/lib/party.h"

/* ---- beginning and ending ---- */

static void a_call_is_rung_answered_and_hung_up(void **state)
{
	struct meeting meeting;
	struct party *alice = &meeting.parties[0], *bob = &meeting.parties[1];
	struct belfry_call_info info;

	(void)state;
	meeting_open(&meeting, 2, NULL);
	alice->is_quiet = bob->is_quiet = false;
	bob->rings = true;
	party_dial(alice, bob->address);
	meeting_run(&meeting, 300);
	assert_told(alice, "progress:180");
	assert_told(bob, "incoming");
	belfry_call_info(&info, bob->calls[0]);
	assert_int_equal(info.state, BELFRY_CALL_RINGING);
	assert_true(info.is_incoming);
	assert_string_equal(info.peer, "sip:anonymous@anonymous.invalid");
	assert_string_equal(info.peer_name, "Anonymous");

	assert_int_equal(belfry_call_answer(bob->calls[0]), BELFRY_OK);
	meeting_run(&meeting, 1000);
	assert_told(alice, "answered heard");
	assert_told(bob, "answered heard");
	belfry_call_info(&info, alice->calls[0]);
	assert_int_equal(info.state, BELFRY_CALL_UP);
	assert_string_equal(info.peer, "sip:192.0.2.2");
	assert_true(info.codec[0]);
	assert_true(info.quality.packets_received > 30);
	assert_true(info.quality.mos > 4);
	assert_true(info.quality.loss == 0);

	belfry_call_hang_up(alice->calls[0]);
	belfry_call_info(&info, alice->calls[0]);
	assert_int_equal(info.state, BELFRY_CALL_ENDING);
	meeting_run(&meeting, 1000);
	assert_told(alice, "ended:0,ours");
	assert_told(bob, "ended:0");
	assert_int_equal(belfry_agent_calls(alice->agent), 0);
	assert_int_equal(belfry_agent_calls(bob->agent), 0);
	meeting_close(&meeting);
}

/* Nobody is at the address of the server: two seconds and a half are waited, on either
 * side, and the call goes on with what there is. */
static void with_ice_candidates_are_waited_for(void **state)
{
	const struct belfry_agent_options options = { .stun_server = "192.0.2.99" };
	struct meeting meeting;
	struct party *alice = &meeting.parties[0], *bob = &meeting.parties[1];
	struct belfry_call_info info;

	(void)state;
	meeting_open(&meeting, 2, &options);
	bob->answers = true;
	party_dial(alice, bob->address);
	meeting_run(&meeting, 2400);
	assert_told(bob, "");
	meeting_run(&meeting, 200);
	assert_told(bob, "incoming");
	meeting_run(&meeting, 2200);
	assert_told(alice, "");
	meeting_run(&meeting, 1000);
	assert_told(alice, "answered");
	belfry_call_info(&info, alice->calls[0]);
	assert_true(info.quality.packets_received > 20);
	assert_non_null(strstr(alice->said, "STUN does not help"));
	meeting_close(&meeting);
}

static void who_hangs_up_while_it_waits_has_not_called(void **state)
{
	const struct belfry_agent_options options = { .turn_server = "192.0.2.99:3478",
						      .turn_user = "u",
						      .turn_password = "p" };
	struct meeting meeting;
	struct party *alice = &meeting.parties[0], *bob = &meeting.parties[1];

	(void)state;
	meeting_open(&meeting, 2, &options);
	party_dial(alice, bob->address);
	meeting_run(&meeting, 1000);
	belfry_call_hang_up(alice->calls[0]);
	meeting_run(&meeting, 5000);
	assert_told(alice, "ended:0,ours");
	assert_told(bob, "");
	/* And whose caller hangs up meanwhile is told so. */
	bob->answers = true;
	party_dial(alice, bob->address);
	meeting_run(&meeting, 3000);
	assert_told(bob, "incoming");
	belfry_call_hang_up(alice->calls[0]);
	meeting_run(&meeting, 5000);
	assert_told(alice, "ended:0,ours");
	assert_told(bob, "ended:0");
	meeting_close(&meeting);
}

static void codecs_that_are_changed_hold_for_calls_to_come(void **state)
{
	const char *const pcma[] = { "pcma", NULL }, *const unknown[] = { "G729", NULL };
	struct meeting meeting;
	struct party *alice = &meeting.parties[0], *bob = &meeting.parties[1];
	struct belfry_call_info info;

	(void)state;
	meeting_open(&meeting, 2, NULL);
	assert_int_equal(belfry_agent_set_codecs(alice->agent, pcma), BELFRY_OK);
	assert_int_equal(belfry_agent_set_codecs(alice->agent, unknown),
			 BELFRY_ERROR_SYNTAX);
	meeting_connect(&meeting, alice, bob);
	belfry_call_info(&info, alice->calls[0]);
	assert_string_equal(info.codec, "PCMA");

	assert_int_equal(belfry_agent_set_codecs(alice->agent, NULL), BELFRY_OK);
	assert_int_equal(belfry_call_hold(alice->calls[0]), BELFRY_OK);
	meeting_run(&meeting, 500);
	belfry_call_info(&info, alice->calls[0]);
	assert_string_equal(info.codec, "PCMA");
	meeting_close(&meeting);
}

static void a_refusal_is_told_with_its_status(void **state)
{
	struct meeting meeting;
	struct party *alice = &meeting.parties[0], *bob = &meeting.parties[1];

	(void)state;
	meeting_open(&meeting, 2, NULL);
	bob->refuses = 486;
	party_dial(alice, bob->address);
	meeting_run(&meeting, 6000);
	assert_told(alice, "ended:486");
	assert_told(bob, "incoming ended:486,ours");
	meeting_close(&meeting);
}

static void a_caller_who_hangs_up_before_the_answer_cancels(void **state)
{
	struct meeting meeting;
	struct party *alice = &meeting.parties[0], *bob = &meeting.parties[1];

	(void)state;
	meeting_open(&meeting, 2, NULL);
	bob->rings = true;
	party_dial(alice, bob->address);
	meeting_run(&meeting, 300);
	belfry_call_hang_up(alice->calls[0]);
	belfry_call_hang_up(alice->calls[0]);
	meeting_run(&meeting, 6000);
	assert_told(alice, "ended:0,ours");
	assert_told(bob, "incoming ended:0");
	meeting_close(&meeting);
}

static void nobody_answers_for_three_minutes(void **state)
{
	struct meeting meeting;
	struct party *alice = &meeting.parties[0], *bob = &meeting.parties[1];

	(void)state;
	meeting_open(&meeting, 2, NULL);
	bob->rings = true;
	party_dial(alice, bob->address);
	meeting_run(&meeting, 170 * 1000);
	assert_int_equal(alice->calls_count, 1);
	meeting_run(&meeting, 20 * 1000);
	assert_int_equal(alice->calls_count, 0);
	assert_int_equal(bob->calls_count, 0);
	meeting_close(&meeting);
}

static void a_caller_gives_up_when_he_said_he_would(void **state)
{
	struct meeting meeting;
	struct party *alice = &meeting.parties[0], *bob = &meeting.parties[1];
	struct belfry_call *call;

	(void)state;
	meeting_open(&meeting, 2, NULL);
	bob->rings = true;
	assert_int_equal(belfry_call_dial(&call, alice->agent,
					  &(struct belfry_dial){ .to = bob->address,
								 .ring_s = 5 }),
			 BELFRY_OK);
	meeting_run(&meeting, 12 * 1000);
	assert_told(alice, "ended:0,oursnobody answered");
	meeting_close(&meeting);
}

static void failures_come_as_events_never_from_inside(void **state)
{
	struct meeting meeting;
	struct party *alice = &meeting.parties[0];

	(void)state;
	meeting_open(&meeting, 1, NULL);
	party_dial(alice, "sip:bob@192.0.2.77;transport=sctp");
	assert_told(alice, "");
	assert_int_equal(alice->calls_count, 1);
	meeting_run(&meeting, 100);
	assert_told(alice, "ended:0not supported");
	/* Hung up before anything began. */
	belfry_call_hang_up(party_dial(alice, "sip:bob@nowhere.test"));
	assert_told(alice, "");
	meeting_run(&meeting, 100);
	assert_told(alice, "ended:0,ours");
	meeting_close(&meeting);
}

static void what_is_no_address_is_refused_with_a_sentence(void **state)
{
	struct meeting meeting;
	struct party *alice = &meeting.parties[0];
	static const char *const wrong[] = {
		"", "bob", "sip:", "sip:bob@exa mple.com", "mailto:bob@example.com", NULL
	};
	struct belfry_call *call;

	(void)state;
	meeting_open(&meeting, 1, NULL);
	for (unsigned i = 0; i < BEL_COUNT_OF(wrong); i++)
		assert_int_equal(
			belfry_call_dial(&call, alice->agent,
					 &(struct belfry_dial){ .to = wrong[i] }),
			BELFRY_ERROR_SYNTAX);
	assert_int_equal(belfry_call_dial(&call, alice->agent,
					  &(struct belfry_dial){ .to = "bob" }),
			 BELFRY_ERROR_SYNTAX);
	assert_string_equal(belfry_agent_last_error(alice->agent),
			    "cannot call \"bob\": syntax error");
	assert_string_equal(alice->said, "cannot call \"bob\": syntax error");
	assert_int_equal(belfry_agent_calls(alice->agent), 0);
	meeting_close(&meeting);
}

static void header_lines_are_whole_or_refused(void **state)
{
	static const char *const wrong[] = { "Subject: x",    "Subject: x\n",
					     "\r\n",          "Subject: x\r\n\r\n",
					     "no name\r\n",   ": x\r\n",
					     "A: x\nB: y\r\n" };
	struct meeting meeting;
	struct party *alice = &meeting.parties[0];
	struct belfry_call *call;

	(void)state;
	meeting_open(&meeting, 1, NULL);
	for (unsigned i = 0; i < BEL_COUNT_OF(wrong); i++)
		assert_int_equal(
			belfry_call_dial(&call, alice->agent,
					 &(struct belfry_dial){ .to = "sip:bob@192.0.2.2",
								.headers = wrong[i] }),
			BELFRY_ERROR_SYNTAX);
	assert_int_equal(belfry_call_dial(&call, alice->agent,
					  &(struct belfry_dial){
						  .to = "sip:bob@192.0.2.2",
						  .headers = "Subject: x\r\nPriority: "
							     "urgent\r\n" }),
			 BELFRY_OK);
	meeting_close(&meeting);
}

static void more_calls_than_allowed_are_refused(void **state)
{
	struct meeting meeting;
	struct party *alice = &meeting.parties[0], *bob = &meeting.parties[1];
	struct belfry_call *call;

	(void)state;
	meeting_open(&meeting, 2, &(struct belfry_agent_options){ .calls_max = 1 });
	meeting_connect(&meeting, alice, bob);
	assert_int_equal(belfry_call_dial(&call, alice->agent,
					  &(struct belfry_dial){ .to = bob->address }),
			 BELFRY_ERROR_LIMIT);
	meeting_close(&meeting);
}

static void what_does_not_stand_cannot_be_held_nor_answered_twice(void **state)
{
	struct meeting meeting;
	struct party *alice = &meeting.parties[0], *bob = &meeting.parties[1];
	struct belfry_call *call;

	(void)state;
	meeting_open(&meeting, 2, NULL);
	call = party_dial(alice, bob->address);
	assert_int_equal(belfry_call_hold(call), BELFRY_ERROR_STATE);
	assert_int_equal(belfry_call_answer(call), BELFRY_ERROR_STATE);
	assert_int_equal(belfry_call_send_digits(call, "1", BELFRY_DIGIT_EVENT),
			 BELFRY_ERROR_STATE);
	meeting_run(&meeting, 300);
	assert_int_equal(belfry_call_refuse(bob->calls[0], 200), BELFRY_ERROR_LIMIT);
	assert_int_equal(belfry_call_answer(bob->calls[0]), BELFRY_OK);
	assert_int_equal(belfry_call_answer(bob->calls[0]), BELFRY_ERROR_STATE);
	assert_int_equal(belfry_call_ring(bob->calls[0]), BELFRY_ERROR_STATE);
	assert_string_equal(belfry_agent_last_error(bob->agent),
			    "this call does not wait for an answer of ours");
	meeting_close(&meeting);
}

static void an_agent_may_end_in_the_midst_of_everything(void **state)
{
	struct meeting meeting;
	struct party *alice = &meeting.parties[0], *bob = &meeting.parties[1];

	(void)state;
	meeting_begin(&meeting);
	party_dial(alice, "sip:bob@nowhere.test");
	party_dial(alice, bob->address);
	meeting_close(&meeting);
}

/* ---- within a call ---- */

static void a_held_call_knows_it_and_is_resumed(void **state)
{
	struct meeting meeting;
	struct party *alice = &meeting.parties[0], *bob = &meeting.parties[1];
	struct belfry_call_info info;

	(void)state;
	meeting_begin(&meeting);
	assert_int_equal(belfry_call_hold(alice->calls[0]), BELFRY_OK);
	assert_int_equal(belfry_call_resume(alice->calls[0]), BELFRY_ERROR_BUSY);
	meeting_run(&meeting, 1000);
	assert_told(alice, "holding:200");
	assert_told(bob, "held");
	belfry_call_info(&info, alice->calls[0]);
	assert_true(info.is_holding && !info.is_held);
	belfry_call_info(&info, bob->calls[0]);
	assert_true(info.is_held && !info.is_holding);

	/* Both hold, then one lets go. */
	assert_int_equal(belfry_call_hold(bob->calls[0]), BELFRY_OK);
	meeting_run(&meeting, 1000);
	assert_told(bob, "holding:200");
	assert_told(alice, "held");
	assert_int_equal(belfry_call_resume(alice->calls[0]), BELFRY_OK);
	meeting_run(&meeting, 1000);
	assert_told(alice, "holding:200");
	assert_told(bob, "unheld");
	assert_int_equal(belfry_call_resume(bob->calls[0]), BELFRY_OK);
	meeting_run(&meeting, 1000);
	assert_told(bob, "holding:200");
	assert_told(alice, "unheld");
	meeting_close(&meeting);
}

static void digits_arrive_whatever_way_they_go(void **state)
{
	struct meeting meeting;
	struct party *alice = &meeting.parties[0], *bob = &meeting.parties[1];

	(void)state;
	meeting_begin(&meeting);
	assert_int_equal(
		belfry_call_send_digits(alice->calls[0], "12#", BELFRY_DIGIT_EVENT),
		BELFRY_OK);
	meeting_run(&meeting, 2000);
	assert_told(bob, "digit:1 digit:2 digit:#");
	assert_int_equal(belfry_call_send_digits(bob->calls[0], "*A", BELFRY_DIGIT_INFO),
			 BELFRY_OK);
	meeting_run(&meeting, 2000);
	assert_told(alice, "digit:* digit:A");
	assert_int_equal(
		belfry_call_send_digits(alice->calls[0], "1x", BELFRY_DIGIT_EVENT),
		BELFRY_ERROR_SYNTAX);
	meeting_run(&meeting, 2000);
	assert_told(bob, "");
	meeting_close(&meeting);
}

static void a_text_goes_within_the_call(void **state)
{
	struct meeting meeting;
	struct party *alice = &meeting.parties[0], *bob = &meeting.parties[1];

	(void)state;
	meeting_begin(&meeting);
	assert_int_equal(belfry_call_send_text(bob->calls[0], "hello", NULL), BELFRY_OK);
	meeting_run(&meeting, 1000);
	assert_told(alice, "message:sip:192.0.2.2:hello");
	meeting_close(&meeting);
}

/* ---- transfers ---- */

static void a_blind_transfer_is_followed_and_told(void **state)
{
	struct meeting meeting;
	struct party *alice = &meeting.parties[0], *bob = &meeting.parties[1],
		     *carol = &meeting.parties[2];

	(void)state;
	meeting_open(&meeting, 3, NULL);
	carol->answers = bob->follows = true;
	meeting_connect(&meeting, alice, bob);
	assert_int_equal(belfry_call_transfer(alice->calls[0], carol->address),
			 BELFRY_OK);
	assert_int_equal(belfry_call_transfer(alice->calls[0], carol->address),
			 BELFRY_ERROR_BUSY);
	meeting_run(&meeting, 2000);
	assert_told(bob, "wish:sip:192.0.2.3 answered");
	assert_told(carol, "incoming answered");
	assert_told(alice, "transfer:100 transfer:200,last");
	belfry_call_hang_up(alice->calls[0]);
	meeting_run(&meeting, 2000);
	assert_told(bob, "ended:0");
	assert_int_equal(bob->calls_count, 1);
	meeting_close(&meeting);
}

static void a_transfer_that_nobody_follows_is_declined(void **state)
{
	struct meeting meeting;
	struct party *alice = &meeting.parties[0], *bob = &meeting.parties[1];
	struct belfry_call *call;

	(void)state;
	meeting_begin(&meeting);
	assert_int_equal(belfry_call_transfer(alice->calls[0], "sip:x@192.0.2.9"),
			 BELFRY_OK);
	meeting_run(&meeting, 2000);
	assert_told(bob, "wish:sip:x@192.0.2.9");
	assert_told(alice, "transfer:603,last");
	assert_int_equal(belfry_call_follow(&call, bob->calls[0]), BELFRY_ERROR_STATE);
	meeting_close(&meeting);
}

/* RFC 5589 section 7.7. */
static void who_cannot_take_the_place_of_a_call_is_not_asked_to(void **state)
{
	struct meeting meeting;
	struct party *alice = &meeting.parties[0];
	struct party *bob = &meeting.parties[1], *carol = &meeting.parties[2];

	(void)state;
	meeting_open(&meeting, 3, NULL);
	meeting_connect(&meeting, alice, bob);
	meeting_connect(&meeting, alice, carol);
	alice->calls[0]->call->knows_replaces = false;
	assert_int_equal(belfry_call_transfer_to_call(alice->calls[0], alice->calls[1]),
			 BELFRY_ERROR_UNSUPPORTED);
	assert_str(bel_str_from(belfry_agent_last_error(alice->agent)),
		   "the other side cannot take the place of a call");
	meeting_close(&meeting);
}

static void an_attended_transfer_takes_the_place_of_a_call(void **state)
{
	struct meeting meeting;
	struct party *alice = &meeting.parties[0], *bob = &meeting.parties[1],
		     *carol = &meeting.parties[2];

	(void)state;
	meeting_open(&meeting, 3, NULL);
	bob->follows = true;
	meeting_connect(&meeting, alice, bob);
	assert_int_equal(belfry_call_hold(alice->calls[0]), BELFRY_OK);
	meeting_run(&meeting, 500);
	assert_told(alice, "holding:200");
	assert_told(bob, "held");
	meeting_connect(&meeting, alice, carol);
	assert_int_equal(belfry_call_transfer_to_call(alice->calls[0], alice->calls[1]),
			 BELFRY_OK);
	meeting_run(&meeting, 2000);
	assert_told(bob, "wish:sip:192.0.2.3 answered");
	assert_told(carol, "incoming,replaces answered ended:0,ours");
	assert_told(alice, "transfer:100 transfer:200,last ended:0");
	assert_int_equal(carol->calls_count, 1);
	assert_int_equal(bob->calls_count, 2);
	meeting_close(&meeting);
}

/* ---- names ---- */

static void everything_has_a_name(void **state)
{
	(void)state;
	for (int i = BELFRY_EVENT_REGISTERED; i <= BELFRY_EVENT_REPLY; i++)
		assert_string_not_equal(belfry_event_name((enum belfry_event_type)i),
					"unknown");
	assert_string_equal(belfry_event_name((enum belfry_event_type)999), "unknown");
	assert_string_equal(belfry_call_state_name(BELFRY_CALL_UP), "up");
	assert_string_equal(belfry_call_state_name((enum belfry_call_state)9), "unknown");
	for (int i = BELFRY_OK; i <= BELFRY_ERROR_SYSTEM; i++)
		assert_string_not_equal(belfry_error_text((enum belfry_error)i),
					"unknown error");
	assert_string_equal(belfry_error_text((enum belfry_error) - 1), "unknown error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_is_rung_answered_and_hung_up),
		cmocka_unit_test(with_ice_candidates_are_waited_for),
		cmocka_unit_test(who_hangs_up_while_it_waits_has_not_called),
		cmocka_unit_test(codecs_that_are_changed_hold_for_calls_to_come),
		cmocka_unit_test(a_refusal_is_told_with_its_status),
		cmocka_unit_test(a_caller_who_hangs_up_before_the_answer_cancels),
		cmocka_unit_test(nobody_answers_for_three_minutes),
		cmocka_unit_test(a_caller_gives_up_when_he_said_he_would),
		cmocka_unit_test(failures_come_as_events_never_from_inside),
		cmocka_unit_test(what_is_no_address_is_refused_with_a_sentence),
		cmocka_unit_test(header_lines_are_whole_or_refused),
		cmocka_unit_test(more_calls_than_allowed_are_refused),
		cmocka_unit_test(what_does_not_stand_cannot_be_held_nor_answered_twice),
		cmocka_unit_test(an_agent_may_end_in_the_midst_of_everything),
		cmocka_unit_test(a_held_call_knows_it_and_is_resumed),
		cmocka_unit_test(digits_arrive_whatever_way_they_go),
		cmocka_unit_test(a_text_goes_within_the_call),
		cmocka_unit_test(a_blind_transfer_is_followed_and_told),
		cmocka_unit_test(a_transfer_that_nobody_follows_is_declined),
		cmocka_unit_test(who_cannot_take_the_place_of_a_call_is_not_asked_to),
		cmocka_unit_test(an_attended_transfer_takes_the_place_of_a_call),
		cmocka_unit_test(everything_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
