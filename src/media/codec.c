/* SPDX-License-Identifier: Apache-2.0 */
#include "media/codec_int.h"

#define G711(name_, payload_, law)                                                       \
	{                                                                                \
		.name = name_, .payload = payload_, .rtpmap_channels = 1, .channels = 1, \
		.clock_hz = 8000, .rate_hz = 8000, .ptime_ms = 20, .granule_ms = 1,      \
		.frame_bytes = 160, .fmtp = "", .open = bel_plain_open,                  \
		.encode = bel_##law##_encode, .decode = bel_##law##_decode,              \
		.close = bel_plain_close,                                                \
	}

/* RFC 3551 section 4.5.11. Of 44,100 Hz, 10 ms are whole samples; two
 * channels of it are more than a packet without fragments holds, however cut. */
#define L16(payload_, rate, channels_, ms, bytes)                                        \
	{                                                                                \
		.name = "L16", .payload = payload_, .rtpmap_channels = channels_,        \
		.channels = channels_, .clock_hz = rate, .rate_hz = rate,                \
		.ptime_ms = ms, .granule_ms = 1, .frame_bytes = bytes, .fmtp = "",       \
		.open = bel_plain_open, .encode = bel_l16_encode,                        \
		.decode = bel_l16_decode, .close = bel_plain_close,                      \
	}

#define EVENTS(clock)                                                                    \
	{                                                                                \
		.name = "telephone-event", .kind = BEL_CODEC_EVENTS,                     \
		.payload = BEL_CODEC_DYNAMIC, .rtpmap_channels = 1, .clock_hz = clock,   \
		.fmtp = "0-16",                                                          \
	}

static const struct bel_codec codecs[] = {
	{
		.name = "opus",
		.payload = BEL_CODEC_DYNAMIC,
		.rtpmap_channels = 2,
		.channels = 1,
		.clock_hz = 48000,
		.rate_hz = 48000,
		.ptime_ms = 20,
		.granule_ms = 10,
		.fmtp = "useinbandfec=1",
		.has_lib = true,
		.lib = BEL_MEDIA_OPUS,
		.open = bel_opus_open,
		.encode = bel_opus_encode,
		.decode = bel_opus_decode,
		.conceal = bel_opus_conceal,
		.close = bel_opus_close,
	},
	{
		.name = "G722",
		.payload = 9,
		.rtpmap_channels = 1,
		.channels = 1,
		.clock_hz = 8000,
		.rate_hz = 16000,
		.ptime_ms = 20,
		.granule_ms = 1,
		.frame_bytes = 160,
		.fmtp = "",
		.has_lib = true,
		.lib = BEL_MEDIA_SPANDSP,
		.open = bel_g722_open,
		.encode = bel_g722_encode,
		.decode = bel_g722_decode,
		.close = bel_g722_close,
	},
	G711("PCMU", 0, ulaw),
	G711("PCMA", 8, alaw),
	{
		.name = "GSM",
		.payload = 3,
		.rtpmap_channels = 1,
		.channels = 1,
		.clock_hz = 8000,
		.rate_hz = 8000,
		.ptime_ms = 20,
		.granule_ms = 20,
		.frame_bytes = 33,
		.fmtp = "",
		.has_lib = true,
		.lib = BEL_MEDIA_SPANDSP,
		.open = bel_gsm_open,
		.encode = bel_gsm_encode,
		.decode = bel_gsm_decode,
		.close = bel_gsm_close,
	},
	L16(BEL_CODEC_DYNAMIC, 16000, 1, 20, 640),
	L16(11, 44100, 1, 10, 882),
	L16(10, 44100, 2, 10, 1764),
	EVENTS(8000),
	EVENTS(48000),
	{
		.name = "CN",
		.kind = BEL_CODEC_COMFORT,
		.payload = 13,
		.rtpmap_channels = 1,
		.clock_hz = 8000,
		.fmtp = "",
	},
};

const struct bel_codec *bel_codecs(unsigned *count)
{
	*count = BEL_COUNT_OF(codecs);
	return codecs;
}

const struct bel_codec *bel_codec_find(bel_str name, uint32_t clock_hz, unsigned channels)
{
	for (unsigned i = 0; i < BEL_COUNT_OF(codecs); i++)
		if (codecs[i].clock_hz == clock_hz &&
		    (channels == 0 || codecs[i].rtpmap_channels == channels) &&
		    bel_str_is_equal_nocase(name, bel_str_from(codecs[i].name)))
			return &codecs[i];
	return NULL;
}

const struct bel_codec *bel_codec_find_static(unsigned payload)
{
	for (unsigned i = 0; i < BEL_COUNT_OF(codecs); i++)
		if (codecs[i].payload == payload && payload != BEL_CODEC_DYNAMIC)
			return &codecs[i];
	return NULL;
}

bool bel_codec_is_here(const struct bel_codec *codec, struct bel_media_libs *libs)
{
	return !codec->has_lib || !bel_media_lib_find(libs, codec->lib);
}
