/* SPDX-License-Identifier: Apache-2.0
 * The user part of a temporary GRUU: it says what was put in, to who holds the key. */
#include "support/support.h"

#include "registrar/gruu.h"
#include "sip/sip.h"

static const struct bel_gruu_key key = { .cipher = "0123456789abcde",
					 .mac = "another secret, of 32 bytes ..." };

static int open_crypto(void **state)
{
	struct bel_crypto *crypto;

	if (bel_crypto_open(&crypto))
		return -1;
	*state = crypto;
	return 0;
}

static int close_crypto(void **state)
{
	bel_crypto_close(*state);
	return 0;
}

static bel_str write_user(char buf[BEL_GRUU_USER_BYTES], struct bel_crypto *crypto,
			  uint64_t series, uint64_t draw)
{
	struct bel_writer writer = bel_writer_init(buf, BEL_GRUU_USER_BYTES);

	assert_int_equal(bel_gruu_write(&writer, crypto, &key, series, draw), BEL_OK);
	assert_int_equal(bel_writer_check(&writer), BEL_OK);
	assert_int_equal(writer.len, BEL_GRUU_USER_BYTES);
	return bel_writer_str(&writer);
}

static void what_is_written_is_read(void **state)
{
	static const uint64_t samples[] = { 1, 0, UINT64_MAX, 0x0123456789abcdef };
	char buf[BEL_GRUU_USER_BYTES];

	for (size_t i = 0; i < BEL_COUNT_OF(samples); i++) {
		bel_str user = write_user(buf, *state, samples[i], ~samples[i]);
		uint64_t series = 42;
		assert_int_equal(bel_gruu_parse(&series, *state, &key, user), BEL_OK);
		assert_int_equal(series, samples[i]);
	}
}

static void it_is_a_user_part_without_escapes(void **state)
{
	char buf[BEL_GRUU_USER_BYTES], escaped[BEL_GRUU_USER_BYTES * 3];

	for (uint64_t draw = 0; draw < 64; draw++) {
		bel_str user = write_user(buf, *state, 7, draw);
		struct bel_writer writer = bel_writer_init(escaped, sizeof escaped);
		bel_uri_user_escape(&writer, user);
		assert_true(bel_str_is_equal(bel_writer_str(&writer), user));
	}
}

/* Section 5.1: nobody can tell whether two are of the same phone. */
static void two_of_one_series_have_nothing_in_common(void **state)
{
	char one[BEL_GRUU_USER_BYTES], other[BEL_GRUU_USER_BYTES];
	bel_str a = write_user(one, *state, 7, 1), b = write_user(other, *state, 7, 2);
	unsigned alike = 0;

	for (size_t i = 6; i < a.len; i++)
		alike += a.ptr[i] == b.ptr[i];
	assert_true(alike < 6);
}

static void no_bit_of_it_can_be_changed(void **state)
{
	char buf[BEL_GRUU_USER_BYTES];
	bel_str user = write_user(buf, *state, 7, 1);
	uint64_t series = 42;

	for (size_t bit = 0; bit < sizeof buf * 8; bit++) {
		buf[bit / 8] = (char)(buf[bit / 8] ^ (1 << bit % 8));
		assert_int_not_equal(bel_gruu_parse(&series, *state, &key, user), BEL_OK);
		buf[bit / 8] = (char)(buf[bit / 8] ^ (1 << bit % 8));
	}
	assert_int_equal(series, 42);
	assert_int_equal(bel_gruu_parse(&series, *state, &key, user), BEL_OK);
}

static void no_bit_under_its_text_can_be_changed(void **state)
{
	char buf[BEL_GRUU_USER_BYTES], raw[BEL_GRUU_USER_BYTES];
	bel_str user = write_user(buf, *state, 7, 1);
	struct bel_writer bytes = bel_writer_init(raw, sizeof raw);
	uint64_t series;

	assert_int_equal(bel_write_from_base64(&bytes, bel_str_slice(user, 6, user.len)),
			 BEL_OK);
	for (size_t bit = 0; bit < bytes.len * 8; bit++) {
		char text[BEL_GRUU_USER_BYTES];
		struct bel_writer writer = bel_writer_init(text, sizeof text);
		raw[bit / 8] = (char)(raw[bit / 8] ^ (1 << bit % 8));
		bel_write_lit(&writer, "tgruu.");
		bel_write_base64url(&writer, bel_writer_str(&bytes));
		assert_int_equal(
			bel_gruu_parse(&series, *state, &key, bel_writer_str(&writer)),
			BEL_ERR_MISMATCH);
		raw[bit / 8] = (char)(raw[bit / 8] ^ (1 << bit % 8));
	}
}

static void what_is_cut_or_longer_or_spelled_otherwise_is_none(void **state)
{
	char buf[BEL_GRUU_USER_BYTES], longer[BEL_GRUU_USER_BYTES + 1];
	bel_str user = write_user(buf, *state, 7, 1);
	uint64_t series;

	for (size_t len = 0; len < user.len; len++) {
		bel_str exact = bel_test_exact(bel_str_slice(user, 0, len));
		assert_int_equal(bel_gruu_parse(&series, *state, &key, exact),
				 BEL_ERR_SYNTAX);
		free((void *)(uintptr_t)exact.ptr);
	}
	memcpy(longer, buf, sizeof buf);
	longer[sizeof buf] = 'A';
	assert_int_equal(
		bel_gruu_parse(&series, *state, &key, (bel_str){ longer, sizeof longer }),
		BEL_ERR_SYNTAX);
	longer[0] = 'T';
	assert_int_equal(
		bel_gruu_parse(&series, *state, &key, (bel_str){ longer, sizeof buf }),
		BEL_ERR_SYNTAX);
}

static void another_key_reads_nothing(void **state)
{
	struct bel_gruu_key other = key;
	char buf[BEL_GRUU_USER_BYTES];
	bel_str user = write_user(buf, *state, 7, 1);
	uint64_t series = 42;

	other.mac[31] ^= 1;
	assert_int_equal(bel_gruu_parse(&series, *state, &other, user), BEL_ERR_MISMATCH);
	assert_int_equal(series, 42);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(it_is_a_user_part_without_escapes),
		cmocka_unit_test(two_of_one_series_have_nothing_in_common),
		cmocka_unit_test(no_bit_of_it_can_be_changed),
		cmocka_unit_test(no_bit_under_its_text_can_be_changed),
		cmocka_unit_test(what_is_cut_or_longer_or_spelled_otherwise_is_none),
		cmocka_unit_test(another_key_reads_nothing),
	};

	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
