/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <string.h>

/* SipHash (Aumasson, Bernstein 2012): 1-3 for tables that an attacker fills, 2-4 as a
 * MAC. OpenSSL's is its oracle in the tests. */
struct sip_state {
	uint64_t v0, v1, v2, v3;
};

/* A few dozen instructions a text, many texts a message: worth being in one piece. */
#define INLINE static inline __attribute__((always_inline))

INLINE uint64_t rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

INLINE void mix(struct sip_state *s)
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

INLINE void absorb(struct sip_state *s, uint64_t word, unsigned rounds)
{
	s->v3 ^= word;
	for (unsigned i = 0; i < rounds; i++)
		mix(s);
	s->v0 ^= word;
}

INLINE uint64_t word_at(const char *ptr)
{
	uint64_t word;

	memcpy(&word, ptr, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

/* The up to seven bytes from there on, the first one lowest: the end of the word that
 * ends with them, where there is one. */
INLINE uint64_t tail_from(bel_str bytes, size_t at)
{
	uint64_t word = 0;

	if (bytes.len >= 8)
		return at < bytes.len ? word_at(bytes.ptr + bytes.len - 8) >>
						(64 - 8 * (bytes.len - at))
				      : 0;
	for (size_t i = bytes.len; i > at; i--)
		word = word << 8 | (unsigned char)bytes.ptr[i - 1];
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

INLINE struct sip_state begin(const struct bel_hash_key *key)
{
	return (struct sip_state){ key->k0 ^ 0x736f6d6570736575u,
				   key->k1 ^ 0x646f72616e646f6du,
				   key->k0 ^ 0x6c7967656e657261u,
				   key->k1 ^ 0x7465646279746573u };
}

/* Whole words; what is left of the bytes, as one. */
INLINE uint64_t absorb_words(struct sip_state *s, bel_str bytes, struct kind kind)
{
	size_t at = 0;

	for (; bytes.len - at >= 8; at += 8) {
		uint64_t word = word_at(bytes.ptr + at);
		absorb(s, kind.is_folded ? fold(word) : word, kind.rounds);
	}
	uint64_t tail = tail_from(bytes, at);
	return kind.is_folded ? fold(tail) : tail;
}

INLINE uint64_t finish(struct sip_state *s, uint64_t last, struct kind kind)
{
	absorb(s, last, kind.rounds);
	s->v2 ^= 0xff;
	for (unsigned i = 0; i < kind.final_rounds; i++)
		mix(s);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

INLINE uint64_t hash(const struct bel_hash_key *key, bel_str bytes, struct kind kind)
{
	struct sip_state s = begin(key);
	uint64_t tail = absorb_words(&s, bytes, kind);

	return finish(&s, tail | (uint64_t)bytes.len << 56, kind);
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

INLINE uint64_t hash_list(const struct bel_hash_key *key, const bel_str *texts,
			  size_t count, struct kind kind)
{
	struct sip_state s = begin(key);
	uint64_t words = (count + 1) / 2, lens = 0;

	for (size_t i = 0; i < count; i++) {
		lens = lens << 32 | (uint32_t)texts[i].len;
		if (i % 2 || i + 1 == count)
			absorb(&s, lens, kind.rounds);
	}
	for (size_t i = 0; i < count; i++) {
		uint64_t tail = absorb_words(&s, texts[i], kind);
		if (texts[i].len & 7)
			absorb(&s, tail, kind.rounds);
		words += (texts[i].len + 7) / 8;
	}
	return finish(&s, (words * 8 + 1) << 56 | (uint8_t)count, kind);
}

uint64_t bel_hash_list(const struct bel_hash_key *key, const bel_str *texts, size_t count)
{
	return hash_list(key, texts, count, (struct kind){ 1, 3, false });
}

uint64_t bel_mac64_list(const struct bel_hash_key *key, const bel_str *texts,
			size_t count)
{
	return hash_list(key, texts, count, (struct kind){ 2, 4, false });
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
		wide = __builtin_ia32_crc32di(wide, word_at(bytes.ptr + at));
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
