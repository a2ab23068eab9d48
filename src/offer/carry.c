/* SPDX-License-Identifier: Apache-2.0 */
#include "offer/offer.h"

/* A message that carries something: in this state of its sender, with these facts and
 * none of those. */
struct row {
	uint8_t message, state, facts, unless, carry;
};

#define ROW(in, when, with, without, what)                                               \
	{                                                                                \
		BEL_OFFER_IN_##in, BEL_OFFER_##when, (with), (without), (what)           \
	}
#define INVITED BEL_OFFER_WAS_INVITED
#define DONE    BEL_OFFER_IS_DONE
#define HERE    BEL_OFFER_IS_HERE
#define OFFER   BEL_OFFER_CARRY_OFFER
#define ANSWER  BEL_OFFER_CARRY_ANSWER
#define PREVIEW BEL_OFFER_CARRY_PREVIEW
#define MUST    BEL_OFFER_CARRY_MUST

/* clang-format off */
/* RFC 6337 section 2.2 table 1; what is not written carries nothing. */
static const struct row rows[] = {
	/* 1: INVITE, 2xx */
	ROW(INVITE,     IDLE,   0,              0,              OFFER),
	ROW(2XX,        THEIRS, INVITED | HERE, DONE,           ANSWER | MUST),
	/* 2: 2xx, ACK */
	ROW(2XX,        IDLE,   0,              INVITED | DONE, OFFER | MUST),
	ROW(ACK,        THEIRS, HERE,           INVITED,        ANSWER | MUST),
	/* 3: INVITE, reliable 1xx; before it others may show what it will be */
	ROW(1XX_REL,    THEIRS, INVITED | HERE, DONE,           ANSWER),
	ROW(1XX,        THEIRS, INVITED | HERE, DONE,           PREVIEW),
	/* 4: reliable 1xx, PRACK. Section 2.2: the first reliable one must */
	ROW(1XX_REL,    IDLE,   0,              INVITED | DONE, OFFER | MUST),
	ROW(PRACK,      THEIRS, HERE,           INVITED,        ANSWER | MUST),
	/* 5: PRACK of a response that had the answer, its 2xx */
	ROW(PRACK,      IDLE,   DONE,           0,              OFFER),
	ROW(PRACK_2XX,  THEIRS, DONE | HERE,    0,              ANSWER | MUST),
	/* 6: UPDATE, its 2xx */
	ROW(UPDATE,     IDLE,   DONE,           0,              OFFER),
	ROW(UPDATE_2XX, THEIRS, DONE | HERE,    0,              ANSWER | MUST),
};
/* clang-format on */

unsigned bel_offer_may_carry(enum bel_offer_message message, enum bel_offer_state state,
			     unsigned facts)
{
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++)
		if (rows[i].message == message && rows[i].state == state &&
		    (facts & rows[i].facts) == rows[i].facts && !(facts & rows[i].unless))
			return rows[i].carry;
	return BEL_OFFER_CARRY_NOTHING;
}
