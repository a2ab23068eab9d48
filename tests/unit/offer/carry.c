/* SPDX-License-Identifier: Apache-2.0 */
#include "support/support.h"

#include "offer/offer.h"

#define MAY(message, state, facts)                                                       \
	bel_offer_may_carry(BEL_OFFER_IN_##message, BEL_OFFER_##state, (facts))
#define INVITED BEL_OFFER_WAS_INVITED
#define DONE    BEL_OFFER_IS_DONE
#define HERE    BEL_OFFER_IS_HERE
#define NOTHING BEL_OFFER_CARRY_NOTHING
#define OFFER   BEL_OFFER_CARRY_OFFER
#define ANSWER  BEL_OFFER_CARRY_ANSWER
#define PREVIEW BEL_OFFER_CARRY_PREVIEW
#define MUST    BEL_OFFER_CARRY_MUST

/* RFC 6337 section 2.2 table 1, pattern by pattern. */
static void an_invite_offers_and_a_2xx_answers(void **state)
{
	(void)state;
	assert_int_equal(MAY(INVITE, IDLE, 0), OFFER);
	assert_int_equal(MAY(1XX, THEIRS, INVITED | HERE), PREVIEW);
	assert_int_equal(MAY(2XX, THEIRS, INVITED | HERE), ANSWER | MUST);
	assert_int_equal(MAY(ACK, IDLE, INVITED | DONE), NOTHING);
	assert_int_equal(MAY(INVITE, OURS, 0), NOTHING);
	assert_int_equal(MAY(INVITE, THEIRS, 0), NOTHING);
}

static void a_2xx_offers_and_the_ack_answers(void **state)
{
	(void)state;
	assert_int_equal(MAY(1XX, IDLE, 0), NOTHING);
	assert_int_equal(MAY(2XX, IDLE, 0), OFFER | MUST);
	assert_int_equal(MAY(ACK, THEIRS, HERE), ANSWER | MUST);
}

static void a_reliable_1xx_answers_and_then_no_other(void **state)
{
	(void)state;
	assert_int_equal(MAY(1XX_REL, THEIRS, INVITED | HERE), ANSWER);
	assert_int_equal(MAY(1XX_REL, IDLE, INVITED | DONE), NOTHING);
	assert_int_equal(MAY(1XX, IDLE, INVITED | DONE), NOTHING);
	assert_int_equal(MAY(2XX, IDLE, INVITED | DONE), NOTHING);
	/* An offer that came since, in UPDATE, is not answered there. */
	assert_int_equal(MAY(1XX_REL, THEIRS, INVITED | DONE), NOTHING);
	assert_int_equal(MAY(2XX, THEIRS, INVITED | DONE), NOTHING);
}

static void a_reliable_1xx_offers_and_the_prack_answers(void **state)
{
	(void)state;
	assert_int_equal(MAY(1XX_REL, IDLE, 0), OFFER | MUST);
	assert_int_equal(MAY(PRACK, THEIRS, HERE), ANSWER | MUST);
	assert_int_equal(MAY(2XX, OURS, 0), NOTHING);
	assert_int_equal(MAY(2XX, IDLE, DONE), NOTHING);
}

static void a_prack_offers_once_the_invite_is_answered(void **state)
{
	(void)state;
	assert_int_equal(MAY(PRACK, IDLE, INVITED | DONE), OFFER);
	assert_int_equal(MAY(PRACK_2XX, THEIRS, INVITED | DONE | HERE), ANSWER | MUST);
	/* RFC 6337 figure 1: a response without the answer is acknowledged without. */
	assert_int_equal(MAY(PRACK, OURS, INVITED), NOTHING);
	assert_int_equal(MAY(PRACK_2XX, THEIRS, INVITED), NOTHING);
}

static void an_update_offers_once_the_invite_is_answered(void **state)
{
	(void)state;
	assert_int_equal(MAY(UPDATE, IDLE, INVITED | DONE), OFFER);
	assert_int_equal(MAY(UPDATE_2XX, THEIRS, DONE | HERE), ANSWER | MUST);
	assert_int_equal(MAY(UPDATE, IDLE, INVITED), NOTHING);
	assert_int_equal(MAY(UPDATE, IDLE, 0), NOTHING);
	assert_int_equal(MAY(UPDATE, OURS, DONE), NOTHING);
	/* Theirs came in something else. */
	assert_int_equal(MAY(UPDATE_2XX, THEIRS, DONE), NOTHING);
}

/* What may be carried, the machine can take; and nothing else is ever said. */
static void what_may_be_carried_is_a_move(void **state)
{
	unsigned rows = 0;

	(void)state;
	for (unsigned message = 0; message < BEL_OFFER_MESSAGE_COUNT; message++)
		for (unsigned at = 0; at < BEL_OFFER_STATE_COUNT; at++)
			for (unsigned facts = 0; facts < BEL_OFFER_FACTS; facts++) {
				unsigned carry = bel_offer_may_carry(message, at, facts);
				rows += carry != NOTHING;
				assert_false((carry & OFFER) && (carry & ANSWER));
				assert_true(carry != MUST);
				if (carry & OFFER)
					assert_true(
						bel_offer_step(at, BEL_OFFER_SEND_OFFER)
							.is_move);
				if (carry & (ANSWER | PREVIEW))
					assert_true(
						bel_offer_step(at, BEL_OFFER_SEND_ANSWER)
							.is_move);
			}
	assert_int_equal(rows, 31);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_invite_offers_and_a_2xx_answers),
		cmocka_unit_test(a_2xx_offers_and_the_ack_answers),
		cmocka_unit_test(a_reliable_1xx_answers_and_then_no_other),
		cmocka_unit_test(a_reliable_1xx_offers_and_the_prack_answers),
		cmocka_unit_test(a_prack_offers_once_the_invite_is_answered),
		cmocka_unit_test(an_update_offers_once_the_invite_is_answered),
		cmocka_unit_test(what_may_be_carried_is_a_move),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
