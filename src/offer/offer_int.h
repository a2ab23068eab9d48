/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_OFFER_OFFER_INT_H
#define BEL_OFFER_OFFER_INT_H

#include "offer/offer.h"

/* Room for the longest index, so that reading one needs no memory of the heap. */
enum { SCRATCH_BYTES = (BEL_SDP_LINES_MAX + 8) * sizeof(struct bel_sdp_line) };

/* What a protocol of a media line means (RFC 3551, 4585, 3711, 5124, 5764). */
struct profile {
	bel_str proto;
	enum bel_offer_srtp srtp;
	bool has_feedback;
};
const struct profile *bel_profile_find(bel_str proto);
bel_str bel_profile_name(enum bel_offer_srtp srtp, bool has_feedback);

/* RFC 3264 section 8.3.2: the codec that each payload type of a media part has been, as
 * a print of it; 0: none. */
struct bel_offer_numbers {
	uint32_t prints[128];
};

static inline struct bel_offer_slot *agreed_of(struct bel_offer *offer)
{
	return &offer->slots[offer->agreed];
}

/* One that is neither complete nor in effect; the third only while there is a preview. */
static inline unsigned pending_index(const struct bel_offer *offer)
{
	if (offer->agreed == offer->complete)
		return !offer->agreed;
	return 3 - offer->agreed - offer->complete;
}

static inline struct bel_offer_slot *pending_of(struct bel_offer *offer)
{
	return &offer->slots[pending_index(offer)];
}

/* Takes the event if it is the time for it: BEL_OK or BEL_ERR_BUSY. */
enum bel_err bel_offer_move(struct bel_offer *offer, enum bel_offer_event event);
bool bel_offer_may(const struct bel_offer *offer, enum bel_offer_event event);

/* Room for count streams, cleared. */
enum bel_err bel_slot_reserve(struct bel_offer_slot *slot, struct bel_arena *arena,
			      unsigned count);
enum bel_err bel_slot_keep_text(struct bel_offer_slot *slot, struct bel_arena *arena,
				bel_str text);

/* Numbers for the first count media parts. */
enum bel_err bel_numbers_reserve(struct bel_offer *offer, unsigned count);
/* codec.c: gives the codecs of an offer of ours their payload types; one for which there
 * is none is left out. */
void bel_numbers_give(struct bel_offer_numbers *numbers,
		      struct bel_offer_local_stream *stream);
/* What a description of theirs calls its codecs. */
void bel_numbers_learn(struct bel_offer_numbers *numbers, const struct bel_sdp *sdp,
		       unsigned media);
/* Whether what is encoded as one is understood as the other. */
bool bel_codec_is_same(const struct bel_sdp_codec *a, const struct bel_sdp_codec *b);
/* Whether it carries media, as telephone-event and comfort noise do not. */
bool bel_codec_is_media(const struct bel_sdp_codec *codec);

/* match.c: what of their media part and our stream goes together; a stream that is not
 * possible is marked as rejected. local may be NULL: nothing goes with it. was: the
 * stream as it is, or NULL. */
void bel_stream_answer(struct bel_offer_stream *out, const struct bel_sdp *sdp,
		       unsigned media, const struct bel_offer_local_stream *local,
		       const struct bel_offer_stream *was);
void bel_stream_conclude(struct bel_offer_stream *out, const struct bel_sdp *sdp,
			 unsigned media, const struct bel_offer_local_stream *offered);

#endif
