/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_CRYPTO_TLS_INT_H
#define BEL_CRYPTO_TLS_INT_H

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <stdatomic.h>

#include "crypto/tls.h"

/* A further certificate of a server. */
struct bel_tls_name {
	struct bel_tls_name *next;
	SSL_CTX *ctx;
	bel_str name;
	char text[];
};

struct bel_tls_context {
	_Atomic unsigned refs;
	struct bel_tls_opts opts; /* the texts are not kept */
	SSL_CTX *ctx;
	BIO_METHOD *method;
	struct bel_tls_name *names;
};

/* RFC 5922 section 7.1; name is terminated. */
bool bel_tls_cert_is_named(X509 *cert, const char *name);

/* Our BIO: OpenSSL reads and writes through the connection's port. */
BIO_METHOD *bel_tls_bio_method(void);

#endif
