/* SPDX-License-Identifier: Apache-2.0 */
#include "support/support.h"

#include "dialog/session_timer.h"
#include "io/sim.h"

static char arena_block[8192];
static struct bel_arena arena;
static struct bel_sip_msg message;

static struct bel_sip_msg *parse(bel_str text)
{
	struct bel_sip_refusal why;

	bel_arena_init(&arena, arena_block, sizeof arena_block, 0);
	assert_int_equal(bel_sip_parse(&message, &arena, text, &why), BEL_OK);
	assert_int_equal(bel_sip_validate(&message, &why), BEL_OK);
	return &message;
}

#define COMMON                                                                           \
	"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n"                                 \
	"From: <sip:a@a.test>;tag=a\r\nTo: <sip:b@b.test>;tag=b\r\n"                     \
	"Call-ID: one\r\nCSeq: 1 INVITE\r\n"
#define REQUEST(more)                                                                    \
	parse(BEL_STR("INVITE sip:b@b.test SIP/2.0\r\nMax-Forwards: 70\r\n"              \
		      "Contact: <sip:a@192.0.2.1>\r\n" COMMON more "\r\n"))
#define RESPONSE(more)                                                                   \
	parse(BEL_STR("SIP/2.0 200 OK\r\nContact: <sip:b@192.0.2.2>\r\n" COMMON more     \
		      "\r\n"))

static const struct bel_session_policy half_hour = { .interval_s = 1800 };
static const struct bel_session_policy none = { 0 };

static bel_str written(const struct bel_session_timer *timer,
		       const struct bel_session_policy *policy)
{
	static char buf[256];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);

	bel_session_write_request(&lines, timer, policy);
	return bel_writer_str(&lines);
}

static bel_str accepted(struct bel_session_timer *timer, struct bel_sip_msg *request,
			const struct bel_session_policy *policy, unsigned *actions)
{
	static char buf[256];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);

	*actions = bel_session_accept(&lines, timer, request, policy, 1000);
	return bel_writer_str(&lines);
}

static void the_caller_refreshes_at_half_of_the_interval(void **state)
{
	struct bel_session_timer timer = { 0 };

	(void)state;
	assert_str(written(&timer, &half_hour), "Session-Expires: 1800\r\n");
	assert_int_equal(bel_session_on_success(
				 &timer,
				 RESPONSE("Session-Expires: 1800;refresher=uac\r\n"),
				 1000),
			 BEL_SESSION_ARM);
	assert_int_equal(timer.state, BEL_SESSION_OURS);
	assert_int_equal(timer.due_ms, 901000);
	assert_int_equal(bel_session_take(&timer, BEL_SESSION_DUE, 901000),
			 BEL_SESSION_ARM | BEL_SESSION_REFRESH);
	assert_str(written(&timer, &half_hour),
		   "Session-Expires: 1800;refresher=uac\r\n");
	assert_int_equal(timer.due_ms, 1801000);
	assert_int_equal(bel_session_on_success(
				 &timer,
				 RESPONSE("Session-Expires: 1800;refresher=uac\r\n"),
				 901050),
			 BEL_SESSION_ARM);
	assert_int_equal(timer.due_ms, 1801050);
}

static void a_refresh_that_fails_ends_the_call(void **state)
{
	struct bel_session_timer timer = { 0 };

	(void)state;
	bel_session_on_success(&timer, RESPONSE("Session-Expires: 90;refresher=uac\r\n"),
			       0);
	bel_session_take(&timer, BEL_SESSION_DUE, 45000);
	assert_int_equal(bel_session_take(&timer, BEL_SESSION_FAILED, 46000),
			 BEL_SESSION_ARM | BEL_SESSION_BYE);
	assert_int_equal(timer.due_ms, 0);
}

static void nobody_refreshes_and_the_call_ends_a_little_early(void **state)
{
	struct bel_session_timer timer = { 0 };

	(void)state;
	bel_session_on_success(&timer, RESPONSE("Session-Expires: 90;refresher=uas\r\n"),
			       0);
	assert_int_equal(timer.due_ms, 60000); /* a third before */
	bel_session_on_success(&timer,
			       RESPONSE("Session-Expires: 1800;refresher=uas\r\n"), 0);
	assert_int_equal(timer.due_ms, 1768000); /* 32 s before */
	assert_int_equal(bel_session_take(&timer, BEL_SESSION_DUE, 1768000),
			 BEL_SESSION_ARM | BEL_SESSION_BYE);
}

static void who_does_not_know_timers_gets_none(void **state)
{
	struct bel_session_timer timer = { 0 };

	(void)state;
	assert_int_equal(bel_session_on_success(&timer, RESPONSE(""), 0),
			 BEL_SESSION_ARM);
	assert_int_equal(timer.state, BEL_SESSION_OFF);
	assert_int_equal(timer.due_ms, 0);
}

static void a_422_makes_the_interval_longer_once(void **state)
{
	struct bel_session_timer timer = { 0 };
	const struct bel_session_policy short_one = { .interval_s = 120 };

	(void)state;
	assert_str(written(&timer, &short_one), "Session-Expires: 120\r\n");
	assert_true(bel_session_on_too_small(&timer, RESPONSE("Min-SE: 3600\r\n")));
	assert_str(written(&timer, &short_one),
		   "Session-Expires: 3600\r\nMin-SE: 3600\r\n");
	assert_false(bel_session_on_too_small(&timer, RESPONSE("Min-SE: 3600\r\n")));
	assert_false(bel_session_on_too_small(&timer, RESPONSE("")));
}

/* RFC 4028 table 2. */
static void the_callee_chooses_who_refreshes(void **state)
{
	unsigned actions;

	(void)state;
	struct bel_session_timer timer = { 0 };
	assert_str(accepted(&timer,
			    REQUEST("Supported: timer\r\nSession-Expires: 600\r\n"),
			    &half_hour, &actions),
		   "Session-Expires: 600;refresher=uac\r\nRequire: timer\r\n");
	assert_int_equal(timer.state, BEL_SESSION_THEIRS);
	assert_str(accepted(&timer,
			    REQUEST("Supported: timer\r\nSession-Expires: "
				    "600;refresher=uas\r\n"),
			    &half_hour, &actions),
		   "Session-Expires: 600;refresher=uas\r\nRequire: timer\r\n");
	assert_int_equal(timer.state, BEL_SESSION_OURS);
	assert_int_equal(timer.due_ms, 301000);
	/* A proxy asked for one. */
	assert_str(accepted(&timer, REQUEST("Session-Expires: 600\r\n"), &half_hour,
			    &actions),
		   "Session-Expires: 600;refresher=uas\r\n");
	assert_int_equal(timer.state, BEL_SESSION_OURS);
}

static void the_callee_may_ask_by_itself(void **state)
{
	struct bel_session_timer timer = { 0 };
	unsigned actions;

	(void)state;
	assert_str(accepted(&timer, REQUEST("Supported: timer\r\nMin-SE: 2000\r\n"),
			    &half_hour, &actions),
		   "Session-Expires: 2000;refresher=uac\r\nRequire: timer\r\n");
	assert_str(accepted(&timer, REQUEST("Supported: timer\r\n"), &none, &actions),
		   "");
	assert_int_equal(timer.state, BEL_SESSION_OFF);
}

static void an_interval_that_is_too_short_is_refused(void **state)
{
	char buf[64];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf);

	(void)state;
	assert_int_equal(bel_session_check(&lines,
					   REQUEST("Supported: timer\r\n"
						   "Session-Expires: 60\r\n"),
					   &half_hour),
			 422);
	assert_str(bel_writer_str(&lines), "Min-SE: 90\r\n");
	assert_int_equal(
		bel_session_check(&lines, REQUEST("Session-Expires: 60\r\n"), &half_hour),
		0);
	assert_int_equal(bel_session_check(&lines, REQUEST("Session-Expires: soon\r\n"),
					   &half_hour),
			 400);
	assert_int_equal(bel_session_check(&lines, REQUEST(""), &half_hour), 0);
}

static void an_absurd_interval_is_none(void **state)
{
	struct bel_session_timer timer = { 0 };
	unsigned actions;

	(void)state;
	assert_str(
		accepted(&timer, REQUEST("Session-Expires: 1\r\n"), &half_hour, &actions),
		"");
	bel_session_on_success(&timer, RESPONSE("Session-Expires: 0;refresher=uac\r\n"),
			       0);
	assert_int_equal(timer.state, BEL_SESSION_OFF);
}

/* Whatever comes in whatever order: a timer that is over asks for nothing any more, BYE
 * is asked for once, and something is due as long as somebody refreshes. */
static void random_events_keep_the_promises(void **state)
{
	static const struct bel_sim_net net;
	struct bel_sim *sim = bel_sim_new(7, &net);
	struct bel_session_timer timer = { .interval_s = 90 };
	uint64_t now_ms = 1;
	unsigned byes = 0, ends = 0;

	(void)state;
	for (unsigned i = 0; i < 10 * 1000 * 1000; i++) {
		enum bel_session_event event = (enum bel_session_event)bel_sim_draw(
			sim, BEL_SESSION_EVENT_COUNT);
		bool was_over = timer.state == BEL_SESSION_OVER;
		now_ms += bel_sim_draw(sim, 50000);
		unsigned actions = bel_session_take(&timer, event, now_ms);
		if (was_over)
			assert_int_equal(actions, 0);
		byes += !!(actions & BEL_SESSION_BYE);
		if (actions & BEL_SESSION_BYE)
			assert_int_equal(timer.state, BEL_SESSION_OVER);
		bool is_running = timer.state != BEL_SESSION_OFF &&
				  timer.state != BEL_SESSION_OVER;
		assert_true(is_running == (timer.due_ms != 0));
		assert_true(!is_running || timer.due_ms >= now_ms ||
			    timer.state == BEL_SESSION_REFRESHING || !actions);
		if (timer.state == BEL_SESSION_OVER) {
			timer = (struct bel_session_timer){ .interval_s = 90 };
			ends++;
		}
	}
	assert_true(byes > 1000 && ends > byes);
	bel_sim_free(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_caller_refreshes_at_half_of_the_interval),
		cmocka_unit_test(a_refresh_that_fails_ends_the_call),
		cmocka_unit_test(nobody_refreshes_and_the_call_ends_a_little_early),
		cmocka_unit_test(who_does_not_know_timers_gets_none),
		cmocka_unit_test(a_422_makes_the_interval_longer_once),
		cmocka_unit_test(the_callee_chooses_who_refreshes),
		cmocka_unit_test(the_callee_may_ask_by_itself),
		cmocka_unit_test(an_interval_that_is_too_short_is_refused),
		cmocka_unit_test(an_absurd_interval_is_none),
		cmocka_unit_test(random_events_keep_the_promises),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
