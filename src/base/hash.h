/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_BASE_HASH_H
#define BEL_BASE_HASH_H

#include <stdint.h>

#include "base/str.h"

/* A secret for hashes over what peers choose. */
struct bel_hash_key {
	uint64_t k0, k1;
};

/* SipHash-1-3: a keyed hash that a peer without the key can neither steer nor guess. */
uint64_t bel_hash(const struct bel_hash_key *key, bel_str bytes);
/* With ASCII letters folded to lower case. */
uint64_t bel_hash_nocase(const struct bel_hash_key *key, bel_str bytes);
/* SipHash-2-4, 64 bits: a MAC for short-lived tokens that come back over the network. */
uint64_t bel_mac64(const struct bel_hash_key *key, bel_str bytes);
/* The same over up to 255 texts, below 4 GiB each, laid out so that no two lists look
 * alike: the lengths as 32 bits, two in a word of eight bytes, the first of them above;
 * each text with zeros up to a multiple of eight bytes; a byte with their count. */
uint64_t bel_mac64_list(const struct bel_hash_key *key, const bel_str *texts,
			size_t count);
/* And as a hash. */
uint64_t bel_hash_list(const struct bel_hash_key *key, const bel_str *texts,
		       size_t count);
/* CRC-32C (RFC 3720 appendix B.4); start with 0, go on with the last result. */
uint32_t bel_crc32c(uint32_t crc, bel_str bytes);

#endif
