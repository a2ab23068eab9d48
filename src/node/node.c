/* SPDX-License-Identifier: Apache-2.0 */
#include "node/node.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/node_int.h"

enum { NODE_BUDGET_BYTES = 1 << 20, NONCE_S = 300, DISCARD_PORT = 9 };

/* ---- opening ---- */

/* Keys are made at the first start and kept: dialogs, nonces and refusals of before a
 * restart stay genuine. */
static enum bel_err take_key(struct bel_node *node, struct bel_loop *loop,
			     const char *name, void *key, size_t size)
{
	bel_str kept;
	enum bel_err err;

	bel_loop_random(loop, key, size);
	if (!node->store)
		return BEL_OK;
	err = bel_store_meta(node->store, name, (bel_str){ key, size }, &node->arena,
			     &kept);
	if (err)
		return err;
	if (kept.len != size)
		return BEL_ERR_STORE;
	memcpy(key, kept.ptr, size);
	return BEL_OK;
}

/* The realm of the first start: a new domain must not make every password wrong. */
static enum bel_err take_realm(struct bel_node *node, const struct bel_conf *conf)
{
	bel_str proposed = conf->realm.len       ? conf->realm
			   : conf->domains_count ? conf->domains[0].name
						 : BEL_STR("belfry");

	if (!node->store) {
		node->realm = bel_arena_copy(&node->arena, proposed);
		return node->realm.ptr ? BEL_OK : BEL_ERR_SPACE;
	}
	return bel_store_meta(node->store, "realm", proposed, &node->arena, &node->realm);
}

static enum bel_err take_secrets(struct bel_node *node, const struct bel_conf *conf,
				 struct bel_loop *loop)
{
	enum bel_err err = take_realm(node, conf);

	if (!err)
		err = take_key(node, loop, "tag key", &node->tag_key,
			       sizeof node->tag_key);
	if (!err)
		err = take_key(node, loop, "mark key", &node->mark_key.key,
			       sizeof node->mark_key.key);
	if (!err)
		err = take_key(node, loop, "branch key", &node->branch_key,
			       sizeof node->branch_key);
	if (!err)
		err = take_key(node, loop, BEL_GRUU_KEY_NAME, &node->gruu_key,
			       sizeof node->gruu_key);
	if (!err)
		err = take_key(node, loop, "steer key", &node->steer_key,
			       sizeof node->steer_key);
	if (!err)
		err = take_key(node, loop, "nonce key", node->auth.key,
			       sizeof node->auth.key);
	for (unsigned i = 0; i < conf->digest.algorithms_count; i++)
		node->digests[i] = conf->digest.algorithms[i];
	node->auth.realm = node->realm;
	node->auth.nonce_s = NONCE_S;
	node->auth.digests = node->digests;
	node->auth.digests_count = conf->digest.algorithms_count;
	return err;
}

static enum bel_err open_store(struct bel_node *node, const struct bel_node_opts *opts)
{
	if (!opts->disk)
		return BEL_OK;
	return bel_store_open(&node->store, &(struct bel_store_opts){
						    .disk = opts->disk,
						    .sqlite_path = opts->sqlite_path,
						    .loops = opts->loops,
						    .workers = opts->workers,
						    .sync_ms = opts->conf->store.sync_ms,
						    .log = opts->log,
					    });
}

static void on_binding(void *user, bel_str aor, const struct bel_binding *binding,
		       bool is_gone)
{
	struct bel_node *node = user;

	bel_keepalives_on_change(node->keepalives, binding, is_gone);
	bel_watchers_on_change(node, aor, binding, is_gone);
}

/* Those that were there before a restart. */
static bool on_kept(void *user, bel_str aor, const struct bel_binding *bindings,
		    unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		on_binding(user, aor, &bindings[i], false);
	return true;
}

static enum bel_err open_location(struct bel_node *node, const struct bel_node_opts *opts,
				  uint64_t seed)
{
	uint64_t now = bel_loop_wall_ms(opts->loops[0]);
	enum bel_err err = bel_keepalives_open(&node->keepalives,
					       opts->conf->registrar.keepalive_s);

	node->wall_ahead_ms = now - bel_loop_now_ms(opts->loops[0]);
	if (!err)
		err = bel_location_open(&node->location, &(struct bel_location_opts){
								 .store = node->store,
								 .seed = seed,
								 .wall_ms = now,
								 .on_change = on_binding,
								 .user = node });
	if (!err)
		err = bel_location_each(node->location, now, on_kept, node);
	return err;
}

static enum bel_err open_shared(struct bel_node *node, const struct bel_node_opts *opts)
{
	uint64_t seed;
	enum bel_err err = open_store(node, opts);

	bel_loop_random(opts->loops[0], &seed, sizeof seed);
	if (!err)
		err = take_secrets(node, opts->conf, opts->loops[0]);
	if (!err)
		err = open_location(node, opts, seed);
	if (!err)
		err = bel_users_open(&node->users,
				     &(struct bel_users_opts){ .conf = opts->conf,
							       .store = node->store,
							       .realm = node->realm });
	if (!err)
		err = bel_guard_open(&node->guard, opts->conf, seed ^ 0x5bd1e995u);
	if (!err)
		err = bel_clips_open(&node->clips);
	return err;
}

static enum bel_err open_tls(struct bel_tls_context **server,
			     struct bel_tls_context **client, const struct bel_conf *conf,
			     const struct bel_node_tls *from,
			     struct bel_node_failure *failure)
{
	struct bel_writer detail = bel_writer_init(failure->text,
						   sizeof failure->text - 1);
	struct bel_tls_opts tls = {
		.is_server = true,
		.cert_pem = from->cert,
		.key_pem = from->key,
		.ca_pem = from->clients_ca,
		.has_client_certs = from->clients_ca.len > 0,
		.has_tls13_only = conf->tls.min_version == 13,
	};
	enum bel_err err;

	if (!from->cert.len)
		return BEL_OK;
	err = bel_tls_context_new(server, &tls, &detail);
	tls.is_server = tls.has_client_certs = false;
	tls.ca_pem = BEL_STR_NONE;
	tls.has_verify_off = conf->tls.has_verify_off;
	if (!err)
		err = bel_tls_context_new(client, &tls, &detail);
	failure->text[detail.len] = '\0';
	return err;
}

/* Every address of ours that a URI may name: listeners with concrete addresses, the
 * machine's own for wildcards, and public ones. */
static void put_own(struct bel_node *node, const bel_addr *addr)
{
	for (unsigned i = 0; i < node->own_count; i++)
		if (bel_addr_is_equal(&node->own[i], addr))
			return;
	if (node->own_count < OWN_MAX)
		node->own[node->own_count++] = *addr;
}

static void put_wildcard(struct bel_node *node, struct bel_loop *loop,
			 const bel_addr *addr)
{
	/* The ways out that matter: to ourselves, to the world. An interface that only
	 * leads elsewhere is told by `public`. */
	static const char *const peers[] = { "127.0.0.1", "192.0.2.1",   "10.0.0.1",
					     "::1",       "2001:db8::1", "fd00::1" };
	bel_addr peer, local;

	for (unsigned i = 0; i < BEL_COUNT_OF(peers); i++) {
		(void)bel_addr_parse_host(&peer, bel_str_from(peers[i]));
		peer.port = DISCARD_PORT;
		if (peer.family != addr->family ||
		    bel_loop_local_for(loop, &peer, &local))
			continue;
		local.port = addr->port;
		put_own(node, &local);
	}
}

static void find_own(struct bel_node *node, const struct bel_conf *conf,
		     struct bel_loop *loop)
{
	struct bel_transport_listener listener;

	for (unsigned i = 0;; i++) {
		listener = bel_transport_listener_at(node->transports[0], i);
		if (!listener.local.family)
			break;
		if (bel_addr_range(&listener.local) == BEL_ADDR_UNSPECIFIED)
			put_wildcard(node, loop, &listener.local);
		else
			put_own(node, &listener.local);
	}
	for (unsigned i = 0; i < conf->publics_count; i++)
		put_own(node, &conf->publics[i]);
}

static enum bel_err open_workers(struct bel_node *node, const struct bel_node_opts *opts,
				 struct bel_node_failure *failure)
{
	struct bel_tls_context *server = NULL, *client = NULL;
	enum bel_err err = open_tls(&server, &client, opts->conf, &opts->tls, failure);

	for (unsigned i = 0; i < opts->workers && !err; i++) {
		err = bel_worker_open(&node->workers[i], node, i, opts, failure, server,
				      client);
		if (err)
			break;
		node->transports[i] = node->workers[i]->transport;
		node->workers_count = i + 1;
	}
	bel_tls_context_unref(server);
	bel_tls_context_unref(client);
	if (!err)
		bel_transport_join(node->transports, node->workers_count);
	return err;
}

/* Calls that the process before carried; what is wrong with their files is no reason not
 * to serve new ones. */
static enum bel_err open_with_past(struct bel_node *node,
				   const struct bel_node_opts *opts,
				   struct bel_node_failure *failure)
{
	struct kept_past *past = NULL;
	enum bel_err err = node->disk ? bel_kept_past_open(&past, node->disk) : BEL_OK;

	if (err)
		BEL_LOG(node->log, BEL_LOG_WARNING,
			"calls of before cannot be read, and end",
			{ "error", bel_str_from(bel_err_text(err)) });
	if (past)
		node->kept_generation = bel_kept_past_generation(past);
	err = open_workers(node, opts, failure);
	if (past && !err) {
		bel_kept_past_restore(past, node);
		bel_kept_past_end(past, node->disk, node->log);
	}
	bel_kept_past_close(past);
	return err;
}

enum bel_err bel_node_open(struct bel_node **out, struct bel_node_failure *failure,
			   const struct bel_node_opts *opts)
{
	struct bel_node *node;
	enum bel_err err;

	*failure = (struct bel_node_failure){ .text = "" };
	if (!opts->workers || opts->workers > BEL_NODE_WORKERS_MAX)
		return BEL_ERR_LIMIT;
	node = calloc(1, sizeof *node);
	if (!node)
		return bel_err_from_errno(ENOMEM);
	pthread_mutex_init(&node->conf_lock, NULL);
	pthread_mutex_init(&node->watchers_lock, NULL);
	bel_list_init(&node->watchers);
	bel_arena_init(&node->arena, NULL, 0, NODE_BUDGET_BYTES);
	node->conf = bel_conf_ref(opts->conf);
	node->log = opts->log;
	node->disk = opts->disk;
	err = open_shared(node, opts);
	if (!err)
		err = bel_node_load_recordings(node, opts->conf, failure);
	if (!err && opts->conf->turn.is_on)
		err = bel_nat_shared_open(&node->nat, opts->loops[0], opts->conf);
	if (!err)
		err = bel_node_media_open(node, opts->loops[0]);
	if (!err)
		err = open_with_past(node, opts, failure);
	if (err) {
		bel_node_close(node);
		return err;
	}
	find_own(node, opts->conf, opts->loops[0]);
	*out = node;
	return BEL_OK;
}

void bel_node_close(struct bel_node *node)
{
	if (!node)
		return;
	for (unsigned i = 0; i < node->workers_count; i++)
		bel_transport_part(node->transports[i]);
	for (unsigned i = 0; i < node->workers_count; i++)
		bel_worker_close(node->workers[i]);
	bel_nat_shared_close(node->nat);
	bel_node_media_close(node);
	bel_clips_close(node->clips);
	bel_guard_close(node->guard);
	bel_users_close(node->users);
	bel_location_close(node->location);
	bel_keepalives_close(node->keepalives);
	bel_store_close(node->store);
	bel_conf_unref(node->conf_before);
	bel_conf_unref(node->conf);
	bel_arena_fini(&node->arena);
	pthread_mutex_destroy(&node->conf_lock);
	pthread_mutex_destroy(&node->watchers_lock);
	free(node);
}

/* ---- orders to the workers ---- */

static enum bel_err order_all(struct bel_node *node,
			      struct order *(*make)(struct bel_node *node, void *user),
			      void *user)
{
	for (unsigned i = 0; i < node->workers_count; i++) {
		struct order *order = make(node, user);
		enum bel_err err;
		if (!order)
			return bel_err_from_errno(ENOMEM);
		err = bel_mailbox_post(node->workers[i]->orders, &order->letter);
		if (err) {
			free(order);
			return err;
		}
	}
	return BEL_OK;
}

struct conf_order {
	struct order order;
	struct bel_conf *conf;
};

static void take_conf(struct worker *worker, struct order *order)
{
	struct conf_order *mine = BEL_CONTAINER_OF(order, struct conf_order, order);

	if (worker->nat)
		bel_nat_set_conf(worker->nat, mine->conf);
	bel_conf_unref(worker->conf);
	worker->conf = mine->conf;
	bel_anchor_set_conf(worker->anchor, worker->conf);
	bel_proxy_set_limits(worker->proxy, worker->conf->proxy.timer_c_s * 1000,
			     worker->conf->proxy.branches_max);
	free(mine);
}

static struct order *make_conf_order(struct bel_node *node, void *user)
{
	struct conf_order *order = malloc(sizeof *order);

	(void)node;
	if (!order)
		return NULL;
	*order = (struct conf_order){ .order.run = take_conf,
				      .conf = bel_conf_ref(user) };
	return &order->order;
}

struct tls_order {
	struct order order;
	struct bel_tls_context *server, *client;
};

static void take_tls(struct worker *worker, struct order *order)
{
	struct tls_order *mine = BEL_CONTAINER_OF(order, struct tls_order, order);

	bel_transport_set_tls(worker->transport, mine->server, mine->client);
	if (worker->nat)
		bel_nat_set_tls(worker->nat, mine->server);
	bel_tls_context_unref(mine->server);
	bel_tls_context_unref(mine->client);
	free(mine);
}

static struct order *make_tls_order(struct bel_node *node, void *user)
{
	const struct tls_order *from = user;
	struct tls_order *order = malloc(sizeof *order);

	(void)node;
	if (!order)
		return NULL;
	*order = (struct tls_order){ .order.run = take_tls,
				     .server = bel_tls_context_ref(from->server),
				     .client = bel_tls_context_ref(from->client) };
	return &order->order;
}

/* Under the lock. */
static enum bel_err take_over(struct bel_node *node, struct bel_conf *conf,
			      struct tls_order *tls)
{
	enum bel_err err = bel_users_set_conf(node->users, conf);

	if (err)
		return err;
	bel_conf_unref(node->conf_before);
	node->conf_before = node->conf;
	node->conf = bel_conf_ref(conf);
	bel_guard_set_conf(node->guard, conf);
	err = order_all(node, make_conf_order, conf);
	return !err && tls->server ? order_all(node, make_tls_order, tls) : err;
}

enum bel_err bel_node_reload(struct bel_node *node, struct bel_conf *conf,
			     const struct bel_node_tls *tls,
			     struct bel_node_failure *failure)
{
	struct tls_order order = { .server = NULL };
	enum bel_err err;

	*failure = (struct bel_node_failure){ .text = "" };
	err = bel_node_load_recordings(node, conf, failure);
	if (!err)
		err = open_tls(&order.server, &order.client, conf, tls, failure);
	if (!err) {
		pthread_mutex_lock(&node->conf_lock);
		err = take_over(node, conf, &order);
		pthread_mutex_unlock(&node->conf_lock);
	}
	bel_tls_context_unref(order.server);
	bel_tls_context_unref(order.client);
	return err;
}

static void begin_draining(struct worker *worker, struct order *order)
{
	bel_worker_show(worker);
	atomic_fetch_add(&worker->node->draining_count, 1);
	free(order);
}

static void cancel_pending(struct worker *worker, struct order *order)
{
	bel_proxy_drain(worker->proxy);
	begin_draining(worker, order);
}

/* An order that carries nothing; user is what is done. */
static struct order *make_plain_order(struct bel_node *node, void *user)
{
	struct order *order = malloc(sizeof *order);

	(void)node;
	if (order)
		*order = (struct order){ .run = *(order_run **)user };
	return order;
}

void bel_node_drain(struct bel_node *node)
{
	order_run *run = begin_draining;

	if (!atomic_exchange(&node->is_draining, true))
		order_all(node, make_plain_order, &run);
}

void bel_node_cancel_pending(struct bel_node *node)
{
	order_run *run = cancel_pending;

	atomic_store(&node->draining_count, 0);
	order_all(node, make_plain_order, &run);
}

/* ---- questions from other threads ---- */

bool bel_node_is_drained(struct bel_node *node)
{
	size_t pending = 0;

	if (atomic_load(&node->draining_count) < node->workers_count)
		return false;
	for (unsigned i = 0; i < node->workers_count; i++)
		pending += atomic_load_explicit(&node->workers[i]->pending,
						memory_order_relaxed);
	return !pending;
}

struct bel_location *bel_node_location(struct bel_node *node)
{
	return node->location;
}

struct bel_users *bel_node_users(struct bel_node *node)
{
	return node->users;
}

struct bel_guard *bel_node_guard(struct bel_node *node)
{
	return node->guard;
}

bel_str bel_node_realm(const struct bel_node *node)
{
	return node->realm;
}

uint64_t bel_node_wall_ms(const struct bel_node *node)
{
	return node->wall_ahead_ms + bel_loop_clock_ms();
}

struct bel_conf *bel_node_conf(struct bel_node *node)
{
	pthread_mutex_lock(&node->conf_lock);
	struct bel_conf *conf = bel_conf_ref(node->conf);
	pthread_mutex_unlock(&node->conf_lock);
	return conf;
}

unsigned bel_node_listeners(const struct bel_node *node,
			    struct bel_transport_listener *out, unsigned max)
{
	unsigned count = 0;

	while (count < max) {
		out[count] = bel_transport_listener_at(node->transports[0], count);
		if (!out[count].local.family)
			break;
		count++;
	}
	return count;
}

unsigned bel_node_turn_listeners(const struct bel_node *node,
				 struct bel_nat_listener *out, unsigned max)
{
	unsigned count = 0;

	for (; node->nat && count < max; count++) {
		out[count] = bel_nat_listener_at(node->workers[0]->nat, count);
		if (!out[count].local.family)
			break;
	}
	return count;
}

const bel_addr *bel_node_own(const struct bel_node *node, unsigned *count)
{
	*count = node->own_count;
	return node->own;
}

uint64_t bel_node_stuck_ms(const struct bel_node *node)
{
	uint64_t worst = 0, now = bel_loop_clock_ms();

	for (unsigned i = 0; i < node->workers_count; i++) {
		uint64_t began = bel_loop_turn_started_ms(node->workers[i]->loop);
		if (began && now > began && now - began > worst)
			worst = now - began;
	}
	return worst;
}
