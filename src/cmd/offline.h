/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_CMD_OFFLINE_H
#define BEL_CMD_OFFLINE_H

#include "cmd/cmd.h"

/* The state directory without a server: what user and reg work on then. */
struct offline {
	struct bel_loop *loop;
	struct bel_service *service;
	struct bel_disk *disk;
	struct bel_store *store;
	struct bel_conf *conf;
	struct bel_arena arena;
	bel_str realm;
};

/* EXIT_YES, or EXIT_UNABLE with words on standard error. is_new: the directory may be
 * made. */
int bel_offline_open(struct offline *offline, const struct args *args, bool is_new);
/* The configuration alone: no store, no state directory. */
int bel_offline_open_conf(struct offline *offline, const struct args *args);
/* The state directory and the registrations in it, also while a server writes them.
 * *location is the caller's, and goes before the rest. */
int bel_offline_open_location(struct offline *offline, struct bel_location **location,
			      const struct args *args);
void bel_offline_close(struct offline *offline);

#endif
