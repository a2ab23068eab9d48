/* SPDX-License-Identifier: Apache-2.0
 * The examples of RFC 3264 section 10 and the cases of RFC 4317, told with two engines.
 */
#include "side.h"

static const struct bel_sdp_codec g723 = { 4, 1, 8000, { "G723", 4 }, { NULL, 0 } };
static const struct bel_sdp_codec g729 = { 18, 1, 8000, { "G729", 4 }, { NULL, 0 } };
static const struct bel_sdp_codec ilbc = { 97, 1, 8000, { "iLBC", 4 }, { NULL, 0 } };
static const struct bel_sdp_codec h261 = { 31, 1, 90000, { "H261", 4 }, { NULL, 0 } };
static const struct bel_sdp_codec mpv = { 32, 1, 90000, { "MPV", 3 }, { NULL, 0 } };

static struct bel_offer_local_stream *add_video(struct side *side,
						const struct bel_sdp_codec *codec)
{
	struct bel_offer_local_stream *stream = add_stream(side);

	stream->kind = BEL_STR("video");
	if (codec)
		add_codec(stream, codec);
	return stream;
}

static struct side *open_audio(const struct bel_sdp_codec *a,
			       const struct bel_sdp_codec *b,
			       const struct bel_sdp_codec *c)
{
	struct side *side = open_side();
	struct bel_offer_local_stream *stream = add_stream(side);

	add_codec(stream, a);
	if (b)
		add_codec(stream, b);
	if (c)
		add_codec(stream, c);
	return side;
}

/* RFC 3264 section 10.1, after the first exchange: another port, and a stream more, of
 * events that one side only receives. */
static void a_stream_of_events_is_added(void **state)
{
	struct side *alice = open_audio(&pcmu, NULL, NULL);
	struct side *bob = open_audio(&pcmu, NULL, NULL);
	struct bel_offer_local_stream *stream;

	(void)state;
	add_video(alice, &h261);
	add_video(alice, &mpv);
	add_video(bob, NULL);
	add_video(bob, &mpv);
	exchange(alice, bob);
	assert_true(stream_of(alice, 1)->is_rejected);
	bob->local.streams[0].addr.port = 65422;
	stream = add_stream(bob);
	stream->direction = BEL_SDP_RECVONLY;
	add_codec(stream, &events);
	add_codec(add_stream(alice), &events);
	exchange(bob, alice);
	assert_true(bel_str_is_match(BEL_STR("*\r\nm=audio 4006 RTP/AVP 101\r\n*"
					     "a=sendonly\r\n"),
				     alice->body));
	assert_int_equal(stream_of(alice, 0)->remote.port, 65422);
	assert_true(stream_of(alice, 1)->is_rejected);
	assert_false(stream_of(alice, 2)->is_rejected);
	assert_int_equal(stream_of(alice, 3)->direction, BEL_SDP_SENDONLY);
	assert_int_equal(bob->offer.version, 2);
	assert_int_equal(alice->offer.version, 2);
	check_agreement(alice, bob);
	close_side(alice);
	close_side(bob);
}

/* RFC 3264 section 10.2: one codec of several is chosen in a second exchange. */
static void one_of_three_codecs_is_locked_down(void **state)
{
	struct side *alice = open_audio(&pcmu, &g723, &g729);
	struct side *bob = open_audio(&pcmu, &g723, NULL);

	(void)state;
	alice->local.streams[0].direction = BEL_SDP_INACTIVE;
	exchange(alice, bob);
	assert_true(bel_str_is_match(BEL_STR("*m=audio 4000 RTP/AVP 0 4\r\n"
					     "a=rtpmap:0 PCMU/8000\r\n"
					     "a=rtpmap:4 G723/8000\r\n"
					     "a=inactive\r\n"),
				     bob->body));
	alice->local.streams[0].direction = BEL_SDP_SENDRECV;
	alice->local.streams[0].codecs[0] = g723;
	alice->local.streams[0].codecs_count = 1;
	exchange(alice, bob);
	assert_true(bel_str_is_match(BEL_STR("*m=audio 4000 RTP/AVP 4\r\n"
					     "a=rtpmap:4 G723/8000\r\n"
					     "a=sendrecv\r\n"),
				     bob->body));
	close_side(alice);
	close_side(bob);
}

/* RFC 4317 section 2.1: one codec of each list. */
static void a_list_is_cut_to_what_both_can(void **state)
{
	struct side *alice = open_audio(&pcmu, &pcma, &ilbc);
	struct side *bob = open_audio(&pcmu, NULL, NULL);

	(void)state;
	add_codec(add_video(alice, &h261), &mpv);
	add_video(bob, &mpv);
	exchange(alice, bob);
	assert_int_equal(stream_of(alice, 0)->sends_count, 1);
	assert_str(stream_of(alice, 0)->sends[0].name, "PCMU");
	assert_str(stream_of(alice, 1)->sends[0].name, "MPV");
	check_agreement(alice, bob);
	close_side(alice);
	close_side(bob);
}

/* RFC 4317 section 2.2: video is declined, and the audio settled afterwards. */
static void video_is_declined(void **state)
{
	struct side *alice = open_audio(&pcmu, &pcma, &ilbc);
	struct side *bob = open_audio(&pcmu, &pcma, NULL);

	(void)state;
	add_codec(add_video(alice, &h261), &mpv);
	exchange(alice, bob);
	assert_true(bel_str_is_match(BEL_STR("*m=video 0 RTP/AVP 31 32\r\n"), bob->body));
	assert_int_equal(stream_of(alice, 0)->sends_count, 2);
	alice->local.streams[0].codecs_count = 1;
	alice->local.streams[1].codecs_count = 0;
	exchange(alice, bob);
	assert_int_equal(stream_of(bob, 0)->sends_count, 1);
	assert_true(stream_of(bob, 1)->is_rejected);
	close_side(alice);
	close_side(bob);
}

/* RFC 4317 section 2.3: a place for each codec, of which one is taken. */
static void of_three_places_one_is_taken(void **state)
{
	struct side *alice = open_audio(&pcmu, NULL, NULL);
	struct side *bob = open_side();

	(void)state;
	add_codec(add_stream(alice), &pcma);
	add_codec(add_stream(alice), &ilbc);
	add_stream(bob);
	add_codec(add_stream(bob), &pcma);
	exchange(alice, bob);
	assert_true(stream_of(alice, 0)->is_rejected);
	assert_false(stream_of(alice, 1)->is_rejected);
	assert_true(stream_of(alice, 2)->is_rejected);
	check_agreement(alice, bob);
	close_side(alice);
	close_side(bob);
}

/* RFC 4317 section 2.4: sounds in one stream, keys that are pressed in another. */
static void events_have_a_stream_of_their_own(void **state)
{
	struct side *alice = open_audio(&pcmu, &ilbc, NULL);
	struct side *bob = open_audio(&pcmu, &ilbc, NULL);

	(void)state;
	add_codec(add_stream(alice), &events);
	alice->local.streams[1].direction = BEL_SDP_SENDONLY;
	add_codec(add_stream(bob), &events);
	exchange(alice, bob);
	assert_int_equal(stream_of(bob, 1)->direction, BEL_SDP_RECVONLY);
	assert_false(stream_of(bob, 1)->is_rejected);
	/* Where sounds were offered, events alone are nothing. */
	add_codec(&alice->local.streams[1], &pcmu);
	exchange(alice, bob);
	assert_true(stream_of(alice, 1)->is_rejected);
	check_agreement(alice, bob);
	close_side(alice);
	close_side(bob);
}

/* RFC 4317 section 3.1: put on hold and taken up again, each time with a version. */
static void a_call_is_held_and_taken_up_again(void **state)
{
	struct side *alice = open_audio(&pcmu, &ilbc, NULL);
	struct side *bob = open_audio(&pcmu, &ilbc, NULL);

	(void)state;
	exchange(alice, bob);
	alice->local.streams[0].direction = BEL_SDP_SENDONLY;
	exchange(alice, bob);
	assert_true(bel_str_has_suffix(bob->body, BEL_STR("a=recvonly\r\n")));
	assert_true(stream_of(bob, 0)->is_held);
	alice->local.streams[0].direction = BEL_SDP_SENDRECV;
	exchange(alice, bob);
	assert_true(bel_str_has_suffix(bob->body, BEL_STR("a=sendrecv\r\n")));
	assert_false(stream_of(bob, 0)->is_held);
	assert_int_equal(alice->offer.version, 3);
	assert_int_equal(bob->offer.version, 3);
	close_side(alice);
	close_side(bob);
}

/* RFC 4317 section 3.2: one stream of two is held. */
static void one_of_two_streams_is_held(void **state)
{
	struct side *alice = open_audio(&pcmu, NULL, NULL);
	struct side *bob = open_audio(&pcmu, NULL, NULL);

	(void)state;
	add_codec(add_stream(alice), &events);
	add_codec(add_stream(bob), &events);
	exchange(alice, bob);
	bob->local.streams[0].direction = BEL_SDP_SENDONLY;
	bob->local.streams[1].direction = BEL_SDP_SENDONLY;
	exchange(bob, alice);
	assert_int_equal(stream_of(alice, 0)->direction, BEL_SDP_RECVONLY);
	bob->local.streams[0].direction = BEL_SDP_SENDRECV;
	exchange(bob, alice);
	assert_false(stream_of(alice, 0)->is_held);
	assert_true(stream_of(alice, 1)->is_held);
	close_side(alice);
	close_side(bob);
}

/* RFC 4317 sections 4.1 and 4.3: a stream is added, and deleted. */
static void a_stream_is_added_and_deleted(void **state)
{
	struct side *alice = open_audio(&pcmu, NULL, NULL);
	struct side *bob = open_audio(&pcmu, NULL, NULL);

	(void)state;
	exchange(alice, bob);
	add_video(bob, &h261);
	add_video(alice, &h261);
	exchange(bob, alice);
	assert_false(stream_of(alice, 1)->is_rejected);
	bob->local.streams[1].codecs_count = 0;
	exchange(bob, alice);
	assert_true(stream_of(alice, 1)->is_rejected);
	assert_false(stream_of(alice, 0)->is_rejected);
	close_side(alice);
	close_side(bob);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_of_events_is_added),
		cmocka_unit_test(one_of_three_codecs_is_locked_down),
		cmocka_unit_test(a_list_is_cut_to_what_both_can),
		cmocka_unit_test(video_is_declined),
		cmocka_unit_test(of_three_places_one_is_taken),
		cmocka_unit_test(events_have_a_stream_of_their_own),
		cmocka_unit_test(a_call_is_held_and_taken_up_again),
		cmocka_unit_test(one_of_two_streams_is_held),
		cmocka_unit_test(a_stream_is_added_and_deleted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
