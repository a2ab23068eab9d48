/* SPDX-License-Identifier: Apache-2.0 */
#include "support/support.h"

#include <openssl/evp.h>

/* A writer over a block of exactly its size. */
struct sheet {
	struct bel_writer writer;
};

static struct sheet open_sheet(size_t size)
{
	return (struct sheet){ bel_writer_init(malloc(size ? size : 1), size) };
}

static void close_sheet(struct sheet *sheet)
{
	free(sheet->writer.buf);
}

static void what_does_not_fit_is_not_written_nor_anything_after_it(void **state)
{
	struct sheet sheet = open_sheet(5);
	(void)state;

	bel_write_lit(&sheet.writer, "abc");
	bel_write_lit(&sheet.writer, "defg");
	bel_write_lit(&sheet.writer, "x");
	bel_write_char(&sheet.writer, 'y');
	bel_write_be16(&sheet.writer, 1);
	assert_str(bel_writer_str(&sheet.writer), "abc");
	assert_int_equal(bel_writer_check(&sheet.writer), BEL_ERR_SPACE);
	assert_null(bel_writer_room(&sheet.writer, 0));
	close_sheet(&sheet);
}

static void the_last_byte_can_be_used(void **state)
{
	struct sheet sheet = open_sheet(5);
	(void)state;

	bel_write_lit(&sheet.writer, "abcde");
	assert_int_equal(bel_writer_check(&sheet.writer), BEL_OK);
	bel_write_str(&sheet.writer, BEL_STR_NONE);
	assert_int_equal(bel_writer_check(&sheet.writer), BEL_OK);
	bel_write_char(&sheet.writer, 'f');
	assert_int_equal(bel_writer_check(&sheet.writer), BEL_ERR_SPACE);
	close_sheet(&sheet);
}

static void numbers_are_written_in_full(void **state)
{
	struct sheet sheet = open_sheet(200);
	struct bel_writer *writer = &sheet.writer;
	(void)state;

	bel_write_u64(writer, 0);
	bel_write_char(writer, ' ');
	bel_write_u64(writer, UINT64_MAX);
	bel_write_char(writer, ' ');
	bel_write_i64(writer, INT64_MIN);
	bel_write_char(writer, ' ');
	bel_write_i64(writer, -1);
	bel_write_char(writer, ' ');
	bel_write_i64(writer, INT64_MAX);
	bel_write_char(writer, ' ');
	bel_write_hex64(writer, 0xabc, 4);
	bel_write_hex64(writer, 0xabc, 2);
	bel_write_hex64(writer, UINT64_MAX, 16);
	assert_str(bel_writer_str(writer),
		   "0 18446744073709551615 -9223372036854775808 -1 9223372036854775807 "
		   "0abcbcffffffffffffffff");
	close_sheet(&sheet);
}

static void binary_integers_are_big_endian(void **state)
{
	struct sheet sheet = open_sheet(15);
	(void)state;

	bel_write_be8(&sheet.writer, 1);
	bel_write_be16(&sheet.writer, 0x203);
	bel_write_be32(&sheet.writer, 0x4050607);
	bel_write_be64(&sheet.writer, 0x8090a0b0c0d0e0fu);
	assert_int_equal(bel_writer_check(&sheet.writer), BEL_OK);
	for (int i = 0; i < 15; i++)
		assert_int_equal(sheet.writer.buf[i], i + 1);
	close_sheet(&sheet);
}

/* RFC 4648 section 10. */
static const struct {
	const char *plain, *base64, *base64url;
} base64_rows[] = {
	{ "", "", "" },
	{ "f", "Zg==", "Zg" },
	{ "fo", "Zm8=", "Zm8" },
	{ "foo", "Zm9v", "Zm9v" },
	{ "foob", "Zm9vYg==", "Zm9vYg" },
	{ "fooba", "Zm9vYmE=", "Zm9vYmE" },
	{ "foobar", "Zm9vYmFy", "Zm9vYmFy" },
	{ "\xfb\xff\xbf", "+/+/", "-_-_" },
};

static void base64_goes_both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(base64_rows); i++) {
		bel_str plain = bel_str_from(base64_rows[i].plain);
		struct sheet sheet = open_sheet(100);
		bel_write_base64(&sheet.writer, plain);
		assert_str(bel_writer_str(&sheet.writer), base64_rows[i].base64);
		close_sheet(&sheet);
		sheet = open_sheet(100);
		bel_write_base64url(&sheet.writer, plain);
		assert_str(bel_writer_str(&sheet.writer), base64_rows[i].base64url);
		close_sheet(&sheet);
		sheet = open_sheet(plain.len);
		assert_int_equal(
			bel_write_from_base64(&sheet.writer,
					      bel_str_from(base64_rows[i].base64)),
			BEL_OK);
		assert_str(bel_writer_str(&sheet.writer), base64_rows[i].plain);
		close_sheet(&sheet);
		sheet = open_sheet(plain.len);
		assert_int_equal(
			bel_write_from_base64(&sheet.writer,
					      bel_str_from(base64_rows[i].base64url)),
			BEL_OK);
		assert_str(bel_writer_str(&sheet.writer), base64_rows[i].plain);
		close_sheet(&sheet);
	}
}

/* Every byte at every place of a group, against OpenSSL's encoder. */
static void base64_is_that_of_openssl(void **state)
{
	char bytes[256 + 3], expected[400];
	(void)state;

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)(i * 7);
	for (size_t at = 0; at < 3; at++) {
		for (size_t len = 0; len <= 256; len++) {
			bel_str plain = bel_test_exact((bel_str){ bytes + at, len });
			struct sheet sheet = open_sheet((len + 2) / 3 * 4);
			struct sheet back = open_sheet(len);
			EVP_EncodeBlock((unsigned char *)expected,
					(const unsigned char *)plain.ptr, (int)len);
			bel_write_base64(&sheet.writer, plain);
			assert_str(bel_writer_str(&sheet.writer), expected);
			assert_int_equal(
				bel_write_from_base64(&back.writer,
						      bel_writer_str(&sheet.writer)),
				BEL_OK);
			assert_int_equal(back.writer.len, len);
			assert_memory_equal(back.writer.buf, bytes + at, len);
			close_sheet(&sheet);
			close_sheet(&back);
			free((char *)plain.ptr);
		}
	}
}

static void what_is_no_encoding_leaves_the_writer_as_it_was(void **state)
{
	static const char *const base64[] = { "Z",    "Zm9vY", "Zm9v!A==", "Zg=a",
					      "Z===", "====",  "Zm 9v" };
	static const char *const hex[] = { "0", "0g", "xx", "abc" };
	struct sheet sheet = open_sheet(100);
	(void)state;

	bel_write_lit(&sheet.writer, "kept");
	for (size_t i = 0; i < BEL_COUNT_OF(base64); i++)
		assert_int_equal(
			bel_write_from_base64(&sheet.writer, bel_str_from(base64[i])),
			BEL_ERR_SYNTAX);
	for (size_t i = 0; i < BEL_COUNT_OF(hex); i++)
		assert_int_equal(bel_write_from_hex(&sheet.writer, bel_str_from(hex[i])),
				 BEL_ERR_SYNTAX);
	assert_str(bel_writer_str(&sheet.writer), "kept");
	assert_int_equal(bel_writer_check(&sheet.writer), BEL_OK);
	close_sheet(&sheet);
}

static void hexadecimal_bytes_go_both_ways(void **state)
{
	struct sheet sheet = open_sheet(100);
	(void)state;

	bel_write_hex(&sheet.writer, (bel_str){ "\x00\x7f\x80\xff", 4 });
	assert_str(bel_writer_str(&sheet.writer), "007f80ff");
	close_sheet(&sheet);
	sheet = open_sheet(3);
	assert_int_equal(bel_write_from_hex(&sheet.writer, BEL_STR("616B6c")), BEL_OK);
	assert_str(bel_writer_str(&sheet.writer), "akl");
	close_sheet(&sheet);
}

static void json_is_escaped_and_always_utf8(void **state)
{
	static const struct {
		const char *text, *json;
	} rows[] = {
		{ "plain", "plain" },
		{ "a\"b\\c", "a\\\"b\\\\c" },
		{ "\b\t\n\f\r", "\\b\\t\\n\\f\\r" },
		{ "\x01\x1f\x7f", "\\u0001\\u001f\\u007f" },
		{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\x9e",
		  "\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\x9e" },
		{ "a\xff"
		  "b",
		  "a\xef\xbf\xbd"
		  "b" },
		/* Overlong, a surrogate, above U+10FFFF, cut short. */
		{ "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xf4\x90\x80\x80",
		  "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd" },
	};
	(void)state;

	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct sheet sheet = open_sheet(100);
		bel_str text = bel_test_exact(bel_str_from(rows[i].text));
		bel_write_json(&sheet.writer, text);
		assert_str(bel_writer_str(&sheet.writer), rows[i].json);
		free((char *)text.ptr);
		close_sheet(&sheet);
	}
}

static void nothing_escaped_can_move_a_terminal(void **state)
{
	static const struct {
		const char *text, *escaped;
	} rows[] = {
		{ "a b", "a b" },
		{ "\x1b[2J", "\\x1b[2J" },
		{ "a\r\nb", "a\\x0d\\x0ab" },
		{ "back\\slash", "back\\\\slash" },
		{ "\xc3\xa4", "\xc3\xa4" },
		{ "\xc2\x9b"
		  "2J",
		  "\\xc2\\x9b2J" },
		{ "\xc2\xa0", "\xc2\xa0" },
		{ "\xff", "\\xff" },
		{ "\x7f", "\\x7f" },
	};
	(void)state;

	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct sheet sheet = open_sheet(100);
		bel_str text = bel_test_exact(bel_str_from(rows[i].text));
		bel_write_escaped(&sheet.writer, text);
		assert_str(bel_writer_str(&sheet.writer), rows[i].escaped);
		free((char *)text.ptr);
		close_sheet(&sheet);
	}
}

static void a_format_that_does_not_fit_writes_nothing(void **state)
{
	struct sheet sheet = open_sheet(8);
	(void)state;

	bel_write_format(&sheet.writer, "%d-%s", 12, "ab");
	assert_str(bel_writer_str(&sheet.writer), "12-ab");
	bel_write_format(&sheet.writer, "%s", "xyz");
	assert_str(bel_writer_str(&sheet.writer), "12-ab");
	assert_int_equal(bel_writer_check(&sheet.writer), BEL_ERR_SPACE);
	close_sheet(&sheet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_does_not_fit_is_not_written_nor_anything_after_it),
		cmocka_unit_test(the_last_byte_can_be_used),
		cmocka_unit_test(numbers_are_written_in_full),
		cmocka_unit_test(binary_integers_are_big_endian),
		cmocka_unit_test(base64_goes_both_ways),
		cmocka_unit_test(base64_is_that_of_openssl),
		cmocka_unit_test(what_is_no_encoding_leaves_the_writer_as_it_was),
		cmocka_unit_test(hexadecimal_bytes_go_both_ways),
		cmocka_unit_test(json_is_escaped_and_always_utf8),
		cmocka_unit_test(nothing_escaped_can_move_a_terminal),
		cmocka_unit_test(a_format_that_does_not_fit_writes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
