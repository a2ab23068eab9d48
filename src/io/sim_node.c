/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "io/sim_int.h"

enum { PORT_FIRST = 49152, PORTS = 16384 };

/* A pair between which nothing passes. */
struct cut {
	struct bel_list in_sim;
	const struct bel_sim_node *a, *b;
};

struct bel_sim_node *bel_sim_node_new(struct bel_sim *sim, const char *name,
				      const bel_addr *ip)
{
	struct bel_sim_node *node = calloc(1, sizeof *node);
	struct bel_writer writer;

	if (!node)
		return NULL;
	writer = bel_writer_init(node->name, sizeof node->name - 1);
	bel_write_str(&writer,
		      bel_str_slice(bel_str_from(name), 0, sizeof node->name - 1));
	node->sim = sim;
	node->index = sim->nodes_count++;
	node->ips[node->ips_count++] = *ip;
	node->is_up = true;
	node->next_port = (uint16_t)(PORT_FIRST +
				     bel_sim_random_below(&sim->births, PORTS));
	bel_list_init(&node->loops);
	bel_list_init(&node->udps);
	bel_list_init(&node->listeners);
	bel_list_init(&node->streams);
	bel_list_init(&node->disk.files);
	bel_list_put(&sim->nodes, &node->in_sim);
	return node;
}

const char *bel_sim_node_name(const struct bel_sim_node *node)
{
	return node->name;
}

enum bel_err bel_sim_node_add(struct bel_sim_node *node, const bel_addr *ip)
{
	if (node->ips_count == BEL_SIM_IPS_MAX)
		return BEL_ERR_LIMIT;
	node->ips[node->ips_count++] = *ip;
	return BEL_OK;
}

bool bel_sim_node_has(const struct bel_sim_node *node, const bel_addr *addr)
{
	if (bel_addr_range(addr) == BEL_ADDR_LOOPBACK)
		return true;
	for (unsigned i = 0; i < node->ips_count; i++)
		if (bel_addr_is_same_host(&node->ips[i], addr))
			return true;
	return false;
}

uint64_t *bel_sim_last_arrival(struct bel_sim_node *node,
			       const struct bel_sim_node *sender)
{
	size_t count = node->sim->nodes_count;

	if (sender->index >= node->last_arrivals_count) {
		uint64_t *grown = realloc(node->last_arrivals, count * sizeof *grown);
		if (!grown)
			return NULL;
		for (size_t i = node->last_arrivals_count; i < count; i++)
			grown[i] = 0;
		node->last_arrivals = grown;
		node->last_arrivals_count = count;
	}
	return &node->last_arrivals[sender->index];
}

/* ---- ports ---- */

uint16_t bel_sim_next_port(struct bel_sim_node *node)
{
	uint16_t port = node->next_port;

	node->next_port = port == PORT_FIRST + PORTS - 1 ? PORT_FIRST
							 : (uint16_t)(port + 1);
	return port;
}

static struct bel_sim_bound *bound_at(struct bel_list *at)
{
	return BEL_CONTAINER_OF(at, struct bel_sim_bound, node);
}

static bool is_taken(struct bel_list *list, const struct bel_sim_bound *wanted)
{
	BEL_LIST_EACH(at, list)
	{
		const struct bel_sim_bound *bound = bound_at(at);
		if (bound->local.family == wanted->local.family &&
		    bound->local.port == wanted->local.port &&
		    !(bound->is_shared && wanted->is_shared) &&
		    (bound->is_wildcard || wanted->is_wildcard ||
		     bel_addr_is_same_host(&bound->local, &wanted->local)))
			return true;
	}
	return false;
}

static bool choose_port(struct bel_sim_node *node, struct bel_list *list,
			struct bel_sim_bound *bound)
{
	for (unsigned i = 0; i < PORTS; i++) {
		bound->local.port = bel_sim_next_port(node);
		if (!is_taken(list, bound))
			return true;
	}
	return false;
}

enum bel_err bel_sim_bind(struct bel_sim_node *node, struct bel_list *list,
			  struct bel_sim_bound *bound)
{
	bound->is_wildcard = bel_addr_range(&bound->local) == BEL_ADDR_UNSPECIFIED;
	if (bound->local.family == 0)
		return bel_err_from_errno(EAFNOSUPPORT);
	if (!bound->is_wildcard && !bel_sim_node_has(node, &bound->local))
		return bel_err_from_errno(EADDRNOTAVAIL);
	if (bound->local.port ? is_taken(list, bound) : !choose_port(node, list, bound))
		return bel_err_from_errno(EADDRINUSE);
	bel_list_put(list, &bound->node);
	return BEL_OK;
}

/* How well a bound socket fits: 0 not, 1 by the wildcard, 2 by its address. */
static unsigned fit(const struct bel_sim_bound *bound, const bel_addr *local)
{
	if (bound->local.family != local->family || bound->local.port != local->port)
		return 0;
	if (bound->is_wildcard)
		return 1;
	return bel_addr_is_same_host(&bound->local, local) ? 2 : 0;
}

struct bel_sim_bound *bel_sim_bound_find(const struct bel_sim_node *node,
					 struct bel_list *list, const bel_addr *local,
					 const bel_addr *peer)
{
	uint64_t hash = bel_addr_hash(peer, bel_addr_hash(local, node->sim->seed));
	bel_addr host = *peer;
	unsigned best = 0;
	uint64_t count = 0, chosen;

	BEL_LIST_EACH(at, list)
	{
		unsigned fits = fit(bound_at(at), local);
		count = fits > best ? 1 : count + (fits == best);
		best = fits > best ? fits : best;
	}
	if (best == 0)
		return NULL;
	host.port = 0;
	BEL_LIST_EACH(at, list)
	{
		if (fit(bound_at(at), local) == best && bound_at(at)->is_by_host)
			hash = bel_addr_hash(&host, node->sim->seed);
	}
	chosen = hash % count;
	BEL_LIST_EACH(at, list)
	{
		if (fit(bound_at(at), local) == best && chosen-- == 0)
			return bound_at(at);
	}
	return NULL;
}

bool bel_sim_source(bel_addr *out, const struct bel_sim_node *node,
		    const struct bel_sim_bound *bound, const bel_addr *from,
		    const bel_addr *peer)
{
	bel_addr source = { .family = 0 };

	if (!bound->is_wildcard)
		source = bound->local;
	else if (from && from->family)
		source = *from;
	else if (bel_sim_node_has(node, peer))
		source = *peer;
	for (unsigned i = 0; !source.family && i < node->ips_count; i++)
		if (node->ips[i].family == peer->family)
			source = node->ips[i];
	if (source.family != peer->family || !bel_sim_node_has(node, &source))
		return false;
	/* From loopback no way leads out. */
	if (bel_addr_range(&source) == BEL_ADDR_LOOPBACK && !bel_sim_node_has(node, peer))
		return false;
	source.port = bound->local.port;
	*out = source;
	return true;
}

/* ---- what goes wrong ---- */

static bool is_pair(const struct cut *cut, const struct bel_sim_node *a,
		    const struct bel_sim_node *b)
{
	return (cut->a == a && cut->b == b) || (cut->a == b && cut->b == a);
}

bool bel_sim_is_cut(const struct bel_sim_node *a, const struct bel_sim_node *b)
{
	BEL_LIST_EACH(at, &a->sim->cuts)
	{
		if (is_pair(BEL_CONTAINER_OF(at, struct cut, in_sim), a, b))
			return true;
	}
	return false;
}

enum bel_err bel_sim_partition(struct bel_sim *sim, struct bel_sim_node *a,
			       struct bel_sim_node *b, bool is_cut)
{
	struct cut *made;

	BEL_LIST_EACH(at, &sim->cuts)
	{
		struct cut *cut = BEL_CONTAINER_OF(at, struct cut, in_sim);
		if (!is_pair(cut, a, b))
			continue;
		if (!is_cut) {
			bel_list_remove(&cut->in_sim);
			free(cut);
		}
		return BEL_OK;
	}
	if (!is_cut)
		return BEL_OK;
	made = malloc(sizeof *made);
	if (!made)
		return bel_err_from_errno(ENOMEM);
	*made = (struct cut){ .a = a, .b = b };
	bel_list_put(&sim->cuts, &made->in_sim);
	return BEL_OK;
}

void bel_sim_cuts_free(struct bel_sim *sim)
{
	BEL_LIST_EACH(at, &sim->cuts)
	{
		free(BEL_CONTAINER_OF(at, struct cut, in_sim));
	}
}

static void end_life(struct bel_sim_node *node, bool is_power_loss)
{
	node->is_up = false;
	node->life++;
	BEL_LIST_EACH(at, &node->loops)
	{
		bel_sim_loop_kill(BEL_CONTAINER_OF(at, struct bel_sim_loop, in_node));
	}
	bel_sim_listeners_kill(node, is_power_loss);
	bel_sim_streams_kill(node, is_power_loss);
	bel_sim_udps_kill(node);
	bel_sim_files_crash(node, is_power_loss);
}

void bel_sim_crash(struct bel_sim_node *node)
{
	end_life(node, false);
}

bool bel_sim_is_up(const struct bel_sim_node *node)
{
	return node->is_up;
}

void bel_sim_power_off(struct bel_sim_node *node)
{
	end_life(node, true);
}

void bel_sim_on_arrival(struct bel_sim_node *node,
			bool (*on_arrival)(void *user, bel_addr *from, bel_addr *to,
					   bel_str bytes),
			void *user)
{
	node->on_arrival = on_arrival;
	node->user = user;
}
