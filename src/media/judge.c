/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "media/judge_int.h"

enum { RATE_HZ = 8000, RATE_MAX = 16000, LEAST_MS = 500, BLOCKS_PER_SECOND = 100 };

/* Sound is what is at most 10 dB below the loudest 10 ms, and not below this at all. */
static const double quiet_dbov = -55, sound_part = 0.1;

const double bel_judge_good = 0.9;

static void write_judge(struct bel_audio_port *port, const int16_t *samples,
			unsigned count)
{
	struct bel_judge *judge = BEL_CONTAINER_OF(port, struct bel_judge, base);

	if (count > judge->heard_size - judge->heard_count)
		count = (unsigned)(judge->heard_size - judge->heard_count);
	memcpy(judge->heard + judge->heard_count, samples, count * sizeof *samples);
	judge->heard_count += count;
}

static void close_judge(struct bel_audio_port *port)
{
	free(BEL_CONTAINER_OF(port, struct bel_judge, base));
}

enum bel_err bel_judge_open(struct bel_judge **out, const struct bel_judge_opts *opts)
{
	uint32_t rate_hz = opts->rate_hz ? opts->rate_hz : RATE_HZ;
	size_t size = (size_t)rate_hz * BEL_JUDGE_SECONDS_MAX;
	bool has_tone = opts->tone_hz > 0 && opts->tone_hz < rate_hz / 2.0;
	struct bel_judge *judge;

	if (rate_hz < RATE_HZ || rate_hz > RATE_MAX || rate_hz % BLOCKS_PER_SECOND != 0 ||
	    (!has_tone && opts->reference_count == 0))
		return BEL_ERR_LIMIT;
	judge = malloc(sizeof *judge + size * sizeof *judge->heard);
	if (!judge)
		return bel_err_from_errno(ENOMEM);
	*judge = (struct bel_judge){
		.base = { .format = { rate_hz, 1 },
			  .write = write_judge,
			  .close = close_judge },
		.opts = *opts,
		.block = rate_hz / BLOCKS_PER_SECOND,
		.heard_size = size,
	};
	judge->opts.tone_hz = has_tone ? opts->tone_hz : 0;
	if (opts->least_ms == 0)
		judge->opts.least_ms = LEAST_MS;
	*out = judge;
	return BEL_OK;
}

struct bel_audio_port *bel_judge_port(struct bel_judge *judge)
{
	return &judge->base;
}

void bel_judge_forget(struct bel_judge *judge, unsigned last_ms)
{
	size_t count = (size_t)last_ms * judge->base.format.rate_hz / 1000;

	judge->heard_count -= count < judge->heard_count ? count : judge->heard_count;
}

double bel_judge_power(const int16_t *samples, size_t count)
{
	double power = 0;

	for (size_t i = 0; i < count; i++)
		power += (double)samples[i] * samples[i];
	return count ? power / (double)count : 0;
}

/* The first and the last block with sound in it; false: there is none. */
static bool find_sound(const struct bel_judge *judge, struct bel_judge_span *span)
{
	size_t blocks = judge->heard_count / judge->block;
	double loudest = 32768.0 * 32768.0 * pow(10, quiet_dbov / 10) / sound_part;
	bool has_sound = false;

	for (size_t i = 0; i < blocks; i++) {
		double power = bel_judge_power(judge->heard + i * judge->block,
					       judge->block);
		loudest = fmax(loudest, power);
	}
	for (size_t i = 0; i < blocks; i++) {
		if (bel_judge_power(judge->heard + i * judge->block, judge->block) <
		    loudest * sound_part)
			continue;
		if (!has_sound)
			span->from = i * judge->block;
		span->to = (i + 1) * judge->block;
		has_sound = true;
	}
	return has_sound;
}

void bel_judge_result(struct bel_judge_result *out, const struct bel_judge *judge)
{
	struct bel_judge_span span;
	uint32_t rate_hz = judge->base.format.rate_hz;

	*out = (struct bel_judge_result){ .level_dbov = -127 };
	if (!find_sound(judge, &span))
		return;
	out->sound_ms = (unsigned)((span.to - span.from) * 1000 / rate_hz);
	out->level_dbov = bel_audio_level(judge->heard + span.from, span.to - span.from);
	if (out->sound_ms < judge->opts.least_ms)
		return;
	out->verdict = BEL_JUDGE_OTHER;
	if (judge->opts.tone_hz > 0)
		bel_judge_by_tone(out, judge, &span);
	else
		bel_judge_by_reference(out, judge);
}

const char *bel_judge_verdict_name(enum bel_judge_verdict verdict)
{
	static const char *const names[] = {
		[BEL_JUDGE_SILENCE] = "silence",
		[BEL_JUDGE_OTHER] = "other",
		[BEL_JUDGE_HEARD] = "heard",
	};

	return names[verdict];
}
