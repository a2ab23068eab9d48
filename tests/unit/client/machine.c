/* SPDX-License-Identifier: Apache-2.0 */
#include "support/support.h"

#include "client/client.h"

#define STATE(name) BEL_REGISTRATION_##name
#define WAS(from, event, to, wanted)                                                     \
	do {                                                                             \
		struct bel_registration_move got = bel_registration_step(STATE(from),    \
									 STATE(event));  \
		assert_true(got.is_move);                                                \
		assert_int_equal(got.next, STATE(to));                                   \
		assert_int_equal(got.actions, (wanted));                                 \
	} while (0)
#define A(name) BEL_REGISTRATION_##name

static void every_row_stands_as_it_is_meant(void **state)
{
	const unsigned granted = A(KEEP) | A(ARM_REFRESH) | A(TELL_REGISTERED),
		       failed = A(LEAVE) | A(ARM_RETRY) | A(TELL_FAILED),
		       over = A(DISARM) | A(LEAVE) | A(END),
		       given_up = A(FORGET) | A(LEAVE) | A(END);

	(void)state;
	WAS(IDLE, START, REGISTERING, A(SEND));
	WAS(REGISTERING, GRANTED, REGISTERED, granted);
	WAS(REGISTERING, ELSEWHERE, REFRESHING, A(KEEP) | A(SEND));
	WAS(REGISTERING, AGAIN, REGISTERING, A(SEND));
	WAS(REGISTERING, FAILED, RETRYING, failed);
	WAS(REGISTERING, STOP, STOPPING, A(ARM_END));
	WAS(REGISTERING, STOP_BOUND, STOPPING, A(ARM_END));
	WAS(REGISTERED, DUE, REFRESHING, A(SEND));
	WAS(REGISTERED, LOST, REGISTERING, A(LEAVE) | A(DISARM) | A(SEND));
	WAS(REGISTERED, LOST_OFTEN, RETRYING, failed);
	WAS(REGISTERED, MOVED, REFRESHING, A(DISARM) | A(SEND));
	WAS(REGISTERED, STOP, UNREGISTERING, A(ARM_END) | A(SEND));
	WAS(REGISTERED, STOP_BOUND, UNREGISTERING, A(ARM_END) | A(SEND));
	WAS(REFRESHING, GRANTED, REGISTERED, granted);
	WAS(REFRESHING, ELSEWHERE, REFRESHING, A(KEEP) | A(SEND));
	WAS(REFRESHING, AGAIN, REFRESHING, A(SEND));
	WAS(REFRESHING, FAILED, RETRYING, failed);
	WAS(REFRESHING, STOP, STOPPING, A(ARM_END));
	WAS(REFRESHING, STOP_BOUND, STOPPING, A(ARM_END));
	WAS(RETRYING, DUE, REGISTERING, A(SEND));
	WAS(RETRYING, MOVED, REGISTERING, A(DISARM) | A(SEND));
	WAS(RETRYING, STOP, STOPPING, A(ARM_NOW));
	WAS(RETRYING, STOP_BOUND, UNREGISTERING, A(ARM_END) | A(SEND));
	WAS(STOPPING, GRANTED, UNREGISTERING, A(KEEP) | A(SEND));
	WAS(STOPPING, ELSEWHERE, UNREGISTERING, A(KEEP) | A(SEND));
	WAS(STOPPING, AGAIN, OVER, over);
	WAS(STOPPING, FAILED, OVER, over);
	WAS(STOPPING, DUE, OVER, given_up);
	WAS(UNREGISTERING, GRANTED, OVER, over);
	WAS(UNREGISTERING, ELSEWHERE, OVER, over);
	WAS(UNREGISTERING, AGAIN, OVER, over);
	WAS(UNREGISTERING, FAILED, OVER, over);
	WAS(UNREGISTERING, DUE, OVER, given_up);
}

static void nothing_else_happens_anywhere(void **state)
{
	unsigned moves = 0;

	(void)state;
	for (unsigned at = 0; at < BEL_REGISTRATION_STATE_COUNT; at++) {
		for (unsigned event = 0; event < BEL_REGISTRATION_EVENT_COUNT; event++)
			moves += bel_registration_step(at, event).is_move;
		assert_non_null(bel_registration_state_name(at));
	}
	assert_int_equal(moves, 33);
}

/* What the executor would hold. */
struct model {
	enum bel_registration_state state;
	bool is_out, is_armed, has_flow;
};

static bool is_answer(enum bel_registration_event event)
{
	return event == A(GRANTED) || event == A(ELSEWHERE) || event == A(AGAIN) ||
	       event == A(FAILED);
}

static bool is_possible(const struct model *model, enum bel_registration_event event)
{
	if (is_answer(event))
		return model->is_out;
	if (event == A(DUE))
		return model->is_armed;
	if (event == A(LOST) || event == A(LOST_OFTEN))
		return model->has_flow;
	return true;
}

static void take(struct model *model, enum bel_registration_event event)
{
	struct bel_registration_move move = bel_registration_step(model->state, event);

	if (is_answer(event))
		model->is_out = false;
	if (event == A(DUE))
		model->is_armed = false;
	if (!move.is_move)
		return;
	model->state = move.next;
	if (move.actions & A(FORGET))
		model->is_out = false;
	if (move.actions & A(LEAVE))
		model->has_flow = false;
	if (move.actions & A(KEEP))
		model->has_flow = true;
	if (move.actions & A(DISARM))
		model->is_armed = false;
	if (move.actions & (A(ARM_REFRESH) | A(ARM_RETRY) | A(ARM_END) | A(ARM_NOW)))
		model->is_armed = true;
	if (move.actions & A(SEND)) {
		assert_false(model->is_out);
		model->is_out = true;
	}
}

static void check(const struct model *model)
{
	enum bel_registration_state state = model->state;

	if (state == A(OVER)) {
		assert_false(model->is_armed || model->is_out || model->has_flow);
		return;
	}
	/* Somebody will move it on: an answer or the timer. */
	assert_true(state == A(IDLE) || model->is_out || model->is_armed);
	/* A REGISTER of ours has its own clock; only an end is timed beside it. */
	if (state != A(STOPPING) && state != A(UNREGISTERING))
		assert_false(model->is_out && model->is_armed);
	if (state == A(REGISTERED))
		assert_true(model->has_flow);
}

static void a_million_events_keep_every_promise(void **state)
{
	struct model model = { .state = A(IDLE) };
	uint64_t random = 88172645463325252u;
	unsigned ends = 0;

	(void)state;
	for (unsigned i = 0; i < 1000000; i++) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		enum bel_registration_event event = (enum bel_registration_event)(
			random % BEL_REGISTRATION_EVENT_COUNT);
		if (!is_possible(&model, event))
			continue;
		take(&model, event);
		check(&model);
		if (model.state == A(OVER) && random % 16 == 0) {
			model = (struct model){ .state = A(IDLE) };
			ends++;
		}
	}
	assert_true(ends > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_stands_as_it_is_meant),
		cmocka_unit_test(nothing_else_happens_anywhere),
		cmocka_unit_test(a_million_events_keep_every_promise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
