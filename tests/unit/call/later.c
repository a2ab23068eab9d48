/* SPDX-License-Identifier: Apache-2.0
 * A change of ours that came at a bad time is asked for again, a few times. */
#include "unit/call/bench.h"

/* Asked again after so long, give or take what the way takes. */
static void expect_again_in(struct bench *bench, unsigned ms)
{
	bench_run(bench, ms - 200);
	peer_heard_no(&bench->peer, "INVITE ");
	bench_run(bench, 300);
	peer_heard(&bench->peer, "INVITE ");
}

/* RFC 3261 section 14.2: our ACK was overtaken by the next re-INVITE. */
static void what_came_too_early_is_asked_again_when_they_say(void **state)
{
	struct bench *bench = bench_open();

	(void)state;
	bench_dial_and_answer(bench);
	bench_modify(bench);
	bench_refuse(bench, 500, "Retry-After: 3 (an ACK is missing)\r\n");
	assert_saw(&bench->phone, "");
	assert_int_equal(bel_call_modify(bench->phone.call), BEL_ERR_BUSY);
	expect_again_in(bench, 3000);
	assert_true(bench->peer.msg.body_len > 0);
	bench_agree(bench);
	bench_run(bench, 20000);
	assert_saw(&bench->phone, "modified(200)");
	peer_heard_no(&bench->peer, "INVITE ");
	bench_close(bench);
}

/* At once may be too early again: what is on its way needs some time. */
static void to_ask_again_at_once_takes_a_moment(void **state)
{
	struct bench *bench = bench_open();

	(void)state;
	bench_dial_and_answer(bench);
	bench_modify(bench);
	bench_refuse(bench, 500, "Retry-After: 0\r\n");
	expect_again_in(bench, 500);
	bench_agree(bench);
	assert_saw(&bench->phone, "modified(200)");
	bench_close(bench);
}

static void who_is_never_ready_is_asked_four_times(void **state)
{
	struct bench *bench = bench_open();

	(void)state;
	bench_arrive(bench);
	for (unsigned round = 0; round < 2; round++) {
		bench_modify(bench);
		for (unsigned i = 0; i < 3; i++) {
			bench_refuse(bench, 500, "Retry-After: 1\r\n");
			assert_saw(&bench->phone, "");
			expect_again_in(bench, 1000);
		}
		bench_refuse(bench, 500, "Retry-After: 1\r\n");
		assert_saw(&bench->phone, "modified(500)");
		bench_run(bench, 20000);
		peer_heard_no(&bench->peer, "INVITE ");
	}
	assert_int_equal(bel_call_state(bench->phone.call), BEL_CALL_UP);
	bench_close(bench);
}

/* Each change has its own tries. */
static void success_forgets_how_often_was_asked(void **state)
{
	struct bench *bench = bench_open();

	(void)state;
	bench_arrive(bench);
	for (unsigned round = 0; round < 2; round++) {
		bench_modify(bench);
		for (unsigned i = 0; i < 3; i++) {
			bench_refuse(bench, 500, "Retry-After: 1\r\n");
			expect_again_in(bench, 1000);
		}
		bench_agree(bench);
		assert_saw(&bench->phone, "modified(200)");
	}
	bench_close(bench);
}

static void a_500_that_means_it_is_told_at_once(void **state)
{
	static const char *const lines[] = { "", "Retry-After: 11\r\n",
					     "Retry-After: soon\r\n" };
	struct bench *bench = bench_open();

	(void)state;
	bench_dial_and_answer(bench);
	for (size_t i = 0; i < BEL_COUNT_OF(lines); i++) {
		bench_modify(bench);
		bench_refuse(bench, 500, lines[i]);
		assert_saw(&bench->phone, "modified(500)");
		bench_run(bench, 20000);
		peer_heard_no(&bench->peer, "INVITE ");
	}
	bench_close(bench);
}

/* Not a way to ask when: 503 is for other targets, and speaks of all requests. */
static void retry_after_of_another_refusal_is_not_waited_for(void **state)
{
	struct bench *bench = bench_open();

	(void)state;
	bench_dial_and_answer(bench);
	bench_modify(bench);
	bench_refuse(bench, 488, "Retry-After: 1\r\n");
	assert_saw(&bench->phone, "modified(488)");
	bench_run(bench, 20000);
	peer_heard_no(&bench->peer, "INVITE ");
	bench_close(bench);
}

static void who_hangs_up_meanwhile_asks_no_more(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench_dial_and_answer(bench);
	bench_modify(bench);
	bench_refuse(bench, 500, "Retry-After: 2\r\n");
	bel_call_hang_up(bench->phone.call, BEL_STR_NONE);
	bench_run(bench, 50);
	peer_heard(peer, "BYE ");
	/* The time comes before the BYE is answered. */
	bench_run(bench, 3000);
	assert_int_equal(peer_count(peer, "INVITE "), 0);
	peer_answer(peer, &peer->msg, 200, "", "", "");
	bench_run(bench, 20000);
	peer_heard_no(peer, "INVITE ");
	assert_saw(&bench->phone, "ended(0 ours)");
	bench_close(bench);
}

static void when_they_hang_up_meanwhile_nothing_is_asked(void **state)
{
	struct bench *bench = bench_open();

	(void)state;
	bench_arrive(bench);
	bench_modify(bench);
	bench_refuse(bench, 500, "Retry-After: 2\r\n");
	peer_ask(&bench->peer, "BYE", 2, "", "");
	bench_run(bench, 20000);
	peer_heard_no(&bench->peer, "INVITE ");
	assert_saw(&bench->phone, "ended(0)");
	bench_close(bench);
}

/* Whose offers meet for ever has no end either. */
static void offers_that_always_meet_are_given_up(void **state)
{
	struct bench *bench = bench_open();
	unsigned asked = 1;

	(void)state;
	bench_dial_and_answer(bench);
	bench_modify(bench);
	do {
		bench_refuse(bench, 491, "");
		assert_saw(&bench->phone, "");
		bench_run(bench, 5000);
		peer_heard(&bench->peer, "INVITE ");
	} while (++asked < 21);
	bench_refuse(bench, 491, "");
	assert_saw(&bench->phone, "modified(491)");
	bench_run(bench, 20000);
	peer_heard_no(&bench->peer, "INVITE ");
	bench_close(bench);
}

/* RFC 3311 sections 5.2 and 5.3: UPDATE in an early dialog. */
static void an_update_at_a_bad_time_is_asked_again(void **state)
{
	static const struct {
		uint16_t status;
		const char *lines;
	} rows[] = { { 491, "" }, { 500, "Retry-After: 1\r\n" } };

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct bench *bench = bench_open();
		struct peer *peer = &bench->peer;

		bench_dial_and_ring(bench);
		assert_int_equal(bel_call_modify(bench->phone.call), BEL_OK);
		bench_run(bench, 50);
		peer_heard(peer, "UPDATE ");
		peer_answer(peer, &peer->msg, rows[i].status, "", rows[i].lines, "");
		bench_run(bench, 5000);
		peer_heard(peer, "UPDATE ");
		peer_answer(peer, &peer->msg, 200, "", PEER_CONTACT, PEER_SDP);
		assert_saw(&bench->phone, "183+media modified(200)");
		peer_answer(peer, &peer->invite, 486, "one", "", "");
		bench_close(bench);
	}
}

/* Asked before our answer, refused, and the answer waits for its ACK when it is time. */
static void what_waits_over_our_answer_is_asked_after_the_ack(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench_ring(bench);
	peer_prack(peer, 2, "");
	assert_int_equal(bel_call_modify(bench->phone.call), BEL_OK);
	bench_run(bench, 50);
	peer_heard(peer, "UPDATE ");
	peer_answer(peer, &peer->msg, 500, "", "Retry-After: 1\r\n", "");
	assert_int_equal(bel_call_answer(bench->phone.call), BEL_OK);
	bench_run(bench, 3000);
	peer_heard_no(peer, "INVITE ");
	peer_ask(peer, "ACK", 1, "", "");
	bench_run(bench, 3000);
	peer->at = 0;
	peer_heard(peer, "INVITE ");
	bench_agree(bench);
	assert_saw(&bench->phone, "incoming answered modified(200)");
	bench_close(bench);
}

/* RFC 4028: a refresh that is due then is no word on the change that waits. */
static void a_refresh_does_not_take_the_place_of_what_waits(void **state)
{
	struct bench *bench = bench_open();
	struct peer *peer = &bench->peer;

	(void)state;
	bench->phone.session.interval_s = 90;
	bench_dial(bench, NULL);
	peer_answer(peer, &peer->invite, 200, "one",
		    PEER_CONTACT "Allow: INVITE, UPDATE\r\nRequire: timer\r\n"
				 "Session-Expires: 90;refresher=uac\r\n",
		    PEER_SDP);
	peer_heard(peer, "ACK ");
	bench_run(bench, 44000);
	bench_modify(bench);
	bench_refuse(bench, 500, "Retry-After: 4\r\n");
	assert_saw(&bench->phone, "answered");
	bench_run(bench, 3000);
	assert_int_equal(peer_count(peer, "UPDATE "), 0);
	bench_run(bench, 1000);
	peer_heard(peer, "INVITE ");
	assert_true(peer->msg.body_len > 0);
	bench_agree(bench);
	assert_saw(&bench->phone, "modified(200)");
	bench_close(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_came_too_early_is_asked_again_when_they_say),
		cmocka_unit_test(to_ask_again_at_once_takes_a_moment),
		cmocka_unit_test(who_is_never_ready_is_asked_four_times),
		cmocka_unit_test(success_forgets_how_often_was_asked),
		cmocka_unit_test(a_500_that_means_it_is_told_at_once),
		cmocka_unit_test(retry_after_of_another_refusal_is_not_waited_for),
		cmocka_unit_test(who_hangs_up_meanwhile_asks_no_more),
		cmocka_unit_test(when_they_hang_up_meanwhile_nothing_is_asked),
		cmocka_unit_test(offers_that_always_meet_are_given_up),
		cmocka_unit_test(an_update_at_a_bad_time_is_asked_again),
		cmocka_unit_test(what_waits_over_our_answer_is_asked_after_the_ack),
		cmocka_unit_test(a_refresh_does_not_take_the_place_of_what_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
