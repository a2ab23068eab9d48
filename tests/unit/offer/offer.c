/* SPDX-License-Identifier: Apache-2.0 */
#include "side.h"

#include "io/sim.h"

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

/* RFC 6337 section 3.1.1: what a preview agrees holds, and is forgotten with the offer.
 */
static void a_preview_is_rolled_back(void **state)
{
	struct side *a = open_phone(), *b = open_phone();
	struct bel_sdp_refusal why;
	unsigned count;

	(void)state;
	exchange(a, b);
	a->local.streams[0].direction = BEL_SDP_SENDONLY;
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(i ? BEL_OK : say_offer(a), BEL_OK);
		assert_int_equal(i ? BEL_OK : hear_offer(b, a->body), BEL_OK);
		assert_int_equal(i ? BEL_OK : say_answer(b), BEL_OK);
		assert_int_equal(bel_offer_take_preview(&a->offer, b->body, &why),
				 BEL_OK);
		assert_int_equal(stream_of(a, 0)->direction, BEL_SDP_SENDONLY);
	}
	assert_int_equal(say_offer(a), BEL_ERR_BUSY);
	bel_offer_roll_back(&a->offer);
	assert_int_equal(stream_of(a, 0)->direction, BEL_SDP_SENDRECV);
	/* Of a first exchange nothing is left. */
	close_side(a);
	a = open_phone();
	assert_int_equal(say_offer(a), BEL_OK);
	assert_int_equal(bel_offer_take_preview(&a->offer, b->body, &why), BEL_OK);
	bel_offer_agreed(&a->offer, &count);
	assert_int_equal(count, 1);
	bel_offer_roll_back(&a->offer);
	bel_offer_agreed(&a->offer, &count);
	assert_int_equal(count, 0);
	close_side(a);
	close_side(b);
}

static void the_answer_follows_its_preview(void **state)
{
	struct side *a = open_phone(), *b = open_phone();
	struct bel_sdp_refusal why;

	(void)state;
	exchange(a, b);
	assert_int_equal(say_offer(a), BEL_OK);
	assert_int_equal(hear_offer(b, a->body), BEL_OK);
	assert_int_equal(say_answer(b), BEL_OK);
	assert_int_equal(bel_offer_take_preview(&a->offer, b->body, &why), BEL_OK);
	assert_int_equal(hear_answer(a, b->body), BEL_OK);
	bel_offer_roll_back(&a->offer);
	assert_int_equal(stream_of(a, 0)->sends_count, 3);
	exchange(b, a);
	close_side(a);
	close_side(b);
}

static void a_refused_offer_changes_nothing(void **state)
{
	struct side *a = open_phone(), *b = open_phone();

	(void)state;
	exchange(a, b);
	a->local.streams[0].direction = BEL_SDP_INACTIVE;
	assert_int_equal(say_offer(a), BEL_OK);
	assert_int_equal(hear_offer(b, a->body), BEL_OK);
	bel_offer_roll_back(&a->offer);
	bel_offer_roll_back(&b->offer);
	assert_int_equal(stream_of(a, 0)->direction, BEL_SDP_SENDRECV);
	assert_int_equal(stream_of(b, 0)->direction, BEL_SDP_SENDRECV);
	/* RFC 3264 section 5: every offer that differs from the one before has a version
	 * of its own, refused or not. */
	a->local.streams[0].direction = BEL_SDP_SENDRECV;
	exchange(a, b);
	assert_int_equal(a->offer.version, 3);
	close_side(a);
	close_side(b);
}

static void offers_that_cross_are_refused(void **state)
{
	struct side *a = open_phone(), *b = open_phone();

	(void)state;
	assert_int_equal(say_offer(a), BEL_OK);
	assert_int_equal(say_offer(b), BEL_OK);
	assert_int_equal(hear_offer(b, a->body), BEL_ERR_BUSY);
	assert_int_equal(hear_offer(a, b->body), BEL_ERR_BUSY);
	bel_offer_roll_back(&a->offer);
	bel_offer_roll_back(&b->offer);
	exchange(a, b);
	close_side(a);
	close_side(b);
}

/* RFC 4568 section 5.1.3: the tag says which line was taken. */
static void a_key_for_a_line_that_was_not_offered_is_refused(void **state)
{
	static const char head[] = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\n"
				   "c=IN IP4 192.0.2.9\r\nt=0 0\r\n"
				   "m=audio 4000 RTP/SAVP 0\r\n";
	char text[512];

	(void)state;
	for (unsigned tag = 0; tag < 3; tag++) {
		struct bel_writer writer = bel_writer_init(text, sizeof text);
		struct side *a = open_phone();
		uint8_t key[30] = { 9 };
		set_keys(a, 1, false);
		assert_int_equal(say_offer(a), BEL_OK);
		bel_write_text(&writer, head);
		bel_sdp_write_crypto(&writer, tag, BEL_STR("AES_CM_128_HMAC_SHA1_80"),
				     (bel_str){ (const char *)key, sizeof key });
		assert_int_equal(hear_answer(a, bel_writer_str(&writer)), BEL_OK);
		assert_int_equal(stream_of(a, 0)->is_rejected, tag != 1);
		close_side(a);
	}
}

static void set_handshake(struct side *side, bel_str fingerprint)
{
	side->local.streams[0].srtp = BEL_OFFER_DTLS;
	side->local.streams[0].accepts_srtp = true;
	side->local.streams[0].accepts_plain = false;
	side->local.streams[0].fingerprint = fingerprint;
}

/* RFC 8842 section 5.3: as long as the handshake holds, whoever offers. */
static void who_began_the_handshake_stays_it(void **state)
{
	struct side *a = open_phone(), *b = open_phone();

	(void)state;
	set_handshake(a, BEL_STR("sha-256 AA:AA"));
	set_handshake(b, BEL_STR("sha-256 BB:BB"));
	exchange(a, b);
	assert_int_equal(stream_of(a, 0)->setup, BEL_OFFER_PASSIVE);
	exchange(b, a);
	assert_int_equal(stream_of(a, 0)->setup, BEL_OFFER_PASSIVE);
	assert_int_equal(stream_of(b, 0)->setup, BEL_OFFER_ACTIVE);
	/* Another certificate is another handshake. */
	b->local.streams[0].fingerprint = BEL_STR("sha-256 CC:CC");
	exchange(b, a);
	assert_int_equal(stream_of(a, 0)->setup, BEL_OFFER_ACTIVE);
	assert_int_equal(stream_of(b, 0)->setup, BEL_OFFER_PASSIVE);
	close_side(a);
	close_side(b);
}

static void reports_have_their_own_port_unless_both_share(void **state)
{
	struct side *a = open_phone(), *b = open_phone();

	(void)state;
	a->local.streams[0].has_mux = true;
	a->local.streams[0].rtcp = bel_addr_v4(192, 0, 2, 1, 5555);
	exchange(a, b);
	/* RFC 5761 section 5.1.1: the other does not share, and has a place to send. */
	assert_false(stream_of(b, 0)->has_mux);
	assert_int_equal(stream_of(b, 0)->remote_rtcp.port, 5555);
	assert_int_equal(stream_of(a, 0)->remote_rtcp.port, 4001);
	b->local.streams[0].has_mux = true;
	exchange(a, b);
	assert_true(stream_of(b, 0)->has_mux);
	assert_int_equal(stream_of(b, 0)->remote_rtcp.port, 4000);
	assert_int_equal(stream_of(a, 0)->remote_rtcp.port, 4000);
	close_side(a);
	close_side(b);
}

static void a_name_of_a_part_is_echoed_and_kept(void **state)
{
	struct side *a = open_phone(), *b = open_phone();

	(void)state;
	a->local.streams[0].mid = BEL_STR("first");
	exchange(a, b);
	assert_str(stream_of(a, 0)->mid, "first");
	exchange(b, a);
	assert_str(stream_of(a, 0)->mid, "first");
	a->local.streams[0].mid = BEL_STR_NONE;
	exchange(a, b);
	assert_str(stream_of(b, 0)->mid, "first");
	close_side(a);
	close_side(b);
}

static void lines_of_ours_are_said_and_theirs_can_be_read(void **state)
{
	struct side *a = open_phone(), *b = open_phone();
	bel_str candidate = BEL_STR("a=candidate:1 1 udp 1 192.0.2.1 4000 typ host\r\n");

	(void)state;
	assert_int_equal(bel_offer_theirs(&b->offer).len, 0);
	a->local.streams[0].lines = candidate;
	assert_int_equal(say_offer(a), BEL_OK);
	assert_int_equal(hear_offer(b, a->body), BEL_OK);
	assert_true(bel_str_has_suffix(bel_offer_theirs(&b->offer), candidate));
	assert_int_equal(say_answer(b), BEL_OK);
	assert_true(bel_str_has_suffix(bel_offer_theirs(&b->offer), candidate));
	close_side(a);
	close_side(b);
}

static void what_is_no_media_of_ours_keeps_its_place(void **state)
{
	struct side *b = open_phone();

	(void)state;
	assert_int_equal(
		hear_offer(b, BEL_STR("v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\n"
				      "c=IN IP4 192.0.2.9\r\nt=0 0\r\n"
				      "m=image 5000 udptl t38\r\n"
				      "m=audio 4000 RTP/AVP 0\r\n"
				      "a=maxptime:40\r\n")),
		BEL_OK);
	/* What we have is audio, and it is asked for in the first place. */
	assert_int_equal(say_answer(b), BEL_ERR_UNSUPPORTED);
	b->local.streams[1] = b->local.streams[0];
	b->local.streams_count = 2;
	assert_int_equal(say_answer(b), BEL_OK);
	assert_true(bel_str_is_match(BEL_STR("*m=image 0 udptl t38\r\nm=audio 4000 *"),
				     b->body));
	assert_int_equal(stream_of(b, 1)->maxptime_ms, 40);
	/* And in an offer of ours. */
	b->local.streams[0].codecs_count = 0;
	b->local.streams[0].kind = BEL_STR("image");
	assert_int_equal(say_offer(b), BEL_OK);
	assert_true(bel_str_is_match(BEL_STR("*m=image 0 *m=audio 4000 *"), b->body));
	close_side(b);
}

static void more_parts_than_we_have_places_for_are_refused_one_by_one(void **state)
{
	char text[4096];
	struct bel_writer writer = bel_writer_init(text, sizeof text);
	struct side *b = open_phone();
	unsigned count;

	(void)state;
	bel_write_lit(&writer, "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\n"
			       "c=IN IP4 192.0.2.9\r\nt=0 0\r\n");
	for (unsigned i = 0; i < BEL_SDP_MEDIA_MAX; i++)
		bel_write_lit(&writer, "m=audio 4000 RTP/AVP 0\r\n");
	assert_int_equal(hear_offer(b, bel_writer_str(&writer)), BEL_OK);
	assert_int_equal(say_answer(b), BEL_OK);
	bel_offer_agreed(&b->offer, &count);
	assert_int_equal(count, BEL_SDP_MEDIA_MAX);
	assert_false(stream_of(b, 0)->is_rejected);
	assert_true(stream_of(b, BEL_SDP_MEDIA_MAX - 1)->is_rejected);
	/* They do not vanish from an offer of ours. */
	assert_int_equal(say_offer(b), BEL_OK);
	close_side(b);
}

static void an_answer_with_more_parts_is_none(void **state)
{
	struct side *a = open_phone();

	(void)state;
	assert_int_equal(say_offer(a), BEL_OK);
	assert_int_equal(
		hear_answer(a, BEL_STR("v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\n"
				       "c=IN IP4 192.0.2.9\r\nt=0 0\r\n"
				       "m=audio 4000 RTP/AVP 0\r\n"
				       "m=audio 4002 RTP/AVP 0\r\n")),
		BEL_ERR_MISMATCH);
	/* The real one may still come. */
	assert_int_equal(
		hear_answer(a, BEL_STR("v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\n"
				       "c=IN IP4 192.0.2.9\r\nt=0 0\r\n"
				       "m=audio 4000 RTP/AVP 0\r\n")),
		BEL_OK);
	close_side(a);
}

/* Everything that needs memory, from a first offer to a fork and a preview. */
static enum bel_err speak(struct side *a, struct side *b)
{
	struct bel_offer fork;
	struct bel_sdp_refusal why;
	enum bel_err err = say_offer(a);

	if (!err)
		err = bel_offer_copy(&fork, &a->arena, &a->offer);
	if (!err)
		err = hear_offer(b, a->body);
	if (!err)
		err = say_answer(b);
	if (!err)
		err = bel_offer_take_preview(&a->offer, b->body, &why);
	if (!err)
		err = hear_answer(a, b->body);
	if (!err)
		err = bel_offer_take_answer(&fork, b->body, &why);
	return err;
}

static enum bel_err speak_without_memory(void *user)
{
	struct side *sides = user;
	enum bel_err err = BEL_OK;

	for (unsigned i = 0; i < 2; i++) {
		bel_arena_init(&sides[i].arena, NULL, 0, 1 << 20);
		bel_offer_init(&sides[i].offer, &sides[i].arena);
	}
	for (unsigned i = 0; !err && i < 4; i++) {
		err = speak(&sides[i % 2], &sides[!(i % 2)]);
		/* Twice as many places as before. */
		for (unsigned k = 0; k < 2 && i == 1; k++) {
			sides[k].local.streams[1] = sides[k].local.streams[0];
			sides[k].local.streams_count = 2;
		}
	}
	for (unsigned i = 0; i < 2; i++) {
		sides[i].local.streams_count = 1;
		bel_arena_fini(&sides[i].arena);
	}
	return err;
}

static void each_allocation_may_fail(void **state)
{
	struct side *sides = calloc(2, sizeof *sides), *phone = open_phone();

	(void)state;
	assert_non_null(sides);
	sides[0].local = sides[1].local = phone->local;
	bel_test_each_allocation_fails(speak_without_memory, sides);
	free(sides);
	close_side(phone);
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
		cmocka_unit_test(a_preview_is_rolled_back),
		cmocka_unit_test(the_answer_follows_its_preview),
		cmocka_unit_test(a_refused_offer_changes_nothing),
		cmocka_unit_test(offers_that_cross_are_refused),
		cmocka_unit_test(a_key_for_a_line_that_was_not_offered_is_refused),
		cmocka_unit_test(who_began_the_handshake_stays_it),
		cmocka_unit_test(reports_have_their_own_port_unless_both_share),
		cmocka_unit_test(a_name_of_a_part_is_echoed_and_kept),
		cmocka_unit_test(lines_of_ours_are_said_and_theirs_can_be_read),
		cmocka_unit_test(what_is_no_media_of_ours_keeps_its_place),
		cmocka_unit_test(
			more_parts_than_we_have_places_for_are_refused_one_by_one),
		cmocka_unit_test(an_answer_with_more_parts_is_none),
		cmocka_unit_test(each_allocation_may_fail),
		cmocka_unit_test(what_one_sends_the_other_receives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
