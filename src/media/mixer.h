/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_MEDIA_MIXER_H
#define BEL_MEDIA_MIXER_H

#include "media/audio.h"

/* Many who talk with each other: each writes what it says and reads what all others say,
 * never itself. A place in the mixer is a port; what joins (a stream, a player, a
 * recorder) brings its own clock and block size, within those of struct bel_audio_port.
 *
 * Nothing runs by itself: sound is mixed, 10 ms at a time, when whoever is furthest asks
 * for more, and kept for 80 ms for those behind. What a place writes waits for at most
 * 20 ms and twice the longest block that anybody writes or reads; what is older is left
 * out, so that the delay never grows. */
struct bel_mixer;

/* One channel of rate_hz. BEL_ERR_LIMIT: no such format; -ENOMEM. */
enum bel_err bel_mixer_open(struct bel_mixer **out, uint32_t rate_hz);
/* After all its places were closed. NULL is allowed. */
void bel_mixer_close(struct bel_mixer *mixer);

/* A place; bel_audio_close leaves it. -ENOMEM. */
enum bel_err bel_mixer_join(struct bel_audio_port **out, struct bel_mixer *mixer);
/* What it says is not heard. A place of this room. */
void bel_mixer_set_muted(struct bel_audio_port *place, bool is_muted);
/* How many places there are. */
unsigned bel_mixer_count(const struct bel_mixer *mixer);

#endif
