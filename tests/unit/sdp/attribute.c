/* SPDX-License-Identifier: Apache-2.0 */
#include "support/support.h"

#include "sdp/sdp.h"

static char block[65536];
static struct bel_arena arena;
static struct bel_sdp sdp;

static void parse(const char *text)
{
	struct bel_sdp_refusal why;

	bel_arena_init(&arena, block, sizeof block, 1 << 20);
	assert_int_equal(bel_sdp_parse(&sdp, bel_str_from(text), &arena, &why), BEL_OK);
}

#define HEAD "v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n"

/* As a browser says it, shortened. */
static const char browser[] = HEAD
	"a=group:LS 1 9\r\n"
	"a=group:BUNDLE 0 1\r\n"
	"a=ice-lite\r\n"
	"a=ice-options:trickle\r\n"
	"a=setup:actpass\r\n"
	"b=AS:512\r\n"
	"m=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\n"
	"c=IN IP4 0.0.0.0\r\n"
	"a=mid:0\r\n"
	"a=ice-ufrag:EsAw\r\n"
	"a=ice-pwd:bP+XJMM09aR8AiX1jdukzR6Y\r\n"
	"a=candidate:1 1 udp 2122260223 192.0.2.1 50000 typ host\r\n"
	"a=candidate:2 1 udp 1686052607 203.0.113.1 50001 typ srflx\r\n"
	"a=rtcp-mux\r\n"
	"a=rtpmap:111 opus/48000/2\r\n"
	"a=fmtp:111 minptime=10\r\n"
	"a=maxptime:60.5\r\n"
	"m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n"
	"b=TIAS:1000000\r\n"
	"b=RS:0\r\n"
	"b=RR:4294967296\r\n"
	"a=mid:1\r\n"
	"a=setup:passive\r\n"
	"a=rtpmap:96 VP8/90000\r\n"
	"a=rtpmap:97 rtx/90000\r\n"
	"a=rtcp-fb:* ccm fir\r\n"
	"a=rtcp-fb:96 nack\r\n"
	"a=rtcp-fb:96 nack pli\r\n"
	"a=rtcp-fb:97 other\r\n";

static void an_attribute_is_found_by_name_and_number(void **state)
{
	bel_str value;

	(void)state;
	parse(browser);
	assert_true(bel_sdp_attribute(&value, &sdp, 0, BEL_STR("candidate"), 1, false));
	assert_true(bel_str_has_suffix(value, BEL_STR("srflx")));
	assert_false(bel_sdp_attribute(&value, &sdp, 0, BEL_STR("candidate"), 2, true));
	assert_false(bel_sdp_attribute(&value, &sdp, 0, BEL_STR("Mid"), 0, true));
	assert_false(bel_sdp_attribute(&value, &sdp, 0, BEL_STR("setup"), 0, false));
	assert_true(bel_sdp_attribute(&value, &sdp, 0, BEL_STR("setup"), 0, true));
	assert_str(value, "actpass");
	assert_true(bel_sdp_attribute(NULL, &sdp, BEL_SDP_SESSION, BEL_STR("ice-lite"), 0,
				      true));
	assert_false(bel_sdp_attribute(NULL, &sdp, 0, BEL_STR_NONE, 0, true));
}

static void many_of_one_name_are_walked(void **state)
{
	unsigned at = 0, count = 0;
	bel_str value, word;

	(void)state;
	parse(browser);
	while (bel_sdp_attribute_next(&value, &sdp, 0, BEL_STR("candidate"), &at)) {
		assert_true(bel_sdp_word_next(&word, &value));
		assert_int_equal(word.ptr[0], '1' + count);
		count++;
	}
	assert_int_equal(count, 2);
	assert_false(bel_sdp_attribute_next(&value, &sdp, 0, BEL_STR("candidate"), &at));
}

static void names_with_the_same_mark_are_told_apart(void **state)
{
	bel_str value;

	(void)state;
	parse(HEAD "a=axb:1\r\na=ayb:2\r\n");
	assert_true(bel_sdp_attribute(&value, &sdp, BEL_SDP_SESSION, BEL_STR("ayb"), 0,
				      false));
	assert_str(value, "2");
}

static void the_group_of_a_part_is_found(void **state)
{
	bel_str mids;

	(void)state;
	parse(browser);
	assert_true(bel_sdp_group_find(&mids, &sdp, BEL_STR("BUNDLE"), BEL_STR("1")));
	assert_str(mids, "0 1");
	assert_false(bel_sdp_group_find(&mids, &sdp, BEL_STR("BUNDLE"), BEL_STR("9")));
	assert_false(bel_sdp_group_find(&mids, &sdp, BEL_STR("FID"), BEL_STR("1")));
}

static void credentials_of_ice_are_of_the_part_or_the_session(void **state)
{
	struct bel_sdp_ice ice;

	(void)state;
	parse(browser);
	assert_true(bel_sdp_ice(&ice, &sdp, 0));
	assert_str(ice.ufrag, "EsAw");
	assert_str(ice.options, "trickle");
	assert_true(ice.is_lite);
	assert_false(bel_sdp_ice(&ice, &sdp, 1));
}

static void feedback_goes_with_a_payload_type_or_with_all(void **state)
{
	static const char *const expected[] = { "ccm fir", "nack", "nack pli" };
	unsigned at = 0, count = 0;
	bel_str value;

	(void)state;
	parse(browser);
	while (bel_sdp_feedback_next(&value, &sdp, 1, 96, &at))
		assert_str(value, expected[count++]);
	assert_int_equal(count, 3);
}

static void bandwidth_is_of_the_part_or_the_session(void **state)
{
	uint32_t number = 7;

	(void)state;
	parse(browser);
	assert_true(bel_sdp_bandwidth(&number, &sdp, 1, BEL_STR("TIAS")));
	assert_int_equal(number, 1000000);
	assert_true(bel_sdp_bandwidth(&number, &sdp, 1, BEL_STR("AS")));
	assert_int_equal(number, 512);
	/* RFC 3556: none for senders' reports; and what is no number of 32 bits. */
	assert_true(bel_sdp_bandwidth(&number, &sdp, 1, BEL_STR("RS")));
	assert_int_equal(number, 0);
	assert_false(bel_sdp_bandwidth(&number, &sdp, 1, BEL_STR("RR")));
	assert_false(bel_sdp_bandwidth(&number, &sdp, 0, BEL_STR("TIAS")));
}

static void who_begins_a_handshake_is_said(void **state)
{
	(void)state;
	parse(browser);
	assert_int_equal(bel_sdp_setup(&sdp, 0), BEL_SDP_SETUP_ACTPASS);
	assert_int_equal(bel_sdp_setup(&sdp, 1), BEL_SDP_SETUP_PASSIVE);
	parse(HEAD "m=audio 9 RTP/AVP 0\r\na=setup:whoever\r\n");
	assert_int_equal(bel_sdp_setup(&sdp, 0), BEL_SDP_SETUP_NONE);
	assert_str(bel_sdp_setup_name(BEL_SDP_SETUP_HOLDCONN), "holdconn");
	assert_int_equal(bel_sdp_setup_name(BEL_SDP_SETUP_NONE).len, 0);
}

static void hold_is_said_in_two_ways(void **state)
{
	(void)state;
	parse(HEAD "c=IN IP4 192.0.2.1\r\n"
		   "m=audio 9 RTP/AVP 0\r\n"
		   "m=audio 9 RTP/AVP 0\r\na=sendonly\r\n"
		   "m=audio 9 RTP/AVP 0\r\na=inactive\r\n"
		   "m=audio 9 RTP/AVP 0\r\na=recvonly\r\n"
		   "m=audio 9 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n");
	assert_false(bel_sdp_is_held(&sdp, 0));
	assert_true(bel_sdp_is_held(&sdp, 1));
	assert_true(bel_sdp_is_held(&sdp, 2));
	assert_false(bel_sdp_is_held(&sdp, 3));
	assert_true(bel_sdp_is_held(&sdp, 4));
}

static void a_name_with_blanks_is_no_harm(void **state)
{
	struct bel_sdp_origin origin;

	(void)state;
	assert_int_equal(
		bel_sdp_origin_parse(&origin, BEL_STR("Jane Doe 12 34 IN IP4 a.example")),
		BEL_OK);
	assert_str(origin.user, "Jane Doe");
	assert_str(origin.session_id, "12");
	assert_str(origin.version, "34");
	assert_str(origin.address, "a.example");
	assert_int_equal(bel_sdp_origin_parse(&origin, BEL_STR("1 IN IP4 a.example")),
			 BEL_ERR_SYNTAX);
}

static void codecs_have_what_is_said_of_them(void **state)
{
	struct bel_sdp_codec codec;
	bel_str formats;

	(void)state;
	parse(browser);
	formats = sdp.media[0].formats;
	assert_true(bel_sdp_codec_next(&codec, &sdp, 0, &formats));
	assert_int_equal(codec.payload, 111);
	assert_int_equal(codec.channels, 2);
	assert_str(codec.fmtp, "minptime=10");
	assert_true(bel_sdp_codec_next(&codec, &sdp, 0, &formats));
	assert_str(codec.name, "PCMU");
	assert_int_equal(codec.fmtp.len, 0);
	assert_int_equal(bel_sdp_number(&sdp, 0, BEL_STR("maxptime")), 60);
	/* A payload type is a whole word, and a clock is a number. */
	parse(HEAD "m=audio 9 RTP/AVP 9 96 97 98 128\r\n"
		   "a=rtpmap:99 PCMA/8000\r\na=rtpmap:96 x/0\r\na=rtpmap:97 x\r\n"
		   "a=rtpmap:98   wide/16000 \r\n");
	formats = sdp.media[0].formats;
	assert_true(bel_sdp_codec_next(&codec, &sdp, 0, &formats));
	assert_str(codec.name, "G722");
	assert_true(bel_sdp_codec_next(&codec, &sdp, 0, &formats));
	assert_str(codec.name, "wide");
	assert_int_equal(codec.clock_hz, 16000);
	assert_false(bel_sdp_codec_next(&codec, &sdp, 0, &formats));
}

static void lines_of_our_own(void **state)
{
	char buf[512];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	bel_addr media = bel_addr_v4(192, 0, 2, 1, 4000);
	bel_addr rtcp = bel_addr_v4(192, 0, 2, 1, 5001);

	(void)state;
	bel_sdp_write_line(&writer, 'b', BEL_STR("AS:64"));
	bel_sdp_write_rtcp(&writer, &rtcp, &media);
	rtcp = bel_addr_v4(192, 0, 2, 2, 5001);
	bel_sdp_write_rtcp(&writer, &rtcp, &media);
	bel_sdp_write_crypto(&writer, 1, BEL_STR("AES_CM_128_HMAC_SHA1_80"),
			     BEL_STR("abc"));
	assert_str(bel_writer_str(&writer),
		   "b=AS:64\r\n"
		   "a=rtcp:5001\r\n"
		   "a=rtcp:5001 IN IP4 192.0.2.2\r\n"
		   "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:YWJj\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_attribute_is_found_by_name_and_number),
		cmocka_unit_test(many_of_one_name_are_walked),
		cmocka_unit_test(names_with_the_same_mark_are_told_apart),
		cmocka_unit_test(the_group_of_a_part_is_found),
		cmocka_unit_test(credentials_of_ice_are_of_the_part_or_the_session),
		cmocka_unit_test(feedback_goes_with_a_payload_type_or_with_all),
		cmocka_unit_test(bandwidth_is_of_the_part_or_the_session),
		cmocka_unit_test(who_begins_a_handshake_is_said),
		cmocka_unit_test(hold_is_said_in_two_ways),
		cmocka_unit_test(a_name_with_blanks_is_no_harm),
		cmocka_unit_test(codecs_have_what_is_said_of_them),
		cmocka_unit_test(lines_of_our_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
