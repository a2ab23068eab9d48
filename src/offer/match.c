/* SPDX-License-Identifier: Apache-2.0 */
#include "offer/offer_int.h"

bool bel_codec_is_same(const struct bel_sdp_codec *a, const struct bel_sdp_codec *b)
{
	return a->clock_hz == b->clock_hz && a->channels == b->channels &&
	       bel_str_is_equal_nocase(a->name, b->name);
}

bool bel_codec_is_media(const struct bel_sdp_codec *codec)
{
	return !bel_str_is_equal_nocase(codec->name, BEL_STR("telephone-event")) &&
	       !bel_str_is_equal_nocase(codec->name, BEL_STR("CN"));
}

/* ---- one media part of theirs ---- */

static void read_fingerprint(struct bel_offer_stream *out, const struct bel_sdp *sdp,
			     unsigned media)
{
	bel_str value;

	if (bel_sdp_attribute(&value, sdp, media, BEL_STR("fingerprint"), 0, true))
		out->fingerprint = value;
	if (!bel_sdp_attribute(&value, sdp, media, BEL_STR("setup"), 0, true))
		return;
	/* RFC 4145 section 4.1: what we are is the other end of what they say. */
	if (bel_str_is_equal(value, BEL_STR("active")))
		out->setup = BEL_OFFER_PASSIVE;
	else if (!bel_str_is_equal(value, BEL_STR("actpass")))
		out->setup = BEL_OFFER_ACTIVE;
}

void bel_stream_read(struct bel_offer_stream *out, const struct bel_sdp *sdp,
		     unsigned media)
{
	const struct bel_sdp_media *part = &sdp->media[media];
	const struct profile *profile = bel_profile_find(part->proto);
	enum bel_sdp_direction theirs = bel_sdp_direction(sdp, media);

	out->kind = part->kind;
	out->proto = part->proto;
	out->formats = part->formats;
	out->is_rejected = !part->port || !profile;
	out->remote = bel_sdp_address(sdp, media);
	out->remote_rtcp = bel_sdp_rtcp_address(sdp, media);
	out->has_mux = bel_sdp_attribute(NULL, sdp, media, BEL_STR("rtcp-mux"), 0, false);
	out->has_feedback = profile && profile->has_feedback;
	out->ptime_ms = bel_sdp_number(sdp, media, BEL_STR("ptime"));
	bel_sdp_attribute(&out->mid, sdp, media, BEL_STR("mid"), 0, false);
	read_fingerprint(out, sdp, media);
	/* RFC 2543 put a call on hold by an address of nobody. */
	if (out->remote.family && bel_addr_range(&out->remote) == BEL_ADDR_UNSPECIFIED)
		theirs &= ~(unsigned)BEL_SDP_RECVONLY;
	out->is_held = !(theirs & BEL_SDP_RECVONLY);
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

/* Their order is kept (RFC 3264 section 6.1). Both directions use the payload types of
 * the offer when it is theirs; each its own when it was ours. */
static void match_codecs(struct bel_offer_stream *out, const struct bel_sdp *sdp,
			 unsigned media, const struct bel_offer_local_stream *local,
			 bool is_answer)
{
	bel_str formats = sdp->media[media].formats;
	struct bel_sdp_codec theirs;
	bool has_media = false;

	while (bel_sdp_codec_next(&theirs, sdp, media, &formats)) {
		const struct bel_sdp_codec *ours = find_local(local, &theirs);
		struct bel_sdp_codec receives;
		if (!ours)
			continue;
		receives = *ours;
		if (!is_answer)
			receives.payload = theirs.payload;
		has_media |= bel_codec_is_media(&theirs);
		put_codec(out, &theirs, &receives);
	}
	if (!has_media)
		out->is_rejected = true;
}

/* ---- protection ---- */

static const struct bel_offer_crypto *
find_crypto(const struct bel_offer_local_stream *local,
	    const struct bel_sdp_crypto *theirs)
{
	for (unsigned i = 0; i < local->cryptos_count; i++)
		if (bel_str_is_equal(local->cryptos[i].suite, theirs->suite) &&
		    local->cryptos[i].key_len == theirs->key_len)
			return &local->cryptos[i];
	return NULL;
}

/* RFC 4568 section 5.1.2: the first of theirs that we can do. Session parameters and
 * master key identifiers change how packets look: such a line is passed over. */
static bool match_crypto(struct bel_offer_stream *out, const struct bel_sdp *sdp,
			 unsigned media, const struct bel_offer_local_stream *local)
{
	bel_str value;

	for (unsigned i = 0;
	     bel_sdp_attribute(&value, sdp, media, BEL_STR("crypto"), i, false); i++) {
		struct bel_sdp_crypto theirs;
		const struct bel_offer_crypto *ours;
		if (bel_sdp_crypto_parse(&theirs, value) || theirs.has_mki ||
		    theirs.has_params)
			continue;
		ours = find_crypto(local, &theirs);
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
	if (!out->fingerprint.len || !local->fingerprint.len)
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
				       : match_crypto(out, sdp, media, local) ||
						 match_dtls(out, local);
	if (is_protected)
		return true;
	/* Who offered without protection takes the answer without. */
	return profile->srtp == BEL_OFFER_PLAIN &&
	       (local->accepts_plain || (is_answer && local->srtp == BEL_OFFER_PLAIN));
}

/* ---- together ---- */

static void cut_direction(struct bel_offer_stream *out,
			  const struct bel_offer_local_stream *local)
{
	out->direction &= local->direction;
	if (out->has_mux && !local->has_mux)
		out->has_mux = false;
}

/* Where the choice is ours we are active, so that the handshake begins at once; but an
 * association that goes on keeps its roles (RFC 8842 section 5.3). */
static void choose_setup(struct bel_offer_stream *out,
			 const struct bel_offer_stream *before)
{
	if (out->setup != BEL_OFFER_ACTPASS)
		return;
	out->setup = before && before->srtp == BEL_OFFER_DTLS &&
				     bel_str_is_equal_nocase(before->fingerprint,
							     out->fingerprint)
			     ? before->setup
			     : BEL_OFFER_ACTIVE;
}

void bel_stream_answer(struct bel_offer_stream *out, const struct bel_sdp *sdp,
		       unsigned media, const struct bel_offer_local_stream *local,
		       const struct bel_offer_stream *before)
{
	bel_stream_read(out, sdp, media);
	if (out->is_rejected)
		return;
	if (!local || !bel_str_is_equal(local->kind, out->kind) || !local->codecs_count) {
		out->is_rejected = true;
		return;
	}
	choose_setup(out, before);
	match_codecs(out, sdp, media, local, false);
	if (!match_srtp(out, sdp, media, local, false))
		out->is_rejected = true;
	cut_direction(out, local);
}

void bel_stream_conclude(struct bel_offer_stream *out, const struct bel_sdp *sdp,
			 unsigned media, const struct bel_offer_local_stream *offered)
{
	bel_stream_read(out, sdp, media);
	if (!offered->codecs_count)
		out->is_rejected = true;
	if (out->is_rejected)
		return;
	choose_setup(out, NULL);
	match_codecs(out, sdp, media, offered, true);
	if (!match_srtp(out, sdp, media, offered, true))
		out->is_rejected = true;
	cut_direction(out, offered);
}
