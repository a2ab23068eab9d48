/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_MEDIA_DEVICE_INT_H
#define BEL_MEDIA_DEVICE_INT_H

#include "media/device.h"

/* As bel_device_open; name is what follows the colon. */
enum bel_err bel_device_alsa_open(struct bel_audio_port **out,
				  struct bel_media_libs *libs, bel_str name,
				  const struct bel_audio_format *format);

#endif
