/* SPDX-License-Identifier: Apache-2.0 */
#include "offer/offer_int.h"

#define GO(state)                                                                        \
	{                                                                                \
		BEL_OFFER_##state, true                                                  \
	}

/* clang-format off */
/* RFC 3264 section 4: one offer at a time, and no answer without one. */
static const struct bel_offer_move moves[BEL_OFFER_STATE_COUNT][BEL_OFFER_EVENT_COUNT] = {
	[BEL_OFFER_IDLE] = {
		[BEL_OFFER_SEND_OFFER]     = GO(OURS),
		[BEL_OFFER_RECEIVE_OFFER]  = GO(THEIRS),
	},
	[BEL_OFFER_OURS] = {
		[BEL_OFFER_RECEIVE_ANSWER] = GO(IDLE),
		[BEL_OFFER_ROLL_BACK]      = GO(IDLE),
	},
	[BEL_OFFER_THEIRS] = {
		[BEL_OFFER_SEND_ANSWER]    = GO(IDLE),
		[BEL_OFFER_ROLL_BACK]      = GO(IDLE),
	},
};
/* clang-format on */

struct bel_offer_move bel_offer_step(enum bel_offer_state state,
				     enum bel_offer_event event)
{
	return moves[state][event];
}

bool bel_offer_may(const struct bel_offer *offer, enum bel_offer_event event)
{
	return moves[offer->state][event].is_move;
}

enum bel_err bel_offer_move(struct bel_offer *offer, enum bel_offer_event event)
{
	struct bel_offer_move move = bel_offer_step(offer->state, event);

	if (!move.is_move)
		return BEL_ERR_BUSY;
	offer->state = move.next;
	return BEL_OK;
}

void bel_offer_roll_back(struct bel_offer *offer)
{
	if (!bel_offer_move(offer, BEL_OFFER_ROLL_BACK))
		offer->agreed = offer->complete;
}

/* ---- profiles ---- */

static const struct profile profiles[] = {
	{ { "RTP/AVP", 7 }, BEL_OFFER_PLAIN, false },
	{ { "RTP/AVPF", 8 }, BEL_OFFER_PLAIN, true },
	{ { "RTP/SAVP", 8 }, BEL_OFFER_SDES, false },
	{ { "RTP/SAVPF", 9 }, BEL_OFFER_SDES, true },
	{ { "UDP/TLS/RTP/SAVP", 16 }, BEL_OFFER_DTLS, false },
	{ { "UDP/TLS/RTP/SAVPF", 17 }, BEL_OFFER_DTLS, true },
};

const struct profile *bel_profile_find(bel_str proto)
{
	for (size_t i = 0; i < BEL_COUNT_OF(profiles); i++)
		if (bel_str_is_equal(profiles[i].proto, proto))
			return &profiles[i];
	return NULL;
}

bel_str bel_profile_name(enum bel_offer_srtp srtp, bool has_feedback)
{
	for (size_t i = 0; i < BEL_COUNT_OF(profiles); i++)
		if (profiles[i].srtp == srtp && profiles[i].has_feedback == has_feedback)
			return profiles[i].proto;
	return profiles[0].proto;
}
