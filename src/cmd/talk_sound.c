/* SPDX-License-Identifier: Apache-2.0
 * What is said in a call, and who listens. */
#include <stdlib.h>

#include "cmd/talk.h"

enum {
	RATE_HZ = 8000,
	TONE_HZ = 440,
	TONE_LEVEL_DBM0 = -10,
	CLIP_TAIL_MS = 1500, /* after a recording, until it has come back */
	WAY_MS = 300,        /* what was said so shortly before the end may not be back */
	LEAST_MS = 500,      /* of sound, to judge by */
};

static const struct bel_audio_format format = { RATE_HZ, 1 };

/* A short call has less to judge by. */
static unsigned least_of(const struct talk *talk)
{
	uint64_t half_ms = talk->duration_ms / 2;

	return half_ms && half_ms < LEAST_MS ? (unsigned)half_ms : LEAST_MS;
}

/* What would not be back before the end is not said. */
static void cut_clip(struct talk *talk)
{
	uint64_t most_ms = talk->duration_ms > WAY_MS ? talk->duration_ms - WAY_MS : 0;
	size_t most = (size_t)(most_ms * talk->clip.format.rate_hz / 1000);

	if (talk->clip.count > most)
		talk->clip.count = most;
}

static void tee_write(struct bel_audio_port *port, const int16_t *samples, unsigned count)
{
	struct talk *talk = BEL_CONTAINER_OF(port, struct talk, tee);

	bel_audio_write(talk->judge_port, samples, count);
	if (talk->recorder)
		bel_audio_write(talk->recorder, samples, count);
}

/* The recording as the judge wants it: one channel of its rate. */
static bool make_reference(struct talk *talk)
{
	struct bel_audio_port *player, *resampler = NULL, *from;
	size_t count = (size_t)((double)talk->clip.count * RATE_HZ /
				talk->clip.format.rate_hz);
	enum bel_err err = bel_player_open(&player, &talk->clip, false);

	if (err)
		return false;
	from = player;
	if (!bel_audio_format_is_equal(&player->format, &format)) {
		err = bel_resampler_open(&resampler, bel_lib_media(talk->lib), player,
					 &format);
		from = resampler;
	}
	talk->reference = err ? NULL : malloc(count * sizeof *talk->reference + 1);
	if (talk->reference)
		bel_audio_read(from, talk->reference, (unsigned)count);
	bel_audio_close(resampler);
	bel_audio_close(player);
	if (!talk->reference)
		return false;
	err = bel_judge_open(&talk->judge, &(struct bel_judge_opts){
						   .rate_hz = RATE_HZ,
						   .tone_hz = talk->expect.tone_hz,
						   .reference = talk->reference,
						   .reference_count = count,
						   .least_ms = least_of(talk),
					   });
	return !err;
}

static bool open_recording(struct talk *talk, bel_str play)
{
	char path[PATH_BYTES];
	enum bel_err err;

	bel_cmd_join_path(path, ".", play);
	err = bel_clip_load(&talk->clip, bel_lib_media(talk->lib), path);
	if (err) {
		bel_cmd_fail("cannot play %s: %s", path,
			     err == BEL_ERR_UNSUPPORTED
				     ? bel_media_lib_text(BEL_MEDIA_SNDFILE)
			     : err == BEL_ERR_NOT_FOUND ? "there is no such file"
			     : err == BEL_ERR_SYNTAX    ? "it is no sound file"
							: bel_err_text(err));
		return false;
	}
	if (!talk->duration_ms)
		talk->duration_ms = (uint64_t)talk->clip.count * 1000 /
					    talk->clip.format.rate_hz +
				    CLIP_TAIL_MS;
	cut_clip(talk);
	return !bel_player_open(&talk->source, &talk->clip, false) &&
	       make_reference(talk);
}

static bool open_tone(struct talk *talk)
{
	const struct bel_tone_opts tone = { .format = format,
					    .parts = { { TONE_HZ, TONE_LEVEL_DBM0 } },
					    .parts_count = 1 };
	const struct bel_judge_opts judge = {
		.rate_hz = RATE_HZ,
		.tone_hz = talk->expect.tone_hz > 0 ? talk->expect.tone_hz : TONE_HZ,
		.least_ms = least_of(talk),
	};

	talk->tone_hz = TONE_HZ;
	return !bel_tone_open(&talk->source, &tone) &&
	       !bel_judge_open(&talk->judge, &judge);
}

bool talk_open_sound(struct talk *talk, bel_str play, bel_str record)
{
	struct bel_media_stream *stream = bel_line_stream(talk->line);
	char path[PATH_BYTES];

	if (!(play.len ? open_recording(talk, play) : open_tone(talk))) {
		if (!play.len)
			bel_cmd_fail("no memory");
		return false;
	}
	if (record.len) {
		bel_cmd_join_path(path, ".", record);
		enum bel_err err = bel_recorder_open(
			&talk->recorder, bel_lib_media(talk->lib), path, &format);
		if (err) {
			bel_cmd_fail("cannot record into %s: %s", path,
				     err == BEL_ERR_UNSUPPORTED
					     ? bel_media_lib_text(BEL_MEDIA_SNDFILE)
					     : bel_err_text(err));
			return false;
		}
	}
	talk->judge_port = bel_judge_port(talk->judge);
	talk->tee = (struct bel_audio_port){ .format = format, .write = tee_write };
	bel_media_stream_set_source(stream, talk->source);
	bel_media_stream_set_sink(stream, &talk->tee);
	return true;
}

void talk_close_sound(struct talk *talk)
{
	bel_line_close(talk->line);
	bel_audio_close(talk->source);
	bel_audio_close(talk->recorder);
	if (talk->judge)
		bel_audio_close(bel_judge_port(talk->judge));
	bel_clip_fini(&talk->clip);
	free(talk->reference);
}
