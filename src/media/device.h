/* SPDX-License-Identifier: Apache-2.0
 * What a person speaks into and listens to. */
#ifndef BEL_MEDIA_DEVICE_H
#define BEL_MEDIA_DEVICE_H

#include "media/audio.h"
#include "media/libs.h"

/* A device as a port: what is read was said into it, what is written is heard. Its words:
 *
 *   alsa[:NAME]          a sound card of ALSA; without a name, the default one
 *   null                 nobody speaks, nobody listens
 *   file:[SAYS][,HEARS]  a sound file that is played once, and one that is recorded
 *
 * A card has a clock of its own. Up to 80 ms wait in it either way; it drops what is
 * more and fills what is missing with silence, so that no delay builds up. It never
 * blocks; files do, as sink.h says. Read and write about 20 ms at a time.
 *
 * BEL_ERR_SYNTAX: no such words; BEL_ERR_NOT_FOUND: no such card, or it neither hears
 * nor speaks, or no such file; BEL_ERR_BUSY: another program has it; else as the players,
 * recorders and libraries have it. On success bel_audio_close ends *out. */
enum bel_err bel_device_open(struct bel_audio_port **out, struct bel_media_libs *libs,
			     bel_str words, const struct bel_audio_format *format);

#endif
