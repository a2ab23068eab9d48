/* SPDX-License-Identifier: Apache-2.0 */
#include "side.h"

static const struct bel_sdp_codec events_48k = {
	110, 1, 48000, { "telephone-event", 15 }, { "0-15", 4 }
};
static const struct bel_sdp_codec silence = { 13, 1, 8000, { "CN", 2 }, { NULL, 0 } };

static struct bel_sdp_codec h264(uint8_t payload, bel_str fmtp)
{
	return (struct bel_sdp_codec){ payload, 1, 90000, BEL_STR("H264"), fmtp };
}

static uint8_t number_of(const struct side *side, const char *name)
{
	const struct bel_offer_stream *stream = stream_of(side, 0);

	for (unsigned i = 0; i < stream->receives_count; i++)
		if (bel_str_is_equal(stream->receives[i].name, bel_str_from(name)))
			return stream->receives[i].payload;
	return 255;
}

static struct side *open_with(const struct bel_sdp_codec *first,
			      const struct bel_sdp_codec *second)
{
	struct side *side = open_side();

	add_stream(side);
	add_codec(&side->local.streams[0], first);
	if (second)
		add_codec(&side->local.streams[0], second);
	return side;
}

/* RFC 3264 section 8.3.2 */
static void a_number_stays_with_its_codec(void **state)
{
	struct bel_sdp_codec other = { 96, 1, 16000, BEL_STR("speex"), BEL_STR_NONE };
	struct side *a = open_with(&opus, &other), *b = open_with(&other, &opus);

	(void)state;
	a->local.streams[0].codecs_count = 1;
	exchange(a, b);
	assert_int_equal(number_of(a, "opus"), 96);
	/* Both want 96 now; it has been opus. */
	a->local.streams[0].codecs[0] = other;
	a->local.streams[0].codecs[1] = opus;
	a->local.streams[0].codecs_count = 2;
	exchange(a, b);
	assert_int_equal(number_of(a, "opus"), 96);
	assert_int_equal(number_of(a, "speex"), 97);
	/* Even when opus is left out, and when the other side offers. */
	a->local.streams[0].codecs_count = 1;
	exchange(a, b);
	assert_int_equal(number_of(a, "speex"), 97);
	b->local.streams[0].codecs_count = 1;
	exchange(b, a);
	assert_int_equal(number_of(b, "speex"), 97);
	close_side(a);
	close_side(b);
}

static void numbers_of_theirs_are_not_taken_for_others(void **state)
{
	struct side *a = open_with(&pcmu, NULL), *b = open_with(&pcmu, &opus);

	(void)state;
	assert_int_equal(
		hear_offer(b, BEL_STR("v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\n"
				      "c=IN IP4 192.0.2.9\r\nt=0 0\r\n"
				      "m=audio 4000 RTP/AVP 0 96\r\n"
				      "a=rtpmap:96 unheard-of/8000\r\n")),
		BEL_OK);
	assert_int_equal(say_answer(b), BEL_OK);
	assert_int_equal(say_offer(b), BEL_OK);
	assert_true(
		bel_str_is_match(BEL_STR("*m=audio 4000 RTP/AVP 0 97\r\n*"), b->body));
	close_side(a);
	close_side(b);
}

static void two_of_ours_with_one_number_get_two(void **state)
{
	struct bel_sdp_codec same = { 96, 1, 16000, BEL_STR("speex"), BEL_STR_NONE };
	struct side *a = open_with(&opus, &same);

	(void)state;
	assert_int_equal(say_offer(a), BEL_OK);
	assert_true(bel_str_is_match(BEL_STR("*RTP/AVP 96 97\r\n*"), a->body));
	close_side(a);
}

static void a_place_that_is_used_again_has_all_numbers(void **state)
{
	struct bel_sdp_codec other = { 96, 1, 16000, BEL_STR("speex"), BEL_STR_NONE };
	struct side *a = open_phone(), *b = open_phone();

	(void)state;
	for (unsigned i = 0; i < 2; i++)
		add_codec(add_stream(i ? b : a), &opus);
	exchange(a, b);
	/* Taken away, and taken for something else. */
	a->local.streams[1].codecs_count = 0;
	exchange(a, b);
	a->local.streams[1].codecs[0] = b->local.streams[1].codecs[0] = other;
	a->local.streams[1].codecs_count = 1;
	exchange(a, b);
	assert_int_equal(stream_of(b, 1)->receives[0].payload, 96);
	assert_str(stream_of(b, 1)->receives[0].name, "speex");
	close_side(a);
	close_side(b);
}

static void numbers_that_are_used_up_leave_a_codec_out(void **state)
{
	static const char head[] = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\n"
				   "c=IN IP4 192.0.2.9\r\nt=0 0\r\n"
				   "m=audio 4000 RTP/AVP 0";
	char text[8192];
	struct bel_writer writer = bel_writer_init(text, sizeof text);
	struct side *b = open_with(&pcmu, &opus);

	(void)state;
	bel_write_text(&writer, head);
	for (unsigned n = 1; n < 128; n++)
		bel_sdp_write_format(&writer, n);
	bel_sdp_write_end(&writer);
	for (unsigned n = 1; n < 128; n++)
		bel_write_format(&writer, "a=rtpmap:%u x%u/8000\r\n", n, n);
	assert_int_equal(hear_offer(b, bel_writer_str(&writer)), BEL_OK);
	assert_int_equal(say_answer(b), BEL_OK);
	assert_int_equal(say_offer(b), BEL_OK);
	assert_true(bel_str_is_match(BEL_STR("*RTP/AVP 0\r\n*"), b->body));
	close_side(b);
}

/* RFC 4733 section 2.1 */
static void events_go_with_the_clock_of_a_codec(void **state)
{
	struct side *a = open_with(&opus, &pcmu), *b = open_with(&pcmu, &events);

	(void)state;
	add_codec(&a->local.streams[0], &events_48k);
	add_codec(&a->local.streams[0], &events);
	add_codec(&b->local.streams[0], &events_48k);
	/* The other has no opus: events of 48 kHz go with nothing. */
	exchange(a, b);
	assert_int_equal(stream_of(a, 0)->sends_count, 2);
	assert_int_equal(stream_of(a, 0)->sends[1].clock_hz, 8000);
	add_codec(&b->local.streams[0], &opus);
	exchange(a, b);
	assert_int_equal(stream_of(b, 0)->sends_count, 4);
	check_agreement(a, b);
	close_side(a);
	close_side(b);
}

static void events_of_an_odd_clock_are_better_than_none(void **state)
{
	struct side *a = open_with(&opus, &events), *b = open_with(&opus, &events);

	(void)state;
	add_codec(&a->local.streams[0], &silence);
	add_codec(&b->local.streams[0], &silence);
	exchange(a, b);
	assert_int_equal(number_of(a, "telephone-event"), 101);
	assert_int_equal(number_of(a, "CN"), 13);
	close_side(a);
	close_side(b);
}

/* RFC 6184 section 8.2.2 */
static void what_is_encoded_otherwise_is_another_codec(void **state)
{
	static const struct {
		const char *ours, *theirs;
		bool is_same;
	} rows[] = {
		{ "profile-level-id=42e01f;packetization-mode=1",
		  "packetization-mode=1;profile-level-id=420029", true },
		{ "profile-level-id=42e01f;packetization-mode=1",
		  "profile-level-id=42e01f", false },
		{ "profile-level-id=42e01f", "profile-level-id=640c1f", false },
		{ "", "packetization-mode=0;profile-level-id=42E01F", true },
		{ "", "packetization-mode=1", false },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct bel_sdp_codec ours = h264(97, bel_str_from(rows[i].ours));
		struct bel_sdp_codec theirs = h264(97, bel_str_from(rows[i].theirs));
		struct side *a = open_with(&pcmu, &ours), *b = open_with(&pcmu, &theirs);
		exchange(a, b);
		assert_int_equal(stream_of(a, 0)->sends_count, rows[i].is_same ? 2 : 1);
		check_agreement(a, b);
		close_side(a);
		close_side(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_stays_with_its_codec),
		cmocka_unit_test(numbers_of_theirs_are_not_taken_for_others),
		cmocka_unit_test(two_of_ours_with_one_number_get_two),
		cmocka_unit_test(a_place_that_is_used_again_has_all_numbers),
		cmocka_unit_test(numbers_that_are_used_up_leave_a_codec_out),
		cmocka_unit_test(events_go_with_the_clock_of_a_codec),
		cmocka_unit_test(events_of_an_odd_clock_are_better_than_none),
		cmocka_unit_test(what_is_encoded_otherwise_is_another_codec),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
