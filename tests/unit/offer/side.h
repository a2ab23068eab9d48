/* SPDX-License-Identifier: Apache-2.0
 * Two sides that talk to each other, or one that is told what to hear. */
#ifndef BEL_TESTS_OFFER_SIDE_H
#define BEL_TESTS_OFFER_SIDE_H

#include "support/support.h"

#include "offer/offer.h"

struct side {
	struct bel_arena arena;
	struct bel_offer offer;
	struct bel_offer_local local;
	char text[8192];
	bel_str body;
};

static const struct bel_sdp_codec pcmu = { 0, 1, 8000, { "PCMU", 4 }, { NULL, 0 } };
static const struct bel_sdp_codec pcma = { 8, 1, 8000, { "PCMA", 4 }, { NULL, 0 } };
static const struct bel_sdp_codec opus = {
	96, 2, 48000, { "opus", 4 }, { "useinbandfec=1", 14 }
};
static const struct bel_sdp_codec events = {
	101, 1, 8000, { "telephone-event", 15 }, { "0-15", 4 }
};

static inline struct bel_offer_local_stream *add_stream(struct side *side)
{
	struct bel_offer_local_stream *stream =
		&side->local.streams[side->local.streams_count];

	*stream = (struct bel_offer_local_stream){
		.kind = BEL_STR("audio"),
		.addr = bel_addr_v4(192, 0, 2, 1,
				    (uint16_t)(4000 + 2 * side->local.streams_count)),
		.direction = BEL_SDP_SENDRECV,
		.accepts_plain = true,
	};
	side->local.streams_count++;
	return stream;
}

static inline void add_codec(struct bel_offer_local_stream *stream,
			     const struct bel_sdp_codec *codec)
{
	stream->codecs[stream->codecs_count++] = *codec;
}

static inline struct side *open_side(void)
{
	struct side *side = calloc(1, sizeof *side);

	assert_non_null(side);
	bel_arena_init(&side->arena, NULL, 0, 1 << 20);
	bel_offer_init(&side->offer, &side->arena);
	side->local.session_id = 7;
	return side;
}

static inline struct side *open_phone(void)
{
	struct side *side = open_side();
	struct bel_offer_local_stream *stream = add_stream(side);

	add_codec(stream, &pcmu);
	add_codec(stream, &pcma);
	add_codec(stream, &events);
	return side;
}

static inline void close_side(struct side *side)
{
	bel_arena_fini(&side->arena);
	free(side);
}

static inline enum bel_err say_offer(struct side *side)
{
	struct bel_writer writer = bel_writer_init(side->text, sizeof side->text);
	enum bel_err err = bel_offer_write_offer(&writer, &side->offer, &side->local);

	side->body = bel_writer_str(&writer);
	return err;
}

static inline enum bel_err say_answer(struct side *side)
{
	struct bel_writer writer = bel_writer_init(side->text, sizeof side->text);
	enum bel_err err = bel_offer_write_answer(&writer, &side->offer, &side->local);

	side->body = bel_writer_str(&writer);
	return err;
}

static inline enum bel_err hear_offer(struct side *side, bel_str text)
{
	struct bel_sdp_refusal why;

	return bel_offer_take_offer(&side->offer, text, &why);
}

static inline enum bel_err hear_answer(struct side *side, bel_str text)
{
	struct bel_sdp_refusal why;

	return bel_offer_take_answer(&side->offer, text, &why);
}

static inline void exchange(struct side *a, struct side *b)
{
	assert_int_equal(say_offer(a), BEL_OK);
	assert_int_equal(hear_offer(b, a->body), BEL_OK);
	assert_int_equal(say_answer(b), BEL_OK);
	assert_int_equal(hear_answer(a, b->body), BEL_OK);
}

static inline const struct bel_offer_stream *stream_of(const struct side *side,
						       unsigned index)
{
	unsigned count;
	const struct bel_offer_stream *streams = bel_offer_agreed(&side->offer, &count);

	assert_true(index < count);
	return &streams[index];
}

static inline void set_keys(struct side *side, uint8_t fill, bool is_lenient)
{
	struct bel_offer_local_stream *stream = &side->local.streams[0];

	stream->srtp = BEL_OFFER_SDES;
	stream->accepts_srtp = true;
	stream->accepts_plain = is_lenient;
	stream->cryptos_count = 1;
	stream->cryptos[0] = (struct bel_offer_crypto){
		.suite = BEL_STR("AES_CM_128_HMAC_SHA1_80"), .key_len = 30
	};
	memset(stream->cryptos[0].key, fill, 30);
}

static inline void check_agreement(const struct side *a, const struct side *b)
{
	unsigned count, other;
	const struct bel_offer_stream *ours = bel_offer_agreed(&a->offer, &count);
	const struct bel_offer_stream *theirs = bel_offer_agreed(&b->offer, &other);

	assert_int_equal(count, other);
	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(ours[i].is_rejected, theirs[i].is_rejected);
		if (ours[i].is_rejected)
			continue;
		assert_int_equal(ours[i].direction,
				 bel_sdp_reversed(theirs[i].direction));
		assert_int_equal(ours[i].srtp, theirs[i].srtp);
		assert_memory_equal(ours[i].our_key, theirs[i].their_key, 64);
		assert_memory_equal(ours[i].their_key, theirs[i].our_key, 64);
		assert_int_equal(ours[i].has_mux, theirs[i].has_mux);
		assert_int_equal(ours[i].sends_count, theirs[i].receives_count);
		for (unsigned k = 0; k < ours[i].sends_count; k++) {
			assert_int_equal(ours[i].sends[k].payload,
					 theirs[i].receives[k].payload);
			assert_true(bel_str_is_equal(ours[i].sends[k].name,
						     theirs[i].receives[k].name));
		}
	}
}

#endif
