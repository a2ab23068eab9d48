/* SPDX-License-Identifier: Apache-2.0
 * belfry register USER: a registration, as a phone makes it, and what came of it. */
#include <stdio.h>
#include <stdlib.h>

#include "cmd/party.h"
#include "cmd/signals.h"

struct stay {
	const struct args *args;
	struct bel_lib *lib;
	struct bel_arena arena;
	struct parties parties;
	struct bel_registration *registration;
	uint64_t began_ms;
	bool stays, was_told, is_leaving, is_over;
	int status;
};

static void on_registered(void *user, struct bel_registration *registration,
			  const struct bel_registration_grant *grant)
{
	struct stay *stay = user;
	unsigned long long took_ms = bel_loop_clock_ms() - stay->began_ms;
	char buf[64];
	struct bel_writer seen = bel_writer_init(buf, sizeof buf);

	bel_addr_write(&seen, &grant->public_addr);
	if (!grant->public_addr.family)
		seen.len = 0;
	if (stay->args->is_json)
		printf("{\"event\":\"registered\",\"expires_s\":%u,\"seen_as\":\"%.*s\","
		       "\"took_ms\":%llu}\n",
		       grant->expires_s, BEL_STR_ARG(bel_writer_str(&seen)), took_ms);
	else if (!stay->was_told)
		printf("%.*s   registered for %u s in %llu ms\n  seen   %.*s\n",
		       BEL_STR_ARG(stay->parties.from_uri), grant->expires_s, took_ms,
		       BEL_STR_ARG(bel_writer_str(&seen)));
	if (!stay->args->is_json && !stay->was_told && grant->public_gruu.len)
		printf("  gruu   %.*s\n", BEL_STR_ARG(grant->public_gruu));
	fflush(stdout);
	stay->was_told = true;
	stay->status = EXIT_YES;
	if (!stay->stays)
		bel_registration_stop(registration);
}

static void on_failed(void *user, struct bel_registration *registration,
		      const struct bel_registration_failure *failure)
{
	struct stay *stay = user;
	const char *why = failure->err ? bel_err_text(failure->err) : "";
	bel_str phrase = failure->status ? bel_sip_status_phrase(failure->status)
					 : BEL_STR_NONE;

	(void)registration;
	if (stay->args->is_json)
		printf("{\"event\":\"failed\",\"status\":%u,\"error\":\"%s\","
		       "\"retry_in_s\":%u}\n",
		       failure->status, why, failure->retry_in_s);
	else
		printf("%.*s   not registered: %.0u %.*s%s\n",
		       BEL_STR_ARG(stay->parties.from_uri), failure->status,
		       BEL_STR_ARG(phrase), why);
	fflush(stdout);
	stay->status = EXIT_NO;
	stay->is_over |= !stay->stays;
}

static void on_gone(void *user)
{
	struct stay *stay = user;

	stay->registration = NULL;
	stay->is_over = true;
}

static const struct bel_registration_port port = { .on_registered = on_registered,
						   .on_failed = on_failed,
						   .on_gone = on_gone };

/* Ctrl-C takes the registration back; once more does not wait for that. */
static void on_signal(void *user)
{
	struct stay *stay = user;

	stay->is_over |= stay->is_leaving || !stay->registration;
	stay->is_leaving = true;
	if (stay->registration)
		bel_registration_stop(stay->registration);
}

static int begin(struct stay *stay)
{
	struct bel_loop *loop;
	struct signals signals;
	enum bel_err err = bel_lib_open(&stay->lib,
					&(struct bel_lib_opts){ .has_verify_off = true });

	if (err)
		return bel_cmd_fail("cannot start: %s", bel_err_text(err));
	stay->began_ms = bel_loop_clock_ms();
	err = parties_register(&stay->registration, stay->lib, &stay->parties, &port,
			       stay);
	if (err)
		return bel_cmd_fail("cannot register: %s", bel_err_text(err));
	loop = bel_lib_loop(stay->lib);
	signals_open(&signals, loop, on_signal, stay);
	while (!stay->is_over)
		bel_loop_turn(loop, -1);
	signals_close(&signals);
	return stay->status;
}

int bel_cmd_register(const struct args *args)
{
	struct stay *stay = calloc(1, sizeof *stay);
	bel_str user = bel_cmd_word(args, 0);
	int status = EXIT_UNABLE;

	if (!stay)
		return bel_cmd_fail("no memory");
	stay->args = args;
	stay->status = EXIT_NO;
	stay->stays = bel_cmd_has_flag(args, "--stay");
	bel_arena_init(&stay->arena, NULL, 0, 1 << 20);
	if (!user.len)
		status = bel_cmd_fail(
			"register whom? for example: belfry register alice");
	else if (parties_read(&stay->parties, args, user, user, &stay->arena) &&
		 parties_name_registrar(&stay->parties, &stay->arena))
		status = begin(stay);
	bel_registration_drop(stay->registration);
	bel_lib_close(stay->lib);
	bel_arena_fini(&stay->arena);
	bel_wipe(stay, sizeof *stay);
	free(stay);
	return status;
}
