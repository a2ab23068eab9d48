/* SPDX-License-Identifier: Apache-2.0
 *
 * proxy: carries requests on by a plan (RFC 3261 section 16 with RFC 3327, 4320, 5393,
 * 5626 and 6026). A stateful request is a call: one server transaction, a branch with a
 * client transaction for each target, and what came back so far. Calls fork in parallel
 * within a q value and serially between them.
 *
 *   call.c       a call's life: begin, cancel, end
 *   branch.c     one target: resolving, trying hop after hop, its answers
 *   redirect.c   following a 3xx
 *   dialog.c     where a request within a dialog goes on
 *   request.c    the request as it goes on: Via, Record-Route, Route, identity
 *   response.c   what goes back: choosing the best, merging challenges
 *   media.c      descriptions, where media go by way of the server
 *   stateless.c  ACK, and what the plan forwards without state
 *
 * One proxy a worker; its thread only. */
#ifndef BEL_PROXY_PROXY_H
#define BEL_PROXY_PROXY_H

#include "anchor/anchor.h"
#include "base/base.h"
#include "location/location.h"
#include "route/route.h"
#include "transport/transport.h"
#include "tx/tx.h"

struct bel_proxy;

/* How a request ended. */
struct bel_proxy_final {
	enum bel_sip_method method;
	uint16_t status; /* 0: without an answer */
	uint64_t token;  /* of struct bel_proxy_request */
	uint64_t took_ms;
};

/* What a call is told about on its way, for `why` and for counters. */
struct bel_proxy_port {
	/* text is one clause; Call-ID names the trail. May be NULL. */
	void (*on_note)(void *user, bel_str call_id, bel_str text);
	/* The plan of the same request for another target, for who it was: a 3xx named
	 * it. The plan lies in the arena. May be NULL: a 3xx goes back as it is. */
	enum bel_err (*plan_again)(void *user, struct bel_sip_msg *request,
				   const struct bel_flow *came_by,
				   const struct bel_uri *target,
				   enum bel_identity identity, bel_str identity_user,
				   struct bel_arena *arena, struct bel_plan *plan);
	/* Once for each stateful request, but for those under way when the proxy is
	 * closed. May be NULL. */
	void (*on_final)(void *user, const struct bel_proxy_final *final);
};

struct bel_proxy_opts {
	struct bel_loop *loop;
	struct bel_tx_table *table;
	struct bel_transport *transport;
	struct bel_targets *targets;
	struct bel_location *location;
	struct bel_anchor *anchor; /* NULL: media go their own way */
	uint16_t worker;
	struct bel_mark_key mark_key;
	struct bel_hash_key branch_key; /* durable, alike on all workers */
	bel_str realm;                  /* credentials for it end here */
	unsigned timer_c_ms;
	unsigned branches_max;
	const struct bel_proxy_port *port;
	void *user;
};

enum bel_err bel_proxy_open(struct bel_proxy **out, const struct bel_proxy_opts *opts);
/* Every call ends without a word. */
void bel_proxy_close(struct bel_proxy *proxy);
void bel_proxy_set_limits(struct bel_proxy *proxy, unsigned timer_c_ms,
			  unsigned branches_max);

/* A request that was received and planned; all of it is borrowed for the call. */
struct bel_proxy_request {
	struct bel_sip_msg *msg;
	const struct bel_flow *came_by;
	const struct bel_facts *facts;
	const struct bel_plan *plan; /* FORWARD, FORWARD_STATELESS or IN_DIALOG */
	uint64_t token;              /* comes back with on_final */
};
/* Takes it on, or answers it with why not. Never called for CANCEL. */
void bel_proxy_on_request(struct bel_proxy *proxy,
			  const struct bel_proxy_request *request);
/* Whether the transaction is one of this proxy's calls; then a CANCEL ends it (the 200 of
 * the CANCEL is the caller's to send). */
bool bel_proxy_on_cancel(struct bel_proxy *proxy, struct bel_tx *invite,
			 struct bel_sip_msg *cancel);
/* A response that no transaction claims: forwarded when it answers what was forwarded
 * without state, dropped (false) otherwise. */
bool bel_proxy_on_stray(struct bel_proxy *proxy, struct bel_sip_msg *response);

/* The worker whose transaction a branch of ours belongs to; -1 when it is not one. */
int bel_proxy_owner(bel_str branch);

/* RFC 5393 section 4.2: whether a Via of ours says that this very request, unchanged in
 * what routing looks at, was here before. */
bool bel_proxy_is_loop(const struct bel_proxy *proxy, struct bel_sip_msg *request,
		       const bel_addr *own, unsigned own_count);

/* On SIGTERM: every call that has no final answer is cancelled and answered 503. */
void bel_proxy_drain(struct bel_proxy *proxy);
/* Calls under way; of these, requests without a final answer. */
size_t bel_proxy_count(const struct bel_proxy *proxy);
size_t bel_proxy_pending(const struct bel_proxy *proxy);

#endif
