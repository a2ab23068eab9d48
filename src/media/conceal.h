/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_MEDIA_CONCEAL_H
#define BEL_MEDIA_CONCEAL_H

#include "media/audio.h"

/* Bridges loss for codecs that cannot do it themselves, in the manner of ITU-T G.711
 * appendix I: the last pitch period is repeated, at full strength for 10 ms, then fading
 * to silence at 60 ms; where sound begins again the two are blended. It adds no delay. */
struct bel_concealer;

/* BEL_ERR_LIMIT: not a format; -ENOMEM. */
enum bel_err bel_concealer_open(struct bel_concealer **out,
				const struct bel_audio_format *format);
/* NULL is allowed. */
void bel_concealer_close(struct bel_concealer *concealer);

/* What was received and will be played; changed in place where it follows a loss. */
void bel_concealer_put(struct bel_concealer *concealer, int16_t *samples, unsigned count);
/* What to play instead of what is missing. */
void bel_concealer_get(int16_t *samples, struct bel_concealer *concealer, unsigned count);

#endif
