/* SPDX-License-Identifier: Apache-2.0
 * What a caller hears while it rings at the other end: the tone of ITU-T E.182 (425 Hz,
 * 1 s of it, 4 s of silence), made here because nothing comes from there. */
#ifndef BEL_PHONE_RINGING_H
#define BEL_PHONE_RINGING_H

#include <stdint.h>

struct bel_phone_tone {
	uint32_t rate_hz;
	uint64_t at; /* samples since it began */
};

/* As the read of struct belfry_samples; user is the tone. */
unsigned bel_phone_tone_read(void *user, int16_t *samples, unsigned count);

#endif
