/* SPDX-License-Identifier: Apache-2.0
 * What comes on streams, and ChannelData. */
#include "support/support.h"

#include "turn/turn.h"

static void the_first_message_of_a_stream_is_found(void **state)
{
	static const struct {
		const char *bytes;
		size_t count;
		enum bel_err err;
		size_t len;
	} rows[] = {
		{ "", 0, BEL_ERR_AGAIN, 0 },
		{ "\x00\x01\x00", 3, BEL_ERR_AGAIN, 0 },
		{ "\x00\x01\x00\x00", 4, BEL_OK, 20 },
		{ "\x00\x01\x00\x08 and more", 13, BEL_OK, 28 },
		{ "\x00\x01\xff\xfc", 4, BEL_OK, 65552 },
		{ "\x00\x01\x00\x01", 4, BEL_ERR_SYNTAX, 0 },
		{ "\x40\x00\x00\x00", 4, BEL_OK, 4 },
		{ "\x40\x00\x00\x01", 4, BEL_OK, 8 },
		{ "\x4f\xff\x00\x04", 4, BEL_OK, 8 },
		{ "\x4f\xff\xff\xff", 4, BEL_OK, 65540 },
		{ "\x50\x00\x00\x00", 4, BEL_OK, 4 }, /* of RFC 5766 */
		{ "\x7f\xff\x00\x00", 4, BEL_OK, 4 },
		{ "\x80\x00\x00\x00", 4, BEL_ERR_SYNTAX, 0 },
		{ "\x16\x03\x01\x02", 4, BEL_ERR_SYNTAX, 0 }, /* of TLS */
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		size_t len = 0;
		bel_str exact = bel_test_exact((bel_str){ rows[i].bytes, rows[i].count });
		assert_int_equal(bel_turn_frame_find(&len, exact), rows[i].err);
		assert_int_equal(len, rows[i].len);
		free((void *)(uintptr_t)exact.ptr);
	}
}

static void channel_data_has_a_number_and_as_many_bytes_as_it_says(void **state)
{
	uint16_t number = 0;
	bel_str data = BEL_STR_NONE;

	(void)state;
	assert_int_equal(bel_turn_channel_parse(&number, &data,
						BEL_STR("\x40\x01\x00\x03"
							"abc\0")),
			 BEL_OK);
	assert_int_equal(number, 0x4001);
	assert_str(data, "abc");
	assert_int_equal(bel_turn_channel_parse(&number, &data,
						BEL_STR("\x40\x01\x00\x03"
							"ab")),
			 BEL_ERR_SYNTAX);
	assert_int_equal(bel_turn_channel_parse(&number, &data, BEL_STR("\x40\x01\x00")),
			 BEL_ERR_SYNTAX);
	assert_int_equal(
		bel_turn_channel_parse(&number, &data, BEL_STR("\x80\x00\x00\x00")),
		BEL_ERR_SYNTAX);
	assert_int_equal(number, 0x4001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_message_of_a_stream_is_found),
		cmocka_unit_test(channel_data_has_a_number_and_as_many_bytes_as_it_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
