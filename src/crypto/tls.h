/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_CRYPTO_TLS_H
#define BEL_CRYPTO_TLS_H

#include "base/base.h"

/* TLS 1.2 and 1.3 as a transformer of bytes: what came from the network goes in, what is
 * for the network comes out through a port, plain bytes are read and written. OpenSSL
 * sees bytes through a BIO of ours; no socket, no memory BIO. A connection belongs to one
 * thread; a context is shared (any thread) and counted. */
struct bel_tls_context;
struct bel_tls;

struct bel_tls_opts {
	bool is_server;
	bel_str cert_pem, key_pem; /* contents; a chain may follow the certificate */
	bel_str ca_pem;            /* whom to trust; empty: the system's store */
	bool has_client_certs;     /* server: ask for one and verify it against ca_pem */
	bool has_verify_off;       /* client: any certificate will do */
	bool has_tls13_only;
};

/* BEL_ERR_MISMATCH when key and certificate are not a pair; BEL_ERR_SYNTAX when one
 * cannot be read. *detail (may be NULL) gets OpenSSL's own words, static for the call. */
enum bel_err bel_tls_context_new(struct bel_tls_context **out,
				 const struct bel_tls_opts *opts,
				 struct bel_writer *detail);
struct bel_tls_context *bel_tls_context_ref(struct bel_tls_context *context);
void bel_tls_context_unref(struct bel_tls_context *context);
/* More certificates of a server, chosen by the name asked for (SNI, RFC 6066 section 3).
 */
enum bel_err bel_tls_context_add(struct bel_tls_context *context, bel_str name,
				 bel_str cert_pem, bel_str key_pem);
/* Seconds since 1970 when the certificate ends. */
int64_t bel_tls_context_expires_s(const struct bel_tls_context *context);

/* How a connection reaches the network. Both are called from inside bel_tls_* calls. */
struct bel_tls_port {
	/* Up to size bytes; BEL_ERR_AGAIN: none now; BEL_ERR_CLOSED: the peer has ended.
	 */
	enum bel_err (*receive)(void *user, size_t *len, char *buf, size_t size);
	enum bel_err (*send)(void *user, bel_str bytes);
};

/* server_name: for SNI and for the check of the peer's certificate (RFC 5922 section 7,
 * subjectAltName URI sip:NAME, DNS, else the CN when there is no subjectAltName); empty:
 * no check of the name. An address is checked as an IP subjectAltName. */
enum bel_err bel_tls_open(struct bel_tls **out, struct bel_tls_context *context,
			  bel_str server_name, const struct bel_tls_port *port,
			  void *user);
/* Sends close_notify when the connection stands. */
void bel_tls_close(struct bel_tls *tls);

/* One step of the handshake: BEL_OK when it is done, BEL_ERR_AGAIN when more bytes are
 * needed, BEL_ERR_TLS (reason in bel_tls_failure), BEL_ERR_MISMATCH when the peer's
 * certificate does not name server_name, BEL_ERR_CLOSED. */
enum bel_err bel_tls_handshake(struct bel_tls *tls);
bool bel_tls_is_ready(const struct bel_tls *tls);
enum bel_err bel_tls_read(size_t *len, struct bel_tls *tls, char *buf, size_t size);
enum bel_err bel_tls_write(struct bel_tls *tls, bel_str bytes);
/* Why it failed, in OpenSSL's words; valid until the next call. */
bel_str bel_tls_failure(const struct bel_tls *tls);
/* Whether the peer showed a certificate that names it (any of subjectAltName URI, DNS).
 */
bool bel_tls_is_peer(const struct bel_tls *tls, bel_str name);

/* A self-signed certificate with these names (DNS or addresses), P-256, ten years, as PEM
 * into the two writers. */
enum bel_err bel_tls_self_signed(struct bel_writer *cert, struct bel_writer *key,
				 const bel_str *names, unsigned count);

#endif
