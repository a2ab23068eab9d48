/* SPDX-License-Identifier: Apache-2.0 */
#include "support/support.h"

#include "io/sim.h"
#include "offer/offer.h"

/* Two sides that talk to each other, or one that is told what to hear. */
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

static struct bel_offer_local_stream *add_stream(struct side *side)
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

static void add_codec(struct bel_offer_local_stream *stream,
		      const struct bel_sdp_codec *codec)
{
	stream->codecs[stream->codecs_count++] = *codec;
}

static struct side *open_side(void)
{
	struct side *side = calloc(1, sizeof *side);

	assert_non_null(side);
	bel_arena_init(&side->arena, NULL, 0, 1 << 20);
	bel_offer_init(&side->offer, &side->arena);
	side->local.session_id = 7;
	return side;
}

static struct side *open_phone(void)
{
	struct side *side = open_side();
	struct bel_offer_local_stream *stream = add_stream(side);

	add_codec(stream, &pcmu);
	add_codec(stream, &pcma);
	add_codec(stream, &events);
	return side;
}

static void close_side(struct side *side)
{
	bel_arena_fini(&side->arena);
	free(side);
}

static enum bel_err say_offer(struct side *side)
{
	struct bel_writer writer = bel_writer_init(side->text, sizeof side->text);
	enum bel_err err = bel_offer_write_offer(&writer, &side->offer, &side->local);

	side->body = bel_writer_str(&writer);
	return err;
}

static enum bel_err say_answer(struct side *side)
{
	struct bel_writer writer = bel_writer_init(side->text, sizeof side->text);
	enum bel_err err = bel_offer_write_answer(&writer, &side->offer, &side->local);

	side->body = bel_writer_str(&writer);
	return err;
}

static enum bel_err hear_offer(struct side *side, bel_str text)
{
	struct bel_sdp_refusal why;

	return bel_offer_take_offer(&side->offer, text, &why);
}

static enum bel_err hear_answer(struct side *side, bel_str text)
{
	struct bel_sdp_refusal why;

	return bel_offer_take_answer(&side->offer, text, &why);
}

static void exchange(struct side *a, struct side *b)
{
	assert_int_equal(say_offer(a), BEL_OK);
	assert_int_equal(hear_offer(b, a->body), BEL_OK);
	assert_int_equal(say_answer(b), BEL_OK);
	assert_int_equal(hear_answer(a, b->body), BEL_OK);
}

static const struct bel_offer_stream *stream_of(const struct side *side, unsigned index)
{
	unsigned count;
	const struct bel_offer_stream *streams = bel_offer_agreed(&side->offer, &count);

	assert_true(index < count);
	return &streams[index];
}

static void a_phone_offers_what_it_can(void **state)
{
	struct side *a = open_phone();

	(void)state;
	assert_int_equal(say_offer(a), BEL_OK);
	assert_str(a->body, "v=0\r\n"
			    "o=- 7 1 IN IP4 192.0.2.1\r\n"
			    "s=-\r\n"
			    "c=IN IP4 192.0.2.1\r\n"
			    "t=0 0\r\n"
			    "m=audio 4000 RTP/AVP 0 8 101\r\n"
			    "a=rtpmap:0 PCMU/8000\r\n"
			    "a=rtpmap:8 PCMA/8000\r\n"
			    "a=rtpmap:101 telephone-event/8000\r\n"
			    "a=fmtp:101 0-15\r\n"
			    "a=sendrecv\r\n");
	/* RFC 3264 section 4: one at a time. */
	assert_int_equal(say_offer(a), BEL_ERR_BUSY);
	assert_int_equal(say_answer(a), BEL_ERR_BUSY);
	close_side(a);
}

/* RFC 3264 section 10.1: audio with two codecs, two videos of which one is refused. */
static void the_example_of_rfc_3264(void **state)
{
	struct side *bob = open_side();
	struct bel_offer_local_stream *stream = add_stream(bob);
	static const struct bel_sdp_codec mpv = {
		32, 1, 90000, { "MPV", 3 }, { NULL, 0 }
	};

	(void)state;
	stream->addr.port = 49920;
	add_codec(stream, &pcmu);
	stream = add_stream(bob);
	stream->kind = BEL_STR("video");
	stream = add_stream(bob);
	stream->kind = BEL_STR("video");
	stream->addr.port = 53000;
	add_codec(stream, &mpv);
	assert_int_equal(
		hear_offer(bob,
			   BEL_STR("v=0\r\n"
				   "o=alice 2890844526 2890844526 IN IP4 192.0.2.9\r\n"
				   "s=\r\n"
				   "c=IN IP4 192.0.2.9\r\n"
				   "t=0 0\r\n"
				   "m=audio 49170 RTP/AVP 0\r\n"
				   "a=rtpmap:0 PCMU/8000\r\n"
				   "m=video 51372 RTP/AVP 31\r\n"
				   "a=rtpmap:31 H261/90000\r\n"
				   "m=video 53000 RTP/AVP 32\r\n"
				   "a=rtpmap:32 MPV/90000\r\n")),
		BEL_OK);
	assert_int_equal(say_answer(bob), BEL_OK);
	assert_str(bob->body, "v=0\r\n"
			      "o=- 7 1 IN IP4 192.0.2.1\r\n"
			      "s=-\r\n"
			      "c=IN IP4 192.0.2.1\r\n"
			      "t=0 0\r\n"
			      "m=audio 49920 RTP/AVP 0\r\n"
			      "a=rtpmap:0 PCMU/8000\r\n"
			      "a=sendrecv\r\n"
			      "m=video 0 RTP/AVP 31\r\n"
			      "m=video 53000 RTP/AVP 32\r\n"
			      "a=rtpmap:32 MPV/90000\r\n"
			      "a=sendrecv\r\n");
	close_side(bob);
}

static void the_answer_speaks_with_the_offerers_numbers(void **state)
{
	struct side *a = open_side(), *b = open_side();
	struct bel_sdp_codec moved = opus;
	struct bel_offer_local_stream *stream = add_stream(a);

	(void)state;
	add_codec(stream, &opus);
	add_codec(stream, &pcma);
	stream = add_stream(b);
	moved.payload = 120;
	add_codec(stream, &pcma);
	add_codec(stream, &moved);
	exchange(a, b);
	/* Their order, their number. */
	assert_str(stream_of(b, 0)->sends[0].name, "opus");
	assert_int_equal(stream_of(b, 0)->sends[0].payload, 96);
	assert_int_equal(stream_of(b, 0)->receives[0].payload, 96);
	assert_int_equal(stream_of(a, 0)->sends[0].payload, 96);
	assert_int_equal(stream_of(a, 0)->sends_count, 2);
	close_side(a);
	close_side(b);
}

static void nothing_in_common_is_refused(void **state)
{
	struct side *a = open_phone(), *b = open_side();
	struct bel_offer_local_stream *stream = add_stream(b);

	(void)state;
	add_codec(stream, &opus);
	add_codec(stream, &events);
	assert_int_equal(say_offer(a), BEL_OK);
	assert_int_equal(hear_offer(b, a->body), BEL_OK);
	assert_int_equal(say_answer(b), BEL_ERR_UNSUPPORTED);
	bel_offer_roll_back(&b->offer);
	assert_int_equal(hear_offer(b, a->body), BEL_OK);
	close_side(a);
	close_side(b);
}

static void hold_and_resume(void **state)
{
	struct side *a = open_phone(), *b = open_phone();

	(void)state;
	exchange(a, b);
	assert_false(stream_of(b, 0)->is_held);
	a->local.streams[0].direction = BEL_SDP_SENDONLY;
	exchange(a, b);
	assert_true(stream_of(b, 0)->is_held);
	assert_int_equal(stream_of(b, 0)->direction, BEL_SDP_RECVONLY);
	assert_int_equal(stream_of(a, 0)->direction, BEL_SDP_SENDONLY);
	/* The other side holds too. */
	b->local.streams[0].direction = BEL_SDP_SENDONLY;
	exchange(b, a);
	assert_int_equal(stream_of(a, 0)->direction, BEL_SDP_INACTIVE);
	a->local.streams[0].direction = BEL_SDP_SENDRECV;
	b->local.streams[0].direction = BEL_SDP_SENDRECV;
	exchange(a, b);
	assert_int_equal(stream_of(b, 0)->direction, BEL_SDP_SENDRECV);
	assert_int_equal(stream_of(a, 0)->direction, BEL_SDP_SENDRECV);
	close_side(a);
	close_side(b);
}

static void an_address_of_nobody_is_a_hold(void **state)
{
	struct side *b = open_phone();

	(void)state;
	assert_int_equal(
		hear_offer(b, BEL_STR("v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\n"
				      "c=IN IP4 0.0.0.0\r\nt=0 0\r\n"
				      "m=audio 4000 RTP/AVP 0\r\n")),
		BEL_OK);
	assert_int_equal(say_answer(b), BEL_OK);
	assert_true(stream_of(b, 0)->is_held);
	assert_int_equal(stream_of(b, 0)->direction, BEL_SDP_RECVONLY);
	close_side(b);
}

static void the_version_grows_only_with_a_change(void **state)
{
	struct side *a = open_phone(), *b = open_phone();

	(void)state;
	exchange(a, b);
	exchange(a, b);
	assert_int_equal(a->offer.version, 1);
	a->local.streams[0].direction = BEL_SDP_INACTIVE;
	exchange(a, b);
	assert_int_equal(a->offer.version, 2);
	close_side(a);
	close_side(b);
}

static void media_parts_do_not_vanish(void **state)
{
	struct side *a = open_phone(), *b = open_phone();
	struct bel_offer_local_stream *second = add_stream(a);

	(void)state;
	add_codec(second, &pcmu);
	exchange(a, b);
	assert_true(stream_of(a, 1)->is_rejected);
	a->local.streams_count = 1;
	exchange(a, b);
	assert_true(stream_of(b, 1)->is_rejected);
	/* And the place may be used again (RFC 3264 section 8.1). */
	a->local.streams_count = b->local.streams_count = 2;
	b->local.streams[1] = a->local.streams[1];
	exchange(a, b);
	assert_false(stream_of(b, 1)->is_rejected);
	assert_int_equal(
		hear_offer(b, BEL_STR("v=0\r\no=- 1 9 IN IP4 192.0.2.9\r\ns=-\r\n"
				      "c=IN IP4 192.0.2.9\r\nt=0 0\r\n"
				      "m=audio 4000 RTP/AVP 0\r\n")),
		BEL_ERR_MISMATCH);
	close_side(a);
	close_side(b);
}

static void set_keys(struct side *side, uint8_t fill, bool is_lenient)
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

static void keys_are_exchanged(void **state)
{
	struct side *a = open_phone(), *b = open_phone();

	(void)state;
	set_keys(a, 1, false);
	set_keys(b, 2, false);
	exchange(a, b);
	assert_int_equal(stream_of(a, 0)->srtp, BEL_OFFER_SDES);
	assert_int_equal(stream_of(a, 0)->their_key[29], 2);
	assert_int_equal(stream_of(b, 0)->their_key[29], 1);
	assert_str(stream_of(b, 0)->proto, "RTP/SAVP");
	close_side(a);
	close_side(b);
}

static void who_must_protect_refuses_plain_words(void **state)
{
	struct side *a = open_phone(), *b = open_phone();

	(void)state;
	set_keys(b, 2, false);
	assert_int_equal(say_offer(a), BEL_OK);
	assert_int_equal(hear_offer(b, a->body), BEL_OK);
	assert_int_equal(say_answer(b), BEL_ERR_UNSUPPORTED);
	close_side(a);
	close_side(b);
}

static void best_effort_protects_when_both_can(void **state)
{
	struct side *a = open_phone(), *b = open_phone(), *plain = open_phone(),
		    *again = open_phone();

	(void)state;
	set_keys(a, 1, true);
	set_keys(b, 2, true);
	exchange(a, b);
	assert_int_equal(stream_of(a, 0)->srtp, BEL_OFFER_SDES);
	assert_int_equal(stream_of(b, 0)->srtp, BEL_OFFER_SDES);
	set_keys(again, 3, true);
	exchange(again, plain);
	assert_int_equal(stream_of(again, 0)->srtp, BEL_OFFER_PLAIN);
	close_side(a);
	close_side(b);
	close_side(plain);
	close_side(again);
}

static void a_handshake_is_agreed_on(void **state)
{
	struct side *a = open_phone(), *b = open_phone();

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct bel_offer_local_stream *stream = &(i ? a : b)->local.streams[0];
		stream->srtp = BEL_OFFER_DTLS;
		stream->accepts_srtp = true;
		stream->has_mux = true;
		stream->fingerprint = i ? BEL_STR("sha-256 AA:AA")
					: BEL_STR("sha-256 BB:BB");
	}
	exchange(a, b);
	assert_int_equal(stream_of(a, 0)->srtp, BEL_OFFER_DTLS);
	assert_int_equal(stream_of(a, 0)->setup, BEL_OFFER_PASSIVE);
	assert_int_equal(stream_of(b, 0)->setup, BEL_OFFER_ACTIVE);
	assert_str(stream_of(a, 0)->fingerprint, "sha-256 BB:BB");
	assert_true(stream_of(b, 0)->has_mux);
	/* Whoever offers next: who was the client stays it, until somebody has another
	 * certificate. */
	exchange(b, a);
	assert_int_equal(stream_of(a, 0)->setup, BEL_OFFER_PASSIVE);
	assert_int_equal(stream_of(b, 0)->setup, BEL_OFFER_ACTIVE);
	b->local.streams[0].fingerprint = BEL_STR("sha-256 CC:CC");
	exchange(b, a);
	assert_int_equal(stream_of(a, 0)->setup, BEL_OFFER_ACTIVE);
	assert_int_equal(stream_of(b, 0)->setup, BEL_OFFER_PASSIVE);
	close_side(a);
	close_side(b);
}

static void every_branch_answers_the_same_offer(void **state)
{
	struct side *a = open_phone(), *b = open_phone(), *c = open_side();
	struct bel_offer fork;
	struct bel_sdp_refusal why;

	(void)state;
	add_codec(add_stream(c), &pcma);
	assert_int_equal(say_offer(a), BEL_OK);
	assert_int_equal(bel_offer_copy(&fork, &a->arena, &a->offer), BEL_OK);
	assert_int_equal(hear_offer(b, a->body), BEL_OK);
	assert_int_equal(say_answer(b), BEL_OK);
	assert_int_equal(hear_offer(c, a->body), BEL_OK);
	assert_int_equal(say_answer(c), BEL_OK);
	assert_int_equal(hear_answer(a, b->body), BEL_OK);
	assert_int_equal(bel_offer_take_answer(&fork, c->body, &why), BEL_OK);
	unsigned count;
	assert_str(bel_offer_agreed(&fork, &count)->sends[0].name, "PCMA");
	assert_str(stream_of(a, 0)->sends[0].name, "PCMU");
	close_side(a);
	close_side(b);
	close_side(c);
}

static void memory_is_used_again(void **state)
{
	struct side *a = open_phone(), *b = open_phone();
	size_t used;

	(void)state;
	exchange(a, b);
	exchange(b, a);
	exchange(a, b);
	used = a->arena.used;
	for (unsigned i = 0; i < 1000; i++) {
		a->local.streams[0].direction = i % 4;
		exchange(a, b);
		exchange(b, a);
	}
	assert_int_equal(a->arena.used, used);
	close_side(a);
	close_side(b);
}

/* ---- any two sides understand each other ---- */

static void randomize(struct side *side, struct bel_sim *sim)
{
	static const struct bel_sdp_codec *const all[] = { &pcmu, &pcma, &opus, &events };

	side->local.streams_count = (unsigned)bel_sim_draw(sim, 3) + 1;
	for (unsigned i = 0; i < side->local.streams_count; i++) {
		struct bel_offer_local_stream *stream = &side->local.streams[i];
		unsigned turn = (unsigned)bel_sim_draw(sim, 4);
		*stream = (struct bel_offer_local_stream){
			.kind = bel_sim_draw(sim, 4) ? BEL_STR("audio")
						     : BEL_STR("video"),
			.addr = bel_addr_v4(192, 0, 2, 1, (uint16_t)(4000 + 2 * i)),
			.direction = (enum bel_sdp_direction)bel_sim_draw(sim, 4),
			.accepts_plain = bel_sim_draw(sim, 4),
			.has_mux = bel_sim_draw(sim, 2),
			.has_feedback = bel_sim_draw(sim, 2),
		};
		for (unsigned k = 0; k < 4; k++)
			if (bel_sim_draw(sim, 2))
				add_codec(stream, all[(turn + k) % 4]);
		if (!bel_sim_draw(sim, 3)) {
			struct bel_offer_local_stream first = side->local.streams[0];
			set_keys(side, (uint8_t)(i + 1), bel_sim_draw(sim, 2));
			if (i) {
				*stream = side->local.streams[0];
				side->local.streams[0] = first;
			}
		}
	}
}

static void check_agreement(const struct side *a, const struct side *b)
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

static void what_one_sends_the_other_receives(void **state)
{
	static const struct bel_sim_net net;
	struct bel_sim *sim = bel_sim_new(11, &net);
	unsigned agreed = 0, refused = 0;

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		struct side *a = open_side(), *b = open_side();
		for (unsigned round = 0; round < 5; round++) {
			struct side *from = round % 2 ? b : a, *to = round % 2 ? a : b;
			randomize(from, sim);
			randomize(to, sim);
			assert_int_equal(say_offer(from), BEL_OK);
			assert_int_equal(hear_offer(to, from->body), BEL_OK);
			if (say_answer(to)) {
				bel_offer_roll_back(&from->offer);
				bel_offer_roll_back(&to->offer);
				refused++;
				continue;
			}
			assert_int_equal(hear_answer(from, to->body), BEL_OK);
			check_agreement(from, to);
			agreed++;
		}
		close_side(a);
		close_side(b);
	}
	assert_true(agreed > 1000 && refused > 1000);
	bel_sim_free(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_phone_offers_what_it_can),
		cmocka_unit_test(the_example_of_rfc_3264),
		cmocka_unit_test(the_answer_speaks_with_the_offerers_numbers),
		cmocka_unit_test(nothing_in_common_is_refused),
		cmocka_unit_test(hold_and_resume),
		cmocka_unit_test(an_address_of_nobody_is_a_hold),
		cmocka_unit_test(the_version_grows_only_with_a_change),
		cmocka_unit_test(media_parts_do_not_vanish),
		cmocka_unit_test(keys_are_exchanged),
		cmocka_unit_test(who_must_protect_refuses_plain_words),
		cmocka_unit_test(best_effort_protects_when_both_can),
		cmocka_unit_test(a_handshake_is_agreed_on),
		cmocka_unit_test(every_branch_answers_the_same_offer),
		cmocka_unit_test(memory_is_used_again),
		cmocka_unit_test(what_one_sends_the_other_receives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
