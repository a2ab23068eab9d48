/* SPDX-License-Identifier: Apache-2.0
 * Digests against FIPS 180-4 and RFC 1321, HMAC against RFC 2202 and RFC 4231 and, for
 * keys of all lengths, against OpenSSL's own. */
#include <openssl/hmac.h>

#include "support/support.h"

#include "crypto/crypto.h"

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

static void assert_hex(const uint8_t *bytes, size_t size, const char *expected)
{
	char text[128];
	struct bel_writer writer = bel_writer_init(text, sizeof text);

	bel_write_hex(&writer, (bel_str){ (const char *)bytes, size });
	assert_str(bel_writer_str(&writer), expected);
}

static void digests_are_those_of_their_standards(void **state)
{
	static const struct {
		enum bel_digest digest;
		const char *text, *hex;
	} rows[] = {
		{ BEL_MD5, "", "d41d8cd98f00b204e9800998ecf8427e" },
		{ BEL_MD5, "abc", "900150983cd24fb0d6963f7d28e17f72" },
		{ BEL_SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d" },
		{ BEL_SHA256, "abc",
		  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ BEL_SHA512_256, "abc",
		  "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23" },
	};
	uint8_t out[BEL_DIGEST_BYTES_MAX];

	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		bel_str piece = bel_str_from(rows[i].text);
		assert_int_equal(bel_digest(out, *state, rows[i].digest, &piece, 1),
				 BEL_OK);
		assert_hex(out, bel_digest_size(rows[i].digest), rows[i].hex);
	}
}

static void pieces_are_digested_as_one(void **state)
{
	const bel_str whole = BEL_STR("alice:example.com:secret");
	uint8_t one[BEL_DIGEST_BYTES_MAX], many[BEL_DIGEST_BYTES_MAX];

	for (unsigned digest = 0; digest < BEL_DIGEST_COUNT; digest++) {
		assert_int_equal(bel_digest(one, *state, digest, &whole, 1), BEL_OK);
		for (size_t cut = 0; cut <= whole.len; cut++) {
			const bel_str pieces[] = { bel_str_slice(whole, 0, cut),
						   BEL_STR_NONE,
						   bel_str_slice(whole, cut, whole.len) };
			assert_int_equal(bel_digest(many, *state, digest, pieces, 3),
					 BEL_OK);
			assert_memory_equal(one, many, bel_digest_size(digest));
		}
	}
}

static void hmac_is_that_of_its_standards(void **state)
{
	char key[131];
	const bel_str data = BEL_STR("Hi There");
	const bel_str larger = BEL_STR(
		"Test Using Larger Than Block-Size Key - Hash Key First");
	uint8_t out[BEL_DIGEST_BYTES_MAX];

	memset(key, 0x0b, 20);
	assert_int_equal(bel_hmac(out, *state, BEL_SHA1, (bel_str){ key, 20 }, &data, 1),
			 BEL_OK);
	assert_hex(out, 20, "b617318655057264e28bc0b6fb378c8ef146be00");
	assert_int_equal(
		bel_hmac(out, *state, BEL_SHA256, (bel_str){ key, 20 }, &data, 1),
		BEL_OK);
	assert_hex(out, 32,
		   "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	memset(key, 0xaa, sizeof key);
	assert_int_equal(bel_hmac(out, *state, BEL_SHA256, (bel_str){ key, sizeof key },
				  &larger, 1),
			 BEL_OK);
	assert_hex(out, 32,
		   "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void hmac_agrees_with_openssl_for_every_length_of_key(void **state)
{
	char key[200], text[64];
	uint8_t ours[BEL_DIGEST_BYTES_MAX], theirs[EVP_MAX_MD_SIZE];
	unsigned size;

	for (size_t i = 0; i < sizeof key; i++)
		key[i] = (char)(i * 7 + 1);
	memset(text, 'x', sizeof text);
	for (size_t len = 0; len <= sizeof key; len++) {
		const bel_str pieces[] = { { text, len % 17 }, { text, len % 40 } };
		assert_int_equal(bel_hmac(ours, *state, BEL_SHA256, (bel_str){ key, len },
					  pieces, 2),
				 BEL_OK);
		assert_non_null(HMAC(EVP_sha256(), key, (int)len,
				     (const unsigned char *)text, len % 17 + len % 40,
				     theirs, &size));
		assert_memory_equal(ours, theirs, size);
	}
}

static void more_pieces_than_there_is_room_for_are_refused(void **state)
{
	bel_str pieces[9] = { { NULL, 0 } };
	uint8_t out[BEL_DIGEST_BYTES_MAX];

	assert_int_equal(bel_hmac(out, *state, BEL_SHA256, BEL_STR("k"), pieces, 8),
			 BEL_OK);
	assert_int_equal(bel_hmac(out, *state, BEL_SHA256, BEL_STR("k"), pieces, 9),
			 BEL_ERR_LIMIT);
}

static void a_wiped_secret_is_gone(void **state)
{
	char secret[16] = "secret";
	const char zeros[16] = { 0 };

	(void)state;
	bel_wipe(secret, sizeof secret);
	assert_memory_equal(secret, zeros, sizeof secret);
}

static void random_bytes_differ(void **state)
{
	char a[16] = { 0 }, b[16] = { 0 };

	(void)state;
	assert_int_equal(bel_random(a, sizeof a), BEL_OK);
	assert_int_equal(bel_random(b, sizeof b), BEL_OK);
	assert_memory_not_equal(a, b, sizeof a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests_are_those_of_their_standards),
		cmocka_unit_test(pieces_are_digested_as_one),
		cmocka_unit_test(hmac_is_that_of_its_standards),
		cmocka_unit_test(hmac_agrees_with_openssl_for_every_length_of_key),
		cmocka_unit_test(more_pieces_than_there_is_room_for_are_refused),
		cmocka_unit_test(a_wiped_secret_is_gone),
		cmocka_unit_test(random_bytes_differ),
	};

	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
