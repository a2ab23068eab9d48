/* SPDX-License-Identifier: Apache-2.0 */
#include "offer/offer_int.h"

/* ---- when two codecs are one ---- */

/* Parameters that make another codec of the same name: what is encoded with one value is
 * not understood with another. All else in fmtp is what its sender would like. */
static const struct essential {
	bel_str codec, parameter;
	bel_str otherwise; /* when it is not said */
	size_t len;        /* that must be the same; 0: all */
} essentials[] = {
	/* RFC 6184 section 8.2.2; of the level each side says its own */
	{ { "H264", 4 }, { "packetization-mode", 18 }, { "0", 1 }, 0 },
	{ { "H264", 4 }, { "profile-level-id", 16 }, { "42000A", 6 }, 2 },
	/* RFC 9628 section 7.2 */
	{ { "VP9", 3 }, { "profile-id", 10 }, { "0", 1 }, 0 },
	/* RFC 4867 section 8.3.1 */
	{ { "AMR", 3 }, { "octet-align", 11 }, { "0", 1 }, 0 },
	{ { "AMR-WB", 6 }, { "octet-align", 11 }, { "0", 1 }, 0 },
};

static bel_str essential_of(const struct bel_sdp_codec *codec,
			    const struct essential *essential)
{
	bel_str value = essential->otherwise;

	bel_sdp_fmtp_find(&value, codec->fmtp, essential->parameter);
	return essential->len ? bel_str_slice(value, 0, essential->len) : value;
}

bool bel_codec_is_same(const struct bel_sdp_codec *a, const struct bel_sdp_codec *b)
{
	if (a->clock_hz != b->clock_hz || a->channels != b->channels ||
	    !bel_str_is_equal_nocase(a->name, b->name))
		return false;
	for (size_t i = 0; i < BEL_COUNT_OF(essentials); i++)
		if (bel_str_is_equal_nocase(essentials[i].codec, a->name) &&
		    !bel_str_is_equal_nocase(essential_of(a, &essentials[i]),
					     essential_of(b, &essentials[i])))
			return false;
	return true;
}

bool bel_codec_is_media(const struct bel_sdp_codec *codec)
{
	return !bel_str_is_equal_nocase(codec->name, BEL_STR("telephone-event")) &&
	       !bel_str_is_equal_nocase(codec->name, BEL_STR("CN"));
}

/* ---- numbers ---- */

/* Those that may be anything (RFC 3551 section 3), and those that are left when they are
 * used up. */
static const struct {
	uint8_t first, last;
} dynamic[] = { { 96, 127 }, { 35, 63 } };

/* The same for codecs that are the same; never 0. The key is no secret: who makes two
 * codecs alike gets one of them in his own session. */
static uint32_t print_of(const struct bel_sdp_codec *codec)
{
	static const struct bel_hash_key key;
	uint64_t print = bel_hash_nocase(&key, codec->name) + codec->clock_hz * 31u +
			 codec->channels;

	for (size_t i = 0; i < BEL_COUNT_OF(essentials); i++)
		if (bel_str_is_equal_nocase(essentials[i].codec, codec->name))
			print = print * 31u +
				bel_hash_nocase(&key,
						essential_of(codec, &essentials[i]));
	return (uint32_t)(print ^ print >> 32) | 1u;
}

static bool find_number(uint8_t *out, const struct bel_offer_numbers *numbers,
			const bool taken[128], uint32_t print)
{
	for (size_t i = 0; i < BEL_COUNT_OF(dynamic); i++) {
		for (unsigned n = dynamic[i].first; n <= dynamic[i].last; n++) {
			if (taken[n] || numbers->prints[n] != print)
				continue;
			*out = (uint8_t)n;
			return true;
		}
	}
	return false;
}

/* RFC 3264 section 8.3.2: the wished number if it has been this codec's, else one that
 * has; else the wished one if it has been nobody's, else one that has not. */
static bool choose_number(uint8_t *out, const struct bel_offer_numbers *numbers,
			  const bool taken[128], uint8_t wished, uint32_t print)
{
	bool is_free = wished < 128 && !taken[wished];

	if (is_free && numbers->prints[wished] == print) {
		*out = wished;
		return true;
	}
	if (find_number(out, numbers, taken, print))
		return true;
	if (is_free && !numbers->prints[wished]) {
		*out = wished;
		return true;
	}
	return find_number(out, numbers, taken, 0);
}

void bel_numbers_give(struct bel_offer_numbers *numbers,
		      struct bel_offer_local_stream *stream)
{
	bool taken[128] = { false };
	unsigned count = 0;

	for (unsigned i = 0; i < stream->codecs_count; i++) {
		struct bel_sdp_codec codec = stream->codecs[i];
		uint32_t print = print_of(&codec);
		if (!choose_number(&codec.payload, numbers, taken, codec.payload, print))
			continue;
		taken[codec.payload] = true;
		numbers->prints[codec.payload] = print;
		stream->codecs[count++] = codec;
	}
	stream->codecs_count = count;
}

void bel_numbers_learn(struct bel_offer_numbers *numbers, const struct bel_sdp *sdp,
		       unsigned media)
{
	bel_str formats = sdp->media[media].formats;
	struct bel_sdp_codec codec;

	while (bel_sdp_codec_next(&codec, sdp, media, &formats))
		numbers->prints[codec.payload] = print_of(&codec);
}
