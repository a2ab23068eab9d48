/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_MEDIA_RESAMPLE_H
#define BEL_MEDIA_RESAMPLE_H

#include "media/audio.h"
#include "media/libs.h"

/* A port seen in another format. What is read from it is read from inner and converted,
 * what is written goes to inner converted; both at once, for a device. Two channels
 * become one by their mean, one becomes two alike. inner stays the caller's and outlives
 * it. The filter delays by a few samples; what it leaves over waits inside.
 *
 * BEL_ERR_UNSUPPORTED when the rates differ and speexdsp is not installed; BEL_ERR_LIMIT:
 * no format; -ENOMEM. On success bel_audio_close ends *out. */
enum bel_err bel_resampler_open(struct bel_audio_port **out, struct bel_media_libs *libs,
				struct bel_audio_port *inner,
				const struct bel_audio_format *format);

#endif
