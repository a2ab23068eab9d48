/* SPDX-License-Identifier: Apache-2.0 */
#include "io/sim_int.h"

/* splitmix64 (Steele, Lea, Flood 2014): spreads a small seed over the whole state. */
static uint64_t split(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

void bel_sim_random_init(struct bel_sim_random *random, uint64_t seed)
{
	for (unsigned i = 0; i < 4; i++)
		random->s[i] = split(&seed);
}

static uint64_t rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

/* xoshiro256** (Blackman, Vigna 2018). */
uint64_t bel_sim_random_next(struct bel_sim_random *random)
{
	uint64_t *s = random->s;
	uint64_t result = rotate(s[1] * 5, 7) * 9, kept = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= kept;
	s[3] = rotate(s[3], 45);
	return result;
}

uint64_t bel_sim_random_below(struct bel_sim_random *random, uint64_t limit)
{
	/* Draws from the part that limit does not divide would favour small results. */
	uint64_t uneven = limit ? (0 - limit) % limit : 0;
	uint64_t drawn;

	if (limit == 0)
		return 0;
	do
		drawn = bel_sim_random_next(random);
	while (drawn < uneven);
	return drawn % limit;
}

bool bel_sim_random_hits(struct bel_sim_random *random, unsigned per_mille)
{
	/* Always one draw: a chance of 0 or 1000 does not shift those that follow. */
	return bel_sim_random_below(random, 1000) < per_mille;
}

void bel_sim_random_fill(struct bel_sim_random *random, void *buf, size_t len)
{
	uint8_t *at = buf;

	while (len > 0) {
		uint64_t word = bel_sim_random_next(random);
		for (unsigned i = 0; i < 8 && len > 0; i++, len--, word >>= 8)
			*at++ = (uint8_t)(word & 0xff);
	}
}
