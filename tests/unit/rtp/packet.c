/* SPDX-License-Identifier: Apache-2.0
 * RTP headers, their extensions, and what shares a port with them. */
#include "support/support.h"

#include "rtp/rtp.h"

#define BYTES(literal) ((bel_str){ literal, sizeof(literal) - 1 })
#define ROW(what, literal)                                                               \
	{                                                                                \
		what,                                                                    \
		{                                                                        \
			literal, sizeof(literal) - 1                                     \
		}                                                                        \
	}

static const char head[] = "\x80\x00\x12\x34\x00\x00\x00\xa0\xca\xfe\xba\xbe";

static void the_first_byte_tells_what_came(void **state)
{
	static const struct {
		uint8_t first, second;
		enum bel_rtp_kind kind;
	} rows[] = {
		{ 0, 1, BEL_RTP_KIND_STUN },
		{ 3, 0, BEL_RTP_KIND_STUN },
		{ 4, 0, BEL_RTP_KIND_UNKNOWN },
		{ 15, 0, BEL_RTP_KIND_UNKNOWN },
		{ 16, 0, BEL_RTP_KIND_ZRTP },
		{ 19, 0, BEL_RTP_KIND_ZRTP },
		{ 20, 0, BEL_RTP_KIND_DTLS },
		{ 22, 254, BEL_RTP_KIND_DTLS },
		{ 63, 0, BEL_RTP_KIND_DTLS },
		{ 64, 0, BEL_RTP_KIND_TURN_CHANNEL },
		{ 79, 0, BEL_RTP_KIND_TURN_CHANNEL },
		{ 80, 0, BEL_RTP_KIND_UNKNOWN },
		{ 127, 0, BEL_RTP_KIND_UNKNOWN },
		{ 128, 0, BEL_RTP_KIND_RTP },
		{ 128, 191, BEL_RTP_KIND_RTP },
		{ 128, 192, BEL_RTP_KIND_RTCP },
		{ 129, 200, BEL_RTP_KIND_RTCP },
		{ 191, 223, BEL_RTP_KIND_RTCP },
		{ 191, 224, BEL_RTP_KIND_RTP },
		{ 192, 200, BEL_RTP_KIND_UNKNOWN },
		{ 255, 255, BEL_RTP_KIND_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		char bytes[2] = { (char)rows[i].first, (char)rows[i].second };
		assert_int_equal(bel_rtp_kind((bel_str){ bytes, 2 }), rows[i].kind);
	}
	assert_int_equal(bel_rtp_kind(BEL_STR_NONE), BEL_RTP_KIND_UNKNOWN);
	assert_int_equal(bel_rtp_kind(BYTES("\x80")), BEL_RTP_KIND_RTP);
}

static void a_header_with_everything_is_read_and_written_alike(void **state)
{
	const bel_str bytes = BYTES("\xb1\xe5\xff\xfe\x89\xab\xcd\xef\x01\x02\x03\x04"
				    "\x0a\x0b\x0c\x0d"
				    "\xbe\xde\x00\x01\x10\x80\x00\x00"
				    "payload\x00\x00\x03");
	struct bel_rtp_packet packet;
	bel_str exact = bel_test_exact(bytes);
	size_t header_bytes;
	char buf[64];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	(void)state;
	assert_int_equal(bel_rtp_parse(&packet, exact), BEL_OK);
	assert_int_equal(packet.payload_type, 101);
	assert_true(packet.is_marked);
	assert_int_equal(packet.seq, 0xfffe);
	assert_int_equal(packet.timestamp, 0x89abcdef);
	assert_int_equal(packet.ssrc, 0x01020304);
	assert_int_equal(packet.csrcs.len, 4);
	assert_int_equal(packet.extension_profile, 0xbede);
	assert_int_equal(packet.extension.len, 4);
	assert_str(packet.payload, "payload");
	assert_int_equal(packet.padding_bytes, 3);
	assert_int_equal(bel_rtp_header_bytes(&header_bytes, exact), BEL_OK);
	assert_int_equal(header_bytes, 24);
	assert_int_equal(bel_rtp_write(&writer, &packet), BEL_OK);
	assert_int_equal(writer.len, bytes.len);
	assert_memory_equal(buf, bytes.ptr, bytes.len);
	for (size_t size = 0; size < bytes.len; size++) {
		writer = bel_writer_init(buf, size);
		assert_int_equal(bel_rtp_write(&writer, &packet), BEL_ERR_SPACE);
	}
	free((void *)(uintptr_t)exact.ptr);
}

static void lengths_that_point_past_the_end_are_refused(void **state)
{
	static const struct {
		const char *what;
		bel_str bytes;
	} rows[] = {
		ROW("version 1", "\x40\0\0\0\0\0\0\0\0\0\0\0"),
		ROW("eleven bytes", "\x80\0\0\0\0\0\0\0\0\0\0"),
		ROW("a CSRC that is not there", "\x81\0\0\0\0\0\0\0\0\0\0\0"),
		ROW("an extension without its head", "\x90\0\0\0\0\0\0\0\0\0\0\0\0\0"),
		ROW("an extension too long",
		    "\x90\0\0\0\0\0\0\0\0\0\0\0\xbe\xde\0\x01\x10"),
		ROW("padding of nothing", "\xa0\0\0\0\0\0\0\0\0\0\0\0"),
		ROW("padding of 0", "\xa0\0\0\0\0\0\0\0\0\0\0\0\0"),
		ROW("padding over the header", "\xa0\0\0\0\0\0\0\0\0\0\0\0\x02"),
	};
	struct bel_rtp_packet packet = { .seq = 7 };

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		bel_str exact = bel_test_exact(rows[i].bytes);
		if (bel_rtp_parse(&packet, exact) != BEL_ERR_SYNTAX)
			fail_msg("%s was taken", rows[i].what);
		assert_int_equal(packet.seq, 7);
		free((void *)(uintptr_t)exact.ptr);
	}
}

static void a_packet_may_be_all_padding(void **state)
{
	struct bel_rtp_packet packet;

	(void)state;
	assert_int_equal(bel_rtp_parse(&packet, BYTES("\xa0\0\0\0\0\0\0\0\0\0\0\0\x01")),
			 BEL_OK);
	assert_int_equal(packet.payload.len, 0);
}

static void what_does_not_fit_its_bits_is_not_written(void **state)
{
	char buf[256];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	struct bel_rtp_packet packet = { .payload_type = 128 };

	(void)state;
	assert_int_equal(bel_rtp_write(&writer, &packet), BEL_ERR_LIMIT);
	packet = (struct bel_rtp_packet){ .csrcs = { buf, 64 } };
	assert_int_equal(bel_rtp_write(&writer, &packet), BEL_ERR_LIMIT);
	packet = (struct bel_rtp_packet){ .has_extension = true,
					  .extension = { buf, 3 } };
	assert_int_equal(bel_rtp_write(&writer, &packet), BEL_ERR_LIMIT);
	assert_int_equal(writer.len, 0);
}

/* RFC 8285 sections 4.2 and 4.3: the examples of both forms. */
static void elements_are_found_in_both_forms(void **state)
{
	struct bel_rtp_packet packet = {
		.has_extension = true,
		.extension_profile = BEL_RTP_ONE_BYTE_PROFILE,
		.extension = BYTES("\x10\xaa\x21\xbb\xbb\x00\x00\x33\xcc\xcc\xcc\xcc"),
	};
	bel_str value;

	(void)state;
	assert_int_equal(bel_rtp_element_find(&value, &packet, 2), BEL_OK);
	assert_str(value, "\xbb\xbb");
	assert_int_equal(bel_rtp_element_find(&value, &packet, 3), BEL_OK);
	assert_int_equal(value.len, 4);
	assert_int_equal(bel_rtp_element_find(&value, &packet, 4), BEL_ERR_NOT_FOUND);

	packet.extension_profile = BEL_RTP_TWO_BYTE_PROFILE | 5;
	packet.extension = BYTES("\x01\x00\x02\x01\xbb\x00\x03\x04\xcc\xcc\xcc\xcc");
	assert_int_equal(bel_rtp_element_find(&value, &packet, 1), BEL_OK);
	assert_int_equal(value.len, 0);
	assert_int_equal(bel_rtp_element_find(&value, &packet, 3), BEL_OK);
	assert_int_equal(value.len, 4);

	packet.extension_profile = 0x1234;
	assert_int_equal(bel_rtp_element_find(&value, &packet, 1), BEL_ERR_NOT_FOUND);
}

static void nothing_behind_element_15_is_looked_at(void **state)
{
	const struct bel_rtp_packet packet = {
		.has_extension = true,
		.extension_profile = BEL_RTP_ONE_BYTE_PROFILE,
		.extension = BYTES("\x10\xaa\xf0\xbb\x20\xcc\0\0"),
	};
	bel_str value;

	(void)state;
	assert_int_equal(bel_rtp_element_find(&value, &packet, 1), BEL_OK);
	assert_int_equal(bel_rtp_element_find(&value, &packet, 2), BEL_ERR_NOT_FOUND);
	assert_int_equal(bel_rtp_element_find(&value, &packet, 15), BEL_ERR_NOT_FOUND);
}

static void elements_are_written_in_the_shorter_form_that_holds_them(void **state)
{
	const struct bel_rtp_element level = { 1, BYTES("\xff") };
	const struct bel_rtp_element mid = { 200, BYTES("audio") };
	struct bel_rtp_element both[] = { level, mid };
	struct bel_rtp_packet packet = { 0 };
	char buf[64];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	bel_str value;

	(void)state;
	assert_int_equal(bel_rtp_elements_write(&packet, &writer, &level, 1), BEL_OK);
	assert_int_equal(packet.extension_profile, BEL_RTP_ONE_BYTE_PROFILE);
	assert_int_equal(packet.extension.len, 4);
	assert_memory_equal(packet.extension.ptr, "\x10\xff\0\0", 4);
	assert_int_equal(bel_rtp_elements_write(&packet, &writer, both, 2), BEL_OK);
	assert_int_equal(packet.extension_profile, BEL_RTP_TWO_BYTE_PROFILE);
	assert_int_equal(bel_rtp_element_find(&value, &packet, 200), BEL_OK);
	assert_str(value, "audio");
	both[0].id = 0;
	assert_int_equal(bel_rtp_elements_write(&packet, &writer, both, 2),
			 BEL_ERR_LIMIT);
	writer = bel_writer_init(buf, 7);
	assert_int_equal(bel_rtp_elements_write(&packet, &writer, &mid, 1),
			 BEL_ERR_SPACE);
}

static void no_piece_of_a_header_is_read_too_far(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof head - 1; len++) {
		struct bel_rtp_packet packet;
		bel_str piece = bel_test_exact((bel_str){ head, len });
		assert_int_equal(bel_rtp_parse(&packet, piece), BEL_ERR_SYNTAX);
		free((void *)(uintptr_t)piece.ptr);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_byte_tells_what_came),
		cmocka_unit_test(a_header_with_everything_is_read_and_written_alike),
		cmocka_unit_test(lengths_that_point_past_the_end_are_refused),
		cmocka_unit_test(a_packet_may_be_all_padding),
		cmocka_unit_test(what_does_not_fit_its_bits_is_not_written),
		cmocka_unit_test(elements_are_found_in_both_forms),
		cmocka_unit_test(nothing_behind_element_15_is_looked_at),
		cmocka_unit_test(
			elements_are_written_in_the_shorter_form_that_holds_them),
		cmocka_unit_test(no_piece_of_a_header_is_read_too_far),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
