/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/offline.h"

#include <stdlib.h>
#include <unistd.h>

static bel_str config_of(const struct args *args)
{
	if (args->config)
		return bel_str_from(args->config);
	return access("/etc/belfry/belfry.conf", R_OK) == 0
		       ? BEL_STR("/etc/belfry/belfry.conf")
		       : BEL_STR_NONE;
}

static enum bel_err open_store(struct offline *offline, const char *state)
{
	char path[PATH_BYTES];
	struct bel_writer writer = bel_writer_init(path, sizeof path);
	bel_str proposed = offline->conf->realm.len       ? offline->conf->realm
			   : offline->conf->domains_count ? offline->conf->domains[0].name
							  : BEL_STR("belfry");
	enum bel_err err;

	bel_write_text(&writer, state);
	bel_write_lit(&writer, "/belfry.db");
	err = bel_store_open(&offline->store,
			     &(struct bel_store_opts){
				     .disk = offline->disk,
				     .sqlite_path = bel_writer_str(&writer),
			     });
	if (err)
		return err;
	return bel_store_meta(offline->store, "realm", proposed, &offline->arena,
			      &offline->realm);
}

int bel_offline_open(struct offline *offline, const struct args *args, bool is_new)
{
	const char *state = bel_cmd_find_state(args);
	enum bel_err err;

	*offline = (struct offline){ .loop = NULL };
	bel_arena_init(&offline->arena, NULL, 0, 1 << 20);
	if (!is_new && access(state, F_OK))
		return bel_cmd_fail(
			"no server at %s: start one with \"belfry run\", or name "
			"it with --state",
			state);
	offline->conf = bel_cmd_load(args, config_of(args), BEL_STR_NONE, BEL_STR_NONE,
				     false);
	if (!offline->conf)
		return EXIT_UNABLE;
	err = bel_loop_open(&offline->loop);
	if (!err)
		err = bel_service_open(&offline->service, offline->loop, 64);
	if (!err)
		err = bel_disk_open(&offline->disk, state);
	if (!err)
		err = open_store(offline, state);
	if (err)
		return bel_cmd_fail("cannot open the state directory %s: %s", state,
				    bel_err_text(err));
	return EXIT_YES;
}

void bel_offline_close(struct offline *offline)
{
	bel_store_close(offline->store);
	bel_service_close(offline->service);
	bel_disk_close(offline->disk);
	bel_loop_close(offline->loop);
	bel_conf_unref(offline->conf);
	bel_arena_fini(&offline->arena);
}
