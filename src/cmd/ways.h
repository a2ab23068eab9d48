/* SPDX-License-Identifier: Apache-2.0
 * Ways through NATs that a call may take: --ice, and the servers that help, --stun and
 * --turn. */
#ifndef BEL_CMD_WAYS_H
#define BEL_CMD_WAYS_H

#include "auth/auth.h"
#include "cmd/cmd.h"
#include "lib/lib.h"
#include "path/path.h"

#define WAYS_OPTIONS " --ice --stun= --turn="

enum { WAYS_STUN, WAYS_TURN, WAYS_SERVERS };

/* A server that is being looked for. */
struct ways_server {
	struct ways *ways;
	struct bel_targets_query query;
	bel_str text;
	struct bel_uri uri; /* text is empty: none */
	bool is_finding;
};

struct ways {
	bool offers_ice;
	struct bel_path_servers servers; /* addresses once they are found */
	struct bel_tls_context *tls;     /* of the lib; NULL: without TLS */
	struct ways_server wanted[WAYS_SERVERS];
	void (*on_ready)(void *user, bool is_fine);
	void *user;
	bool has_failed, is_beginning;
};

/* account: of who calls, for a TURN server without a user of its own; NULL: none. Texts
 * lie in the arena. False, with words on standard error. */
bool ways_read(struct ways *out, const struct args *args,
	       const struct bel_auth_account *account, struct bel_arena *arena);
/* Looks the servers up; on_ready, perhaps from inside this call, and with words on
 * standard error when one of them cannot be found. */
void ways_find(struct ways *ways, struct bel_lib *lib,
	       void (*on_ready)(void *user, bool is_fine), void *user);
/* Says on standard error which server did not help, and why. */
void ways_say(const struct ways *ways, const struct bel_path *path);

#endif
