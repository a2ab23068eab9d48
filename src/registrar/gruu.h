/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_REGISTRAR_GRUU_H
#define BEL_REGISTRAR_GRUU_H

#include "base/base.h"
#include "crypto/crypto.h"
#include "location/location.h"

/* The user part of a temporary GRUU, as RFC 5627 appendix A.2 makes it: "tgruu." and, in
 * base64url, one block of AES over a random number and the series of the instance
 * (location.h), with a MAC behind. Nothing is kept for one that was given out; they end
 * with their series, and two of them tell nobody whether they are of the same phone. */

/* Durable: GRUUs outlive the process. The store keeps it under this name. */
#define BEL_GRUU_KEY_NAME "gruu key"
struct bel_gruu_key {
	uint8_t cipher[BEL_BLOCK_BYTES], mac[BEL_DIGEST_BYTES_MAX];
};

enum { BEL_GRUU_USER_BYTES = 6 + 36 };

/* draw is random and not used twice. BEL_ERR_UNSUPPORTED only when OpenSSL fails; then
 * nothing is written. */
enum bel_err bel_gruu_write(struct bel_writer *writer, struct bel_crypto *crypto,
			    const struct bel_gruu_key *key, uint64_t series,
			    uint64_t draw);
/* The series in an unescaped user part. BEL_ERR_SYNTAX: no such form; BEL_ERR_MISMATCH:
 * not made with this key. */
enum bel_err bel_gruu_parse(uint64_t *series, struct bel_crypto *crypto,
			    const struct bel_gruu_key *key, bel_str user);
/* Whose it is: address and instance, in the arena. BEL_ERR_NOT_FOUND when it was made
 * here and is over; else as above, or BEL_ERR_SPACE. */
enum bel_err bel_gruu_find(struct bel_location *location, struct bel_crypto *crypto,
			   const struct bel_gruu_key *key, bel_str user, uint64_t wall_ms,
			   struct bel_arena *arena, bel_str *aor, bel_str *instance);

#endif
