/* SPDX-License-Identifier: Apache-2.0
 * The response value against printed and computed vectors. */
#include "support/data.h"
#include "support/support.h"

#include "auth/auth.h"

enum {
	SOURCE,
	ALGORITHM,
	QOP,
	USERNAME,
	REALM,
	PASSWORD,
	METHOD,
	URI,
	NONCE,
	NC,
	CNONCE,
	BODY,
	HA1,
	HA2,
	RESPONSE,
	NOTE,
	CELLS
};

/* A row of digest.tsv; "-" is empty, \r\n in a body are the two characters. */
struct vector {
	bel_str cells[CELLS];
	char body[512];
};

static void read_body(struct vector *vector)
{
	struct bel_writer writer = bel_writer_init(vector->body, sizeof vector->body);
	bel_str from = vector->cells[BODY];

	for (size_t i = 0; i < from.len; i++) {
		char c = from.ptr[i];
		if (c == '\\' && i + 1 < from.len) {
			char escaped = from.ptr[++i];
			c = escaped == 'r' ? '\r' : escaped == 'n' ? '\n' : escaped;
		}
		bel_write_char(&writer, c);
	}
	assert_false(writer.is_full);
	vector->cells[BODY] = bel_writer_str(&writer);
}

static void read_vector(struct vector *vector, bel_str line)
{
	for (unsigned i = 0; i < CELLS; i++) {
		assert_true(bel_test_next_cell(&vector->cells[i], &line));
		if (bel_str_is_equal(vector->cells[i], BEL_STR("-")))
			vector->cells[i] = BEL_STR_NONE;
	}
	read_body(vector);
}

static void check_vector(struct bel_crypto *crypto, const struct vector *vector)
{
	const bel_str *cells = vector->cells;
	char text[BEL_AUTH_RESPONSE_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(text, sizeof text);
	struct bel_auth_ha1 ha1;
	struct bel_auth_input input = { .ha1 = &ha1,
					.nonce = cells[NONCE],
					.cnonce = cells[CNONCE],
					.nc = cells[NC],
					.qop = cells[QOP],
					.method = cells[METHOD],
					.uri = cells[URI],
					.body = cells[BODY] };
	enum bel_digest digest;

	assert_int_equal(
		bel_auth_digest_find(&digest, &input.is_session, cells[ALGORITHM]),
		BEL_OK);
	assert_int_equal(bel_auth_ha1(&ha1, crypto, digest, cells[USERNAME], cells[REALM],
				      cells[PASSWORD]),
			 BEL_OK);
	if (!input.is_session) {
		bel_write_hex(&writer, (bel_str){ (const char *)ha1.bytes,
						  bel_digest_size(digest) });
		assert_true(bel_str_is_equal(bel_writer_str(&writer), cells[HA1]));
		writer.len = 0;
	}
	assert_int_equal(bel_auth_response(&writer, crypto, &input), BEL_OK);
	if (!bel_str_is_equal(bel_writer_str(&writer), cells[RESPONSE]))
		fail_msg("%.*s %.*s qop %.*s: %.*s, not %.*s", BEL_STR_ARG(cells[SOURCE]),
			 BEL_STR_ARG(cells[ALGORITHM]), BEL_STR_ARG(cells[QOP]),
			 BEL_STR_ARG(bel_writer_str(&writer)),
			 BEL_STR_ARG(cells[RESPONSE]));
}

static void every_vector_gives_its_response(void **state)
{
	bel_str text = bel_test_read_file("tests/data/digest/digest.tsv");
	bel_str left = text, line;
	struct bel_crypto *crypto;
	unsigned count = 0;

	(void)state;
	assert_int_equal(bel_crypto_open(&crypto), BEL_OK);
	assert_true(bel_test_next_line(&line, &left)); /* the heads of the columns */
	while (bel_test_next_line(&line, &left)) {
		struct vector vector;
		read_vector(&vector, line);
		check_vector(crypto, &vector);
		count++;
	}
	assert_int_equal(count, 19);
	bel_crypto_close(crypto);
	free((void *)(uintptr_t)text.ptr);
}

static void algorithms_are_known_by_name_in_any_case(void **state)
{
	static const struct {
		const char *name;
		enum bel_err err;
		enum bel_digest digest;
		bool is_session;
	} rows[] = {
		{ "MD5", BEL_OK, BEL_MD5, false },
		{ "md5", BEL_OK, BEL_MD5, false },
		{ "", BEL_OK, BEL_MD5, false },
		{ "MD5-sess", BEL_OK, BEL_MD5, true },
		{ "SHA-256", BEL_OK, BEL_SHA256, false },
		{ "sha-256-SESS", BEL_OK, BEL_SHA256, true },
		{ "SHA-512-256", BEL_OK, BEL_SHA512_256, false },
		{ "SHA-512-256-sess", BEL_OK, BEL_SHA512_256, true },
		{ "SHA-1", BEL_ERR_UNSUPPORTED, 0, false },
		{ "SHA-512", BEL_ERR_UNSUPPORTED, 0, false },
		{ "AKAv1-MD5", BEL_ERR_UNSUPPORTED, 0, false },
		{ "-sess", BEL_ERR_UNSUPPORTED, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		enum bel_digest digest = BEL_DIGEST_COUNT;
		bool is_session = false;
		assert_int_equal(bel_auth_digest_find(&digest, &is_session,
						      bel_str_from(rows[i].name)),
				 rows[i].err);
		if (rows[i].err)
			continue;
		assert_int_equal(digest, rows[i].digest);
		assert_int_equal(is_session, rows[i].is_session);
	}
	assert_str(bel_auth_digest_name(BEL_SHA512_256), "SHA-512-256");
	assert_int_equal(bel_auth_digest_name(BEL_SHA1).len, 0);
}

static void a_writer_that_is_too_small_is_no_response(void **state)
{
	struct bel_auth_ha1 ha1 = { .digest = BEL_SHA256 };
	const struct bel_auth_input input = { .ha1 = &ha1, .nonce = BEL_STR("n") };
	char text[BEL_AUTH_RESPONSE_BYTES_MAX - 1];
	struct bel_writer writer = bel_writer_init(text, sizeof text);
	struct bel_crypto *crypto;

	(void)state;
	assert_int_equal(bel_crypto_open(&crypto), BEL_OK);
	assert_int_equal(bel_auth_response(&writer, crypto, &input), BEL_ERR_SPACE);
	bel_crypto_close(crypto);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_vector_gives_its_response),
		cmocka_unit_test(algorithms_are_known_by_name_in_any_case),
		cmocka_unit_test(a_writer_that_is_too_small_is_no_response),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
