/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_AUTH_NONCE_H
#define BEL_AUTH_NONCE_H

#include "auth/auth.h"

/* time (4 bytes), salt (4), MAC (12), in base64url. */
enum { BEL_NONCE_MAC_BYTES = 12, BEL_NONCE_BYTES = 8 + BEL_NONCE_MAC_BYTES };

enum bel_err bel_nonce_write(struct bel_writer *writer,
			     const struct bel_auth_server *server, const bel_addr *source,
			     uint32_t time_s, uint32_t salt);
/* Reads what the nonce says; BEL_ERR_SYNTAX when it is none of ours by its form. */
enum bel_err bel_nonce_parse(uint32_t *time_s, uint32_t *salt, bel_str nonce);
/* Whether the MAC is ours, for this source. */
bool bel_nonce_is_ours(const struct bel_auth_server *server, const bel_addr *source,
		       bel_str nonce);

#endif
