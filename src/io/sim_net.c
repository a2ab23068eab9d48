/* SPDX-License-Identifier: Apache-2.0
 * The way between two nodes. Inside a node, and between nodes behind one NAT, addresses
 * stay as they are; everything else goes through the public network. */
#include "io/sim_int.h"

uint64_t bel_sim_delay_ms(struct bel_sim *sim, const struct bel_sim_node *a,
			  const struct bel_sim_node *b)
{
	uint64_t spread = sim->net.delay_max_ms > sim->net.delay_min_ms
				  ? sim->net.delay_max_ms - sim->net.delay_min_ms
				  : 0;
	uint64_t drawn = bel_sim_random_below(&sim->fate, spread + 1);

	if (a == b || sim->net.delay_min_ms + drawn == 0)
		return 1;
	return sim->net.delay_min_ms + drawn;
}

/* The node with this address that the sender reaches without a NAT between them. */
static struct bel_sim_node *neighbour(struct bel_sim_node *sender, const bel_addr *addr,
				      const struct bel_sim_nat *nat)
{
	if (bel_sim_node_has(sender, addr))
		return sender;
	BEL_LIST_EACH(at, &sender->sim->nodes)
	{
		struct bel_sim_node *node = BEL_CONTAINER_OF(at, struct bel_sim_node,
							     in_sim);
		if (node->nat == nat && bel_sim_node_has(node, addr))
			return node;
	}
	return NULL;
}

bool bel_sim_outward(bel_addr *seen, struct bel_sim_node *sender, const bel_addr *from,
		     const bel_addr *to, bool is_stream)
{
	struct bel_sim_nat *nat = sender->nat;

	*seen = *from;
	while (nat && !neighbour(sender, to, nat) &&
	       !bel_sim_nat_inside(sender->sim, to, nat)) {
		bel_addr inner = *seen;
		if (!bel_sim_nat_outward(nat, seen, sender, &inner, to, is_stream))
			return false;
		if (bel_sim_nat_is(nat, to))
			return true;
		nat = bel_sim_nat_behind(nat);
	}
	return true;
}

/* In by one NAT, and by those behind it. */
static struct bel_sim_node *descend(struct bel_sim_nat *nat, struct bel_sim *sim,
				    const bel_addr *from, bel_addr *to, bool is_stream)
{
	struct bel_sim_node *node = NULL;

	while (nat) {
		struct bel_sim_nat *outer = nat;
		node = bel_sim_nat_inward(outer, from, to, is_stream);
		nat = node ? bel_sim_nat_inside(sim, to, outer) : NULL;
	}
	return node;
}

struct bel_sim_node *bel_sim_inward(struct bel_sim_node *sender, const bel_addr *from,
				    bel_addr *to, bool is_stream)
{
	struct bel_sim *sim = sender->sim;
	struct bel_sim_nat *nat = sender->nat;

	/* Outward, until somebody has that address. */
	for (;;) {
		struct bel_sim_node *node = neighbour(sender, to, nat);
		struct bel_sim_nat *inside;
		if (node || bel_addr_range(to) == BEL_ADDR_LOOPBACK)
			return node;
		inside = bel_sim_nat_inside(sim, to, nat);
		if (inside)
			return descend(inside, sim, from, to, is_stream);
		if (!nat)
			return NULL;
		if (bel_sim_nat_is(nat, to))
			return bel_sim_nat_has_hairpin(nat)
				       ? descend(nat, sim, from, to, is_stream)
				       : NULL;
		nat = bel_sim_nat_behind(nat);
	}
}
