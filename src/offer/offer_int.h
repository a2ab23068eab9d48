/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_OFFER_OFFER_INT_H
#define BEL_OFFER_OFFER_INT_H

#include "offer/offer.h"

enum { SCRATCH_BYTES = 16 * 1024, SCRATCH_BUDGET_BYTES = 256 * 1024 };

/* What a protocol of a media line means (RFC 3551, 4585, 3711, 5124, 5764). */
struct profile {
	bel_str proto;
	enum bel_offer_srtp srtp;
	bool has_feedback;
};
const struct profile *bel_profile_find(bel_str proto);
bel_str bel_profile_name(enum bel_offer_srtp srtp, bool has_feedback);

static inline struct bel_offer_slot *agreed_of(struct bel_offer *offer)
{
	return &offer->slots[offer->agreed];
}

static inline struct bel_offer_slot *pending_of(struct bel_offer *offer)
{
	return &offer->slots[!offer->agreed];
}

/* Takes the event if it is the time for it: BEL_OK or BEL_ERR_BUSY. */
enum bel_err bel_offer_move(struct bel_offer *offer, enum bel_offer_event event);
bool bel_offer_may(const struct bel_offer *offer, enum bel_offer_event event);

/* Room for count streams, cleared. */
enum bel_err bel_slot_reserve(struct bel_offer_slot *slot, struct bel_arena *arena,
			      unsigned count);
enum bel_err bel_slot_keep_text(struct bel_offer_slot *slot, struct bel_arena *arena,
				bel_str text);

/* take.c: one media part of theirs, without codecs, as far as it needs nothing of ours.
 */
void bel_stream_read(struct bel_offer_stream *out, const struct bel_sdp *sdp,
		     unsigned media);
bool bel_codec_is_same(const struct bel_sdp_codec *a, const struct bel_sdp_codec *b);
/* Whether it carries media, as telephone-event and comfort noise do not. */
bool bel_codec_is_media(const struct bel_sdp_codec *codec);

/* match.c: what of their media part and our stream goes together; a stream that is not
 * possible is marked as rejected. before: as it holds; NULL: it is new. */
void bel_stream_answer(struct bel_offer_stream *out, const struct bel_sdp *sdp,
		       unsigned media, const struct bel_offer_local_stream *local,
		       const struct bel_offer_stream *before);
void bel_stream_conclude(struct bel_offer_stream *out, const struct bel_sdp *sdp,
			 unsigned media, const struct bel_offer_local_stream *offered);

#endif
