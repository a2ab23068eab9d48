/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/crypto_int.h"

/* EVP_CipherInit_ex2 wants to know which way. */
enum { DECRYPTS = 0, ENCRYPTS = 1 };

static enum bel_err turn(uint8_t out[BEL_BLOCK_BYTES], struct bel_crypto *crypto,
			 const uint8_t key[BEL_BLOCK_BYTES],
			 const uint8_t in[BEL_BLOCK_BYTES], int direction)
{
	EVP_CIPHER_CTX *context = crypto->block_context;
	uint8_t turned[2 * BEL_BLOCK_BYTES]; /* what OpenSSL may write at most */
	int len = 0;

	if (!EVP_CipherInit_ex2(context, crypto->block, key, NULL, direction, NULL) ||
	    !EVP_CIPHER_CTX_set_padding(context, 0) ||
	    !EVP_CipherUpdate(context, turned, &len, in, BEL_BLOCK_BYTES) ||
	    len != BEL_BLOCK_BYTES)
		return BEL_ERR_UNSUPPORTED;
	memcpy(out, turned, BEL_BLOCK_BYTES);
	return BEL_OK;
}

enum bel_err bel_block_encrypt(uint8_t out[BEL_BLOCK_BYTES], struct bel_crypto *crypto,
			       const uint8_t key[BEL_BLOCK_BYTES],
			       const uint8_t in[BEL_BLOCK_BYTES])
{
	return turn(out, crypto, key, in, ENCRYPTS);
}

enum bel_err bel_block_decrypt(uint8_t out[BEL_BLOCK_BYTES], struct bel_crypto *crypto,
			       const uint8_t key[BEL_BLOCK_BYTES],
			       const uint8_t in[BEL_BLOCK_BYTES])
{
	return turn(out, crypto, key, in, DECRYPTS);
}
