/* SPDX-License-Identifier: Apache-2.0
 * A record of a call from a file that may hold anything: it is taken up or refused, and
 * what is taken up is written again as it was read. Every port comes back. */
#include <stdlib.h>

#include "io/sim.h"
#include "relay/relay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

struct scene {
	char record[BEL_RELAY_RECORD_BYTES_MAX];
	size_t len;
};

static void on_keep(void *user, bel_str record, uint32_t *place)
{
	struct scene *scene = user;

	memcpy(scene->record, record.ptr, record.len);
	scene->len = record.len;
	*place = 1;
}

static void on_forget(void *user, uint32_t place)
{
	require(place == 1);
	((struct scene *)user)->len = 0;
}

static const struct bel_relay_port port = { .on_keep = on_keep, .on_forget = on_forget };

static void check(struct bel_relay *relay, struct scene *scene, bel_relay_call call)
{
	char first[BEL_RELAY_RECORD_BYTES_MAX];
	size_t len = scene->len;

	memcpy(first, scene->record, len);
	bel_relay_end(relay, call);
	require(scene->len == 0);
	/* What we wrote ourselves is good. */
	require(!bel_relay_restore(&call, relay, (bel_str){ first, len }));
	require(scene->len == len);
	bel_relay_end(relay, call);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct bel_sim_net net = { .delay_min_ms = 1, .delay_max_ms = 1 };
	bel_addr ip = bel_addr_v4(203, 0, 113, 9, 0);
	struct bel_sim *sim = bel_sim_new(1, &net);
	struct bel_ports *ports = calloc(1, sizeof *ports);
	struct scene *scene = calloc(1, sizeof *scene);
	bel_str record = { (const char *)data, size };
	struct bel_relay_opts opts = { .ports = ports,
				       .port_min = 30000,
				       .port_max = 30031,
				       .silent_ms = 3000,
				       .timeout_ms = 60000,
				       .port = &port,
				       .user = scene };
	struct bel_relay *relay;
	bel_relay_call call;

	require(sim && ports && scene);
	require(!bel_sim_loop(&opts.loop, bel_sim_node_new(sim, "relay", &ip)));
	require(!bel_relay_open(&relay, &opts));
	(void)bel_relay_record_call_id(record);
	if (bel_relay_restore(&call, relay, record) == BEL_OK)
		check(relay, scene, call);
	require(bel_relay_counters(relay)->calls == 0);
	bel_relay_close(relay);
	for (unsigned i = 0; i < BEL_COUNT_OF(ports->bits); i++)
		require(!ports->bits[i]);
	bel_loop_close(opts.loop);
	bel_sim_free(sim);
	free(ports);
	free(scene);
	return 0;
}
