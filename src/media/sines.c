/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "media/sines.h"

void bel_sines_init(struct bel_sines *sines)
{
	sines->count = 0;
}

enum bel_err bel_sines_put(struct bel_sines *sines, double hz, double rate_hz,
			   double peak)
{
	double turn = 2 * acos(-1) * hz / rate_hz;

	if (sines->count == BEL_SINES_MAX || !(hz > 0 && hz < rate_hz / 2))
		return BEL_ERR_LIMIT;
	sines->parts[sines->count].re = 1;
	sines->parts[sines->count].im = 0;
	sines->parts[sines->count].cos = cos(turn);
	sines->parts[sines->count].sin = sin(turn);
	sines->parts[sines->count].peak = peak;
	sines->count++;
	return BEL_OK;
}

double bel_sines_next(struct bel_sines *sines)
{
	double sum = 0;

	for (unsigned i = 0; i < sines->count; i++) {
		double re = sines->parts[i].re, im = sines->parts[i].im;
		double c = sines->parts[i].cos, s = sines->parts[i].sin;

		sum += im * sines->parts[i].peak;
		sines->parts[i].re = re * c - im * s;
		sines->parts[i].im = re * s + im * c;
	}
	return sum;
}

void bel_sines_restart(struct bel_sines *sines)
{
	for (unsigned i = 0; i < sines->count; i++) {
		sines->parts[i].re = 1;
		sines->parts[i].im = 0;
	}
}
