/* SPDX-License-Identifier: Apache-2.0 */
#include "transport/transport_int.h"

#include "stun/stun.h"

/* What phones send to keep a NAT open: line ends, zeros, or nothing. */
static bool is_keepalive(bel_str bytes)
{
	if (bytes.len > 8)
		return false;
	for (size_t i = 0; i < bytes.len; i++)
		if (bytes.ptr[i] != '\r' && bytes.ptr[i] != '\n' && bytes.ptr[i] != '\0')
			return false;
	return true;
}

static void answer_stun(struct bel_transport *transport, const struct bel_flow *flow,
			bel_str request)
{
	char buf[BEL_STUN_ANSWER_BYTES_MAX];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	transport->counters.stuns++;
	if (transport->opts.port->may_answer &&
	    !transport->opts.port->may_answer(transport->opts.user, &flow->peer))
		return;
	if (bel_stun_answer(&writer, request, &flow->peer) == BEL_OK)
		bel_transport_udp_send(transport, flow, bel_writer_str(&writer));
}

/* Whether there is a message in it for the node. */
static bool take_datagram(struct listener *listener, const struct bel_datagram *datagram,
			  struct bel_rx *rx)
{
	struct bel_transport *transport = listener->transport;
	const struct bel_transport_opts *opts = &transport->opts;

	rx->bytes = (bel_str){ datagram->buf, datagram->len };
	rx->flow = (struct bel_flow){
		.transport = BEL_SIP_UDP,
		.listener = (uint8_t)(listener - transport->listeners),
		.worker = opts->worker,
		.peer = datagram->peer,
		.local = datagram->local,
	};
	if (opts->port->may_receive &&
	    !opts->port->may_receive(opts->user, &datagram->peer, BEL_SIP_UDP)) {
		transport->counters.refused++;
		return false;
	}
	if (is_keepalive(rx->bytes)) {
		transport->counters.keepalives++;
		return false;
	}
	if (bel_stun_is(rx->bytes)) {
		answer_stun(transport, &rx->flow, rx->bytes);
		return false;
	}
	transport->counters.received[BEL_SIP_UDP]++;
	if (opts->port->on_wire)
		opts->port->on_wire(opts->user, &rx->flow, false, rx->bytes);
	return true;
}

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	struct listener *listener = user;
	struct bel_transport *transport = listener->transport;
	struct bel_rx rx[BEL_RX_BATCH];
	unsigned taken = 0;

	(void)udp;
	for (unsigned i = 0; i < count; i++)
		if (take_datagram(listener, &datagrams[i], &rx[taken]))
			taken++;
	taken = bel_transport_steer(transport, rx, taken);
	if (taken)
		transport->opts.port->on_messages(transport->opts.user, rx, taken);
}

static void on_unreachable(void *user, struct bel_udp *udp, const bel_addr *peer,
			   enum bel_err err)
{
	struct listener *listener = user;
	const struct bel_flow flow = { .transport = BEL_SIP_UDP, .peer = *peer };

	(void)udp;
	bel_transport_tell_waiters(
		&listener->transport->udp_waiters[bel_transport_bucket(peer)], &flow,
		err);
}

enum bel_err bel_transport_udp_open(struct listener *listener, bool is_shared)
{
	const struct bel_udp_opts opts = {
		.local = listener->opts.local,
		.is_shared = is_shared,
		.on_datagrams = on_datagrams,
		.on_unreachable = on_unreachable,
		.user = listener,
	};
	enum bel_err err = bel_udp_open(&listener->udp, listener->transport->opts.loop,
					&opts);

	if (!err)
		listener->opts.local = *bel_udp_local(listener->udp);
	return err;
}

enum bel_err bel_transport_udp_send(struct bel_transport *transport,
				    const struct bel_flow *flow, bel_str bytes)
{
	if (flow->listener >= transport->listeners_count ||
	    !transport->listeners[flow->listener].udp)
		return BEL_ERR_CLOSED;
	return bel_udp_send(transport->listeners[flow->listener].udp, &flow->peer,
			    &flow->local, bytes);
}

enum bel_err bel_transport_udp_flow(struct bel_flow *out, struct bel_transport *transport,
				    const bel_addr *peer)
{
	bool is_loopback = bel_addr_range(peer) == BEL_ADDR_LOOPBACK;
	int best = -1;

	/* The listener on the peer's side of the machine: the loopback listener reaches
	 * nobody outside, and one outside is a stranger to loopback peers. */
	for (unsigned i = 0; i < transport->listeners_count; i++) {
		const struct listener *listener = &transport->listeners[i];
		bool is_fit = (bel_addr_range(&listener->opts.local) ==
			       BEL_ADDR_LOOPBACK) == is_loopback;
		if (!listener->udp || listener->opts.local.family != peer->family)
			continue;
		if (best < 0 || is_fit) {
			best = (int)i;
			if (is_fit)
				break;
		}
	}
	if (best < 0)
		return BEL_ERR_UNSUPPORTED;
	*out = (struct bel_flow){ .transport = BEL_SIP_UDP,
				  .listener = (uint8_t)best,
				  .worker = transport->opts.worker,
				  .peer = *peer,
				  .local = transport->listeners[best].opts.local };
	if (bel_addr_range(&out->local) == BEL_ADDR_UNSPECIFIED) {
		uint16_t port = out->local.port;
		if (bel_loop_local_for(transport->opts.loop, peer, &out->local))
			return BEL_ERR_UNSUPPORTED;
		out->local.port = port;
	}
	return BEL_OK;
}
