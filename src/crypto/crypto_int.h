/* SPDX-License-Identifier: Apache-2.0
 *
 * Between the files of crypto/. */
#ifndef BEL_CRYPTO_INT_H
#define BEL_CRYPTO_INT_H

#include <openssl/evp.h>

#include "crypto/crypto.h"

struct bel_crypto {
	EVP_MD *algorithms[BEL_DIGEST_COUNT];
	EVP_MD_CTX *context;
	EVP_CIPHER *block;
	EVP_CIPHER_CTX *block_context;
};

#endif
