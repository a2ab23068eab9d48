/* SPDX-License-Identifier: Apache-2.0
 *
 * Sound: what is said in a call and what is heard of it. Simple things are one call:
 * belfry_call_play, belfry_call_tone, belfry_call_record, belfry_call_echo. All else is
 * built of audio objects: a file, a device, the program's own samples, a place in a
 * mixer; each says something, hears something, or both, and is plugged into calls.
 *
 * Samples are signed, of 16 bits, in the byte order of the machine, one channel. Rates
 * are converted where they differ. Files are read and written by the thread of the loop.
 */
#ifndef BELFRY_MEDIA_H
#define BELFRY_MEDIA_H

#include <stdbool.h>
#include <stdint.h>

#include <belfry/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct belfry_agent;
struct belfry_audio;
struct belfry_call;
struct belfry_mixer;

/* ---- simple things ---- */

/* Says a sound file (WAV, or whatever libsndfile knows; at most an hour) instead of what
 * was said before, from the moment the call stands. BELFRY_EVENT_PLAYED comes at its end,
 * if it has one. NOT_FOUND, SYNTAX for what is no sound, LIMIT, UNSUPPORTED without
 * libsndfile, MEMORY. */
enum belfry_error belfry_call_play(struct belfry_call *call, const char *path,
				   bool is_endless);
/* Says a tone: 50 to 3,900 Hz at level_dbm0 (-10 is usual, at most 0), for length_ms (0:
 * until something else). LIMIT; MEMORY. */
enum belfry_error belfry_call_tone(struct belfry_call *call, double hz, double level_dbm0,
				   unsigned length_ms);
/* Writes what is heard into a WAV file, beside whoever hears it, until the call ends or
 * path is NULL; at 8,000 Hz, or at the rate of its sink. An existing file is replaced.
 * DENIED, UNSUPPORTED, MEMORY. */
enum belfry_error belfry_call_record(struct belfry_call *call, const char *path);
/* What is heard goes back as it is; all else rests. */
void belfry_call_echo(struct belfry_call *call, bool has_echo);

/* ---- audio objects ---- */

/* What is said in the call comes from source, what is heard goes to sink; NULL: silence,
 * nowhere. Both may be one. They stay the program's; closing one unplugs it. An object is
 * plugged into one place at a time. */
void belfry_call_set_source(struct belfry_call *call, struct belfry_audio *source);
void belfry_call_set_sink(struct belfry_call *call, struct belfry_audio *sink);

/* Unplugs and ends it; a recording is complete then. NULL is allowed. Those that are left
 * end with their agent. */
void belfry_audio_close(struct belfry_audio *audio);

/* Says a sound file. Errors as belfry_call_play. */
enum belfry_error belfry_audio_open_file(struct belfry_audio **out,
					 struct belfry_agent *agent, const char *path,
					 bool is_endless);
/* Says a tone. Errors as belfry_call_tone. */
enum belfry_error belfry_audio_open_tone(struct belfry_audio **out,
					 struct belfry_agent *agent, double hz,
					 double level_dbm0, unsigned length_ms);
/* Hears into a WAV file of this rate. Errors as belfry_call_record; LIMIT for the rate.
 */
enum belfry_error belfry_audio_open_recorder(struct belfry_audio **out,
					     struct belfry_agent *agent, const char *path,
					     uint32_t rate_hz);
/* A microphone and a loudspeaker: "alsa" or "alsa:NAME", a sound card; "null", nobody;
 * "file:[SAYS][,HEARS]", sound files in their place. echo_ms takes out of what is said
 * what was heard so long before (up to 500; 0: a headset). SYNTAX, NOT_FOUND, BUSY,
 * UNSUPPORTED without libasound or libspeexdsp, LIMIT, MEMORY. */
enum belfry_error belfry_audio_open_device(struct belfry_audio **out,
					   struct belfry_agent *agent, const char *words,
					   uint32_t rate_hz, unsigned echo_ms);

/* The program's own samples, 8,000 to 48,000 a second. Called in the thread of the loop,
 * usually for 20 ms at a time; no function of the library may be called in them. */
struct belfry_samples {
	uint32_t rate_hz;
	/* Fills samples, and returns how many there were: the rest is silence. NULL: it
	 * says nothing. */
	unsigned (*read)(void *user, int16_t *samples, unsigned count);
	/* NULL: it hears nothing. */
	void (*write)(void *user, const int16_t *samples, unsigned count);
	void *user;
};
/* samples is copied. LIMIT for the rate; MEMORY. */
enum belfry_error belfry_audio_open_samples(struct belfry_audio **out,
					    struct belfry_agent *agent,
					    const struct belfry_samples *samples);

/* What each says the other hears, 20 ms at a time: a device and a place in a mixer, a
 * file and a recorder. Until one of them is closed or plugged in elsewhere. MEMORY;
 * UNSUPPORTED when the rates differ and libspeexdsp is missing. */
enum belfry_error belfry_audio_join(struct belfry_audio *a, struct belfry_audio *b);

/* ---- many who hear each other ---- */

/* Everybody in it hears all others. A conference of three: a place for each of two calls,
 * as their source and sink, and one joined with the device of whoever called them.
 * rate_hz 0: 16,000. LIMIT for another rate than 8,000 to 48,000; MEMORY. It belongs to
 * the caller.
 */
enum belfry_error belfry_mixer_open(struct belfry_mixer **out, struct belfry_agent *agent,
				    uint32_t rate_hz);
/* And all its places. NULL is allowed; those that are left end with their agent. */
void belfry_mixer_close(struct belfry_mixer *mixer);
/* belfry_audio_close leaves it. MEMORY. */
enum belfry_error belfry_mixer_open_place(struct belfry_audio **out,
					  struct belfry_mixer *mixer);
/* A place that says nothing, but hears. */
void belfry_mixer_mute(struct belfry_audio *place, bool is_muted);

#ifdef __cplusplus
}
#endif

#endif
