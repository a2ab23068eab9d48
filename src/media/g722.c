/* SPDX-License-Identifier: Apache-2.0
 * ITU-T G.722 at 64 kbit/s, by spandsp. */
#include <errno.h>
#include <stdlib.h>

#include "media/codec_int.h"

struct g722 {
	struct bel_coder base;
	const struct bel_spandsp *lib;
	g722_encode_state_t *encoder;
	g722_decode_state_t *decoder;
};

enum { BITRATE_BPS = 64000 };

enum bel_err bel_g722_open(struct bel_coder **out, const struct bel_coder_opts *opts)
{
	enum bel_err err = bel_media_lib_find(opts->libs, BEL_MEDIA_SPANDSP);
	struct g722 *g722;

	if (err)
		return err;
	g722 = calloc(1, sizeof *g722);
	if (!g722)
		return bel_err_from_errno(ENOMEM);
	g722->base.codec = opts->codec;
	g722->base.format = (struct bel_audio_format){ opts->codec->rate_hz, 1 };
	g722->lib = &opts->libs->spandsp;
	if (opts->has_encoder)
		g722->encoder = g722->lib->g722_encode_init(NULL, BITRATE_BPS, 0);
	if (opts->has_decoder)
		g722->decoder = g722->lib->g722_decode_init(NULL, BITRATE_BPS, 0);
	if ((opts->has_encoder && !g722->encoder) ||
	    (opts->has_decoder && !g722->decoder)) {
		bel_g722_close(&g722->base);
		return bel_err_from_errno(ENOMEM);
	}
	*out = &g722->base;
	return BEL_OK;
}

enum bel_err bel_g722_encode(struct bel_writer *writer, struct bel_coder *coder,
			     const int16_t *samples, unsigned count)
{
	struct g722 *g722 = BEL_CONTAINER_OF(coder, struct g722, base);
	char *room;

	if (count % 2 != 0)
		return BEL_ERR_LIMIT;
	room = bel_writer_room(writer, count / 2);
	if (!room)
		return BEL_ERR_SPACE;
	g722->lib->g722_encode(g722->encoder, (uint8_t *)room, samples, (int)count);
	return BEL_OK;
}

enum bel_err bel_g722_decode(int16_t *samples, unsigned *count, struct bel_coder *coder,
			     bel_str payload)
{
	struct g722 *g722 = BEL_CONTAINER_OF(coder, struct g722, base);

	if (payload.len > *count / 2)
		return BEL_ERR_SPACE;
	*count = (unsigned)g722->lib->g722_decode(
		g722->decoder, samples, (const uint8_t *)payload.ptr, (int)payload.len);
	return BEL_OK;
}

void bel_g722_close(struct bel_coder *coder)
{
	struct g722 *g722 = BEL_CONTAINER_OF(coder, struct g722, base);

	if (g722->encoder)
		g722->lib->g722_encode_free(g722->encoder);
	if (g722->decoder)
		g722->lib->g722_decode_free(g722->decoder);
	free(g722);
}
