/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_NAT_INT_H
#define BEL_NAT_INT_H

#include "nat/nat.h"

enum {
	LISTENERS_MAX = 64,
	NETS_MAX = 256,
	/* The longest message of a stream: a STUN header with 65,535 bytes behind it. */
	MESSAGE_BYTES_MAX = BEL_STUN_HEADER_BYTES + 65536,
};

/* Where relays of a family are. */
struct host {
	bel_addr inner; /* where sockets are bound; family 0: the family is not served */
	bel_addr outer; /* what the world calls it */
	struct bel_ports ports; /* of it, that relays hold. Any worker. */
};

struct bel_nat_shared {
	struct host hosts[2]; /* IPv4, IPv6 */
	/* set once */
	bel_addr *own;
	size_t own_count;
};

struct host *bel_nat_host(struct bel_nat_shared *shared, uint8_t family);
/* Whether the address is an open relay, by the name the world has for it. */
bool bel_nat_is_relay(struct bel_nat_shared *shared, const bel_addr *addr);
/* A relay of ours as a peer: called as the world calls it, reached where it is. Behind a
 * NAT nothing that is sent to the outer address needs to come back in. */
bel_addr bel_nat_to_inner(struct bel_nat_shared *shared, const bel_addr *outer);
bel_addr bel_nat_to_outer(struct bel_nat_shared *shared, const bel_addr *inner);

/* A listener whose port the machine chose. While servers are opened, in one thread. */
void bel_nat_own_listener(struct bel_nat_shared *shared, const bel_addr *local);

struct listener {
	struct bel_nat *nat;
	enum bel_turn_transport transport;
	bel_addr local;
	struct bel_udp *udp;
	struct bel_listener *tcp;
};

struct relay {
	struct bel_nat *nat;
	struct bel_udp *udp;
	bel_turn_relay id;
};

struct line;
struct line_slot {
	struct line *line; /* NULL: free */
	uint32_t generation, next_free;
};

struct bel_nat {
	struct bel_nat_opts opts;
	struct bel_tls_context *tls;
	struct bel_turn_server *server;
	struct bel_timer timer; /* when the engine has something to do */
	struct listener listeners[LISTENERS_MAX];
	unsigned listeners_count;
	struct bel_turn_net allowed[NETS_MAX], denied[NETS_MAX];

	struct relay **relays; /* by the index in their numbers */
	uint32_t relays_size;

	struct line_slot *lines;
	uint32_t lines_count, lines_free;
	struct bel_nat_counters counters;

	/* whose message the engine has just now, and whom it found */
	bel_addr asking;
	char account[BEL_TURN_ACCOUNT_BYTES_MAX];
	char in[MESSAGE_BYTES_MAX], out[MESSAGE_BYTES_MAX];
};

/* nat.c */
/* The timer is set to what the engine wants next; after anything that it was told. */
void bel_nat_arm(struct bel_nat *nat);
/* The pieces in one, in nat->out. */
bel_str bel_nat_join(struct bel_nat *nat, const bel_str *pieces, unsigned count);

/* login.c: of the engine's port */
enum bel_err bel_nat_find_key(void *user, struct bel_turn_identity *out,
			      const struct bel_turn_login *login);
void bel_nat_on_wrong(void *user, const bel_addr *source,
		      const struct bel_turn_login *login);
bool bel_nat_may_answer(void *user, const bel_addr *source, size_t request_bytes,
			size_t answer_bytes);

/* relay.c: of the engine's port */
enum bel_err bel_nat_open_relay(void *user, bel_addr *out, const bel_turn_relay *ids,
				uint8_t family, enum bel_turn_parity parity);
void bel_nat_close_relay(void *user, bel_turn_relay id);
void bel_nat_send_peer(void *user, bel_turn_relay id, const bel_addr *peer, bel_str data,
		       bool is_unfragmented);

/* stream.c */
enum bel_err bel_nat_stream_listen(struct listener *listener, bool is_shared);
void bel_nat_stream_send(struct bel_nat *nat, const struct bel_turn_tuple *to,
			 const bel_str *pieces, unsigned count);
void bel_nat_streams_close(struct bel_nat *nat);

#endif
