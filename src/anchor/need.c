/* SPDX-License-Identifier: Apache-2.0 */
#include "anchor/anchor.h"

static bool are_both_here(const bel_addr *a, const bel_addr *b)
{
	return bel_addr_range(a) == BEL_ADDR_LOOPBACK &&
	       bel_addr_range(b) == BEL_ADDR_LOOPBACK;
}

/* What it says that it is, is not what we see, and means nothing where we are. A public
 * address of somebody else is a media server, not a NAT. */
static bool is_behind_nat(const bel_addr *says, const bel_addr *seen)
{
	return says->family && seen->family && bel_addr_is_inside(says) &&
	       !bel_addr_is_same_host(says, seen) && !are_both_here(says, seen);
}

static bool are_apart(const bel_addr *a, const bel_addr *b)
{
	return a->family && b->family && bel_addr_range(a) != bel_addr_range(b) &&
	       (bel_addr_is_inside(a) || bel_addr_is_inside(b));
}

static bool have_other_families(const struct bel_anchor_facts *facts)
{
	const bel_addr *caller = facts->caller_says.family ? &facts->caller_says
							   : &facts->caller;

	return caller->family && facts->callee.family &&
	       caller->family != facts->callee.family;
}

unsigned bel_anchor_need(const struct bel_anchor_facts *facts)
{
	unsigned reasons = 0;

	if (facts->mode == BEL_CONF_RELAY_NEVER)
		return 0;
	if (facts->mode == BEL_CONF_RELAY_ALWAYS)
		reasons |= BEL_ANCHOR_ALWAYS;
	if (is_behind_nat(&facts->caller_says, &facts->caller))
		reasons |= BEL_ANCHOR_CALLER_NAT;
	if (is_behind_nat(&facts->callee_says, &facts->callee))
		reasons |= BEL_ANCHOR_CALLEE_NAT;
	if (have_other_families(facts))
		reasons |= BEL_ANCHOR_FAMILIES;
	else if (are_apart(&facts->caller, &facts->callee))
		reasons |= BEL_ANCHOR_NETWORKS;
	if (facts->are_keys_refused)
		reasons |= BEL_ANCHOR_KEYS;
	return reasons;
}

void bel_anchor_need_write(struct bel_writer *writer, unsigned reasons)
{
	/* By the number of the bit. */
	static const char *const texts[BEL_ANCHOR_REASONS] = {
		"the configuration says always",
		"the caller is behind a NAT",
		"the callee is behind a NAT",
		"one side has IPv4, the other IPv6",
		"the two sides are in different networks",
		"the callee does not take the caller's keys",
	};
	bool is_first = true;

	for (unsigned i = 0; i < BEL_ANCHOR_REASONS; i++) {
		if (!(reasons & 1U << i))
			continue;
		if (!is_first)
			bel_write_lit(writer, ", ");
		bel_write_text(writer, texts[i]);
		is_first = false;
	}
}
