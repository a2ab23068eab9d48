/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_MEDIA_SOURCE_H
#define BEL_MEDIA_SOURCE_H

#include "media/audio.h"
#include "media/libs.h"

/* ---- tones ---- */

enum { BEL_TONE_PARTS_MAX = 4, BEL_TONE_CADENCE_MAX = 4 };

/* A sum of sines, switched on and off: ITU-T E.180 has those of every country. */
struct bel_tone_opts {
	struct bel_audio_format format;
	struct {
		double hz; /* below half the rate */
		double level_dbm0;
	} parts[BEL_TONE_PARTS_MAX];
	unsigned parts_count;
	/* One after the other and over again; none: always on. */
	struct {
		unsigned on_ms, off_ms;
	} cadence[BEL_TONE_CADENCE_MAX];
	unsigned cadence_count;
	unsigned length_ms; /* 0: it never ends */
};
/* BEL_ERR_LIMIT: no format, too many parts, or a frequency that the rate cannot carry. */
enum bel_err bel_tone_open(struct bel_audio_port **out, const struct bel_tone_opts *opts);

/* ---- noise and silence, without end ---- */

/* White noise of this mean power; the same for the same seed. */
enum bel_err bel_noise_open(struct bel_audio_port **out,
			    const struct bel_audio_format *format, double level_dbov,
			    uint64_t seed);
enum bel_err bel_silence_open(struct bel_audio_port **out,
			      const struct bel_audio_format *format);

/* ---- recordings ---- */

/* A sound in memory, whole: many may play it at once, on any thread, while it lives. */
struct bel_clip {
	struct bel_audio_format format;
	size_t count; /* samples a channel */
	int16_t *samples;
};

enum { BEL_CLIP_SECONDS_MAX = 3600 };

/* Reads a file, WAV or whatever libsndfile knows; blocks as files do, so not on a worker.
 * BEL_ERR_NOT_FOUND: no such file, or it may not be read; BEL_ERR_SYNTAX: no sound file;
 * BEL_ERR_LIMIT: more than two channels, a rate that is no format, or longer than
 * BEL_CLIP_SECONDS_MAX; BEL_ERR_UNSUPPORTED: libsndfile is not installed; -ENOMEM. */
enum bel_err bel_clip_load(struct bel_clip *out, struct bel_media_libs *libs,
			   const char *path);
void bel_clip_fini(struct bel_clip *clip);
/* Plays a clip, which outlives it. is_endless: over and over again. */
enum bel_err bel_player_open(struct bel_audio_port **out, const struct bel_clip *clip,
			     bool is_endless);

#endif
