/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/cmd.h"

static const char default_config[] = "/etc/belfry/belfry.conf";

static bool is_first_of_its_address(const struct bel_transport_listener *listeners,
				    unsigned index)
{
	for (unsigned i = 0; i < index; i++)
		if (bel_addr_is_equal(&listeners[i].local, &listeners[index].local))
			return false;
	return true;
}

/* " udp tcp 127.0.0.1:5060 tls 127.0.0.1:5061" */
static void write_listeners(const struct bel_node *node, char *text, size_t size)
{
	struct bel_transport_listener listeners[32];
	unsigned count = bel_node_listeners(node, listeners, 32);
	struct bel_writer writer = bel_writer_init(text, size - 1);

	for (unsigned i = 0; i < count; i++) {
		if (!is_first_of_its_address(listeners, i))
			continue;
		for (unsigned k = i; k < count; k++) {
			bel_str kind = bel_sip_transport_name(listeners[k].transport);
			if (!bel_addr_is_equal(&listeners[i].local, &listeners[k].local))
				continue;
			bel_write_char(&writer, ' ');
			for (size_t c = 0; c < kind.len; c++)
				bel_write_char(&writer, bel_char_lower(kind.ptr[c]));
		}
		bel_write_char(&writer, ' ');
		bel_addr_write(&writer, &listeners[i].local);
	}
	text[writer.len] = '\0';
}

static void on_ready(void *user, struct bel_node *node)
{
	const struct args *args = user;
	char listeners[1024];
	size_t users = bel_users_count(bel_node_users(node));

	if (args->is_quiet)
		return;
	write_listeners(node, listeners, sizeof listeners);
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

	if (args->rest_count)
		return bel_cmd_fail("run takes no \"%.*s\"; see belfry help run",
				    BEL_STR_ARG(args->rest[0]));
	if (args->config)
		opts.conf_path = bel_str_from(args->config);
	else if (access(default_config, R_OK) == 0)
		opts.conf_path = bel_str_from(default_config);
	return bel_server_run(&opts);
}
