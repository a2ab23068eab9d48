/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "rtp/srtp_int.h"

enum { STREAMS_MAX = 4096 };

const struct bel_srtp_suite_row bel_srtp_suites[BEL_SRTP_SUITE_COUNT] = {
	[BEL_SRTP_AES_CM_128_HMAC_SHA1_80] = { "AES_CM_128_HMAC_SHA1_80", 16, 14, 10, 10,
					       false },
	/* RFC 4568 section 6.2.2: the tag of SRTCP stays long. */
	[BEL_SRTP_AES_CM_128_HMAC_SHA1_32] = { "AES_CM_128_HMAC_SHA1_32", 16, 14, 4, 10,
					       false },
	[BEL_SRTP_AES_256_CM_HMAC_SHA1_80] = { "AES_256_CM_HMAC_SHA1_80", 32, 14, 10, 10,
					       false },
	[BEL_SRTP_AES_256_CM_HMAC_SHA1_32] = { "AES_256_CM_HMAC_SHA1_32", 32, 14, 4, 10,
					       false },
	[BEL_SRTP_AEAD_AES_128_GCM] = { "AEAD_AES_128_GCM", 16, 12, 16, 16, true },
	[BEL_SRTP_AEAD_AES_256_GCM] = { "AEAD_AES_256_GCM", 32, 12, 16, 16, true },
};

bel_str bel_srtp_suite_name(enum bel_srtp_suite suite)
{
	return bel_str_from(bel_srtp_suites[suite].name);
}

enum bel_err bel_srtp_suite_find(enum bel_srtp_suite *out, bel_str name)
{
	for (unsigned i = 0; i < BEL_SRTP_SUITE_COUNT; i++)
		if (bel_str_is_equal_nocase(name,
					    bel_str_from(bel_srtp_suites[i].name))) {
			*out = (enum bel_srtp_suite)i;
			return BEL_OK;
		}
	return BEL_ERR_NOT_FOUND;
}

enum bel_err bel_srtp_suite_of_profile(enum bel_srtp_suite *out, unsigned profile)
{
	static const struct {
		enum bel_dtls_profile profile;
		enum bel_srtp_suite suite;
	} rows[] = {
		{ BEL_DTLS_AES128_CM_SHA1_80, BEL_SRTP_AES_CM_128_HMAC_SHA1_80 },
		{ BEL_DTLS_AES128_CM_SHA1_32, BEL_SRTP_AES_CM_128_HMAC_SHA1_32 },
		{ BEL_DTLS_AEAD_AES_128_GCM, BEL_SRTP_AEAD_AES_128_GCM },
		{ BEL_DTLS_AEAD_AES_256_GCM, BEL_SRTP_AEAD_AES_256_GCM },
	};

	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++)
		if (rows[i].profile == profile) {
			*out = rows[i].suite;
			return BEL_OK;
		}
	return BEL_ERR_NOT_FOUND;
}

size_t bel_srtp_key_bytes(enum bel_srtp_suite suite)
{
	return bel_srtp_suites[suite].key_bytes;
}

size_t bel_srtp_salt_bytes(enum bel_srtp_suite suite)
{
	return bel_srtp_suites[suite].salt_bytes;
}

static enum bel_err open_side(struct bel_srtp_side *side,
			      const struct bel_srtp_suite_row *suite,
			      const struct bel_srtp_keys *keys)
{
	bel_str key = { (const char *)keys->cipher, suite->key_bytes };
	enum bel_err err;

	memcpy(side->salt, keys->salt, sizeof side->salt);
	if (suite->is_gcm)
		return bel_gcm_open(&side->gcm, key);
	err = bel_hmac_sha1_init(
		&side->hmac, (bel_str){ (const char *)keys->auth, sizeof keys->auth });
	return err ? err : bel_ctr_open(&side->ctr, key);
}

enum bel_err bel_srtp_open_session(struct bel_srtp **out,
				   const struct bel_srtp_opts *opts,
				   const struct bel_srtp_keys *rtp,
				   const struct bel_srtp_keys *rtcp)
{
	const struct bel_srtp_suite_row *suite = &bel_srtp_suites[opts->suite];
	unsigned streams_max = opts->streams_max ? opts->streams_max
						 : BEL_SRTP_STREAMS_DEFAULT;
	struct bel_srtp *srtp;
	enum bel_err err;

	if (opts->mki.len > BEL_SRTP_MKI_BYTES_MAX || streams_max > STREAMS_MAX)
		return BEL_ERR_LIMIT;
	srtp = calloc(1, sizeof *srtp + streams_max * sizeof srtp->streams[0]);
	if (!srtp)
		return bel_err_from_errno(ENOMEM);
	srtp->suite = suite;
	srtp->streams_max = streams_max;
	srtp->is_rtcp_clear = opts->is_rtcp_clear;
	srtp->rtp.tag_bytes = suite->tag_bytes;
	srtp->rtcp.tag_bytes = suite->rtcp_tag_bytes;
	srtp->mki_bytes = (uint8_t)opts->mki.len;
	if (opts->mki.len)
		memcpy(srtp->mki, opts->mki.ptr, opts->mki.len);
	err = open_side(&srtp->rtp, suite, rtp);
	if (!err)
		err = open_side(&srtp->rtcp, suite, rtcp);
	if (err)
		bel_srtp_close(srtp);
	else
		*out = srtp;
	return err;
}

enum bel_err bel_srtp_open(struct bel_srtp **out, const struct bel_srtp_opts *opts)
{
	const struct bel_srtp_suite_row *suite = &bel_srtp_suites[opts->suite];
	struct bel_srtp_keys rtp, rtcp;
	enum bel_err err;

	if (opts->key.len != (size_t)suite->key_bytes + suite->salt_bytes)
		return BEL_ERR_LIMIT;
	err = bel_srtp_keys_derive(&rtp, suite, opts->key, false);
	if (!err)
		err = bel_srtp_keys_derive(&rtcp, suite, opts->key, true);
	if (!err)
		err = bel_srtp_open_session(out, opts, &rtp, &rtcp);
	bel_wipe(&rtp, sizeof rtp);
	bel_wipe(&rtcp, sizeof rtcp);
	return err;
}

static void close_side(struct bel_srtp_side *side)
{
	bel_ctr_close(side->ctr);
	bel_gcm_close(side->gcm);
	bel_wipe(side, sizeof *side);
}

void bel_srtp_close(struct bel_srtp *srtp)
{
	if (!srtp)
		return;
	close_side(&srtp->rtp);
	close_side(&srtp->rtcp);
	free(srtp);
}

/* ---- streams ---- */

enum bel_err bel_srtp_stream_find(struct bel_srtp_stream **out, struct bel_srtp *srtp,
				  uint32_t ssrc)
{
	struct bel_srtp_stream *unused = NULL;

	for (unsigned i = 0; i < srtp->streams_max; i++) {
		struct bel_srtp_stream *stream = &srtp->streams[i];
		if (stream->is_used && stream->ssrc == ssrc) {
			*out = stream;
			return BEL_OK;
		}
		if (!stream->is_used && !unused)
			unused = stream;
	}
	if (!unused)
		return BEL_ERR_LIMIT;
	*out = unused;
	return BEL_OK;
}

void bel_srtp_stream_take(struct bel_srtp_stream *stream, uint32_t ssrc)
{
	stream->is_used = true;
	stream->ssrc = ssrc;
}

void bel_srtp_forget(struct bel_srtp *srtp, uint32_t ssrc)
{
	for (unsigned i = 0; i < srtp->streams_max; i++)
		if (srtp->streams[i].is_used && srtp->streams[i].ssrc == ssrc)
			srtp->streams[i] = (struct bel_srtp_stream){
				.next_rtcp_index = srtp->rtcp_first
			};
}

/* ---- going on elsewhere ---- */

unsigned bel_srtp_states(struct bel_srtp_state *out, unsigned max,
			 const struct bel_srtp *srtp)
{
	unsigned count = 0;

	for (unsigned i = 0; i < srtp->streams_max && count < max; i++) {
		const struct bel_srtp_stream *stream = &srtp->streams[i];
		if (!stream->is_used)
			continue;
		out[count++] = (struct bel_srtp_state){
			.ssrc = stream->ssrc,
			.index = stream->rtp.highest,
			.rtcp_index = (uint32_t)stream->rtcp.highest,
			.rtcp_next = stream->next_rtcp_index,
			.has_rtp = stream->rtp.has_any,
			.has_rtcp = stream->rtcp.has_any,
		};
	}
	return count;
}

static struct bel_srtp_window full_up_to(bool has_any, uint64_t index)
{
	struct bel_srtp_window window = { .has_any = has_any, .highest = index };

	for (unsigned i = 0; has_any && i < BEL_SRTP_WINDOW_WORDS; i++)
		window.seen[i] = UINT64_MAX;
	return window;
}

uint32_t bel_srtp_rtcp_first(const struct bel_srtp *srtp)
{
	return srtp->rtcp_first;
}

enum bel_err bel_srtp_resume(struct bel_srtp *srtp, const struct bel_srtp_state *states,
			     unsigned count, uint32_t rtcp_first, uint32_t rtcp_ahead)
{
	srtp->rtcp_first = rtcp_first + rtcp_ahead;
	for (unsigned i = 0; i < srtp->streams_max; i++)
		srtp->streams[i].next_rtcp_index = srtp->rtcp_first;
	for (unsigned i = 0; i < count; i++) {
		const struct bel_srtp_state *state = &states[i];
		struct bel_srtp_stream *stream;
		enum bel_err err = bel_srtp_stream_find(&stream, srtp, state->ssrc);
		if (err)
			return err;
		bel_srtp_stream_take(stream, state->ssrc);
		stream->rtp = full_up_to(state->has_rtp, state->index);
		stream->rtcp = full_up_to(state->has_rtcp, state->rtcp_index);
		stream->next_rtcp_index = state->rtcp_next + rtcp_ahead;
	}
	return BEL_OK;
}
