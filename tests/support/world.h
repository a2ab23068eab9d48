/* SPDX-License-Identifier: Apache-2.0
 * A simulated network with servers that are neighbours (a.test, b.test) and phones of
 * alice, bob, carol ... with passwords of their own. */
#ifndef BEL_TESTS_WORLD_H
#define BEL_TESTS_WORLD_H

#include "node/node.h"
#include "support/phone.h"

enum { WORLD_SERVERS_MAX = 2, WORLD_WORKERS_MAX = 4, WORLD_PHONES_MAX = 16 };

struct world_server {
	struct bel_sim_node *sim_node;
	struct bel_loop *loops[WORLD_WORKERS_MAX];
	struct bel_conf *conf;
	struct bel_node *node;
	bel_addr addr;
};

struct world {
	struct bel_sim *sim;
	unsigned servers_count, workers, phones_count;
	struct world_server servers[WORLD_SERVERS_MAX];
	struct phone *phones[WORLD_PHONES_MAX];
};

/* Each server has so many workers. */
struct world *bel_world_new(uint64_t seed, const struct bel_sim_net *net,
			    unsigned servers, unsigned workers);
void bel_world_free(struct world *world);
/* A phone of that server's domain, at 10.0.NUMBER.1 behind a NAT or at 192.0.2.NUMBER. */
struct phone *bel_world_phone(struct world *world, unsigned server, const char *name,
			      enum bel_sim_nat_kind nat, unsigned number);
/* A figure of a server. */
uint64_t bel_world_counter(struct world *world, unsigned server, const char *name);

#endif
