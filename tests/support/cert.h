/* SPDX-License-Identifier: Apache-2.0
 * Certificates made to be right or wrong in one thing. */
#ifndef BEL_TEST_CERT_H
#define BEL_TEST_CERT_H

#include "base/base.h"

struct bel_test_cert {
	char cert[4096], key[1024]; /* PEM, terminated */
};

struct bel_test_cert_opts {
	const char *common_name; /* NULL: none */
	const char *names; /* subjectAltName as OpenSSL writes it: "DNS:a,IP:127.0.0.1" */
	const struct bel_test_cert *issuer; /* NULL: signed by itself */
	bool is_authority;
	bool is_over; /* it ended yesterday */
};

void bel_test_cert_make(struct bel_test_cert *out, const struct bel_test_cert_opts *opts);
/* The PEM texts as bytes. */
bel_str bel_test_cert_pem(const struct bel_test_cert *cert);
bel_str bel_test_key_pem(const struct bel_test_cert *cert);

#endif
