/* SPDX-License-Identifier: Apache-2.0
 * What the server's files share. */
#ifndef BEL_TURN_SERVER_INT_H
#define BEL_TURN_SERVER_INT_H

#include "io/io.h"
#include "turn/table.h"
#include "turn/turn.h"

enum {
	BEL_TURN_PERMISSIONS_MAX = 48, /* a relay */
	BEL_TURN_CHANNELS_MAX = 32,
	BEL_TURN_ANSWER_BYTES_MAX = 512,
	BEL_TURN_REALM_BYTES_MAX = 127,
};

/* A user with allocations, or whose bucket has not filled up again. */
struct bel_turn_account {
	struct bel_turn_node node; /* by name */
	struct bel_timer idle;
	struct bel_turn_server *server;
	unsigned relays_count;
	uint64_t bucket; /* thousandths of bytes that may pass now */
	uint64_t bucket_ms;
	size_t name_len;
	char name[];
};

struct bel_turn_permission {
	uint8_t ip[16];
	uint64_t expires_ms;
	bool is_own; /* one of our own hosts: only relays that are open */
};

struct bel_turn_channel {
	bel_addr peer;
	uint16_t number;
	uint64_t expires_ms;
};

/* A relayed address: allocated, or held in reserve (allocation is NULL then). */
struct bel_turn_relayed {
	struct bel_turn_node node; /* by address */
	struct bel_turn_server *server;
	bel_turn_relay id;
	bel_addr addr;
	struct bel_turn_account *account;
	struct bel_turn_allocation *allocation;
	uint64_t token; /* of the reservation */
	struct bel_timer expiry;
	uint64_t expires_ms;
	struct bel_turn_permission *permissions;
	struct bel_turn_channel *channels;
	uint8_t permissions_count, permissions_size;
	uint8_t channels_count, channels_size;
};

/* A way between a client and us. */
struct bel_turn_path {
	struct bel_turn_node node; /* by tuple */
	struct bel_turn_tuple tuple;
	struct bel_turn_allocation *allocation;
	bool is_open; /* stands in the table */
};

enum { BEL_TURN_RELAYED_MAX = 2 };

/* Of one client: one relayed address, or one of each family. */
struct bel_turn_allocation {
	struct bel_turn_path path;
	/* After a move, until data comes from there (RFC 8016 section 3.2.2). */
	struct bel_turn_path next_path;
	struct bel_turn_account *account;
	struct bel_turn_relayed *relayed[BEL_TURN_RELAYED_MAX];
	char transaction[BEL_STUN_TRANSACTION_BYTES]; /* that made it */
	uint16_t family_error; /* what the other family got, 0: nothing */
	uint8_t failed_family;
	bool is_mobile;
	uint64_t token;  /* that its Allocate was answered with, 0: none */
	uint32_t ticket; /* number of the present one */
};

struct bel_turn_slot {
	struct bel_turn_relayed *relayed;
	uint32_t generation, next_free;
};

struct bel_turn_server {
	/* set once */
	struct bel_turn_server_opts opts;
	struct bel_hash_key nonce_key, token_key, table_key;

	struct bel_wheel wheel;
	struct bel_turn_table paths, relays, accounts;
	struct bel_turn_slot *slots;
	uint32_t slots_count, slots_free; /* free: index + 1, 0 for none */
	uint64_t tokens_count;
	struct bel_turn_counters counters;
};

/* ---- memory, counted ---- */
void *bel_turn_take(struct bel_turn_server *server, size_t size);
void bel_turn_give(struct bel_turn_server *server, void *memory, size_t size);

/* ---- login.c, nonce.c ---- */
struct bel_turn_auth {
	struct bel_turn_identity identity;
	enum bel_stun_attr integrity; /* of the answer */
	bool is_expired;              /* time-limited, and the time is over */
};

/* One request on its way; allocation may be NULL. */
struct bel_turn_request {
	struct bel_turn_server *server;
	const struct bel_turn_tuple *from;
	struct bel_stun_msg msg;
	uint64_t now_ms;
	bool is_authenticated;
	struct bel_turn_auth auth;
	struct bel_turn_path *path;
	struct bel_turn_allocation *allocation;
};

/* 0, or the code of RFC 8489 section 9.2.4: 400, 401, 438; 500 when the store fails. */
unsigned bel_turn_login_verify(struct bel_turn_request *request);
void bel_turn_nonce_write(struct bel_writer *writer, const struct bel_turn_server *server,
			  const struct bel_turn_tuple *from, uint64_t now_ms);
bool bel_turn_nonce_is_fresh(const struct bel_turn_server *server,
			     const struct bel_turn_tuple *from, bel_str nonce,
			     uint64_t now_ms);
/* What a PASSWORD-ALGORITHMS attribute of ours holds; empty when none is offered. */
bel_str bel_turn_algorithms(const struct bel_turn_server *server);
/* Unguessable, never 0. */
uint64_t bel_turn_token_new(struct bel_turn_server *server);
enum { BEL_TURN_TICKET_BYTES = 20 };
void bel_turn_ticket_write(struct bel_writer *writer,
			   const struct bel_turn_server *server, bel_turn_relay relay,
			   uint32_t number);
enum bel_err bel_turn_ticket_parse(bel_turn_relay *relay, uint32_t *number,
				   const struct bel_turn_server *server, bel_str ticket);

/* ---- account.c ---- */
/* The account of that name, a new one if there is none; NULL without memory. It ends by
 * itself when it has no relays and its bucket is full. */
struct bel_turn_account *bel_turn_account_find(struct bel_turn_server *server,
					       bel_str name, uint64_t now_ms);
void bel_turn_account_put(struct bel_turn_account *account, unsigned relays);
void bel_turn_account_remove(struct bel_turn_account *account, uint64_t now_ms);
/* Ends it if it stands for nothing. */
void bel_turn_account_unref(struct bel_turn_account *account, uint64_t now_ms);
bool bel_turn_account_is(const struct bel_turn_account *account, bel_str name);
/* Whether so many bytes of payload may pass now; they are counted then. */
bool bel_turn_account_spend(struct bel_turn_account *account, size_t bytes,
			    uint64_t now_ms);

/* ---- allocation.c ---- */
struct bel_turn_path *bel_turn_path_find(struct bel_turn_server *server,
					 const struct bel_turn_tuple *tuple);
void bel_turn_path_open(struct bel_turn_server *server, struct bel_turn_path *path,
			struct bel_turn_allocation *allocation,
			const struct bel_turn_tuple *tuple);
void bel_turn_path_close(struct bel_turn_server *server, struct bel_turn_path *path);
/* The path after a move is the only one from now on. */
void bel_turn_path_confirm(struct bel_turn_server *server,
			   struct bel_turn_allocation *allocation);

struct bel_turn_relayed *bel_turn_relayed_find(const struct bel_turn_server *server,
					       bel_turn_relay id);
struct bel_turn_relayed *bel_turn_relayed_find_addr(const struct bel_turn_server *server,
						    const bel_addr *addr);
/* One relayed address, two for a PORT_PAIR (out[1] is in reserve then); 0 or 440, 508. */
unsigned bel_turn_relayed_open(struct bel_turn_relayed **out,
			       struct bel_turn_server *server,
			       struct bel_turn_account *account, uint8_t family,
			       enum bel_turn_parity parity, uint64_t now_ms);
void bel_turn_relayed_expire(struct bel_turn_relayed *relayed, uint64_t at_ms);
/* With its allocation when that has no other. */
void bel_turn_relayed_close(struct bel_turn_relayed *relayed, uint64_t now_ms);
struct bel_turn_relayed *
bel_turn_allocation_relayed(const struct bel_turn_allocation *allocation, uint8_t family);
void bel_turn_allocation_close(struct bel_turn_server *server,
			       struct bel_turn_allocation *allocation, uint64_t now_ms);

/* ---- grant.c ---- */
struct bel_turn_permission *bel_turn_permission_find(struct bel_turn_relayed *relayed,
						     const bel_addr *peer,
						     uint64_t now_ms);

/* ---- peer.c ---- */
bool bel_turn_peer_is_own(const struct bel_turn_server *server, const bel_addr *peer);
/* With the port looked at. */
bool bel_turn_peer_is_granted(struct bel_turn_relayed *relayed, const bel_addr *peer,
			      uint64_t now_ms);
/* Ends what was granted for peers that are refused by now. */
void bel_turn_peers_review(struct bel_turn_relayed *relayed);

/* ---- the methods: 0, or the code that refuses ---- */
unsigned bel_turn_on_allocate(struct bel_turn_request *request);
unsigned bel_turn_on_refresh(struct bel_turn_request *request);
unsigned bel_turn_on_create_permission(struct bel_turn_request *request);
unsigned bel_turn_on_channel_bind(struct bel_turn_request *request);
uint32_t bel_turn_lifetime(const struct bel_turn_request *request);

/* ---- data.c ---- */
void bel_turn_on_send(struct bel_turn_server *server, const struct bel_turn_tuple *from,
		      const struct bel_stun_msg *msg, uint64_t now_ms);
void bel_turn_on_channel_data(struct bel_turn_server *server,
			      const struct bel_turn_tuple *from, bel_str bytes,
			      uint64_t now_ms);

/* ---- server.c ---- */
void bel_turn_answer_start(struct bel_writer *answer,
			   const struct bel_turn_request *request,
			   enum bel_stun_class class);
void bel_turn_answer_send(struct bel_writer *answer,
			  const struct bel_turn_request *request);

#endif
