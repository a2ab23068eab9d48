/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_MEDIA_RANDOM_H
#define BEL_MEDIA_RANDOM_H

#include <stdint.h>

/* Noise for ears, and nothing else: splitmix64, repeatable from its state. */
static inline uint64_t bel_noise_next(uint64_t *state)
{
	uint64_t value = *state += 0x9e3779b97f4a7c15U;

	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9U;
	value = (value ^ value >> 27) * 0x94d049bb133111ebU;
	return value ^ value >> 31;
}

/* Even between -1 and 1: mean power 1/3. */
static inline double bel_noise_even(uint64_t *state)
{
	return (double)(int64_t)bel_noise_next(state) / 9223372036854775808.0;
}

#endif
