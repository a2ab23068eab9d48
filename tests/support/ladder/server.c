/* SPDX-License-Identifier: Apache-2.0 */
#include "support/ladder/ladder_int.h"

static struct bel_conf *load_conf(struct ladder *ladder, bel_str text)
{
	struct bel_conf_report *report = malloc(sizeof *report);
	struct bel_conf *conf = NULL;

	if (!report)
		return NULL;
	bel_conf_report_init(report);
	if (bel_conf_load(&conf, report, &(struct bel_conf_opts){ .text = text }))
		bel_ladder_fail(ladder, "configuration: %.*s",
				BEL_STR_ARG(report->problems[0].text));
	bel_conf_report_fini(report);
	free(report);
	return conf;
}

bool bel_ladder_server_open(struct ladder_actor *server, bel_str conf_text)
{
	struct ladder *ladder = server->ladder;
	struct bel_node_failure failure;

	server->is_server = true;
	server->conf = load_conf(ladder, conf_text);
	if (!server->conf)
		return false;
	if (bel_ground_host(&server->host, ladder->ground, server->name, &server->own))
		return false;
	for (unsigned i = 0; i < LADDER_WORKERS; i++)
		if (bel_ground_loop(&server->loops[i], ladder->ground, server->host))
			return false;
	if (bel_node_open(&server->node, &failure,
			  &(struct bel_node_opts){ .conf = server->conf,
						   .loops = server->loops,
						   .workers = LADDER_WORKERS })) {
		bel_ladder_fail(ladder, "the server did not start: %s", failure.text);
		return false;
	}
	return true;
}

void bel_ladder_server_close(struct ladder_actor *server)
{
	if (server->node)
		bel_node_close(server->node);
	for (unsigned i = 0; i < LADDER_WORKERS; i++)
		if (server->loops[i])
			bel_loop_close(server->loops[i]);
	if (server->conf)
		bel_conf_unref(server->conf);
}

struct search {
	bel_str name;
	uint64_t value;
	bool is_found;
};

static void on_counter(void *user, const struct bel_node_counter *counter)
{
	struct search *search = user;

	if (!bel_str_is_equal(search->name, bel_str_from(counter->name)))
		return;
	search->value = counter->value;
	search->is_found = true;
}

bool bel_ladder_server_figure(uint64_t *out, struct ladder_actor *server, bel_str name)
{
	struct search search = { .name = name };

	bel_node_counters(server->node, on_counter, &search);
	if (search.is_found)
		*out = search.value;
	return search.is_found;
}
