/* SPDX-License-Identifier: Apache-2.0
 * The door of TLS and DTLS in a library that was built without them (BELFRY_TLS=OFF).
 * There are no contexts, and so nothing that needs one is ever reached. */
#include <stdlib.h>

#include "crypto/crypto.h"

/* A context is what every other function would need. */
static _Noreturn void never(void)
{
	abort();
}

/* ---- TLS ---- */

enum bel_err bel_tls_context_new(struct bel_tls_context **out,
				 const struct bel_tls_opts *opts,
				 struct bel_writer *detail)
{
	(void)out;
	(void)opts;
	(void)detail;
	return BEL_ERR_UNSUPPORTED;
}

struct bel_tls_context *bel_tls_context_ref(struct bel_tls_context *context)
{
	return context;
}

void bel_tls_context_unref(struct bel_tls_context *context)
{
	(void)context;
}

enum bel_err bel_tls_open(struct bel_tls **out, struct bel_tls_context *context,
			  bel_str server_name, const struct bel_tls_port *port,
			  void *user)
{
	(void)out;
	(void)context;
	(void)server_name;
	(void)port;
	(void)user;
	return BEL_ERR_UNSUPPORTED;
}

void bel_tls_close(struct bel_tls *tls)
{
	(void)tls;
}

enum bel_err bel_tls_handshake(struct bel_tls *tls)
{
	(void)tls;
	never();
}

enum bel_err bel_tls_read(size_t *len, struct bel_tls *tls, char *buf, size_t size)
{
	(void)len;
	(void)tls;
	(void)buf;
	(void)size;
	never();
}

enum bel_err bel_tls_write(struct bel_tls *tls, bel_str bytes)
{
	(void)tls;
	(void)bytes;
	never();
}

bel_str bel_tls_failure(const struct bel_tls *tls)
{
	(void)tls;
	never();
}

bool bel_tls_is_peer(const struct bel_tls *tls, bel_str name)
{
	(void)tls;
	(void)name;
	return false;
}

/* ---- DTLS ---- */

enum bel_err bel_dtls_context_self_signed(struct bel_dtls_context **out)
{
	(void)out;
	return BEL_ERR_UNSUPPORTED;
}

struct bel_dtls_context *bel_dtls_context_ref(struct bel_dtls_context *context)
{
	return context;
}

void bel_dtls_context_unref(struct bel_dtls_context *context)
{
	(void)context;
}

enum bel_err bel_dtls_fingerprint(struct bel_dtls_fingerprint *out,
				  const struct bel_dtls_context *context, bel_str hash)
{
	(void)out;
	(void)context;
	(void)hash;
	return BEL_ERR_UNSUPPORTED;
}

enum bel_err bel_dtls_open(struct bel_dtls **out, struct bel_dtls_context *context,
			   bool is_client, bel_dtls_send *send, void *user)
{
	(void)out;
	(void)context;
	(void)is_client;
	(void)send;
	(void)user;
	return BEL_ERR_UNSUPPORTED;
}

void bel_dtls_close(struct bel_dtls *dtls)
{
	(void)dtls;
}

enum bel_err bel_dtls_start(struct bel_dtls *dtls)
{
	(void)dtls;
	never();
}

enum bel_err bel_dtls_on_datagram(struct bel_dtls *dtls, bel_str datagram)
{
	(void)dtls;
	(void)datagram;
	never();
}

enum bel_err bel_dtls_timeout_us(uint64_t *out, struct bel_dtls *dtls)
{
	(void)out;
	(void)dtls;
	never();
}

enum bel_err bel_dtls_on_timer(struct bel_dtls *dtls)
{
	(void)dtls;
	never();
}

enum bel_err bel_dtls_verify(struct bel_dtls *dtls, bel_str hash,
			     const struct bel_dtls_fingerprint *fingerprint)
{
	(void)dtls;
	(void)hash;
	(void)fingerprint;
	never();
}

enum bel_err bel_dtls_keys(struct bel_dtls_keys *out, struct bel_dtls *dtls)
{
	(void)out;
	(void)dtls;
	never();
}
