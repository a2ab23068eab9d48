/* SPDX-License-Identifier: Apache-2.0
 * A session description from anybody: parsed, and everything in it asked for. */
#include "sdp/sdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct bel_sdp *sdp, unsigned media)
{
	static const bel_str names[] = { { "rtpmap", 6 }, { "crypto", 6 }, { "mid", 3 } };
	bel_str formats = sdp->media[media].formats, value;
	struct bel_sdp_codec codec;
	struct bel_sdp_crypto crypto;
	struct bel_sdp_fingerprint print;

	bel_sdp_address(sdp, media);
	bel_sdp_rtcp_address(sdp, media);
	bel_sdp_direction(sdp, media);
	bel_sdp_number(sdp, media, BEL_STR("ptime"));
	while (bel_sdp_codec_next(&codec, sdp, media, &formats))
		bel_sdp_fmtp_find(&value, codec.fmtp, BEL_STR("stereo"));
	for (size_t i = 0; i < BEL_COUNT_OF(names); i++)
		bel_sdp_attribute(&value, sdp, media, names[i], 1, true);
	for (unsigned i = 0;
	     bel_sdp_attribute(&value, sdp, media, BEL_STR("crypto"), i, false); i++)
		bel_sdp_crypto_parse(&crypto, value);
	if (bel_sdp_attribute(&value, sdp, media, BEL_STR("fingerprint"), 0, true))
		bel_sdp_fingerprint_parse(&print, value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bel_arena arena;
	struct bel_sdp sdp;
	struct bel_sdp_refusal why;
	struct bel_sdp_origin origin;

	bel_arena_init(&arena, NULL, 0, 1 << 20);
	if (bel_sdp_parse(&sdp, (bel_str){ (const char *)data, size }, &arena, &why) ==
	    BEL_OK) {
		bel_sdp_origin_parse(&origin, sdp.origin);
		for (unsigned i = 0; i < sdp.media_count; i++)
			ask(&sdp, i);
	}
	bel_arena_fini(&arena);
	return 0;
}
