/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <string.h>

/* SipHash (Aumasson, Bernstein 2012): 1-3 for tables that an attacker fills, 2-4 as a
 * MAC. OpenSSL's is its oracle in the tests. */
struct sip_state {
	uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static void mix(struct sip_state *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = rotate(s->v1, 13) ^ s->v0;
	s->v3 = rotate(s->v3, 16) ^ s->v2;
	s->v0 = rotate(s->v0, 32);
	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = rotate(s->v1, 17) ^ s->v2;
	s->v3 = rotate(s->v3, 21) ^ s->v0;
	s->v2 = rotate(s->v2, 32);
}

static void absorb(struct sip_state *s, uint64_t word, unsigned rounds)
{
	s->v3 ^= word;
	for (unsigned i = 0; i < rounds; i++)
		mix(s);
	s->v0 ^= word;
}

static uint64_t word_at(const char *ptr, size_t len)
{
	uint64_t word = 0;

	memcpy(&word, ptr, len < 8 ? len : 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

/* Sets bit 5 of every byte that is an ASCII capital letter, eight bytes at once. */
static uint64_t fold(uint64_t word)
{
	const uint64_t ones = 0x0101010101010101u, high = 0x80 * ones;
	uint64_t low = word & ~high;
	uint64_t from_a = low + (0x80 - 'A') * ones;
	uint64_t past_z = low + (0x80 - 'Z' - 1) * ones;

	return word | ((from_a & ~past_z & ~word & high) >> 2);
}

/* The kinds: rounds for each word, rounds at the end, letters folded first. */
struct kind {
	unsigned rounds, final_rounds;
	bool is_folded;
};

static inline uint64_t hash(const struct bel_hash_key *key, bel_str bytes,
			    struct kind kind)
{
	struct sip_state s = { key->k0 ^ 0x736f6d6570736575u,
			       key->k1 ^ 0x646f72616e646f6du,
			       key->k0 ^ 0x6c7967656e657261u,
			       key->k1 ^ 0x7465646279746573u };
	size_t at = 0;

	for (; bytes.len - at >= 8; at += 8) {
		uint64_t word = word_at(bytes.ptr + at, 8);
		absorb(&s, kind.is_folded ? fold(word) : word, kind.rounds);
	}
	uint64_t last = at < bytes.len ? word_at(bytes.ptr + at, bytes.len - at) : 0;
	absorb(&s, (kind.is_folded ? fold(last) : last) | (uint64_t)bytes.len << 56,
	       kind.rounds);
	s.v2 ^= 0xff;
	for (unsigned i = 0; i < kind.final_rounds; i++)
		mix(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint64_t bel_hash(const struct bel_hash_key *key, bel_str bytes)
{
	return hash(key, bytes, (struct kind){ 1, 3, false });
}

uint64_t bel_hash_nocase(const struct bel_hash_key *key, bel_str bytes)
{
	return hash(key, bytes, (struct kind){ 1, 3, true });
}

uint64_t bel_mac64(const struct bel_hash_key *key, bel_str bytes)
{
	return hash(key, bytes, (struct kind){ 2, 4, false });
}

static uint32_t crc_step(uint32_t crc, uint8_t byte)
{
	crc ^= byte;
	for (unsigned bit = 0; bit < 8; bit++)
		crc = crc >> 1 ^ (0x82f63b78u & (0u - (crc & 1)));
	return crc;
}

#if defined __x86_64__
__attribute__((target("sse4.2"))) static uint32_t crc_fast(uint32_t crc, bel_str bytes)
{
	uint64_t wide = crc;
	size_t at = 0;

	for (; bytes.len - at >= 8; at += 8)
		wide = __builtin_ia32_crc32di(wide, word_at(bytes.ptr + at, 8));
	crc = (uint32_t)wide;
	for (; at < bytes.len; at++)
		crc = __builtin_ia32_crc32qi(crc, (uint8_t)bytes.ptr[at]);
	return crc;
}
#endif

uint32_t bel_crc32c(uint32_t crc, bel_str bytes)
{
	crc = ~crc;
#if defined __x86_64__
	if (__builtin_cpu_supports("sse4.2"))
		return ~crc_fast(crc, bytes);
#endif
	for (size_t i = 0; i < bytes.len; i++)
		crc = crc_step(crc, (uint8_t)bytes.ptr[i]);
	return ~crc;
}
