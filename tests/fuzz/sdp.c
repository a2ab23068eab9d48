/* SPDX-License-Identifier: Apache-2.0
 * A session description from anybody: parsed, everything in it asked for, and written
 * again. What was written is understood, and written the same. */
#include "sdp/sdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true)
{
	if (!is_true)
		__builtin_trap();
}

static void ask_keys(const struct bel_sdp *sdp, unsigned media)
{
	struct bel_sdp_crypto crypto;
	struct bel_sdp_fingerprint print;
	struct bel_sdp_ice ice;
	bel_str value;
	unsigned at = 0;

	while (bel_sdp_attribute_next(&value, sdp, media, BEL_STR("crypto"), &at))
		if (!bel_sdp_crypto_parse(&crypto, value))
			check(crypto.key_len && crypto.key_len <= sizeof crypto.key);
	at = 0;
	while (bel_sdp_attribute_next(&value, sdp, media, BEL_STR("fingerprint"), &at))
		if (!bel_sdp_fingerprint_parse(&print, value))
			check(print.len && print.len <= sizeof print.bytes);
	bel_sdp_setup_name(bel_sdp_setup(sdp, media));
	bel_sdp_ice(&ice, sdp, media);
}

static void ask(const struct bel_sdp *sdp, unsigned media)
{
	bel_str formats = sdp->media[media].formats, value;
	struct bel_sdp_codec codec;
	uint32_t number;

	bel_sdp_address(sdp, media);
	bel_sdp_rtcp_address(sdp, media);
	bel_sdp_direction_name(bel_sdp_direction(sdp, media));
	bel_sdp_is_held(sdp, media);
	bel_sdp_number(sdp, media, BEL_STR("ptime"));
	bel_sdp_bandwidth(&number, sdp, media, BEL_STR("AS"));
	while (bel_sdp_codec_next(&codec, sdp, media, &formats)) {
		unsigned at = 0;
		check(codec.payload <= 127 && codec.clock_hz && codec.channels);
		bel_sdp_fmtp_find(&value, codec.fmtp, BEL_STR("stereo"));
		while (bel_sdp_feedback_next(&value, sdp, media, codec.payload, &at))
			check(at <= sdp->media[media].count);
	}
	if (bel_sdp_attribute(&value, sdp, media, BEL_STR("mid"), 0, false))
		bel_sdp_group_find(&value, sdp, BEL_STR("BUNDLE"), value);
	ask_keys(sdp, media);
}

static void write_again(const struct bel_sdp *sdp)
{
	static char once[3 * BEL_SDP_BYTES_MAX], twice[3 * BEL_SDP_BYTES_MAX];
	struct bel_writer first = bel_writer_init(once, sizeof once);
	struct bel_writer second = bel_writer_init(twice, sizeof twice);
	struct bel_arena arena;
	struct bel_sdp again;
	struct bel_sdp_refusal why;

	bel_sdp_write(&first, sdp);
	check(!first.is_full);
	/* A CR for every LF may make it too long. */
	if (first.len > BEL_SDP_BYTES_MAX)
		return;
	bel_arena_init(&arena, NULL, 0, 1 << 20);
	check(!bel_sdp_parse(&again, bel_writer_str(&first), &arena, &why));
	check(again.media_count == sdp->media_count);
	check(again.lines_count == sdp->lines_count);
	bel_sdp_write(&second, &again);
	check(bel_str_is_equal(bel_writer_str(&first), bel_writer_str(&second)));
	bel_arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bel_arena arena;
	struct bel_sdp sdp;
	struct bel_sdp_refusal why;
	struct bel_sdp_origin origin;

	bel_arena_init(&arena, NULL, 0, 1 << 20);
	if (bel_sdp_parse(&sdp, (bel_str){ (const char *)data, size }, &arena, &why)) {
		check(why.text);
	} else {
		bel_sdp_origin_parse(&origin, sdp.origin);
		for (unsigned i = 0; i < sdp.media_count; i++)
			ask(&sdp, i);
		write_again(&sdp);
	}
	bel_arena_fini(&arena);
	return 0;
}
