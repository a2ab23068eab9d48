/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "io/sim_int.h"

struct bel_sim *bel_sim_new(uint64_t seed, const struct bel_sim_net *net)
{
	struct bel_sim *sim = calloc(1, sizeof *sim);
	struct bel_sim_random spring;

	if (!sim)
		return NULL;
	sim->seed = seed;
	if (net)
		sim->net = *net;
	bel_sim_random_init(&spring, seed);
	bel_sim_random_init(&sim->fate, bel_sim_random_next(&spring));
	bel_sim_random_init(&sim->choices, bel_sim_random_next(&spring));
	bel_sim_random_init(&sim->births, bel_sim_random_next(&spring));
	bel_list_init(&sim->nodes);
	bel_list_init(&sim->nats);
	bel_list_init(&sim->cuts);
	bel_list_init(&sim->names);
	return sim;
}

uint64_t bel_sim_seed(const struct bel_sim *sim)
{
	return sim->seed;
}

uint64_t bel_sim_now_ms(const struct bel_sim *sim)
{
	return sim->now_ms;
}

void bel_sim_set_net(struct bel_sim *sim, const struct bel_sim_net *net)
{
	sim->net = *net;
}

uint64_t bel_sim_draw(struct bel_sim *sim, uint64_t limit)
{
	return bel_sim_random_below(&sim->choices, limit);
}

void bel_sim_on_packet(struct bel_sim *sim,
		       void (*on_packet)(void *user, const struct bel_sim_packet *packet),
		       void *user)
{
	sim->on_packet = on_packet;
	sim->user = user;
}

void bel_sim_trace(struct bel_sim *sim, const bel_addr *from, const bel_addr *to,
		   bool is_stream, bool is_lost, bel_str bytes)
{
	struct bel_sim_packet packet = { .at_ms = sim->now_ms,
					 .from = *from,
					 .to = *to,
					 .is_stream = is_stream,
					 .is_lost = is_lost,
					 .bytes = bytes };

	if (sim->on_packet)
		sim->on_packet(sim->user, &packet);
}

/* All loops show the time of the simulation, those too that do not turn just now: a test
 * may start timers on any of them. */
static void set_clock(struct bel_sim *sim, uint64_t now_ms)
{
	if (now_ms <= sim->now_ms)
		return;
	sim->now_ms = now_ms;
	BEL_LIST_EACH(at, &sim->nodes)
	{
		struct bel_sim_node *node = BEL_CONTAINER_OF(at, struct bel_sim_node,
							     in_sim);
		BEL_LIST_EACH(in_node, &node->loops)
		{
			BEL_CONTAINER_OF(in_node, struct bel_sim_loop, in_node)
				->base.now_ms = now_ms;
		}
	}
}

bool bel_sim_step(struct bel_sim *sim)
{
	struct bel_sim_event *event = sim->queue.first;

	if (!event)
		return false;
	bel_sim_event_remove(&sim->queue, event);
	set_clock(sim, event->at_ms);
	event->happen(event);
	return true;
}

void bel_sim_run(struct bel_sim *sim, uint64_t until_ms)
{
	while (sim->queue.first && sim->queue.first->at_ms <= until_ms)
		bel_sim_step(sim);
	set_clock(sim, until_ms);
}

bool bel_sim_run_quiet(struct bel_sim *sim, uint64_t until_ms)
{
	while (sim->queue.busy_count && sim->queue.first->at_ms <= until_ms)
		bel_sim_step(sim);
	if (sim->queue.busy_count)
		set_clock(sim, until_ms);
	return sim->queue.busy_count == 0;
}

static void drop_events(struct bel_sim *sim)
{
	struct bel_sim_event *event;

	while ((event = sim->queue.first)) {
		bel_sim_event_remove(&sim->queue, event);
		if (event->drop)
			event->drop(event);
	}
}

static void free_node(struct bel_sim_node *node)
{
	BEL_LIST_EACH(at, &node->loops)
	{
		bel_sim_loop_free(BEL_CONTAINER_OF(at, struct bel_sim_loop, in_node));
	}
	bel_sim_files_free(node);
	free(node->last_arrivals);
	free(node);
}

void bel_sim_free(struct bel_sim *sim)
{
	if (!sim)
		return;
	drop_events(sim);
	BEL_LIST_EACH(at, &sim->nodes)
	{
		free_node(BEL_CONTAINER_OF(at, struct bel_sim_node, in_sim));
	}
	bel_sim_nats_free(sim);
	bel_sim_cuts_free(sim);
	bel_sim_names_free(sim);
	free(sim);
}
