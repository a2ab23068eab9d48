/* SPDX-License-Identifier: Apache-2.0
 * The shape of the four tables; client.c and server.c tell their stories. */
#include "support/support.h"

#include "tx/tx.h"

#define EACH_CELL(kind, state, event)                                                    \
	for (unsigned kind = 0; kind < BEL_TX_KIND_COUNT; kind++)                        \
		for (unsigned state = 0; state < BEL_TX_STATE_COUNT; state++)            \
			for (unsigned event = 0; event < BEL_TX_EVENT_COUNT; event++)

static struct bel_tx_move step(unsigned kind, unsigned state, unsigned event)
{
	return bel_tx_step((enum bel_tx_kind)kind, (enum bel_tx_state)state,
			   (enum bel_tx_event)event);
}

static unsigned first_state(unsigned kind)
{
	static const enum bel_tx_state first[BEL_TX_KIND_COUNT] = {
		[BEL_TX_INVITE_CLIENT] = BEL_TX_CALLING,
		[BEL_TX_NON_INVITE_CLIENT] = BEL_TX_TRYING,
		[BEL_TX_INVITE_SERVER] = BEL_TX_PROCEEDING,
		[BEL_TX_NON_INVITE_SERVER] = BEL_TX_TRYING,
	};
	return first[kind];
}

/* The states that rows lead to, by repeated steps from the first one. */
static unsigned reachable(unsigned kind)
{
	unsigned set = 1u << first_state(kind), before;

	do {
		before = set;
		for (unsigned state = 0; state < BEL_TX_STATE_COUNT; state++)
			for (unsigned event = 0; event < BEL_TX_EVENT_COUNT; event++)
				if (set & 1u << state && step(kind, state, event).next)
					set |= 1u << step(kind, state, event).next;
	} while (set != before);
	return set;
}

static void rows_stand_only_at_states_that_are_reached(void **state)
{
	(void)state;
	EACH_CELL(kind, at, event)
	{
		if (step(kind, at, event).next)
			assert_true(reachable(kind) & 1u << at);
	}
}

static void every_state_ends_by_itself_or_by_its_user(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < BEL_TX_KIND_COUNT; kind++)
		assert_true(reachable(kind) & 1u << BEL_TX_TERMINATED);
}

static void nothing_happens_before_the_start_or_after_the_end(void **state)
{
	(void)state;
	EACH_CELL(kind, at, event)
	{
		if (at == BEL_TX_NONE || at == BEL_TX_TERMINATED)
			assert_int_equal(step(kind, at, event).next, BEL_TX_NONE);
	}
}

static void a_server_receives_no_responses_and_a_client_sends_none(void **state)
{
	static const enum bel_tx_event for_clients[] = { BEL_TX_RX_1XX, BEL_TX_RX_2XX,
							 BEL_TX_RX_FAILURE };
	static const enum bel_tx_event for_servers[] = { BEL_TX_RX_REQUEST, BEL_TX_RX_ACK,
							 BEL_TX_TU_1XX, BEL_TX_TU_2XX,
							 BEL_TX_TU_FAILURE };
	(void)state;

	for (unsigned at = 0; at < BEL_TX_STATE_COUNT; at++) {
		for (size_t i = 0; i < BEL_COUNT_OF(for_clients); i++) {
			assert_false(step(BEL_TX_INVITE_SERVER, at, for_clients[i]).next);
			assert_false(
				step(BEL_TX_NON_INVITE_SERVER, at, for_clients[i]).next);
		}
		for (size_t i = 0; i < BEL_COUNT_OF(for_servers); i++) {
			assert_false(step(BEL_TX_INVITE_CLIENT, at, for_servers[i]).next);
			assert_false(
				step(BEL_TX_NON_INVITE_CLIENT, at, for_servers[i]).next);
		}
	}
}

static void an_end_stops_every_timer(void **state)
{
	(void)state;
	EACH_CELL(kind, at, event)
	{
		struct bel_tx_move move = step(kind, at, event);
		if (move.next == BEL_TX_TERMINATED)
			assert_true(move.actions & BEL_TX_STOP);
	}
}

static void only_a_client_acknowledges_and_only_failures(void **state)
{
	(void)state;
	EACH_CELL(kind, at, event)
	{
		if (step(kind, at, event).actions & BEL_TX_ACK) {
			assert_int_equal(kind, BEL_TX_INVITE_CLIENT);
			assert_int_equal(event, BEL_TX_RX_FAILURE);
		}
	}
}

/* RFC 6026 figure 7: the caller may still be reached by another way. */
static void a_server_invite_survives_a_transport_that_fails(void **state)
{
	static const enum bel_tx_state states[] = { BEL_TX_PROCEEDING, BEL_TX_ACCEPTED,
						    BEL_TX_COMPLETED };
	(void)state;

	for (size_t i = 0; i < BEL_COUNT_OF(states); i++) {
		struct bel_tx_move move = bel_tx_step(BEL_TX_INVITE_SERVER, states[i],
						      BEL_TX_UNREACHABLE);
		assert_int_equal(move.next, states[i]);
		assert_int_equal(move.actions, BEL_TX_DOWN);
	}
}

static void every_state_and_event_has_a_name(void **state)
{
	(void)state;
	for (unsigned i = 0; i < BEL_TX_STATE_COUNT; i++)
		assert_non_null(bel_tx_state_name((enum bel_tx_state)i));
	for (unsigned i = 0; i < BEL_TX_EVENT_COUNT; i++)
		assert_non_null(bel_tx_event_name((enum bel_tx_event)i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_stand_only_at_states_that_are_reached),
		cmocka_unit_test(every_state_ends_by_itself_or_by_its_user),
		cmocka_unit_test(nothing_happens_before_the_start_or_after_the_end),
		cmocka_unit_test(a_server_receives_no_responses_and_a_client_sends_none),
		cmocka_unit_test(an_end_stops_every_timer),
		cmocka_unit_test(only_a_client_acknowledges_and_only_failures),
		cmocka_unit_test(a_server_invite_survives_a_transport_that_fails),
		cmocka_unit_test(every_state_and_event_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
