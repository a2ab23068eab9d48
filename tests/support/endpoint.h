/* SPDX-License-Identifier: Apache-2.0
 * User agents in a simulated network: each a node of its own at 192.0.2.N, with a
 * transport on port 5060 (UDP and TCP), transactions and a ua. */
#ifndef BEL_TESTS_ENDPOINT_H
#define BEL_TESTS_ENDPOINT_H

#include "io/sim.h"
#include "ua/ua.h"

struct endpoint {
	struct bel_sim *sim;
	struct bel_sim_node *node;
	struct bel_loop *loop;
	struct bel_transport *transport;
	struct bel_targets *targets;
	struct bel_resolver *resolver;
	struct bel_tx_table *table;
	struct bel_crypto *crypto;
	struct bel_ua *ua;
	/* May be set at any time; NULL: requests are lost. */
	void (*on_request)(struct endpoint *endpoint, struct bel_sip_msg *request,
			   const struct bel_flow *came_by);
	void *user;
	unsigned messages; /* received */
};

/* host is the last byte of the address. The second fails the test when it cannot; after
 * the first, endpoint_close closes what there is. */
enum bel_err endpoint_try_open(struct endpoint *endpoint, struct bel_sim *sim,
			       uint8_t host);
void endpoint_open(struct endpoint *endpoint, struct bel_sim *sim, uint8_t host);
/* On a loop that somebody else opened, real or simulated, at any address; endpoint_close
 * closes the loop too. */
enum bel_err endpoint_start(struct endpoint *endpoint, struct bel_loop *loop,
			    const bel_addr *local);
/* What stands on its ua is closed after its transactions ended, and before its ua. */
void endpoint_close_table(struct endpoint *endpoint);
void endpoint_close(struct endpoint *endpoint);

#endif
