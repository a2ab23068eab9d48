/* SPDX-License-Identifier: Apache-2.0
 * The caller of a load is registered while it calls, as a phone is: a server keeps back
 * answers from strangers who ask too often, and 407 is such an answer. */
#ifndef BEL_CMD_LOAD_CALLER_H
#define BEL_CMD_LOAD_CALLER_H

#include "cmd/party.h"
#include "lib/lib.h"

struct load_caller {
	struct bel_lib *lib;
	struct parties registrar;
	struct bel_registration *registration;
	struct bel_timer patience;
	bool is_told;
};

/* Returns when the registrar has said yes or no, or after two seconds; whatever it was,
 * calls may go out. Nothing happens without an account, or when who is called lives on
 * another server. */
void load_caller_begin(struct load_caller *caller, struct bel_lib *lib,
		       const struct parties *parties, struct bel_arena *arena);
/* Takes the registration back. */
void load_caller_end(struct load_caller *caller);

#endif
