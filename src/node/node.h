/* SPDX-License-Identifier: Apache-2.0
 *
 * node: the server: rooms wired together. A node holds what all workers share
 * (configuration, users, location, keys, guard); each worker has a loop and on it its own
 * transport, transactions and roles. node.c opens and wires, worker.c is one worker,
 * receive.c is where every message comes in: read that first.
 *
 *   datagram -> on_messages -> bel_sip_parse -> bel_tx_find_server -> plan -> a role
 *
 *   receive.c   the path of a message
 *   planning.c  what a plan asks for, until it is whole
 *   steer.c     whose message it is, when there are several workers
 *   identity.c  who the credentials belong to
 *   reply.c    stateless answers and their ACKs
 *   keepalive.c pings for phones behind a NAT
 *   watch.c     who is told of changed bindings
 *   trail.c     the ring of past decisions
 *   control.c   media carried for another proxy
 *   logger.c    records as text or JSON, rate-limited
 *
 * It runs on loops that it is given: real ones with a thread each (api/ and cmd/), or
 * simulated ones in a test. Calls below say which thread they are for. */
#ifndef BEL_NODE_NODE_H
#define BEL_NODE_NODE_H

#include "agent/agent.h"
#include "anchor/anchor.h"
#include "base/base.h"
#include "conf/conf.h"
#include "guard/guard.h"
#include "io/io.h"
#include "location/location.h"
#include "nat/nat.h"
#include "ng/ng.h"
#include "proxy/proxy.h"
#include "registrar/registrar.h"
#include "route/route.h"
#include "store/store.h"
#include "transport/transport.h"
#include "tx/tx.h"
#include "users/users.h"

struct bel_node;

enum { BEL_NODE_WORKERS_MAX = 64 };

/* PEM; borrowed for the call. */
struct bel_node_tls {
	bel_str cert, key;
	bel_str clients_ca; /* empty: client certificates are not asked for */
};

struct bel_node_opts {
	struct bel_conf *conf;         /* the node takes a reference */
	struct bel_loop *const *loops; /* one a worker; borrowed */
	unsigned workers;
	struct bel_disk *disk;       /* the state directory; NULL: nothing is kept */
	struct bel_service *service; /* with disk */
	bel_str sqlite_path;         /* empty: no rows */
	struct bel_node_tls tls;     /* empty: no TLS listener may be configured */
	const struct bel_log *log;
};

/* What went wrong at start, for the one who must tell a person. */
struct bel_node_failure {
	char text[200];
	bel_addr addr;                    /* of a listener that could not be opened */
	enum bel_sip_transport transport; /* family 0: it was something else */
	bool is_turn;                     /* it was to serve TURN */
	bool is_ng;                       /* it was to take commands of other proxies */
};

/* Opens everything; listeners listen from here on. On failure nothing stays open. The
 * thread of loops[0], before the others run. */
enum bel_err bel_node_open(struct bel_node **out, struct bel_node_failure *failure,
			   const struct bel_node_opts *opts);
/* After every loop has stopped. */
void bel_node_close(struct bel_node *node);

/* A new configuration for the next turn of every worker, and certificates for new
 * connections (cert empty: no TLS); all of it or nothing. What bel_conf_each_at_start
 * names stays as it was at the start. Any thread, one at a time. */
enum bel_err bel_node_reload(struct bel_node *node, struct bel_conf *conf,
			     const struct bel_node_tls *tls,
			     struct bel_node_failure *failure);
/* New requests get 503 from here on. Any thread. */
void bel_node_drain(struct bel_node *node);
/* After bel_node_drain: what is ringing is cancelled and answered 503; not drained until
 * every worker has done so. Any thread. */
void bel_node_cancel_pending(struct bel_node *node);
/* After bel_node_drain: whether every worker has heard of it and, when it last looked
 * (then, and each second), had no request without a final answer. Any thread. */
bool bel_node_is_drained(struct bel_node *node);

/* What the command line and the API look at; any thread. */
struct bel_location *bel_node_location(struct bel_node *node);
struct bel_users *bel_node_users(struct bel_node *node);
struct bel_guard *bel_node_guard(struct bel_node *node);
bel_str bel_node_realm(const struct bel_node *node);
/* A reference. */
struct bel_conf *bel_node_conf(struct bel_node *node);
unsigned bel_node_listeners(const struct bel_node *node,
			    struct bel_transport_listener *out, unsigned max);
/* Those of TURN; 0 where it is not served. */
unsigned bel_node_turn_listeners(const struct bel_node *node,
				 struct bel_nat_listener *out, unsigned max);
const bel_addr *bel_node_own(const struct bel_node *node, unsigned *count);

/* The wall clock by which bindings end (location.h), on real loops. Any thread. */
uint64_t bel_node_wall_ms(const struct bel_node *node);

/* Plans as a real request would be planned, with the look-ups of now; identity and source
 * come in the facts. Any thread. */
enum bel_err bel_node_explain(struct bel_node *node, struct bel_plan *plan,
			      struct bel_arena *arena, struct bel_facts *facts);
/* The trail of the last call whose Call-ID begins so ("last": the newest of all), as
 * text. BEL_ERR_NOT_FOUND; BEL_ERR_EXISTS when several begin so. Any thread. */
enum bel_err bel_node_why(struct bel_node *node, bel_str call_id,
			  struct bel_writer *writer, bool is_json);

/* A call whose media are carried here. Texts and legs are valid in the callback. */
struct bel_node_call {
	bel_str call_id;
	bel_str from, to; /* URIs; empty when too many other calls came since */
	uint64_t age_ms;
	bool is_answered;
	const struct bel_relay_leg *legs; /* both sides of each stream */
	unsigned legs_count;
};
/* Calls on_call for each that there is now; each worker is waited for, two seconds at
 * most. BEL_ERR_TIMEOUT, -ENOMEM. Any thread but a worker's. */
enum bel_err bel_node_calls(struct bel_node *node,
			    void (*on_call)(void *user, const struct bel_node_call *call),
			    void *user);

/* Told of every change of a binding, on the thread that made it and under a lock: it must
 * be short and call nothing here. A binding whose registered_ms is its changed_ms is new.
 * Lies in its owner's memory until bel_node_unwatch returns. Any thread. */
struct bel_node_watcher {
	struct bel_list node;
	void (*on_change)(struct bel_node_watcher *watcher, bel_str aor,
			  const struct bel_binding *binding, bool is_gone);
};
void bel_node_watch(struct bel_node *node, struct bel_node_watcher *watcher);
void bel_node_unwatch(struct bel_node *node, struct bel_node_watcher *watcher);

/* One figure of a worker or of the node, summed when asked. */
struct bel_node_counter {
	const char *name; /* "requests_received" */
	const char *help;
	bool is_gauge;
	uint64_t value;
};
/* Calls on_counter for each. Any thread. */
void bel_node_counters(struct bel_node *node,
		       void (*on_counter)(void *user,
					  const struct bel_node_counter *counter),
		       void *user);
/* The longest time any worker has stood in one turn, for the watchdog. */
uint64_t bel_node_stuck_ms(const struct bel_node *node);

/* The logger: text or JSON on a file descriptor, at most 100 lines a second of a kind. */
struct bel_logger;
enum bel_err bel_logger_open(struct bel_logger **out, int fd, bool is_json,
			     enum bel_log_level level);
void bel_logger_close(struct bel_logger *logger);
const struct bel_log *bel_logger_log(const struct bel_logger *logger);

#endif
