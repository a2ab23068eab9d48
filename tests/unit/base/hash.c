/* SPDX-License-Identifier: Apache-2.0
 * SipHash-1-3 against OpenSSL's, CRC-32C against the vectors of RFC 3720. */
#include "support/support.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>

enum { BYTES_MAX = 300 };

static void fill(char *bytes, size_t len, unsigned seed)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1103515245u + 12345u;
		bytes[i] = (char)(seed >> 16);
	}
}

/* What OpenSSL makes of it, as a number. */
static uint64_t oracle(EVP_MAC *mac, const struct bel_hash_key *key, bel_str bytes)
{
	EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);
	unsigned compress = 1, finish = 3;
	size_t size = 8;
	unsigned char secret[16], out[8];
	size_t out_len;
	uint64_t result = 0;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
		OSSL_PARAM_construct_uint(OSSL_MAC_PARAM_C_ROUNDS, &compress),
		OSSL_PARAM_construct_uint(OSSL_MAC_PARAM_D_ROUNDS, &finish),
		OSSL_PARAM_construct_end(),
	};

	for (unsigned i = 0; i < 8; i++) {
		secret[i] = (unsigned char)(key->k0 >> 8 * i);
		secret[8 + i] = (unsigned char)(key->k1 >> 8 * i);
	}
	assert_int_equal(EVP_MAC_init(context, secret, sizeof secret, params), 1);
	assert_int_equal(
		EVP_MAC_update(context, (const unsigned char *)bytes.ptr, bytes.len), 1);
	assert_int_equal(EVP_MAC_final(context, out, &out_len, sizeof out), 1);
	assert_int_equal(out_len, 8);
	EVP_MAC_CTX_free(context);
	for (unsigned i = 8; i-- > 0;)
		result = result << 8 | out[i];
	return result;
}

static void the_hash_is_siphash_1_3(void **state)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
	struct bel_hash_key key = { 0x0706050403020100u, 0x0f0e0d0c0b0a0908u };
	char bytes[BYTES_MAX];
	(void)state;

	assert_non_null(mac);
	for (size_t len = 0; len < BYTES_MAX; len++) {
		fill(bytes, len, (unsigned)len);
		bel_str exact = bel_test_exact((bel_str){ bytes, len });
		assert_true(bel_hash(&key, exact) == oracle(mac, &key, exact));
		key.k0 = key.k0 * 3 + len;
		key.k1 ^= key.k0 << 7;
		free((char *)exact.ptr);
	}
	EVP_MAC_free(mac);
}

/* Oracle: the MAC of one text that was laid out by hand. */
static void the_mac_of_a_list_is_that_of_its_texts_behind_their_lengths(void **state)
{
	struct bel_hash_key key = { 3, 4 };
	char bytes[BYTES_MAX];
	(void)state;

	fill(bytes, sizeof bytes, 5);
	for (size_t len = 0; len < BYTES_MAX / 3; len++) {
		const bel_str texts[] = { { bytes, len },
					  BEL_STR_NONE,
					  { bytes + len, len * 2 } };
		char laid_out[2 * BYTES_MAX] = { 0 };
		/* Two words hold the lengths: the first above the second, the third
		 * alone. */
		size_t at = 16;
		laid_out[4] = (char)len;
		laid_out[8] = (char)(len * 2);
		laid_out[9] = (char)(len * 2 >> 8);
		for (size_t i = 0; i < BEL_COUNT_OF(texts); i++) {
			if (texts[i].len)
				memcpy(laid_out + at, texts[i].ptr, texts[i].len);
			at += (texts[i].len + 7) / 8 * 8;
		}
		laid_out[at++] = BEL_COUNT_OF(texts);
		assert_true(bel_mac64_list(&key, texts, BEL_COUNT_OF(texts)) ==
			    bel_mac64(&key, (bel_str){ laid_out, at }));
	}
}

static void lists_that_read_alike_differ(void **state)
{
	const struct bel_hash_key key = { 3, 4 };
	const bel_str a[] = { BEL_STR("ab"), BEL_STR("c") };
	const bel_str b[] = { BEL_STR("a"), BEL_STR("bc") };
	(void)state;

	assert_true(bel_mac64_list(&key, a, 2) != bel_mac64_list(&key, b, 2));
	assert_true(bel_mac64_list(&key, a, 1) != bel_mac64_list(&key, a, 2));
}

static void the_folded_hash_is_that_of_the_lower_case_bytes(void **state)
{
	struct bel_hash_key key = { 1, 2 };
	char bytes[BYTES_MAX], lower[BYTES_MAX];
	(void)state;

	for (size_t len = 0; len < BYTES_MAX; len++) {
		fill(bytes, len, (unsigned)len * 7);
		for (size_t i = 0; i < len; i++)
			lower[i] = bel_char_lower(bytes[i]);
		assert_true(bel_hash_nocase(&key, (bel_str){ bytes, len }) ==
			    bel_hash(&key, (bel_str){ lower, len }));
	}
	/* Every byte in every place of a word. */
	for (unsigned i = 0; i < 256 * 8; i++) {
		char word[8] = { 0 };
		word[i % 8] = (char)(i / 8);
		bel_str as_is = { word, 8 };
		uint64_t folded = bel_hash_nocase(&key, as_is);
		word[i % 8] = bel_char_lower(word[i % 8]);
		assert_true(folded == bel_hash(&key, as_is));
	}
}

static void the_key_changes_everything(void **state)
{
	struct bel_hash_key one = { 1, 2 }, two = { 1, 3 };
	(void)state;

	assert_true(bel_hash(&one, BEL_STR("x")) != bel_hash(&two, BEL_STR("x")));
	assert_true(bel_hash(&one, BEL_STR("x")) != bel_hash(&one, BEL_STR("X")));
	/* The length counts: trailing NULs are not padding. */
	assert_true(bel_hash(&one, (bel_str){ "\0", 1 }) !=
		    bel_hash(&one, (bel_str){ "\0\0", 2 }));
}

/* RFC 3720 appendix B.4; the bytes there are in the order of the wire. */
static void crc_32c_gives_the_results_of_rfc_3720(void **state)
{
	static const uint8_t read_pdu[48] = {
		0x01, 0xc0, 0, 0, 0, 0, 0, 0, 0,    0, 0, 0,    0, 0, 0, 0,
		0x14, 0,    0, 0, 0, 0, 4, 0, 0,    0, 0, 0x14, 0, 0, 0, 0x18,
		0x28, 0,    0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0,    0, 0, 0, 0,
	};
	char bytes[32] = { 0 };
	bel_str str = { bytes, sizeof bytes };
	(void)state;

	assert_true(bel_crc32c(0, str) == 0x8a9136aau);
	memset(bytes, 0xff, sizeof bytes);
	assert_true(bel_crc32c(0, str) == 0x62a8ab43u);
	for (int i = 0; i < 32; i++)
		bytes[i] = (char)i;
	assert_true(bel_crc32c(0, str) == 0x46dd794eu);
	for (int i = 0; i < 32; i++)
		bytes[i] = (char)(31 - i);
	assert_true(bel_crc32c(0, str) == 0x113fdb5cu);
	assert_true(bel_crc32c(0, (bel_str){ (const char *)read_pdu, 48 }) ==
		    0xd9963a56u);
	assert_true(bel_crc32c(0, BEL_STR("123456789")) == 0xe3069283u);
	assert_true(bel_crc32c(0, BEL_STR_NONE) == 0);
}

static void crc_32c_goes_on_from_any_cut(void **state)
{
	char bytes[100];
	bel_str whole = { bytes, sizeof bytes };
	(void)state;

	fill(bytes, sizeof bytes, 5);
	for (size_t cut = 0; cut <= sizeof bytes; cut++) {
		uint32_t crc = bel_crc32c(0, bel_str_slice(whole, 0, cut));
		assert_true(bel_crc32c(crc, bel_str_slice(whole, cut, whole.len)) ==
			    bel_crc32c(0, whole));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hash_is_siphash_1_3),
		cmocka_unit_test(the_folded_hash_is_that_of_the_lower_case_bytes),
		cmocka_unit_test(
			the_mac_of_a_list_is_that_of_its_texts_behind_their_lengths),
		cmocka_unit_test(lists_that_read_alike_differ),
		cmocka_unit_test(the_key_changes_everything),
		cmocka_unit_test(crc_32c_gives_the_results_of_rfc_3720),
		cmocka_unit_test(crc_32c_goes_on_from_any_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
