/* SPDX-License-Identifier: Apache-2.0
 * Network address translators in the terms of RFC 4787: how an inner address is mapped
 * (section 4.1) and whose packets are let in (section 5). */
#include <errno.h>
#include <stdlib.h>

#include "io/sim_int.h"

enum {
	PORT_FIRST = 1024,
	PORTS = 64512,
	TIMEOUT_DEFAULT_S = 60,
};

/* What an endpoint must share with an earlier destination. */
enum sameness { ANY, SAME_HOST, SAME_HOST_AND_PORT };

static const struct {
	enum sameness mapping, filtering;
} behaviours[] = {
	[BEL_NAT_FULL_CONE] = { ANY, ANY },
	[BEL_NAT_RESTRICTED] = { ANY, SAME_HOST },
	[BEL_NAT_PORT_RESTRICTED] = { ANY, SAME_HOST_AND_PORT },
	[BEL_NAT_SYMMETRIC] = { SAME_HOST_AND_PORT, SAME_HOST_AND_PORT },
};

/* Somebody to whom a mapping was used, and until when he may answer. */
struct permit {
	struct bel_list node;
	bel_addr peer;
	uint64_t until_ms;
};

struct mapping {
	struct bel_list in_nat;
	struct bel_sim_node *node;
	bel_addr inner, peer; /* peer: of the first packet */
	uint16_t port;
	bool is_stream;
	uint64_t until_ms;
	struct bel_list permits;
};

struct bel_sim_nat {
	struct bel_list in_sim;
	struct bel_sim *sim;
	enum bel_sim_nat_kind kind;
	struct bel_sim_nat *behind; /* NULL: outside is the public network */
	bool has_hairpin;
	bel_addr outer;
	uint64_t timeout_ms;
	uint16_t next_port;
	struct bel_list mappings;
};

struct bel_sim_nat *bel_sim_nat_find(struct bel_sim *sim, const bel_addr *outer)
{
	BEL_LIST_EACH(at, &sim->nats)
	{
		struct bel_sim_nat *nat = BEL_CONTAINER_OF(at, struct bel_sim_nat,
							   in_sim);
		if (bel_addr_is_same_host(&nat->outer, outer))
			return nat;
	}
	return NULL;
}

/* The one that is there, or a new one. */
static struct bel_sim_nat *ensure(struct bel_sim *sim, enum bel_sim_nat_kind kind,
				  const bel_addr *outer, unsigned timeout_s)
{
	struct bel_sim_nat *nat = bel_sim_nat_find(sim, outer);

	if (!nat) {
		nat = calloc(1, sizeof *nat);
		if (!nat)
			return NULL;
		nat->sim = sim;
		nat->outer = *outer;
		nat->next_port = (uint16_t)(PORT_FIRST +
					    bel_sim_random_below(&sim->births, PORTS));
		bel_list_init(&nat->mappings);
		bel_list_put(&sim->nats, &nat->in_sim);
	}
	nat->kind = kind;
	nat->timeout_ms = (timeout_s ? timeout_s : TIMEOUT_DEFAULT_S) * (uint64_t)1000;
	return nat;
}

enum bel_err bel_sim_node_nat(struct bel_sim_node *node, enum bel_sim_nat_kind kind,
			      const bel_addr *outer, unsigned timeout_s)
{
	node->nat = NULL;
	if (kind != BEL_NAT_NONE)
		node->nat = ensure(node->sim, kind, outer, timeout_s);
	return node->nat || kind == BEL_NAT_NONE ? BEL_OK : bel_err_from_errno(ENOMEM);
}

enum bel_err bel_sim_nat_nest(struct bel_sim *sim, const bel_addr *inner,
			      enum bel_sim_nat_kind kind, const bel_addr *outer,
			      unsigned timeout_s)
{
	struct bel_sim_nat *nat = bel_sim_nat_find(sim, inner);
	struct bel_sim_nat *behind = ensure(sim, kind, outer, timeout_s);

	if (!nat || !behind)
		return nat ? bel_err_from_errno(ENOMEM) : BEL_ERR_NOT_FOUND;
	nat->behind = behind;
	return BEL_OK;
}

void bel_sim_nat_set_hairpin(struct bel_sim *sim, const bel_addr *outer, bool has_hairpin)
{
	struct bel_sim_nat *nat = bel_sim_nat_find(sim, outer);

	if (nat)
		nat->has_hairpin = has_hairpin;
}

struct bel_sim_nat *bel_sim_nat_behind(const struct bel_sim_nat *nat)
{
	return nat->behind;
}

bool bel_sim_nat_is(const struct bel_sim_nat *nat, const bel_addr *addr)
{
	return bel_addr_is_same_host(&nat->outer, addr);
}

bool bel_sim_nat_has_hairpin(const struct bel_sim_nat *nat)
{
	return nat->has_hairpin;
}

struct bel_sim_nat *bel_sim_nat_inside(struct bel_sim *sim, const bel_addr *outer,
				       const struct bel_sim_nat *nat)
{
	struct bel_sim_nat *found = bel_sim_nat_find(sim, outer);

	return found && found->behind == nat ? found : NULL;
}

static void free_mapping(struct mapping *mapping)
{
	BEL_LIST_EACH(at, &mapping->permits)
	{
		free(BEL_CONTAINER_OF(at, struct permit, node));
	}
	bel_list_remove(&mapping->in_nat);
	free(mapping);
}

void bel_sim_nats_free(struct bel_sim *sim)
{
	BEL_LIST_EACH(at, &sim->nats)
	{
		struct bel_sim_nat *nat = BEL_CONTAINER_OF(at, struct bel_sim_nat,
							   in_sim);
		BEL_LIST_EACH(in_nat, &nat->mappings)
		{
			free_mapping(BEL_CONTAINER_OF(in_nat, struct mapping, in_nat));
		}
		free(nat);
	}
}

static bool is_same(enum sameness sameness, const bel_addr *a, const bel_addr *b)
{
	if (sameness == ANY)
		return true;
	return bel_addr_is_same_host(a, b) &&
	       (sameness == SAME_HOST || a->port == b->port);
}

/* Streams keep their mappings (RFC 5382 asks for more than two hours). */
static bool has_expired(const struct mapping *mapping, uint64_t until_ms)
{
	return !mapping->is_stream && until_ms <= mapping->node->sim->now_ms;
}

static void forget_expired(struct bel_sim_nat *nat)
{
	BEL_LIST_EACH(at, &nat->mappings)
	{
		struct mapping *mapping = BEL_CONTAINER_OF(at, struct mapping, in_nat);
		if (has_expired(mapping, mapping->until_ms))
			free_mapping(mapping);
	}
}

static struct mapping *mapping_of_port(struct bel_sim_nat *nat, uint16_t port,
				       bool is_stream)
{
	BEL_LIST_EACH(at, &nat->mappings)
	{
		struct mapping *mapping = BEL_CONTAINER_OF(at, struct mapping, in_nat);
		if (mapping->port == port && mapping->is_stream == is_stream)
			return mapping;
	}
	return NULL;
}

static bool choose_port(struct bel_sim_nat *nat, bool is_stream, uint16_t *out)
{
	for (unsigned i = 0; i < PORTS; i++) {
		uint16_t port = nat->next_port;
		nat->next_port = port == UINT16_MAX ? PORT_FIRST : (uint16_t)(port + 1);
		if (!mapping_of_port(nat, port, is_stream)) {
			*out = port;
			return true;
		}
	}
	return false;
}

static struct mapping *find_mapping(struct bel_sim_nat *nat,
				    const struct bel_sim_node *node, const bel_addr *from,
				    const bel_addr *to, bool is_stream)
{
	BEL_LIST_EACH(at, &nat->mappings)
	{
		struct mapping *mapping = BEL_CONTAINER_OF(at, struct mapping, in_nat);
		if (mapping->node == node && mapping->is_stream == is_stream &&
		    bel_addr_is_equal(&mapping->inner, from) &&
		    is_same(behaviours[nat->kind].mapping, &mapping->peer, to))
			return mapping;
	}
	return NULL;
}

static struct mapping *make_mapping(struct bel_sim_nat *nat, struct bel_sim_node *node,
				    const bel_addr *from, const bel_addr *to,
				    bool is_stream)
{
	struct mapping *mapping = calloc(1, sizeof *mapping);

	if (!mapping)
		return NULL;
	*mapping = (struct mapping){
		.node = node, .inner = *from, .peer = *to, .is_stream = is_stream
	};
	if (!choose_port(nat, is_stream, &mapping->port)) {
		free(mapping);
		return NULL;
	}
	bel_list_init(&mapping->permits);
	bel_list_put(&nat->mappings, &mapping->in_nat);
	return mapping;
}

static struct permit *find_permit(struct mapping *mapping, const bel_addr *peer,
				  enum sameness sameness)
{
	BEL_LIST_EACH(at, &mapping->permits)
	{
		struct permit *permit = BEL_CONTAINER_OF(at, struct permit, node);
		if (is_same(sameness, &permit->peer, peer) &&
		    !has_expired(mapping, permit->until_ms))
			return permit;
	}
	return NULL;
}

/* Outward packets refresh (RFC 4787 section 4.3). */
static void refresh(struct bel_sim_nat *nat, struct mapping *mapping, const bel_addr *to)
{
	struct permit *permit = find_permit(mapping, to, SAME_HOST_AND_PORT);

	mapping->until_ms = nat->sim->now_ms + nat->timeout_ms;
	if (!permit) {
		permit = malloc(sizeof *permit);
		/* Without memory the answer is filtered: a loss like others. */
		if (!permit)
			return;
		permit->peer = *to;
		bel_list_put(&mapping->permits, &permit->node);
	}
	permit->until_ms = mapping->until_ms;
}

bool bel_sim_nat_outward(struct bel_sim_nat *nat, bel_addr *seen,
			 struct bel_sim_node *node, const bel_addr *from,
			 const bel_addr *to, bool is_stream)
{
	struct mapping *mapping;

	forget_expired(nat);
	mapping = find_mapping(nat, node, from, to, is_stream);
	if (!mapping)
		mapping = make_mapping(nat, node, from, to, is_stream);
	if (!mapping)
		return false;
	refresh(nat, mapping, to);
	*seen = nat->outer;
	seen->port = mapping->port;
	return true;
}

struct bel_sim_node *bel_sim_nat_inward(struct bel_sim_nat *nat, const bel_addr *from,
					bel_addr *to, bool is_stream)
{
	struct mapping *mapping;

	forget_expired(nat);
	mapping = mapping_of_port(nat, to->port, is_stream);
	if (!mapping || (behaviours[nat->kind].filtering != ANY &&
			 !find_permit(mapping, from, behaviours[nat->kind].filtering)))
		return NULL;
	*to = mapping->inner;
	return mapping->node;
}
