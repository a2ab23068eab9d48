/* SPDX-License-Identifier: Apache-2.0
 * Who is asked and tells (RFC 6665 section 4.2). */
#include "support/support.h"

#include "event/event.h"
#include "io/sim.h"

#define ARM_AND_TELL ((unsigned)(BEL_NOTIFIER_ARM | BEL_NOTIFIER_TELL))
#define TELL_AND_END ((unsigned)(BEL_NOTIFIER_TELL | BEL_NOTIFIER_END))

static void assert_state(const struct bel_notifier *notifier, uint64_t now_ms,
			 const char *line)
{
	char buf[128];
	struct bel_writer lines = bel_writer_init(buf, sizeof buf - 1);

	bel_notifier_write_state(&lines, notifier, now_ms);
	buf[lines.len] = '\0';
	assert_string_equal(buf, line);
}

static void who_may_is_told_at_once_and_after_each_change(void **state)
{
	struct bel_notifier notifier = { 0 };

	(void)state;
	assert_int_equal(bel_notifier_take(&notifier, BEL_NOTIFIER_GRANTED, 600, 1000),
			 ARM_AND_TELL);
	assert_state(&notifier, 1000, "Subscription-State: active;expires=600\r\n");
	assert_int_equal(bel_notifier_take(&notifier, BEL_NOTIFIER_CHANGED, 0, 61500),
			 BEL_NOTIFIER_TELL);
	assert_state(&notifier, 61500, "Subscription-State: active;expires=540\r\n");
	assert_int_equal(bel_notifier_take(&notifier, BEL_NOTIFIER_ENDED, 0, 70000),
			 TELL_AND_END);
	assert_state(&notifier, 70000,
		     "Subscription-State: terminated;reason=noresource\r\n");
	assert_int_equal(bel_notifier_take(&notifier, BEL_NOTIFIER_CHANGED, 0, 80000), 0);
}

static void who_must_be_allowed_waits(void **state)
{
	struct bel_notifier notifier = { 0 };

	(void)state;
	assert_int_equal(bel_notifier_take(&notifier, BEL_NOTIFIER_HELD, 600, 0),
			 ARM_AND_TELL);
	assert_state(&notifier, 0, "Subscription-State: pending;expires=600\r\n");
	/* What happens meanwhile is not his to know. */
	assert_int_equal(bel_notifier_take(&notifier, BEL_NOTIFIER_CHANGED, 0, 1000), 0);
	assert_int_equal(bel_notifier_take(&notifier, BEL_NOTIFIER_DENIED, 0, 2000),
			 TELL_AND_END);
	assert_state(&notifier, 2000,
		     "Subscription-State: terminated;reason=rejected\r\n");
}

/* Section 4.4.3. */
static void who_asks_for_no_time_is_told_once(void **state)
{
	struct bel_notifier notifier = { 0 };

	(void)state;
	assert_int_equal(bel_notifier_take(&notifier, BEL_NOTIFIER_LEFT, 0, 0),
			 TELL_AND_END);
	assert_state(&notifier, 0, "Subscription-State: terminated;reason=timeout\r\n");
}

static void who_does_not_answer_is_told_no_more(void **state)
{
	struct bel_notifier notifier = { 0 };

	(void)state;
	bel_notifier_take(&notifier, BEL_NOTIFIER_GRANTED, 600, 0);
	assert_int_equal(bel_notifier_take(&notifier, BEL_NOTIFIER_LOST, 0, 0),
			 BEL_NOTIFIER_END);
}

static void who_asks_again_in_time_stays(void **state)
{
	struct bel_notifier notifier = { 0 };

	(void)state;
	bel_notifier_take(&notifier, BEL_NOTIFIER_GRANTED, 600, 0);
	assert_int_equal(bel_notifier_take(&notifier, BEL_NOTIFIER_RENEWED, 600, 500000),
			 ARM_AND_TELL);
	assert_int_equal(notifier.due_ms, 1100000);
	assert_int_equal(bel_notifier_take(&notifier, BEL_NOTIFIER_DUE, 0, 1100000),
			 TELL_AND_END);
	assert_state(&notifier, 1100000,
		     "Subscription-State: terminated;reason=timeout\r\n");
}

/* Whatever comes in whatever order: it ends once, with a reason, nothing is told after
 * that, and something is due as long as it lives. */
static void random_events_keep_the_promises(void **state)
{
	static const struct bel_sim_net net;
	struct bel_sim *sim = bel_sim_new(13, &net);
	struct bel_notifier notifier = { 0 };
	uint64_t now_ms = 1;
	unsigned ends = 0, told = 0;

	(void)state;
	for (unsigned i = 0; i < 10 * 1000 * 1000; i++) {
		enum bel_notifier_event event = (enum bel_notifier_event)bel_sim_draw(
			sim, BEL_NOTIFIER_EVENT_COUNT);
		bool was_over = notifier.state == BEL_NOTIFIER_OVER;
		bool was_pending = notifier.state == BEL_NOTIFIER_PENDING;
		now_ms += bel_sim_draw(sim, 50000);
		unsigned actions = bel_notifier_take(
			&notifier, event, (uint32_t)bel_sim_draw(sim, 600), now_ms);
		bool is_alive = bel_notifier_is_alive(&notifier);
		if (was_over)
			assert_int_equal(actions, 0);
		if (was_pending && event == BEL_NOTIFIER_CHANGED)
			assert_int_equal(actions, 0);
		assert_true(is_alive == (notifier.due_ms != 0));
		assert_true((notifier.state == BEL_NOTIFIER_OVER) ==
			    (notifier.reason.len != 0));
		ends += !!(actions & BEL_NOTIFIER_END);
		told += !!(actions & BEL_NOTIFIER_TELL);
		if (notifier.state == BEL_NOTIFIER_OVER && bel_sim_draw(sim, 4) == 0)
			notifier = (struct bel_notifier){ 0 };
	}
	assert_true(ends > 10000 && told > ends);
	bel_sim_free(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_may_is_told_at_once_and_after_each_change),
		cmocka_unit_test(who_must_be_allowed_waits),
		cmocka_unit_test(who_asks_for_no_time_is_told_once),
		cmocka_unit_test(who_does_not_answer_is_told_no_more),
		cmocka_unit_test(who_asks_again_in_time_stays),
		cmocka_unit_test(random_events_keep_the_promises),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
