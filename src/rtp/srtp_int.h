/* SPDX-License-Identifier: Apache-2.0
 *
 * Between the files of SRTP. */
#ifndef BEL_RTP_SRTP_INT_H
#define BEL_RTP_SRTP_INT_H

#include "crypto/crypto.h"
#include "rtp/srtp.h"

enum {
	BEL_SRTP_AUTH_KEY_BYTES = 20,
	BEL_SRTP_WINDOW_WORDS = 2, /* of 64 packets each */
	BEL_SRTP_SSRC_OFFSET = 8,
	BEL_SRTCP_CLEAR_BYTES = 8, /* the first header and SSRC are never encrypted */
	BEL_SRTCP_INDEX_BYTES = 4,
};

/* What makes a suite (RFC 4568 section 6.2, RFC 6188 section 3, RFC 7714 section 13). */
struct bel_srtp_suite_row {
	const char *name;
	uint8_t key_bytes, salt_bytes;
	uint8_t tag_bytes, rtcp_tag_bytes;
	bool is_gcm;
};
extern const struct bel_srtp_suite_row bel_srtp_suites[BEL_SRTP_SUITE_COUNT];

/* Session keys of one side, RTP or RTCP. */
struct bel_srtp_keys {
	uint8_t cipher[BEL_SRTP_KEY_BYTES_MAX];
	uint8_t auth[BEL_SRTP_AUTH_KEY_BYTES];
	uint8_t salt[BEL_SRTP_SALT_BYTES_MAX];
};
/* RFC 3711 section 4.3; master is key and salt. */
enum bel_err bel_srtp_keys_derive(struct bel_srtp_keys *out,
				  const struct bel_srtp_suite_row *suite, bel_str master,
				  bool is_rtcp);

/* As bel_srtp_open, from session keys that were derived elsewhere; opts->key is not
 * looked at. */
enum bel_err bel_srtp_open_session(struct bel_srtp **out,
				   const struct bel_srtp_opts *opts,
				   const struct bel_srtp_keys *rtp,
				   const struct bel_srtp_keys *rtcp);

/* The cipher of one side. */
struct bel_srtp_side {
	struct bel_ctr *ctr; /* or */
	struct bel_gcm *gcm;
	struct bel_hmac_sha1 hmac;
	uint8_t salt[BEL_SRTP_SALT_BYTES_MAX];
	size_t tag_bytes;
};

/* The highest index so far and which of the 128 up to it there were (RFC 3711 section
 * 3.3.2). All zero: none yet. */
struct bel_srtp_window {
	bool has_any;
	uint64_t highest;
	uint64_t seen[BEL_SRTP_WINDOW_WORDS]; /* bit n: highest - n */
};
/* The index that a sequence number probably means (section 3.3.1); BEL_ERR_EXISTS when
 * that lies before the first. */
enum bel_err bel_srtp_window_guess(uint64_t *index, const struct bel_srtp_window *window,
				   uint16_t seq);
/* BEL_ERR_EXISTS: seen, or too old to tell. */
enum bel_err bel_srtp_window_check(const struct bel_srtp_window *window, uint64_t index);
void bel_srtp_window_put(struct bel_srtp_window *window, uint64_t index);

struct bel_srtp_stream {
	bool is_used;
	uint32_t ssrc;
	uint32_t next_rtcp_index; /* of ours */
	struct bel_srtp_window rtp, rtcp;
};

struct bel_srtp {
	const struct bel_srtp_suite_row *suite;
	bool is_rtcp_clear;
	uint8_t mki_bytes;
	uint8_t mki[BEL_SRTP_MKI_BYTES_MAX];
	struct bel_srtp_side rtp, rtcp;
	uint32_t rtcp_first; /* of streams that are not used yet */
	unsigned streams_max;
	struct bel_srtp_stream streams[];
};

/* That of the SSRC, or a free one, which is the caller's to take once the packet has
 * proved authentic; BEL_ERR_LIMIT. */
enum bel_err bel_srtp_stream_find(struct bel_srtp_stream **out, struct bel_srtp *srtp,
				  uint32_t ssrc);
/* Makes a free one that of the SSRC. */
void bel_srtp_stream_take(struct bel_srtp_stream *stream, uint32_t ssrc);

/* The counter of AES-CM (section 4.1.1), and the nonce of GCM (RFC 7714 section 8.1). */
void bel_srtp_counter(uint8_t iv[BEL_CTR_IV_BYTES], const struct bel_srtp_side *side,
		      uint32_t ssrc, uint64_t index);
void bel_srtp_nonce(uint8_t iv[BEL_GCM_IV_BYTES], const struct bel_srtp_side *side,
		    uint32_t ssrc, uint64_t index);

/* Big-endian words within a packet; the caller knows that they are there. */
static inline uint32_t bel_srtp_read_be32(const char *at)
{
	const uint8_t *bytes = (const uint8_t *)at;

	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
	       (uint32_t)bytes[2] << 8 | bytes[3];
}

static inline void bel_srtp_write_be32(char *at, uint32_t value)
{
	for (int i = 3; i >= 0; i--, value >>= 8)
		at[i] = (char)(uint8_t)value;
}

#endif
