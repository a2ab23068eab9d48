/* SPDX-License-Identifier: Apache-2.0
 *
 * SRTCP packets (RFC 3711 section 3.4, RFC 7714 section 9):
 *   AES-CM  header and SSRC, encrypted rest, E bit and index, MKI, tag of all but the MKI
 *   GCM     header and SSRC, encrypted rest, tag, E bit and index, MKI */
#include "rtp/srtp_int.h"

static const uint32_t encrypted_bit = 0x80000000, index_bits = 0x7fffffff;

/* One compound on its way; len is that of the plain one. */
struct job {
	struct bel_srtp_stream *stream;
	uint32_t ssrc;
	uint32_t index;
	bool is_encrypted;
	char *buf;
	size_t len;
};

static uint32_t index_word(const struct job *job)
{
	return job->index | (job->is_encrypted ? encrypted_bit : 0);
}

static enum bel_err find_stream(struct job *job, struct bel_srtp *srtp)
{
	if (job->len < BEL_SRTCP_CLEAR_BYTES || (uint8_t)job->buf[0] >> 6 != 2)
		return BEL_ERR_SYNTAX;
	job->ssrc = bel_srtp_read_be32(job->buf + 4);
	return bel_srtp_stream_find(&job->stream, srtp, job->ssrc);
}

static enum bel_err apply_ctr(struct bel_srtp *srtp, const struct job *job)
{
	uint8_t iv[BEL_CTR_IV_BYTES];

	if (!job->is_encrypted)
		return BEL_OK;
	bel_srtp_counter(iv, &srtp->rtcp, job->ssrc, job->index);
	return bel_ctr_apply(srtp->rtcp.ctr, iv, job->buf + BEL_SRTCP_CLEAR_BYTES,
			     job->len - BEL_SRTCP_CLEAR_BYTES);
}

/* Of the packet and the index behind it. */
static void make_tag(uint8_t tag[BEL_HMAC_SHA1_BYTES], const struct bel_srtp *srtp,
		     const struct job *job)
{
	bel_str authentic = { job->buf, job->len + BEL_SRTCP_INDEX_BYTES };

	bel_hmac_sha1(tag, &srtp->rtcp.hmac, &authentic, 1);
}

static enum bel_err protect_cm(struct bel_srtp *srtp, const struct job *job)
{
	char *index = job->buf + job->len, *mki = index + BEL_SRTCP_INDEX_BYTES;
	uint8_t tag[BEL_HMAC_SHA1_BYTES];
	enum bel_err err = apply_ctr(srtp, job);

	if (err)
		return err;
	bel_srtp_write_be32(index, index_word(job));
	make_tag(tag, srtp, job);
	memcpy(mki, srtp->mki, srtp->mki_bytes);
	memcpy(mki + srtp->mki_bytes, tag, srtp->rtcp.tag_bytes);
	return BEL_OK;
}

static enum bel_err unprotect_cm(struct bel_srtp *srtp, const struct job *job)
{
	const char *mki = job->buf + job->len + BEL_SRTCP_INDEX_BYTES;
	uint8_t tag[BEL_HMAC_SHA1_BYTES];

	make_tag(tag, srtp, job);
	if (memcmp(mki, srtp->mki, srtp->mki_bytes) ||
	    !bel_str_is_equal_secret(
		    (bel_str){ mki + srtp->mki_bytes, srtp->rtcp.tag_bytes },
		    (bel_str){ (const char *)tag, srtp->rtcp.tag_bytes }))
		return BEL_ERR_MISMATCH;
	return apply_ctr(srtp, job);
}

/* RFC 7714 sections 9.2 and 9.3: what is authenticated alone is the header, or all of a
 * packet that is not encrypted, and the index. */
static enum bel_err apply_gcm(struct bel_srtp *srtp, const struct job *job,
			      bool is_protecting)
{
	size_t clear = job->is_encrypted ? BEL_SRTCP_CLEAR_BYTES : job->len;
	char index[BEL_SRTCP_INDEX_BYTES];
	const bel_str pieces[] = { { job->buf, clear }, { index, sizeof index } };
	char *text = job->buf + clear;
	uint8_t iv[BEL_GCM_IV_BYTES];

	bel_srtp_write_be32(index, index_word(job));
	bel_srtp_nonce(iv, &srtp->rtcp, job->ssrc, job->index);
	return is_protecting ? bel_gcm_encrypt(srtp->rtcp.gcm, iv, pieces, 2, text,
					       job->len - clear)
			     : bel_gcm_decrypt(srtp->rtcp.gcm, iv, pieces, 2, text,
					       job->len - clear);
}

static enum bel_err protect_gcm(struct bel_srtp *srtp, const struct job *job)
{
	char *index = job->buf + job->len + srtp->rtcp.tag_bytes;
	enum bel_err err = apply_gcm(srtp, job, true);

	if (err)
		return err;
	bel_srtp_write_be32(index, index_word(job));
	memcpy(index + BEL_SRTCP_INDEX_BYTES, srtp->mki, srtp->mki_bytes);
	return BEL_OK;
}

static enum bel_err unprotect_gcm(struct bel_srtp *srtp, const struct job *job)
{
	const char *mki = job->buf + job->len + srtp->rtcp.tag_bytes +
			  BEL_SRTCP_INDEX_BYTES;

	if (memcmp(mki, srtp->mki, srtp->mki_bytes))
		return BEL_ERR_MISMATCH;
	return apply_gcm(srtp, job, false);
}

static size_t added_bytes(const struct bel_srtp *srtp)
{
	return srtp->rtcp.tag_bytes + BEL_SRTCP_INDEX_BYTES + srtp->mki_bytes;
}

enum bel_err bel_srtcp_protect(struct bel_srtp *srtp, char *buf, size_t *len,
			       size_t buf_size)
{
	size_t added = added_bytes(srtp);
	struct job job = { .buf = buf,
			   .len = *len,
			   .is_encrypted = !srtp->is_rtcp_clear };
	enum bel_err err;

	if (*len > buf_size || buf_size - *len < added)
		return BEL_ERR_SPACE;
	err = find_stream(&job, srtp);
	if (err)
		return err;
	job.index = job.stream->next_rtcp_index;
	if (job.index > index_bits)
		return BEL_ERR_LIMIT;
	err = srtp->suite->is_gcm ? protect_gcm(srtp, &job) : protect_cm(srtp, &job);
	if (err)
		return err;
	bel_srtp_stream_take(job.stream, job.ssrc);
	job.stream->next_rtcp_index++;
	*len += added;
	return BEL_OK;
}

enum bel_err bel_srtcp_unprotect(struct bel_srtp *srtp, char *buf, size_t *len)
{
	size_t added = added_bytes(srtp);
	struct job job = { .buf = buf };
	enum bel_err err;

	if (*len < added)
		return BEL_ERR_SYNTAX;
	job.len = *len - added;
	err = find_stream(&job, srtp);
	if (err)
		return err;
	size_t index_at = job.len + (srtp->suite->is_gcm ? srtp->rtcp.tag_bytes : 0);
	uint32_t word = bel_srtp_read_be32(buf + index_at);
	job.index = word & index_bits;
	job.is_encrypted = word & encrypted_bit;
	err = bel_srtp_window_check(&job.stream->rtcp, job.index);
	if (!err)
		err = srtp->suite->is_gcm ? unprotect_gcm(srtp, &job)
					  : unprotect_cm(srtp, &job);
	if (err)
		return err;
	bel_srtp_stream_take(job.stream, job.ssrc);
	bel_srtp_window_put(&job.stream->rtcp, job.index);
	*len = job.len;
	return BEL_OK;
}
