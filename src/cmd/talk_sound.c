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
	DIGIT_MS = 400,      /* that one may take */
	TORN_MS = 200,       /* before and after a hold */
};

static const struct bel_audio_format format = { RATE_HZ, 1 };

/* A short call has less to judge by, and each part of it. */
static unsigned least_of(const struct talk *talk)
{
	uint64_t half_ms = talk->duration_ms / (talk->hold_ms ? 4 : 2);

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

/* ---- the judge ---- */

/* By the tone that is expected; by the recording that is said, for it should come back;
 * or by the tone that is said, for the same reason. */
static bool open_judge(struct talk *talk)
{
	bool has_tone = talk->expect.tone_hz > 0;
	const struct bel_judge_opts opts = {
		.rate_hz = RATE_HZ,
		.tone_hz = has_tone          ? talk->expect.tone_hz
			   : talk->reference ? 0
					     : TONE_HZ,
		.reference = talk->reference,
		.reference_count = talk->reference_count,
		.least_ms = least_of(talk),
	};

	return !bel_judge_open(&talk->judge, &opts);
}

static void close_judge(struct talk *talk)
{
	if (talk->judge)
		bel_audio_close(bel_judge_port(talk->judge));
	talk->judge = NULL;
}

/* is_torn: by something that they did, before we knew. */
static void close_part(struct talk *talk, bool may_be_short, bool is_torn)
{
	struct bel_judge_result part;

	if (!talk->judge)
		return;
	if (is_torn)
		bel_judge_forget(talk->judge, TORN_MS);
	bel_judge_result(&part, talk->judge);
	close_judge(talk);
	if (may_be_short && part.verdict == BEL_JUDGE_SILENCE)
		return;
	if (!talk->has_heard || part.verdict < talk->heard.verdict)
		talk->heard = part;
	talk->has_heard = true;
}

/* Without a judge nothing is heard any more, and that is what is said then. */
static void open_part(struct talk *talk)
{
	if (open_judge(talk))
		return;
	talk->heard = (struct bel_judge_result){ .verdict = BEL_JUDGE_SILENCE };
	talk->has_heard = true;
}

void talk_judge_part(struct talk *talk, bool goes_on)
{
	talk->deaf_count = 0;
	close_part(talk, false, talk->step != TALK_END);
	if (goes_on)
		talk->deaf_count = TORN_MS * (RATE_HZ / 1000);
}

/* An event of RFC 4733 comes in place of the sound. */
void talk_judge_digit(struct talk *talk)
{
	if (!talk->judge && !talk->deaf_count)
		return;
	close_part(talk, true, false);
	talk->deaf_count = DIGIT_MS * (RATE_HZ / 1000);
}

static void hear_again(struct talk *talk)
{
	talk->deaf_count = 0;
	open_part(talk);
}

static void tee_write(struct bel_audio_port *port, const int16_t *samples, unsigned count)
{
	struct talk *talk = BEL_CONTAINER_OF(port, struct talk, tee);

	if (talk->deaf_count > count)
		talk->deaf_count -= count;
	else if (talk->deaf_count)
		hear_again(talk);
	else if (talk->judge)
		bel_audio_write(bel_judge_port(talk->judge), samples, count);
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
	talk->reference_count = count;
	return talk->reference;
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

	talk->tone_hz = TONE_HZ;
	return !bel_tone_open(&talk->source, &tone);
}

static bool open_recorder(struct talk *talk, bel_str record)
{
	char path[PATH_BYTES];
	enum bel_err err;

	bel_cmd_join_path(path, ".", record);
	err = bel_recorder_open(&talk->recorder, bel_lib_media(talk->lib), path, &format);
	if (err)
		bel_cmd_fail("cannot record into %s: %s", path,
			     err == BEL_ERR_UNSUPPORTED
				     ? bel_media_lib_text(BEL_MEDIA_SNDFILE)
				     : bel_err_text(err));
	return !err;
}

bool talk_open_sound(struct talk *talk)
{
	bel_str play = bel_cmd_option(talk->args, "--play");
	bel_str record = bel_cmd_option(talk->args, "--record");

	if (talk->has_sound)
		return true;
	if (play.len && !open_recording(talk, play))
		return false;
	if ((!play.len && !open_tone(talk)) || !open_judge(talk)) {
		bel_cmd_fail("no memory");
		return false;
	}
	if (record.len && !open_recorder(talk, record))
		return false;
	talk->tee = (struct bel_audio_port){ .format = format, .write = tee_write };
	talk->has_sound = true;
	return true;
}

void talk_connect_sound(struct talk *talk, struct bel_line *line)
{
	bel_media_stream_set_source(bel_line_stream(line), talk->source);
	bel_media_stream_set_sink(bel_line_stream(line), &talk->tee);
}

void talk_close_sound(struct talk *talk)
{
	for (unsigned i = 0; i < talk->strands_count; i++)
		bel_line_close(talk->strands[i].line);
	bel_audio_close(talk->source);
	bel_audio_close(talk->recorder);
	close_judge(talk);
	bel_clip_fini(&talk->clip);
	free(talk->reference);
}
