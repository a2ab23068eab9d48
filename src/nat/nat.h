/* SPDX-License-Identifier: Apache-2.0
 *
 * nat: ways through NATs, served to users: TURN (RFC 8656) and STUN (RFC 8489) on
 * listeners of their own. The engine is turn/server.h, which knows no sockets; here is
 * all that it asks for.
 *
 *   nat.c     one worker's server: start here; what goes to and fro between sockets and
 *             engine
 *   login.c   users as credentials, budgets for strangers, bans for those who guess
 *   relay.c   relayed addresses: ports by chance, sockets
 *   stream.c  clients on TCP and TLS
 *   shared.c  what all workers have in common: our own addresses, the ports in use
 *
 * Each worker has a server of its own. All that comes from one host comes to the same
 * one: a client that reserves a port (RFC 8656 section 7.2) takes it up from another port
 * of his. Quotas are counted by each worker. Moving an allocation to another address (RFC
 * 8016) is offered where there is one worker. */
#ifndef BEL_NAT_NAT_H
#define BEL_NAT_NAT_H

#include "base/base.h"
#include "conf/conf.h"
#include "crypto/crypto.h"
#include "guard/guard.h"
#include "io/io.h"
#include "location/location.h"
#include "turn/turn.h"
#include "users/users.h"

struct bel_nat;
struct bel_nat_shared;

/* Of all workers; loop gives addresses and is not kept. conf says `turn`. Opened before
 * the first worker's server, closed after the last one's. */
enum bel_err bel_nat_shared_open(struct bel_nat_shared **out, struct bel_loop *loop,
				 const struct bel_conf *conf);
void bel_nat_shared_close(struct bel_nat_shared *shared);

struct bel_nat_opts {
	struct bel_loop *loop;
	struct bel_nat_shared *shared;
	unsigned workers;
	const struct bel_conf *conf; /* until bel_nat_set_conf */
	bel_str realm;               /* of the users' passwords; outlives the server */
	struct bel_users *users;
	struct bel_guard *guard;
	struct bel_location *location; /* who is registered is no stranger; may be NULL */
	struct bel_crypto *crypto;     /* of the same thread */
	struct bel_tls_context *tls; /* of servers; a reference is taken; NULL: no TLS */
	const struct bel_log *log;
};

/* On failure *failed (may be NULL) is the index in conf->turn.listens of the listener
 * that could not be opened, and nothing stays open. */
enum bel_err bel_nat_open(struct bel_nat **out, unsigned *failed,
			  const struct bel_nat_opts *opts);
/* Connections and relays end. */
void bel_nat_close(struct bel_nat *nat);
/* After a reload, before the configuration of before is given back: peers, quotas,
 * secrets and ports are those of conf from here on. The worker's thread. */
void bel_nat_set_conf(struct bel_nat *nat, const struct bel_conf *conf);
/* For new connections; a reference is taken. */
void bel_nat_set_tls(struct bel_nat *nat, struct bel_tls_context *tls);

struct bel_nat_listener {
	enum bel_turn_transport transport;
	bel_addr local; /* with the port; 0.0.0.0 and :: are wildcards */
};
/* The listener with that index; family 0 past the last. */
struct bel_nat_listener bel_nat_listener_at(const struct bel_nat *nat, unsigned index);

/* For who reads them on the thread. */
struct bel_nat_counters {
	uint64_t connections; /* now */
	uint64_t refused;     /* connections and datagrams of those who are banned, or
				 have too many */
	uint64_t tls_failures, broken; /* streams that were closed for it */
};
const struct bel_nat_counters *bel_nat_counters(const struct bel_nat *nat);
const struct bel_turn_counters *bel_nat_turn_counters(const struct bel_nat *nat);

#endif
