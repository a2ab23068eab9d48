/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "support/ladder/ground.h"

enum { SEED = 1, HOSTS_MAX = 16 };

struct ladder_host {
	struct bel_sim_node *node;
	bel_addr ip;
};

struct sim_ground {
	struct ladder_ground base;
	struct bel_sim *sim;
	struct ladder_host hosts[HOSTS_MAX];
	unsigned hosts_count;
};

static struct sim_ground *sim_of(struct ladder_ground *ground)
{
	return BEL_CONTAINER_OF(ground, struct sim_ground, base);
}

static void sim_close(struct ladder_ground *ground)
{
	bel_sim_free(sim_of(ground)->sim);
	free(sim_of(ground));
}

/* The addresses of a ladder are the simulation's. */
static enum bel_err sim_place(struct ladder_ground *ground, struct bel_writer *writer,
			      bel_str text)
{
	(void)ground;
	bel_write_str(writer, text);
	return BEL_OK;
}

static enum bel_err sim_host(struct ladder_host **out, struct ladder_ground *ground,
			     const char *name, const bel_addr *ip)
{
	struct sim_ground *own = sim_of(ground);
	struct ladder_host *host;

	for (unsigned i = 0; i < own->hosts_count; i++)
		if (bel_addr_is_same_host(&own->hosts[i].ip, ip)) {
			*out = &own->hosts[i];
			return BEL_OK;
		}
	if (own->hosts_count == HOSTS_MAX)
		return BEL_ERR_LIMIT;
	host = &own->hosts[own->hosts_count];
	host->ip = *ip;
	host->node = bel_sim_node_new(own->sim, name, ip);
	if (!host->node)
		return BEL_ERR_SPACE;
	own->hosts_count++;
	*out = host;
	return BEL_OK;
}

static enum bel_err sim_loop(struct bel_loop **out, struct ladder_ground *ground,
			     struct ladder_host *host)
{
	(void)ground;
	return bel_sim_loop(out, host->node);
}

static enum bel_err sim_cut(struct ladder_ground *ground, struct ladder_host *a,
			    struct ladder_host *b, bool is_cut)
{
	return bel_sim_partition(sim_of(ground)->sim, a->node, b->node, is_cut);
}

static enum bel_err sim_name(struct ladder_ground *ground, const char *name,
			     const struct bel_dns_record *record)
{
	return bel_sim_dns_put(sim_of(ground)->sim, name, record);
}

static uint64_t sim_now_ms(const struct ladder_ground *ground)
{
	return bel_sim_now_ms(
		BEL_CONTAINER_OF(ground, const struct sim_ground, base)->sim);
}

static void sim_run(struct ladder_ground *ground, uint64_t until_ms)
{
	bel_sim_run(sim_of(ground)->sim, until_ms);
}

static uint64_t sim_draw(struct ladder_ground *ground, uint64_t limit)
{
	return bel_sim_draw(sim_of(ground)->sim, limit);
}

static void on_packet(void *user, const struct bel_sim_packet *packet)
{
	bel_ground_tell(user, packet);
}

static const struct ladder_ground_ops ops = {
	.close = sim_close,
	.place = sim_place,
	.host = sim_host,
	.loop = sim_loop,
	.cut = sim_cut,
	.name = sim_name,
	.now_ms = sim_now_ms,
	.run = sim_run,
	.draw = sim_draw,
};

enum bel_err bel_ground_sim_open(struct ladder_ground **out)
{
	struct sim_ground *ground = calloc(1, sizeof *ground);

	if (!ground)
		return BEL_ERR_SPACE;
	ground->base.ops = &ops;
	ground->sim = bel_sim_new(SEED, &(struct bel_sim_net){ 0 });
	if (!ground->sim) {
		free(ground);
		return BEL_ERR_SPACE;
	}
	bel_sim_on_packet(ground->sim, on_packet, &ground->base);
	*out = &ground->base;
	return BEL_OK;
}
