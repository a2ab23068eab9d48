/* SPDX-License-Identifier: Apache-2.0
 * From where a side may send. What it announced may be an address behind a NAT, so that
 * its packets have to show where it is; but not everybody's packets may. */
#include "relay/relay_int.h"

static bool is_somewhere(const bel_addr *addr)
{
	return addr->family && addr->port && bel_addr_range(addr) != BEL_ADDR_UNSPECIFIED;
}

void bel_relay_latch_arm(struct latch *latch, const bel_addr *announced,
			 const struct bel_relay_place *place, bool is_new)
{
	bool has_moved = !bel_addr_is_equal(announced, &latch->announced);

	if (!is_new && !has_moved)
		return;
	latch->announced = *announced;
	latch->first_ms = 0;
	latch->is_met = false;
	/* What was learned holds until something else is said, or heard. */
	if (latch->is_latched && !has_moved)
		return;
	latch->is_latched = false;
	latch->remote = is_somewhere(announced) &&
					!bel_addr_is_hidden(announced, &place->signal)
				? *announced
				: (bel_addr){ .family = 0 };
}

/* Hosts that signalling told of: from there any port, at any time. */
static bool is_known_host(const struct latch *latch, const struct bel_relay_place *place,
			  const bel_addr *from)
{
	return bel_addr_is_same_host(from, &latch->announced) ||
	       bel_addr_is_same_host(from, &place->signal);
}

bool bel_relay_latch_take(struct latch *latch, const struct bel_relay_place *place,
			  const bel_addr *from, bool is_authentic, uint64_t now_ms)
{
	bool is_known;

	if (latch->is_met && bel_addr_is_equal(from, &latch->remote))
		return true;
	is_known = is_authentic || is_known_host(latch, place, from);
	if (!is_known &&
	    (latch->is_met || (latch->first_ms && now_ms - latch->first_ms > LATCH_MS &&
			       !bel_addr_is_equal(from, &latch->remote)))) {
		latch->foreign = *from;
		return false;
	}
	if (!latch->first_ms)
		latch->first_ms = now_ms ? now_ms : 1;
	latch->is_met |= is_known;
	latch->remote = *from;
	latch->is_latched = true;
	return true;
}
