/* SPDX-License-Identifier: Apache-2.0
 * Who calls whom, from the words of a command line: users and numbers of the server that
 * is found, user@host, or whole addresses. */
#ifndef BEL_CMD_PARTY_H
#define BEL_CMD_PARTY_H

#include "auth/auth.h"
#include "client/client.h"
#include "cmd/cmd.h"
#include "lib/lib.h"
#include "sip/sip.h"

/* Options of the commands that read parties. */
#define PARTY_OPTIONS " --transport= --password="

struct parties {
	bel_str from, to; /* as they were typed; from may be "belfry" */
	bel_str from_uri, from_value, from_user;
	bel_str target; /* URI */
	struct bel_uri target_uri;
	struct bel_auth_account account;
	bool has_account; /* there is a password: of --password, or the server's directory
			   */
};

/* from empty: nobody in particular. Texts lie in the arena. False, with words on standard
 * error, for what is no party, and when a server is needed and none is found. */
bool parties_read(struct parties *out, const struct args *args, bel_str from, bel_str to,
		  struct bel_arena *arena);
/* The target becomes the registrar of who was called: the host of the address. */
bool parties_name_registrar(struct parties *parties, struct bel_arena *arena);
/* Registers them there, once the registrar is named; parties outlive it. Errors as
 * bel_registration_start. */
enum bel_err parties_register(struct bel_registration **out, struct bel_lib *lib,
			      const struct parties *parties,
			      const struct bel_registration_port *port, void *user);
/* Somebody else at the server that the target is at, "carol", or a whole address; empty
 * stays empty. *out may be who. */
bool parties_read_other(bel_str *out, const struct parties *parties, bel_str who,
			struct bel_arena *arena);

#endif
