/* SPDX-License-Identifier: Apache-2.0 */
#include "sdp/sdp_int.h"

/* RFC 3551 section 6, tables 4 and 5. */
static const struct bel_sdp_codec statics[] = {
	{ 0, 1, 8000, { "PCMU", 4 }, { NULL, 0 } },
	{ 3, 1, 8000, { "GSM", 3 }, { NULL, 0 } },
	{ 4, 1, 8000, { "G723", 4 }, { NULL, 0 } },
	{ 5, 1, 8000, { "DVI4", 4 }, { NULL, 0 } },
	{ 6, 1, 16000, { "DVI4", 4 }, { NULL, 0 } },
	{ 7, 1, 8000, { "LPC", 3 }, { NULL, 0 } },
	{ 8, 1, 8000, { "PCMA", 4 }, { NULL, 0 } },
	{ 9, 1, 8000, { "G722", 4 }, { NULL, 0 } },
	{ 10, 2, 44100, { "L16", 3 }, { NULL, 0 } },
	{ 11, 1, 44100, { "L16", 3 }, { NULL, 0 } },
	{ 12, 1, 8000, { "QCELP", 5 }, { NULL, 0 } },
	{ 13, 1, 8000, { "CN", 2 }, { NULL, 0 } },
	{ 14, 1, 90000, { "MPA", 3 }, { NULL, 0 } },
	{ 15, 1, 8000, { "G728", 4 }, { NULL, 0 } },
	{ 16, 1, 11025, { "DVI4", 4 }, { NULL, 0 } },
	{ 17, 1, 22050, { "DVI4", 4 }, { NULL, 0 } },
	{ 18, 1, 8000, { "G729", 4 }, { NULL, 0 } },
	{ 25, 1, 90000, { "CelB", 4 }, { NULL, 0 } },
	{ 26, 1, 90000, { "JPEG", 4 }, { NULL, 0 } },
	{ 28, 1, 90000, { "nv", 2 }, { NULL, 0 } },
	{ 31, 1, 90000, { "H261", 4 }, { NULL, 0 } },
	{ 32, 1, 90000, { "MPV", 3 }, { NULL, 0 } },
	{ 33, 1, 90000, { "MP2T", 4 }, { NULL, 0 } },
	{ 34, 1, 90000, { "H263", 4 }, { NULL, 0 } },
};

/* "PCMU/8000", "opus/48000/2" */
static bool parse_encoding(struct bel_sdp_codec *out, bel_str encoding)
{
	struct bel_cursor cursor = bel_cursor_init(encoding);
	bel_str name = bel_cursor_until_char(&cursor, '/');
	uint64_t clock_hz, channels = 1;

	if (!name.len || !bel_cursor_take(&cursor, '/') ||
	    bel_cursor_u64(&clock_hz, &cursor, 1000000) || !clock_hz)
		return false;
	if (bel_cursor_take(&cursor, '/') &&
	    (bel_cursor_u64(&channels, &cursor, UINT8_MAX) || !channels))
		return false;
	out->name = name;
	out->clock_hz = (uint32_t)clock_hz;
	out->channels = (uint8_t)channels;
	return true;
}

/* Whether a value begins with the word, and what comes behind it. */
static bool has_first(bel_str *rest, bel_str value, bel_str word)
{
	if (value.len <= word.len || value.ptr[word.len] != ' ' ||
	    memcmp(value.ptr, word.ptr, word.len) != 0)
		return false;
	*rest = bel_str_trim(bel_str_slice(value, word.len, value.len));
	return true;
}

/* The first such attribute of a payload type. */
static bool find_of_payload(bel_str *rest, const struct bel_sdp *sdp, unsigned media,
			    bel_str name, bel_str payload)
{
	bel_str value;
	unsigned at = 0;

	while (bel_sdp_attribute_next(&value, sdp, media, name, &at))
		if (has_first(rest, value, payload))
			return true;
	return false;
}

static bool find_codec(struct bel_sdp_codec *out, const struct bel_sdp *sdp,
		       unsigned media, bel_str payload)
{
	bel_str encoding;

	if (find_of_payload(&encoding, sdp, media, BEL_STR("rtpmap"), payload))
		return parse_encoding(out, encoding);
	for (size_t i = 0; i < BEL_COUNT_OF(statics); i++) {
		if (statics[i].payload != out->payload)
			continue;
		*out = statics[i];
		return true;
	}
	return false;
}

bool bel_sdp_codec_next(struct bel_sdp_codec *out, const struct bel_sdp *sdp,
			unsigned media, bel_str *formats)
{
	bel_str word;

	while (bel_sdp_word_next(&word, formats)) {
		struct bel_sdp_codec codec = { 0 };
		uint64_t payload;
		if (bel_str_to_u64(&payload, word, 127))
			continue;
		codec.payload = (uint8_t)payload;
		if (!find_codec(&codec, sdp, media, word))
			continue;
		find_of_payload(&codec.fmtp, sdp, media, BEL_STR("fmtp"), word);
		*out = codec;
		return true;
	}
	return false;
}

bool bel_sdp_feedback_next(bel_str *value, const struct bel_sdp *sdp, unsigned media,
			   unsigned payload, unsigned *at)
{
	bel_str found;

	while (bel_sdp_attribute_next(&found, sdp, media, BEL_STR("rtcp-fb"), at)) {
		uint64_t number;
		bel_str word;
		bel_sdp_word_next(&word, &found);
		if (!bel_str_is_equal(word, BEL_STR("*")) &&
		    (bel_str_to_u64(&number, word, 127) || number != payload))
			continue;
		*value = bel_str_trim(found);
		return true;
	}
	return false;
}

bool bel_sdp_fmtp_find(bel_str *value, bel_str fmtp, bel_str name)
{
	while (fmtp.len) {
		size_t end = bel_str_find(fmtp, ';');
		bel_str pair = bel_str_trim(bel_str_slice(fmtp, 0, end));
		size_t equal = bel_str_find(pair, '=');
		fmtp = bel_str_slice(fmtp, end + 1, fmtp.len);
		if (!bel_str_is_equal_nocase(bel_str_trim(bel_str_slice(pair, 0, equal)),
					     name))
			continue;
		*value = bel_str_trim(bel_str_slice(pair, equal + 1, pair.len));
		return true;
	}
	return false;
}
