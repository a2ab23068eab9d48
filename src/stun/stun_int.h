/* SPDX-License-Identifier: Apache-2.0
 * What the files of this room share. */
#ifndef BEL_STUN_STUN_INT_H
#define BEL_STUN_STUN_INT_H

#include "stun/stun.h"

#define BEL_STUN_MAGIC_COOKIE    0x2112a442u
#define BEL_STUN_FINGERPRINT_XOR 0x5354554eu

enum {
	BEL_STUN_ATTR_HEAD_BYTES = 4,
	BEL_STUN_FAMILY_IPV4 = 1,
	BEL_STUN_FAMILY_IPV6 = 2,
	BEL_STUN_MASK_BYTES = 16,
};

/* The cookie and the transaction, which mask an address (RFC 8489 section 14.2): bytes 4
 * to 20 of every message. */
static inline bel_str bel_stun_mask(bel_str message)
{
	return bel_str_slice(message, 4, BEL_STUN_HEADER_BYTES);
}

static inline size_t bel_stun_padded(size_t len)
{
	return (len + 3) & ~(size_t)3;
}

/* The code of bytes whose header says that they end len bytes behind it. out has room for
 * the digest of attr. */
enum bel_err bel_stun_hmac(uint8_t *out, struct bel_crypto *crypto,
			   enum bel_stun_attr attr, bel_str key, bel_str bytes,
			   size_t len);
enum bel_digest bel_stun_digest(enum bel_stun_attr attr);

#endif
