/* SPDX-License-Identifier: Apache-2.0
 * What the client's files share. */
#ifndef BEL_TURN_CLIENT_INT_H
#define BEL_TURN_CLIENT_INT_H

#include "turn/client.h"

/* RFC 8489 section 6.2.1, with its defaults. */
enum {
	BEL_TURN_RTO_MS = 500,
	BEL_TURN_RC = 7,
	BEL_TURN_RM = 16,
	BEL_TURN_TI_MS = 39500, /* on streams */
	BEL_TURN_STALE_MAX = 3, /* a nonce that is stale so often in a row is no nonce */
	BEL_TURN_PORTS_MAX = 3, /* RFC 8656 section 7.4, 437 */
	BEL_TURN_AHEAD_MS = 60 * 1000,    /* section 8: so long before its end */
	BEL_TURN_CLIENT_BYTES_MAX = 2560, /* the longest request of ours */
};

/* One request until its answer. */
struct bel_turn_transaction {
	bool is_open;
	bool has_login;
	bool was_forged; /* an answer was dropped because of its integrity */
	uint8_t sends, stale_count;
	enum bel_stun_method method;
	char id[BEL_STUN_TRANSACTION_BYTES];
	char *bytes; /* owned: what is sent again is the same */
	size_t len;
	uint64_t next_ms; /* send again, or give up */
};

/* A permission, with a channel when there is a number. */
struct bel_turn_grant {
	bel_addr peer;
	uint16_t channel;    /* 0: none */
	bool is_wanted;      /* renewed when its time comes */
	bool is_told;        /* on_granted has said that it stands */
	uint64_t expires_ms; /* of the permission; 0: not granted */
	uint64_t channel_ms; /* when the channel ends; 0: not bound */
	uint64_t renew_ms;
	struct bel_turn_transaction transaction;
};

/* Bytes of the server's that come back to it. */
struct bel_turn_text {
	char *ptr;
	size_t len;
};

enum bel_turn_client_state {
	BEL_TURN_CLIENT_OVER,
	BEL_TURN_CLIENT_ASKING,   /* Allocate, to learn realm and nonce */
	BEL_TURN_CLIENT_PROVING,  /* Allocate, with credentials */
	BEL_TURN_CLIENT_STANDING, /* there is an allocation */
	BEL_TURN_CLIENT_REFRESHING,
	BEL_TURN_CLIENT_CLOSING, /* Refresh of zero */
	BEL_TURN_CLIENT_STATES,
};

enum bel_turn_client_event {
	BEL_TURN_RX_SUCCESS,
	BEL_TURN_RX_CHALLENGE, /* 401 to a request without credentials */
	BEL_TURN_RX_STALE,     /* 438 */
	BEL_TURN_RX_ALTERNATE, /* 300 that can be followed */
	BEL_TURN_RX_MISMATCH,  /* 437 */
	BEL_TURN_RX_REFUSED,   /* anything else */
	BEL_TURN_RX_UNUSABLE,  /* a success without an address that was asked for */
	BEL_TURN_SILENCE,
	BEL_TURN_REFRESH_DUE,
	BEL_TURN_STOP,
	BEL_TURN_LOST, /* the allocation is gone: expired, its stream, a 437 elsewhere */
	BEL_TURN_CLIENT_EVENTS,
};

struct bel_turn_client {
	/* set once */
	struct bel_turn_client_opts opts;

	enum bel_turn_client_state state;
	bel_addr server;
	unsigned ports_count; /* local ones that were tried */
	bool was_redirected;
	struct bel_turn_transaction main; /* Allocate or Refresh */
	uint64_t expires_ms, refresh_ms;
	bel_addr relayed[2], mapped; /* family 0: none */

	struct bel_turn_text realm, nonce, algorithms;
	bool is_by_hash, is_sha256;
	struct bel_stun_key key;

	struct bel_turn_grant *grants;
	unsigned grants_count, grants_size;
	uint16_t next_channel; /* never given twice: section 12 */

	/* what on_end will say */
	enum bel_err end_err;
	unsigned end_code;
};

/* ---- client_request.c ---- */
/* Adds to the request what its method needs, before credentials. */
void bel_turn_request_start(struct bel_turn_client *client,
			    struct bel_turn_transaction *transaction,
			    struct bel_writer *writer, enum bel_stun_method method);
/* With credentials when there are any; sends it for the first time. -ENOMEM,
 * BEL_ERR_SPACE. */
enum bel_err bel_turn_request_send(struct bel_turn_client *client,
				   struct bel_turn_transaction *transaction,
				   struct bel_writer *writer, uint64_t now_ms);
void bel_turn_request_close(struct bel_turn_transaction *transaction);
/* Sends again what is due; false when it is given up. */
bool bel_turn_request_advance(struct bel_turn_client *client,
			      struct bel_turn_transaction *transaction, uint64_t now_ms);
/* Whether an answer is to be believed (RFC 8489 section 9.2.5). */
bool bel_turn_request_is_answer(struct bel_turn_client *client,
				struct bel_turn_transaction *transaction,
				const struct bel_stun_msg *msg, unsigned code);
/* Keeps what a 401 or 438 says. BEL_ERR_UNSUPPORTED: it cannot be followed. */
enum bel_err bel_turn_login_take(struct bel_turn_client *client,
				 const struct bel_stun_msg *msg);
void bel_turn_login_forget(struct bel_turn_client *client);
enum bel_err bel_turn_err_of(unsigned code);

/* ---- client_grant.c ---- */
void bel_turn_grant_advance(struct bel_turn_client *client, uint64_t now_ms);
uint64_t bel_turn_grant_next_ms(const struct bel_turn_client *client);
/* The grant whose request that was; NULL for none. */
struct bel_turn_grant *bel_turn_grant_find(struct bel_turn_client *client, bel_str id);
void bel_turn_grant_take(struct bel_turn_client *client, struct bel_turn_grant *grant,
			 const struct bel_stun_msg *msg, unsigned code, uint64_t now_ms);
void bel_turn_grants_fini(struct bel_turn_client *client);
void bel_turn_client_on_indication(struct bel_turn_client *client,
				   const struct bel_stun_msg *msg, uint64_t now_ms);
void bel_turn_client_on_channel_data(struct bel_turn_client *client, bel_str bytes,
				     uint64_t now_ms);

/* ---- client.c ---- */
/* An allocation that the server does not know any more. */
void bel_turn_client_lose(struct bel_turn_client *client, unsigned code, uint64_t now_ms);

static inline bool bel_turn_client_stands(const struct bel_turn_client *client)
{
	return client->state == BEL_TURN_CLIENT_STANDING ||
	       client->state == BEL_TURN_CLIENT_REFRESHING;
}

#endif
