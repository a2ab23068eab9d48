/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_UA_UA_INT_H
#define BEL_UA_UA_INT_H

#include "ua/ua.h"

enum {
	ARENA_BUDGET_BYTES = 512 * 1024,
	ROUNDS_MAX = 4, /* challenges answered for one request */
	HOST_BYTES_MAX = 64,
	/* z9hG4bK, the mark and a token */
	BRANCH_BYTES = 7 + BEL_UA_MARK_BYTES_MAX + BEL_UA_TOKEN_BYTES,
};

struct bel_ua {
	struct bel_ua_opts opts;
	struct bel_list requests;  /* not over */
	struct bel_list incomings; /* not over */
	size_t requests_count;
	struct bel_sip_msg msg;              /* the one that came last */
	char arena_block[4096];              /* and where its parts begin */
	char buf[BEL_SIP_MESSAGE_BYTES_MAX]; /* one is written here, then copied */
};

/* One transaction of a request. In the request's arena. */
struct attempt {
	struct bel_ua_request *request;
	struct attempt *next; /* older */
	struct bel_tx tx;
	struct bel_flow flow;
	struct bel_hop hop; /* family 0: the flow was given */
	struct bel_flow_waiter waiter;
	struct bel_timer unanswered; /* after its CANCEL */
	bool is_ended, is_cancelled, wants_cancel;
};

/* Lives until nothing refers to it: its user's interest, its look-up, its transactions
 * each count one. */
struct bel_ua_request {
	struct bel_ua *ua;
	struct bel_list node;
	struct bel_arena arena;
	struct bel_ua_send send;
	unsigned references;

	struct attempt *attempts; /* the first is the present one */
	struct bel_targets_query query;
	struct bel_hop *hops;
	unsigned hops_count, hop_at;
	struct bel_timer failing; /* tells of failure from the loop, not from a call */
	enum bel_err failure;

	struct bel_flow flow; /* used last */
	bel_str bytes;        /* sent last */
	bel_str contact;
	/* to challenges, one a realm of 401s and of 407s */
	struct answer {
		uint16_t status;
		uint32_t count; /* of requests with its nonce */
		bel_str realm, line, challenge;
	} answers[ROUNDS_MAX];
	unsigned answers_count;
	bel_str cancel_lines;
	unsigned rounds;
	bool is_resolving, is_open, is_forgotten, is_cancelled;
};

/* request.c */
void bel_ua_release(struct bel_ua_request *request);
/* The present attempt failed: the next target, or the end. */
void bel_ua_try_next(struct bel_ua_request *request, enum bel_err err);
void bel_ua_on_final(struct attempt *at, struct bel_sip_msg *response);
void bel_ua_tell(struct bel_ua_request *request, struct bel_sip_msg *response);
void bel_ua_tell_failure(struct bel_ua_request *request, enum bel_err err);

/* credentials.c: keeps the line that answers it. LIMIT: enough was answered, or there is
 * no account; MISMATCH: that realm did not take our password; or as bel_auth_answer. */
enum bel_err bel_ua_take_challenge(struct bel_ua_request *request,
				   struct bel_sip_msg *challenge);

/* attempt.c */
enum bel_err bel_attempt_start(struct bel_ua_request *request,
			       const struct bel_flow *flow, const struct bel_hop *hop);
void bel_attempt_cancel(struct attempt *at);

/* write.c: the bytes for that flow, in the arena, and the branch within them. */
enum bel_err bel_ua_write_request(bel_str *bytes, bel_str *branch,
				  struct bel_ua_request *request,
				  const struct bel_flow *flow);

#endif
