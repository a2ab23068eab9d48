/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "crypto/packet_cipher.h"

struct bel_gcm {
	EVP_CIPHER_CTX *context;
};

/* EVP_CipherInit_ex2 wants to know which way. */
enum { DECRYPTS = 0, ENCRYPTS = 1 };

static const char *cipher_name(size_t key_bytes)
{
	return key_bytes == 16 ? "AES-128-GCM" : key_bytes == 32 ? "AES-256-GCM" : NULL;
}

enum bel_err bel_gcm_open(struct bel_gcm **out, bel_str key)
{
	const char *name = cipher_name(key.len);
	struct bel_gcm *gcm;
	EVP_CIPHER *cipher;
	enum bel_err err = BEL_ERR_UNSUPPORTED;

	if (!name)
		return BEL_ERR_LIMIT;
	gcm = calloc(1, sizeof *gcm);
	if (!gcm)
		return bel_err_from_errno(ENOMEM);
	cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	gcm->context = EVP_CIPHER_CTX_new();
	if (cipher && gcm->context &&
	    EVP_CipherInit_ex2(gcm->context, cipher, (const uint8_t *)key.ptr, NULL,
			       ENCRYPTS, NULL))
		err = BEL_OK;
	EVP_CIPHER_free(cipher); /* the context keeps what it needs */
	if (err)
		bel_gcm_close(gcm);
	else
		*out = gcm;
	return err;
}

void bel_gcm_close(struct bel_gcm *gcm)
{
	if (!gcm)
		return;
	EVP_CIPHER_CTX_free(gcm->context);
	free(gcm);
}

/* The nonce, then what is authenticated alone, then the text. */
static bool apply(struct bel_gcm *gcm, const uint8_t *iv, const bel_str *clear,
		  unsigned count, void *buf, size_t len, int direction)
{
	int done = 0;

	if (len > INT32_MAX ||
	    !EVP_CipherInit_ex2(gcm->context, NULL, NULL, iv, direction, NULL))
		return false;
	for (unsigned i = 0; i < count; i++)
		if (clear[i].len &&
		    !EVP_CipherUpdate(gcm->context, NULL, &done,
				      (const uint8_t *)clear[i].ptr, (int)clear[i].len))
			return false;
	return !len || EVP_CipherUpdate(gcm->context, buf, &done, buf, (int)len);
}

enum bel_err bel_gcm_encrypt(struct bel_gcm *gcm, const uint8_t iv[BEL_GCM_IV_BYTES],
			     const bel_str *clear, unsigned count, void *buf, size_t len)
{
	uint8_t *tag = (uint8_t *)buf + len;
	int done = 0;

	if (!apply(gcm, iv, clear, count, buf, len, ENCRYPTS) ||
	    !EVP_CipherFinal_ex(gcm->context, tag, &done) ||
	    !EVP_CIPHER_CTX_ctrl(gcm->context, EVP_CTRL_AEAD_GET_TAG, BEL_GCM_TAG_BYTES,
				 tag))
		return BEL_ERR_UNSUPPORTED;
	return BEL_OK;
}

enum bel_err bel_gcm_decrypt(struct bel_gcm *gcm, const uint8_t iv[BEL_GCM_IV_BYTES],
			     const bel_str *clear, unsigned count, void *buf, size_t len)
{
	uint8_t *tag = (uint8_t *)buf + len;
	uint8_t none[BEL_GCM_TAG_BYTES];
	int done = 0;

	if (!apply(gcm, iv, clear, count, buf, len, DECRYPTS) ||
	    !EVP_CIPHER_CTX_ctrl(gcm->context, EVP_CTRL_AEAD_SET_TAG, BEL_GCM_TAG_BYTES,
				 tag))
		return BEL_ERR_UNSUPPORTED;
	return EVP_CipherFinal_ex(gcm->context, none, &done) ? BEL_OK : BEL_ERR_MISMATCH;
}
