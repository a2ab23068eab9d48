/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "media/comfort.h"
#include "media/random.h"

enum {
	LEVEL_MAX = 127,
	ZERO = 127,       /* a coefficient of nothing */
	GAIN_SAMPLES = 80 /* that a change of level takes, about */
};

enum bel_err bel_comfort_parse(struct bel_comfort *out, bel_str payload)
{
	struct bel_comfort comfort = { 0 };
	struct bel_cursor cursor = bel_cursor_init(payload);

	if (!bel_cursor_be8(&comfort.level, &cursor))
		return BEL_ERR_SYNTAX;
	comfort.level &= LEVEL_MAX; /* the highest bit is reserved (section 3.1) */
	while (comfort.order < BEL_COMFORT_ORDER_MAX &&
	       bel_cursor_be8(&comfort.coefficients[comfort.order], &cursor))
		comfort.order++;
	*out = comfort;
	return BEL_OK;
}

void bel_comfort_write(struct bel_writer *writer, const struct bel_comfort *comfort)
{
	bel_write_be8(writer, comfort->level);
	for (unsigned i = 0; i < comfort->order; i++)
		bel_write_be8(writer, comfort->coefficients[i]);
}

struct bel_comfort bel_comfort_measure(const int16_t *samples, size_t elements)
{
	double level_dbov = bel_audio_level(samples, elements);

	return (struct bel_comfort){ .level = (uint8_t)lrint(-level_dbov) };
}

void bel_comfort_noise_init(struct bel_comfort_noise *noise, uint64_t seed)
{
	*noise = (struct bel_comfort_noise){ .random = seed };
}

/* Section 3.2; 255 is reserved, and taken for the largest. A filter is stable while all
 * of them are below 1. */
static double reflection_of(uint8_t coefficient)
{
	return fmin(258.0 * (coefficient - ZERO) / 32768, 0.999);
}

void bel_comfort_noise_set(struct bel_comfort_noise *noise,
			   const struct bel_comfort *comfort)
{
	/* What the filter adds to the power is taken off before. */
	double power = pow(10, -comfort->level / 10.0) * 32768 * 32768;

	noise->order = comfort->order < BEL_COMFORT_ORDER_MAX ? comfort->order
							      : BEL_COMFORT_ORDER_MAX;
	for (unsigned i = 0; i < noise->order; i++) {
		double reflection = reflection_of(comfort->coefficients[i]);
		noise->reflections[i] = reflection;
		power *= 1 - reflection * reflection;
	}
	/* Even noise has a third of its peak's power. */
	noise->target = comfort->level == LEVEL_MAX ? 0 : sqrt(3 * power);
}

/* An all-pole lattice: forward comes in white and goes out in the spectrum's shape. */
static double shape(struct bel_comfort_noise *noise, double forward)
{
	for (unsigned i = noise->order; i > 0; i--) {
		double reflection = noise->reflections[i - 1];
		forward -= reflection * noise->backward[i - 1];
		noise->backward[i] = noise->backward[i - 1] + reflection * forward;
	}
	noise->backward[0] = forward;
	return forward;
}

void bel_comfort_noise_get(int16_t *samples, struct bel_comfort_noise *noise,
			   unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		double white = noise->gain * bel_noise_even(&noise->random);
		double value = shape(noise, white);

		samples[i] = (int16_t)lrint(fmax(-32768, fmin(32767, value)));
		noise->gain += (noise->target - noise->gain) / GAIN_SAMPLES;
	}
}
