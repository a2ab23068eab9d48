/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cmd.h"

#define STATE "belfry-dev"
#define HELLO BELFRY_SHARE "/hello.wav"

static const char *const names[] = { "alice", "bob", "carol" };

struct dev {
	const struct args *args;
	uint64_t began_ms;
};

/* Each user's password in a file of its own, and all together where people look. */
static enum bel_err make_passwords(void)
{
	char all[512];
	struct bel_writer list = bel_writer_init(all, sizeof all);
	enum bel_err err = BEL_OK;

	for (size_t i = 0; i < BEL_COUNT_OF(names) && !err; i++) {
		char path[64], password[21];
		snprintf(path, sizeof path, STATE "/%s.pw", names[i]);
		bel_cmd_make_password(password);
		bel_write_format(&list, "%s %s\n", names[i], password);
		err = bel_cmd_write_file(path, bel_str_from(password), 0600);
		bel_wipe(password, sizeof password);
	}
	if (!err)
		err = bel_cmd_write_file(STATE "/passwords", bel_writer_str(&list), 0600);
	bel_wipe(all, sizeof all);
	return err;
}

/* The configuration is a file like any other, so that it can be read, changed and kept.
 */
static enum bel_err make_config(bool is_lan)
{
	char text[1024];
	struct bel_writer writer = bel_writer_init(text, sizeof text);
	const char *host = is_lan ? "" : "127.0.0.1";

	bel_write_lit(&writer, "# made by \"belfry dev\"; yours to change\n");
	bel_write_format(&writer,
			 "listen udp,tcp %s:5060\nlisten tls %s:5061\ntls self\n", host,
			 host);
	for (size_t i = 0; i < BEL_COUNT_OF(names); i++)
		bel_write_format(&writer,
				 "user %s { number 10%zu; password file:%s.pw }\n",
				 names[i], i + 1, names[i]);
	bel_write_lit(&writer, "route local {\n    600 answer echo\n    602 answer tone "
			       "440\n");
	if (!access(HELLO, R_OK))
		bel_write_lit(&writer, "    601 answer play " HELLO "\n");
	bel_write_lit(&writer, "}\n");
	bel_write_lit(&writer, "guard { ban 10s }   # who mistypes a password waits\n");
	return bel_cmd_write_file(STATE "/belfry.conf", bel_writer_str(&writer), 0600);
}

static enum bel_err prepare(bool is_lan)
{
	enum bel_err err = BEL_OK;

	if (mkdir(STATE, 0700) && errno != EEXIST)
		return bel_err_from_errno(errno);
	if (access(STATE "/passwords", F_OK))
		err = make_passwords();
	if (!err && (is_lan || access(STATE "/belfry.conf", F_OK)))
		err = make_config(is_lan);
	return err;
}

static void write_kind(const struct bel_transport_listener *listeners, unsigned count,
		       bool is_tls)
{
	const bel_addr *last = NULL;

	for (unsigned i = 0; i < count; i++) {
		const struct bel_transport_listener *at = &listeners[i];
		char text[80];
		struct bel_writer writer = bel_writer_init(text, sizeof text - 1);
		if ((at->transport == BEL_SIP_TLS) != is_tls ||
		    (last && bel_addr_is_equal(last, &at->local)))
			continue;
		last = &at->local;
		bel_addr_write(&writer, &at->local);
		text[writer.len] = '\0';
		printf("%s %s", is_tls ? "   tls" : " udp tcp", text);
	}
}

static void on_ready(void *user, struct bel_node *node)
{
	const struct dev *dev = user;
	struct bel_transport_listener listeners[16];
	unsigned count = bel_node_listeners(node, listeners, 16), own_count;
	const bel_addr *own = bel_node_own(node, &own_count);
	char host[80] = "127.0.0.1";
	struct bel_writer writer = bel_writer_init(host, sizeof host - 1);

	for (unsigned i = 0; i < own_count; i++) {
		/* With --lan the address that other phones can reach. */
		if (dev->args->is_lan && bel_addr_range(&own[i]) == BEL_ADDR_LOOPBACK)
			continue;
		bel_addr_write_uri_host(&writer, &own[i]);
		if (own[i].port != 5060)
			bel_write_format(&writer, ":%u", own[i].port);
		host[writer.len] = '\0';
		break;
	}
	printf("belfry %s  development mode - nothing is written outside ./" STATE "\n",
	       BELFRY_VERSION);
	printf("  users   alice bob carol   passwords in ./" STATE
	       "/passwords\n  sip    ");
	write_kind(listeners, count, false);
	write_kind(listeners, count, true);
	printf("\n  phone   sip:alice@%s%s\n", host,
	       dev->args->is_lan ? "" : "   (a phone on your network: belfry dev --lan)");
	/* As it was started, so that it can be copied. */
	printf("  try     %s call alice 600            ready in %llu ms\n",
	       program_invocation_name,
	       (unsigned long long)(bel_loop_clock_ms() - dev->began_ms));
	fflush(stdout);
}

int bel_cmd_dev(const struct args *args)
{
	struct dev dev = { .args = args, .began_ms = bel_loop_clock_ms() };
	const struct server_opts opts = { .args = args,
					  .state = STATE,
					  .conf_path = BEL_STR(STATE "/belfry.conf"),
					  .on_ready = on_ready,
					  .user = &dev };
	enum bel_err err = prepare(args->is_lan);

	if (err)
		return bel_cmd_fail("cannot write ./" STATE ": %s", bel_err_text(err));
	return bel_server_run(&opts);
}
