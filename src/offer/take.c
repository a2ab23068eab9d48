/* SPDX-License-Identifier: Apache-2.0 */
#include "offer/offer_int.h"

static bool is_quiet(const struct bel_sdp *sdp)
{
	for (unsigned i = 0; i < sdp->media_count; i++)
		if (sdp->media[i].port && bel_sdp_direction(sdp, i) != BEL_SDP_INACTIVE)
			return false;
	return true;
}

enum bel_err bel_offer_take_offer(struct bel_offer *offer, bel_str text,
				  struct bel_sdp_refusal *why)
{
	char block[SCRATCH_BYTES];
	struct bel_arena scratch;
	struct bel_sdp sdp;
	bool has_nothing = false;
	enum bel_err err;

	*why = (struct bel_sdp_refusal){ 0 };
	if (!bel_offer_may(offer, BEL_OFFER_RECEIVE_OFFER))
		return BEL_ERR_BUSY;
	bel_arena_init(&scratch, block, sizeof block, 0);
	err = bel_sdp_parse(&sdp, text, &scratch, why);
	if (!err)
		has_nothing = is_quiet(&sdp);
	bel_arena_fini(&scratch);
	if (!err && sdp.media_count < agreed_of(offer)->count) {
		why->text = "media parts have vanished";
		err = BEL_ERR_MISMATCH;
	}
	if (!err)
		err = bel_slot_keep_text(pending_of(offer), offer->arena, text);
	if (err)
		return err;
	offer->is_quiet = has_nothing;
	return bel_offer_move(offer, BEL_OFFER_RECEIVE_OFFER);
}

/* RFC 3264 section 6: as many as were offered. Who answers fewer has still said something
 * about those that are there; the rest is rejected. */
static enum bel_err conclude(struct bel_offer *offer, const struct bel_sdp *sdp,
			     struct bel_sdp_refusal *why)
{
	struct bel_offer_slot *pending = pending_of(offer);
	enum bel_err err;

	if (sdp->media_count > offer->offered_count) {
		why->text = "there are more media parts than were offered";
		return BEL_ERR_MISMATCH;
	}
	err = bel_slot_reserve(pending, offer->arena, offer->offered_count);
	for (unsigned i = 0; !err && i < offer->offered_count; i++) {
		if (i < sdp->media_count) {
			bel_stream_conclude(&pending->streams[i], sdp, i,
					    &offer->offered[i]);
			if (i < offer->numbers_count)
				bel_numbers_learn(&offer->numbers[i], sdp, i);
			continue;
		}
		pending->streams[i] = (struct bel_offer_stream){
			.kind = offer->offered[i].kind,
			.proto = bel_profile_name(BEL_OFFER_PLAIN, false),
			.is_rejected = true,
		};
	}
	return err;
}

enum bel_err bel_offer_take_preview(struct bel_offer *offer, bel_str text,
				    struct bel_sdp_refusal *why)
{
	struct bel_offer_slot *pending = pending_of(offer);
	char block[SCRATCH_BYTES];
	struct bel_arena scratch;
	struct bel_sdp sdp;
	enum bel_err err;

	*why = (struct bel_sdp_refusal){ 0 };
	if (!bel_offer_may(offer, BEL_OFFER_RECEIVE_ANSWER))
		return BEL_ERR_BUSY;
	err = bel_slot_keep_text(pending, offer->arena, text);
	if (err)
		return err;
	bel_arena_init(&scratch, block, sizeof block, 0);
	err = bel_sdp_parse(&sdp, (bel_str){ pending->text, pending->text_len }, &scratch,
			    why);
	if (!err)
		err = conclude(offer, &sdp, why);
	bel_arena_fini(&scratch);
	if (!err)
		offer->agreed = pending_index(offer);
	return err;
}

enum bel_err bel_offer_take_answer(struct bel_offer *offer, bel_str text,
				   struct bel_sdp_refusal *why)
{
	enum bel_err err = bel_offer_take_preview(offer, text, why);

	if (err)
		return err;
	offer->complete = offer->agreed;
	return bel_offer_move(offer, BEL_OFFER_RECEIVE_ANSWER);
}
