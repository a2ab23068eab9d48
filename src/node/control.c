/* SPDX-License-Identifier: Apache-2.0
 * Media carried for another proxy: the workers' relays, under commands. */
#include <stdlib.h>

#include "node/node_int.h"

static const uint8_t families[BEL_NG_FACES_MAX] = { 4, 6 };

/* Who listens on this machine alone has his media there, too. */
static bool is_all_loopback(const struct bel_conf *conf)
{
	for (unsigned i = 0; i < conf->listens_count; i++)
		if (bel_addr_range(&conf->listens[i].addr) != BEL_ADDR_LOOPBACK)
			return false;
	return true;
}

static bool has_listener(const struct bel_conf *conf, uint8_t family, bel_addr *out)
{
	for (unsigned i = 0; i < conf->listens_count; i++) {
		const bel_addr *addr = &conf->listens[i].addr;
		if (addr->family != family ||
		    bel_addr_range(addr) == BEL_ADDR_UNSPECIFIED)
			continue;
		*out = *addr;
		out->port = 0;
		return true;
	}
	return false;
}

/* Where the world, or this machine, reaches us. */
static bool find_face(const struct worker *worker, uint8_t family,
		      struct bel_ng_face *face)
{
	const struct bel_conf *conf = worker->conf;

	if (!has_listener(conf, family, &face->own) &&
	    (is_all_loopback(conf) || bel_loop_outlet(worker->loop, family, &face->own)))
		return false;
	face->outer = face->own;
	for (unsigned i = conf->publics_count; i-- > 0;)
		if (conf->publics[i].family == family)
			face->outer = conf->publics[i];
	face->outer.port = 0;
	return true;
}

/* ---- several workers ---- */

struct ng_order {
	struct order order;
	struct bel_ng_letter *letter;
};

static void take(struct worker *worker, struct order *order)
{
	struct ng_order *ours = BEL_CONTAINER_OF(order, struct ng_order, order);

	if (worker->ng)
		bel_ng_take(worker->ng, ours->letter);
	else
		bel_ng_letter_free(ours->letter);
	free(ours);
}

/* As calls of our own proxy, which a successor of this process looks for there. */
static unsigned find_owner(void *user, bel_str call_id)
{
	const struct bel_node *node = ((struct worker *)user)->node;

	return (unsigned)(bel_hash(&node->steer_key, call_id) % node->workers_count);
}

static bool hand_over(void *user, unsigned index, struct bel_ng_letter *letter)
{
	struct worker *worker = ((struct worker *)user)->node->workers[index];
	struct ng_order *order = malloc(sizeof *order);

	if (!order)
		return false;
	*order = (struct ng_order){ .order = { .run = take }, .letter = letter };
	if (!bel_mailbox_post(worker->orders, &order->order.letter))
		return true;
	free(order);
	return false;
}

static const struct bel_ng_port port = { .find_owner = find_owner,
					 .hand_over = hand_over };

enum bel_err bel_worker_open_ng(struct worker *worker, unsigned workers,
				struct bel_node_failure *failure)
{
	const struct bel_conf *conf = worker->conf;
	struct bel_ng_opts opts = { .loop = worker->loop,
				    .relay = bel_anchor_relay(worker->anchor),
				    .local = conf->relay.ng,
				    .log = worker->node->log,
				    .workers = workers,
				    .worker = worker->index,
				    .port = &port,
				    .user = worker };
	enum bel_err err;

	if (!conf->relay.ng.family)
		return BEL_OK;
	for (unsigned i = 0; i < BEL_COUNT_OF(families); i++)
		opts.faces_count += find_face(worker, families[i],
					      &opts.faces[opts.faces_count]);
	if (!opts.faces_count)
		return BEL_ERR_UNSUPPORTED;
	err = bel_ng_open(&worker->ng, &opts);
	if (err && failure) {
		failure->addr = conf->relay.ng;
		failure->transport = BEL_SIP_UDP;
		failure->is_ng = true;
	}
	return err;
}
