/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "lib/lib_int.h"

enum {
	TURN_MS = 20,
	LATE_MS_MAX = 200, /* what is more is skipped */
	TONE_HZ_MIN = 50,
	TONE_HZ_MAX = 3900,
	TONE_RATE_HZ = 8000,
	TONE_DBM0_MIN = -60,
};

/* ---- their life ---- */

static void on_turn(void *user);

struct belfry_audio *bel_audio_new(struct belfry_agent *agent)
{
	struct belfry_audio *audio = calloc(1, sizeof *audio);

	if (!audio)
		return NULL;
	audio->agent = agent;
	bel_timer_init(&audio->turn, on_turn, audio);
	bel_list_put(&agent->audios, &audio->node);
	return audio;
}

static void unjoin(struct belfry_audio *audio)
{
	bel_timer_stop(audio->agent->loop, &audio->turn);
	bel_audio_close(audio->view);
	audio->view = NULL;
	audio->partner = NULL;
}

void bel_audio_unplug(struct belfry_audio *audio)
{
	if (audio->says_in)
		belfry_call_set_source(audio->says_in, NULL);
	if (audio->hears_in)
		belfry_call_set_sink(audio->hears_in, NULL);
	if (!audio->partner)
		return;
	unjoin(audio->partner);
	unjoin(audio);
}

void belfry_audio_close(struct belfry_audio *audio)
{
	if (!audio)
		return;
	bel_audio_unplug(audio);
	bel_list_remove(&audio->node);
	if (audio->port != &audio->own)
		bel_audio_close(audio->port);
	bel_audio_close(audio->below);
	bel_clip_fini(&audio->clip);
	free(audio);
}

void bel_audios_close(struct belfry_agent *agent)
{
	while (!bel_list_is_empty(&agent->audios))
		belfry_audio_close(
			BEL_CONTAINER_OF(agent->audios.next, struct belfry_audio, node));
}

/* The common end of opening one. */
static enum belfry_error open_audio(struct belfry_audio **out, struct belfry_audio *audio,
				    enum bel_err err, const char *what)
{
	struct belfry_agent *agent = audio->agent;

	if (err) {
		belfry_audio_close(audio);
		return bel_fail(agent, err, "cannot open %s", what);
	}
	*out = audio;
	return BELFRY_OK;
}

static enum belfry_error fail_memory(struct belfry_agent *agent)
{
	return bel_fail(agent, bel_err_from_errno(ENOMEM), "cannot open a sound");
}

/* What a library that is not there would have done. */
static enum belfry_error fail_library(struct belfry_agent *agent, enum bel_media_lib lib,
				      const char *what)
{
	bel_fail(agent, BEL_OK, "cannot open %s: %s", what, bel_media_lib_text(lib));
	return BELFRY_ERROR_UNSUPPORTED;
}

/* ---- files ---- */

enum belfry_error belfry_audio_open_file(struct belfry_audio **out,
					 struct belfry_agent *agent, const char *path,
					 bool is_endless)
{
	struct belfry_audio *audio = bel_audio_new(agent);
	struct bel_media_libs *libs = bel_lib_media(agent->lib);
	enum bel_err err;

	if (!audio)
		return fail_memory(agent);
	err = bel_clip_load(&audio->clip, libs, path);
	if (err == BEL_ERR_UNSUPPORTED) {
		belfry_audio_close(audio);
		return fail_library(agent, BEL_MEDIA_SNDFILE, path);
	}
	if (!err)
		err = bel_player_open(&audio->port, &audio->clip, is_endless);
	audio->has_end = !is_endless;
	return open_audio(out, audio, err, path);
}

enum belfry_error belfry_audio_open_recorder(struct belfry_audio **out,
					     struct belfry_agent *agent, const char *path,
					     uint32_t rate_hz)
{
	const struct bel_audio_format format = { rate_hz, 1 };
	struct belfry_audio *audio;
	enum bel_err err;

	if (!bel_audio_format_is_valid(&format))
		return bel_fail(agent, BEL_ERR_LIMIT, "cannot record at %u Hz", rate_hz);
	audio = bel_audio_new(agent);
	if (!audio)
		return fail_memory(agent);
	err = bel_recorder_open(&audio->port, bel_lib_media(agent->lib), path, &format);
	if (err == BEL_ERR_UNSUPPORTED) {
		belfry_audio_close(audio);
		return fail_library(agent, BEL_MEDIA_SNDFILE, path);
	}
	return open_audio(out, audio, err, path);
}

/* ---- tones ---- */

enum belfry_error belfry_audio_open_tone(struct belfry_audio **out,
					 struct belfry_agent *agent, double hz,
					 double level_dbm0, unsigned length_ms)
{
	const struct bel_tone_opts opts = {
		.format = { TONE_RATE_HZ, 1 },
		.parts = { { hz, level_dbm0 } },
		.parts_count = 1,
		.length_ms = length_ms,
	};
	struct belfry_audio *audio;

	if (!(hz >= TONE_HZ_MIN && hz <= TONE_HZ_MAX && level_dbm0 <= 0 &&
	      level_dbm0 >= TONE_DBM0_MIN))
		return bel_fail(agent, BEL_ERR_LIMIT, "no tone: %.0f Hz at %.0f dBm0", hz,
				level_dbm0);
	audio = bel_audio_new(agent);
	if (!audio)
		return fail_memory(agent);
	audio->has_end = length_ms;
	return open_audio(out, audio, bel_tone_open(&audio->port, &opts), "a tone");
}

/* ---- devices ---- */

enum belfry_error belfry_audio_open_device(struct belfry_audio **out,
					   struct belfry_agent *agent, const char *words,
					   uint32_t rate_hz, unsigned echo_ms)
{
	const struct bel_audio_format format = { rate_hz, 1 };
	struct bel_media_libs *libs = bel_lib_media(agent->lib);
	struct belfry_audio *audio;
	enum bel_err err;

	if (!bel_audio_format_is_valid(&format))
		return bel_fail(agent, BEL_ERR_LIMIT, "no device at %u Hz", rate_hz);
	audio = bel_audio_new(agent);
	if (!audio)
		return fail_memory(agent);
	err = bel_device_open(&audio->port, libs, bel_str_from(words), &format);
	if (!err && echo_ms) {
		audio->below = audio->port;
		audio->port = NULL;
		err = bel_canceller_open(&audio->port, libs, audio->below, echo_ms);
	}
	return open_audio(out, audio, err, words);
}

/* ---- the program's own ---- */

static unsigned read_samples(struct bel_audio_port *port, int16_t *samples,
			     unsigned count)
{
	struct belfry_audio *audio = BEL_CONTAINER_OF(port, struct belfry_audio, own);
	unsigned got = audio->samples.read(audio->samples.user, samples, count);

	return got < count ? got : count;
}

static void write_samples(struct bel_audio_port *port, const int16_t *samples,
			  unsigned count)
{
	struct belfry_audio *audio = BEL_CONTAINER_OF(port, struct belfry_audio, own);

	audio->samples.write(audio->samples.user, samples, count);
}

enum belfry_error belfry_audio_open_samples(struct belfry_audio **out,
					    struct belfry_agent *agent,
					    const struct belfry_samples *samples)
{
	const struct bel_audio_format format = { samples->rate_hz, 1 };
	struct belfry_audio *audio;

	if (!bel_audio_format_is_valid(&format))
		return bel_fail(agent, BEL_ERR_LIMIT, "no samples at %u Hz",
				samples->rate_hz);
	audio = bel_audio_new(agent);
	if (!audio)
		return fail_memory(agent);
	audio->samples = *samples;
	audio->own = (struct bel_audio_port){
		.format = format,
		.read = samples->read ? read_samples : NULL,
		.write = samples->write ? write_samples : NULL,
	};
	audio->port = &audio->own;
	*out = audio;
	return BELFRY_OK;
}

/* ---- two that are joined ---- */

/* One frame each way. */
static void exchange(struct belfry_audio *audio)
{
	struct bel_audio_port *here = audio->port;
	struct bel_audio_port *there = audio->view ? audio->view : audio->partner->port;
	int16_t samples[BEL_AUDIO_FRAME_MAX];
	unsigned count = here->format.rate_hz / 1000 * TURN_MS;

	bel_audio_read(here, samples, count);
	bel_audio_write(there, samples, count);
	bel_audio_read(there, samples, count);
	bel_audio_write(here, samples, count);
}

/* The pace is that of the clock, not of the turns of a loop that may be late. */
static void on_turn(void *user)
{
	struct belfry_audio *audio = user;
	struct bel_loop *loop = audio->agent->loop;
	uint64_t now_ms = bel_loop_now_ms(loop);

	if (now_ms > audio->due_ms + LATE_MS_MAX)
		audio->due_ms = now_ms;
	for (; audio->due_ms <= now_ms; audio->due_ms += TURN_MS)
		exchange(audio);
	bel_timer_start(loop, &audio->turn, audio->due_ms);
}

enum belfry_error belfry_audio_join(struct belfry_audio *a, struct belfry_audio *b)
{
	struct belfry_agent *agent = a->agent;
	enum bel_err err = BEL_OK;

	bel_agent_enter(agent);
	if (a == b)
		return bel_fail_as(agent, BELFRY_ERROR_STATE,
				   "a sound cannot be joined with itself");
	bel_audio_unplug(a);
	bel_audio_unplug(b);
	if (!bel_audio_format_is_equal(&a->port->format, &b->port->format))
		err = bel_resampler_open(&a->view, bel_lib_media(agent->lib), b->port,
					 &a->port->format);
	if (err)
		return bel_fail(agent, err, "cannot join two sounds");
	a->partner = b;
	b->partner = a;
	a->due_ms = bel_loop_now_ms(agent->loop) + TURN_MS;
	bel_timer_start(agent->loop, &a->turn, a->due_ms);
	return BELFRY_OK;
}
