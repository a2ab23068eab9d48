/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_ROUTE_MARK_H
#define BEL_ROUTE_MARK_H

#include "base/base.h"
#include "location/location.h"

/* What our Record-Route values carry, one value a side of the dialog: how to reach the
 * party on that side, with a MAC over it and the Call-ID. So a request within the dialog
 * finds its phone behind any NAT, Contact stays untouched, and a Route header that we did
 * not write is no way in (DESIGN, "Calls through NAT"). */
struct bel_mark {
	bool has_flow;
	struct bel_flow flow;
	uint64_t binding; /* whose present flow serves when this one is gone; 0: none */
	uint32_t near;    /* with neither: bel_mark_near of the other side; 0: unknown */
};

/* Durable: dialogs outlive the process. */
struct bel_mark_key {
	struct bel_hash_key key;
};

enum { BEL_MARK_BYTES_MAX = 96 };

/* The host of an address as marks know it; never 0. */
uint32_t bel_mark_near(const bel_addr *addr, const struct bel_mark_key *key);
/* The token, in characters that a URI parameter may hold. */
void bel_mark_write(struct bel_writer *writer, const struct bel_mark *mark,
		    const struct bel_mark_key *key, bel_str call_id);
/* BEL_ERR_MISMATCH: not genuine for this Call-ID; BEL_ERR_SYNTAX: not even its form. */
enum bel_err bel_mark_parse(struct bel_mark *out, bel_str token,
			    const struct bel_mark_key *key, bel_str call_id);

#endif
