/* SPDX-License-Identifier: Apache-2.0 */
#include "support/world.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const names[] = { "alice", "bob",   "carol", "dave", "erin",
				     "frank", "grace", "heidi", "ivan", "judy" };

static bel_addr server_addr(unsigned server)
{
	return bel_addr_v4(203, 0, 113, (uint8_t)(1 + server), 5060);
}

static struct bel_conf *load_conf(unsigned server, unsigned servers)
{
	char text[4096];
	struct bel_writer writer = bel_writer_init(text, sizeof text);
	struct bel_conf_report *report = malloc(sizeof *report);
	struct bel_conf *conf = NULL;
	unsigned other = 1 - server;

	bel_write_format(&writer, "domain %c.test\nlisten udp,tcp 203.0.113.%u:5060\n",
			 'a' + (char)server, 1 + server);
	if (servers > 1)
		bel_write_format(&writer,
				 "accept from %c.test\nhost %c.test 203.0.113.%u:5060\n",
				 'a' + (char)other, 'a' + (char)other, 1 + other);
	/* A house full of phones may call more often than one person does. */
	bel_write_lit(&writer, "guard { rate 100 per second }\n");
	for (size_t i = 0; i < BEL_COUNT_OF(names); i++)
		bel_write_format(&writer, "user %s password %s-pw\n", names[i], names[i]);
	if (writer.is_full || !report)
		abort();
	bel_conf_report_init(report);
	if (bel_conf_load(&conf, report,
			  &(struct bel_conf_opts){ .text = bel_writer_str(&writer) })) {
		for (unsigned i = 0; i < report->count; i++)
			fprintf(stderr, "%.*s\n", BEL_STR_ARG(report->problems[i].text));
		abort();
	}
	bel_conf_report_fini(report);
	free(report);
	return conf;
}

static void start_server(struct world *world, unsigned index, unsigned servers)
{
	struct world_server *server = &world->servers[index];
	struct bel_node_failure failure;

	server->addr = server_addr(index);
	server->conf = load_conf(index, servers);
	server->sim_node = bel_sim_node_new(world->sim, index ? "b" : "a", &server->addr);
	for (unsigned i = 0; i < world->workers; i++)
		if (bel_sim_loop(&server->loops[i], server->sim_node))
			abort();
	if (bel_node_open(&server->node, &failure,
			  &(struct bel_node_opts){ .conf = server->conf,
						   .loops = server->loops,
						   .workers = world->workers })) {
		fprintf(stderr, "node: %s\n", failure.text);
		abort();
	}
}

struct world *bel_world_new(uint64_t seed, const struct bel_sim_net *net,
			    unsigned servers, unsigned workers)
{
	struct world *world = calloc(1, sizeof *world);

	if (!world)
		abort();
	world->sim = bel_sim_new(seed, net);
	world->servers_count = servers;
	world->workers = workers;
	for (unsigned i = 0; i < servers; i++)
		start_server(world, i, servers);
	return world;
}

void bel_world_free(struct world *world)
{
	for (unsigned i = 0; i < world->phones_count; i++)
		bel_phone_free(world->phones[i]);
	for (unsigned i = 0; i < world->servers_count; i++) {
		struct world_server *server = &world->servers[i];
		bel_node_close(server->node);
		for (unsigned k = 0; k < world->workers; k++)
			bel_loop_close(server->loops[k]);
		bel_conf_unref(server->conf);
	}
	bel_sim_free(world->sim);
	free(world);
}

struct phone *bel_world_phone(struct world *world, unsigned server, const char *name,
			      enum bel_sim_nat_kind nat, unsigned number)
{
	char password[16];
	struct bel_writer writer = bel_writer_init(password, sizeof password - 1);
	struct phone *phone;

	if (world->phones_count == WORLD_PHONES_MAX)
		abort();
	bel_write_format(&writer, "%s-pw", name);
	password[writer.len] = '\0';
	phone = bel_phone_new(&(struct phone_opts){
		.sim = world->sim,
		.name = name,
		.password = password,
		.domain = server ? "b.test" : "a.test",
		.ip = nat == BEL_NAT_NONE ? bel_addr_v4(192, 0, 2, (uint8_t)number, 0)
					  : bel_addr_v4(10, 0, (uint8_t)number, 1, 0),
		.outer = bel_addr_v4(198, 51, 100, (uint8_t)number, 0),
		.nat = nat,
		.server = world->servers[server].addr,
	});
	world->phones[world->phones_count++] = phone;
	return phone;
}

struct search {
	const char *name;
	uint64_t value;
	bool is_found;
};

static void on_counter(void *user, const struct bel_node_counter *counter)
{
	struct search *search = user;

	if (!bel_str_is_equal(bel_str_from(counter->name), bel_str_from(search->name)))
		return;
	search->value = counter->value;
	search->is_found = true;
}

uint64_t bel_world_counter(struct world *world, unsigned server, const char *name)
{
	struct search search = { .name = name };

	bel_node_counters(world->servers[server].node, on_counter, &search);
	if (!search.is_found)
		abort();
	return search.value;
}
