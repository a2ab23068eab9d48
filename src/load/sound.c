/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "load/load_int.h"

enum { RATE_HZ = 8000, TONE_HZ = 440, TONE_LEVEL_DBM0 = -10, LEAST_MS = 500 };

struct load_sound {
	struct load_item *item;
	struct bel_line *line;
	struct bel_audio_port *tone;
	struct bel_judge *judge; /* NULL: nobody listens */
	bool is_heard;
};

static void on_heard(void *user)
{
	struct load_sound *sound = user;
	struct bel_load *load = sound->item->load;

	if (sound->is_heard)
		return;
	sound->is_heard = true;
	bel_load_histogram_put(&load->figures.first_us,
			       bel_load_now_us(load) - sound->item->due_us);
}

static const struct bel_media_stream_port stream_port = { .on_heard = on_heard };

/* A short call has less to judge by. */
static enum bel_err open_judge(struct load_sound *sound)
{
	uint64_t half_ms = sound->item->load->opts.hold_ms / 2;
	const struct bel_judge_opts judge = {
		.rate_hz = RATE_HZ,
		.tone_hz = TONE_HZ,
		.least_ms = half_ms < LEAST_MS ? (unsigned)half_ms + 1 : LEAST_MS,
	};

	return bel_judge_open(&sound->judge, &judge);
}

static enum bel_err open_line(struct load_sound *sound)
{
	const struct bel_load *load = sound->item->load;

	return bel_line_open(&sound->line, &(struct bel_line_opts){
						   .loop = load->loop,
						   .libs = bel_lib_media(load->opts.lib),
						   .local = load->local,
						   .codecs = load->opts.codecs,
						   .srtp = load->opts.srtp,
						   .is_faithful = true,
						   .port = &stream_port,
						   .user = sound,
					   });
}

enum bel_err bel_load_sound_open(struct load_sound **out, struct load_item *item,
				 bool is_judged)
{
	const struct bel_tone_opts tone = { .format = { RATE_HZ, 1 },
					    .parts = { { TONE_HZ, TONE_LEVEL_DBM0 } },
					    .parts_count = 1 };
	struct load_sound *sound = calloc(1, sizeof *sound);
	enum bel_err err;

	if (!sound)
		return bel_err_from_errno(ENOMEM);
	sound->item = item;
	err = bel_tone_open(&sound->tone, &tone);
	if (!err && is_judged)
		err = open_judge(sound);
	if (!err)
		err = open_line(sound);
	if (err) {
		bel_load_sound_close(sound);
		return err;
	}
	bel_media_stream_set_source(bel_line_stream(sound->line), sound->tone);
	if (sound->judge)
		bel_media_stream_set_sink(bel_line_stream(sound->line),
					  bel_judge_port(sound->judge));
	*out = sound;
	return BEL_OK;
}

bool bel_load_sound_count(const struct load_sound *sound)
{
	struct bel_load_figures *figures = &sound->item->load->figures;
	struct bel_judge_result heard;
	struct bel_media_stats stats;

	bel_media_stream_stats(&stats, bel_line_stream(sound->line));
	figures->rtp_sent += stats.sent;
	figures->rtp_received += stats.received;
	figures->rtp_lost += stats.lost;
	if (stats.mos > 0)
		bel_load_histogram_put(&figures->mos,
				       (uint64_t)(stats.mos * BEL_LOAD_MOS_SCALE));
	if (sound->judge) {
		bel_judge_result(&heard, sound->judge);
		figures->judged++;
		figures->heard += heard.verdict == BEL_JUDGE_HEARD;
	}
	return stats.received;
}

void bel_load_sound_close(struct load_sound *sound)
{
	if (!sound)
		return;
	bel_line_close(sound->line);
	bel_audio_close(sound->tone);
	if (sound->judge)
		bel_audio_close(bel_judge_port(sound->judge));
	free(sound);
}

struct bel_line *bel_load_sound_line(const struct load_sound *sound)
{
	return sound->line;
}
