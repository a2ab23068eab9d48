/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_CRYPTO_DTLS_H
#define BEL_CRYPTO_DTLS_H

#include "base/base.h"

/* DTLS 1.2 (RFC 6347) as it makes keys for SRTP (RFC 5763, 5764), as a transformer of
 * datagrams: what came goes in, what is to be sent comes out through a port. Nobody
 * vouches for the certificates: the peer's is compared with the fingerprint that came by
 * signalling, and only then are there keys. Both sides have to show one.
 *
 * A connection belongs to one thread; a context is shared (any thread) and counted. */
struct bel_dtls_context;
struct bel_dtls;

/* Protection profiles (RFC 5764 section 4.1.2, RFC 7714 section 14.2). */
enum bel_dtls_profile {
	BEL_DTLS_AES128_CM_SHA1_80 = 1,
	BEL_DTLS_AES128_CM_SHA1_32 = 2,
	BEL_DTLS_AEAD_AES_128_GCM = 7,
	BEL_DTLS_AEAD_AES_256_GCM = 8,
};

/* All profiles above, GCM before HMAC. BEL_ERR_MISMATCH when key and certificate are not
 * a pair; BEL_ERR_SYNTAX when one cannot be read. */
enum bel_err bel_dtls_context_new(struct bel_dtls_context **out, bel_str cert_pem,
				  bel_str key_pem);
/* With a certificate made for it alone, self-signed, that names nobody: as good as any
 * where the fingerprint decides. */
enum bel_err bel_dtls_context_self_signed(struct bel_dtls_context **out);
struct bel_dtls_context *bel_dtls_context_ref(struct bel_dtls_context *context);
void bel_dtls_context_unref(struct bel_dtls_context *context);

/* A certificate's digest (RFC 8122 section 5). */
enum { BEL_DTLS_FINGERPRINT_BYTES_MAX = 64 };
struct bel_dtls_fingerprint {
	uint8_t bytes[BEL_DTLS_FINGERPRINT_BYTES_MAX];
	size_t len;
};
/* Of our own; hash is "sha-256", "sha-384", "sha-512" or "sha-1" (BEL_ERR_UNSUPPORTED),
 * letter case folded. */
enum bel_err bel_dtls_fingerprint(struct bel_dtls_fingerprint *out,
				  const struct bel_dtls_context *context, bel_str hash);

/* Called from inside bel_dtls_* calls: one datagram, borrowed for the call. */
typedef void bel_dtls_send(void *user, bel_str datagram);

/* is_client: a=setup:active. Nothing is sent yet. */
enum bel_err bel_dtls_open(struct bel_dtls **out, struct bel_dtls_context *context,
			   bool is_client, bel_dtls_send *send, void *user);
/* Says goodbye when the handshake was done. NULL is allowed. */
void bel_dtls_close(struct bel_dtls *dtls);

/* The client's first flight. BEL_ERR_AGAIN, as every step that is not the last. */
enum bel_err bel_dtls_start(struct bel_dtls *dtls);
/* BEL_OK: the handshake is done (and it was one more datagram of it, or of a repeated
 * flight); BEL_ERR_AGAIN; BEL_ERR_TLS: it failed, for good. What is no DTLS, or damaged,
 * is passed over. */
enum bel_err bel_dtls_on_datagram(struct bel_dtls *dtls, bel_str datagram);
/* Microseconds until bel_dtls_on_timer is due; BEL_ERR_NOT_FOUND: nothing is waited for.
 * OpenSSL 3.0 counts them by the system's clock (gettimeofday) and takes no other. */
enum bel_err bel_dtls_timeout_us(uint64_t *out, struct bel_dtls *dtls);
/* Sends the last flight again when it is due. The first wait is 250 ms, for somebody has
 * answered a call and listens; each further one is twice as long. BEL_ERR_TLS after a
 * dozen. */
enum bel_err bel_dtls_on_timer(struct bel_dtls *dtls);

/* The peer's certificate against the fingerprint of its description, which may come later
 * than the handshake is done: until then there are no keys. BEL_ERR_AGAIN: no certificate
 * yet; BEL_ERR_MISMATCH: it is another's; BEL_ERR_UNSUPPORTED: the hash. */
enum bel_err bel_dtls_verify(struct bel_dtls *dtls, bel_str hash,
			     const struct bel_dtls_fingerprint *fingerprint);

/* Master key and salt, one behind the other, of what we send and of what we receive. */
enum { BEL_DTLS_KEY_BYTES_MAX = 46 };
struct bel_dtls_keys {
	enum bel_dtls_profile profile;
	size_t len;
	uint8_t local[BEL_DTLS_KEY_BYTES_MAX], remote[BEL_DTLS_KEY_BYTES_MAX];
};
/* BEL_ERR_AGAIN: not done; BEL_ERR_DENIED: not verified; BEL_ERR_UNSUPPORTED: no common
 * profile. The caller wipes them. */
enum bel_err bel_dtls_keys(struct bel_dtls_keys *out, struct bel_dtls *dtls);

#endif
