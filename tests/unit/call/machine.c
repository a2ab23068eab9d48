/* SPDX-License-Identifier: Apache-2.0
 * The machine of calls, said a second time; and what holds whatever happens. */
#include "support/support.h"

#include "call/call_int.h"

/* clang-format off */
#define IDLE       BEL_CALL_IDLE
#define CALLING    BEL_CALL_CALLING
#define RINGING    BEL_CALL_RINGING
#define CANCELLING BEL_CALL_CANCELLING
#define ARRIVED    BEL_CALL_ARRIVED
#define ALERTING   BEL_CALL_ALERTING
#define ANSWERED   BEL_CALL_ANSWERED
#define LEAVING    BEL_CALL_LEAVING
#define UP         BEL_CALL_UP
#define ENDING     BEL_CALL_ENDING
#define OVER       BEL_CALL_OVER
#define CANCEL   CALL_CANCEL
#define ACK      CALL_ACK
#define BYE      CALL_BYE
#define ALERT    CALL_ALERT
#define ACCEPT   CALL_ACCEPT
#define REFUSE   CALL_REFUSE
#define CALM     CALL_CALM
#define PROGRESS CALL_TELL_PROGRESS
#define TOLD     CALL_TELL_ANSWERED
#define ENDED    CALL_TELL_ENDED

static const struct {
	uint8_t from, event, to;
	uint16_t actions;
} rows[] = {
	{ IDLE, CALL_DIAL, CALLING, 0 },
	{ IDLE, CALL_ARRIVE, ARRIVED, 0 },
	{ CALLING, CALL_RX_1XX, RINGING, PROGRESS },
	{ CALLING, CALL_RX_2XX, UP, ACK | TOLD },
	{ CALLING, CALL_RX_REFUSAL, OVER, ENDED },
	{ CALLING, CALL_LOST, OVER, ENDED },
	{ CALLING, CALL_HANG_UP, CANCELLING, CANCEL },
	{ RINGING, CALL_RX_1XX, RINGING, PROGRESS },
	{ RINGING, CALL_RX_2XX, UP, ACK | TOLD },
	{ RINGING, CALL_RX_REFUSAL, OVER, ENDED },
	{ RINGING, CALL_LOST, OVER, ENDED },
	{ RINGING, CALL_HANG_UP, CANCELLING, CANCEL },
	{ CANCELLING, CALL_RX_2XX, ENDING, ACK | BYE },
	{ CANCELLING, CALL_RX_REFUSAL, OVER, ENDED },
	{ CANCELLING, CALL_LOST, OVER, ENDED },
	{ ARRIVED, CALL_RING, ALERTING, ALERT },
	{ ARRIVED, CALL_ANSWER, ANSWERED, ACCEPT },
	{ ARRIVED, CALL_HANG_UP, OVER, REFUSE | ENDED },
	{ ARRIVED, CALL_RX_CANCEL, OVER, REFUSE | ENDED },
	{ ARRIVED, CALL_RX_BYE, OVER, REFUSE | ENDED },
	{ ARRIVED, CALL_LOST, OVER, ENDED },
	{ ALERTING, CALL_RING, ALERTING, ALERT },
	{ ALERTING, CALL_ANSWER, ANSWERED, ACCEPT | CALM },
	{ ALERTING, CALL_HANG_UP, OVER, REFUSE | CALM | ENDED },
	{ ALERTING, CALL_RX_CANCEL, OVER, REFUSE | CALM | ENDED },
	{ ALERTING, CALL_RX_BYE, OVER, REFUSE | CALM | ENDED },
	{ ALERTING, CALL_LOST, OVER, CALM | ENDED },
	{ ANSWERED, CALL_RX_ACK, UP, CALM | TOLD },
	{ ANSWERED, CALL_NO_ACK, ENDING, CALM | BYE },
	{ ANSWERED, CALL_UNSENT, OVER, CALM | ENDED },
	{ ANSWERED, CALL_RX_BYE, OVER, CALM | ENDED },
	{ ANSWERED, CALL_HANG_UP, LEAVING, 0 },
	{ ANSWERED, CALL_EXPIRED, LEAVING, 0 },
	{ LEAVING, CALL_RX_ACK, ENDING, CALM | BYE },
	{ LEAVING, CALL_NO_ACK, ENDING, CALM | BYE },
	{ LEAVING, CALL_RX_BYE, OVER, CALM | ENDED },
	{ UP, CALL_RX_2XX, UP, ACK },
	{ UP, CALL_NO_ACK, ENDING, CALM | BYE },
	{ UP, CALL_RX_BYE, OVER, CALM | ENDED },
	{ UP, CALL_HANG_UP, ENDING, CALM | BYE },
	{ UP, CALL_EXPIRED, ENDING, CALM | BYE },
	{ ENDING, CALL_RX_2XX, ENDING, ACK },
	{ ENDING, CALL_RX_BYE, OVER, ENDED },
	{ ENDING, CALL_BYE_DONE, OVER, ENDED },
	{ OVER, CALL_RX_2XX, OVER, ACK },
};
/* clang-format on */

static void every_row_is_meant_and_no_other_exists(void **state)
{
	bool is_meant[BEL_CALL_STATE_COUNT][CALL_EVENT_COUNT] = { 0 };

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct call_move move = bel_call_step(rows[i].from,
						      (enum call_event)rows[i].event);
		is_meant[rows[i].from][rows[i].event] = true;
		assert_true(move.is_move);
		assert_int_equal(move.next, rows[i].to);
		assert_int_equal(move.actions, rows[i].actions);
	}
	for (unsigned from = 0; from < BEL_CALL_STATE_COUNT; from++)
		for (unsigned event = 0; event < CALL_EVENT_COUNT; event++)
			assert_int_equal(bel_call_step(from, event).is_move,
					 is_meant[from][event]);
}

static void every_state_has_a_name(void **state)
{
	(void)state;
	for (unsigned i = 0; i < BEL_CALL_STATE_COUNT; i++)
		assert_true(bel_str_from(bel_call_state_name(i)).len > 0);
}

/* One call, from the beginning to the end, by whatever comes. */
struct life {
	enum bel_call_state state;
	unsigned answered, ended, byes, refusals, accepts;
};

static void check(const struct life *life, const struct call_move *move,
		  enum call_event event)
{
	/* Told of each once, and never of an answer after the end. */
	assert_true(life->answered <= 1);
	assert_true(life->ended <= 1);
	assert_true(life->byes <= 1);
	assert_true(life->refusals + life->accepts <= 1);
	assert_int_equal(life->ended, move->next == OVER);
	/* Nothing leads out of OVER, and nothing is done there but an ACK. */
	if (life->state == OVER) {
		assert_int_equal(move->next, OVER);
		if (life->ended && !(move->actions & ENDED))
			assert_int_equal(move->actions, ACK);
	}
	/* An ACK is sent for a 2xx, and for nothing else. */
	assert_int_equal(!!(move->actions & ACK), event == CALL_RX_2XX);
}

static void ten_million_events_break_nothing(void **state)
{
	struct life life = { 0 };
	uint64_t random = 1;

	(void)state;
	for (unsigned i = 0; i < 10 * 1000 * 1000; i++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		enum call_event event = (enum call_event)((random >> 33) %
							  CALL_EVENT_COUNT);
		struct call_move move = bel_call_step(life.state, event);
		if (i % 50 == 0)
			life = (struct life){ 0 };
		else if (move.is_move) {
			life.state = move.next;
			life.answered += !!(move.actions & TOLD);
			life.ended += !!(move.actions & ENDED);
			life.byes += !!(move.actions & BYE);
			life.refusals += !!(move.actions & REFUSE);
			life.accepts += !!(move.actions & ACCEPT);
			check(&life, &move, event);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_meant_and_no_other_exists),
		cmocka_unit_test(every_state_has_a_name),
		cmocka_unit_test(ten_million_events_break_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
