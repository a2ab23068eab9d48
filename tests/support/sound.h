/* SPDX-License-Identifier: Apache-2.0
 * Sound for tests: something like a voice, and a line that encodes, loses and decodes. */
#ifndef BEL_TESTS_SOUND_H
#define BEL_TESTS_SOUND_H

#include "media/media.h"

/* Harmonics of a gliding pitch under syllables, at about -20 dBov; the same for the same
 * seed. Mono. */
void bel_sound_voice(int16_t *samples, size_t count, uint32_t rate_hz, uint64_t seed);

struct sound_line {
	const struct bel_codec *codec;
	const struct bel_codec *decoded_as; /* NULL: codec */
	bel_str fmtp;
	unsigned loss; /* in 1/1000 of the packets, drawn by the seed */
	uint64_t seed;
	bool is_concealed;          /* else what is lost is silent */
	unsigned sent, lost, bytes; /* filled in */
};

/* Reads seconds of sound from one port and writes what arrives to the other. */
void bel_sound_send(struct sound_line *line, struct bel_media_libs *libs,
		    struct bel_audio_port *from, struct bel_audio_port *to,
		    unsigned seconds);

#endif
