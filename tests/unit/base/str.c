/* SPDX-License-Identifier: Apache-2.0 */
#include "support/support.h"

static bel_str s(const char *text)
{
	return bel_str_from(text);
}

static void equality_looks_at_every_byte_and_the_length(void **state)
{
	(void)state;
	assert_true(bel_str_is_equal(s("abc"), s("abc")));
	assert_false(bel_str_is_equal(s("abc"), s("abd")));
	assert_false(bel_str_is_equal(s("abc"), s("ab")));
	assert_true(bel_str_is_equal(BEL_STR_NONE, s("")));
	assert_false(bel_str_is_equal((bel_str){ "a\0b", 3 }, (bel_str){ "a\0c", 3 }));
	assert_true(bel_str_is_equal_secret(s("abc"), s("abc")));
	assert_false(bel_str_is_equal_secret(s("abc"), s("Abc")));
	assert_false(bel_str_is_equal_secret(s("abc"), s("abcd")));
	assert_true(bel_str_is_equal_secret(BEL_STR_NONE, BEL_STR_NONE));
}

static void folding_is_for_ascii_letters_alone(void **state)
{
	(void)state;
	assert_true(bel_str_is_equal_nocase(s("INVITE sip:A@b"), s("invite SIP:a@B")));
	/* '@' and '`', '[' and '{' differ by the same bit as letters do. */
	assert_false(bel_str_is_equal_nocase(s("@"), s("`")));
	assert_false(bel_str_is_equal_nocase(s("["), s("{")));
	assert_false(bel_str_is_equal_nocase(s("\xc4"), s("\xe4")));
	for (int c = 0; c < 256; c++) {
		char lower = bel_char_lower((char)c);
		assert_int_equal((uint8_t)lower, c >= 'A' && c <= 'Z' ? c + 32 : c);
	}
}

static void prefixes_and_suffixes_may_be_the_whole(void **state)
{
	(void)state;
	assert_true(bel_str_has_prefix(s("sip:a"), s("sip:")));
	assert_true(bel_str_has_prefix(s("sip:"), s("sip:")));
	assert_true(bel_str_has_prefix(s("x"), BEL_STR_NONE));
	assert_false(bel_str_has_prefix(s("si"), s("sip:")));
	assert_false(bel_str_has_prefix(s("SIP:a"), s("sip:")));
	assert_true(bel_str_has_prefix_nocase(s("SIP:a"), s("sip:")));
	assert_false(bel_str_has_prefix_nocase(s("SI"), s("sip:")));
	assert_true(bel_str_has_suffix(s("a.test"), s(".test")));
	assert_false(bel_str_has_suffix(s("test"), s(".test")));
	assert_true(bel_str_has_suffix(s(""), BEL_STR_NONE));
}

static void the_order_is_by_bytes_with_the_shorter_first(void **state)
{
	static const char *const sorted[] = { "", "A", "a", "aa", "ab", "b", "\x80" };
	(void)state;

	for (size_t i = 0; i < BEL_COUNT_OF(sorted); i++) {
		for (size_t k = 0; k < BEL_COUNT_OF(sorted); k++) {
			int order = bel_str_compare(s(sorted[i]), s(sorted[k]));
			assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
		}
	}
}

static void slices_are_cut_to_what_is_there(void **state)
{
	bel_str text = s("0123456789");
	(void)state;

	assert_str(bel_str_slice(text, 2, 5), "234");
	assert_str(bel_str_slice(text, 8, 99), "89");
	assert_str(bel_str_slice(text, 99, 100), "");
	assert_str(bel_str_slice(text, 5, 2), "");
	assert_int_equal(bel_str_slice(BEL_STR_NONE, 1, 2).len, 0);
	assert_int_equal(bel_str_find(text, '7'), 7);
	assert_int_equal(bel_str_find(text, 'x'), 10);
	assert_int_equal(bel_str_find(BEL_STR_NONE, 'x'), 0);
	assert_str(bel_str_trim(s(" \t\r\n a b \n")), "a b");
	assert_str(bel_str_trim(s(" \t")), "");
}

static void decimal_numbers_are_digits_alone_and_bounded(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		enum bel_err err;
		uint64_t value;
	} rows[] = {
		{ "0", 0, BEL_OK, 0 },
		{ "007", 7, BEL_OK, 7 },
		{ "65535", 65535, BEL_OK, 65535 },
		{ "65536", 65535, BEL_ERR_LIMIT, 0 },
		{ "18446744073709551615", UINT64_MAX, BEL_OK, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, BEL_ERR_LIMIT, 0 },
		{ "99999999999999999999999", UINT64_MAX, BEL_ERR_LIMIT, 0 },
		{ "", 9, BEL_ERR_SYNTAX, 0 },
		{ "+1", 9, BEL_ERR_SYNTAX, 0 },
		{ "-1", 9, BEL_ERR_SYNTAX, 0 },
		{ " 1", 9, BEL_ERR_SYNTAX, 0 },
		{ "1 ", 9, BEL_ERR_SYNTAX, 0 },
		{ "0x1", 9, BEL_ERR_SYNTAX, 0 },
	};
	(void)state;

	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		uint64_t value = 4711;
		enum bel_err err = bel_str_to_u64(&value, s(rows[i].text), rows[i].max);
		assert_int_equal(err, rows[i].err);
		assert_true(value == (err ? 4711 : rows[i].value));
	}
}

static void hexadecimal_numbers_have_at_most_sixteen_digits(void **state)
{
	uint64_t value = 0;
	(void)state;

	assert_int_equal(bel_str_to_hex64(&value, s("00fFaB09")), BEL_OK);
	assert_true(value == 0xffab09);
	assert_int_equal(bel_str_to_hex64(&value, s("ffffffffffffffff")), BEL_OK);
	assert_true(value == UINT64_MAX);
	assert_int_equal(bel_str_to_hex64(&value, s("0ffffffffffffffff")), BEL_ERR_LIMIT);
	assert_int_equal(bel_str_to_hex64(&value, s("")), BEL_ERR_SYNTAX);
	assert_int_equal(bel_str_to_hex64(&value, s("0x1")), BEL_ERR_SYNTAX);
	assert_int_equal(bel_str_to_hex64(&value, s("g")), BEL_ERR_SYNTAX);
}

static void patterns_match_as_a_shell_matches_them(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool is_match;
	} rows[] = {
		{ "", "", true },
		{ "", "a", false },
		{ "*", "", true },
		{ "*", "anything", true },
		{ "a*b*c", "aXXbYYc", true },
		{ "a*b*c", "aXXbYY", false },
		{ "*ab", "aaab", true },
		{ "a**b", "ab", true },
		{ "?", "", false },
		{ "?", "x", true },
		{ "+49*", "+4930", true },
		{ "+49*", "49", false },
		{ "+493012340[1-9]", "+4930123405", true },
		{ "+493012340[1-9]", "+4930123400", false },
		{ "[abc]*", "cde", true },
		{ "[abc]*", "de", false },
		{ "[a-c1-3]", "2", true },
		{ "[a-c1-3]", "d", false },
		{ "[-a]", "-", true },
		{ "[a-]", "-", true },
		{ "[]", "]", false },
		{ "[a", "[a", true },
		{ "[a", "a", false },
		{ "a]", "a]", true },
		{ "*[0-9]", "a1b2", true },
	};
	(void)state;

	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		bel_str pattern = bel_test_exact(s(rows[i].pattern));
		bel_str text = bel_test_exact(s(rows[i].text));
		if (bel_str_is_match(pattern, text) != rows[i].is_match)
			fail_msg("%s against %s", rows[i].pattern, rows[i].text);
		free((char *)pattern.ptr);
		free((char *)text.ptr);
	}
}

static void many_stars_take_no_time(void **state)
{
	char pattern[64], text[4096];
	(void)state;

	memset(text, 'a', sizeof text);
	for (size_t i = 0; i < sizeof pattern; i++)
		pattern[i] = i % 2 ? 'a' : '*';
	pattern[sizeof pattern - 1] = 'b';
	assert_false(bel_str_is_match((bel_str){ pattern, sizeof pattern },
				      (bel_str){ text, sizeof text }));
}

static void the_distance_counts_edits(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned distance;
	} rows[] = {
		{ "", "", 0 },
		{ "", "abc", 3 },
		{ "register", "registr", 1 },
		{ "trunk", "turnk", 2 },
		{ "kitten", "sitting", 3 },
		{ "same", "same", 0 },
	};
	char longer[200];
	(void)state;

	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		assert_int_equal(bel_str_distance(s(rows[i].a), s(rows[i].b)),
				 rows[i].distance);
		assert_int_equal(bel_str_distance(s(rows[i].b), s(rows[i].a)),
				 rows[i].distance);
	}
	memset(longer, 'x', sizeof longer);
	assert_int_equal(bel_str_distance((bel_str){ longer, sizeof longer }, s("")), 64);
}

static void a_character_of_utf8_has_one_spelling(void **state)
{
	static const struct {
		const char *text;
		size_t len;
	} rows[] = {
		{ "", 0 },
		{ "a", 1 },
		{ "\xc3\xa9x", 2 },
		{ "\xe2\x82\xac", 3 },
		{ "\xf0\x9f\x94\x94", 4 },
		{ "\x80", 0 },
		{ "\xc3", 0 },
		{ "\xc3x", 0 },
		{ "\xc0\xaf", 0 },
		{ "\xe0\x80\xaf", 0 },
		{ "\xed\xa0\x80", 0 },
		{ "\xf4\x90\x80\x80", 0 },
		{ "\xf5\x80\x80\x80", 0 },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++)
		assert_int_equal(bel_str_utf8_len(s(rows[i].text)), rows[i].len);
}

static bel_str format(char *buf, size_t size, const char *text, ...)
	__attribute__((format(printf, 3, 4)));

static bel_str format(char *buf, size_t size, const char *text, ...)
{
	va_list args;
	bel_str made;

	va_start(args, text);
	made = bel_str_format(buf, size, text, args);
	va_end(args);
	return made;
}

static void a_formatted_text_is_cut_to_the_buffer(void **state)
{
	char buf[8] = "unused";

	(void)state;
	assert_true(
		bel_str_is_equal(format(buf, sizeof buf, "%u-%u", 12, 345), s("12-345")));
	assert_true(
		bel_str_is_equal(format(buf, sizeof buf, "%s", "1234567"), s("1234567")));
	assert_true(bel_str_is_equal(format(buf, sizeof buf, "%s", "12345678"),
				     s("1234567")));
	assert_int_equal(format(buf, 1, "%s", "1").len, 0);
	assert_int_equal(format(NULL, 0, "%s", "1").len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equality_looks_at_every_byte_and_the_length),
		cmocka_unit_test(folding_is_for_ascii_letters_alone),
		cmocka_unit_test(prefixes_and_suffixes_may_be_the_whole),
		cmocka_unit_test(the_order_is_by_bytes_with_the_shorter_first),
		cmocka_unit_test(slices_are_cut_to_what_is_there),
		cmocka_unit_test(decimal_numbers_are_digits_alone_and_bounded),
		cmocka_unit_test(hexadecimal_numbers_have_at_most_sixteen_digits),
		cmocka_unit_test(patterns_match_as_a_shell_matches_them),
		cmocka_unit_test(many_stars_take_no_time),
		cmocka_unit_test(the_distance_counts_edits),
		cmocka_unit_test(a_character_of_utf8_has_one_spelling),
		cmocka_unit_test(a_formatted_text_is_cut_to_the_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
