/* SPDX-License-Identifier: Apache-2.0
 * Two ends of TLS and the bytes between them, in memory. */
#ifndef BEL_TESTS_TLS_SUPPORT_H
#define BEL_TESTS_TLS_SUPPORT_H

#include "support/cert.h"
#include "support/support.h"

#include "crypto/crypto.h"

enum { WIRE_BYTES = 1 << 18 };

/* One direction. */
struct wire {
	char bytes[WIRE_BYTES];
	size_t len, at;
	size_t chunk; /* most that one receive gives; 0: all */
	bool is_closed;
};

struct end {
	struct wire *in, *out;
	struct bel_tls *tls;
	enum bel_err err; /* of the handshake, AGAIN while it runs */
};

struct pair {
	struct wire up, down;
	struct end client, server;
};

static inline enum bel_err wire_receive(void *user, size_t *len, char *buf, size_t size)
{
	struct wire *in = ((struct end *)user)->in;
	size_t left = in->len - in->at;

	if (!left)
		return in->is_closed ? BEL_ERR_CLOSED : BEL_ERR_AGAIN;
	if (in->chunk && left > in->chunk)
		left = in->chunk;
	*len = left < size ? left : size;
	memcpy(buf, in->bytes + in->at, *len);
	in->at += *len;
	return BEL_OK;
}

static inline enum bel_err wire_send(void *user, bel_str bytes)
{
	struct wire *out = ((struct end *)user)->out;

	if (out->is_closed)
		return BEL_ERR_CLOSED;
	assert_true(out->len + bytes.len <= sizeof out->bytes);
	memcpy(out->bytes + out->len, bytes.ptr, bytes.len);
	out->len += bytes.len;
	return BEL_OK;
}

static const struct bel_tls_port wire_port = { .receive = wire_receive,
					       .send = wire_send };

static inline struct pair *open_pair(struct bel_tls_context *server,
				     struct bel_tls_context *client, const char *name)
{
	struct pair *pair = calloc(1, sizeof *pair);

	assert_non_null(pair);
	pair->client =
		(struct end){ .in = &pair->down, .out = &pair->up, .err = BEL_ERR_AGAIN };
	pair->server =
		(struct end){ .in = &pair->up, .out = &pair->down, .err = BEL_ERR_AGAIN };
	assert_int_equal(bel_tls_open(&pair->server.tls, server, BEL_STR_NONE, &wire_port,
				      &pair->server),
			 BEL_OK);
	if (client)
		assert_int_equal(bel_tls_open(&pair->client.tls, client,
					      bel_str_from(name), &wire_port,
					      &pair->client),
				 BEL_OK);
	return pair;
}

static inline void close_pair(struct pair *pair)
{
	bel_tls_close(pair->client.tls);
	bel_tls_close(pair->server.tls);
	free(pair);
}

/* Until both know how it went, or nothing moves any more. A client of TLS 1.3 is done
 * before the server has looked at its certificate. */
static inline void shake(struct pair *pair)
{
	for (int i = 0; i < 2000; i++) {
		if (pair->client.err == BEL_ERR_AGAIN)
			pair->client.err = bel_tls_handshake(pair->client.tls);
		if (pair->server.err == BEL_ERR_AGAIN)
			pair->server.err = bel_tls_handshake(pair->server.tls);
		if (pair->client.err != BEL_ERR_AGAIN &&
		    pair->server.err != BEL_ERR_AGAIN)
			return;
	}
}

#endif
