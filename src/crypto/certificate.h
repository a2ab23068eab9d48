/* SPDX-License-Identifier: Apache-2.0
 * Certificates as files, looked at by who is to judge them. Any thread. Not in a library
 * without TLS. */
#ifndef BEL_CRYPTO_CERTIFICATE_H
#define BEL_CRYPTO_CERTIFICATE_H

#include "base/base.h"

enum bel_chain_state {
	BEL_CHAIN_TRUSTED,     /* as the system's store has it */
	BEL_CHAIN_SELF_SIGNED, /* and not trusted */
	BEL_CHAIN_INCOMPLETE,  /* an issuer is missing */
	BEL_CHAIN_UNKNOWN,     /* complete, to a root that is not trusted */
	BEL_CHAIN_STATES
};

struct bel_certificate_look {
	int64_t begins_s, ends_s;   /* seconds since 1970 */
	enum bel_chain_state chain; /* whatever the time is */
};

/* pem: the certificate, and those that issued it behind. BEL_ERR_SYNTAX. */
enum bel_err bel_certificate_look_at(struct bel_certificate_look *out, bel_str pem);
/* Whether clients that want that domain will take it (RFC 5922 section 7); an address is
 * looked for as one. */
bool bel_certificate_has_name(bel_str pem, bel_str name);

#endif
