/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/nonce.h"

enum { HEAD_BYTES = BEL_NONCE_BYTES - BEL_NONCE_MAC_BYTES };

/* Two MACs of 64 bits under the halves of the key, the second one cut (decision 0010).
 * The port is left out: a NAT may change it between challenge and answer. */
static void write_mac(struct bel_writer *writer, const struct bel_auth_server *server,
		      const bel_addr *source, const char *head)
{
	const bel_str covered[] = {
		{ head, HEAD_BYTES },
		{ (const char *)source->ip, sizeof source->ip },
		server->realm,
	};
	struct bel_hash_key keys[2];
	uint64_t second;

	_Static_assert(sizeof keys == sizeof server->key, "all of the key is used");
	memcpy(keys, server->key, sizeof keys);
	bel_write_be64(writer, bel_mac64_list(&keys[0], covered, BEL_COUNT_OF(covered)));
	second = bel_mac64_list(&keys[1], covered, BEL_COUNT_OF(covered));
	bel_write_be32(writer, (uint32_t)(second >> 32));
	bel_wipe(keys, sizeof keys);
}

enum bel_err bel_nonce_write(struct bel_writer *writer,
			     const struct bel_auth_server *server, const bel_addr *source,
			     uint32_t time_s, uint32_t salt)
{
	char raw[BEL_NONCE_BYTES];
	struct bel_writer nonce = bel_writer_init(raw, sizeof raw);

	bel_write_be32(&nonce, time_s);
	bel_write_be32(&nonce, salt);
	write_mac(&nonce, server, source, raw);
	bel_write_base64url(writer, bel_writer_str(&nonce));
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

bool bel_nonce_is_ours(const struct bel_auth_server *server, const bel_addr *source,
		       bel_str nonce)
{
	char raw[BEL_NONCE_BYTES], again[BEL_NONCE_MAC_BYTES];
	struct bel_writer writer = bel_writer_init(again, sizeof again);

	if (!decode(raw, nonce))
		return false;
	write_mac(&writer, server, source, raw);
	return bel_str_is_equal_secret((bel_str){ raw + HEAD_BYTES, BEL_NONCE_MAC_BYTES },
				       bel_writer_str(&writer));
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
