/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_MEDIA_SINES_H
#define BEL_MEDIA_SINES_H

#include "base/base.h"

/* A sum of sines, each a phasor that is turned once a sample: two multiplications where a
 * sine would be twenty times that. */

enum { BEL_SINES_MAX = 4 };

struct bel_sines {
	unsigned count;
	struct {
		double re, im;   /* the phasor; im is what is heard */
		double cos, sin; /* of a sample's turn */
		double peak;
	} parts[BEL_SINES_MAX];
};

void bel_sines_init(struct bel_sines *sines);
/* BEL_ERR_LIMIT: too many, or not below half the rate. Starts at phase 0. */
enum bel_err bel_sines_put(struct bel_sines *sines, double hz, double rate_hz,
			   double peak);
/* One sample of the sum, and on. */
double bel_sines_next(struct bel_sines *sines);
/* Back to phase 0, and to length 1, which rounding errors change in hours. */
void bel_sines_restart(struct bel_sines *sines);

#endif
