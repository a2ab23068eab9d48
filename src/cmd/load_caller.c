/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/load_caller.h"

enum { PATIENCE_MS = 2000 };

static void on_registered(void *user, struct bel_registration *registration,
			  const struct bel_registration_grant *grant)
{
	(void)registration;
	(void)grant;
	((struct load_caller *)user)->is_told = true;
}

static void on_failed(void *user, struct bel_registration *registration,
		      const struct bel_registration_failure *failure)
{
	(void)registration;
	(void)failure;
	((struct load_caller *)user)->is_told = true;
}

static void on_gone(void *user)
{
	struct load_caller *caller = user;

	caller->registration = NULL;
	caller->is_told = true;
}

static const struct bel_registration_port port = { .on_registered = on_registered,
						   .on_failed = on_failed,
						   .on_gone = on_gone };

static void on_patience(void *user)
{
	((struct load_caller *)user)->is_told = true;
}

static void wait(struct load_caller *caller)
{
	struct bel_loop *loop = bel_lib_loop(caller->lib);

	caller->is_told = false;
	bel_timer_start(loop, &caller->patience, bel_loop_now_ms(loop) + PATIENCE_MS);
	while (!caller->is_told)
		bel_loop_turn(loop, -1);
	bel_timer_stop(loop, &caller->patience);
}

static bool is_same_server(const struct parties *parties)
{
	struct bel_uri from;

	return bel_uri_parse(&from, parties->from_uri) == BEL_OK &&
	       bel_str_is_equal_nocase(from.host, parties->target_uri.host) &&
	       bel_uri_port(&from) == bel_uri_port(&parties->target_uri);
}

void load_caller_begin(struct load_caller *caller, struct bel_lib *lib,
		       const struct parties *parties, struct bel_arena *arena)
{
	*caller = (struct load_caller){ .lib = lib, .registrar = *parties };
	bel_timer_init(&caller->patience, on_patience, caller);
	if (!parties->has_account || !is_same_server(parties) ||
	    !parties_name_registrar(&caller->registrar, arena))
		return;
	if (!parties_register(&caller->registration, lib, &caller->registrar, &port,
			      caller))
		wait(caller);
}

void load_caller_end(struct load_caller *caller)
{
	if (!caller->registration)
		return;
	bel_registration_stop(caller->registration);
	wait(caller);
	bel_registration_drop(caller->registration);
}
