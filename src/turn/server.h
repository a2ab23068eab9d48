/* SPDX-License-Identifier: Apache-2.0
 * The TURN server. Nothing is kept for who has not authenticated; nothing is sent to an
 * address that is not global, unless the owner allows it; every user's allocations and
 * bytes are counted. One thread a server. */
#ifndef BEL_TURN_SERVER_H
#define BEL_TURN_SERVER_H

#include "turn/turn.h"

struct bel_turn_server;

/* The five: two addresses, and the protocol in use between them. */
struct bel_turn_tuple {
	bel_addr client, server;
	enum bel_turn_transport transport;
	uint64_t flow; /* the caller's, given back with what is sent; not compared */
};

/* A relayed address: the caller keeps this number with the socket that it opens, and
 * gives it with what arrives there. Numbers of closed ones are never found again; the low
 * 32 bits are a small index, which no two open ones share. */
typedef uint64_t bel_turn_relay;

enum bel_turn_parity {
	BEL_TURN_ANY_PORT,
	BEL_TURN_EVEN_PORT,
	BEL_TURN_PORT_PAIR, /* an even one and the next one: two relays */
};

/* Who says that he sent it: by name, or by userhash (RFC 8489 section 14.4). */
struct bel_turn_login {
	bel_str username; /* as on the wire; empty with a userhash */
	bel_str userhash; /* 32 bytes, else empty */
	enum bel_stun_algorithm algorithm;
};

struct bel_turn_identity {
	struct bel_stun_key key;
	/* Whose quotas count: at most BEL_TURN_ACCOUNT_BYTES_MAX. Borrowed from whoever
	 * found it, until it is asked again. */
	bel_str account;
};
enum { BEL_TURN_ACCOUNT_BYTES_MAX = 128 };

/* What the server wants of its surroundings. No function may call back into it. */
struct bel_turn_server_port {
	/* The long-term key of a user: H(username:realm:password), as of
	 * bel_stun_key_init and of SIP's HA1. BEL_ERR_NOT_FOUND: no such user; anything
	 * else: the store cannot be asked, and the client is told so (500). */
	enum bel_err (*find_key)(void *user, struct bel_turn_identity *out,
				 const struct bel_turn_login *login);
	/* A login came with a nonce that this source was given, and with a wrong password
	 * or an unknown name: somebody guesses. May be NULL. */
	void (*on_wrong)(void *user, const bel_addr *source,
			 const struct bel_turn_login *login);
	/* Whether the address is a relay that another server of the owner's holds open
	 * (that of another thread): our own hosts are no peers but for relays. NULL:
	 * there is no other. */
	bool (*is_relay)(void *user, const bel_addr *peer);
	/* Whether an answer may go to a source that nothing has proved yet (UDP without
	 * valid credentials). A 401 is larger than the request that asks for it: this
	 * is the budget that keeps us from being an amplifier. NULL: never refused. */
	bool (*may_answer)(void *user, const bel_addr *source, size_t request_bytes,
			   size_t answer_bytes);
	/* Seconds since 1970, for time-limited credentials. May be NULL without secrets.
	 */
	uint64_t (*wall_s)(void *user);
	/* Opens a UDP port of a random number (RFC 6056) in a family, 4 or 6; two of them
	 * for a PORT_PAIR. BEL_ERR_UNSUPPORTED: that family is not served; anything else
	 * means that there is none left. */
	enum bel_err (*open_relay)(void *user, bel_addr *out, const bel_turn_relay *ids,
				   uint8_t family, enum bel_turn_parity parity);
	void (*close_relay)(void *user, bel_turn_relay id);
	/* One message, in pieces that are borrowed for the call. */
	void (*send_client)(void *user, const struct bel_turn_tuple *to,
			    const bel_str *pieces, unsigned count);
	/* With the DF bit set when is_unfragmented, which only comes after
	 * can_dont_fragment. */
	void (*send_peer)(void *user, bel_turn_relay id, const bel_addr *peer,
			  bel_str data, bool is_unfragmented);
};

struct bel_turn_net {
	bel_addr addr;
	unsigned prefix_bits; /* of 32 or 128 */
};

/* All that is pointed to outlives the server. Zero is the default where one is named. */
struct bel_turn_server_opts {
	const struct bel_turn_server_port *port;
	void *user;
	struct bel_crypto *crypto; /* of the same thread */
	bel_str realm;             /* 1 to 127 bytes */
	uint8_t key[32];           /* secret: of nonces, tickets, tokens and tables */

	/* Time-limited credentials: the user name is "UNIXTIME:ACCOUNT", the password
	 * base64(HMAC-SHA1(secret, user name)); any of these secrets will do, so that
	 * they can be changed. They open and move allocations until UNIXTIME; an
	 * allocation that stays where it is is served to the same account until it ends.
	 */
	const bel_str *secrets;
	unsigned secrets_count;

	/* Our listeners, and every address that relays are opened on or known by outside:
	 * as peers they are refused, but for relays that are open just now. */
	const bel_addr *own;
	size_t own_count;
	/* Peers beyond those with a global address, and peers that are refused, which
	 * wins. */
	const struct bel_turn_net *allowed, *denied;
	size_t allowed_count, denied_count;

	unsigned relays_max;       /* of all users together; default 10,000 */
	unsigned user_relays_max;  /* reserved ports included; default 10 */
	unsigned user_bytes_per_s; /* payload, both directions; 0: not limited */
	unsigned lifetime_max_s;   /* default 3,600 */
	unsigned nonce_s;          /* how long one is fresh; default 600 */
	bool has_mobility;         /* RFC 8016 */
	bool can_dont_fragment;    /* send_peer can set DF; else DONT-FRAGMENT is 420 */
	/* Asks clients for userhashes: find_key must know them, and time-limited
	 * credentials do not work with clients that obey. */
	bool wants_userhash;
	/* Only MD5 keys are known (an old store): no PASSWORD-ALGORITHMS is offered. */
	bool is_md5_only;
};

/* now_ms is of any clock that does not go back; the same one in every call.
 * BEL_ERR_LIMIT: the realm's length; -ENOMEM. */
enum bel_err bel_turn_server_open(struct bel_turn_server **out,
				  const struct bel_turn_server_opts *opts,
				  uint64_t now_ms);
/* Closes every relay. */
void bel_turn_server_close(struct bel_turn_server *server);

/* After a change of rules: secrets, own, allowed, denied, wants_userhash and the quotas
 * are those of opts from here on, and whatever else opts says is not looked at.
 * Permissions for peers that are refused now end; nonces that said something else of user
 * hashes are stale. */
void bel_turn_server_set_rules(struct bel_turn_server *server,
			       const struct bel_turn_server_opts *opts);

/* One datagram, or one message of a stream (bel_turn_frame_find). */
void bel_turn_server_receive(struct bel_turn_server *server,
			     const struct bel_turn_tuple *from, bel_str bytes,
			     uint64_t now_ms);
/* What a relayed address received. */
void bel_turn_server_on_peer(struct bel_turn_server *server, bel_turn_relay relay,
			     const bel_addr *peer, bel_str data, uint64_t now_ms);
/* An ICMP error about a datagram that was sent to peer (RFC 8656 section 11.5); mtu is
 * that of "too big", else 0. */
void bel_turn_server_on_icmp(struct bel_turn_server *server, bel_turn_relay relay,
			     const bel_addr *peer, uint8_t type, uint8_t code,
			     uint32_t mtu, uint64_t now_ms);
/* The stream of a client is gone: so is its allocation, unless it can move. */
void bel_turn_server_on_closed(struct bel_turn_server *server,
			       const struct bel_turn_tuple *tuple, uint64_t now_ms);
/* Ends what has expired; at least when bel_turn_server_next_ms says so. */
void bel_turn_server_advance(struct bel_turn_server *server, uint64_t now_ms);
uint64_t bel_turn_server_next_ms(const struct bel_turn_server *server);

struct bel_turn_counters {
	/* now */
	uint64_t allocations, relays, accounts, memory_bytes;
	/* since the start */
	uint64_t challenges, refusals, unanswered; /* unanswered: over the budget */
	uint64_t packets_to_peers, bytes_to_peers, packets_to_clients, bytes_to_clients;
	uint64_t without_permission, over_quota, broken;
};
const struct bel_turn_counters *
bel_turn_server_counters(const struct bel_turn_server *server);

/* Whether that way leads to an allocation. */
bool bel_turn_server_has_allocation(struct bel_turn_server *server,
				    const struct bel_turn_tuple *tuple);

/* Whether that peer may be sent to at all. */
bool bel_turn_server_is_allowed(const struct bel_turn_server *server,
				const bel_addr *peer);

#endif
