/* SPDX-License-Identifier: Apache-2.0
 *
 * crypto: the only room that includes OpenSSL. Digests and MACs over bytes (digest.c),
 * one block of AES (block.c), ciphers for packets (packet_cipher.h), random bytes, and
 * TLS and DTLS as pure transformers of bytes (tls.h, dtls.h). Algorithms are fetched once
 * into a context that the caller owns; nothing is global. */
#ifndef BEL_CRYPTO_CRYPTO_H
#define BEL_CRYPTO_CRYPTO_H

#include "base/base.h"

enum bel_digest {
	BEL_MD5, /* digest authentication of phones only */
	BEL_SHA1,
	BEL_SHA256,
	BEL_SHA512_256, /* SHA-512/256 of FIPS 180-4, with its own initial values */
	BEL_DIGEST_COUNT
};

enum { BEL_DIGEST_BYTES_MAX = 32 };

/* Fetched algorithms and their contexts. One thread at a time. */
struct bel_crypto;

enum bel_err bel_crypto_open(struct bel_crypto **out);
void bel_crypto_close(struct bel_crypto *crypto);

/* Bytes of a digest. */
size_t bel_digest_size(enum bel_digest digest);

/* The digest of several pieces in a row; out has room for bel_digest_size bytes. Fails
 * only when OpenSSL does (BEL_ERR_UNSUPPORTED). */
enum bel_err bel_digest(uint8_t *out, struct bel_crypto *crypto, enum bel_digest digest,
			const bel_str *pieces, unsigned count);
/* HMAC (RFC 2104) of the same; SHA-1 and SHA-256. */
enum bel_err bel_hmac(uint8_t *out, struct bel_crypto *crypto, enum bel_digest digest,
		      bel_str key, const bel_str *pieces, unsigned count);

/* AES-128 on a single block, for values that are never encrypted twice: nothing chains
 * blocks here. out and in may be the same. BEL_ERR_UNSUPPORTED only when OpenSSL fails.
 */
enum { BEL_BLOCK_BYTES = 16 };
enum bel_err bel_block_encrypt(uint8_t out[BEL_BLOCK_BYTES], struct bel_crypto *crypto,
			       const uint8_t key[BEL_BLOCK_BYTES],
			       const uint8_t in[BEL_BLOCK_BYTES]);
enum bel_err bel_block_decrypt(uint8_t out[BEL_BLOCK_BYTES], struct bel_crypto *crypto,
			       const uint8_t key[BEL_BLOCK_BYTES],
			       const uint8_t in[BEL_BLOCK_BYTES]);

/* Overwrites a secret in a way that the compiler keeps. */
void bel_wipe(void *secret, size_t len);

/* Random bytes from OpenSSL's generator, for who has no loop (bel_loop_random). */
enum bel_err bel_random(void *buf, size_t len);

#include "crypto/certificate.h"
#include "crypto/dtls.h"
#include "crypto/packet_cipher.h"
#include "crypto/tls.h"

#endif
