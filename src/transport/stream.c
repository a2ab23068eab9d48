/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "transport/transport_int.h"

enum {
	QUEUE_BYTES_MAX = 256 << 10, /* before the handshake is done */
	WRITE_BYTES_MAX = 1 << 20,   /* that the peer has not taken yet */
	CONNECT_MS = 5000,
};

static void on_deadline(void *user);

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

static void arm(struct conn *conn, unsigned after_ms)
{
	bel_timer_start(conn->transport->opts.loop, &conn->deadline,
			now_ms(conn) + after_ms);
}

/* ---- slots ---- */

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

static struct conn *conn_new(struct bel_transport *transport, struct bel_stream *stream,
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
	bel_stream_limit(stream, WRITE_BYTES_MAX);
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

static void fail(struct conn *conn, enum bel_err err)
{
	if (conn->tls && conn->state == CONN_HANDSHAKE)
		conn->transport->counters.tls_failures++;
	if (conn->tls && err == BEL_ERR_TLS)
		BEL_LOG(conn->transport->opts.log, BEL_LOG_INFO, "TLS failed",
			{ "reason", bel_tls_failure(conn->tls) });
	bel_transport_conn_close(conn, err);
}

/* One timer, for whatever the connection is expected to do next. */
static void on_deadline(void *user)
{
	struct conn *conn = user;
	const struct bel_transport_limits *limits = &conn->transport->opts.limits;

	if (conn->state == CONN_OPEN && !conn->message_began_ms && conn->is_kept) {
		arm(conn, limits->idle_ms);
		return;
	}
	fail(conn, BEL_ERR_TIMEOUT);
}

static void expect_next(struct conn *conn)
{
	const struct bel_transport_limits *limits = &conn->transport->opts.limits;

	if (!conn->rest_len) {
		conn->message_began_ms = 0;
		arm(conn, limits->idle_ms);
		return;
	}
	if (!conn->message_began_ms)
		conn->message_began_ms = now_ms(conn);
	unsigned allowed = conn->framer.total ? limits->message_ms : limits->header_ms;
	bel_timer_start(conn->transport->opts.loop, &conn->deadline,
			conn->message_began_ms + allowed);
}

/* ---- sending ---- */

/* A TLS record that the stream refuses is lost to OpenSSL, and the connection with it: so
 * room is asked for first, with what records and tags add. */
static enum bel_err write_now(struct conn *conn, bel_str bytes)
{
	size_t room = bytes.len + bytes.len / 64 + 1024;

	if (!conn->tls)
		return bel_stream_send(conn->stream, bytes);
	if (bel_stream_queued(conn->stream) + room > WRITE_BYTES_MAX)
		return BEL_ERR_BUSY;
	return bel_tls_write(conn->tls, bytes);
}

static enum bel_err queue(struct conn *conn, bel_str bytes)
{
	size_t len = conn->queue_len + bytes.len;
	char *grown;

	if (len > QUEUE_BYTES_MAX)
		return BEL_ERR_BUSY;
	grown = realloc(conn->queue, len);
	if (!grown)
		return bel_err_from_errno(ENOMEM);
	memcpy(grown + conn->queue_len, bytes.ptr, bytes.len);
	conn->queue = grown;
	conn->queue_len = len;
	return BEL_OK;
}

enum bel_err bel_transport_stream_send(struct bel_transport *transport,
				       const struct bel_flow *flow, bel_str bytes)
{
	struct conn *conn = bel_transport_conn(transport, flow);

	if (!conn)
		return BEL_ERR_CLOSED;
	return conn->state == CONN_OPEN ? write_now(conn, bytes) : queue(conn, bytes);
}

static void become_open(struct conn *conn)
{
	bel_str queued = { conn->queue, conn->queue_len };

	conn->state = CONN_OPEN;
	if (queued.len)
		write_now(conn, queued);
	free(conn->queue);
	conn->queue = NULL;
	conn->queue_len = 0;
	expect_next(conn);
}

/* ---- receiving ---- */

/* What of a burst is handed up at once. The messages lie in the transport's buffer. */
struct burst {
	struct bel_rx rx[BEL_RX_BATCH];
	unsigned count;
};

static bool is_alive(struct bel_transport *transport, const struct bel_flow *flow)
{
	return bel_transport_conn(transport, flow) != NULL;
}

static void hand_up(struct bel_transport *transport, struct burst *burst)
{
	unsigned count = bel_transport_steer(transport, burst->rx, burst->count);

	burst->count = 0;
	if (count)
		transport->opts.port->on_messages(transport->opts.user, burst->rx, count);
}

static void take_message(struct conn *conn, struct burst *burst, bel_str bytes)
{
	struct bel_transport *transport = conn->transport;

	transport->counters.received[conn->flow.transport]++;
	if (transport->opts.port->on_wire)
		transport->opts.port->on_wire(transport->opts.user, &conn->flow, false,
					      bytes);
	burst->rx[burst->count++] = (struct bel_rx){ .flow = conn->flow, .bytes = bytes };
}

static void broken(struct conn *conn, bel_str bytes, const struct bel_sip_framed *framed)
{
	struct bel_transport *transport = conn->transport;
	struct bel_flow flow = conn->flow;

	transport->counters.broken++;
	transport->opts.port->on_broken(transport->opts.user, &flow,
					bel_str_slice(bytes, 0, framed->len),
					&framed->why);
	if (is_alive(transport, &flow))
		bel_transport_conn_close(conn, BEL_ERR_SYNTAX);
}

/* Cuts what was read into messages. False when the connection is gone. */
static bool cut(struct conn *conn, bel_str *bytes)
{
	struct bel_transport *transport = conn->transport;
	struct bel_flow flow = conn->flow;
	struct burst burst = { .count = 0 };

	for (;;) {
		struct bel_sip_framed framed = { .len = 0 };
		enum bel_sip_frame frame = bel_sip_frame(&framed, &conn->framer, *bytes);
		if (frame == BEL_SIP_FRAME_MESSAGE) {
			take_message(conn, &burst, bel_str_slice(*bytes, 0, framed.len));
			/* The time of the next one begins with it, also when there is
			 * always a piece of some next one. */
			conn->message_began_ms = 0;
		}
		if (frame == BEL_SIP_FRAME_MORE || frame == BEL_SIP_FRAME_ERROR ||
		    burst.count == BEL_RX_BATCH) {
			hand_up(transport, &burst);
			if (!is_alive(transport, &flow))
				return false;
		}
		if (frame == BEL_SIP_FRAME_MORE)
			return true;
		if (frame == BEL_SIP_FRAME_ERROR) {
			broken(conn, *bytes, &framed);
			return false;
		}
		if (frame == BEL_SIP_FRAME_PING) {
			/* RFC 5626 section 3.5.1: a double line end is answered by one.
			 */
			transport->counters.keepalives++;
			write_now(conn, BEL_STR("\r\n"));
		}
		*bytes = bel_str_slice(*bytes, framed.len, bytes->len);
	}
}

static bool keep_rest(struct conn *conn, bel_str rest)
{
	char *kept = NULL;

	if (rest.len) {
		kept = malloc(rest.len);
		if (!kept)
			return false;
		memcpy(kept, rest.ptr, rest.len);
	}
	free(conn->rest);
	conn->rest = kept;
	conn->rest_len = rest.len;
	return true;
}

static enum bel_err read_some(struct conn *conn, size_t *len, char *buf, size_t size)
{
	return conn->tls ? bel_tls_read(len, conn->tls, buf, size)
			 : bel_stream_receive(len, conn->stream, buf, size);
}

/* Until nothing is left, a message or many at a time. */
void bel_transport_stream_receive(struct conn *conn)
{
	struct bel_transport *transport = conn->transport;
	struct bel_flow flow = conn->flow;

	if (bel_transport_hold(conn))
		return;
	for (;;) {
		size_t kept = conn->rest_len, len = 0;
		enum bel_err err;
		if (kept)
			memcpy(transport->buf, conn->rest, kept);
		err = read_some(conn, &len, transport->buf + kept,
				sizeof transport->buf - kept);
		if (err == BEL_ERR_AGAIN)
			break;
		if (err) {
			fail(conn, err);
			return;
		}
		bel_str bytes = { transport->buf, kept + len };
		if (!cut(conn, &bytes))
			return;
		if (!keep_rest(conn, bytes)) {
			fail(conn, bel_err_from_errno(ENOMEM));
			return;
		}
		/* A plain stream tells again in the next turn; OpenSSL does not. */
		if (!conn->tls)
			break;
	}
	if (is_alive(transport, &flow))
		expect_next(conn);
}

/* ---- TLS ---- */

static enum bel_err tls_receive(void *user, size_t *len, char *buf, size_t size)
{
	struct conn *conn = user;

	return bel_stream_receive(len, conn->stream, buf, size);
}

static enum bel_err tls_send(void *user, bel_str bytes)
{
	struct conn *conn = user;

	return bel_stream_send(conn->stream, bytes);
}

static const struct bel_tls_port tls_port = { .receive = tls_receive, .send = tls_send };

static enum bel_err start_tls(struct conn *conn)
{
	struct bel_tls_context *context = conn->is_client ? conn->transport->tls_client
							  : conn->transport->tls_server;

	conn->state = CONN_HANDSHAKE;
	if (!context)
		return BEL_ERR_UNSUPPORTED;
	return bel_tls_open(&conn->tls, context, conn->name, &tls_port, conn);
}

/* True when the connection can go on being read. */
static bool shake_hands(struct conn *conn)
{
	enum bel_err err = bel_tls_handshake(conn->tls);

	if (err == BEL_ERR_AGAIN)
		return false;
	if (err) {
		fail(conn, err);
		return false;
	}
	conn->transport->counters.tls_handshakes++;
	become_open(conn);
	return true;
}

/* ---- the stream's own events ---- */

static void on_connected(void *user, struct bel_stream *stream)
{
	struct conn *conn = user;

	conn->flow.local = *bel_stream_local(stream);
	conn->transport->counters.connected++;
	if (conn->flow.transport != BEL_SIP_TLS) {
		become_open(conn);
		return;
	}
	if (start_tls(conn))
		fail(conn, BEL_ERR_TLS);
	else
		shake_hands(conn);
}

static void on_readable(void *user, struct bel_stream *stream)
{
	struct conn *conn = user;

	(void)stream;
	if (conn->state == CONN_HANDSHAKE && !shake_hands(conn))
		return;
	bel_transport_stream_receive(conn);
}

static void on_closed(void *user, struct bel_stream *stream, enum bel_err err)
{
	(void)stream;
	bel_transport_conn_close(user, err);
}

static const struct bel_stream_handler handler = {
	.on_connected = on_connected,
	.on_readable = on_readable,
	.on_closed = on_closed,
};

static unsigned count_from(const struct bel_transport *transport, const bel_addr *peer)
{
	unsigned count = 0;

	/* Buckets are by address and port: a source's connections lie everywhere. Counted
	 * over the slots only when there are enough of them to matter. */
	if (transport->counters.connections < transport->opts.limits.connections_max)
		return 0;
	for (uint32_t i = 0; i < transport->slots_count; i++)
		count += transport->slots[i].conn &&
			 bel_addr_is_same_host(&transport->slots[i].conn->flow.peer,
					       peer);
	return count;
}

static bool may_accept(struct bel_transport *transport, const bel_addr *peer,
		       enum bel_sip_transport kind)
{
	const struct bel_transport_opts *opts = &transport->opts;

	if (opts->port->may_receive && !opts->port->may_receive(opts->user, peer, kind))
		return false;
	return count_from(transport, peer) < opts->limits.connections_max ||
	       (opts->port->is_trusted && opts->port->is_trusted(opts->user, peer));
}

static void on_accept(void *user, struct bel_listener *tcp, struct bel_stream *stream)
{
	struct listener *listener = user;
	struct bel_transport *transport = listener->transport;
	struct conn *conn = NULL;

	(void)tcp;
	if (may_accept(transport, bel_stream_peer(stream), listener->opts.transport))
		conn = conn_new(transport, stream, listener->opts.transport,
				(unsigned)(listener - transport->listeners));
	if (!conn) {
		transport->counters.refused++;
		bel_stream_close(stream);
		return;
	}
	transport->counters.accepted++;
	bel_stream_handle(stream, &handler, conn);
	if (listener->opts.transport == BEL_SIP_TLS) {
		arm(conn, transport->opts.limits.handshake_ms);
		if (start_tls(conn))
			fail(conn, BEL_ERR_TLS);
	} else {
		become_open(conn);
	}
}

enum bel_err bel_transport_stream_listen(struct listener *listener, bool is_shared)
{
	const struct bel_listener_opts opts = {
		.local = listener->opts.local,
		.is_shared = is_shared,
		.on_accept = on_accept,
		.user = listener,
	};
	enum bel_err err = bel_listener_open(&listener->tcp,
					     listener->transport->opts.loop, &opts);

	if (!err)
		listener->opts.local = *bel_listener_local(listener->tcp);
	return err;
}

/* ---- connecting ---- */

static struct conn *find_conn(struct bel_transport *transport, const struct bel_hop *hop)
{
	struct bel_list *bucket =
		&transport->conns_by_peer[bel_transport_bucket(&hop->addr)];

	BEL_LIST_EACH(node, bucket)
	{
		struct conn *conn = BEL_CONTAINER_OF(node, struct conn, by_peer);
		if (conn->flow.transport != hop->transport ||
		    !bel_addr_is_equal(&conn->flow.peer, &hop->addr))
			continue;
		/* A name was asked for: only a connection that proved it will do (RFC
		 * 5922 section 5). */
		if (hop->transport != BEL_SIP_TLS || !hop->name.len ||
		    bel_str_is_equal_nocase(conn->name, hop->name) ||
		    (conn->tls && bel_tls_is_peer(conn->tls, hop->name)))
			return conn;
	}
	return NULL;
}

static int find_listener(const struct bel_transport *transport, const struct bel_hop *hop)
{
	int best = -1;

	for (unsigned i = 0; i < transport->listeners_count; i++) {
		const struct listener *listener = &transport->listeners[i];
		if (listener->opts.transport != hop->transport ||
		    listener->opts.local.family != hop->addr.family)
			continue;
		bool is_fit = (bel_addr_range(&listener->opts.local) ==
			       BEL_ADDR_LOOPBACK) ==
			      (bel_addr_range(&hop->addr) == BEL_ADDR_LOOPBACK);
		if (best < 0 || is_fit)
			best = (int)i;
		if (is_fit)
			break;
	}
	return best;
}

static bel_str own_copy(bel_str str)
{
	char *copy = str.len ? malloc(str.len) : NULL;

	if (!copy)
		return BEL_STR_NONE;
	memcpy(copy, str.ptr, str.len);
	return (bel_str){ copy, str.len };
}

bool bel_transport_stream_find(struct bel_flow *out, struct bel_transport *transport,
			       const struct bel_hop *hop)
{
	const struct conn *conn = find_conn(transport, hop);

	if (conn)
		*out = conn->flow;
	return conn != NULL;
}

enum bel_err bel_transport_stream_flow(struct bel_flow *out,
				       struct bel_transport *transport,
				       const struct bel_hop *hop)
{
	int listener = find_listener(transport, hop);
	struct bel_stream *stream;
	struct conn *conn;
	bel_str name;
	enum bel_err err;

	if (bel_transport_stream_find(out, transport, hop))
		return BEL_OK;
	/* Without a listener the peer could never call us back. */
	if (listener < 0 || (hop->transport == BEL_SIP_TLS && !transport->tls_client))
		return BEL_ERR_UNSUPPORTED;
	/* Without its name a certificate would go unchecked. */
	name = own_copy(hop->name);
	if (hop->name.len && !name.len)
		return bel_err_from_errno(ENOMEM);
	err = bel_stream_connect(&stream, transport->opts.loop, &hop->addr, NULL,
				 &handler, NULL);
	if (err) {
		free((char *)name.ptr);
		return err;
	}
	conn = conn_new(transport, stream, hop->transport, (unsigned)listener);
	if (!conn) {
		free((char *)name.ptr);
		bel_stream_close(stream);
		return BEL_ERR_LIMIT;
	}
	bel_stream_handle(stream, &handler, conn);
	conn->flow.peer = hop->addr;
	conn->is_client = true;
	conn->name = name;
	arm(conn, CONNECT_MS);
	*out = conn->flow;
	return BEL_OK;
}
