/* SPDX-License-Identifier: Apache-2.0
 * Who asks to be told (RFC 6665 section 4.1). */
#include "support/support.h"

#include "event/event.h"
#include "io/sim.h"

#define MINUTE 60000u

static unsigned take(struct bel_subscriber *subscriber, enum bel_subscriber_event event,
		     uint32_t expires_s, uint64_t now_ms)
{
	return bel_subscriber_take(subscriber, event, expires_s, now_ms);
}

/* A NOTIFY with this Subscription-State; empty: none. */
static unsigned notify(struct bel_subscriber *subscriber, const char *state,
		       uint64_t now_ms)
{
	char text[1024];
	struct bel_arena arena;
	struct bel_sip_msg msg;
	struct bel_sip_refusal why;
	unsigned actions;
	int len = snprintf(text, sizeof text,
			   "NOTIFY sip:a@192.0.2.1 SIP/2.0\r\n"
			   "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx\r\n"
			   "From: <sip:b@b.test>;tag=1\r\nTo: <sip:a@a.test>;tag=2\r\n"
			   "Call-ID: x\r\nCSeq: 1 NOTIFY\r\nMax-Forwards: 70\r\n"
			   "Event: refer\r\n%s%s%sContent-Length: 0\r\n\r\n",
			   *state ? "Subscription-State: " : "", state,
			   *state ? "\r\n" : "");

	bel_arena_init(&arena, NULL, 0, 1 << 16);
	assert_int_equal(
		bel_sip_parse(&msg, &arena, (bel_str){ text, (size_t)len }, &why),
		BEL_OK);
	assert_true(bel_subscriber_on_notify(&actions, subscriber, &msg, now_ms));
	bel_arena_fini(&arena);
	return actions;
}

static void it_is_renewed_before_it_ends(void **state)
{
	struct bel_subscriber subscriber = { 0 };

	(void)state;
	assert_int_equal(take(&subscriber, BEL_SUBSCRIBER_ASKED, 0, 1000),
			 BEL_SUBSCRIBER_ARM);
	assert_int_equal(subscriber.due_ms, 33000);
	assert_int_equal(notify(&subscriber, "active;expires=600", 2000),
			 BEL_SUBSCRIBER_ARM);
	assert_int_equal(subscriber.state, BEL_SUBSCRIBER_ACTIVE);
	/* 30 s before the end. */
	assert_int_equal(subscriber.due_ms, 572000);
	assert_true(take(&subscriber, BEL_SUBSCRIBER_DUE, 0, 572000) &
		    BEL_SUBSCRIBER_RENEW);
	assert_int_equal(take(&subscriber, BEL_SUBSCRIBER_ASKED, 0, 572000),
			 BEL_SUBSCRIBER_ARM);
	assert_int_equal(subscriber.state, BEL_SUBSCRIBER_RENEWING);
	notify(&subscriber, "active;expires=600", 573000);
	assert_int_equal(subscriber.due_ms, 573000 + 570000);
}

static void a_short_one_is_renewed_a_tenth_before_its_end(void **state)
{
	struct bel_subscriber subscriber = { 0 };

	(void)state;
	take(&subscriber, BEL_SUBSCRIBER_ASKED, 0, 0);
	notify(&subscriber, "pending;expires=60", 0);
	assert_int_equal(subscriber.state, BEL_SUBSCRIBER_PENDING);
	assert_int_equal(subscriber.due_ms, 54000);
}

/* Timer N. */
static void nobody_tells_and_it_ends(void **state)
{
	struct bel_subscriber subscriber = { 0 };

	(void)state;
	take(&subscriber, BEL_SUBSCRIBER_ASKED, 0, 0);
	assert_int_equal(take(&subscriber, BEL_SUBSCRIBER_DUE, 0, 32000),
			 BEL_SUBSCRIBER_END);
	assert_false(bel_subscriber_is_alive(&subscriber));
	assert_int_equal(subscriber.due_ms, 0);
	assert_int_equal(take(&subscriber, BEL_SUBSCRIBER_DUE, 0, 33000), 0);
}

/* Section 4.1.2.2: a 5xx to a renewal leaves what there was; its end is its end. */
static void a_renewal_that_fails_leaves_it_until_its_time(void **state)
{
	struct bel_subscriber subscriber = { 0 };

	(void)state;
	take(&subscriber, BEL_SUBSCRIBER_ASKED, 0, 0);
	notify(&subscriber, "active;expires=600", 0);
	take(&subscriber, BEL_SUBSCRIBER_DUE, 0, 570000);
	take(&subscriber, BEL_SUBSCRIBER_ASKED, 0, 570000);
	assert_int_equal(take(&subscriber, BEL_SUBSCRIBER_FAILED, 0, 571000),
			 BEL_SUBSCRIBER_ARM);
	assert_true(bel_subscriber_is_alive(&subscriber));
	assert_in_range(subscriber.due_ms, 571000, 600000);
	assert_true(take(&subscriber, BEL_SUBSCRIBER_DUE, 0, subscriber.due_ms) &
		    BEL_SUBSCRIBER_RENEW);
	/* Nobody asked again. */
	assert_int_equal(subscriber.due_ms, 600000);
	assert_int_equal(take(&subscriber, BEL_SUBSCRIBER_DUE, 0, 600000),
			 BEL_SUBSCRIBER_END);
}

static void a_renewal_that_is_refused_ends_it(void **state)
{
	struct bel_subscriber subscriber = { 0 };

	(void)state;
	take(&subscriber, BEL_SUBSCRIBER_ASKED, 0, 0);
	notify(&subscriber, "active;expires=600", 0);
	take(&subscriber, BEL_SUBSCRIBER_ASKED, 0, 570000);
	assert_int_equal(take(&subscriber, BEL_SUBSCRIBER_REFUSED, 0, 571000),
			 BEL_SUBSCRIBER_END);
}

/* What was on its way when we asked to end it is no reason to stay. */
static void who_leaves_waits_for_the_last_word(void **state)
{
	struct bel_subscriber subscriber = { 0 };

	(void)state;
	take(&subscriber, BEL_SUBSCRIBER_ASKED, 0, 0);
	notify(&subscriber, "active;expires=600", 0);
	take(&subscriber, BEL_SUBSCRIBER_LEFT, 0, 1000);
	assert_int_equal(notify(&subscriber, "active;expires=600", 2000), 0);
	assert_int_equal(subscriber.due_ms, 33000);
	assert_int_equal(notify(&subscriber, "terminated;reason=timeout", 3000),
			 BEL_SUBSCRIBER_END);
}

/* A transfer: as long as news comes, and never asked for again. */
static void one_that_is_not_renewed_ends_after_silence(void **state)
{
	struct bel_subscriber subscriber = { .is_once = true, .wait_s = 180 };

	(void)state;
	take(&subscriber, BEL_SUBSCRIBER_ASKED, 0, 0);
	assert_int_equal(subscriber.due_ms, 3 * MINUTE);
	notify(&subscriber, "active;expires=60", MINUTE);
	assert_int_equal(subscriber.due_ms, 4 * MINUTE);
	notify(&subscriber, "active;expires=600", 2 * MINUTE);
	assert_int_equal(subscriber.due_ms, 12 * MINUTE);
	assert_int_equal(take(&subscriber, BEL_SUBSCRIBER_DUE, 0, 12 * MINUTE),
			 BEL_SUBSCRIBER_END);
}

static void a_notify_that_does_not_say_how_it_stands_is_news(void **state)
{
	static const char *const states[] = { "", "bogus", ";;", "ACTIVE" };

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(states); i++) {
		struct bel_subscriber subscriber = { 0 };
		take(&subscriber, BEL_SUBSCRIBER_ASKED, 0, 0);
		notify(&subscriber, states[i], 0);
		assert_int_equal(subscriber.state, BEL_SUBSCRIBER_ACTIVE);
		notify(&subscriber, "Terminated", 0);
		assert_int_equal(subscriber.state, BEL_SUBSCRIBER_OVER);
	}
}

/* Whatever comes in whatever order: the end is told once, nothing is asked for after it,
 * and something is due as long as it lives. */
static void random_events_keep_the_promises(void **state)
{
	static const struct bel_sim_net net;
	struct bel_sim *sim = bel_sim_new(11, &net);
	struct bel_subscriber subscriber = { 0 };
	uint64_t now_ms = 1;
	unsigned ends = 0, renewals = 0;

	(void)state;
	for (unsigned i = 0; i < 10 * 1000 * 1000; i++) {
		enum bel_subscriber_event event = (enum bel_subscriber_event)bel_sim_draw(
			sim, BEL_SUBSCRIBER_EVENT_COUNT);
		bool was_over = subscriber.state == BEL_SUBSCRIBER_OVER;
		now_ms += bel_sim_draw(sim, 50000);
		unsigned actions = take(&subscriber, event,
					(uint32_t)bel_sim_draw(sim, 600), now_ms);
		bool is_alive = bel_subscriber_is_alive(&subscriber);
		if (was_over)
			assert_int_equal(actions, 0);
		if (actions & BEL_SUBSCRIBER_END)
			assert_int_equal(subscriber.state, BEL_SUBSCRIBER_OVER);
		if (actions & BEL_SUBSCRIBER_RENEW)
			assert_true(!subscriber.is_once && subscriber.due_ms > now_ms);
		if (actions & BEL_SUBSCRIBER_ARM)
			assert_true(subscriber.due_ms >= now_ms);
		assert_true(is_alive == (subscriber.due_ms != 0));
		ends += !!(actions & BEL_SUBSCRIBER_END);
		renewals += !!(actions & BEL_SUBSCRIBER_RENEW);
		if (subscriber.state == BEL_SUBSCRIBER_OVER && bel_sim_draw(sim, 4) == 0)
			subscriber = (struct bel_subscriber){
				.is_once = bel_sim_draw(sim, 2),
				.wait_s = (uint32_t)bel_sim_draw(sim, 200)
			};
	}
	assert_true(ends > 10000 && renewals > 1000);
	bel_sim_free(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_renewed_before_it_ends),
		cmocka_unit_test(a_short_one_is_renewed_a_tenth_before_its_end),
		cmocka_unit_test(nobody_tells_and_it_ends),
		cmocka_unit_test(a_renewal_that_fails_leaves_it_until_its_time),
		cmocka_unit_test(a_renewal_that_is_refused_ends_it),
		cmocka_unit_test(who_leaves_waits_for_the_last_word),
		cmocka_unit_test(one_that_is_not_renewed_ends_after_silence),
		cmocka_unit_test(a_notify_that_does_not_say_how_it_stands_is_news),
		cmocka_unit_test(random_events_keep_the_promises),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
