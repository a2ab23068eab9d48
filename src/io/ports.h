/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_IO_PORTS_H
#define BEL_IO_PORTS_H

#include <stdatomic.h>

#include "base/base.h"

struct bel_loop;

/* Ports of one address that are held here, a bit each: what is ours is known without
 * asking the kernel. All zero is none. Any thread. */
struct bel_ports {
	_Atomic uint64_t bits[65536 / 64];
};

/* False when it is taken already. */
bool bel_ports_take(struct bel_ports *ports, uint16_t port);
void bel_ports_give(struct bel_ports *ports, uint16_t port);
bool bel_ports_is_taken(const struct bel_ports *ports, uint16_t port);

/* Which ports to try, one after the other: by chance (RFC 6056 section 3.3.1), and when
 * that finds none, all of them from where chance led. */
struct bel_port_walk {
	/* set by the caller */
	struct bel_loop *loop;
	uint16_t first, last;
	bool is_even;  /* even ones only */
	bool has_next; /* and with a port behind it that is in the range */

	/* private */
	uint32_t offset;
	unsigned count;
};
/* 0: each was tried. */
uint16_t bel_port_walk_next(struct bel_port_walk *walk);

#endif
