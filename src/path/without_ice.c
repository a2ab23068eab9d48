/* SPDX-License-Identifier: Apache-2.0
 * A path in a library that was built without ICE (BELFRY_ICE=OFF): two sockets. */
#include "path/path_int.h"

/* ---- gather.c ---- */

void bel_path_gather_start(struct bel_path *path)
{
	(void)path;
}

void bel_path_gather_advance(struct bel_path *path)
{
	(void)path;
}

uint64_t bel_path_gather_next_ms(const struct bel_path *path)
{
	(void)path;
	return UINT64_MAX;
}

void bel_path_gather_stop(struct bel_path *path)
{
	(void)path;
}

void bel_path_gather_fini(struct bel_path *path)
{
	(void)path;
}

bool bel_path_is_gathering(const struct bel_path *path)
{
	(void)path;
	return false;
}

void bel_path_servers_report(struct bel_path_servers_report *out,
			     const struct bel_path *path)
{
	(void)path;
	*out = (struct bel_path_servers_report){ BEL_OK, BEL_OK, 0 };
}

bool bel_path_on_stun_answer(struct part *part, const bel_addr *from,
			     const struct bel_stun_msg *msg)
{
	(void)part;
	(void)from;
	(void)msg;
	return false;
}

bool bel_path_on_turn(struct part *part, char *buf, size_t len, const bel_addr *from)
{
	(void)part;
	(void)buf;
	(void)len;
	(void)from;
	return false;
}

enum bel_err bel_path_send_relayed(struct part *part, const bel_addr *to, bel_str packet)
{
	(void)part;
	(void)to;
	(void)packet;
	return BEL_ERR_UNSUPPORTED;
}

/* ---- agree.c ---- */

bool bel_path_on_check(struct part *part, const bel_addr *base, const bel_addr *from,
		       const struct bel_stun_msg *msg)
{
	(void)part;
	(void)base;
	(void)from;
	(void)msg;
	return false;
}

void bel_path_ice_advance(struct bel_path *path)
{
	(void)path;
}

uint64_t bel_path_ice_next_ms(const struct bel_path *path)
{
	(void)path;
	return UINT64_MAX;
}

void bel_path_ice_close(struct bel_path *path)
{
	(void)path;
}

bool bel_path_ice_way(struct bel_ice_candidate *from, struct bel_ice_candidate *to,
		      const struct bel_path *path, enum bel_path_component component)
{
	(void)from;
	(void)to;
	(void)path;
	(void)component;
	return false;
}

bool bel_path_may_be_from(const struct bel_path *path, enum bel_path_component component,
			  const bel_addr *peer)
{
	(void)path;
	(void)component;
	(void)peer;
	return true;
}

bel_addr bel_path_address(const struct bel_path *path, enum bel_path_component component)
{
	const struct part *part = &path->parts[component];
	bel_addr shown = path->opts.shown;

	if (!path->is_bound)
		return (bel_addr){ .family = 0 };
	shown.port = part->local.port;
	return shown.family ? shown : part->local;
}

void bel_path_take_offer(struct bel_path *path, const struct bel_sdp *theirs,
			 unsigned media)
{
	(void)path;
	(void)theirs;
	(void)media;
}

void bel_path_write(struct bel_writer *writer, struct bel_path *path)
{
	(void)writer;
	(void)path;
}

void bel_path_agree(struct bel_path *path, const struct bel_path_agreed *agreed)
{
	(void)agreed;
	path->use = USE_NONE;
}

void bel_path_describe(struct bel_writer *writer, const struct bel_path *path)
{
	(void)writer;
	(void)path;
}
