/* SPDX-License-Identifier: Apache-2.0
 * One block of AES against FIPS 197 appendix C.1. */
#include "support/support.h"

#include "crypto/crypto.h"

static void a_block_is_that_of_its_standard_both_ways(void **state)
{
	static const uint8_t expected[BEL_BLOCK_BYTES] = { 0x69, 0xc4, 0xe0, 0xd8,
							   0x6a, 0x7b, 0x04, 0x30,
							   0xd8, 0xcd, 0xb7, 0x80,
							   0x70, 0xb4, 0xc5, 0x5a };
	uint8_t key[BEL_BLOCK_BYTES], block[BEL_BLOCK_BYTES], plain[BEL_BLOCK_BYTES];
	struct bel_crypto *crypto;

	(void)state;
	assert_int_equal(bel_crypto_open(&crypto), BEL_OK);
	for (unsigned i = 0; i < BEL_BLOCK_BYTES; i++) {
		key[i] = (uint8_t)i;
		plain[i] = (uint8_t)(i * 0x11);
	}
	assert_int_equal(bel_block_encrypt(block, crypto, key, plain), BEL_OK);
	assert_memory_equal(block, expected, sizeof block);
	assert_int_equal(bel_block_decrypt(block, crypto, key, block), BEL_OK);
	assert_memory_equal(block, plain, sizeof block);
	bel_crypto_close(crypto);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_block_is_that_of_its_standard_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
