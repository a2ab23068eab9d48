/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_MEDIA_DIGIT_H
#define BEL_MEDIA_DIGIT_H

#include "media/audio.h"
#include "media/libs.h"

/* Digits as pairs of tones in the sound itself (ITU-T Q.23, Q.24), at any rate: 0-9, *,
 * #, A-D. */

enum { BEL_DIGITS_MAX = 32 };

/* Plays digits: a source that is silent between them. on_ms and off_ms 0: 100 each. */
enum bel_err bel_digit_source_open(struct bel_audio_port **out,
				   const struct bel_audio_format *format, unsigned on_ms,
				   unsigned off_ms);
/* One more behind those that wait. BEL_ERR_SYNTAX: no digit; BEL_ERR_BUSY: too many wait.
 */
enum bel_err bel_digit_source_put(struct bel_audio_port *source, char digit);
/* Whether anything is still to be played. */
bool bel_digit_source_is_busy(const struct bel_audio_port *source);

/* Hears digits: a sink that tells each once, when it begins. spandsp decides.
 * BEL_ERR_UNSUPPORTED when it, or speexdsp for another rate than 8,000, is missing. */
enum bel_err bel_digit_sink_open(struct bel_audio_port **out, struct bel_media_libs *libs,
				 const struct bel_audio_format *format,
				 void (*on_digit)(void *user, char digit), void *user);

#endif
