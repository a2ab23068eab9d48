/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/call/phone.h"

struct bench {
	struct bel_sim *sim;
	struct phone a, b, c;
};

static void run_for(struct bench *bench, uint64_t ms)
{
	bel_sim_run(bench->sim, bel_sim_now_ms(bench->sim) + ms);
}

static const struct bel_sim_net good = { .delay_min_ms = 1, .delay_max_ms = 1 };

static struct bench *open_bench(void)
{
	struct bench *bench = calloc(1, sizeof *bench);

	assert_non_null(bench);
	bench->sim = bel_sim_new(1, &good);
	phone_open(&bench->a, bench->sim, 1);
	phone_open(&bench->b, bench->sim, 2);
	phone_open(&bench->c, bench->sim, 3);
	bench->b.rings = 180;
	bench->b.answers = true;
	bench->c.rings = 180;
	bench->c.answers = true;
	return bench;
}

/* Nothing may be left when all is over: no transaction, no call. */
static void close_bench(struct bench *bench)
{
	struct phone *phones[] = { &bench->a, &bench->b, &bench->c };

	run_for(bench, 70000);
	for (size_t i = 0; i < BEL_COUNT_OF(phones); i++) {
		phone_assert_idle(phones[i]);
		phone_close(phones[i]);
	}
	bel_sim_free(bench->sim);
	free(bench);
}

#define B "sip:b@192.0.2.2"
#define C "sip:c@192.0.2.3"

static void begin(struct bench *bench)
{
	assert_int_equal(phone_dial(&bench->a, B, NULL), BEL_OK);
	run_for(bench, 1000);
	assert_saw(&bench->a, "180 answered");
	assert_saw(&bench->b, "incoming answered");
}

static void the_caller_hangs_up(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	begin(bench);
	assert_string_equal(bench->a.codec_name, "PCMU");
	assert_int_equal(bench->b.agreed, BEL_SDP_SENDRECV);
	assert_int_equal(bel_call_state(bench->a.call), BEL_CALL_UP);
	assert_int_equal(bel_call_state(bench->b.call), BEL_CALL_UP);
	bel_call_hang_up(bench->a.call, BEL_STR_NONE);
	run_for(bench, 1000);
	assert_saw(&bench->a, "ended(0 ours)");
	assert_saw(&bench->b, "ended(0)");
	close_bench(bench);
}

static void the_callee_hangs_up(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	begin(bench);
	bel_call_hang_up(bench->b.call, BEL_STR_NONE);
	run_for(bench, 1000);
	assert_saw(&bench->a, "ended(0)");
	close_bench(bench);
}

static void both_hang_up_at_once(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	begin(bench);
	bel_call_hang_up(bench->a.call, BEL_STR_NONE);
	bel_call_hang_up(bench->b.call, BEL_STR_NONE);
	run_for(bench, 1000);
	assert_saw(&bench->a, "ended(0 ours)");
	assert_saw(&bench->b, "ended(0 ours)");
	close_bench(bench);
}

static void a_busy_phone_refuses(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->b.refuses = 486;
	phone_dial(&bench->a, B, NULL);
	run_for(bench, 1000);
	assert_saw(&bench->a, "ended(486)");
	assert_saw(&bench->b, "incoming ended(486 ours)");
	close_bench(bench);
}

static void nothing_in_common_is_488(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->b.codec = &phone_pcma;
	phone_dial(&bench->a, B, NULL);
	run_for(bench, 1000);
	assert_saw(&bench->a, "180 ended(488)");
	close_bench(bench);
}

static void the_caller_gives_up_while_it_rings(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->b.answers = false;
	phone_dial(&bench->a, B, NULL);
	run_for(bench, 1000);
	bel_call_hang_up(bench->a.call, BEL_STR_NONE);
	run_for(bench, 1000);
	assert_saw(&bench->a, "180 ended(0 ours)");
	assert_saw(&bench->b, "incoming ended(0)");
	close_bench(bench);
}

static void an_answer_crosses_the_cancel(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->b.answers = false;
	phone_dial(&bench->a, B, NULL);
	run_for(bench, 1000);
	bel_call_hang_up(bench->a.call, BEL_STR_NONE);
	bel_call_answer(bench->b.call);
	run_for(bench, 1000);
	assert_saw(&bench->a, "180 ended(0 ours)");
	assert_saw(&bench->b, "incoming answered ended(0)");
	close_bench(bench);
}

static void nobody_is_there(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	phone_dial(&bench->a, "sip:b@192.0.2.99", NULL);
	run_for(bench, 33000);
	assert_saw(&bench->a, "ended(0 error)");
	close_bench(bench);
}

static void a_callee_that_vanishes_is_missed(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	begin(bench);
	bel_sim_crash(bench->b.endpoint.node);
	bel_call_hang_up(bench->a.call, BEL_STR_NONE);
	run_for(bench, 33000);
	assert_saw(&bench->a, "ended(0 ours)");
	bel_call_drop(bench->b.call);
	run_for(bench, 70000);
	/* b's clock stands still: what it has left ends with it. */
	phone_close(&bench->a);
	phone_close(&bench->b);
	phone_close(&bench->c);
	bel_sim_free(bench->sim);
	free(bench);
}

static void an_ack_that_never_comes_ends_the_call(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->b.answers = false;
	phone_dial(&bench->a, B, NULL);
	run_for(bench, 1000);
	bel_sim_partition(bench->sim, bench->a.endpoint.node, bench->b.endpoint.node,
			  true);
	bel_call_answer(bench->b.call);
	run_for(bench, 31000);
	assert_int_equal(bel_call_state(bench->b.call), BEL_CALL_ANSWERED);
	run_for(bench, 35000);
	assert_saw(&bench->b, "incoming ended(0 error)");
	bel_sim_partition(bench->sim, bench->a.endpoint.node, bench->b.endpoint.node,
			  false);
	bel_call_hang_up(bench->a.call, BEL_STR_NONE);
	run_for(bench, 40000);
	close_bench(bench);
}

static void who_hangs_up_before_the_ack_waits_for_it(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->b.answers = false;
	phone_dial(&bench->a, B, NULL);
	run_for(bench, 1000);
	bel_call_answer(bench->b.call);
	bel_call_hang_up(bench->b.call, BEL_STR_NONE);
	assert_int_equal(bel_call_state(bench->b.call), BEL_CALL_LEAVING);
	run_for(bench, 1000);
	assert_saw(&bench->a, "180 answered ended(0)");
	assert_saw(&bench->b, "incoming ended(0 ours)");
	close_bench(bench);
}

static void hold_and_resume(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	begin(bench);
	bench->a.direction = BEL_SDP_SENDONLY;
	assert_int_equal(bel_call_modify(bench->a.call), BEL_OK);
	assert_int_equal(bel_call_modify(bench->a.call), BEL_ERR_BUSY);
	run_for(bench, 1000);
	assert_saw(&bench->a, "modified(200)");
	assert_saw(&bench->b, "modified(200)");
	assert_true(bench->b.is_held);
	assert_int_equal(bench->b.agreed, BEL_SDP_RECVONLY);
	bench->a.direction = BEL_SDP_SENDRECV;
	assert_int_equal(bel_call_modify(bench->a.call), BEL_OK);
	run_for(bench, 1000);
	assert_int_equal(bench->b.agreed, BEL_SDP_SENDRECV);
	assert_saw(&bench->b, "modified(200)");
	bel_call_hang_up(bench->a.call, BEL_STR_NONE);
	close_bench(bench);
}

/* RFC 3261 section 14: both wait, and each gets its turn. */
static void two_offers_meet_and_both_come_through(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	begin(bench);
	bench->a.direction = BEL_SDP_SENDONLY;
	assert_int_equal(bel_call_modify(bench->a.call), BEL_OK);
	assert_int_equal(bel_call_modify(bench->b.call), BEL_OK);
	run_for(bench, 10000);
	assert_saw(&bench->a, "modified(200) modified(200)");
	assert_saw(&bench->b, "modified(200) modified(200)");
	assert_int_equal(bench->b.agreed, BEL_SDP_RECVONLY);
	bel_call_hang_up(bench->b.call, BEL_STR_NONE);
	close_bench(bench);
}

static void an_offer_that_is_refused_leaves_the_call_as_it_was(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	begin(bench);
	bench->a.codec = &phone_pcma;
	assert_int_equal(bel_call_modify(bench->a.call), BEL_OK);
	run_for(bench, 1000);
	assert_saw(&bench->a, "modified(488)");
	assert_saw(&bench->b, "");
	assert_string_equal(bench->a.codec_name, "PCMU");
	bench->a.codec = &phone_pcmu;
	assert_int_equal(bel_call_modify(bench->a.call), BEL_OK);
	run_for(bench, 1000);
	assert_saw(&bench->a, "modified(200)");
	bel_call_hang_up(bench->a.call, BEL_STR_NONE);
	close_bench(bench);
}

static void the_offer_may_be_left_to_the_other_side(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	phone_dial(&bench->a, B, &(struct bel_call_dial){ .is_late = true });
	run_for(bench, 1000);
	assert_saw(&bench->a, "180 answered");
	assert_saw(&bench->b, "incoming answered");
	assert_string_equal(bench->b.codec_name, "PCMU");
	assert_string_equal(bench->a.codec_name, "PCMU");
	bel_call_hang_up(bench->a.call, BEL_STR_NONE);
	close_bench(bench);
}

static void calls_without_media_work_too(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->a.has_no_media = bench->b.has_no_media = true;
	begin(bench);
	bel_call_hang_up(bench->a.call, BEL_STR_NONE);
	close_bench(bench);
}

static void early_media_is_heard(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->b.rings = 183;
	bench->b.has_early_media = true;
	bench->b.answers = false;
	bench->a.rel = BEL_CALL_100REL_OFF;
	phone_dial(&bench->a, B, NULL);
	run_for(bench, 1000);
	assert_saw(&bench->a, "183+media");
	assert_string_equal(bench->a.codec_name, "PCMU");
	bel_call_answer(bench->b.call);
	run_for(bench, 1000);
	assert_saw(&bench->a, "answered");
	bel_call_hang_up(bench->a.call, BEL_STR_NONE);
	close_bench(bench);
}

static void a_reliable_183_agrees_for_good(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->b.rings = 183;
	bench->b.has_early_media = true;
	phone_dial(&bench->a, B, NULL);
	run_for(bench, 1000);
	/* b answered at once: the 200 waited for the PRACK. */
	assert_saw(&bench->a, "183+media answered");
	assert_saw(&bench->b, "incoming answered");
	/* And before the answer a second exchange goes by UPDATE. */
	bel_call_hang_up(bench->a.call, BEL_STR_NONE);
	close_bench(bench);
}

static void an_early_call_is_changed_by_update(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->b.rings = 183;
	bench->b.has_early_media = true;
	bench->b.answers = false;
	phone_dial(&bench->a, B, NULL);
	run_for(bench, 1000);
	assert_saw(&bench->a, "183+media");
	bench->a.direction = BEL_SDP_SENDONLY;
	assert_int_equal(bel_call_modify(bench->a.call), BEL_OK);
	run_for(bench, 1000);
	assert_saw(&bench->a, "modified(200)");
	assert_int_equal(bench->b.agreed, BEL_SDP_RECVONLY);
	bel_call_answer(bench->b.call);
	run_for(bench, 1000);
	assert_saw(&bench->a, "answered");
	assert_int_equal(bench->b.agreed, BEL_SDP_RECVONLY);
	bel_call_hang_up(bench->b.call, BEL_STR_NONE);
	close_bench(bench);
}

static void a_required_100rel_makes_180_reliable(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->a.rel = BEL_CALL_100REL_REQUIRED;
	bench->b.answers = false;
	phone_dial(&bench->a, B, NULL);
	run_for(bench, 1000);
	bel_call_answer(bench->b.call);
	run_for(bench, 1000);
	assert_saw(&bench->a, "180 answered");
	bel_call_hang_up(bench->a.call, BEL_STR_NONE);
	close_bench(bench);
}

static void a_prack_that_never_comes_refuses_the_call(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->a.rel = BEL_CALL_100REL_REQUIRED;
	bench->b.answers = false;
	phone_dial(&bench->a, B, NULL);
	run_for(bench, 2);
	bel_sim_partition(bench->sim, bench->a.endpoint.node, bench->b.endpoint.node,
			  true);
	run_for(bench, 31000);
	assert_saw(&bench->b, "incoming");
	run_for(bench, 2000);
	assert_saw(&bench->b, "ended(504 ours)");
	bel_sim_partition(bench->sim, bench->a.endpoint.node, bench->b.endpoint.node,
			  false);
	run_for(bench, 5000);
	assert_saw(&bench->a, "180 ended(504)");
	close_bench(bench);
}

static void the_caller_keeps_the_session_alive(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->a.session.interval_s = 90;
	begin(bench);
	run_for(bench, 600 * 1000);
	assert_int_equal(bel_call_state(bench->a.call), BEL_CALL_UP);
	assert_int_equal(bel_call_state(bench->b.call), BEL_CALL_UP);
	bel_sim_partition(bench->sim, bench->a.endpoint.node, bench->b.endpoint.node,
			  true);
	run_for(bench, 200 * 1000);
	assert_null(bench->a.call);
	assert_null(bench->b.call);
	close_bench(bench);
}

static void words_within_the_call(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	begin(bench);
	bel_call_message(bench->a.call, BEL_SIP_INFO, BEL_STR_NONE,
			 BEL_STR("application/dtmf-relay"), BEL_STR("Signal=5"));
	bel_call_message(bench->b.call, BEL_SIP_MESSAGE, BEL_STR_NONE,
			 BEL_STR("text/plain"), BEL_STR("hello"));
	run_for(bench, 1000);
	assert_saw(&bench->b, "INFO(Signal=5)");
	assert_saw(&bench->a, "MESSAGE(hello)");
	bel_call_hang_up(bench->a.call, BEL_STR_NONE);
	close_bench(bench);
}

static void a_blind_transfer(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	begin(bench);
	assert_int_equal(bel_call_transfer(bench->a.call, BEL_STR(C), NULL), BEL_OK);
	run_for(bench, 1000);
	assert_saw(&bench->b, "refer(" C ")");
	assert_saw(&bench->a, "transfer(100)");
	assert_int_equal(phone_dial(&bench->b, C, NULL), BEL_OK);
	run_for(bench, 1000);
	bel_call_take_refer(bench->b.call, 180);
	bel_call_take_refer(bench->b.call, 200);
	run_for(bench, 1000);
	assert_saw(&bench->a, "transfer(180) transfer(200 last)");
	bel_call_hang_up(bench->a.call, BEL_STR_NONE);
	run_for(bench, 1000);
	bel_call_hang_up(bench->b.call, BEL_STR_NONE);
	close_bench(bench);
}

/* a talks to b and to c; c takes a's place with b. */
static void an_attended_transfer_replaces(void **state)
{
	struct bench *bench = open_bench();
	char lines[512];
	struct bel_writer writer = bel_writer_init(lines, sizeof lines);

	(void)state;
	begin(bench);
	assert_int_equal(phone_dial(&bench->a, C, NULL), BEL_OK);
	run_for(bench, 1000);
	assert_saw(&bench->a, "180 answered");
	assert_saw(&bench->c, "incoming answered");
	assert_int_equal(bel_call_transfer(bench->a.call, BEL_STR_NONE, bench->a.second),
			 BEL_OK);
	run_for(bench, 1000);
	assert_saw(&bench->b, "refer(sip:phone@192.0.2.3:5060 replaces)");
	bel_write_lit(&writer, "Replaces: ");
	bel_write_str(&writer, bel_writer_str(&bench->b.refer));
	bel_write_lit(&writer, "\r\n");
	assert_int_equal(
		phone_dial(&bench->b, C,
			   &(struct bel_call_dial){ .lines = bel_writer_str(&writer) }),
		BEL_OK);
	run_for(bench, 1000);
	assert_saw(&bench->c, "incoming(replaces) answered ended(0 ours)");
	bel_call_take_refer(bench->b.call, 200);
	run_for(bench, 1000);
	bel_call_hang_up(bench->a.call, BEL_STR_NONE);
	run_for(bench, 1000);
	bel_call_hang_up(bench->b.call, BEL_STR_NONE);
	close_bench(bench);
}

static void a_refer_that_nobody_wants_is_declined(void **state)
{
	struct bench *bench = open_bench();
	static const struct bel_call_port deaf = { .on_ended = phone_on_ended };

	(void)state;
	begin(bench);
	bel_call_take_on(bench->b.call,
			 &(struct bel_call_owner){ .port = &deaf, .user = &bench->b });
	bel_call_transfer(bench->a.call, BEL_STR(C), NULL);
	run_for(bench, 1000);
	assert_saw(&bench->a, "transfer(603 last)");
	bel_call_hang_up(bench->a.call, BEL_STR_NONE);
	close_bench(bench);
}

static void redirected_calls_follow(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->b.answers = false;
	bench->b.rings = 0;
	phone_dial(&bench->a, B, NULL);
	run_for(bench, 100);
	bel_call_refuse(bench->b.call, 302, BEL_STR("Contact: <" C ">\r\n"));
	run_for(bench, 1000);
	assert_saw(&bench->a, "180 answered");
	assert_saw(&bench->c, "incoming answered");
	bel_call_hang_up(bench->a.call, BEL_STR_NONE);
	close_bench(bench);
}

static void a_redirection_in_circles_ends(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	bench->b.answers = false;
	bench->b.rings = 0;
	phone_dial(&bench->a, B, NULL);
	for (unsigned i = 0; i < 20; i++) {
		run_for(bench, 100);
		if (bench->b.call)
			bel_call_refuse(bench->b.call, 302,
					BEL_STR("Contact: <" B ">\r\n"));
	}
	run_for(bench, 1000);
	assert_saw(&bench->a, "ended(302)");
	close_bench(bench);
}

static void a_call_that_is_dropped_says_nothing(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	begin(bench);
	bel_call_drop(bench->a.call);
	run_for(bench, 1000);
	assert_saw(&bench->a, "");
	assert_saw(&bench->b, "ended(0)");
	close_bench(bench);
}

static void what_is_left_at_the_end_is_no_leak(void **state)
{
	struct bench *bench = open_bench();

	(void)state;
	begin(bench);
	bench->b.answers = false;
	phone_dial(&bench->a, B, NULL);
	run_for(bench, 100);
	phone_dial(&bench->c, "sip:b@192.0.2.99", NULL);
	phone_close(&bench->a);
	phone_close(&bench->b);
	phone_close(&bench->c);
	bel_sim_free(bench->sim);
	free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_caller_hangs_up),
		cmocka_unit_test(the_callee_hangs_up),
		cmocka_unit_test(both_hang_up_at_once),
		cmocka_unit_test(a_busy_phone_refuses),
		cmocka_unit_test(nothing_in_common_is_488),
		cmocka_unit_test(the_caller_gives_up_while_it_rings),
		cmocka_unit_test(an_answer_crosses_the_cancel),
		cmocka_unit_test(nobody_is_there),
		cmocka_unit_test(a_callee_that_vanishes_is_missed),
		cmocka_unit_test(an_ack_that_never_comes_ends_the_call),
		cmocka_unit_test(who_hangs_up_before_the_ack_waits_for_it),
		cmocka_unit_test(hold_and_resume),
		cmocka_unit_test(two_offers_meet_and_both_come_through),
		cmocka_unit_test(an_offer_that_is_refused_leaves_the_call_as_it_was),
		cmocka_unit_test(the_offer_may_be_left_to_the_other_side),
		cmocka_unit_test(calls_without_media_work_too),
		cmocka_unit_test(early_media_is_heard),
		cmocka_unit_test(a_reliable_183_agrees_for_good),
		cmocka_unit_test(an_early_call_is_changed_by_update),
		cmocka_unit_test(a_required_100rel_makes_180_reliable),
		cmocka_unit_test(a_prack_that_never_comes_refuses_the_call),
		cmocka_unit_test(the_caller_keeps_the_session_alive),
		cmocka_unit_test(words_within_the_call),
		cmocka_unit_test(a_blind_transfer),
		cmocka_unit_test(an_attended_transfer_replaces),
		cmocka_unit_test(a_refer_that_nobody_wants_is_declined),
		cmocka_unit_test(redirected_calls_follow),
		cmocka_unit_test(a_redirection_in_circles_ends),
		cmocka_unit_test(a_call_that_is_dropped_says_nothing),
		cmocka_unit_test(what_is_left_at_the_end_is_no_leak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
