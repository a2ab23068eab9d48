/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_RTP_SRTP_H
#define BEL_RTP_SRTP_H

#include "base/base.h"

/* SRTP and SRTCP (RFC 3711). Key derivation rate 0. */
enum bel_srtp_suite {
	BEL_SRTP_AES_CM_128_HMAC_SHA1_80, /* RFC 4568 section 6.2 */
	BEL_SRTP_AES_CM_128_HMAC_SHA1_32,
	BEL_SRTP_AES_256_CM_HMAC_SHA1_80, /* RFC 6188 */
	BEL_SRTP_AES_256_CM_HMAC_SHA1_32,
	BEL_SRTP_AEAD_AES_128_GCM, /* RFC 7714 */
	BEL_SRTP_AEAD_AES_256_GCM,
	BEL_SRTP_SUITE_COUNT
};

enum {
	BEL_SRTP_KEY_BYTES_MAX = 32,
	BEL_SRTP_SALT_BYTES_MAX = 14,
	BEL_SRTP_MKI_BYTES_MAX = 128,
	/* what protecting adds at most, without an MKI: 4 of the SRTCP index and the tag
	 */
	BEL_SRTP_OVERHEAD_BYTES = 20,
	BEL_SRTP_STREAMS_DEFAULT = 8,
};

/* The name in an a=crypto line. */
bel_str bel_srtp_suite_name(enum bel_srtp_suite suite);
/* BEL_ERR_NOT_FOUND. */
enum bel_err bel_srtp_suite_find(enum bel_srtp_suite *out, bel_str name);
/* Of a protection profile that DTLS agreed on (RFC 5764 section 4.1.2, RFC 7714 section
 * 14.2); BEL_ERR_NOT_FOUND. */
enum bel_err bel_srtp_suite_of_profile(enum bel_srtp_suite *out, unsigned profile);
/* Bytes of the master key and the master salt, which stand one behind the other in
 * a=crypto and in what DTLS exports. */
size_t bel_srtp_key_bytes(enum bel_srtp_suite suite);
size_t bel_srtp_salt_bytes(enum bel_srtp_suite suite);

/* One direction under one master key: its session keys and, for each SSRC, the index and
 * the replay window of RTP and of RTCP. One thread. */
struct bel_srtp;

struct bel_srtp_opts {
	enum bel_srtp_suite suite;
	bel_str key;          /* master key and salt, one behind the other; not kept */
	bel_str mki;          /* empty: none. Kept as a copy. */
	unsigned streams_max; /* SSRCs that can be told apart; 0: 8 */
	bool is_rtcp_clear;   /* SRTCP is sent authenticated but not encrypted */
};

/* BEL_ERR_LIMIT: a key or MKI of another length than it must have. The only allocation.
 */
enum bel_err bel_srtp_open(struct bel_srtp **out, const struct bel_srtp_opts *opts);
/* Wipes the keys. NULL is allowed. */
void bel_srtp_close(struct bel_srtp *srtp);

/* All four work in place: *len bytes of buf before, and after. On failure *len is as it
 * was and nothing has been remembered; what lies in buf is then of no use.
 *
 * BEL_ERR_SYNTAX    no such packet at all
 * BEL_ERR_SPACE     buf_size does not hold what protecting adds
 * BEL_ERR_EXISTS    this index was there before, or is older than the window of 128
 * BEL_ERR_MISMATCH  forged or damaged, or of another key or MKI
 * BEL_ERR_LIMIT     more SSRCs than streams_max, or the key's life is over (2^48 packets,
 *                   2^31 of RTCP): it needs another key */
enum bel_err bel_srtp_protect(struct bel_srtp *srtp, char *buf, size_t *len,
			      size_t buf_size);
enum bel_err bel_srtp_unprotect(struct bel_srtp *srtp, char *buf, size_t *len);
enum bel_err bel_srtcp_protect(struct bel_srtp *srtp, char *buf, size_t *len,
			       size_t buf_size);
enum bel_err bel_srtcp_unprotect(struct bel_srtp *srtp, char *buf, size_t *len);

/* Where a context stands, for another one with the same key that goes on from there. */
struct bel_srtp_state {
	uint32_t ssrc;
	uint64_t index;      /* of the last packet of RTP, with the roll-over counter */
	uint32_t rtcp_index; /* of the last one of theirs */
	uint32_t rtcp_next;  /* of ours */
	bool has_rtp, has_rtcp; /* whether there was one that has that index */
};
/* How many were written. */
unsigned bel_srtp_states(struct bel_srtp_state *out, unsigned max,
			 const struct bel_srtp *srtp);
/* Where our reports of an SSRC begin that has sent none yet: 0, but where it was resumed.
 */
uint32_t bel_srtp_rtcp_first(const struct bel_srtp *srtp);
/* For a context that was just opened. What is not later than what is told here is
 * refused, though some of it may not have been there: better than once too often.
 * rtcp_ahead: by so much more our next index of RTCP, and rtcp_first, where SSRCs begin
 * that are not told of (RFC 3711 section 9.1: none may be used twice). BEL_ERR_LIMIT:
 * more SSRCs than streams_max. */
enum bel_err bel_srtp_resume(struct bel_srtp *srtp, const struct bel_srtp_state *states,
			     unsigned count, uint32_t rtcp_first, uint32_t rtcp_ahead);

/* An SSRC that has left (BYE, a change of source) gives its place back. The same SSRC
 * must not come back under this key when we are its sender. */
void bel_srtp_forget(struct bel_srtp *srtp, uint32_t ssrc);

#endif
