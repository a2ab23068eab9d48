/* SPDX-License-Identifier: Apache-2.0
 * Opus in RTP (RFC 6716, 7587), by libopus. The sound is always 48,000 Hz here: the codec
 * finds out itself what of it is worth sending. */
#include <errno.h>
#include <stdlib.h>

#include "media/codec_int.h"
#include "sdp/sdp.h"

struct opus {
	struct bel_coder base;
	const struct bel_opus *lib;
	OpusEncoder *encoder;
	OpusDecoder *decoder;
};

enum {
	PACKET_BYTES_MAX = 1275, /* of one frame, RFC 6716 section 3.2.1 */
	QUIET_BYTES = 2,         /* so short only when there is nothing to send */
	GRANULE_SAMPLES = 120,   /* 2.5 ms */
	BITRATE_MIN = 6000,
	BITRATE_MAX = 510000,
	LOSS_PERCENT = 10,
};

/* What the receiver asks of us (RFC 7587 section 6.1). */
struct wishes {
	bool has_fec, has_dtx, is_constant, is_stereo;
	uint64_t bitrate_bps, playback_hz; /* 0: not said */
};

static uint64_t number(bel_str fmtp, bel_str name, uint64_t max)
{
	bel_str text;
	uint64_t value = 0;

	if (bel_sdp_fmtp_find(&text, fmtp, name))
		bel_str_to_u64(&value, text, max);
	return value;
}

static struct wishes parse_wishes(bel_str fmtp)
{
	return (struct wishes){
		.has_fec = number(fmtp, BEL_STR("useinbandfec"), 1) == 1,
		.has_dtx = number(fmtp, BEL_STR("usedtx"), 1) == 1,
		.is_constant = number(fmtp, BEL_STR("cbr"), 1) == 1,
		.is_stereo = number(fmtp, BEL_STR("stereo"), 1) == 1,
		.bitrate_bps = number(fmtp, BEL_STR("maxaveragebitrate"), BITRATE_MAX),
		.playback_hz = number(fmtp, BEL_STR("maxplaybackrate"),
				      BEL_AUDIO_RATE_MAX),
	};
}

/* The widest band that the receiver can play (RFC 7587 section 3.1.1). */
static opus_int32 band_of(uint64_t playback_hz)
{
	static const struct {
		uint64_t hz;
		opus_int32 band;
	} bands[] = {
		{ 8000, OPUS_BANDWIDTH_NARROWBAND },
		{ 12000, OPUS_BANDWIDTH_MEDIUMBAND },
		{ 16000, OPUS_BANDWIDTH_WIDEBAND },
		{ 24000, OPUS_BANDWIDTH_SUPERWIDEBAND },
	};

	for (unsigned i = 0; i < BEL_COUNT_OF(bands); i++)
		if (playback_hz != 0 && playback_hz <= bands[i].hz)
			return bands[i].band;
	return OPUS_BANDWIDTH_FULLBAND;
}

static opus_int32 bitrate_of(const struct bel_coder_opts *opts,
			     const struct wishes *wishes)
{
	uint64_t bitrate_bps = opts->bitrate_bps;

	if (wishes->bitrate_bps >= BITRATE_MIN &&
	    (bitrate_bps == 0 || wishes->bitrate_bps < bitrate_bps))
		bitrate_bps = wishes->bitrate_bps;
	return bitrate_bps == 0 ? OPUS_AUTO : (opus_int32)bitrate_bps;
}

static void configure(struct opus *opus, const struct bel_coder_opts *opts)
{
	struct wishes wishes = parse_wishes(opts->fmtp);
	opus_int32 loss = opts->loss_percent == 0    ? LOSS_PERCENT
			  : opts->loss_percent > 100 ? 100
						     : (opus_int32)opts->loss_percent;
	const struct {
		int request;
		opus_int32 value;
	} settings[] = {
		{ OPUS_SET_BITRATE_REQUEST, bitrate_of(opts, &wishes) },
		{ OPUS_SET_VBR_REQUEST, !wishes.is_constant },
		{ OPUS_SET_DTX_REQUEST, wishes.has_dtx },
		{ OPUS_SET_INBAND_FEC_REQUEST, wishes.has_fec },
		{ OPUS_SET_PACKET_LOSS_PERC_REQUEST, wishes.has_fec ? loss : 0 },
		{ OPUS_SET_MAX_BANDWIDTH_REQUEST, band_of(wishes.playback_hz) },
		{ OPUS_SET_FORCE_CHANNELS_REQUEST,
		  opus->base.format.channels == 2 && !wishes.is_stereo ? 1 : OPUS_AUTO },
	};

	for (unsigned i = 0; i < BEL_COUNT_OF(settings); i++)
		opus->lib->opus_encoder_ctl(opus->encoder, settings[i].request,
					    settings[i].value);
}

enum bel_err bel_opus_open(struct bel_coder **out, const struct bel_coder_opts *opts)
{
	enum bel_err err = bel_media_lib_find(opts->libs, BEL_MEDIA_OPUS);
	int rate = (int)opts->codec->rate_hz, channels = opts->channels == 2 ? 2 : 1;
	int application = channels == 2 || opts->is_faithful ? OPUS_APPLICATION_AUDIO
							     : OPUS_APPLICATION_VOIP;
	int status;
	struct opus *opus;

	if (err)
		return err;
	opus = calloc(1, sizeof *opus);
	if (!opus)
		return bel_err_from_errno(ENOMEM);
	opus->base.codec = opts->codec;
	opus->base.format = (struct bel_audio_format){ opts->codec->rate_hz,
						       (uint8_t)channels };
	opus->lib = &opts->libs->opus;
	if (opts->has_encoder) {
		opus->encoder = opus->lib->opus_encoder_create(rate, channels,
							       application, &status);
		if (!opus->encoder)
			goto fail;
		configure(opus, opts);
	}
	if (opts->has_decoder) {
		opus->decoder = opus->lib->opus_decoder_create(rate, channels, &status);
		if (!opus->decoder)
			goto fail;
	}
	*out = &opus->base;
	return BEL_OK;

fail:
	bel_opus_close(&opus->base);
	return bel_err_from_errno(ENOMEM);
}

enum bel_err bel_opus_encode(struct bel_writer *writer, struct bel_coder *coder,
			     const int16_t *samples, unsigned count)
{
	struct opus *opus = BEL_CONTAINER_OF(coder, struct opus, base);
	size_t left = writer->is_full ? 0 : writer->size - writer->len;
	opus_int32 len;

	if (left > PACKET_BYTES_MAX)
		left = PACKET_BYTES_MAX;
	if (left <= QUIET_BYTES)
		return BEL_ERR_SPACE;
	len = opus->lib->opus_encode(opus->encoder, samples, (int)count,
				     (unsigned char *)writer->buf + writer->len,
				     (opus_int32)left);
	if (len == OPUS_BUFFER_TOO_SMALL)
		return BEL_ERR_SPACE;
	if (len < 0)
		return BEL_ERR_LIMIT;
	if (len > QUIET_BYTES)
		bel_writer_room(writer, (size_t)len);
	return BEL_OK;
}

enum bel_err bel_opus_decode(int16_t *samples, unsigned *count, struct bel_coder *coder,
			     bel_str payload)
{
	struct opus *opus = BEL_CONTAINER_OF(coder, struct opus, base);
	const unsigned char *bytes = (const unsigned char *)payload.ptr;
	opus_int32 len = payload.len > INT16_MAX ? -1 : (opus_int32)payload.len;
	int wanted, got;

	if (len < 0)
		return BEL_ERR_SYNTAX;
	wanted = opus->lib->opus_packet_get_nb_samples(bytes, len,
						       (opus_int32)coder->format.rate_hz);
	if (wanted <= 0)
		return BEL_ERR_SYNTAX;
	if ((unsigned)wanted > *count)
		return BEL_ERR_SPACE;
	got = opus->lib->opus_decode(opus->decoder, bytes, len, samples, wanted, 0);
	if (got <= 0)
		return BEL_ERR_SYNTAX;
	*count = (unsigned)got;
	return BEL_OK;
}

/* With the packet that follows, its in-band copy of this one is taken (RFC 6716 section
 * 2.1.7); the codec falls back to guessing when there is none in it. */
enum bel_err bel_opus_conceal(int16_t *samples, unsigned count, struct bel_coder *coder,
			      bel_str next)
{
	struct opus *opus = BEL_CONTAINER_OF(coder, struct opus, base);
	bool has_next = next.len > 0 && next.len <= INT16_MAX;
	int got;

	if (count % GRANULE_SAMPLES != 0)
		return BEL_ERR_LIMIT;
	got = opus->lib->opus_decode(
		opus->decoder, has_next ? (const unsigned char *)next.ptr : NULL,
		has_next ? (opus_int32)next.len : 0, samples, (int)count, has_next);
	if (got <= 0 && has_next)
		got = opus->lib->opus_decode(opus->decoder, NULL, 0, samples, (int)count,
					     0);
	return got == (int)count ? BEL_OK : BEL_ERR_SYNTAX;
}

void bel_opus_close(struct bel_coder *coder)
{
	struct opus *opus = BEL_CONTAINER_OF(coder, struct opus, base);

	if (opus->encoder)
		opus->lib->opus_encoder_destroy(opus->encoder);
	if (opus->decoder)
		opus->lib->opus_decoder_destroy(opus->decoder);
	free(opus);
}
