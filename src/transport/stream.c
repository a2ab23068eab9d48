/* SPDX-License-Identifier: Apache-2.0
 * Messages over connections: framed, queued until a connection is open, TLS around them
 * where it belongs. */
#include <errno.h>
#include <stdlib.h>

#include "transport/transport_int.h"

enum { QUEUE_BYTES_MAX = 256 << 10 /* before the handshake is done */ };

/* ---- sending ---- */

/* A TLS record that the stream refuses is lost to OpenSSL, and the connection with it: so
 * room is asked for first, with what records and tags add. */
static enum bel_err write_now(struct conn *conn, bel_str bytes)
{
	size_t room = bytes.len + bytes.len / 64 + 1024;

	if (!conn->tls)
		return bel_stream_send(conn->stream, bytes);
	if (bel_stream_queued(conn->stream) + room > CONN_WRITE_BYTES_MAX)
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
	bel_transport_conn_expect_next(conn);
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
			bel_transport_conn_fail(conn, err);
			return;
		}
		bel_str bytes = { transport->buf, kept + len };
		if (!cut(conn, &bytes))
			return;
		if (!keep_rest(conn, bytes)) {
			bel_transport_conn_fail(conn, bel_err_from_errno(ENOMEM));
			return;
		}
		/* A plain stream tells again in the next turn; OpenSSL does not. */
		if (!conn->tls)
			break;
	}
	if (is_alive(transport, &flow))
		bel_transport_conn_expect_next(conn);
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
		bel_transport_conn_fail(conn, err);
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
		bel_transport_conn_fail(conn, BEL_ERR_TLS);
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

const struct bel_stream_handler bel_transport_stream_handler = {
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
		conn = bel_transport_conn_new(
			transport, stream, listener->opts.transport,
			(unsigned)(listener - transport->listeners));
	if (!conn) {
		transport->counters.refused++;
		bel_stream_close(stream);
		return;
	}
	transport->counters.accepted++;
	bel_stream_handle(stream, &bel_transport_stream_handler, conn);
	if (listener->opts.transport == BEL_SIP_TLS) {
		bel_transport_conn_arm(conn, transport->opts.limits.handshake_ms);
		if (start_tls(conn))
			bel_transport_conn_fail(conn, BEL_ERR_TLS);
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
