/* SPDX-License-Identifier: Apache-2.0 */
#include "offer/offer_int.h"

/* ---- one media part of theirs ---- */

/* RFC 4145 section 4.1: what we are is the other end of what they say; who may choose,
 * as we may when they would do either, begins. */
static const enum bel_offer_setup other_ends[BEL_SDP_SETUP_COUNT] = {
	[BEL_SDP_SETUP_NONE] = BEL_OFFER_ACTIVE,
	[BEL_SDP_SETUP_ACTPASS] = BEL_OFFER_ACTIVE,
	[BEL_SDP_SETUP_ACTIVE] = BEL_OFFER_PASSIVE,
	[BEL_SDP_SETUP_PASSIVE] = BEL_OFFER_ACTIVE,
	[BEL_SDP_SETUP_HOLDCONN] = BEL_OFFER_ACTPASS,
};

static void stream_read(struct bel_offer_stream *out, const struct bel_sdp *sdp,
			unsigned media)
{
	const struct bel_sdp_media *part = &sdp->media[media];
	const struct profile *profile = bel_profile_find(part->proto);
	enum bel_sdp_direction theirs = bel_sdp_direction(sdp, media);

	out->kind = part->kind;
	out->proto = part->proto;
	out->formats = part->formats;
	out->description = sdp->text;
	out->is_rejected = !part->port || !profile;
	out->remote = bel_sdp_address(sdp, media);
	out->has_mux = bel_sdp_attribute(NULL, sdp, media, BEL_STR("rtcp-mux"), 0, false);
	out->has_feedback = profile && profile->has_feedback;
	out->ptime_ms = bel_sdp_number(sdp, media, BEL_STR("ptime"));
	out->maxptime_ms = bel_sdp_number(sdp, media, BEL_STR("maxptime"));
	bel_sdp_attribute(&out->mid, sdp, media, BEL_STR("mid"), 0, false);
	bel_sdp_attribute(&out->fingerprint, sdp, media, BEL_STR("fingerprint"), 0, true);
	out->setup = other_ends[bel_sdp_setup(sdp, media)];
	out->is_held = bel_sdp_is_held(sdp, media);
	/* RFC 2543 put a call on hold by an address of nobody. */
	if (out->is_held)
		theirs &= ~(unsigned)BEL_SDP_RECVONLY;
	out->direction = bel_sdp_reversed(theirs);
}

/* ---- codecs ---- */

static const struct bel_sdp_codec *find_local(const struct bel_offer_local_stream *local,
					      const struct bel_sdp_codec *theirs)
{
	for (unsigned i = 0; i < local->codecs_count; i++)
		if (bel_codec_is_same(&local->codecs[i], theirs))
			return &local->codecs[i];
	return NULL;
}

static void put_codec(struct bel_offer_stream *out, const struct bel_sdp_codec *sends,
		      const struct bel_sdp_codec *receives)
{
	if (out->sends_count == BEL_OFFER_CODECS_MAX)
		return;
	out->sends[out->sends_count++] = *sends;
	out->receives[out->receives_count++] = *receives;
}

/* Whether a codec that carries media runs at the clock. */
static bool has_clock(const struct bel_offer_stream *stream, uint32_t clock_hz)
{
	for (unsigned i = 0; i < stream->sends_count; i++)
		if (bel_codec_is_media(&stream->sends[i]) &&
		    stream->sends[i].clock_hz == clock_hz)
			return true;
	return false;
}

static bool has_fitting(const struct bel_offer_stream *stream, bel_str name)
{
	for (unsigned i = 0; i < stream->sends_count; i++)
		if (bel_str_is_equal_nocase(stream->sends[i].name, name) &&
		    has_clock(stream, stream->sends[i].clock_hz))
			return true;
	return false;
}

/* RFC 4733 section 2.1: events have the clock of the sound that they stand in for. Those
 * with a clock that no codec has are of no use, unless there are no others. */
static void drop_odd_clocks(struct bel_offer_stream *stream)
{
	struct bel_offer_stream all = *stream;

	stream->sends_count = stream->receives_count = 0;
	for (unsigned i = 0; i < all.sends_count; i++) {
		const struct bel_sdp_codec *codec = &all.sends[i];
		if (!bel_codec_is_media(codec) && !has_clock(&all, codec->clock_hz) &&
		    has_fitting(&all, codec->name))
			continue;
		put_codec(stream, codec, &all.receives[i]);
	}
}

/* Their order is kept (RFC 3264 section 6.1). Both directions use the payload types of
 * the offer when it is theirs; each its own when it was ours. True when that is enough:
 * events alone are only where nobody has anything else (RFC 4317 section 2.4). */
static bool match_codecs(struct bel_offer_stream *out, const struct bel_sdp *sdp,
			 unsigned media, const struct bel_offer_local_stream *local,
			 bool is_answer)
{
	bel_str formats = sdp->media[media].formats;
	struct bel_sdp_codec theirs;
	bool has_media = false, wants_media = false;

	for (unsigned i = 0; i < local->codecs_count; i++)
		wants_media |= bel_codec_is_media(&local->codecs[i]);
	while (bel_sdp_codec_next(&theirs, sdp, media, &formats)) {
		const struct bel_sdp_codec *ours = find_local(local, &theirs);
		struct bel_sdp_codec receives;
		wants_media |= bel_codec_is_media(&theirs);
		if (!ours)
			continue;
		receives = *ours;
		if (!is_answer)
			receives.payload = theirs.payload;
		has_media |= bel_codec_is_media(&theirs);
		put_codec(out, &theirs, &receives);
	}
	drop_odd_clocks(out);
	return out->sends_count && (has_media || !wants_media);
}

/* ---- protection ---- */

static bool is_same_crypto(const struct bel_offer_crypto *ours,
			   const struct bel_sdp_crypto *theirs)
{
	return bel_str_is_equal(ours->suite, theirs->suite) &&
	       ours->key_len == theirs->key_len;
}

/* An answer names the line of ours that it takes by its tag, from 1 (RFC 4568 section
 * 5.1.3). */
static const struct bel_offer_crypto *
find_crypto(const struct bel_offer_local_stream *local,
	    const struct bel_sdp_crypto *theirs, bool is_answer)
{
	for (unsigned i = 0; i < local->cryptos_count; i++)
		if ((!is_answer || theirs->tag == i + 1) &&
		    is_same_crypto(&local->cryptos[i], theirs))
			return &local->cryptos[i];
	return NULL;
}

/* RFC 4568 section 5.1.2: the first of theirs that we can do. Session parameters and
 * master key identifiers change how packets look: such a line is passed over. */
static bool match_crypto(struct bel_offer_stream *out, const struct bel_sdp *sdp,
			 unsigned media, const struct bel_offer_local_stream *local,
			 bool is_answer)
{
	bel_str value;
	unsigned at = 0;

	while (bel_sdp_attribute_next(&value, sdp, media, BEL_STR("crypto"), &at)) {
		struct bel_sdp_crypto theirs;
		const struct bel_offer_crypto *ours;
		if (bel_sdp_crypto_parse(&theirs, value) || theirs.has_mki ||
		    theirs.has_params)
			continue;
		ours = find_crypto(local, &theirs, is_answer);
		if (!ours)
			continue;
		out->srtp = BEL_OFFER_SDES;
		out->suite = ours->suite;
		out->crypto_tag = theirs.tag;
		memcpy(out->our_key, ours->key, ours->key_len);
		memcpy(out->their_key, theirs.key, theirs.key_len);
		out->our_key_len = ours->key_len;
		out->their_key_len = theirs.key_len;
		return true;
	}
	return false;
}

static bool match_dtls(struct bel_offer_stream *out,
		       const struct bel_offer_local_stream *local)
{
	/* RFC 5763 section 5: who offers a handshake does not put it off. */
	if (!out->fingerprint.len || !local->fingerprint.len ||
	    out->setup == BEL_OFFER_ACTPASS)
		return false;
	out->srtp = BEL_OFFER_DTLS;
	return true;
}

/* Whether the protection of their part is one that we can, and may, do. A protocol
 * without S in its name may still bring keys (best effort). */
static bool match_srtp(struct bel_offer_stream *out, const struct bel_sdp *sdp,
		       unsigned media, const struct bel_offer_local_stream *local,
		       bool is_answer)
{
	const struct profile *profile = bel_profile_find(out->proto);
	bool is_protected = false;

	if (!profile)
		return false;
	if (local->accepts_srtp || local->srtp != BEL_OFFER_PLAIN)
		is_protected = profile->srtp == BEL_OFFER_DTLS
				       ? match_dtls(out, local)
				       : match_crypto(out, sdp, media, local,
						      is_answer) ||
						 match_dtls(out, local);
	if (is_protected)
		return true;
	/* Who offered without protection takes the answer without. */
	return profile->srtp == BEL_OFFER_PLAIN &&
	       (local->accepts_plain || (is_answer && local->srtp == BEL_OFFER_PLAIN));
}

/* ---- together ---- */

static void cut(struct bel_offer_stream *out, const struct bel_sdp *sdp, unsigned media,
		const struct bel_offer_local_stream *local)
{
	out->direction &= local->direction;
	out->has_mux = out->has_mux && local->has_mux;
	out->remote_rtcp = out->has_mux ? out->remote : bel_sdp_rtcp_address(sdp, media);
}

/* RFC 8842 section 5.3: who began the handshake that there is stays the one who did. */
static void keep_role(struct bel_offer_stream *out, const struct bel_sdp *sdp,
		      unsigned media, const struct bel_offer_stream *was)
{
	if (was && !was->is_rejected && was->srtp == BEL_OFFER_DTLS &&
	    out->srtp == BEL_OFFER_DTLS &&
	    bel_sdp_setup(sdp, media) == BEL_SDP_SETUP_ACTPASS &&
	    bel_str_is_equal_nocase(was->fingerprint, out->fingerprint))
		out->setup = was->setup;
}

void bel_stream_answer(struct bel_offer_stream *out, const struct bel_sdp *sdp,
		       unsigned media, const struct bel_offer_local_stream *local,
		       const struct bel_offer_stream *was)
{
	stream_read(out, sdp, media);
	if (out->is_rejected)
		return;
	if (!local || !bel_str_is_equal(local->kind, out->kind) || !local->codecs_count) {
		out->is_rejected = true;
		return;
	}
	if (!match_codecs(out, sdp, media, local, false) ||
	    !match_srtp(out, sdp, media, local, false))
		out->is_rejected = true;
	keep_role(out, sdp, media, was);
	cut(out, sdp, media, local);
}

void bel_stream_conclude(struct bel_offer_stream *out, const struct bel_sdp *sdp,
			 unsigned media, const struct bel_offer_local_stream *offered)
{
	stream_read(out, sdp, media);
	if (!offered->codecs_count)
		out->is_rejected = true;
	if (out->is_rejected)
		return;
	if (!match_codecs(out, sdp, media, offered, true) ||
	    !match_srtp(out, sdp, media, offered, true))
		out->is_rejected = true;
	cut(out, sdp, media, offered);
}
