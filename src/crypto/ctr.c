/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "crypto/packet_cipher.h"

struct bel_ctr {
	EVP_CIPHER_CTX *context;
};

/* EVP_CipherInit_ex2 wants to know which way; in counter mode both are the same. */
enum { ENCRYPTS = 1 };

static const char *cipher_name(size_t key_bytes)
{
	return key_bytes == 16 ? "AES-128-CTR" : key_bytes == 32 ? "AES-256-CTR" : NULL;
}

enum bel_err bel_ctr_open(struct bel_ctr **out, bel_str key)
{
	const char *name = cipher_name(key.len);
	struct bel_ctr *ctr;
	EVP_CIPHER *cipher;
	enum bel_err err = BEL_ERR_UNSUPPORTED;

	if (!name)
		return BEL_ERR_LIMIT;
	ctr = calloc(1, sizeof *ctr);
	if (!ctr)
		return bel_err_from_errno(ENOMEM);
	cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	ctr->context = EVP_CIPHER_CTX_new();
	if (cipher && ctr->context &&
	    EVP_CipherInit_ex2(ctr->context, cipher, (const uint8_t *)key.ptr, NULL,
			       ENCRYPTS, NULL))
		err = BEL_OK;
	EVP_CIPHER_free(cipher); /* the context keeps what it needs */
	if (err)
		bel_ctr_close(ctr);
	else
		*out = ctr;
	return err;
}

void bel_ctr_close(struct bel_ctr *ctr)
{
	if (!ctr)
		return;
	EVP_CIPHER_CTX_free(ctr->context);
	free(ctr);
}

enum bel_err bel_ctr_apply(struct bel_ctr *ctr, const uint8_t iv[BEL_CTR_IV_BYTES],
			   void *buf, size_t len)
{
	int done = 0;

	if (len > INT32_MAX ||
	    !EVP_CipherInit_ex2(ctr->context, NULL, NULL, iv, ENCRYPTS, NULL) ||
	    !EVP_CipherUpdate(ctr->context, buf, &done, buf, (int)len))
		return BEL_ERR_UNSUPPORTED;
	return BEL_OK;
}
