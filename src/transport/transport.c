/* SPDX-License-Identifier: Apache-2.0 */
#include "transport/transport_int.h"

#include <errno.h>
#include <stdlib.h>

bool bel_flow_is_same(const struct bel_flow *a, const struct bel_flow *b)
{
	if (a->transport != b->transport || a->worker != b->worker)
		return false;
	if (bel_flow_is_stream(a))
		return a->index == b->index && a->generation == b->generation;
	return a->listener == b->listener && bel_addr_is_equal(&a->peer, &b->peer);
}

unsigned bel_transport_bucket(const bel_addr *peer)
{
	return (unsigned)bel_addr_hash(peer, 0) & (WAITER_BUCKETS - 1);
}

enum bel_err bel_flow_send(struct bel_transport *transport, const struct bel_flow *flow,
			   bel_str bytes)
{
	if (bel_transport_is_elsewhere(transport, flow))
		return bel_transport_parcel_send(transport, flow, bytes);
	enum bel_err err = bel_flow_is_stream(flow)
				   ? bel_transport_stream_send(transport, flow, bytes)
				   : bel_transport_udp_send(transport, flow, bytes);
	if (err)
		return err;
	transport->counters.sent[flow->transport]++;
	if (transport->opts.port->on_wire)
		transport->opts.port->on_wire(transport->opts.user, flow, true, bytes);
	return BEL_OK;
}

bool bel_flow_is_open(const struct bel_transport *transport, const struct bel_flow *flow)
{
	if (flow->transport == BEL_SIP_UDP)
		return flow->listener < transport->listeners_count &&
		       transport->listeners[flow->listener].udp;
	if (bel_transport_is_elsewhere(transport, flow))
		return flow->worker < transport->others_count &&
		       bel_transport_conn_is_there(transport->others[flow->worker], flow);
	return bel_transport_conn(transport, flow) != NULL;
}

void bel_flow_keep(struct bel_transport *transport, const struct bel_flow *flow)
{
	struct conn *conn;

	if (!bel_flow_is_stream(flow))
		return;
	if (bel_transport_is_elsewhere(transport, flow)) {
		bel_transport_parcel_keep(transport, flow);
		return;
	}
	conn = bel_transport_conn(transport, flow);
	if (conn)
		conn->is_kept = true;
}

void bel_flow_close(struct bel_transport *transport, const struct bel_flow *flow)
{
	struct conn *conn = bel_flow_is_stream(flow) &&
					    !bel_transport_is_elsewhere(transport, flow)
				    ? bel_transport_conn(transport, flow)
				    : NULL;

	if (conn)
		bel_transport_conn_close(conn, BEL_ERR_CLOSED);
}

enum bel_err bel_flow_ping(struct bel_transport *transport, const struct bel_flow *flow)
{
	transport->counters.keepalives++;
	return bel_flow_is_stream(flow)
		       ? bel_transport_stream_send(transport, flow, BEL_STR("\r\n\r\n"))
		       : bel_transport_udp_send(transport, flow, BEL_STR("\r\n"));
}

enum bel_err bel_flow_open(struct bel_flow *out, struct bel_transport *transport,
			   const struct bel_hop *hop)
{
	switch (hop->transport) {
	case BEL_SIP_UDP:
		return bel_transport_udp_flow(out, transport, &hop->addr);
	case BEL_SIP_TCP:
	case BEL_SIP_TLS:
		return bel_transport_stream_flow(out, transport, hop);
	default:
		return BEL_ERR_UNSUPPORTED;
	}
}

static bool is_outside(const bel_addr *addr)
{
	enum bel_addr_range range = bel_addr_range(addr);

	return range == BEL_ADDR_GLOBAL || range == BEL_ADDR_RESERVED;
}

bel_addr bel_flow_own_addr(const struct bel_transport *transport,
			   const struct bel_flow *flow)
{
	const struct listener *listener = &transport->listeners[flow->listener];
	bel_addr own = flow->local;

	own.port = listener->opts.local.port;
	/* Neighbours on our own network see the address they can reach. */
	if (!is_outside(&flow->peer) || is_outside(&own))
		return own;
	for (unsigned i = 0; i < transport->publics_count; i++) {
		if (transport->publics[i].family != own.family)
			continue;
		uint16_t port = own.port;
		own = transport->publics[i];
		own.port = own.port ? own.port : port;
		return own;
	}
	return own;
}

static uint16_t sent_by_port(const struct bel_sip_via *via)
{
	return via->port ? via->port : via->transport == BEL_SIP_TLS ? 5061 : 5060;
}

/* Where in a datagram's case: to maddr, else to where it came from, and without rport to
 * the port that the Via names (RFC 3261 section 18.2.2, RFC 3581 section 4). */
static void aim_datagram(bel_addr *peer, const struct bel_sip_via *via)
{
	bel_addr maddr;

	if (via->maddr.len && bel_addr_parse_host(&maddr, via->maddr) == BEL_OK &&
	    maddr.family == peer->family) {
		*peer = maddr;
		peer->port = sent_by_port(via);
	} else if (!via->has_rport) {
		peer->port = sent_by_port(via);
	}
}

/* Of a request whose way is not known any more, the Via alone tells: that is for who
 * forwards without state, and wrote received and rport himself. */
static enum bel_err find_by_via(struct bel_hop *hop, const struct bel_sip_via *via)
{
	bool is_maddr = via->maddr.len && via->transport == BEL_SIP_UDP;
	bel_str host = is_maddr            ? via->maddr
		       : via->received.len ? via->received
					   : via->host;

	if (bel_addr_parse_host(&hop->addr, host))
		return BEL_ERR_NOT_FOUND;
	hop->transport = via->transport;
	hop->addr.port = via->rport && !is_maddr ? via->rport : sent_by_port(via);
	return BEL_OK;
}

enum bel_err bel_flow_for_response(struct bel_flow *out, struct bel_transport *transport,
				   const struct bel_flow *came_by,
				   const struct bel_sip_via *via)
{
	struct bel_hop hop = { .transport = came_by->transport, .addr = came_by->peer };
	enum bel_err err;

	*out = *came_by;
	if (came_by->transport == BEL_SIP_UDP)
		aim_datagram(&out->peer, via);
	if (came_by->transport != BEL_SIP_TRANSPORT_OTHER) {
		if (bel_flow_is_open(transport, out))
			return BEL_OK;
		/* What the peer wrote into received is not asked: it may be anybody's. */
		hop.addr.port = sent_by_port(via);
		return bel_flow_open(out, transport, &hop);
	}
	err = find_by_via(&hop, via);
	if (err)
		return err;
	if (hop.transport == BEL_SIP_UDP ||
	    !bel_transport_stream_find(out, transport, &hop)) {
		hop.addr.port = hop.transport == BEL_SIP_UDP ? hop.addr.port
							     : sent_by_port(via);
		err = bel_flow_open(out, transport, &hop);
	}
	return err;
}

struct bel_transport_listener
bel_transport_listener_at(const struct bel_transport *transport, unsigned index)
{
	if (index >= transport->listeners_count)
		return (struct bel_transport_listener){ .local.family = 0 };
	return transport->listeners[index].opts;
}

const struct bel_transport_counters *
bel_transport_counters(const struct bel_transport *transport)
{
	return &transport->counters;
}

static const struct bel_transport_limits default_limits = {
	.handshake_ms = 5000,
	.header_ms = 10000,
	.message_ms = 30000,
	.idle_ms = 120000,
	.connections_max = 100,
	.connections_total = 15000,
};

static void fill_limits(struct bel_transport_limits *limits)
{
	const unsigned *from = &default_limits.handshake_ms;
	unsigned *to = &limits->handshake_ms;

	for (size_t i = 0; i < sizeof *limits / sizeof *to; i++)
		if (!to[i])
			to[i] = from[i];
}

static enum bel_err listen_on(struct listener *listener, bool is_shared)
{
	return listener->opts.transport == BEL_SIP_UDP
		       ? bel_transport_udp_open(listener, is_shared)
		       : bel_transport_stream_listen(listener, is_shared);
}

static void unlisten(struct listener *listener)
{
	bel_udp_close(listener->udp);
	bel_listener_close(listener->tcp);
	listener->udp = NULL;
	listener->tcp = NULL;
}

/* Shared sockets would also share with another server of the same user: the first worker
 * makes sure that nobody else is there. */
static enum bel_err check_free(struct listener *listener)
{
	enum bel_err err;

	if (listener->transport->opts.worker || listener->transport->opts.workers < 2)
		return BEL_OK;
	err = listen_on(listener, false);
	if (!err)
		unlisten(listener);
	return err;
}

/* A machine without IPv6 has no IPv6 wildcard: nothing is lost by that. */
static bool is_bearable(const struct listener *listener, enum bel_err err)
{
	return (int)err == -EAFNOSUPPORT && listener->opts.local.family == 6 &&
	       bel_addr_range(&listener->opts.local) == BEL_ADDR_UNSPECIFIED;
}

static enum bel_err listen_all(struct bel_transport *transport, unsigned *failed)
{
	const struct bel_transport_opts *opts = &transport->opts;

	for (unsigned i = 0; i < opts->listeners_count; i++) {
		struct listener *listener = &transport->listeners[i];
		enum bel_err err;
		listener->opts = opts->listeners[i];
		listener->transport = transport;
		transport->listeners_count = i + 1;
		err = check_free(listener);
		if (!err)
			err = listen_on(listener, opts->workers > 1);
		if (!err || is_bearable(listener, err))
			continue;
		if (failed)
			*failed = i;
		return err;
	}
	return BEL_OK;
}

/* What other workers reach it by. */
static enum bel_err open_to_others(struct bel_transport *transport)
{
	const struct bel_transport_opts *opts = &transport->opts;
	enum bel_err err = bel_mailbox_open(&transport->parcels, opts->loop, LETTERS_MAX,
					    bel_transport_on_parcel, transport);

	if (!err)
		err = bel_mailbox_open(&transport->handed, opts->loop, HANDED_MAX,
				       bel_transport_on_handed, transport);
	if (err || opts->workers < 2)
		return err;
	transport->taken = calloc(opts->limits.connections_total,
				  sizeof *transport->taken);
	return transport->taken ? BEL_OK : bel_err_from_errno(ENOMEM);
}

enum bel_err bel_transport_open(struct bel_transport **out, unsigned *failed,
				const struct bel_transport_opts *opts)
{
	struct bel_transport *transport;
	enum bel_err err;

	if (opts->listeners_count > LISTENERS_MAX || opts->publics_count > PUBLICS_MAX ||
	    opts->worker >= WORKERS_MAX)
		return BEL_ERR_LIMIT;
	transport = calloc(1, sizeof *transport);
	if (!transport)
		return bel_err_from_errno(ENOMEM);
	transport->opts = *opts;
	fill_limits(&transport->opts.limits);
	transport->first_free = UINT32_MAX;
	bel_transport_hold_init(transport);
	for (unsigned i = 0; i < WAITER_BUCKETS; i++) {
		bel_list_init(&transport->conns_by_peer[i]);
		bel_list_init(&transport->udp_waiters[i]);
		bel_list_init(&transport->far_waiters[i]);
	}
	for (unsigned i = 0; i < opts->publics_count; i++)
		transport->publics[i] = opts->publics[i];
	transport->publics_count = opts->publics_count;
	bel_transport_set_tls(transport, opts->tls_server, opts->tls_client);
	err = open_to_others(transport);
	if (!err)
		err = listen_all(transport, failed);
	if (err) {
		bel_transport_close(transport);
		return err;
	}
	*out = transport;
	return BEL_OK;
}

void bel_transport_set_tls(struct bel_transport *transport,
			   struct bel_tls_context *server, struct bel_tls_context *client)
{
	struct bel_tls_context *old_server = transport->tls_server;
	struct bel_tls_context *old_client = transport->tls_client;

	transport->tls_server = server ? bel_tls_context_ref(server) : NULL;
	transport->tls_client = client ? bel_tls_context_ref(client) : NULL;
	if (old_server)
		bel_tls_context_unref(old_server);
	if (old_client)
		bel_tls_context_unref(old_client);
}

void bel_transport_stop(struct bel_transport *transport)
{
	for (unsigned i = 0; i < transport->listeners_count; i++) {
		bel_listener_close(transport->listeners[i].tcp);
		transport->listeners[i].tcp = NULL;
	}
}

void bel_transport_close(struct bel_transport *transport)
{
	if (!transport)
		return;
	bel_transport_part(transport);
	bel_transport_stop(transport);
	bel_timer_stop(transport->opts.loop, &transport->hold);
	for (uint32_t i = 0; i < transport->slots_count; i++) {
		struct conn *conn = transport->slots[i].conn;
		if (!conn)
			continue;
		bel_transport_drop_waiters(&conn->waiters);
		bel_transport_conn_close(conn, BEL_ERR_CLOSED);
	}
	for (unsigned i = 0; i < WAITER_BUCKETS; i++) {
		bel_transport_drop_waiters(&transport->udp_waiters[i]);
		bel_transport_drop_waiters(&transport->far_waiters[i]);
	}
	for (unsigned i = 0; i < transport->listeners_count; i++)
		bel_udp_close(transport->listeners[i].udp);
	bel_mailbox_close(transport->parcels);
	bel_mailbox_close(transport->handed);
	bel_transport_handed_free(transport);
	bel_transport_set_tls(transport, NULL, NULL);
	free(transport->slots);
	free(transport->taken);
	free(transport);
}

void bel_transport_join(struct bel_transport *const *transports, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		transports[i]->others = transports;
		transports[i]->others_count = count;
	}
}

void bel_transport_part(struct bel_transport *transport)
{
	transport->others = NULL;
	transport->others_count = 0;
}
