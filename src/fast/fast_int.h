/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_FAST_INT_H
#define BEL_FAST_INT_H

#include <net/if.h>

#include "fast/fast.h"
#include "fast/shared.h"

/* ---- fast.c ---- */

/* Where ways are: the functions of fast.h. */
struct bel_fast_kind {
	void (*close)(struct bel_fast *fast);
	enum bel_err (*lay)(struct bel_fast *fast, const struct bel_fast_way *way,
			    const struct bel_rtp_source *source);
	bool (*read)(struct bel_fast_figures *out, struct bel_fast *fast,
		     const bel_addr *local);
	bool (*take_back)(struct bel_fast_figures *out, struct bel_fast *fast,
			  const bel_addr *local);
};

struct bel_fast {
	const struct bel_fast_kind *kind;
};

struct bel_fast_key bel_fast_key_of(const bel_addr *local);
/* Without the interface. source: NULL: nothing is known. */
struct bel_fast_value bel_fast_value_of(const struct bel_fast_way *way,
					const struct bel_rtp_source *source);
void bel_fast_figures_of(struct bel_fast_figures *out,
			 const struct bel_fast_value *value);

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
