/* SPDX-License-Identifier: Apache-2.0
 * A connection's life: its slot, by which flows name it, what it is expected to do next,
 * its end. */
#include <stdlib.h>

#include "transport/transport_int.h"

struct conn *bel_transport_conn(const struct bel_transport *transport,
				const struct bel_flow *flow)
{
	const struct slot *slot;

	if (flow->index >= transport->slots_count)
		return NULL;
	slot = &transport->slots[flow->index];
	return slot->generation == flow->generation ? slot->conn : NULL;
}

/* What stands in `taken`: 0 is free, and no generation is. */
static uint64_t taken_by(uint32_t generation)
{
	return (uint64_t)1 << 32 | generation;
}

bool bel_transport_conn_is_there(const struct bel_transport *transport,
				 const struct bel_flow *flow)
{
	return transport->taken &&
	       flow->index < transport->opts.limits.connections_total &&
	       atomic_load_explicit(&transport->taken[flow->index],
				    memory_order_relaxed) == taken_by(flow->generation);
}

static void mark_taken(struct bel_transport *transport, uint32_t index, uint64_t value)
{
	if (transport->taken)
		atomic_store_explicit(&transport->taken[index], value,
				      memory_order_relaxed);
}

static uint64_t now_ms(const struct conn *conn)
{
	return bel_loop_now_ms(conn->transport->opts.loop);
}

void bel_transport_conn_arm(struct conn *conn, unsigned after_ms)
{
	bel_timer_start(conn->transport->opts.loop, &conn->deadline,
			now_ms(conn) + after_ms);
}

/* ---- its end ---- */

static void tell_waiters(struct conn *conn, enum bel_err err)
{
	while (!bel_list_is_empty(&conn->waiters)) {
		struct bel_flow_waiter *waiter = BEL_CONTAINER_OF(
			conn->waiters.next, struct bel_flow_waiter, node);
		bel_list_remove(&waiter->node);
		waiter->on_failed(waiter, err);
	}
}

void bel_transport_conn_close(struct conn *conn, enum bel_err err)
{
	struct bel_transport *transport = conn->transport;
	struct slot *slot = &transport->slots[conn->flow.index];

	slot->conn = NULL;
	slot->generation++;
	mark_taken(transport, conn->flow.index, 0);
	slot->next_free = transport->first_free;
	transport->first_free = conn->flow.index;
	transport->counters.connections--;
	bel_timer_stop(transport->opts.loop, &conn->deadline);
	bel_list_remove(&conn->by_peer);
	bel_list_remove(&conn->held);
	bel_tls_close(conn->tls);
	bel_stream_close(conn->stream);
	tell_waiters(conn, err);
	bel_transport_parcel_gone(transport, &conn->flow, conn->senders);
	if (transport->opts.port->on_closed)
		transport->opts.port->on_closed(transport->opts.user, &conn->flow);
	free((char *)conn->name.ptr);
	free(conn->rest);
	free(conn->queue);
	free(conn);
}

void bel_transport_conn_fail(struct conn *conn, enum bel_err err)
{
	if (conn->tls && conn->state == CONN_HANDSHAKE)
		conn->transport->counters.tls_failures++;
	if (conn->tls && err == BEL_ERR_TLS)
		BEL_LOG(conn->transport->opts.log, BEL_LOG_INFO, "TLS failed",
			{ "reason", bel_tls_failure(conn->tls) });
	bel_transport_conn_close(conn, err);
}

/* ---- what it is to do next ---- */

/* One timer, for whatever the connection is expected to do next. */
static void on_deadline(void *user)
{
	struct conn *conn = user;
	const struct bel_transport_limits *limits = &conn->transport->opts.limits;

	if (conn->state == CONN_OPEN && !conn->message_began_ms && conn->is_kept) {
		bel_transport_conn_arm(conn, limits->idle_ms);
		return;
	}
	bel_transport_conn_fail(conn, BEL_ERR_TIMEOUT);
}

void bel_transport_conn_expect_next(struct conn *conn)
{
	const struct bel_transport_limits *limits = &conn->transport->opts.limits;

	if (!conn->rest_len) {
		conn->message_began_ms = 0;
		bel_transport_conn_arm(conn, limits->idle_ms);
		return;
	}
	if (!conn->message_began_ms)
		conn->message_began_ms = now_ms(conn);
	unsigned allowed = conn->framer.total ? limits->message_ms : limits->header_ms;
	bel_timer_start(conn->transport->opts.loop, &conn->deadline,
			conn->message_began_ms + allowed);
}

/* ---- its beginning ---- */

static bool grow_slots(struct bel_transport *transport)
{
	uint32_t count = transport->slots_count ? transport->slots_count * 2 : 64;
	struct slot *slots;

	if (count > transport->opts.limits.connections_total)
		count = transport->opts.limits.connections_total;
	slots = realloc(transport->slots, count * sizeof *slots);
	if (!slots)
		return false;
	for (uint32_t i = count; i-- > transport->slots_count;) {
		/* Generations begin at the clock: flows that a mark or a binding kept
		 * from an earlier run name no connection of this one. */
		slots[i] = (struct slot){
			.generation = (uint32_t)bel_loop_wall_ms(transport->opts.loop),
			.next_free = transport->first_free,
		};
		transport->first_free = i;
	}
	transport->slots = slots;
	transport->slots_count = count;
	return true;
}

struct conn *bel_transport_conn_new(struct bel_transport *transport,
				    struct bel_stream *stream,
				    enum bel_sip_transport kind, unsigned listener)
{
	struct conn *conn;
	uint32_t index;

	if (transport->counters.connections >= transport->opts.limits.connections_total ||
	    (transport->first_free == UINT32_MAX && !grow_slots(transport)))
		return NULL;
	conn = calloc(1, sizeof *conn);
	if (!conn)
		return NULL;
	index = transport->first_free;
	transport->first_free = transport->slots[index].next_free;
	transport->slots[index].conn = conn;
	mark_taken(transport, index, taken_by(transport->slots[index].generation));
	transport->counters.connections++;
	conn->transport = transport;
	conn->stream = stream;
	bel_stream_limit(stream, CONN_WRITE_BYTES_MAX);
	conn->flow = (struct bel_flow){
		.transport = (uint8_t)kind,
		.listener = (uint8_t)listener,
		.worker = transport->opts.worker,
		.index = index,
		.generation = transport->slots[index].generation,
		.peer = *bel_stream_peer(stream),
		.local = *bel_stream_local(stream),
	};
	bel_list_init(&conn->waiters);
	bel_list_init(&conn->by_peer);
	bel_list_init(&conn->held);
	bel_timer_init(&conn->deadline, on_deadline, conn);
	bel_list_put(&transport->conns_by_peer[bel_transport_bucket(&conn->flow.peer)],
		     &conn->by_peer);
	return conn;
}
