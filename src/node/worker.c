/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/node_int.h"

enum { ORDERS_MAX = 4096, SECOND_MS = 1000 };

static void on_order(void *user, struct bel_letter *letter)
{
	struct order *order = BEL_CONTAINER_OF(letter, struct order, letter);

	order->run(user, order);
}

static void show(_Atomic uint64_t *figure, uint64_t value)
{
	atomic_store_explicit(figure, value, memory_order_relaxed);
}

/* The engine's counters are nothing but numbers. */
static void show_turn(struct worker *worker)
{
	const struct bel_turn_counters *turn = bel_nat_turn_counters(worker->nat);
	const struct bel_nat_counters *nat = bel_nat_counters(worker->nat);
	uint64_t values[TURN_COUNTERS];

	memcpy(values, turn, sizeof values);
	for (unsigned i = 0; i < TURN_COUNTERS; i++)
		show(&worker->turn[i], values[i]);
	show(&worker->turn_connections, nat->connections);
	show(&worker->turn_refused, nat->refused);
}

static void show_relay(struct worker *worker)
{
	const struct bel_relay_counters *relay = bel_relay_counters(
		bel_anchor_relay(worker->anchor));
	uint64_t values[RELAY_COUNTERS];

	memcpy(values, relay, sizeof values);
	for (unsigned i = 0; i < RELAY_COUNTERS; i++)
		show(&worker->relay[i], values[i]);
}

void bel_worker_show(struct worker *worker)
{
	const struct bel_transport_counters *transport = bel_transport_counters(
		worker->transport);

	show(&worker->pending, bel_proxy_pending(worker->proxy));
	show(&worker->calls, bel_proxy_count(worker->proxy));
	show(&worker->transactions, bel_tx_table_count(worker->table));
	show(&worker->connections, transport->connections);
	show(&worker->handed_over, transport->handed_over);
	show(&worker->handed_lost, transport->handed_lost);
	show(&worker->stuns, transport->stuns);
	show_relay(worker);
	if (worker->nat)
		show_turn(worker);
}

/* Worker 0 also lets bindings expire. */
static void on_second(void *user)
{
	struct worker *worker = user;

	bel_worker_show(worker);
	if (worker->index == 0) {
		bel_location_expire(worker->node->location,
				    bel_loop_wall_ms(worker->loop));
		bel_keepalives_ping(worker->node->keepalives, worker->transport,
				    bel_loop_now_ms(worker->loop) / SECOND_MS);
	}
	bel_timer_start(worker->loop, &worker->second,
			bel_loop_now_ms(worker->loop) + SECOND_MS);
}

static bool find_host(void *user, bel_str name, bel_addr *addr,
		      enum bel_sip_transport *transport)
{
	struct worker *worker = user;
	const struct bel_conf *conf = worker->conf;

	for (unsigned i = 0; i < conf->hosts_count; i++) {
		const struct bel_conf_host *host = &conf->hosts[i];
		if (!bel_str_is_equal_nocase(host->name, name))
			continue;
		*addr = host->addr;
		*transport = host->transport == BEL_CONF_TCP   ? BEL_SIP_TCP
			     : host->transport == BEL_CONF_TLS ? BEL_SIP_TLS
			     : host->transport == BEL_CONF_UDP ? BEL_SIP_UDP
							       : BEL_SIP_TRANSPORT_OTHER;
		return true;
	}
	return false;
}

static void on_note(void *user, bel_str call_id, bel_str text)
{
	struct worker *worker = user;

	bel_trails_note(worker->trails, call_id, text, bel_loop_wall_ms(worker->loop));
}

/* What was answered lives until its BYE. */
static void on_final(void *user, const struct bel_proxy_final *final)
{
	struct worker *worker = user;

	if (final->status < 200 || final->status >= 300)
		bel_guard_end_call(worker->node->guard, final->token);
}

static const struct bel_proxy_port proxy_port = { .on_note = on_note,
						  .on_final = on_final,
						  .plan_again = bel_node_plan_again };

static unsigned listeners_of(const struct bel_conf *conf,
			     struct bel_transport_listener *out)
{
	unsigned count = 0;

	for (unsigned i = 0; i < conf->listens_count; i++) {
		unsigned kind = conf->listens[i].transport;
		if (kind == BEL_CONF_HTTP || count == OWN_MAX)
			continue;
		out[count++] = (struct bel_transport_listener){
			.transport = kind == BEL_CONF_UDP   ? BEL_SIP_UDP
				     : kind == BEL_CONF_TCP ? BEL_SIP_TCP
							    : BEL_SIP_TLS,
			.local = conf->listens[i].addr,
		};
	}
	return count;
}

static enum bel_err open_transport(struct worker *worker,
				   const struct bel_node_opts *opts,
				   struct bel_node_failure *failure,
				   struct bel_tls_context *server,
				   struct bel_tls_context *client)
{
	struct bel_transport_listener listeners[OWN_MAX];
	unsigned count = listeners_of(worker->conf, listeners);
	unsigned failed = UINT32_MAX;
	enum bel_err err;

	err = bel_transport_open(
		&worker->transport, &failed,
		&(struct bel_transport_opts){
			.loop = worker->loop,
			.worker = worker->index,
			.workers = (uint16_t)opts->workers,
			.listeners = listeners,
			.listeners_count = count,
			.publics = worker->conf->publics,
			.publics_count = worker->conf->publics_count,
			.tls_server = server,
			.tls_client = client,
			.limits.connections_max = worker->conf->guard.connections_max,
			.port = &bel_node_transport_port,
			.user = worker,
			.log = worker->node->log,
		});
	if (err && failed < count && failure) {
		failure->addr = listeners[failed].local;
		failure->transport = listeners[failed].transport;
	}
	return err;
}

static enum bel_err open_nat(struct worker *worker, const struct bel_node_opts *opts,
			     struct bel_node_failure *failure,
			     struct bel_tls_context *server)
{
	static const enum bel_sip_transport kinds[] = {
		[BEL_CONF_UDP] = BEL_SIP_UDP,
		[BEL_CONF_TCP] = BEL_SIP_TCP,
		[BEL_CONF_TLS] = BEL_SIP_TLS,
	};
	struct bel_node *node = worker->node;
	const struct bel_conf *conf = worker->conf;
	unsigned failed = UINT32_MAX;
	enum bel_err err;

	if (!node->nat)
		return BEL_OK;
	err = bel_nat_open(&worker->nat, &failed,
			   &(struct bel_nat_opts){ .loop = worker->loop,
						   .shared = node->nat,
						   .workers = opts->workers,
						   .conf = conf,
						   .realm = node->realm,
						   .users = node->users,
						   .guard = node->guard,
						   .location = node->location,
						   .crypto = worker->crypto,
						   .tls = server,
						   .log = node->log });
	if (err && failed < conf->turn.listens_count && failure) {
		failure->addr = conf->turn.listens[failed].addr;
		failure->transport = kinds[conf->turn.listens[failed].transport];
		failure->is_turn = true;
	}
	return err;
}

static enum bel_err open_targets(struct worker *worker)
{
	const struct bel_conf *conf = worker->conf;
	unsigned kinds = 0;
	bool has_ipv6 = false;
	enum bel_err err = bel_resolver_open(
		&worker->resolver, worker->loop,
		&(struct bel_resolver_opts){ .server = conf->node.dns });

	for (unsigned i = 0; i < conf->listens_count; i++) {
		kinds |= conf->listens[i].transport;
		has_ipv6 |= conf->listens[i].addr.family == 6;
	}
	if (err)
		return err;
	return bel_targets_open(&worker->targets, &(struct bel_targets_opts){
							  .loop = worker->loop,
							  .resolver = worker->resolver,
							  .find_host = find_host,
							  .user = worker,
							  .has_udp = kinds & BEL_CONF_UDP,
							  .has_tcp = kinds & BEL_CONF_TCP,
							  .has_tls = kinds & BEL_CONF_TLS,
							  .has_ipv6 = has_ipv6,
						  });
}

static void on_media_note(void *user, bel_str call_id, bel_str text, bool is_bad)
{
	struct worker *worker = user;

	on_note(worker, call_id, text);
	if (is_bad)
		BEL_LOG(worker->node->log, BEL_LOG_WARNING, "a call without sound",
			{ "call", call_id }, { "why", text });
}

static void on_keep(void *user, bel_str record, uint32_t *place)
{
	struct worker *worker = user;

	if (worker->kept)
		bel_kept_put(worker->kept, record, place);
}

static void on_forget(void *user, uint32_t place)
{
	struct worker *worker = user;

	if (worker->kept)
		bel_kept_remove(worker->kept, place);
}

static const struct bel_anchor_port anchor_port = { .on_note = on_media_note,
						    .on_keep = on_keep,
						    .on_forget = on_forget };

static enum bel_err open_anchor(struct worker *worker)
{
	struct bel_node *node = worker->node;
	enum bel_err err = BEL_OK;

	if (node->disk)
		err = bel_kept_open(&worker->kept, node->disk, node->kept_generation,
				    worker->index);
	/* No reason not to serve. */
	if (err)
		BEL_LOG(node->log, BEL_LOG_WARNING,
			"calls cannot be kept, and end with this process",
			{ "error", bel_str_from(bel_err_text(err)) });
	err = bel_loop_use_ring(worker->loop);
	if (err)
		BEL_LOG(node->log, BEL_LOG_DEBUG, "sockets of media go by epoll",
			{ "why", bel_str_from(bel_err_text(err)) });
	return bel_anchor_open(&worker->anchor,
			       &(struct bel_anchor_opts){
				       .loop = worker->loop,
				       .transport = worker->transport,
				       .ports = worker->node->media_ports,
				       .dtls = worker->node->dtls,
				       .fast = worker->node->fast,
				       .known = worker->node->known,
				       .conf = worker->conf,
				       .port = &anchor_port,
				       .user = worker,
			       });
}

static enum bel_err open_proxy(struct worker *worker)
{
	struct bel_node *node = worker->node;

	return bel_proxy_open(&worker->proxy,
			      &(struct bel_proxy_opts){
				      .loop = worker->loop,
				      .table = worker->table,
				      .transport = worker->transport,
				      .targets = worker->targets,
				      .location = node->location,
				      .anchor = worker->anchor,
				      .worker = worker->index,
				      .mark_key = node->mark_key,
				      .branch_key = node->branch_key,
				      .realm = node->realm,
				      .timer_c_ms = worker->conf->proxy.timer_c_s * 1000,
				      .branches_max = worker->conf->proxy.branches_max,
				      .port = &proxy_port,
				      .user = worker,
			      });
}

static void on_call_ended(void *user, uint64_t token)
{
	struct worker *worker = user;

	bel_guard_end_call(worker->node->guard, token);
}

static enum bel_err open_agent(struct worker *worker)
{
	struct bel_writer mark = bel_writer_init(worker->branch_mark,
						 sizeof worker->branch_mark);
	enum bel_err err;

	bel_node_write_branch_mark(&mark, worker->index);
	err = bel_ua_open(&worker->ua, &(struct bel_ua_opts){
					       .loop = worker->loop,
					       .transport = worker->transport,
					       .targets = worker->targets,
					       .table = worker->table,
					       .crypto = worker->crypto,
					       .branch_mark = bel_writer_str(&mark),
				       });

	if (err)
		return err;
	return bel_agent_open(&worker->agent,
			      &(struct bel_agent_opts){
				      .ua = worker->ua,
				      .transport = worker->transport,
				      .clips = worker->node->clips,
				      .port_min = worker->conf->media.port_min,
				      .port_max = worker->conf->media.port_max,
				      .on_ended = on_call_ended,
				      .user = worker,
			      });
}

enum bel_err bel_worker_open(struct worker **out, struct bel_node *node, unsigned index,
			     const struct bel_node_opts *opts,
			     struct bel_node_failure *failure,
			     struct bel_tls_context *server,
			     struct bel_tls_context *client)
{
	struct worker *worker = calloc(1, sizeof *worker);
	enum bel_err err;

	if (!worker)
		return bel_err_from_errno(ENOMEM);
	worker->node = node;
	worker->index = (uint16_t)index;
	worker->loop = opts->loops[index];
	worker->conf = bel_conf_ref(opts->conf);
	bel_timer_init(&worker->second, on_second, worker);
	err = bel_trails_open(&worker->trails, worker->conf->node.trails,
			      &worker->node->tag_key);
	if (!err)
		err = bel_crypto_open(&worker->crypto);
	if (!err)
		err = bel_mailbox_open(&worker->orders, worker->loop, ORDERS_MAX,
				       on_order, worker);
	if (!err)
		err = open_transport(worker, opts, failure, server, client);
	if (!err)
		err = open_nat(worker, opts, failure, server);
	if (!err)
		err = open_targets(worker);
	if (!err)
		err = bel_tx_table_open(&worker->table, &(struct bel_tx_table_opts){
								.loop = worker->loop });
	if (!err)
		err = open_anchor(worker);
	if (!err)
		err = bel_worker_open_ng(worker, opts->workers, failure);
	if (!err)
		err = open_proxy(worker);
	if (!err)
		err = open_agent(worker);
	if (err) {
		bel_worker_close(worker);
		return err;
	}
	on_second(worker);
	*out = worker;
	return BEL_OK;
}

void bel_worker_close(struct worker *worker)
{
	if (!worker)
		return;
	bel_timer_stop(worker->loop, &worker->second);
	/* What still lies in it is delivered, so everything must be there. */
	bel_mailbox_close(worker->orders);
	/* Answers that wait for the disk still need the transport. */
	if (worker->node->store)
		bel_store_leave(worker->node->store, worker->index);
	/* Transactions end first: their ends release the calls. */
	bel_tx_table_close(worker->table);
	bel_proxy_close(worker->proxy);
	bel_ng_close(worker->ng);
	bel_anchor_close(worker->anchor);
	bel_kept_close(worker->kept);
	bel_agent_close(worker->agent);
	bel_ua_close(worker->ua);
	bel_targets_close(worker->targets);
	bel_resolver_close(worker->resolver);
	bel_nat_close(worker->nat);
	bel_transport_close(worker->transport);
	bel_crypto_close(worker->crypto);
	bel_trails_close(worker->trails);
	bel_conf_unref(worker->conf);
	free(worker);
}
