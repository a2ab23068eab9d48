/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "media/codec_int.h"

enum bel_err bel_coder_open(struct bel_coder **out, const struct bel_coder_opts *opts)
{
	struct bel_coder_opts chosen = *opts;
	struct bel_coder *coder;
	enum bel_err err;

	if (chosen.codec->kind != BEL_CODEC_AUDIO)
		return BEL_ERR_UNSUPPORTED;
	if (chosen.channels > BEL_AUDIO_CHANNELS_MAX)
		return BEL_ERR_LIMIT;
	if (!chosen.has_encoder && !chosen.has_decoder)
		chosen.has_encoder = chosen.has_decoder = true;
	err = chosen.codec->open(&coder, &chosen);
	if (err)
		return err;
	if (!chosen.codec->conceal && chosen.has_decoder) {
		err = bel_concealer_open(&coder->concealer, &coder->format);
		if (err) {
			chosen.codec->close(coder);
			return err;
		}
	}
	*out = coder;
	return BEL_OK;
}

void bel_coder_close(struct bel_coder *coder)
{
	if (!coder)
		return;
	bel_concealer_close(coder->concealer);
	coder->codec->close(coder);
}

const struct bel_codec *bel_coder_codec(const struct bel_coder *coder)
{
	return coder->codec;
}

const struct bel_audio_format *bel_coder_format(const struct bel_coder *coder)
{
	return &coder->format;
}

enum bel_err bel_coder_encode(struct bel_writer *writer, struct bel_coder *coder,
			      const int16_t *samples, unsigned count)
{
	uint64_t per_granule = (uint64_t)coder->codec->granule_ms * coder->format.rate_hz;

	/* In thousandths of a sample, for 1 ms of 44,100 Hz is none in whole ones. */
	if (count == 0 ||
	    count > coder->format.rate_hz / 1000.0 * BEL_AUDIO_FRAME_MS_MAX ||
	    (coder->codec->granule_ms > 1 && (uint64_t)count * 1000 % per_granule != 0))
		return BEL_ERR_LIMIT;
	return coder->codec->encode(writer, coder, samples, count);
}

enum bel_err bel_coder_decode(int16_t *samples, unsigned *count, struct bel_coder *coder,
			      bel_str payload)
{
	enum bel_err err;

	if (payload.len == 0)
		return BEL_ERR_SYNTAX;
	err = coder->codec->decode(samples, count, coder, payload);
	if (!err && coder->concealer)
		bel_concealer_put(coder->concealer, samples, *count);
	return err;
}

void bel_coder_conceal(int16_t *samples, unsigned count, struct bel_coder *coder,
		       bel_str next)
{
	if (coder->concealer)
		bel_concealer_get(samples, coder->concealer, count);
	else if (coder->codec->conceal(samples, count, coder, next))
		memset(samples, 0,
		       (size_t)count * coder->format.channels * sizeof *samples);
}

enum bel_err bel_plain_open(struct bel_coder **out, const struct bel_coder_opts *opts)
{
	struct bel_coder *coder = calloc(1, sizeof *coder);

	if (!coder)
		return bel_err_from_errno(ENOMEM);
	coder->codec = opts->codec;
	coder->format = (struct bel_audio_format){ opts->codec->rate_hz,
						   opts->codec->channels };
	*out = coder;
	return BEL_OK;
}

void bel_plain_close(struct bel_coder *coder)
{
	free(coder);
}
