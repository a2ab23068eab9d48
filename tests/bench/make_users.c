/* SPDX-License-Identifier: Apache-2.0
 * Writes the accounts of the signalling benchmark: a0000000 to a0009999 of auth.test with
 * password pwNNNNNNN, as lines of `users FILE`. */
#include <stdio.h>

#include "auth/auth.h"

enum { USERS = 10000 };

int main(void)
{
	struct bel_crypto *crypto;

	if (bel_crypto_open(&crypto))
		return 1;
	for (unsigned i = 0; i < USERS; i++) {
		char name[16], password[16], hex[64];
		struct bel_writer name_text = bel_writer_init(name, sizeof name);
		struct bel_writer password_text = bel_writer_init(password,
								  sizeof password);
		struct bel_writer digest = bel_writer_init(hex, sizeof hex);
		struct bel_auth_ha1 ha1;
		bel_write_format(&name_text, "a%07u", i);
		bel_write_format(&password_text, "pw%07u", i);
		if (bel_auth_ha1(&ha1, crypto, BEL_MD5, bel_writer_str(&name_text),
				 BEL_STR("auth.test"), bel_writer_str(&password_text)))
			return 1;
		bel_write_hex(&digest, (bel_str){ (const char *)ha1.bytes,
						  bel_digest_size(BEL_MD5) });
		printf("%.*s:auth.test:MD5:%.*s\n",
		       BEL_STR_ARG(bel_writer_str(&name_text)),
		       BEL_STR_ARG(bel_writer_str(&digest)));
	}
	bel_crypto_close(crypto);
	return 0;
}
