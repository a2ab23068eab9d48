/* SPDX-License-Identifier: Apache-2.0
 *
 * SRTP packets (RFC 3711 section 3.1, RFC 7714 section 8):
 *   AES-CM  header, encrypted payload, MKI, tag of all but the MKI and of the ROC
 *   GCM     header, encrypted payload, tag of all before it, MKI */
#include "rtp/packet.h"
#include "rtp/srtp_int.h"

enum { INDEX_BITS = 48 };

/* One packet on its way. */
struct job {
	struct bel_srtp_stream *stream;
	uint32_t ssrc;
	uint64_t index;
	size_t header_bytes;
};

/* Whose packet it is and which index it has; what was there before is refused. */
static enum bel_err begin(struct job *job, struct bel_srtp *srtp, const char *buf,
			  size_t len)
{
	enum bel_err err = bel_rtp_header_bytes(&job->header_bytes,
						(bel_str){ buf, len });

	if (err)
		return err;
	job->ssrc = bel_srtp_read_be32(buf + BEL_SRTP_SSRC_OFFSET);
	err = bel_srtp_stream_find(&job->stream, srtp, job->ssrc);
	if (err)
		return err;
	uint16_t seq = (uint16_t)bel_srtp_read_be32(buf); /* bytes 2 and 3 */
	err = bel_srtp_window_guess(&job->index, &job->stream->rtp, seq);
	if (err)
		return err;
	if (job->index >> INDEX_BITS)
		return BEL_ERR_LIMIT;
	return bel_srtp_window_check(&job->stream->rtp, job->index);
}

static void finish(struct job *job)
{
	bel_srtp_stream_take(job->stream, job->ssrc);
	bel_srtp_window_put(&job->stream->rtp, job->index);
}

/* The tag of AES-CM suites: of the packet and the roll-over counter. */
static void make_tag(uint8_t tag[BEL_HMAC_SHA1_BYTES], const struct bel_srtp *srtp,
		     const struct job *job, const char *buf, size_t len)
{
	char roll_over[4];
	const bel_str pieces[] = { { buf, len }, { roll_over, sizeof roll_over } };

	bel_srtp_write_be32(roll_over, (uint32_t)(job->index >> 16));
	bel_hmac_sha1(tag, &srtp->rtp.hmac, pieces, BEL_COUNT_OF(pieces));
}

static enum bel_err apply_ctr(struct bel_srtp *srtp, const struct job *job, char *buf,
			      size_t len)
{
	uint8_t iv[BEL_CTR_IV_BYTES];

	bel_srtp_counter(iv, &srtp->rtp, job->ssrc, job->index);
	return bel_ctr_apply(srtp->rtp.ctr, iv, buf + job->header_bytes,
			     len - job->header_bytes);
}

static enum bel_err protect_cm(struct bel_srtp *srtp, const struct job *job, char *buf,
			       size_t len)
{
	uint8_t tag[BEL_HMAC_SHA1_BYTES];
	enum bel_err err = apply_ctr(srtp, job, buf, len);

	if (err)
		return err;
	make_tag(tag, srtp, job, buf, len);
	memcpy(buf + len, srtp->mki, srtp->mki_bytes);
	memcpy(buf + len + srtp->mki_bytes, tag, srtp->rtp.tag_bytes);
	return BEL_OK;
}

static enum bel_err protect_gcm(struct bel_srtp *srtp, const struct job *job, char *buf,
				size_t len)
{
	uint8_t iv[BEL_GCM_IV_BYTES];
	bel_str header = { buf, job->header_bytes };
	enum bel_err err;

	bel_srtp_nonce(iv, &srtp->rtp, job->ssrc, job->index);
	err = bel_gcm_encrypt(srtp->rtp.gcm, iv, &header, 1, buf + header.len,
			      len - header.len);
	if (!err)
		memcpy(buf + len + srtp->rtp.tag_bytes, srtp->mki, srtp->mki_bytes);
	return err;
}

enum bel_err bel_srtp_protect(struct bel_srtp *srtp, char *buf, size_t *len,
			      size_t buf_size)
{
	size_t added = srtp->rtp.tag_bytes + srtp->mki_bytes;
	struct job job;
	enum bel_err err;

	if (*len > buf_size || buf_size - *len < added)
		return BEL_ERR_SPACE;
	err = begin(&job, srtp, buf, *len);
	if (err)
		return err;
	err = srtp->suite->is_gcm ? protect_gcm(srtp, &job, buf, *len)
				  : protect_cm(srtp, &job, buf, *len);
	if (err)
		return err;
	finish(&job);
	*len += added;
	return BEL_OK;
}

static enum bel_err unprotect_cm(struct bel_srtp *srtp, const struct job *job, char *buf,
				 size_t len)
{
	const char *mki = buf + len;
	uint8_t tag[BEL_HMAC_SHA1_BYTES];

	make_tag(tag, srtp, job, buf, len);
	if (memcmp(mki, srtp->mki, srtp->mki_bytes) ||
	    !bel_str_is_equal_secret(
		    (bel_str){ mki + srtp->mki_bytes, srtp->rtp.tag_bytes },
		    (bel_str){ (const char *)tag, srtp->rtp.tag_bytes }))
		return BEL_ERR_MISMATCH;
	return apply_ctr(srtp, job, buf, len);
}

static enum bel_err unprotect_gcm(struct bel_srtp *srtp, const struct job *job, char *buf,
				  size_t len)
{
	uint8_t iv[BEL_GCM_IV_BYTES];
	bel_str header = { buf, job->header_bytes };

	if (memcmp(buf + len + srtp->rtp.tag_bytes, srtp->mki, srtp->mki_bytes))
		return BEL_ERR_MISMATCH;
	bel_srtp_nonce(iv, &srtp->rtp, job->ssrc, job->index);
	return bel_gcm_decrypt(srtp->rtp.gcm, iv, &header, 1, buf + header.len,
			       len - header.len);
}

enum bel_err bel_srtp_unprotect(struct bel_srtp *srtp, char *buf, size_t *len)
{
	size_t added = srtp->rtp.tag_bytes + srtp->mki_bytes;
	struct job job;
	enum bel_err err;

	if (*len < added)
		return BEL_ERR_SYNTAX;
	size_t plain_len = *len - added;
	err = begin(&job, srtp, buf, plain_len);
	if (err)
		return err;
	err = srtp->suite->is_gcm ? unprotect_gcm(srtp, &job, buf, plain_len)
				  : unprotect_cm(srtp, &job, buf, plain_len);
	if (err)
		return err;
	finish(&job);
	*len = plain_len;
	return BEL_OK;
}
