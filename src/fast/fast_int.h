/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_FAST_INT_H
#define BEL_FAST_INT_H

#include <net/if.h>

#include "fast/fast.h"
#include "fast/shared.h"

/* ---- attach.c ---- */

enum { BEL_FAST_INTERFACES_MAX = 64 };

struct attachment {
	int interface;
	uint32_t handle; /* of our filter there; 0: it is a link */
	int link;        /* descriptor */
};

struct attachments {
	struct attachment all[BEL_FAST_INTERFACES_MAX];
	unsigned count;
};

/* On each interface that is up and has frames like Ethernet's. What processes that are no
 * more have left on them is taken away. An error when it is on none. */
enum bel_err bel_fast_attach(struct attachments *out, int program, bool is_filter);
void bel_fast_detach(struct attachments *attachments);

/* ---- route.c ---- */

/* By which interface packets to `to` leave that come from `from`; 0: they are for this
 * machine. BEL_ERR_NOT_FOUND: by none. */
enum bel_err bel_fast_route(uint32_t *interface, const bel_addr *from,
			    const bel_addr *to);

#endif
