/* SPDX-License-Identifier: Apache-2.0
 * Who wrote a message, and whether it arrived whole: keys and codes of RFC 8489 sections
 * 9 and 14.5 to 14.7. */
#ifndef BEL_STUN_INTEGRITY_H
#define BEL_STUN_INTEGRITY_H

#include "stun/stun.h"

/* Of a long-term credential; a short-term one is keyed with its password's bytes. */
struct bel_stun_key {
	uint8_t bytes[BEL_DIGEST_BYTES_MAX];
	uint8_t len;
};

static inline bel_str bel_stun_key_str(const struct bel_stun_key *key)
{
	return (bel_str){ (const char *)key->bytes, key->len };
}

/* Whether a name or password is its own OpaqueString (RFC 8265 section 4): printable
 * ASCII is. BEL_ERR_UNSUPPORTED for what is not ASCII: there is no Unicode normalisation
 * here, and a key made from the wrong form would only be a wrong password.
 * BEL_ERR_SYNTAX for controls and for nothing at all. */
enum bel_err bel_stun_opaque_verify(bel_str text);

/* H(username ":" realm ":" password) (RFC 8489 sections 9.2.2 and 18.5.1), the same as
 * HA1 of SIP. What came over the wire is taken as it is; whoever types is checked with
 * bel_stun_opaque_verify before. */
enum bel_err bel_stun_key_init(struct bel_stun_key *out, struct bel_crypto *crypto,
			       enum bel_stun_algorithm algorithm, bel_str username,
			       bel_str realm, bel_str password);
/* SHA-256(username ":" realm), RFC 8489 section 14.4. */
enum { BEL_STUN_USERHASH_BYTES = 32 };
enum bel_err bel_stun_userhash(uint8_t out[BEL_STUN_USERHASH_BYTES],
			       struct bel_crypto *crypto, bel_str username,
			       bel_str realm);

/* Whether MESSAGE-INTEGRITY-SHA256, or MESSAGE-INTEGRITY, is there and right: one of the
 * two, as attr says. A shortened SHA-256 is wrong: neither TURN nor ICE allows it.
 * BEL_ERR_NOT_FOUND, BEL_ERR_MISMATCH. */
enum bel_err bel_stun_verify(const struct bel_stun_msg *msg, struct bel_crypto *crypto,
			     enum bel_stun_attr attr, bel_str key);

/* CRC-32 as of RFC 1952 section 8. */
uint32_t bel_stun_crc32(bel_str bytes);

/* The head of a nonce that says what its server can (RFC 8489 section 9.2). */
enum {
	BEL_STUN_HAS_ALGORITHMS = 0x800000,
	BEL_STUN_HAS_USERHASH = 0x400000,
	BEL_STUN_COOKIE_BYTES = 13,
};
void bel_stun_write_cookie(struct bel_writer *writer, uint32_t features);
/* False when the nonce has no such head. */
bool bel_stun_cookie_parse(uint32_t *features, bel_str nonce);

#endif
