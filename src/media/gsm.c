/* SPDX-License-Identifier: Apache-2.0
 * GSM 06.10 full rate, packed as RFC 3551 section 4.5.8 has it, by spandsp. */
#include <errno.h>
#include <stdlib.h>

#include "media/codec_int.h"

struct gsm {
	struct bel_coder base;
	const struct bel_spandsp *lib;
	gsm0610_state_t *encoder, *decoder;
};

enum { FRAME_BYTES = 33, FRAME_SAMPLES = 160 };

enum bel_err bel_gsm_open(struct bel_coder **out, const struct bel_coder_opts *opts)
{
	enum bel_err err = bel_media_lib_find(opts->libs, BEL_MEDIA_SPANDSP);
	struct gsm *gsm;

	if (err)
		return err;
	gsm = calloc(1, sizeof *gsm);
	if (!gsm)
		return bel_err_from_errno(ENOMEM);
	gsm->base.codec = opts->codec;
	gsm->base.format = (struct bel_audio_format){ opts->codec->rate_hz, 1 };
	gsm->lib = &opts->libs->spandsp;
	if (opts->has_encoder)
		gsm->encoder = gsm->lib->gsm0610_init(NULL, GSM0610_PACKING_VOIP);
	if (opts->has_decoder)
		gsm->decoder = gsm->lib->gsm0610_init(NULL, GSM0610_PACKING_VOIP);
	if ((opts->has_encoder && !gsm->encoder) ||
	    (opts->has_decoder && !gsm->decoder)) {
		bel_gsm_close(&gsm->base);
		return bel_err_from_errno(ENOMEM);
	}
	*out = &gsm->base;
	return BEL_OK;
}

enum bel_err bel_gsm_encode(struct bel_writer *writer, struct bel_coder *coder,
			    const int16_t *samples, unsigned count)
{
	struct gsm *gsm = BEL_CONTAINER_OF(coder, struct gsm, base);
	char *room = bel_writer_room(writer, count / FRAME_SAMPLES * FRAME_BYTES);

	if (!room)
		return BEL_ERR_SPACE;
	gsm->lib->gsm0610_encode(gsm->encoder, (uint8_t *)room, samples, (int)count);
	return BEL_OK;
}

enum bel_err bel_gsm_decode(int16_t *samples, unsigned *count, struct bel_coder *coder,
			    bel_str payload)
{
	struct gsm *gsm = BEL_CONTAINER_OF(coder, struct gsm, base);
	size_t frames = payload.len / FRAME_BYTES;

	if (payload.len % FRAME_BYTES != 0)
		return BEL_ERR_SYNTAX;
	if (frames > *count / FRAME_SAMPLES)
		return BEL_ERR_SPACE;
	*count = (unsigned)frames * FRAME_SAMPLES;
	gsm->lib->gsm0610_decode(gsm->decoder, samples, (const uint8_t *)payload.ptr,
				 (int)payload.len);
	return BEL_OK;
}

void bel_gsm_close(struct bel_coder *coder)
{
	struct gsm *gsm = BEL_CONTAINER_OF(coder, struct gsm, base);

	if (gsm->encoder)
		gsm->lib->gsm0610_free(gsm->encoder);
	if (gsm->decoder)
		gsm->lib->gsm0610_free(gsm->decoder);
	free(gsm);
}
