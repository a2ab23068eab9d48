/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/nonce.h"

/* The port is left out: a NAT may change it between challenge and answer. */
static enum bel_err mac(uint8_t out[BEL_DIGEST_BYTES_MAX],
			const struct bel_auth_server *server, struct bel_crypto *crypto,
			const bel_addr *source, const char *head)
{
	const bel_str pieces[] = {
		{ head, 8 },
		{ (const char *)source->ip, sizeof source->ip },
		server->realm,
	};

	return bel_hmac(out, crypto, BEL_SHA256,
			(bel_str){ (const char *)server->key, sizeof server->key },
			pieces, BEL_COUNT_OF(pieces));
}

enum bel_err bel_nonce_write(struct bel_writer *writer,
			     const struct bel_auth_server *server,
			     struct bel_crypto *crypto, const bel_addr *source,
			     uint32_t time_s, uint32_t salt)
{
	uint8_t digest[BEL_DIGEST_BYTES_MAX];
	char raw[BEL_NONCE_BYTES];
	struct bel_writer head = bel_writer_init(raw, sizeof raw);
	enum bel_err err;

	bel_write_be32(&head, time_s);
	bel_write_be32(&head, salt);
	err = mac(digest, server, crypto, source, raw);
	if (err)
		return err;
	bel_write_str(&head, (bel_str){ (const char *)digest, BEL_NONCE_MAC_BYTES });
	bel_write_base64url(writer, bel_writer_str(&head));
	return bel_writer_check(writer);
}

static bool decode(char raw[BEL_NONCE_BYTES], bel_str nonce)
{
	struct bel_writer writer = bel_writer_init(raw, BEL_NONCE_BYTES);

	return bel_write_from_base64(&writer, nonce) == BEL_OK &&
	       writer.len == BEL_NONCE_BYTES;
}

enum bel_err bel_nonce_parse(uint32_t *time_s, uint32_t *salt, bel_str nonce)
{
	char raw[BEL_NONCE_BYTES];

	if (!decode(raw, nonce))
		return BEL_ERR_SYNTAX;
	struct bel_cursor cursor = bel_cursor_init((bel_str){ raw, sizeof raw });
	bel_cursor_be32(time_s, &cursor);
	bel_cursor_be32(salt, &cursor);
	return BEL_OK;
}

bool bel_nonce_is_ours(const struct bel_auth_server *server, struct bel_crypto *crypto,
		       const bel_addr *source, bel_str nonce)
{
	uint8_t digest[BEL_DIGEST_BYTES_MAX];
	char raw[BEL_NONCE_BYTES];

	if (!decode(raw, nonce) || mac(digest, server, crypto, source, raw))
		return false;
	return bel_str_is_equal_secret(
		(bel_str){ raw + 8, BEL_NONCE_MAC_BYTES },
		(bel_str){ (const char *)digest, BEL_NONCE_MAC_BYTES });
}

static enum bel_auth_verdict take_count(struct bel_auth_window *window, unsigned at,
					uint32_t nc)
{
	uint32_t highest = window->nonces[at].highest;

	if (nc > highest) {
		uint32_t shift = nc - highest;
		window->nonces[at].seen =
			(shift < 32 ? window->nonces[at].seen << shift : 0) | 1;
		window->nonces[at].highest = nc;
		return BEL_AUTH_VALID;
	}
	uint32_t behind = highest - nc;
	if (behind >= 32 || window->nonces[at].seen >> behind & 1)
		return BEL_AUTH_REPLAYED;
	window->nonces[at].seen |= 1u << behind;
	return BEL_AUTH_VALID;
}

enum bel_auth_verdict bel_auth_window_take(struct bel_auth_window *window,
					   const struct bel_auth_credentials *credentials)
{
	uint64_t number = (uint64_t)credentials->nonce_time_s << 32 |
			  credentials->nonce_salt;
	unsigned oldest = 0;

	for (unsigned i = 0; i < BEL_AUTH_WINDOW_NONCES; i++) {
		if (window->nonces[i].highest && window->nonces[i].number == number)
			return take_count(window, i, credentials->nc);
		if (window->nonces[i].number < window->nonces[oldest].number)
			oldest = i;
	}
	/* What was pushed out may have been used: only later nonces are surely new. */
	if (number <= window->forgotten)
		return BEL_AUTH_STALE;
	if (window->nonces[oldest].highest)
		window->forgotten = window->nonces[oldest].number;
	window->nonces[oldest].number = number;
	window->nonces[oldest].highest = 0;
	window->nonces[oldest].seen = 0;
	return take_count(window, oldest, credentials->nc);
}
