/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "media/canceller.h"
#include "media/libs_int.h"

enum {
	BLOCKS_PER_SECOND = 100,
	BLOCK_MAX = BEL_AUDIO_RATE_MAX / BLOCKS_PER_SECOND,
	/* Written and not met by anything read: more is forgotten, for it is over. */
	PLAYED_MS_MAX = 60,
	PLAYED_MAX = BEL_AUDIO_RATE_MAX / 1000 * PLAYED_MS_MAX,
};

struct canceller {
	struct bel_audio_port base;
	const struct bel_speexdsp *lib;
	struct bel_audio_port *inner;
	SpeexEchoState *echo;
	SpeexPreprocessState *noise;
	unsigned block;
	/* written, in order, not compared yet */
	int16_t played[PLAYED_MAX];
	unsigned played_count;
	/* cleaned, and not asked for yet */
	int16_t clean[BLOCK_MAX];
	unsigned clean_from, clean_to;
};

/* The far end beside which the next block of the near end is laid. */
static void take_played(int16_t *out, struct canceller *canceller)
{
	unsigned count = canceller->block;

	if (canceller->played_count < count)
		count = canceller->played_count;
	memcpy(out, canceller->played, count * sizeof *out);
	memset(out + count, 0, (canceller->block - count) * sizeof *out);
	canceller->played_count -= count;
	memmove(canceller->played, canceller->played + count,
		canceller->played_count * sizeof *out);
}

static void clean_block(struct canceller *canceller)
{
	int16_t near[BLOCK_MAX], far[BLOCK_MAX];

	bel_audio_read(canceller->inner, near, canceller->block);
	take_played(far, canceller);
	canceller->lib->speex_echo_cancellation(canceller->echo, near, far,
						canceller->clean);
	canceller->lib->speex_preprocess_run(canceller->noise, canceller->clean);
	canceller->clean_from = 0;
	canceller->clean_to = canceller->block;
}

static unsigned read_clean(struct bel_audio_port *port, int16_t *samples, unsigned count)
{
	struct canceller *canceller = BEL_CONTAINER_OF(port, struct canceller, base);

	for (unsigned done = 0, part; done < count; done += part) {
		if (canceller->clean_from == canceller->clean_to)
			clean_block(canceller);
		part = canceller->clean_to - canceller->clean_from;
		if (part > count - done)
			part = count - done;
		memcpy(samples + done, canceller->clean + canceller->clean_from,
		       part * sizeof *samples);
		canceller->clean_from += part;
	}
	return count;
}

static void write_played(struct bel_audio_port *port, const int16_t *samples,
			 unsigned count)
{
	struct canceller *canceller = BEL_CONTAINER_OF(port, struct canceller, base);
	unsigned limit = port->format.rate_hz / 1000 * PLAYED_MS_MAX;
	unsigned skip = count > limit ? count - limit : 0, old = 0;
	unsigned kept = count - skip;

	bel_audio_write(canceller->inner, samples, count);
	if (canceller->played_count + kept > limit)
		old = canceller->played_count + kept - limit;
	canceller->played_count -= old;
	memmove(canceller->played, canceller->played + old,
		canceller->played_count * sizeof *samples);
	memcpy(canceller->played + canceller->played_count, samples + skip,
	       kept * sizeof *samples);
	canceller->played_count += kept;
}

static void close_canceller(struct bel_audio_port *port)
{
	struct canceller *canceller = BEL_CONTAINER_OF(port, struct canceller, base);

	if (canceller->noise)
		canceller->lib->speex_preprocess_state_destroy(canceller->noise);
	if (canceller->echo)
		canceller->lib->speex_echo_state_destroy(canceller->echo);
	free(canceller);
}

static enum bel_err open_states(struct canceller *canceller, unsigned tail_ms)
{
	const struct bel_speexdsp *lib = canceller->lib;
	int rate_hz = (int)canceller->base.format.rate_hz;

	canceller->echo = lib->speex_echo_state_init((int)canceller->block,
						     rate_hz / 1000 * (int)tail_ms);
	canceller->noise = lib->speex_preprocess_state_init((int)canceller->block,
							    rate_hz);
	if (!canceller->echo || !canceller->noise)
		return bel_err_from_errno(ENOMEM);
	lib->speex_echo_ctl(canceller->echo, SPEEX_ECHO_SET_SAMPLING_RATE, &rate_hz);
	/* It takes out what of the echo is left. */
	lib->speex_preprocess_ctl(canceller->noise, SPEEX_PREPROCESS_SET_ECHO_STATE,
				  canceller->echo);
	return BEL_OK;
}

enum bel_err bel_canceller_open(struct bel_audio_port **out, struct bel_media_libs *libs,
				struct bel_audio_port *inner, unsigned tail_ms)
{
	enum bel_err err = bel_media_lib_find(libs, BEL_MEDIA_SPEEXDSP);
	struct canceller *canceller;

	if (err)
		return err;
	if (inner->format.channels != 1 || tail_ms < 10 ||
	    tail_ms > BEL_CANCELLER_TAIL_MS_MAX)
		return BEL_ERR_LIMIT;
	canceller = calloc(1, sizeof *canceller);
	if (!canceller)
		return bel_err_from_errno(ENOMEM);
	canceller->base = (struct bel_audio_port){ .format = inner->format,
						   .read = read_clean,
						   .write = write_played,
						   .close = close_canceller };
	canceller->lib = &libs->speexdsp;
	canceller->inner = inner;
	canceller->block = inner->format.rate_hz / BLOCKS_PER_SECOND;
	err = open_states(canceller, tail_ms);
	if (err)
		close_canceller(&canceller->base);
	else
		*out = &canceller->base;
	return err;
}
