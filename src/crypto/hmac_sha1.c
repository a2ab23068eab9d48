/* SPDX-License-Identifier: Apache-2.0 */

/* The digest's inner state can be kept and taken up again only with the old functions:
 * copying an EVP_MD_CTX allocates, which costs more than digesting a packet. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "crypto/crypto.h"

enum { INNER_PAD = 0x36, OUTER_PAD = 0x5c };

static void keep(uint32_t state[5], const SHA_CTX *context)
{
	const SHA_LONG words[5] = { context->h0, context->h1, context->h2, context->h3,
				    context->h4 };

	memcpy(state, words, sizeof words);
}

/* Where one block has been digested. */
static void take_up(SHA_CTX *context, const uint32_t state[5])
{
	context->h0 = state[0];
	context->h1 = state[1];
	context->h2 = state[2];
	context->h3 = state[3];
	context->h4 = state[4];
	context->Nl = SHA_CBLOCK * 8;
	context->Nh = 0;
	context->num = 0;
}

static void digest_pad(uint32_t state[5], bel_str key, uint8_t value)
{
	uint8_t pad[SHA_CBLOCK];
	SHA_CTX context;

	memset(pad, value, sizeof pad);
	for (size_t i = 0; i < key.len; i++)
		pad[i] ^= (uint8_t)key.ptr[i];
	SHA1_Init(&context);
	SHA1_Update(&context, pad, sizeof pad);
	keep(state, &context);
	bel_wipe(pad, sizeof pad);
	bel_wipe(&context, sizeof context);
}

enum bel_err bel_hmac_sha1_init(struct bel_hmac_sha1 *hmac, bel_str key)
{
	if (key.len > SHA_CBLOCK)
		return BEL_ERR_LIMIT;
	digest_pad(hmac->inner, key, INNER_PAD);
	digest_pad(hmac->outer, key, OUTER_PAD);
	return BEL_OK;
}

void bel_hmac_sha1(uint8_t out[BEL_HMAC_SHA1_BYTES], const struct bel_hmac_sha1 *hmac,
		   const bel_str *pieces, unsigned count)
{
	uint8_t inner[BEL_HMAC_SHA1_BYTES];
	SHA_CTX context;

	take_up(&context, hmac->inner);
	for (unsigned i = 0; i < count; i++)
		SHA1_Update(&context, pieces[i].ptr, pieces[i].len);
	SHA1_Final(inner, &context);
	take_up(&context, hmac->outer);
	SHA1_Update(&context, inner, sizeof inner);
	SHA1_Final(out, &context);
}
