/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "media/libs_int.h"
#include "media/resample.h"

enum {
	QUALITY = SPEEX_RESAMPLER_QUALITY_VOIP,
	CHUNKS_PER_SECOND = 100,
	/* elements of 10 ms at the highest rate, and what the filter may add to it */
	CHUNK_MAX = (BEL_AUDIO_RATE_MAX / CHUNKS_PER_SECOND + 8) * BEL_AUDIO_CHANNELS_MAX,
};

/* One direction, 10 ms at a time: channels, then rate, or the other way round where that
 * is less work. */
struct lane {
	struct bel_audio_format from, to;
	SpeexResamplerState *state; /* NULL: the rates are equal */
};

struct resampler {
	struct bel_audio_port base;
	const struct bel_speexdsp *lib;
	struct bel_audio_port *inner;
	struct lane in, out; /* from inner, and to it */
	/* converted, and not yet asked for; in the format of base */
	int16_t waiting[CHUNK_MAX];
	unsigned waiting_from, waiting_to;
};

static void spread(int16_t *out, const int16_t *in, unsigned count, unsigned from,
		   unsigned to)
{
	for (unsigned i = 0; i < count; i++) {
		if (from == to)
			memcpy(out + (size_t)i * to, in + (size_t)i * to,
			       to * sizeof *out);
		else if (to == 1)
			out[i] = (int16_t)((in[2 * i] + in[2 * i + 1]) / 2);
		else
			out[2 * i] = out[2 * i + 1] = in[i];
	}
}

/* Mono is what goes through the filter when either side is. */
static unsigned narrow(const struct lane *lane)
{
	return lane->from.channels < lane->to.channels ? lane->from.channels
						       : lane->to.channels;
}

/* At most 10 ms; gives how many samples came out. */
static unsigned convert(int16_t *out, const struct bel_speexdsp *lib,
			const struct lane *lane, const int16_t *in, unsigned count)
{
	int16_t before[CHUNK_MAX], after[CHUNK_MAX];
	spx_uint32_t taken = count, given = CHUNK_MAX / BEL_AUDIO_CHANNELS_MAX;
	unsigned channels = narrow(lane);

	if (!lane->state) {
		spread(out, in, count, lane->from.channels, lane->to.channels);
		return count;
	}
	spread(before, in, count, lane->from.channels, channels);
	lib->speex_resampler_process_interleaved_int(lane->state, before, &taken, after,
						     &given);
	spread(out, after, given, channels, lane->to.channels);
	return given;
}

/* Fills `waiting` anew; false when inner had nothing. */
static bool refill(struct resampler *resampler)
{
	int16_t chunk[CHUNK_MAX];
	unsigned count = resampler->inner->format.rate_hz / CHUNKS_PER_SECOND;

	if (bel_audio_read(resampler->inner, chunk, count) == 0)
		return false;
	resampler->waiting_from = 0;
	resampler->waiting_to = convert(resampler->waiting, resampler->lib,
					&resampler->in, chunk, count);
	return true;
}

static unsigned read_resampler(struct bel_audio_port *port, int16_t *samples,
			       unsigned count)
{
	struct resampler *resampler = BEL_CONTAINER_OF(port, struct resampler, base);
	unsigned channels = port->format.channels, done = 0;

	while (done < count) {
		unsigned part = resampler->waiting_to - resampler->waiting_from;

		if (part == 0 && !refill(resampler))
			break;
		part = resampler->waiting_to - resampler->waiting_from;
		if (part > count - done)
			part = count - done;
		memcpy(samples + (size_t)done * channels,
		       resampler->waiting + (size_t)resampler->waiting_from * channels,
		       part * channels * sizeof *samples);
		resampler->waiting_from += part;
		done += part;
	}
	return done;
}

static void write_resampler(struct bel_audio_port *port, const int16_t *samples,
			    unsigned count)
{
	struct resampler *resampler = BEL_CONTAINER_OF(port, struct resampler, base);
	unsigned chunk_count = port->format.rate_hz / CHUNKS_PER_SECOND;
	int16_t chunk[CHUNK_MAX];

	while (count > 0) {
		unsigned part = count < chunk_count ? count : chunk_count;
		unsigned got = convert(chunk, resampler->lib, &resampler->out, samples,
				       part);
		bel_audio_write(resampler->inner, chunk, got);
		samples += (size_t)part * port->format.channels;
		count -= part;
	}
}

static void close_resampler(struct bel_audio_port *port)
{
	struct resampler *resampler = BEL_CONTAINER_OF(port, struct resampler, base);

	if (resampler->in.state)
		resampler->lib->speex_resampler_destroy(resampler->in.state);
	if (resampler->out.state)
		resampler->lib->speex_resampler_destroy(resampler->out.state);
	free(resampler);
}

static enum bel_err open_lane(struct lane *lane, const struct bel_speexdsp *lib,
			      const struct bel_audio_format *from,
			      const struct bel_audio_format *to)
{
	int status;

	lane->from = *from;
	lane->to = *to;
	if (from->rate_hz == to->rate_hz)
		return BEL_OK;
	lane->state = lib->speex_resampler_init(narrow(lane), from->rate_hz, to->rate_hz,
						QUALITY, &status);
	return lane->state ? BEL_OK : bel_err_from_errno(ENOMEM);
}

enum bel_err bel_resampler_open(struct bel_audio_port **out, struct bel_media_libs *libs,
				struct bel_audio_port *inner,
				const struct bel_audio_format *format)
{
	struct resampler *resampler;
	enum bel_err err = BEL_OK;

	if (!bel_audio_format_is_valid(format) ||
	    !bel_audio_format_is_valid(&inner->format))
		return BEL_ERR_LIMIT;
	if (format->rate_hz != inner->format.rate_hz)
		err = bel_media_lib_find(libs, BEL_MEDIA_SPEEXDSP);
	if (err)
		return err;
	resampler = calloc(1, sizeof *resampler);
	if (!resampler)
		return bel_err_from_errno(ENOMEM);
	resampler->base = (struct bel_audio_port){ .format = *format,
						   .read = read_resampler,
						   .write = write_resampler,
						   .close = close_resampler };
	resampler->lib = &libs->speexdsp;
	resampler->inner = inner;
	err = open_lane(&resampler->in, resampler->lib, &inner->format, format);
	if (!err)
		err = open_lane(&resampler->out, resampler->lib, format, &inner->format);
	if (err) {
		close_resampler(&resampler->base);
		return err;
	}
	*out = &resampler->base;
	return BEL_OK;
}
