/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/cmd.h"

static const char default_config[] = "/etc/belfry/belfry.conf";

enum { LISTENERS_MAX = 32 };

/* A listener by the name of its transport. */
struct place {
	const char *kind;
	bel_addr local;
};

static bool is_first_of_its_address(const struct place *places, unsigned index)
{
	for (unsigned i = 0; i < index; i++)
		if (bel_addr_is_equal(&places[i].local, &places[index].local))
			return false;
	return true;
}

/* " udp tcp 127.0.0.1:5060 tls 127.0.0.1:5061" */
static void write_places(struct bel_writer *writer, const struct place *places,
			 unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (!is_first_of_its_address(places, i))
			continue;
		for (unsigned k = i; k < count; k++)
			if (bel_addr_is_equal(&places[i].local, &places[k].local))
				bel_write_format(writer, " %s", places[k].kind);
		bel_write_char(writer, ' ');
		bel_addr_write(writer, &places[i].local);
	}
}

static const char *sip_kind(enum bel_sip_transport transport)
{
	return transport == BEL_SIP_UDP   ? "udp"
	       : transport == BEL_SIP_TCP ? "tcp"
					  : "tls";
}

static void write_sip(struct bel_writer *writer, const struct bel_node *node)
{
	struct bel_transport_listener listeners[LISTENERS_MAX];
	struct place places[LISTENERS_MAX];
	unsigned count = bel_node_listeners(node, listeners, LISTENERS_MAX);

	for (unsigned i = 0; i < count; i++)
		places[i] = (struct place){ sip_kind(listeners[i].transport),
					    listeners[i].local };
	write_places(writer, places, count);
}

static void write_turn(struct bel_writer *writer, const struct bel_node *node)
{
	static const char *const kinds[] = { "udp", "tcp", "tls", "dtls" };
	struct bel_nat_listener listeners[LISTENERS_MAX];
	struct place places[LISTENERS_MAX];
	unsigned count = bel_node_turn_listeners(node, listeners, LISTENERS_MAX);

	for (unsigned i = 0; i < count; i++)
		places[i] = (struct place){ kinds[listeners[i].transport],
					    listeners[i].local };
	if (count)
		bel_write_lit(writer, ", turn");
	write_places(writer, places, count);
}

static void write_ng(struct bel_writer *writer, struct bel_node *node)
{
	struct bel_conf *conf = bel_node_conf(node);

	if (conf->relay.ng.family) {
		bel_write_lit(writer, ", ng ");
		bel_addr_write(writer, &conf->relay.ng);
	}
	bel_conf_unref(conf);
}

static void on_ready(void *user, struct bel_node *node)
{
	const struct args *args = user;
	char listeners[2048];
	struct bel_writer writer = bel_writer_init(listeners, sizeof listeners - 1);
	size_t users = bel_users_count(bel_node_users(node));

	if (args->is_quiet)
		return;
	write_sip(&writer, node);
	write_turn(&writer, node);
	write_ng(&writer, node);
	listeners[writer.len] = '\0';
	if (users)
		fprintf(stderr, "listening on%s; %zu user%s\n", listeners, users,
			users == 1 ? "" : "s");
	else
		fprintf(stderr,
			"listening on%s; no users yet, every call is refused: belfry "
			"user "
			"add alice\n",
			listeners);
}

int bel_cmd_run(const struct args *args)
{
	const char *named = getenv("BELFRY_STATE");
	struct server_opts opts = { .args = args,
				    .state = args->state ? args->state
					     : named     ? named
							 : "/var/lib/belfry",
				    .on_ready = on_ready,
				    .user = (void *)args };

	if (bel_cmd_word(args, 0).len)
		return bel_cmd_fail("run takes no \"%.*s\"; see belfry help run",
				    BEL_STR_ARG(bel_cmd_word(args, 0)));
	if (args->config)
		opts.conf_path = bel_str_from(args->config);
	else if (access(default_config, R_OK) == 0)
		opts.conf_path = bel_str_from(default_config);
	return bel_server_run(&opts);
}
