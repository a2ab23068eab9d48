/* SPDX-License-Identifier: Apache-2.0
 * Offers and answers from anybody. The first byte chooses what we can; the rest is their
 * descriptions, parted by a NUL. What we answer must be an answer that another engine
 * understands, if it could have made the offer. */
#include "offer/offer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void describe(struct bel_offer_local *local, uint8_t choice)
{
	static const struct bel_sdp_codec codecs[] = {
		{ 0, 1, 8000, { "PCMU", 4 }, { NULL, 0 } },
		{ 96, 2, 48000, { "opus", 4 }, { "useinbandfec=1", 14 } },
		{ 101, 1, 8000, { "telephone-event", 15 }, { "0-15", 4 } },
	};

	*local = (struct bel_offer_local){ .session_id = 1, .streams_count = 2 };
	for (unsigned i = 0; i < 2; i++) {
		struct bel_offer_local_stream *stream = &local->streams[i];
		*stream = (struct bel_offer_local_stream){
			.kind = i ? BEL_STR("video") : BEL_STR("audio"),
			.addr = bel_addr_v4(127, 0, 0, 1, (uint16_t)(4000 + 2 * i)),
			.direction = BEL_SDP_SENDRECV,
			.accepts_plain = choice & 1,
			.accepts_srtp = choice & 2,
			.has_mux = choice & 4,
			.srtp = choice & 8 ? BEL_OFFER_SDES : BEL_OFFER_PLAIN,
			.fingerprint = choice & 16 ? BEL_STR("sha-256 AA:BB")
						   : BEL_STR_NONE,
			.codecs_count = (choice >> 5) & 3,
			.cryptos_count = 1,
			.cryptos[0] = { .suite = BEL_STR("AES_CM_128_HMAC_SHA1_80"),
					.key_len = 30 },
		};
		for (unsigned k = 0; k < stream->codecs_count; k++)
			stream->codecs[k] = codecs[k];
	}
}

static void check_ours(bel_str text)
{
	struct bel_arena arena;
	struct bel_sdp sdp;
	struct bel_sdp_refusal why;

	bel_arena_init(&arena, NULL, 0, 1 << 20);
	if (bel_sdp_parse(&sdp, text, &arena, &why))
		__builtin_trap();
	bel_arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[65535];
	struct bel_arena arena;
	struct bel_offer offer;
	struct bel_offer_local local;
	bel_str left = { (const char *)data, size };
	bool is_ours = false;

	if (!size)
		return 0;
	describe(&local, data[0]);
	left = bel_str_slice(left, 1, left.len);
	bel_arena_init(&arena, NULL, 0, 1 << 20);
	bel_offer_init(&offer, &arena);
	while (left.len) {
		size_t end = bel_str_find(left, '\0');
		bel_str theirs = bel_str_slice(left, 0, end);
		struct bel_writer writer = bel_writer_init(text, sizeof text);
		struct bel_sdp_refusal why;
		left = bel_str_slice(left, end + 1, left.len);
		is_ours = !is_ours;
		if (is_ours && !bel_offer_write_offer(&writer, &offer, &local)) {
			check_ours(bel_writer_str(&writer));
			bel_offer_take_answer(&offer, theirs, &why);
		} else if (!bel_offer_take_offer(&offer, theirs, &why) &&
			   !bel_offer_write_answer(&writer, &offer, &local)) {
			check_ours(bel_writer_str(&writer));
		}
		bel_offer_roll_back(&offer);
	}
	bel_arena_fini(&arena);
	return 0;
}
