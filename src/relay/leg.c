/* SPDX-License-Identifier: Apache-2.0
 * Sockets of one side of one stream. */
#include <errno.h>

#include "relay/relay_int.h"

enum { TAKEN_MAX = 64 /* ports in use by others that we run into */ };

static enum bel_err open_socket(struct relay_socket *socket, struct leg *leg,
				uint16_t port, bool is_rtcp)
{
	struct bel_udp_opts opts = {
		.local = leg->stream->call->places[leg->side].own,
		.is_one_of_many = true,
		.buffer_bytes = SOCKET_BUFFER_BYTES,
		.on_datagrams = bel_relay_on_datagrams,
		.user = socket,
	};

	opts.local.port = port;
	socket->leg = leg;
	socket->is_rtcp = is_rtcp;
	return bel_udp_open(&socket->udp, bel_relay_of(leg)->opts.loop, &opts);
}

static enum bel_err take(struct bel_ports *ports, uint16_t port, bool has_next)
{
	if (!bel_ports_take(ports, port))
		return BEL_ERR_BUSY;
	if (!has_next || bel_ports_take(ports, (uint16_t)(port + 1)))
		return BEL_OK;
	bel_ports_give(ports, port);
	return BEL_ERR_BUSY;
}

static void give(struct bel_ports *ports, uint16_t port, bool has_next)
{
	bel_ports_give(ports, port);
	if (has_next)
		bel_ports_give(ports, (uint16_t)(port + 1));
}

static enum bel_err open_at(struct leg *leg, uint16_t port, bool has_rtcp)
{
	struct bel_ports *ports = bel_relay_of(leg)->opts.ports;
	enum bel_err err = open_socket(&leg->rtp, leg, port, false);

	if (!err && has_rtcp) {
		err = open_socket(&leg->rtcp, leg, (uint16_t)(port + 1), true);
		if (err) {
			bel_udp_close(leg->rtp.udp);
			leg->rtp.udp = NULL;
		}
	}
	if (err) {
		give(ports, port, has_rtcp);
		return err;
	}
	leg->port = port;
	leg->holds_next = has_rtcp;
	return BEL_OK;
}

enum bel_err bel_relay_leg_open_at(struct leg *leg, uint16_t port, bool has_rtcp)
{
	enum bel_err err = take(bel_relay_of(leg)->opts.ports, port, has_rtcp);

	if (!err)
		err = open_at(leg, port, has_rtcp);
	if (!err)
		bel_relay_of(leg)->counters.legs++;
	return err == (enum bel_err) - EADDRINUSE ? BEL_ERR_BUSY : err;
}

enum bel_err bel_relay_leg_open(struct leg *leg, bool has_rtcp)
{
	struct bel_relay *relay = bel_relay_of(leg);
	struct bel_port_walk walk = {
		.loop = relay->opts.loop,
		.first = relay->opts.port_min,
		.last = relay->opts.port_max,
		.is_even = true, /* RFC 3550 section 11 */
		.has_next = has_rtcp,
	};
	unsigned taken = 0;
	uint16_t port;

	if (leg->rtp.udp)
		return BEL_OK;
	while (taken < TAKEN_MAX && (port = bel_port_walk_next(&walk)) != 0) {
		enum bel_err err;
		if (take(relay->opts.ports, port, has_rtcp))
			continue;
		err = open_at(leg, port, has_rtcp);
		if (!err)
			relay->counters.legs++;
		if (!err || (int)err != -EADDRINUSE)
			return err;
		taken++;
	}
	relay->counters.ports_out++;
	return BEL_ERR_BUSY;
}

static void close_socket(struct relay_socket *socket)
{
	if (socket->udp)
		bel_udp_close(socket->udp);
	socket->udp = NULL;
}

void bel_relay_leg_close_rtcp(struct leg *leg)
{
	if (!leg->rtcp.udp)
		return;
	close_socket(&leg->rtcp);
	if (leg->holds_next)
		bel_ports_give(bel_relay_of(leg)->opts.ports, (uint16_t)(leg->port + 1));
	leg->holds_next = false;
}

void bel_relay_leg_close(struct leg *leg)
{
	struct bel_relay *relay = bel_relay_of(leg);

	bel_relay_fast_end_both(leg->stream);
	bel_relay_keys_close(leg);
	bel_relay_ice_close(leg);
	leg->is_agreed = false;
	if (!leg->rtp.udp)
		return;
	bel_relay_leg_close_rtcp(leg);
	close_socket(&leg->rtp);
	bel_ports_give(relay->opts.ports, leg->port);
	leg->port = 0;
	relay->counters.legs--;
}

bel_addr bel_relay_leg_outer(const struct leg *leg)
{
	bel_addr outer = leg->stream->call->places[leg->side].outer;

	outer.port = leg->port;
	return outer;
}
