/* SPDX-License-Identifier: Apache-2.0 */
#include "support/support.h"

#include "sdp/sdp.h"

static char block[65536];
static struct bel_arena arena;
static struct bel_sdp sdp;
static struct bel_sdp_refusal why;

static enum bel_err parse(const char *text)
{
	bel_arena_init(&arena, block, sizeof block, 1 << 20);
	return bel_sdp_parse(&sdp, bel_str_from(text), &arena, &why);
}

#define HEAD                                                                             \
	"v=0\r\no=alice 1 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"

static void a_phone_says_where_and_what(void **state)
{
	struct bel_sdp_origin origin;
	struct bel_sdp_codec codec;
	bel_str formats;

	(void)state;
	assert_int_equal(parse(HEAD "m=audio 4000 RTP/AVP 0 101 99\r\n"
				    "a=rtpmap:101 telephone-event/8000\r\n"
				    "a=fmtp:101 0-16\r\n"
				    "a=ptime:30\r\n"),
			 BEL_OK);
	assert_int_equal(bel_sdp_origin_parse(&origin, sdp.origin), BEL_OK);
	assert_str(origin.version, "2");
	assert_int_equal(sdp.media_count, 1);
	assert_str(sdp.media[0].proto, "RTP/AVP");
	bel_addr addr = bel_sdp_address(&sdp, 0),
		 expected = bel_addr_v4(192, 0, 2, 1, 4000);
	assert_true(bel_addr_is_equal(&addr, &expected));
	addr = bel_sdp_rtcp_address(&sdp, 0);
	assert_int_equal(addr.port, 4001);
	formats = sdp.media[0].formats;
	assert_true(bel_sdp_codec_next(&codec, &sdp, 0, &formats));
	assert_str(codec.name, "PCMU");
	assert_int_equal(codec.clock_hz, 8000);
	assert_true(bel_sdp_codec_next(&codec, &sdp, 0, &formats));
	assert_str(codec.name, "telephone-event");
	assert_str(codec.fmtp, "0-16");
	/* 99 is dynamic and nobody says what it is. */
	assert_false(bel_sdp_codec_next(&codec, &sdp, 0, &formats));
	assert_int_equal(bel_sdp_number(&sdp, 0, BEL_STR("ptime")), 30);
	assert_int_equal(bel_sdp_direction(&sdp, 0), BEL_SDP_SENDRECV);
}

static void a_media_part_goes_before_the_session(void **state)
{
	(void)state;
	assert_int_equal(parse(HEAD "a=sendonly\r\n"
				    "m=audio 4000 RTP/AVP 0\r\n"
				    "c=IN IP6 2001:db8::1\r\n"
				    "a=recvonly\r\n"
				    "m=video 4002 RTP/AVP 31\r\n"
				    "a=rtcp:5000 IN IP4 192.0.2.9\r\n"),
			 BEL_OK);
	assert_int_equal(bel_sdp_direction(&sdp, 0), BEL_SDP_RECVONLY);
	assert_int_equal(bel_sdp_direction(&sdp, 1), BEL_SDP_SENDONLY);
	assert_int_equal(bel_sdp_address(&sdp, 0).family, 6);
	bel_addr rtcp = bel_sdp_rtcp_address(&sdp, 1);
	bel_addr expected = bel_addr_v4(192, 0, 2, 9, 5000);
	assert_true(bel_addr_is_equal(&rtcp, &expected));
	assert_int_equal(bel_sdp_reversed(BEL_SDP_RECVONLY), BEL_SDP_SENDONLY);
	assert_int_equal(bel_sdp_reversed(BEL_SDP_INACTIVE), BEL_SDP_INACTIVE);
	assert_int_equal(bel_sdp_reversed(BEL_SDP_SENDRECV), BEL_SDP_SENDRECV);
}

static void what_phones_get_wrong_is_taken(void **state)
{
	(void)state;
	/* Bare LF, no s=, no t=, no last line end, an empty line. */
	assert_int_equal(parse("v=0\no=- 1 1 IN IP4 192.0.2.1\nc=IN IP4 192.0.2.1\n"
			       "m=audio 4000 RTP/AVP 0\na=sendrecv"),
			 BEL_OK);
	assert_int_equal(parse(HEAD "m=audio 4000 RTP/AVP 0\r\n\r\n"), BEL_OK);
	assert_int_equal(sdp.media[0].count, 0);
}

static void what_cannot_be_understood_is_named(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
		enum bel_err err;
	} rows[] = {
		{ "", 0, BEL_ERR_SYNTAX },
		{ "o=- 1 1 IN IP4 192.0.2.1\r\n", 1, BEL_ERR_SYNTAX },
		{ "v=1\r\n", 1, BEL_ERR_UNSUPPORTED },
		{ "v=0\r\ns=-\r\n", 0, BEL_ERR_SYNTAX },
		{ HEAD "m=audio RTP/AVP 0\r\n", 6, BEL_ERR_SYNTAX },
		{ HEAD "m=audio 65536 RTP/AVP 0\r\n", 6, BEL_ERR_SYNTAX },
		{ HEAD "m=audio 4000\r\n", 6, BEL_ERR_SYNTAX },
		{ HEAD "m=audio 4000/x RTP/AVP 0\r\n", 6, BEL_ERR_SYNTAX },
		{ HEAD "hello\r\n", 6, BEL_ERR_SYNTAX },
		{ HEAD "a=x\ry\r\n", 6, BEL_ERR_SYNTAX },
		{ HEAD "m=audio 12a4 RTP/AVP 0\r\n", 6, BEL_ERR_SYNTAX },
		{ HEAD "\r\nm=audio 4000 RTP/AVP 0\r\n", 6, BEL_ERR_SYNTAX },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		assert_int_equal(parse(rows[i].text), rows[i].err);
		assert_int_equal(why.line, rows[i].line);
		assert_non_null(why.text);
	}
}

static void limits_have_answers(void **state)
{
	char *text = malloc(128 * 1024);
	struct bel_writer writer = bel_writer_init(text, 128 * 1024);

	(void)state;
	bel_write_lit(&writer, HEAD);
	for (unsigned i = 0; i < BEL_SDP_LINES_MAX; i++)
		bel_write_lit(&writer, "a=x\r\n");
	bel_write_char(&writer, '\0');
	assert_int_equal(parse(text), BEL_ERR_LIMIT);
	writer.len = 0;
	bel_write_lit(&writer, HEAD);
	for (unsigned i = 0; i <= BEL_SDP_MEDIA_MAX; i++)
		bel_write_lit(&writer, "m=audio 1 RTP/AVP 0\r\n");
	bel_write_char(&writer, '\0');
	assert_int_equal(parse(text), BEL_ERR_LIMIT);
	assert_int_equal(why.line, 6 + BEL_SDP_MEDIA_MAX);
	writer.len = 0;
	bel_write_lit(&writer, HEAD "m=audio 1 RTP/AVP");
	for (unsigned i = 0; i <= BEL_SDP_FORMATS_BYTES_MAX / 2; i++)
		bel_write_lit(&writer, " 0");
	bel_write_char(&writer, '\0');
	assert_int_equal(parse(text), BEL_ERR_LIMIT);
	free(text);
}

static void limits_themselves_are_taken(void **state)
{
	char *text = malloc(128 * 1024);
	struct bel_writer writer = bel_writer_init(text, 128 * 1024);

	(void)state;
	bel_write_lit(&writer, HEAD);
	for (unsigned i = 5; i < BEL_SDP_LINES_MAX - BEL_SDP_MEDIA_MAX; i++)
		bel_write_lit(&writer, "a=x\r\n");
	for (unsigned i = 0; i < BEL_SDP_MEDIA_MAX; i++)
		bel_write_lit(&writer, "m=audio 1 RTP/AVP 0\r\n");
	bel_write_char(&writer, '\0');
	assert_int_equal(parse(text), BEL_OK);
	assert_int_equal(sdp.media_count, BEL_SDP_MEDIA_MAX);
	assert_int_equal(sdp.lines_count, BEL_SDP_LINES_MAX);
	free(text);
}

static void a_nul_has_no_place_in_a_line(void **state)
{
	(void)state;
	bel_arena_init(&arena, block, sizeof block, 1 << 20);
	assert_int_equal(bel_sdp_parse(&sdp, BEL_STR(HEAD "a=x\0y\r\n"), &arena, &why),
			 BEL_ERR_SYNTAX);
	assert_int_equal(why.line, 6);
}

static void a_line_ends_wherever_it_falls(void **state)
{
	/* Every place of the end within the eight bytes that are looked at together. */
	static const char filler[] = "abcdefghijklmnopqrstuvwxyz";
	char text[256];

	(void)state;
	for (unsigned len = 0; len < sizeof filler; len++) {
		struct bel_writer writer = bel_writer_init(text, sizeof text - 1);
		bel_str value;
		bel_write_lit(&writer, "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\na=x:");
		bel_write_str(&writer, (bel_str){ filler, len });
		bel_write_lit(&writer, "\r\na=\t\xc3\xa9\x0b:\xff\r\na=last\r\n");
		text[writer.len] = '\0';
		assert_int_equal(parse(text), BEL_OK);
		assert_int_equal(sdp.lines_count, 5);
		assert_true(bel_sdp_attribute(&value, &sdp, BEL_SDP_SESSION, BEL_STR("x"),
					      0, false));
		assert_int_equal(value.len, len);
		assert_true(bel_sdp_attribute(&value, &sdp, BEL_SDP_SESSION,
					      BEL_STR("\t\xc3\xa9\x0b"), 0, false));
		assert_str(value, "\xff");
	}
}

static void a_refusal_is_a_sentence(void **state)
{
	char buf[128];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	(void)state;
	parse(HEAD "m=audio RTP/AVP 0\r\n");
	bel_sdp_refusal_write(&writer, &why);
	assert_str(bel_writer_str(&writer), "line 6: the media part has no port");
	writer.len = 0;
	parse("v=0\r\n");
	bel_sdp_refusal_write(&writer, &why);
	assert_str(bel_writer_str(&writer), "it has no o= line");
}

static void what_was_read_is_written_again(void **state)
{
	static const char text[] = HEAD "k=clear:unknown\r\nX=what?\r\n"
					"a=unknown:1 2  3 \r\n"
					"m=audio 4000/2 RTP/AVP 0  8\r\ni=title\r\n"
					"b=AS:64\r\na=:\r\na=\r\n"
					"m=image 0 udptl t38\r\n";
	char buf[1024];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	(void)state;
	assert_int_equal(parse(text), BEL_OK);
	bel_sdp_write(&writer, &sdp);
	assert_str(bel_writer_str(&writer), text);
	/* Line ends are made right. */
	writer.len = 0;
	assert_int_equal(parse("v=0\no=- 1 1 IN IP4 192.0.2.1\na=x"), BEL_OK);
	bel_sdp_write(&writer, &sdp);
	assert_str(bel_writer_str(&writer), "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\na=x\r\n");
}

static void an_index_needs_memory(void **state)
{
	(void)state;
	bel_arena_init(&arena, NULL, 0, 0);
	assert_int_equal(bel_sdp_parse(&sdp, BEL_STR(HEAD), &arena, &why), BEL_ERR_SPACE);
	assert_non_null(why.text);
}

static void keys_and_fingerprints(void **state)
{
	struct bel_sdp_crypto crypto;
	struct bel_sdp_fingerprint print;

	(void)state;
	/* RFC 4568 section 4.1 */
	assert_int_equal(
		bel_sdp_crypto_parse(
			&crypto, BEL_STR("1 AES_CM_128_HMAC_SHA1_80 "
					 "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"
					 "|2^20|1:32")),
		BEL_OK);
	assert_int_equal(crypto.tag, 1);
	assert_str(crypto.suite, "AES_CM_128_HMAC_SHA1_80");
	assert_int_equal(crypto.key_len, 30);
	assert_true(crypto.has_mki);
	assert_str(crypto.mki, "1");
	assert_int_equal(crypto.mki_bytes, 32);
	assert_int_equal(crypto.lifetime_packets, 1 << 20);
	assert_false(crypto.has_params);
	/* RFC 4568 section 6.1, two keys and a session parameter */
	assert_int_equal(
		bel_sdp_crypto_parse(
			&crypto,
			BEL_STR("2 F8_128_HMAC_SHA1_80 "
				"inline:MTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5QUJjZGVm|1:4;"
				"inline:QUJjZGVmMTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5|2:4 "
				"FEC_ORDER=FEC_SRTP")),
		BEL_OK);
	assert_str(crypto.params, "FEC_ORDER=FEC_SRTP");
	assert_int_equal(crypto.lifetime_packets, 0);
	assert_int_equal(bel_sdp_crypto_parse(&crypto, BEL_STR("1 A inline:AAAA|2^64")),
			 BEL_ERR_SYNTAX);
	assert_int_equal(bel_sdp_crypto_parse(&crypto, BEL_STR("1 A inline:AAAA|x:4")),
			 BEL_ERR_SYNTAX);
	assert_int_equal(bel_sdp_crypto_parse(&crypto, BEL_STR("1 A inline:AAAA|1:129")),
			 BEL_ERR_SYNTAX);
	assert_int_equal(bel_sdp_crypto_parse(&crypto, BEL_STR("x AES_CM inline:AAAA")),
			 BEL_ERR_SYNTAX);
	assert_int_equal(bel_sdp_crypto_parse(&crypto, BEL_STR("1 AES_CM outline:AAAA")),
			 BEL_ERR_SYNTAX);
	assert_int_equal(bel_sdp_crypto_parse(&crypto, BEL_STR("1 AES_CM inline:!!!!")),
			 BEL_ERR_SYNTAX);
	assert_int_equal(bel_sdp_fingerprint_parse(&print, BEL_STR("sha-1 4A:AD:b9")),
			 BEL_OK);
	assert_int_equal(print.len, 3);
	assert_int_equal(print.bytes[2], 0xb9);
	assert_int_equal(bel_sdp_fingerprint_parse(&print, BEL_STR("sha-1 4A:A")),
			 BEL_ERR_SYNTAX);
	assert_int_equal(bel_sdp_fingerprint_parse(&print, BEL_STR("sha-1 4AA:AD")),
			 BEL_ERR_SYNTAX);
	assert_int_equal(bel_sdp_fingerprint_parse(&print, BEL_STR("sha-1 4A:AD:")),
			 BEL_ERR_SYNTAX);
	assert_int_equal(bel_sdp_fingerprint_parse(&print, BEL_STR("sha-1 4A-AD")),
			 BEL_ERR_SYNTAX);
	assert_int_equal(bel_sdp_fingerprint_parse(&print, BEL_STR("sha-1")),
			 BEL_ERR_SYNTAX);
}

static void parameters_of_a_codec(void **state)
{
	bel_str value;

	(void)state;
	assert_true(bel_sdp_fmtp_find(&value, BEL_STR("stereo=0; useinbandfec=1"),
				      BEL_STR("UseInbandFec")));
	assert_str(value, "1");
	assert_false(bel_sdp_fmtp_find(&value, BEL_STR("0-16"), BEL_STR("stereo")));
}

static void line_ends_cannot_be_smuggled_in(void **state)
{
	char buf[128];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	(void)state;
	bel_sdp_write_attribute(&writer, BEL_STR("x"), BEL_STR("1\r\nm=audio"));
	assert_true(writer.is_full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_phone_says_where_and_what),
		cmocka_unit_test(a_media_part_goes_before_the_session),
		cmocka_unit_test(what_phones_get_wrong_is_taken),
		cmocka_unit_test(what_cannot_be_understood_is_named),
		cmocka_unit_test(limits_have_answers),
		cmocka_unit_test(limits_themselves_are_taken),
		cmocka_unit_test(a_nul_has_no_place_in_a_line),
		cmocka_unit_test(a_line_ends_wherever_it_falls),
		cmocka_unit_test(a_refusal_is_a_sentence),
		cmocka_unit_test(what_was_read_is_written_again),
		cmocka_unit_test(an_index_needs_memory),
		cmocka_unit_test(keys_and_fingerprints),
		cmocka_unit_test(parameters_of_a_codec),
		cmocka_unit_test(line_ends_cannot_be_smuggled_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
