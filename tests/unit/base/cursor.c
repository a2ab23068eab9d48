/* SPDX-License-Identifier: Apache-2.0
 * Every story runs over a block of exactly the input's size. */
#include "support/support.h"

static const uint8_t letters[256] = {
	['a'] = 1, ['b'] = 1, ['c'] = 1, ['x'] = 1, ['y'] = 1, ['z'] = 1,
};

struct input {
	bel_str bytes;
	struct bel_cursor cursor;
};

static struct input open_input(const char *text, size_t len)
{
	struct input input = { .bytes = bel_test_exact((bel_str){ text, len }) };

	input.cursor = bel_cursor_init(input.bytes);
	return input;
}

static void close_input(struct input *input)
{
	free((char *)input->bytes.ptr);
}

static void nothing_is_read_past_the_end(void **state)
{
	struct input input = open_input("", 0);
	struct bel_cursor none = bel_cursor_init(BEL_STR_NONE);
	uint8_t one = 77;
	uint64_t eight = 77;
	bel_str bytes = BEL_STR("kept");
	(void)state;

	assert_true(bel_cursor_is_end(&input.cursor) && bel_cursor_is_end(&none));
	assert_int_equal(bel_cursor_peek(&input.cursor), 0);
	assert_false(bel_cursor_take(&input.cursor, '\0'));
	assert_false(bel_cursor_skip(&input.cursor, 1));
	assert_false(bel_cursor_be8(&one, &input.cursor));
	assert_false(bel_cursor_be64(&eight, &input.cursor));
	assert_false(bel_cursor_bytes(&bytes, &input.cursor, 1));
	assert_int_equal(one, 77);
	assert_int_equal(eight, 77);
	assert_str(bytes, "kept");
	assert_int_equal(bel_cursor_span(&none, letters).len, 0);
	assert_int_equal(bel_cursor_until(&none, letters).len, 0);
	assert_int_equal(bel_cursor_until_char(&none, ',').len, 0);
	bel_cursor_skip_lws(&none);
	assert_true(bel_cursor_is_end(&none));
	close_input(&input);
}

static void runs_end_at_the_table_the_char_or_the_end(void **state)
{
	struct input input = open_input("abc, xyz", 8);
	(void)state;

	assert_str(bel_cursor_span(&input.cursor, letters), "abc");
	assert_int_equal(bel_cursor_span(&input.cursor, letters).len, 0);
	assert_str(bel_cursor_until(&input.cursor, letters), ", ");
	assert_int_equal(bel_cursor_left(&input.cursor), 3);
	assert_str(bel_cursor_until_char(&input.cursor, 'z'), "xy");
	assert_true(bel_cursor_take(&input.cursor, 'z'));
	assert_true(bel_cursor_is_end(&input.cursor));
	close_input(&input);
	input = open_input("no comma", 8);
	assert_str(bel_cursor_until_char(&input.cursor, ','), "no comma");
	close_input(&input);
}

static void text_is_taken_whole_or_not_at_all(void **state)
{
	struct input input = open_input("SIP/2.0", 7);
	(void)state;

	assert_false(bel_cursor_take_nocase(&input.cursor, BEL_STR("sip/2.00")));
	assert_false(bel_cursor_take_nocase(&input.cursor, BEL_STR("http")));
	assert_int_equal(bel_cursor_left(&input.cursor), 7);
	assert_true(bel_cursor_take_nocase(&input.cursor, BEL_STR("sip/")));
	assert_int_equal(bel_cursor_peek(&input.cursor), '2');
	close_input(&input);
}

static void white_space_folds_only_before_more_of_it(void **state)
{
	static const struct {
		const char *text;
		size_t taken;
	} rows[] = {
		{ "x", 0 },
		{ "  \t x", 4 },
		{ "\r\n x", 3 },
		{ "\r\nx", 0 },
		{ " \r\nx", 1 },
		{ " \r\n \r\n\tx", 7 },
		{ "\n x", 2 },
		{ "\r x", 2 },
		{ " ", 1 },
		{ " \r\n", 1 },
		{ " \r", 1 },
		{ "\r\n\r\n x", 0 },
		{ "\r\n  \r\n y", 7 },
	};
	(void)state;

	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		size_t len = strlen(rows[i].text);
		struct input input = open_input(rows[i].text, len);
		bel_cursor_skip_lws(&input.cursor);
		assert_int_equal(len - bel_cursor_left(&input.cursor), rows[i].taken);
		close_input(&input);
	}
}

static void a_number_ends_at_the_first_other_byte(void **state)
{
	struct input input = open_input("0042;x", 6);
	uint64_t value = 7;
	(void)state;

	assert_int_equal(bel_cursor_u64(&value, &input.cursor, 41), BEL_ERR_LIMIT);
	assert_int_equal(bel_cursor_left(&input.cursor), 6);
	assert_int_equal(value, 7);
	assert_int_equal(bel_cursor_u64(&value, &input.cursor, 42), BEL_OK);
	assert_int_equal(value, 42);
	assert_int_equal(bel_cursor_u64(&value, &input.cursor, 42), BEL_ERR_SYNTAX);
	assert_int_equal(bel_cursor_peek(&input.cursor), ';');
	close_input(&input);
}

static void integers_are_big_endian_and_whole(void **state)
{
	struct input input = open_input("\x80\x01\xfe\x80\0\0\1\xff\0\0\0\0\0\0\2\1\2",
					17);
	uint8_t one;
	uint16_t two;
	uint32_t four;
	uint64_t eight;
	bel_str rest;
	(void)state;

	assert_true(bel_cursor_be8(&one, &input.cursor));
	assert_int_equal(one, 0x80);
	assert_true(bel_cursor_be16(&two, &input.cursor));
	assert_int_equal(two, 0x1fe);
	assert_true(bel_cursor_be32(&four, &input.cursor));
	assert_true(four == 0x80000001u);
	assert_true(bel_cursor_be64(&eight, &input.cursor));
	assert_true(eight == 0xff00000000000002u);
	assert_false(bel_cursor_be32(&four, &input.cursor));
	assert_false(bel_cursor_bytes(&rest, &input.cursor, 3));
	assert_int_equal(bel_cursor_left(&input.cursor), 2);
	assert_true(bel_cursor_bytes(&rest, &input.cursor, 2));
	assert_int_equal(rest.len, 2);
	close_input(&input);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_read_past_the_end),
		cmocka_unit_test(runs_end_at_the_table_the_char_or_the_end),
		cmocka_unit_test(text_is_taken_whole_or_not_at_all),
		cmocka_unit_test(white_space_folds_only_before_more_of_it),
		cmocka_unit_test(a_number_ends_at_the_first_other_byte),
		cmocka_unit_test(integers_are_big_endian_and_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
