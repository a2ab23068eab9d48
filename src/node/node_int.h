/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_NODE_INT_H
#define BEL_NODE_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "node/node.h"

enum { TURN_COUNTERS = sizeof(struct bel_turn_counters) / sizeof(uint64_t) };
enum { RELAY_COUNTERS = sizeof(struct bel_relay_counters) / sizeof(uint64_t) };

enum { OWN_MAX = 64, MESSAGE_ARENA_BYTES = 16 << 10, MESSAGE_BUDGET_BYTES = 256 << 10 };

/* Sums of what happened, by a worker that writes and readers that add up. */
enum counter {
	COUNT_REQUESTS,
	COUNT_RESPONSES,
	COUNT_MALFORMED,
	COUNT_STRAY_RESPONSES,
	COUNT_RETRANSMISSIONS,
	COUNT_CHALLENGES,
	COUNT_REJECTED,
	COUNT_DROPPED,
	COUNT_REGISTERS,
	COUNT_FORWARDED,
	COUNT_ANSWERED,
	COUNT_REDIRECTED,
	COUNT_CALLS_REFUSED,
	COUNT_CALLS_ANSWERED,
	COUNT_WRONG_PASSWORDS,
	COUNT_OVERLOAD_REFUSED,
	COUNT_COUNT
};

struct worker;

/* The ring of past decisions; one a worker, its lock hardly ever contended. */
struct trails;
enum bel_err bel_trails_open(struct trails **out, unsigned count,
			     const struct bel_hash_key *key);
void bel_trails_close(struct trails *trails);
/* Keeps what a plan was made of. */
void bel_trails_put(struct trails *trails, struct bel_sip_msg *request,
		    const struct bel_facts *facts, struct bel_conf *conf,
		    uint64_t wall_ms);
void bel_trails_note(struct trails *trails, bel_str call_id, bel_str text,
		     uint64_t wall_ms);
/* Looks for Call-IDs that begin so, or for the newest ("last"). */
struct trail_found {
	unsigned count;   /* different Call-IDs */
	uint64_t wall_ms; /* of the newest */
};
void bel_trails_find(struct trails *trails, bel_str call_id, struct trail_found *found);
/* BEL_ERR_NOT_FOUND when the trail of that time is not here (any more). */
/* Who calls whom, by the newest trail of a call; copied into the arena. False: it is not
 * kept any more. */
bool bel_trails_parties(struct trails *trails, bel_str call_id, struct bel_arena *arena,
			bel_str *from, bel_str *to);
enum bel_err bel_trails_write(struct trails *trails, struct bel_node *node,
			      bel_str call_id, uint64_t wall_ms,
			      struct bel_writer *writer, bool is_json);

/* keepalive.c: pings for phones behind a NAT. */
struct keepalives;
/* The answers to pings are known by it, and no concern of anybody. */
#define BEL_PING_BRANCH "z9hG4bKping"
/* period_s 0: none are sent. */
enum bel_err bel_keepalives_open(struct keepalives **out, unsigned period_s);
void bel_keepalives_close(struct keepalives *keepalives);
/* Any thread. */
void bel_keepalives_on_change(struct keepalives *keepalives,
			      const struct bel_binding *binding, bool is_gone);
/* Sends those of this second; one worker's thread. */
void bel_keepalives_ping(struct keepalives *keepalives, struct bel_transport *transport,
			 uint64_t now_s);

/* watch.c: who is told of changes of bindings. Any thread. */
void bel_watchers_on_change(struct bel_node *node, bel_str aor,
			    const struct bel_binding *binding, bool is_gone);

struct worker {
	/* set once */
	struct bel_node *node;
	uint16_t index;
	struct bel_loop *loop;

	/* the worker's thread only */
	struct bel_conf *conf;
	struct bel_crypto *crypto;
	struct bel_transport *transport;
	struct bel_resolver *resolver;
	struct bel_targets *targets;
	struct bel_tx_table *table;
	struct bel_anchor *anchor;
	struct kept *kept; /* NULL: nothing is */
	struct bel_ng *ng; /* NULL: commands are another worker's, or nobody's */
	struct bel_proxy *proxy;
	struct bel_ua *ua; /* of the agent */
	char branch_mark[BEL_UA_MARK_BYTES_MAX];
	struct bel_agent *agent;
	struct bel_nat *nat; /* NULL: no TURN */
	struct bel_mailbox *orders;
	struct bel_timer second;
	struct bel_overload overload;
	char arena_block[MESSAGE_ARENA_BYTES];
	char reply[BEL_SIP_MESSAGE_BYTES_MAX];
	struct bel_sip_msg msgs[BEL_RX_BATCH];
	struct bel_arena arenas[BEL_RX_BATCH];

	/* written by the worker, read by anyone (relaxed) */
	_Atomic uint64_t counters[COUNT_COUNT];
	_Atomic uint64_t pending, calls, transactions, connections;
	_Atomic uint64_t handed_over, handed_lost;
	_Atomic uint64_t turn[TURN_COUNTERS], turn_connections, turn_refused;
	_Atomic uint64_t stuns;
	_Atomic uint64_t relay[RELAY_COUNTERS];
	struct trails *trails;
};

struct bel_node {
	/* set once */
	struct bel_hash_key tag_key;
	struct bel_mark_key mark_key;
	struct bel_hash_key branch_key;
	struct bel_gruu_key gruu_key;
	struct bel_hash_key steer_key;
	uint64_t wall_ahead_ms; /* of the monotonic clock */
	struct bel_auth_server auth;
	enum bel_digest digests[BEL_DIGEST_COUNT];
	struct bel_arena arena; /* of what lives as long as the node */
	bel_str realm;
	bel_addr own[OWN_MAX];
	unsigned own_count;
	const struct bel_log *log;
	struct bel_disk *disk;
	struct bel_store *store;
	struct bel_location *location;
	struct bel_users *users;
	struct bel_guard *guard;
	struct bel_clips *clips;
	struct bel_nat_shared *nat; /* NULL: no TURN */
	struct bel_ports *media_ports;
	struct bel_dtls_context *dtls; /* of media */
	struct bel_anchor_known *known;
	struct bel_fast *fast;    /* NULL: packets of media go by sockets */
	unsigned kept_generation; /* of the files of relayed calls */
	struct keepalives *keepalives;
	struct bel_transport *transports[BEL_NODE_WORKERS_MAX];
	struct worker *workers[BEL_NODE_WORKERS_MAX];
	unsigned workers_count;

	/* any thread */
	_Atomic bool is_draining;
	_Atomic unsigned draining_count; /* workers that know of it */
	_Atomic uint32_t nonces_made;
	pthread_mutex_t conf_lock;
	struct bel_conf *conf;        /* the newest */
	struct bel_conf *conf_before; /* kept until the next reload: readers may linger */
	_Atomic unsigned watchers_count;
	pthread_mutex_t watchers_lock;
	struct bel_list watchers;
};

static inline void bel_count(struct worker *worker, enum counter counter)
{
	uint64_t value = atomic_load_explicit(&worker->counters[counter],
					      memory_order_relaxed);

	atomic_store_explicit(&worker->counters[counter], value + 1,
			      memory_order_relaxed);
}

/* media.c */
/* What is open stays so until it is closed, on failure too. */
enum bel_err bel_node_media_open(struct bel_node *node, struct bel_loop *loop);
void bel_node_media_close(struct bel_node *node);

/* worker.c */
enum bel_err bel_worker_open(struct worker **out, struct bel_node *node, unsigned index,
			     const struct bel_node_opts *opts,
			     struct bel_node_failure *failure,
			     struct bel_tls_context *server,
			     struct bel_tls_context *client);
void bel_worker_close(struct worker *worker);
/* Its figures, for readers of other threads. */
void bel_worker_show(struct worker *worker);
/* Runs an order on the worker's thread; the letter begins with struct order. */
struct order;
typedef void order_run(struct worker *worker, struct order *order);
struct order {
	struct bel_letter letter;
	order_run *run; /* frees the order */
};

/* kept.c: relayed calls across a restart */
struct kept;      /* a worker's */
struct kept_past; /* what the process before left */
enum bel_err bel_kept_open(struct kept **out, struct bel_disk *disk, unsigned generation,
			   unsigned worker);
void bel_kept_close(struct kept *kept);
void bel_kept_put(struct kept *kept, bel_str record, uint32_t *place);
void bel_kept_remove(struct kept *kept, uint32_t place);
enum bel_err bel_kept_past_open(struct kept_past **out, struct bel_disk *disk);
unsigned bel_kept_past_generation(const struct kept_past *past);
/* Each by its worker; the workers are open and no thread of theirs runs yet. Waits up to
 * half a second for ports that the killed process still seems to have. */
void bel_kept_past_restore(struct kept_past *past, const struct bel_node *node);
/* All that could be has been restored: its files go. */
void bel_kept_past_end(struct kept_past *past, struct bel_disk *disk,
		       const struct bel_log *log);
void bel_kept_past_close(struct kept_past *past);

/* control.c: commands of other proxies. */
enum bel_err bel_worker_open_ng(struct worker *worker, unsigned workers,
				struct bel_node_failure *failure);

/* steer.c: what the branches of the agent's requests begin with. */
void bel_node_write_branch_mark(struct bel_writer *writer, unsigned worker);
/* `find_owner` of the transport. */
unsigned bel_node_find_owner(void *user, bel_str bytes);

/* receive.c */
extern const struct bel_transport_port bel_node_transport_port;

/* planning.c */
/* Who plans, and with what he looks things up. */
struct planning {
	struct bel_node *node;
	const struct bel_conf *conf;
	uint64_t wall_ms;
	bool has_steps;
	/* of a real request: whose credentials are looked at; both NULL when explaining
	 */
	struct worker *worker;
	struct bel_sip_msg *request;
};
/* The plan with all that it asks for. */
enum bel_err bel_node_plan(const struct planning *by, struct bel_plan *plan,
			   struct bel_arena *arena, struct bel_facts *facts);

/* The plan of a request of before for another target; `plan_again` of the proxy. */
enum bel_err bel_node_plan_again(void *user, struct bel_sip_msg *request,
				 const struct bel_flow *came_by,
				 const struct bel_uri *target, enum bel_identity identity,
				 bel_str identity_user, struct bel_arena *arena,
				 struct bel_plan *plan);

/* recordings.c: blocks, as files do. Says in *failure what cannot be played. */
enum bel_err bel_node_load_recordings(struct bel_node *node, const struct bel_conf *conf,
				      struct bel_node_failure *failure);

/* register.c */
void bel_node_register(struct worker *worker, struct bel_sip_msg *request,
		       const struct bel_flow *came_by, bel_str aor);

/* identity.c */
void bel_node_identify(struct worker *worker, struct bel_facts *facts,
		       struct bel_sip_msg *request);

/* reply.c: everything that is answered without a transaction. */
struct reply {
	uint16_t status;
	bel_str reason; /* empty: the default phrase */
	bel_str lines;
};
/* Whether an answer may go to somebody who proved nothing: strangers have a budget, and a
 * smaller one when they name no domain of ours. What is kept back is counted. */
bool bel_reply_is_allowed(struct worker *worker, struct bel_sip_msg *request,
			  const struct bel_flow *came_by);
void bel_reply_send(struct worker *worker, struct bel_sip_msg *request,
		    const struct bel_flow *came_by, const struct reply *answer);
/* The bytes alone, in worker->reply. */
enum bel_err bel_reply_write(struct bel_writer *writer, struct worker *worker,
			     struct bel_sip_msg *request, const struct bel_flow *came_by,
			     const struct reply *answer);
/* The ACK of an answer of ours. */
bool bel_reply_is_acked(const struct worker *worker, struct bel_sip_msg *ack);
void bel_reply_malformed(struct worker *worker, struct bel_sip_msg *msg,
			 const struct bel_flow *came_by,
			 const struct bel_sip_refusal *why);
/* The Allow line that belongs to a 405 or 501; empty for others. */
bel_str bel_reply_allow(uint16_t status);
void bel_reply_options(struct worker *worker, struct bel_sip_msg *request,
		       const struct bel_flow *came_by);

#endif
