/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "lib/lib_int.h"

enum { RATE_HZ = 8000 };

static struct belfry_call *call_of(struct bel_sound *sound)
{
	return BEL_CONTAINER_OF(sound, struct belfry_call, sound);
}

/* ---- what the stream sees ---- */

static void note_end(struct belfry_call *call, struct belfry_audio *source)
{
	if (!source->has_end || source->is_over)
		return;
	source->is_over = true;
	bel_lib_call_soon(call, PENDING_PLAYED);
}

/* Before it stands nothing is said, so that nothing is lost of a recording. */
static unsigned say(struct bel_audio_port *port, int16_t *samples, unsigned count)
{
	struct bel_sound *sound = BEL_CONTAINER_OF(port, struct bel_sound, say);
	struct belfry_call *call = call_of(sound);
	unsigned got;

	if (!call->is_up)
		return 0;
	if (sound->tones && bel_digit_source_is_busy(sound->tones) &&
	    bel_audio_format_is_equal(&sound->tones->format, &port->format))
		return bel_audio_read(sound->tones, samples, count);
	if (!sound->source)
		return 0;
	/* Time goes on for what is not heard. */
	got = bel_audio_read(sound->source->port, samples, count);
	if (got < count)
		note_end(call, sound->source);
	return sound->is_muted || call->is_holding ? 0 : got;
}

static void hear(struct bel_audio_port *port, const int16_t *samples, unsigned count)
{
	struct bel_sound *sound = BEL_CONTAINER_OF(port, struct bel_sound, hear);

	if (sound->sink)
		bel_audio_write(sound->sink->port, samples, count);
	if (sound->recorder_view)
		bel_audio_write(sound->recorder_view, samples, count);
	else if (sound->recorder)
		bel_audio_write(sound->recorder->port, samples, count);
}

static struct bel_audio_format format_of(const struct belfry_audio *audio)
{
	return audio ? audio->port->format : (struct bel_audio_format){ RATE_HZ, 1 };
}

/* The recorder keeps the rate that it began with, whatever the sink is now. */
static void view_recorder(struct belfry_call *call)
{
	struct bel_sound *sound = &call->sound;

	bel_audio_close(sound->recorder_view);
	sound->recorder_view = NULL;
	if (sound->recorder && !bel_audio_format_is_equal(&sound->recorder->port->format,
							  &sound->hear.format))
		bel_resampler_open(&sound->recorder_view, bel_lib_media(call->agent->lib),
				   sound->recorder->port, &sound->hear.format);
}

void bel_sound_plug(struct belfry_call *call)
{
	struct bel_sound *sound = &call->sound;
	struct bel_media_stream *stream;

	sound->say = (struct bel_audio_port){ .format = format_of(sound->source),
					      .read = say };
	sound->hear = (struct bel_audio_port){ .format = format_of(sound->sink),
					       .write = hear };
	view_recorder(call);
	if (!call->line)
		return;
	stream = bel_line_stream(call->line);
	bel_media_stream_set_source(stream, &sound->say);
	bel_media_stream_set_sink(stream,
				  sound->sink || sound->recorder ? &sound->hear : NULL);
	bel_media_stream_set_echo(stream, sound->has_echo);
}

void bel_sound_close(struct belfry_call *call)
{
	struct bel_sound *sound = &call->sound;

	call->line = NULL;
	belfry_call_set_source(call, NULL);
	belfry_call_set_sink(call, NULL);
	bel_audio_close(sound->recorder_view);
	sound->recorder_view = NULL;
	belfry_audio_close(sound->recorder);
	bel_audio_close(sound->tones);
}

/* ---- plugging ---- */

void belfry_call_set_source(struct belfry_call *call, struct belfry_audio *source)
{
	struct bel_sound *sound = &call->sound;
	struct belfry_audio *own = sound->own;

	if (sound->source)
		sound->source->says_in = NULL;
	sound->source = NULL;
	if (source && source->says_in)
		belfry_call_set_source(source->says_in, NULL);
	if (source && source->partner)
		bel_audio_unplug(source);
	sound->source = source;
	if (source)
		source->says_in = call;
	bel_sound_plug(call);
	sound->own = NULL;
	if (own && own != source)
		belfry_audio_close(own);
}

void belfry_call_set_sink(struct belfry_call *call, struct belfry_audio *sink)
{
	struct bel_sound *sound = &call->sound;

	if (sound->sink)
		sound->sink->hears_in = NULL;
	sound->sink = NULL;
	if (sink && sink->hears_in)
		belfry_call_set_sink(sink->hears_in, NULL);
	if (sink && sink->partner)
		bel_audio_unplug(sink);
	sound->sink = sink;
	if (sink)
		sink->hears_in = call;
	bel_sound_plug(call);
}

/* ---- simple things ---- */

static enum belfry_error say_own(struct belfry_call *call, enum belfry_error error,
				 struct belfry_audio *audio)
{
	if (error)
		return error;
	belfry_call_set_source(call, audio);
	call->sound.own = audio;
	return BELFRY_OK;
}

enum belfry_error belfry_call_play(struct belfry_call *call, const char *path,
				   bool is_endless)
{
	struct belfry_audio *audio = NULL;
	enum belfry_error error = belfry_audio_open_file(&audio, call->agent, path,
							 is_endless);

	return say_own(call, error, audio);
}

enum belfry_error belfry_call_tone(struct belfry_call *call, double hz, double level_dbm0,
				   unsigned length_ms)
{
	struct belfry_audio *audio = NULL;
	enum belfry_error error = belfry_audio_open_tone(&audio, call->agent, hz,
							 level_dbm0, length_ms);

	return say_own(call, error, audio);
}

enum belfry_error belfry_call_record(struct belfry_call *call, const char *path)
{
	struct bel_sound *sound = &call->sound;
	struct belfry_audio *recorder = NULL, *former = sound->recorder;
	enum belfry_error error = BELFRY_OK;

	if (path)
		error = belfry_audio_open_recorder(&recorder, call->agent, path,
						   format_of(sound->sink).rate_hz);
	if (error)
		return error;
	sound->recorder = recorder;
	bel_sound_plug(call);
	belfry_audio_close(former);
	return BELFRY_OK;
}

void belfry_call_echo(struct belfry_call *call, bool has_echo)
{
	call->sound.has_echo = has_echo;
	bel_sound_plug(call);
}

/* ---- digits as tones ---- */

enum bel_err bel_sound_send_tones(struct belfry_call *call, bel_str digits)
{
	struct bel_sound *sound = &call->sound;
	enum bel_err err = BEL_OK;

	if (sound->tones &&
	    !bel_audio_format_is_equal(&sound->tones->format, &sound->say.format)) {
		bel_audio_close(sound->tones);
		sound->tones = NULL;
	}
	if (!sound->tones)
		err = bel_digit_source_open(&sound->tones, &sound->say.format, 0, 0);
	for (size_t i = 0; i < digits.len && !err; i++)
		err = bel_digit_source_put(sound->tones, digits.ptr[i]);
	return err;
}
