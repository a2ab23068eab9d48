/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_CLIENT_CLIENT_INT_H
#define BEL_CLIENT_CLIENT_INT_H

#include "client/client.h"

enum {
	URI_BYTES_MAX = 512,
	CONTACT_BYTES_MAX = 1024,
	LINES_BYTES_MAX = 8192,
	REDIRECTS_MAX = 5,
	LONGER_MAX = 3, /* 423 in a row */
	MOVES_MAX = 3,  /* changes of our public address that one refresh follows */
};

/* What the last 2xx said; made new by each, texts in its arena. */
struct binding {
	struct bel_arena arena;
	bel_str contact; /* ours, as it was sent; empty: no binding */
	bel_str former;  /* one that the registrar may still have; empty: none */
	bel_str service_route, public_gruu, temporary_gruu;
	uint32_t expires_s, flow_timer_s;
	bel_addr seen; /* our address, by Via */
};

struct bel_registration {
	/* set once; the texts and proxies of opts lie in the arena */
	struct bel_registration_opts opts;
	struct bel_loop *loop;
	struct bel_transport *transport;
	struct bel_arena arena;
	bel_str call_id, tag, contact_params;
	const bel_str *routes; /* to each proxy, a value of Route */

	enum bel_registration_state state;
	struct bel_ua_request *request; /* out; NULL: none */
	struct bel_timer timer;
	uint32_t cseq;      /* used last */
	uint32_t expires_s; /* asked for; 423 makes it longer */
	bool is_unsent;     /* the REGISTER could not even begin: the timer tells */

	struct binding binding;
	uint64_t bound_until_ms;

	/* what the REGISTER that is out said of us */
	char contact_buf[CONTACT_BYTES_MAX];
	bel_str sent_contact; /* written here; empty: the ua wrote it */
	bel_addr sent_addr;   /* in it; family 0: that of the flow */

	/* its answer, when that was a refusal */
	struct bel_registration_failure failure;
	uint32_t retry_after_s;
	unsigned failures, longer, redirects, moves;
	char redirect_buf[URI_BYTES_MAX];
	bel_str redirect; /* Request-URI instead of opts.registrar; or empty */

	/* flow.c */
	struct bel_flow flow; /* transport OTHER: none */
	struct bel_flow_waiter waiter;
	struct bel_timer pinging, returning;
	struct bel_oneshot *probe;
	bel_addr local; /* of the machine, when the flow was made or used last */
	uint64_t kept_since_ms;
	unsigned losses;
	unsigned proxy_at, proxies_tried;
	bool wants_new_flow;
};

/* registration.c */
void bel_registration_take(struct bel_registration *registration,
			   enum bel_registration_event event);
uint32_t bel_registration_draw(const struct bel_registration *registration);

/* register.c: one REGISTER as the state wants it, and its Request-URI. */
enum bel_err bel_register_send(struct bel_registration *registration,
			       const struct bel_ua_port *port);
bel_str bel_register_target(const struct bel_registration *registration);

/* answer.c: what its final answer means. The binding is replaced when that is a 2xx; else
 * failure and retry_after_s are set. */
enum bel_registration_event bel_register_on_answer(struct bel_registration *registration,
						   struct bel_ua_request *request,
						   struct bel_sip_msg *response);
/* flow.c */
void bel_registration_flow_init(struct bel_registration *registration);
void bel_registration_flow_keep(struct bel_registration *registration);
void bel_registration_flow_leave(struct bel_registration *registration);
/* After a failure: which server is next. True when it was not tried yet. */
bool bel_registration_flow_advance(struct bel_registration *registration);

#endif
