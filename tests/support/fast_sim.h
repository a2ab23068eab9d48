/* SPDX-License-Identifier: Apache-2.0
 * Ways in a simulated node's kernel: what carry.bpf.c does in a real one, so that whoever
 * lays ways is tested under the simulation's clock. */
#ifndef BEL_TESTS_FAST_SIM_H
#define BEL_TESTS_FAST_SIM_H

#include "fast/fast.h"
#include "io/sim.h"

/* For what comes to the node, which has one at most. To be closed (bel_fast_close) before
 * the simulation ends. -ENOMEM only. */
enum bel_err fast_sim_open(struct bel_fast **out, struct bel_sim *sim,
			   struct bel_sim_node *node);

#endif
