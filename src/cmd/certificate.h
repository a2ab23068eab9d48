/* SPDX-License-Identifier: Apache-2.0
 *
 * The files of the server's certificate: read, made where there is none, watched. One
 * thread at a time. */
#ifndef BEL_CMD_CERTIFICATE_H
#define BEL_CMD_CERTIFICATE_H

#include <time.h>

#include "cmd/cmd.h"

enum bel_certificate_file { BEL_CERT, BEL_CERT_KEY, BEL_CERT_CLIENTS_CA, BEL_CERT_FILES };

/* Everything empty: no listener wants TLS. */
struct bel_certificate {
	struct {
		char path[PATH_BYTES]; /* empty: no such file */
		char *text;
		size_t len;
		struct timespec changed;
	} files[BEL_CERT_FILES];
};

/* Reads what the configuration names, relative to the state directory; a pair signed by
 * itself is made there, once, when it names none. On failure *out is empty and *told says
 * which file and why. */
enum bel_err bel_certificate_open(struct bel_certificate *out,
				  const struct bel_conf *conf, const char *state,
				  struct bel_writer *told);
void bel_certificate_close(struct bel_certificate *certificate);
/* Borrowed. */
struct bel_node_tls bel_certificate_tls(const struct bel_certificate *certificate);
/* Whether a file is another than at the last look. */
bool bel_certificate_has_changed(struct bel_certificate *certificate);

#endif
