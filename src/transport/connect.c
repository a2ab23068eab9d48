/* SPDX-License-Identifier: Apache-2.0
 * The connection to a next hop: one that is there, or a new one. */
#include <errno.h>
#include <stdlib.h>

#include "transport/transport_int.h"

enum { CONNECT_MS = 5000, GUESS_MS = 1000 };

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

/* From the address that it is known by, where the machine has several: peers that know us
 * by it may ask. Nothing leads from loopback to elsewhere. */
static const bel_addr *find_local(bel_addr *out, const struct listener *listener,
				  const bel_addr *peer)
{
	enum bel_addr_range range = bel_addr_range(&listener->opts.local);

	if (range == BEL_ADDR_UNSPECIFIED ||
	    (range == BEL_ADDR_LOOPBACK) != (bel_addr_range(peer) == BEL_ADDR_LOOPBACK))
		return NULL;
	*out = listener->opts.local;
	out->port = 0;
	return out;
}

enum bel_err bel_transport_stream_flow(struct bel_flow *out,
				       struct bel_transport *transport,
				       const struct bel_hop *hop)
{
	int listener = find_listener(transport, hop);
	struct bel_stream *stream;
	struct conn *conn;
	bel_addr local;
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
	err = bel_stream_connect(
		&stream, transport->opts.loop, &hop->addr,
		find_local(&local, &transport->listeners[listener], &hop->addr),
		&bel_transport_stream_handler, NULL);
	if (err) {
		free((char *)name.ptr);
		return err;
	}
	conn = bel_transport_conn_new(transport, stream, hop->transport,
				      (unsigned)listener);
	if (!conn) {
		free((char *)name.ptr);
		bel_stream_close(stream);
		return BEL_ERR_LIMIT;
	}
	bel_stream_handle(stream, &bel_transport_stream_handler, conn);
	conn->flow.peer = hop->addr;
	conn->is_client = true;
	conn->name = name;
	bel_transport_conn_arm(conn, hop->is_guess ? GUESS_MS : CONNECT_MS);
	*out = conn->flow;
	return BEL_OK;
}
