/* SPDX-License-Identifier: Apache-2.0
 * Somebody who waits on a flow and counts what it is told. */
#ifndef BEL_TEST_WAITING_H
#define BEL_TEST_WAITING_H

#include "transport/transport.h"

struct waiting {
	struct bel_flow_waiter waiter;
	unsigned told;
	enum bel_err err;
};

static inline void on_flow_failed(struct bel_flow_waiter *waiter, enum bel_err err)
{
	struct waiting *waiting = BEL_CONTAINER_OF(waiter, struct waiting, waiter);

	waiting->told++;
	waiting->err = err;
}

static inline void wait_on(struct bel_transport *transport, const struct bel_flow *flow,
			   struct waiting *waiting)
{
	*waiting = (struct waiting){ .told = 0 };
	bel_flow_waiter_init(&waiting->waiter, on_flow_failed);
	bel_flow_wait(transport, flow, &waiting->waiter);
}

#endif
