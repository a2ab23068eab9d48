/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "nat/nat_int.h"

enum { NONCE_S = 600 };

/* ---- to and from the engine ---- */

static void on_due(void *user)
{
	struct bel_nat *nat = user;

	bel_turn_server_advance(nat->server, bel_loop_now_ms(nat->opts.loop));
	bel_nat_arm(nat);
}

void bel_nat_arm(struct bel_nat *nat)
{
	uint64_t at_ms = bel_turn_server_next_ms(nat->server);

	if (at_ms != UINT64_MAX)
		bel_timer_start(nat->opts.loop, &nat->timer, at_ms);
}

bel_str bel_nat_join(struct bel_nat *nat, const bel_str *pieces, unsigned count)
{
	struct bel_writer writer = bel_writer_init(nat->out, sizeof nat->out);

	if (count == 1)
		return pieces[0];
	for (unsigned i = 0; i < count; i++)
		bel_write_str(&writer, pieces[i]);
	return bel_writer_str(&writer);
}

static void send_client(void *user, const struct bel_turn_tuple *to,
			const bel_str *pieces, unsigned count)
{
	struct bel_nat *nat = user;

	if (bel_turn_is_stream(to->transport)) {
		bel_nat_stream_send(nat, to, pieces, count);
		return;
	}
	(void)bel_udp_send(nat->listeners[to->flow].udp, &to->client, &to->server,
			   bel_nat_join(nat, pieces, count));
}

static bool is_relay(void *user, const bel_addr *peer)
{
	return bel_nat_is_relay(((struct bel_nat *)user)->opts.shared, peer);
}

static uint64_t wall_s(void *user)
{
	return bel_loop_wall_ms(((struct bel_nat *)user)->opts.loop) / 1000;
}

static const struct bel_turn_server_port port = {
	.find_key = bel_nat_find_key,
	.on_wrong = bel_nat_on_wrong,
	.is_relay = is_relay,
	.may_answer = bel_nat_may_answer,
	.wall_s = wall_s,
	.open_relay = bel_nat_open_relay,
	.close_relay = bel_nat_close_relay,
	.send_client = send_client,
	.send_peer = bel_nat_send_peer,
};

/* ---- datagrams ---- */

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	struct listener *listener = user;
	struct bel_nat *nat = listener->nat;
	uint64_t now_ms = bel_loop_now_ms(nat->opts.loop);

	(void)udp;
	for (unsigned i = 0; i < count; i++) {
		const struct bel_turn_tuple from = {
			.client = datagrams[i].peer,
			.server = datagrams[i].local,
			.transport = BEL_TURN_UDP,
			.flow = (uint64_t)(listener - nat->listeners),
		};
		if (!bel_guard_may_receive(nat->opts.guard, &from.client, now_ms)) {
			nat->counters.refused++;
			continue;
		}
		nat->asking = from.client;
		bel_turn_server_receive(nat->server, &from,
					(bel_str){ datagrams[i].buf, datagrams[i].len },
					now_ms);
	}
	bel_nat_arm(nat);
}

static enum bel_err listen_udp(struct listener *listener, bool is_shared)
{
	const struct bel_udp_opts opts = { .local = listener->local,
					   .is_shared = is_shared,
					   .by_host_count = listener->nat->opts.workers,
					   .is_fragmented = true,
					   .on_datagrams = on_datagrams,
					   .user = listener };
	enum bel_err err = bel_udp_open(&listener->udp, listener->nat->opts.loop, &opts);

	if (!err)
		listener->local = *bel_udp_local(listener->udp);
	return err;
}

static enum bel_turn_transport transport_of(unsigned kind)
{
	return kind == BEL_CONF_UDP   ? BEL_TURN_UDP
	       : kind == BEL_CONF_TCP ? BEL_TURN_TCP
				      : BEL_TURN_TLS;
}

static enum bel_err open_listeners(struct bel_nat *nat, unsigned *failed)
{
	const struct bel_conf *conf = nat->opts.conf;
	bool is_shared = nat->opts.workers > 1;

	for (unsigned i = 0; i < conf->turn.listens_count; i++) {
		struct listener *listener = &nat->listeners[nat->listeners_count];
		enum bel_err err = BEL_ERR_LIMIT;
		if (failed)
			*failed = i;
		if (nat->listeners_count == LISTENERS_MAX)
			return err;
		*listener = (struct listener){
			.nat = nat,
			.transport = transport_of(conf->turn.listens[i].transport),
			.local = conf->turn.listens[i].addr,
		};
		err = listener->transport == BEL_TURN_UDP
			      ? listen_udp(listener, is_shared)
			      : bel_nat_stream_listen(listener, is_shared);
		/* A machine without IPv6 has nobody to listen to there, where all
		 * addresses were meant. */
		if ((int)err == -EAFNOSUPPORT && listener->local.family == 6 &&
		    bel_addr_range(&listener->local) == BEL_ADDR_UNSPECIFIED)
			continue;
		if (err)
			return err;
		nat->listeners_count++;
		if (!conf->turn.listens[i].addr.port)
			bel_nat_own_listener(nat->opts.shared, &listener->local);
	}
	return BEL_OK;
}

/* ---- rules ---- */

static size_t take_nets(struct bel_turn_net *out, const struct bel_conf_net *nets,
			unsigned count)
{
	for (unsigned i = 0; i < count && i < NETS_MAX; i++)
		out[i] = (struct bel_turn_net){ nets[i].addr, nets[i].prefix_bits };
	return count < NETS_MAX ? count : NETS_MAX;
}

static struct bel_turn_server_opts rules_of(struct bel_nat *nat)
{
	const struct bel_conf *conf = nat->opts.conf;

	return (struct bel_turn_server_opts){
		.secrets = conf->turn.secrets,
		.secrets_count = conf->turn.secrets_count,
		.own = nat->opts.shared->own,
		.own_count = nat->opts.shared->own_count,
		.allowed = nat->allowed,
		.allowed_count = take_nets(nat->allowed, conf->turn.allowed,
					   conf->turn.allowed_count),
		.denied = nat->denied,
		.denied_count = take_nets(nat->denied, conf->turn.denied,
					  conf->turn.denied_count),
		.wants_userhash = conf->turn.has_userhash && !conf->turn.secrets_count,
		.user_relays_max = conf->turn.relays_max,
		.user_bytes_per_s = conf->turn.bytes_per_s,
	};
}

void bel_nat_set_conf(struct bel_nat *nat, const struct bel_conf *conf)
{
	struct bel_turn_server_opts rules;

	nat->opts.conf = conf;
	rules = rules_of(nat);
	bel_turn_server_set_rules(nat->server, &rules);
}

void bel_nat_set_tls(struct bel_nat *nat, struct bel_tls_context *tls)
{
	bel_tls_context_unref(nat->tls);
	nat->tls = tls ? bel_tls_context_ref(tls) : NULL;
}

/* ---- opening ---- */

static enum bel_err open_server(struct bel_nat *nat)
{
	struct bel_turn_server_opts opts = rules_of(nat);
	enum bel_err err;

	opts.port = &port;
	opts.user = nat;
	opts.crypto = nat->opts.crypto;
	opts.realm = nat->opts.realm;
	opts.nonce_s = NONCE_S;
	opts.can_dont_fragment = true;
	opts.has_mobility = nat->opts.workers == 1;
	bel_loop_random(nat->opts.loop, opts.key, sizeof opts.key);
	err = bel_turn_server_open(&nat->server, &opts, bel_loop_now_ms(nat->opts.loop));
	bel_wipe(opts.key, sizeof opts.key);
	return err;
}

enum bel_err bel_nat_open(struct bel_nat **out, unsigned *failed,
			  const struct bel_nat_opts *opts)
{
	struct bel_nat *nat = calloc(1, sizeof *nat);
	enum bel_err err;

	if (!nat)
		return bel_err_from_errno(ENOMEM);
	nat->opts = *opts;
	bel_nat_set_tls(nat, opts->tls);
	bel_timer_init(&nat->timer, on_due, nat);
	if (failed)
		*failed = UINT32_MAX;
	err = open_server(nat);
	if (!err)
		err = open_listeners(nat, failed);
	if (err) {
		bel_nat_close(nat);
		return err;
	}
	*out = nat;
	return BEL_OK;
}

void bel_nat_close(struct bel_nat *nat)
{
	if (!nat)
		return;
	bel_timer_stop(nat->opts.loop, &nat->timer);
	for (unsigned i = 0; i < nat->listeners_count; i++) {
		bel_udp_close(nat->listeners[i].udp);
		bel_listener_close(nat->listeners[i].tcp);
	}
	bel_nat_streams_close(nat);
	bel_turn_server_close(nat->server);
	bel_tls_context_unref(nat->tls);
	free(nat->relays);
	free(nat);
}

struct bel_nat_listener bel_nat_listener_at(const struct bel_nat *nat, unsigned index)
{
	if (index >= nat->listeners_count)
		return (struct bel_nat_listener){ .local.family = 0 };
	return (struct bel_nat_listener){ nat->listeners[index].transport,
					  nat->listeners[index].local };
}

const struct bel_nat_counters *bel_nat_counters(const struct bel_nat *nat)
{
	return &nat->counters;
}

const struct bel_turn_counters *bel_nat_turn_counters(const struct bel_nat *nat)
{
	return bel_turn_server_counters(nat->server);
}
