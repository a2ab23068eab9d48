/* SPDX-License-Identifier: Apache-2.0
 * Who waits for the end of a flow: in the list of his own connection, or by the peer's
 * address for datagrams and for connections of other workers. */
#include "transport/transport_int.h"

static struct bel_list *waiters_of(struct bel_transport *transport,
				   const struct bel_flow *flow)
{
	unsigned bucket = bel_transport_bucket(&flow->peer);
	struct conn *conn;

	if (!bel_flow_is_stream(flow))
		return &transport->udp_waiters[bucket];
	if (bel_transport_is_elsewhere(transport, flow))
		return &transport->far_waiters[bucket];
	conn = bel_transport_conn(transport, flow);
	return conn ? &conn->waiters : NULL;
}

void bel_flow_wait(struct bel_transport *transport, const struct bel_flow *flow,
		   struct bel_flow_waiter *waiter)
{
	struct bel_list *waiters = waiters_of(transport, flow);

	waiter->flow = *flow;
	if (waiters)
		bel_list_put(waiters, &waiter->node);
}

static bool is_awaited(const struct bel_flow *gone, const struct bel_flow *flow)
{
	return bel_flow_is_stream(gone) ? bel_flow_is_same(gone, flow)
					: bel_addr_is_equal(&gone->peer, &flow->peer);
}

void bel_transport_tell_waiters(struct bel_list *list, const struct bel_flow *flow,
				enum bel_err err)
{
	struct bel_list told;

	bel_list_init(&told);
	BEL_LIST_EACH(node, list)
	{
		struct bel_flow_waiter *waiter = BEL_CONTAINER_OF(
			node, struct bel_flow_waiter, node);
		if (!is_awaited(flow, &waiter->flow))
			continue;
		bel_list_remove(node);
		bel_list_put(&told, node);
	}
	/* Whoever is told may forget others of them. */
	while (!bel_list_is_empty(&told)) {
		struct bel_flow_waiter *waiter = BEL_CONTAINER_OF(
			told.next, struct bel_flow_waiter, node);
		bel_list_remove(&waiter->node);
		waiter->on_failed(waiter, err);
	}
}

void bel_flow_forget(struct bel_flow_waiter *waiter)
{
	bel_list_remove(&waiter->node);
}

void bel_transport_drop_waiters(struct bel_list *list)
{
	while (!bel_list_is_empty(list))
		bel_list_remove(list->next);
}
