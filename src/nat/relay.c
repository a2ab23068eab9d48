/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "nat/nat_int.h"

enum {
	RELAYS_FIRST = 64,
	TAKEN_MAX = 64,               /* ports in use by others that we run into */
	SOCKET_BUFFER_BYTES = 1 << 18 /* a second of video */
};

static struct relay *find(const struct bel_nat *nat, bel_turn_relay id)
{
	uint32_t index = (uint32_t)id;

	return index < nat->relays_size && nat->relays[index] &&
			       nat->relays[index]->id == id
		       ? nat->relays[index]
		       : NULL;
}

static bool has_room(struct bel_nat *nat, uint32_t index)
{
	uint32_t size = nat->relays_size ? nat->relays_size : RELAYS_FIRST;
	struct relay **relays;

	while (size <= index)
		size *= 2;
	if (size == nat->relays_size)
		return true;
	relays = realloc(nat->relays, size * sizeof *relays);
	if (!relays)
		return false;
	memset(relays + nat->relays_size, 0, (size - nat->relays_size) * sizeof *relays);
	nat->relays = relays;
	nat->relays_size = size;
	return true;
}

/* ---- what comes from peers ---- */

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	struct relay *relay = user;
	struct bel_nat *nat = relay->nat;
	bel_turn_relay id = relay->id;
	uint64_t now_ms = bel_loop_now_ms(nat->opts.loop);

	(void)udp;
	for (unsigned i = 0; i < count; i++) {
		bel_addr peer = bel_nat_to_outer(nat->opts.shared, &datagrams[i].peer);
		bel_turn_server_on_peer(nat->server, id, &peer,
					(bel_str){ datagrams[i].buf, datagrams[i].len },
					now_ms);
	}
}

static void on_icmp(void *user, struct bel_udp *udp, const bel_addr *to, uint8_t type,
		    uint8_t code, uint32_t mtu)
{
	struct relay *relay = user;
	struct bel_nat *nat = relay->nat;
	bel_addr peer = bel_nat_to_outer(nat->opts.shared, to);

	(void)udp;
	bel_turn_server_on_icmp(nat->server, relay->id, &peer, type, code, mtu,
				bel_loop_now_ms(nat->opts.loop));
}

/* ---- opening ---- */

static enum bel_err open_at(struct bel_nat *nat, const struct host *host, uint16_t port,
			    bel_turn_relay id)
{
	struct relay *relay = malloc(sizeof *relay);
	struct bel_udp_opts opts = { .local = host->inner,
				     .is_fragmented = true,
				     .buffer_bytes = SOCKET_BUFFER_BYTES,
				     .on_datagrams = on_datagrams,
				     .on_icmp = on_icmp,
				     .user = relay };
	enum bel_err err;

	if (!relay)
		return bel_err_from_errno(ENOMEM);
	opts.local.port = port;
	*relay = (struct relay){ .nat = nat, .id = id };
	err = has_room(nat, (uint32_t)id)
		      ? bel_udp_open(&relay->udp, nat->opts.loop, &opts)
		      : bel_err_from_errno(ENOMEM);
	if (err) {
		free(relay);
		return err;
	}
	nat->relays[(uint32_t)id] = relay;
	return BEL_OK;
}

static enum bel_err open_taken(struct bel_nat *nat, struct host *host, uint16_t port,
			       bel_turn_relay id)
{
	enum bel_err err;

	if (!bel_ports_take(&host->ports, port))
		return bel_err_from_errno(EADDRINUSE);
	err = open_at(nat, host, port, id);
	if (err)
		bel_ports_give(&host->ports, port);
	return err;
}

void bel_nat_close_relay(void *user, bel_turn_relay id)
{
	struct bel_nat *nat = user;
	struct relay *relay = find(nat, id);
	bel_addr local;

	if (!relay)
		return;
	local = *bel_udp_local(relay->udp);
	bel_udp_close(relay->udp);
	bel_ports_give(&bel_nat_host(nat->opts.shared, local.family)->ports, local.port);
	nat->relays[(uint32_t)id] = NULL;
	free(relay);
}

static enum bel_err open_ports(struct bel_nat *nat, struct host *host, uint16_t port,
			       const bel_turn_relay *ids, bool is_pair)
{
	enum bel_err err = open_taken(nat, host, port, ids[0]);

	if (err || !is_pair)
		return err;
	err = open_taken(nat, host, (uint16_t)(port + 1), ids[1]);
	if (err)
		bel_nat_close_relay(nat, ids[0]);
	return err;
}

enum bel_err bel_nat_open_relay(void *user, bel_addr *out, const bel_turn_relay *ids,
				uint8_t family, enum bel_turn_parity parity)
{
	struct bel_nat *nat = user;
	struct host *host = bel_nat_host(nat->opts.shared, family);
	bool is_pair = parity == BEL_TURN_PORT_PAIR;
	struct bel_port_walk walk = { .loop = nat->opts.loop,
				      .first = nat->opts.conf->turn.port_min,
				      .last = nat->opts.conf->turn.port_max,
				      .is_even = parity != BEL_TURN_ANY_PORT,
				      .has_next = is_pair };
	unsigned taken = 0;
	bool is_foreign;
	uint16_t port;

	if (!host->inner.family)
		return BEL_ERR_UNSUPPORTED;
	while (taken < TAKEN_MAX && (port = bel_port_walk_next(&walk)) != 0) {
		enum bel_err err;
		/* A port of ours costs a look at a bit, one of others calls of the
		 * kernel.
		 */
		is_foreign = !bel_ports_is_taken(&host->ports, port);
		err = open_ports(nat, host, port, ids, is_pair);
		if (err && (int)err != -EADDRINUSE)
			return err;
		if (err) {
			taken += is_foreign;
			continue;
		}
		out[0] = host->outer;
		out[0].port = port;
		if (is_pair) {
			out[1] = host->outer;
			out[1].port = (uint16_t)(port + 1);
		}
		return BEL_OK;
	}
	return BEL_ERR_BUSY;
}

/* ---- what goes to peers ---- */

void bel_nat_send_peer(void *user, bel_turn_relay id, const bel_addr *peer, bel_str data,
		       bool is_unfragmented)
{
	struct bel_nat *nat = user;
	struct relay *relay = find(nat, id);
	bel_addr to = bel_nat_to_inner(nat->opts.shared, peer);

	if (!relay)
		return;
	/* What does not leave is lost, as the network loses it. */
	if (is_unfragmented)
		(void)bel_udp_send_whole(relay->udp, &to, data);
	else
		(void)bel_udp_send(relay->udp, &to, NULL, data);
}
