/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/offline.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { READS_MAX = 5 };

static bel_str config_of(const struct args *args)
{
	if (args->config)
		return bel_str_from(args->config);
	return access("/etc/belfry/belfry.conf", R_OK) == 0
		       ? BEL_STR("/etc/belfry/belfry.conf")
		       : BEL_STR_NONE;
}

static bel_str realm_of(const struct bel_conf *conf)
{
	return conf->realm.len       ? conf->realm
	       : conf->domains_count ? conf->domains[0].name
				     : BEL_STR("belfry");
}

static enum bel_err open_store(struct offline *offline, const char *state)
{
	char path[PATH_BYTES];
	enum bel_err err;

	bel_cmd_join_path(path, state,
			  offline->conf->store.sqlite.len ? offline->conf->store.sqlite
							  : BEL_STR("belfry.db"));
	err = bel_store_open(&offline->store, &(struct bel_store_opts){
						      .disk = offline->disk,
						      .sqlite_path = bel_str_from(path),
					      });
	if (err)
		return err;
	return bel_store_meta(offline->store, "realm", realm_of(offline->conf),
			      &offline->arena, &offline->realm);
}

int bel_offline_open_conf(struct offline *offline, const struct args *args)
{
	*offline = (struct offline){ .loop = NULL };
	bel_arena_init(&offline->arena, NULL, 0, 4 << 20);
	offline->conf = bel_cmd_load(args, config_of(args), BEL_STR_NONE, BEL_STR_NONE);
	if (!offline->conf)
		return EXIT_UNABLE;
	offline->realm = realm_of(offline->conf);
	return EXIT_YES;
}

/* Looking into a folder that is none must not make it one. */
static bool is_state(const char *state)
{
	char path[PATH_BYTES];
	struct bel_writer writer = bel_writer_init(path, sizeof path - 1);

	bel_write_text(&writer, state);
	bel_write_lit(&writer, "/meta");
	path[writer.len] = '\0';
	return !writer.is_full && (access(path, F_OK) == 0 || errno == EACCES);
}

int bel_offline_open(struct offline *offline, const struct args *args, bool is_new)
{
	const char *state = bel_cmd_find_state(args);
	enum bel_err err;
	int status;

	*offline = (struct offline){ .loop = NULL };
	if (!is_new && !is_state(state))
		return bel_cmd_fail(
			"no server at %s: start one with \"belfry run\", or name "
			"it with --state",
			state);
	status = bel_offline_open_conf(offline, args);
	if (status)
		return status;
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

static enum bel_err open_location(struct bel_location **out,
				  const struct offline *offline)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return bel_location_open(out, &(struct bel_location_opts){
					      .store = offline->store,
					      .wall_ms = (uint64_t)now.tv_sec * 1000 });
}

int bel_offline_open_location(struct offline *offline, struct bel_location **location,
			      const struct args *args)
{
	enum bel_err err;

	for (unsigned i = 0;; i++) {
		int status = bel_offline_open(offline, args, false);
		if (status)
			return status;
		err = open_location(location, offline);
		/* A journal that went while we read was written into a snapshot by the
		 * server: what was listed is no longer what is there. */
		if (err != bel_err_from_errno(ENOENT) || i + 1 == READS_MAX)
			break;
		bel_offline_close(offline);
	}
	return err ? bel_cmd_fail("cannot read the registrations: %s", bel_err_text(err))
		   : EXIT_YES;
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
