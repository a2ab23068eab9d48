/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "phone/ringing.h"

enum { TONE_HZ = 425, ON_S = 1, PERIOD_S = 5 };

/* About -20 dBm0: heard, and no pain in a headset. */
static const double amplitude = 2300;
static const double turn = 6.28318530717958647692;

unsigned bel_phone_tone_read(void *user, int16_t *samples, unsigned count)
{
	struct bel_phone_tone *tone = user;
	const uint64_t period = (uint64_t)tone->rate_hz * PERIOD_S;
	const uint64_t on = (uint64_t)tone->rate_hz * ON_S;

	for (unsigned i = 0; i < count; i++, tone->at++) {
		uint64_t at = tone->at % period;
		double phase = (double)(at % tone->rate_hz) * TONE_HZ / tone->rate_hz;
		samples[i] = at < on ? (int16_t)(amplitude * sin(turn * phase)) : 0;
	}
	return count;
}
