/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>

#include "crypto/crypto_int.h"

static const struct {
	const char *name;
	uint8_t size, block;
} digests[BEL_DIGEST_COUNT] = {
	[BEL_MD5] = { "MD5", 16, 64 },
	[BEL_SHA1] = { "SHA1", 20, 64 },
	[BEL_SHA256] = { "SHA256", 32, 64 },
	[BEL_SHA512_256] = { "SHA512-256", 32, 128 },
};

enum { BLOCK_BYTES_MAX = 128 };

enum bel_err bel_crypto_open(struct bel_crypto **out)
{
	struct bel_crypto *crypto = calloc(1, sizeof *crypto);

	if (!crypto)
		return bel_err_from_errno(ENOMEM);
	crypto->context = EVP_MD_CTX_new();
	crypto->block = EVP_CIPHER_fetch(NULL, "AES-128-ECB", NULL);
	crypto->block_context = EVP_CIPHER_CTX_new();
	bool is_whole = crypto->context && crypto->block && crypto->block_context;
	for (unsigned i = 0; i < BEL_DIGEST_COUNT; i++) {
		crypto->algorithms[i] = EVP_MD_fetch(NULL, digests[i].name, NULL);
		is_whole &= crypto->algorithms[i] != NULL;
	}
	if (!is_whole) {
		bel_crypto_close(crypto);
		return BEL_ERR_UNSUPPORTED;
	}
	*out = crypto;
	return BEL_OK;
}

void bel_crypto_close(struct bel_crypto *crypto)
{
	if (!crypto)
		return;
	for (unsigned i = 0; i < BEL_DIGEST_COUNT; i++)
		EVP_MD_free(crypto->algorithms[i]);
	EVP_MD_CTX_free(crypto->context);
	EVP_CIPHER_free(crypto->block);
	EVP_CIPHER_CTX_free(crypto->block_context);
	free(crypto);
}

size_t bel_digest_size(enum bel_digest digest)
{
	return digests[digest].size;
}

enum bel_err bel_digest(uint8_t *out, struct bel_crypto *crypto, enum bel_digest digest,
			const bel_str *pieces, unsigned count)
{
	if (!EVP_DigestInit_ex2(crypto->context, crypto->algorithms[digest], NULL))
		return BEL_ERR_UNSUPPORTED;
	for (unsigned i = 0; i < count; i++)
		if (!EVP_DigestUpdate(crypto->context, pieces[i].ptr, pieces[i].len))
			return BEL_ERR_UNSUPPORTED;
	if (!EVP_DigestFinal_ex(crypto->context, out, NULL))
		return BEL_ERR_UNSUPPORTED;
	return BEL_OK;
}

static void pad_with(uint8_t *pad, const uint8_t *key, size_t block, uint8_t value)
{
	for (size_t i = 0; i < block; i++)
		pad[i] = key[i] ^ value;
}

enum bel_err bel_hmac(uint8_t *out, struct bel_crypto *crypto, enum bel_digest digest,
		      bel_str key, const bel_str *pieces, unsigned count)
{
	enum { PIECES_MAX = 8 };
	uint8_t block[BLOCK_BYTES_MAX] = { 0 }, pad[BLOCK_BYTES_MAX];
	uint8_t inner[BEL_DIGEST_BYTES_MAX];
	size_t size = digests[digest].block;
	bel_str all[PIECES_MAX + 1] = { { (const char *)pad, size } };
	enum bel_err err = BEL_OK;

	if (count > PIECES_MAX)
		return BEL_ERR_LIMIT;
	if (key.len > size)
		err = bel_digest(block, crypto, digest, &key, 1);
	else if (key.len)
		memcpy(block, key.ptr, key.len);
	if (err)
		return err;
	for (unsigned i = 0; i < count; i++)
		all[i + 1] = pieces[i];
	pad_with(pad, block, size, 0x36);
	err = bel_digest(inner, crypto, digest, all, count + 1);
	if (!err) {
		pad_with(pad, block, size, 0x5c);
		all[1] = (bel_str){ (const char *)inner, bel_digest_size(digest) };
		err = bel_digest(out, crypto, digest, all, 2);
	}
	bel_wipe(block, sizeof block);
	bel_wipe(pad, sizeof pad);
	return err;
}

void bel_wipe(void *secret, size_t len)
{
	OPENSSL_cleanse(secret, len);
}

enum bel_err bel_random(void *buf, size_t len)
{
	return RAND_bytes(buf, (int)len) == 1 ? BEL_OK : BEL_ERR_UNSUPPORTED;
}
