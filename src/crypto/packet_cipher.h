/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_CRYPTO_PACKET_CIPHER_H
#define BEL_CRYPTO_PACKET_CIPHER_H

#include "base/base.h"

/* Ciphers for packets: the key is set up once, then each packet costs no more than its
 * own bytes. In place, one thread an object. Failures after opening are OpenSSL's own
 * (BEL_ERR_UNSUPPORTED), but for a tag that does not agree (BEL_ERR_MISMATCH). */

/* AES in counter mode; the key is of 16 or 32 bytes (else BEL_ERR_LIMIT). */
struct bel_ctr;
enum { BEL_CTR_IV_BYTES = 16 };
enum bel_err bel_ctr_open(struct bel_ctr **out, bel_str key);
void bel_ctr_close(struct bel_ctr *ctr); /* NULL is allowed */
/* Adds the key stream that begins at this counter: encrypts and decrypts. */
enum bel_err bel_ctr_apply(struct bel_ctr *ctr, const uint8_t iv[BEL_CTR_IV_BYTES],
			   void *buf, size_t len);

/* AES in Galois counter mode, tag of 16 bytes behind the text. */
struct bel_gcm;
enum { BEL_GCM_IV_BYTES = 12, BEL_GCM_TAG_BYTES = 16 };
enum bel_err bel_gcm_open(struct bel_gcm **out, bel_str key);
void bel_gcm_close(struct bel_gcm *gcm);
/* clear: count pieces that are authenticated, not encrypted. len is without the tag, for
 * which buf has room behind. */
enum bel_err bel_gcm_encrypt(struct bel_gcm *gcm, const uint8_t iv[BEL_GCM_IV_BYTES],
			     const bel_str *clear, unsigned count, void *buf, size_t len);
/* On BEL_ERR_MISMATCH buf holds bytes of no use. */
enum bel_err bel_gcm_decrypt(struct bel_gcm *gcm, const uint8_t iv[BEL_GCM_IV_BYTES],
			     const bel_str *clear, unsigned count, void *buf, size_t len);

/* HMAC-SHA1 (RFC 2104) with the two blocks of the key already digested: a packet costs
 * two blocks less, and nothing is set up. Plain memory; wipe it when done. */
enum { BEL_HMAC_SHA1_BYTES = 20 };
struct bel_hmac_sha1 {
	uint32_t inner[5], outer[5];
};
/* BEL_ERR_LIMIT: a key over 64 bytes. */
enum bel_err bel_hmac_sha1_init(struct bel_hmac_sha1 *hmac, bel_str key);
/* The MAC of several pieces in a row. Cannot fail. */
void bel_hmac_sha1(uint8_t out[BEL_HMAC_SHA1_BYTES], const struct bel_hmac_sha1 *hmac,
		   const bel_str *pieces, unsigned count);

#endif
