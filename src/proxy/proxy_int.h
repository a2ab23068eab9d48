/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_PROXY_INT_H
#define BEL_PROXY_INT_H

#include "proxy/proxy.h"

enum {
	MESSAGE_BYTES_MAX = BEL_DATAGRAM_BYTES,
	CALL_FIRST_BYTES = 1536, /* of a call's own arena block, the call included */
	CALL_BUDGET_BYTES = 512 << 10,
	TRYING_MS = 200,
	CANCELLED_MS = 32000, /* 64 * T1 */
	REDIRECTS_MAX = 8,
	BREADTH_DEFAULT = 60, /* RFC 5393 section 5.3.3 */
	NOTE_BYTES_MAX = 256,
};

struct bel_proxy {
	struct bel_proxy_opts opts;
	struct bel_list calls;
	size_t calls_count, pending_count;
	/* Where calls lie; and what they need until they are settled, by itself, so that
	 * its chunks are empty soon. */
	struct bel_pool *pool, *work_pool;
	/* The call whose request is just being acted upon: that needs no second parse. */
	const struct call *live_of;
	struct bel_sip_msg *live;
	struct bel_sip_msg scratch;    /* a call's request or kept answer, parsed again */
	const struct call *scratch_of; /* whose request that is; NULL: nobody's */
	char buf[MESSAGE_BYTES_MAX];   /* where messages are put together */
	char body[MESSAGE_BYTES_MAX];  /* and bodies */
};

enum branch_state {
	BRANCH_QUEUED,    /* its turn has not come */
	BRANCH_RESOLVING, /* waits for addresses */
	BRANCH_TRYING,    /* sent, nothing heard but 100 at most */
	BRANCH_RINGING,   /* heard a provisional answer */
	BRANCH_DONE,      /* has its final answer, or will never have one */
};

/* One try of a branch: a hop and the transaction to it. A later hop does not end an
 * earlier one: its late answers still count. */
struct attempt {
	struct bel_tx tx;
	struct branch *branch;
	struct attempt *next;
	struct bel_flow_waiter waiter; /* with the flow it went by */
	bool is_current;
	bool is_ended;
	bool wants_cancel;         /* as soon as a provisional answer comes */
	struct cancel *cancel;     /* NULL: was not cancelled */
	const struct bel_hop *hop; /* of the branch; NULL: by a flow, or settled */
};

struct branch {
	struct call *call;
	struct branch *next;
	enum branch_state state;
	uint16_t q;
	uint16_t status;  /* of its final answer */
	uint16_t refusal; /* of what was offered, before it was put another way; or 0 */
	bel_str answer;   /* that final answer, our Via removed; empty when it is ours */
	bel_str uri, path, next_hop;
	uint64_t binding;
	bool has_flow;
	bool flow_is_gone; /* location has been told, whosever connection it was */
	bool is_replaced;  /* by the targets of its 3xx */
	bool may_connect;  /* without the flow, its URI may do */
	bool has_udp;      /* it registered by UDP: nobody knows whether it has TCP */
	struct bel_flow flow;
	struct bel_targets_query query;
	bel_str query_uri;
	struct bel_hop *hops;
	unsigned hops_count, hop_at;
	struct attempt *attempts; /* newest first */
	struct bel_timer timer_c;
	bel_relay_call media;           /* 0: they go their own way */
	enum bel_relay_side media_side; /* who sent the request */
	bool is_within;                 /* it is one within the call */
	bool has_offered;               /* it carried an offer */
	bool is_put_again;
};

/* The CANCEL of an attempt: a transaction whose answer interests nobody. */
struct cancel {
	struct bel_tx tx;
	struct call *call;
	struct attempt *attempt;
	struct bel_timer unanswered; /* since it was sent */
};

struct call {
	struct bel_list node;
	struct bel_proxy *proxy;
	/* What lasts as long as the call; and messages and names, until every transaction
	 * has its final answer. */
	struct bel_arena arena, work;
	struct bel_tx tx; /* server */
	struct bel_flow reply_flow, came_by;
	bel_str request; /* as received */
	bel_str call_id;
	bel_str plan_asserted;
	bool strips_identity, records_route, is_caller_direct;
	bool has_reply_flow, is_cancelled, is_answered, has_final, is_draining;
	bool is_one_phone; /* the branches are ways to it, one after the other */
	unsigned own_routes;
	unsigned users; /* transactions and look-ups that still refer to the call */
	unsigned branches_count, redirects_count;
	enum bel_identity identity;
	bel_str identity_user;
	uint32_t breadth;
	uint64_t began_ms, token;
	struct branch *branches;
	struct bel_timer trying;
};

/* dialog.c
 * Where a request within a dialog goes on: by the first of the plan's targets or, without
 * any, to its Request-URI. *has_mark: down the flow of the mark. */
struct bel_plan_target bel_dialog_target(const struct bel_proxy *proxy,
					 const struct bel_proxy_request *request,
					 bool *has_mark);

/* Where the phone of a binding is, when what it says of itself (the URI) is hidden behind
 * a NAT: a phone that registers the address that the server sees may still say another in
 * its answers. The arena is for the look-up. */
bool bel_dialog_find_hidden(struct bel_flow *flow, const struct bel_proxy *proxy,
			    uint64_t binding, bel_str uri, struct bel_arena *arena);

/* call.c */
struct call *bel_proxy_call_of(struct bel_tx *tx);
/* Another user less; the last one frees the call. */
void bel_proxy_call_release(struct call *call);
/* When all that is left of the call waits for stragglers: gives back what they do not
 * need. Nothing that was read out of the request or of an answer is used after it. */
void bel_proxy_call_settle(struct call *call);
/* Starts the branches of the best q that has not been tried; true when there were any. */
bool bel_proxy_call_advance(struct call *call);
/* Something about a branch has changed: answers when all is known. */
void bel_proxy_call_review(struct call *call);
/* Tells the port; nothing if it knows. Status 0: no answer. */
void bel_proxy_call_note_final(struct call *call, uint16_t status);
/* Ends without an answer: the caller's own timer has run out by now. */
void bel_proxy_call_end_silently(struct call *call);
/* Cancels every branch that has no final answer. */
void bel_proxy_call_cancel_branches(struct call *call, bel_str reason);
void bel_proxy_call_note(struct call *call, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* "180 Ringing"; there are three of them a call, and printf takes its time. */
void bel_proxy_call_note_answer(struct call *call, const struct bel_sip_msg *msg);
/* The request as received, parsed again if need be; valid until the next call of this
 * function. */
struct bel_sip_msg *bel_proxy_call_request(struct call *call);

/* branch.c */
struct branch *bel_branch_add(struct call *call, const struct bel_plan_target *target);
/* redirect.c: whether a 3xx was followed: its targets are branches then. */
bool bel_branch_redirect(struct branch *branch, struct bel_sip_msg *msg);
/* A request within a dialog goes where the mark of its Route says. */
void bel_branch_set_flow(struct branch *branch, const struct bel_mark *mark);
void bel_branch_start(struct branch *branch);
void bel_branch_cancel(struct branch *branch, bel_str reason);

/* request.c */
/* Puts the request for a branch down a flow together. branch_id gets the branch
 * parameter; both lie in the call's arena. */
enum bel_err bel_request_build(bel_str *out, bel_str *branch_id, struct branch *branch,
			       const struct bel_flow *flow);
/* Edits common to every request that goes on, down that flow: Max-Forwards, received and
 * rport, our Routes, our credentials. */
void bel_request_edit(struct bel_sip_splice *splice, const struct bel_proxy *proxy,
		      const struct bel_flow *flow, const bel_addr *source,
		      unsigned own_routes);
/* A next hop that routes strictly wants to be the Request-URI, and the real one last in
 * Route (RFC 3261 section 16.6 step 6). Gives the Request-URI to write: target, or that
 * hop, with the Routes edited. */
bel_str bel_request_edit_strict(struct bel_sip_splice *splice, struct bel_arena *arena,
				bel_str target, unsigned own_routes);
/* Another body of the same type, unless it is empty. */
void bel_request_edit_body(struct bel_sip_splice *splice, bel_str body);
/* What came in a datagram may lack Content-Length; on a stream it must be there (RFC 3261
 * section 20.14). */
void bel_request_edit_length(struct bel_sip_splice *splice, const struct bel_flow *flow);
/* What routing looks at, hashed: the loop check's part of a branch. */
uint32_t bel_request_loop_hash(const struct bel_proxy *proxy, struct bel_sip_msg *msg);
/* The URI that the next hop is found by: the first Route, else the Request-URI. */
bel_str bel_request_next_hop(struct bel_sip_msg *msg, unsigned own_routes);
bel_str bel_request_via(struct bel_arena *arena, const struct bel_proxy *proxy,
			const struct bel_flow *flow, bel_str branch_id);

/* media.c: where media go by way of the server */
/* The request's body as it goes down that flow; empty: as it is. BEL_ERR_BUSY, -ENOMEM:
 * there is no way for its media. In proxy->body, until the next call of this room. */
enum bel_err bel_media_on_request(bel_str *body, struct branch *branch,
				  struct bel_sip_msg *msg, const struct bel_flow *flow);
/* The same of an ACK, which has no branch, and of an answer. */
bel_str bel_media_on_ack(struct bel_proxy *proxy, struct bel_sip_msg *ack,
			 const bel_addr *source);
bel_str bel_media_on_response(struct branch *branch, struct bel_sip_msg *msg);
/* Whether a refusal was about keys that can be changed: the request is to be built again
 * for the same flow. */
bool bel_media_put_again(struct branch *branch, uint16_t status,
			 const struct bel_flow *flow);
/* The branch has ended without a 2xx. */
void bel_media_drop(struct branch *branch);

/* stateless.c */
void bel_stateless_forward(struct bel_proxy *proxy,
			   const struct bel_proxy_request *request);

/* response.c */
/* Sends a message of a branch back, our Via removed. */
void bel_response_forward(struct branch *branch, struct bel_sip_msg *msg);
/* An answer of our own. */
void bel_response_send(struct call *call, uint16_t status, bel_str reason, bel_str lines);
/* RFC 3261 section 16.7 step 6: sends the best of what the branches got. */
void bel_response_send_best(struct call *call);
/* A copy of an answer without our Via, in the call's arena; empty when that is used up.
 */
bel_str bel_response_keep(struct branch *branch, struct bel_sip_msg *msg);

#endif
