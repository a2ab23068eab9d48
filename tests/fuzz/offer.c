/* SPDX-License-Identifier: Apache-2.0
 * Offers and answers. The first two bytes choose what each of two sides can. They agree
 * with each other; then the first hears descriptions from anybody, parted by a NUL: what
 * it says to them is a description, and an answer to what was asked. */
#include "offer/offer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_BYTES = 3 * BEL_SDP_BYTES_MAX, ARENA_BYTES = 4 << 20 };

struct side {
	struct bel_arena arena;
	struct bel_offer offer;
	struct bel_offer_local local;
	char text[TEXT_BYTES];
	struct bel_writer writer;
};

static void check(bool is_true)
{
	if (!is_true)
		__builtin_trap();
}

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

static void open_side(struct side *side, uint8_t choice)
{
	describe(&side->local, choice);
	bel_arena_init(&side->arena, NULL, 0, ARENA_BYTES);
	bel_offer_init(&side->offer, &side->arena);
}

static enum bel_err say(struct side *side,
			enum bel_err (*write)(struct bel_writer *writer,
					      struct bel_offer *offer,
					      const struct bel_offer_local *local))
{
	side->writer = bel_writer_init(side->text, sizeof side->text);
	return write(&side->writer, &side->offer, &side->local);
}

/* Two of ours understand each other, whatever they can. */
static void agree(struct side *a, struct side *b)
{
	struct bel_sdp_refusal why;
	const struct bel_offer_stream *ours, *theirs;
	unsigned count, other;

	check(!say(a, bel_offer_write_offer));
	check(!bel_offer_take_offer(&b->offer, bel_writer_str(&a->writer), &why));
	if (say(b, bel_offer_write_answer)) {
		bel_offer_roll_back(&a->offer);
		bel_offer_roll_back(&b->offer);
		return;
	}
	check(!bel_offer_take_answer(&a->offer, bel_writer_str(&b->writer), &why));
	ours = bel_offer_agreed(&a->offer, &count);
	theirs = bel_offer_agreed(&b->offer, &other);
	check(count == other);
	for (unsigned i = 0; i < count; i++) {
		check(ours[i].is_rejected == theirs[i].is_rejected);
		check(ours[i].is_rejected || ours[i].srtp == theirs[i].srtp);
		check(ours[i].is_rejected ||
		      ours[i].sends_count == theirs[i].receives_count);
	}
}

/* RFC 3264 section 6: as many parts as were offered, each with its kind and protocol. */
static void check_answer(bel_str offer, bel_str answer)
{
	static struct bel_sdp asked, said;
	struct bel_arena arena;
	struct bel_sdp_refusal why;

	bel_arena_init(&arena, NULL, 0, 1 << 20);
	check(!bel_sdp_parse(&asked, offer, &arena, &why));
	/* What is written may be longer than what one takes. */
	if (answer.len <= BEL_SDP_BYTES_MAX) {
		check(!bel_sdp_parse(&said, answer, &arena, &why));
		check(asked.media_count == said.media_count);
		for (unsigned i = 0; i < said.media_count; i++) {
			check(bel_str_is_equal(asked.media[i].kind, said.media[i].kind));
			check(bel_str_is_equal(asked.media[i].proto,
					       said.media[i].proto));
			check(asked.media[i].port || !said.media[i].port);
		}
	}
	bel_arena_fini(&arena);
}

static void hear(struct side *side, bel_str theirs, unsigned round)
{
	struct bel_sdp_refusal why;

	if (round % 3 && !say(side, bel_offer_write_offer)) {
		if (round % 3 == 2)
			bel_offer_take_preview(&side->offer, theirs, &why);
		bel_offer_take_answer(&side->offer, theirs, &why);
	} else if (!bel_offer_take_offer(&side->offer, theirs, &why) &&
		   !say(side, bel_offer_write_answer)) {
		check_answer(theirs, bel_writer_str(&side->writer));
	}
	bel_offer_roll_back(&side->offer);
	check(side->offer.state == BEL_OFFER_IDLE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct side a, b;
	bel_str left = { (const char *)data, size };

	if (size < 2)
		return 0;
	open_side(&a, data[0]);
	open_side(&b, data[1]);
	agree(&a, &b);
	agree(&b, &a);
	left = bel_str_slice(left, 2, left.len);
	for (unsigned round = 0; left.len; round++) {
		size_t end = bel_str_find(left, '\0');
		hear(&a, bel_str_slice(left, 0, end), round);
		left = bel_str_slice(left, end + 1, left.len);
	}
	bel_arena_fini(&a.arena);
	bel_arena_fini(&b.arena);
	return 0;
}
