/* SPDX-License-Identifier: Apache-2.0 */
#include "turn/server_int.h"

/* A nonce: the cookie of RFC 8489 section 9.2, then in base64url the second it was made
 * (4 bytes) and a MAC (8). It stays short, for a 401 goes to whoever asks. Whoever forges
 * one gains a nonce and no password (decision 0010). */
enum { TIME_BYTES = 4, MAC_BYTES = 8, RAW_BYTES = TIME_BYTES + MAC_BYTES };
enum { TEXT_BYTES = RAW_BYTES / 3 * 4 };

static uint32_t features(const struct bel_turn_server *server)
{
	return (server->opts.is_md5_only ? 0 : (uint32_t)BEL_STUN_HAS_ALGORITHMS) |
	       (server->opts.wants_userhash ? (uint32_t)BEL_STUN_HAS_USERHASH : 0);
}

/* The features are covered, so that nobody between can take them away (RFC 8489 section
 * 9.2.1); so is the port: two sources never get the same nonce (section 9.2.4). */
static uint64_t mac_of(const struct bel_turn_server *server,
		       const struct bel_turn_tuple *from, uint32_t time_s)
{
	char head[4 + TIME_BYTES + 2];
	struct bel_writer writer = bel_writer_init(head, sizeof head);

	bel_write_be32(&writer, features(server));
	bel_write_be32(&writer, time_s);
	bel_write_be16(&writer, from->client.port);
	const bel_str covered[] = {
		bel_writer_str(&writer),
		{ (const char *)from->client.ip, sizeof from->client.ip },
		server->opts.realm,
	};
	return bel_mac64_list(&server->nonce_key, covered, BEL_COUNT_OF(covered));
}

void bel_turn_nonce_write(struct bel_writer *writer, const struct bel_turn_server *server,
			  const struct bel_turn_tuple *from, uint64_t now_ms)
{
	char raw[RAW_BYTES];
	struct bel_writer nonce = bel_writer_init(raw, sizeof raw);
	uint32_t time_s = (uint32_t)(now_ms / 1000);

	bel_write_be32(&nonce, time_s);
	bel_write_be64(&nonce, mac_of(server, from, time_s));
	bel_stun_write_cookie(writer, features(server));
	bel_write_base64url(writer, bel_writer_str(&nonce));
}

bool bel_turn_nonce_is_fresh(const struct bel_turn_server *server,
			     const struct bel_turn_tuple *from, bel_str nonce,
			     uint64_t now_ms)
{
	char raw[RAW_BYTES];
	struct bel_writer writer = bel_writer_init(raw, sizeof raw);
	uint32_t said, time_s = 0, now_s = (uint32_t)(now_ms / 1000);
	uint64_t mac = 0;

	if (nonce.len != BEL_STUN_COOKIE_BYTES + TEXT_BYTES ||
	    !bel_stun_cookie_parse(&said, nonce) || said != features(server) ||
	    bel_write_from_base64(
		    &writer, bel_str_slice(nonce, BEL_STUN_COOKIE_BYTES, nonce.len)) ||
	    writer.len != sizeof raw)
		return false;
	struct bel_cursor cursor = bel_cursor_init(bel_writer_str(&writer));
	bel_cursor_be32(&time_s, &cursor);
	bel_cursor_be64(&mac, &cursor);
	/* One word against another: nothing tells how far a guess agreed. */
	return mac == mac_of(server, from, time_s) &&
	       now_s - time_s < server->opts.nonce_s;
}

bel_str bel_turn_algorithms(const struct bel_turn_server *server)
{
	static const char both[] = "\0\2\0\0\0\1\0\0"; /* SHA-256, MD5 */

	return server->opts.is_md5_only ? BEL_STR_NONE
					: (bel_str){ both, sizeof both - 1 };
}

uint64_t bel_turn_token_new(struct bel_turn_server *server)
{
	uint64_t token = 0;

	while (token == 0) {
		uint64_t number = server->tokens_count++;
		const bel_str covered[] = { BEL_STR("reservation"),
					    { (const char *)&number, sizeof number } };
		token = bel_mac64_list(&server->token_key, covered,
				       BEL_COUNT_OF(covered));
	}
	return token;
}

static uint64_t ticket_mac(const struct bel_turn_server *server, bel_str head)
{
	const bel_str covered[] = { BEL_STR("ticket"), head };

	return bel_mac64_list(&server->token_key, covered, BEL_COUNT_OF(covered));
}

void bel_turn_ticket_write(struct bel_writer *writer,
			   const struct bel_turn_server *server, bel_turn_relay relay,
			   uint32_t number)
{
	char raw[BEL_TURN_TICKET_BYTES];
	struct bel_writer ticket = bel_writer_init(raw, sizeof raw);

	bel_write_be64(&ticket, relay);
	bel_write_be32(&ticket, number);
	bel_write_be64(&ticket, ticket_mac(server, bel_writer_str(&ticket)));
	bel_stun_write_bytes(writer, BEL_STUN_MOBILITY_TICKET, bel_writer_str(&ticket));
}

enum bel_err bel_turn_ticket_parse(bel_turn_relay *relay, uint32_t *number,
				   const struct bel_turn_server *server, bel_str ticket)
{
	struct bel_cursor cursor = bel_cursor_init(ticket);
	bel_turn_relay id;
	uint32_t said;
	uint64_t mac;

	if (ticket.len != BEL_TURN_TICKET_BYTES || !bel_cursor_be64(&id, &cursor) ||
	    !bel_cursor_be32(&said, &cursor) || !bel_cursor_be64(&mac, &cursor))
		return BEL_ERR_SYNTAX;
	if (mac != ticket_mac(server, bel_str_slice(ticket, 0, 12)))
		return BEL_ERR_MISMATCH;
	*relay = id;
	*number = said;
	return BEL_OK;
}
