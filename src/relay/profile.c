/* SPDX-License-Identifier: Apache-2.0
 * What a media part says of itself. */
#include "relay/relay_int.h"

struct profile {
	bel_str text;
	bool has_feedback;
	enum bel_relay_keying keying;
};

#define PROFILE(name, feedback, keys)                                                    \
	{                                                                                \
		.text = { (name), sizeof(name) - 1 }, .has_feedback = (feedback),        \
		.keying = (keys)                                                         \
	}

/* RFC 3551, RFC 4585, RFC 3711, RFC 5124, RFC 5764 section 9, RFC 3362. */
static const struct profile profiles[PROTO_COUNT] = {
	[PROTO_OTHER] = PROFILE("", false, BEL_RELAY_PLAIN),
	[PROTO_AVP] = PROFILE("RTP/AVP", false, BEL_RELAY_PLAIN),
	[PROTO_AVPF] = PROFILE("RTP/AVPF", true, BEL_RELAY_PLAIN),
	[PROTO_SAVP] = PROFILE("RTP/SAVP", false, BEL_RELAY_SDES),
	[PROTO_SAVPF] = PROFILE("RTP/SAVPF", true, BEL_RELAY_SDES),
	[PROTO_TLS_SAVP] = PROFILE("UDP/TLS/RTP/SAVP", false, BEL_RELAY_DTLS),
	[PROTO_TLS_SAVPF] = PROFILE("UDP/TLS/RTP/SAVPF", true, BEL_RELAY_DTLS),
	[PROTO_UDPTL] = PROFILE("udptl", false, BEL_RELAY_PLAIN),
};

enum proto bel_relay_proto_find(bel_str text)
{
	for (unsigned i = PROTO_AVP; i < PROTO_COUNT; i++)
		if (bel_str_is_equal_nocase(text, profiles[i].text))
			return (enum proto)i;
	return PROTO_OTHER;
}

bel_str bel_relay_proto_text(enum proto proto)
{
	return profiles[proto].text;
}

enum proto bel_relay_proto_for(enum bel_relay_keying keying, enum proto like)
{
	/* A plain phone seldom takes feedback; who does DTLS expects it. */
	bool has_feedback = keying == BEL_RELAY_DTLS ||
			    (keying == BEL_RELAY_SDES && profiles[like].has_feedback);

	for (unsigned i = PROTO_AVP; i < PROTO_UDPTL; i++)
		if (profiles[i].keying == keying &&
		    profiles[i].has_feedback == has_feedback)
			return (enum proto)i;
	return like;
}

/* The first line whose suite we have, without what few implement: a key identifier, or
 * session parameters (RFC 4568 section 6.3). */
static void read_crypto(struct said *out, const struct bel_sdp *sdp, unsigned media)
{
	unsigned at = 0;
	bel_str value;

	while (!out->keys.len &&
	       bel_sdp_attribute_next(&value, sdp, media, BEL_STR("crypto"), &at)) {
		struct bel_sdp_crypto crypto;
		enum bel_srtp_suite suite;
		if (bel_sdp_crypto_parse(&crypto, value) || crypto.has_mki ||
		    crypto.has_params || bel_srtp_suite_find(&suite, crypto.suite) ||
		    crypto.key_len !=
			    bel_srtp_key_bytes(suite) + bel_srtp_salt_bytes(suite))
			continue;
		out->crypto_tag = crypto.tag;
		out->keys.suite = suite;
		out->keys.len = (uint8_t)crypto.key_len;
		memcpy(out->keys.bytes, crypto.key, crypto.key_len);
		bel_wipe(&crypto, sizeof crypto);
	}
}

static bool read_fingerprint(struct said *out, const struct bel_sdp *sdp, unsigned media)
{
	struct bel_sdp_fingerprint fingerprint;
	bel_str value;

	if (!bel_sdp_attribute(&value, sdp, media, BEL_STR("fingerprint"), 0, true) ||
	    bel_sdp_fingerprint_parse(&fingerprint, value) ||
	    fingerprint.hash.len > sizeof out->hash ||
	    fingerprint.len > sizeof out->fingerprint.bytes)
		return false;
	out->hash_len = (uint8_t)fingerprint.hash.len;
	memcpy(out->hash, fingerprint.hash.ptr, fingerprint.hash.len);
	out->fingerprint.len = fingerprint.len;
	memcpy(out->fingerprint.bytes, fingerprint.bytes, fingerprint.len);
	return true;
}

/* RTP/SAVP stands for either kind of keys: some write it with a fingerprint and no key
 * (RFC 5764 before it had profiles of its own). */
static enum bel_relay_keying keying_of(const struct said *said, bool has_fingerprint)
{
	enum bel_relay_keying keying = profiles[said->proto].keying;

	return keying == BEL_RELAY_SDES && !said->keys.len && has_fingerprint
		       ? BEL_RELAY_DTLS
		       : keying;
}

static void read_payloads(struct said *out, const struct bel_sdp *sdp, unsigned media)
{
	bel_str formats = sdp->media[media].formats, word;
	struct bel_sdp_codec codec;
	uint64_t payload;

	while (bel_sdp_word_next(&word, &formats))
		if (!bel_str_to_u64(&payload, word, BEL_RTP_PAYLOAD_TYPE_MAX))
			out->payloads[payload / 64] |= (uint64_t)1 << payload % 64;
	formats = sdp->media[media].formats;
	if (bel_sdp_codec_next(&codec, sdp, media, &formats))
		out->clock_hz = codec.clock_hz;
}

void bel_relay_said_read(struct said *out, const struct call *call,
			 const struct bel_sdp *sdp, unsigned media)
{
	const struct bel_sdp_media *part = &sdp->media[media];
	bool has_fingerprint;

	*out = (struct said){
		.proto = bel_relay_proto_find(part->proto),
		.direction = bel_sdp_direction(sdp, media),
		.setup = bel_sdp_setup(sdp, media),
		.is_rejected = part->port == 0,
		.has_mux = bel_sdp_attribute(NULL, sdp, media, BEL_STR("rtcp-mux"), 0,
					     false),
		.rtp = bel_sdp_address(sdp, media),
	};
	out->rtcp = out->has_mux ? out->rtp : bel_sdp_rtcp_address(sdp, media);
	bel_relay_ice_read(out, call, sdp, media);
	/* RFC 3264 section 8.4: 0.0.0.0 is no place to send to. */
	if (bel_sdp_is_held(sdp, media) &&
	    bel_addr_range(&out->rtp) == BEL_ADDR_UNSPECIFIED)
		out->direction &= ~(unsigned)BEL_SDP_RECVONLY;
	read_crypto(out, sdp, media);
	has_fingerprint = read_fingerprint(out, sdp, media);
	out->keying = keying_of(out, has_fingerprint);
	read_payloads(out, sdp, media);
}
