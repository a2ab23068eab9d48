/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_MEDIA_COMFORT_H
#define BEL_MEDIA_COMFORT_H

#include "media/audio.h"

/* Comfort noise (RFC 3389): what silence sounds like on the other side. */

enum { BEL_COMFORT_ORDER_MAX = 12, BEL_COMFORT_BYTES_MAX = 1 + BEL_COMFORT_ORDER_MAX };

/* Section 3: level below 0 dBov, and reflection coefficients of the spectrum. */
struct bel_comfort {
	uint8_t level; /* 0 to 127, in -dBov */
	uint8_t order;
	uint8_t coefficients[BEL_COMFORT_ORDER_MAX]; /* 127 is zero */
};
/* More coefficients than we use are left out (section 3.3). BEL_ERR_SYNTAX: empty. */
enum bel_err bel_comfort_parse(struct bel_comfort *out, bel_str payload);
void bel_comfort_write(struct bel_writer *writer, const struct bel_comfort *comfort);
/* Of a frame of background noise: its level, and no spectrum. */
struct bel_comfort bel_comfort_measure(const int16_t *samples, size_t elements);

/* The noise; plain memory of the caller, mono. */
struct bel_comfort_noise {
	uint64_t random;
	double gain, target; /* the gain moves, for a step would be heard */
	unsigned order;
	double reflections[BEL_COMFORT_ORDER_MAX];
	double backward[BEL_COMFORT_ORDER_MAX + 1];
};
void bel_comfort_noise_init(struct bel_comfort_noise *noise, uint64_t seed);
void bel_comfort_noise_set(struct bel_comfort_noise *noise,
			   const struct bel_comfort *comfort);
void bel_comfort_noise_get(int16_t *samples, struct bel_comfort_noise *noise,
			   unsigned count);

#endif
