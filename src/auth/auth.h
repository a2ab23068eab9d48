/* SPDX-License-Identifier: Apache-2.0
 *
 * auth: digest authentication (RFC 3261 section 22, RFC 7616, RFC 8760), both sides, as
 * pure functions. The server side keeps nothing for a challenge: a nonce carries its time
 * and a MAC over the source address and the realm. What must be remembered against replay
 * is a small window per user (struct bel_auth_window), which its owner stores.
 *
 *   digest.c   the response value
 *   nonce.c    making and checking nonces, the window
 *   server.c   challenge and verify
 *   client.c   answering a challenge
 *
 * Any thread, with a bel_crypto of its own. */
#ifndef BEL_AUTH_AUTH_H
#define BEL_AUTH_AUTH_H

#include "base/base.h"
#include "crypto/crypto.h"
#include "sip/sip.h"

/* HA1 = H(username ":" realm ":" password). */
struct bel_auth_ha1 {
	enum bel_digest digest;
	uint8_t bytes[BEL_DIGEST_BYTES_MAX];
};

/* "MD5", "SHA-256", "SHA-512-256"; empty for a digest that SIP does not use. */
bel_str bel_auth_digest_name(enum bel_digest digest);
/* Of an algorithm parameter, "-sess" looked at too; BEL_ERR_UNSUPPORTED. Empty is MD5. */
enum bel_err bel_auth_digest_find(enum bel_digest *out, bool *is_session,
				  bel_str algorithm);

enum bel_err bel_auth_ha1(struct bel_auth_ha1 *out, struct bel_crypto *crypto,
			  enum bel_digest digest, bel_str username, bel_str realm,
			  bel_str password);

/* What goes into a response value (RFC 7616 section 3.4.1). */
struct bel_auth_input {
	const struct bel_auth_ha1 *ha1;
	bool is_session;
	bel_str nonce, cnonce, nc, qop; /* as text; qop empty: RFC 2069 */
	bel_str method, uri, body;      /* body: of auth-int */
};
enum { BEL_AUTH_RESPONSE_BYTES_MAX = 64 };
/* Writes lower-case hexadecimal digits. */
enum bel_err bel_auth_response(struct bel_writer *writer, struct bel_crypto *crypto,
			       const struct bel_auth_input *input);

/* ---- server ---- */

/* What a server knows; filled in once, read by any thread. */
struct bel_auth_server {
	bel_str realm;
	uint8_t key[32];  /* of the nonces' MACs; durable, so that a restart annoys nobody
			   */
	unsigned nonce_s; /* how long a nonce is fresh */
	const enum bel_digest
		*digests; /* offered, in this order (RFC 8760 section 2.3) */
	unsigned digests_count;
};

/* One challenge a digest, as whole header lines: WWW-Authenticate, or Proxy-Authenticate
 * when is_proxy. salt grows with every
 * challenge, so that nonces of one second differ and have an order. */
enum bel_err bel_auth_challenge(struct bel_writer *writer,
				const struct bel_auth_server *server,
				const bel_addr *source, uint64_t wall_ms, uint32_t salt,
				bool is_proxy, bool is_stale);

enum bel_auth_verdict {
	BEL_AUTH_MISSING, /* no credentials for our realm: challenge */
	BEL_AUTH_STALE, /* right, on a nonce that is too old: challenge with stale=true */
	BEL_AUTH_WRONG, /* wrong password, unknown user, forged nonce: counts as failure
			 */
	BEL_AUTH_REPLAYED, /* right, but this nonce count was used before */
	BEL_AUTH_VALID,
	BEL_AUTH_BROKEN, /* malformed: 400 */
};

/* Credentials taken out of a request; strings are borrowed from it or its arena. */
struct bel_auth_credentials {
	bel_str username, realm, nonce, uri, response, cnonce, qop, nc_text;
	enum bel_digest digest;
	bool is_session;
	uint32_t nc;
	uint32_t nonce_time_s, nonce_salt; /* what the nonce says of itself */
};

/* Finds those for our realm: BEL_AUTH_VALID when there are some that are well formed,
 * BEL_AUTH_MISSING, BEL_AUTH_BROKEN. Looks at Proxy-Authorization or Authorization. */
enum bel_auth_verdict bel_auth_find(struct bel_auth_credentials *out,
				    const struct bel_auth_server *server,
				    struct bel_sip_msg *request, bool is_proxy);

/* Checks them. ha1 is that of credentials->username for credentials->digest; NULL when
 * there is no such user: the same work is done and the answer is WRONG. Never looks at
 * the window: that is bel_auth_window_take. */
enum bel_auth_verdict bel_auth_verify(struct bel_auth_credentials *credentials,
				      const struct bel_auth_server *server,
				      struct bel_crypto *crypto,
				      struct bel_sip_msg *request,
				      const struct bel_auth_ha1 *ha1,
				      const bel_addr *source, uint64_t wall_ms);

/* Nonces of one user seen lately, with the counts used of each. Zero is empty. Devices
 * that share the user have a nonce each. */
enum { BEL_AUTH_WINDOW_NONCES = 6 };
struct bel_auth_window {
	struct {
		uint64_t number; /* time and salt of the nonce: later ones are larger */
		uint32_t highest;
		uint32_t seen; /* bit n: highest - n */
	} nonces[BEL_AUTH_WINDOW_NONCES];
	uint64_t forgotten; /* nonces up to this number are no longer known */
};
/* VALID and noted, REPLAYED, or STALE when the nonce was pushed out of the window. */
enum bel_auth_verdict
bel_auth_window_take(struct bel_auth_window *window,
		     const struct bel_auth_credentials *credentials);

/* ---- client ---- */

struct bel_auth_account {
	bel_str username, password;
	bel_str realm; /* the only realm that is answered; empty: any */
};
/* Whether a 401 or 407 says that the credentials were right and only the nonce too old
 * (RFC 7616 section 3.3). */
bool bel_auth_is_stale(struct bel_sip_msg *challenge);
/* Writes the Authorization or Proxy-Authorization line that answers the best challenge of
 * a 401 or 407. nc counts from 1 on each nonce. BEL_ERR_NOT_FOUND: no challenge that this
 * account may answer; BEL_ERR_UNSUPPORTED: none with a digest of ours. */
enum bel_err bel_auth_answer(struct bel_writer *writer, struct bel_crypto *crypto,
			     struct bel_sip_msg *challenge,
			     const struct bel_auth_account *account, bel_str method,
			     bel_str uri, bel_str body, bel_str cnonce, uint32_t nc);

#endif
