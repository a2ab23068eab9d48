/* SPDX-License-Identifier: Apache-2.0
 * The server that the command line finds: where it listens, and what its state directory
 * knows of a user. */
#ifndef BEL_CMD_NEARBY_H
#define BEL_CMD_NEARBY_H

#include "cmd/cmd.h"
#include "sip/sip.h"

/* Where it can be reached by this transport. False when no server answers, or it does
 * not speak it; words on standard error say which. */
bool nearby_find(bel_addr *out, const struct args *args,
		 enum bel_sip_transport transport);
/* The password of a user from the state directory of `belfry dev`, into the arena; empty
 * when there is none. */
bel_str nearby_password(const struct args *args, bel_str user, struct bel_arena *arena);

#endif
