/* SPDX-License-Identifier: Apache-2.0 */
#include "path/path_int.h"

#include <errno.h>
#include <stdlib.h>

enum { PORT_TRIES = 64, BUFFER_BYTES = 64 * 1024 };

/* ---- what comes ---- */

void bel_path_enter(struct bel_path *path)
{
	path->busy++;
}

static void free_path(struct bel_path *path)
{
	bel_path_gather_fini(path);
	bel_path_ice_close(path);
	bel_crypto_close(path->crypto);
	free(path);
}

void bel_path_leave(struct bel_path *path)
{
	if (--path->busy)
		return;
	if (path->is_closed)
		free_path(path);
	else
		bel_path_schedule(path);
}

void bel_path_on_bytes(struct part *part, const bel_addr *base, char *buf, size_t len,
		       const bel_addr *peer)
{
	struct bel_path *path = part->path;
	bel_str bytes = { buf, len };
	struct bel_stun_msg msg;

	if (!path->opts.has_ice || !bel_stun_is(bytes)) {
		path->opts.port->on_packet(path->opts.user, part->component, buf, len,
					   peer);
		return;
	}
	if (bel_stun_parse(&msg, bytes) == BEL_OK &&
	    !bel_path_on_stun_answer(part, peer, &msg))
		bel_path_on_check(part, base, peer, &msg);
}

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	struct part *part = user;
	struct bel_path *path = part->path;

	(void)udp;
	bel_path_enter(path);
	for (unsigned i = 0; i < count && !path->is_closed; i++) {
		struct bel_datagram *each = &datagrams[i];
		if (!bel_path_on_turn(part, each->buf, each->len, &each->peer))
			bel_path_on_bytes(part, &part->local, each->buf, each->len,
					  &each->peer);
	}
	bel_path_leave(path);
}

/* ---- time ---- */

static void on_due(void *user)
{
	struct bel_path *path = user;

	bel_path_enter(path);
	bel_path_gather_advance(path);
	if (!path->is_closed)
		bel_path_ice_advance(path);
	bel_path_leave(path);
}

void bel_path_schedule(struct bel_path *path)
{
	uint64_t gather_ms = bel_path_gather_next_ms(path);
	uint64_t ice_ms = bel_path_ice_next_ms(path);
	uint64_t next_ms = gather_ms < ice_ms ? gather_ms : ice_ms;

	if (next_ms == UINT64_MAX)
		bel_timer_stop(path->opts.loop, &path->timer);
	else
		bel_timer_start(path->opts.loop, &path->timer, next_ms);
}

/* ---- sockets ---- */

static enum bel_err open_part(struct part *part, bel_addr local)
{
	enum bel_err err = bel_udp_open(&part->udp, part->path->opts.loop,
					&(struct bel_udp_opts){
						.local = local,
						.buffer_bytes = BUFFER_BYTES,
						.on_datagrams = on_datagrams,
						.user = part,
					});

	if (!err)
		part->local = *bel_udp_local(part->udp);
	return err;
}

static void close_part(struct part *part)
{
	bel_udp_close(part->udp);
	part->udp = NULL;
}

/* Two neighbours, the even one for RTP. */
static enum bel_err open_pair(struct bel_path *path, uint16_t port)
{
	struct part *rtp = &path->parts[BEL_PATH_RTP];
	bel_addr local = path->opts.local;
	enum bel_err err;

	local.port = port;
	err = open_part(rtp, local);
	if (err)
		return err;
	local.port = (uint16_t)(rtp->local.port + 1);
	err = rtp->local.port % 2 ? -EADDRINUSE
				  : open_part(&path->parts[BEL_PATH_RTCP], local);
	if (err)
		close_part(rtp);
	return err;
}

enum bel_err bel_path_bind(struct bel_path *path)
{
	const struct bel_path_opts *opts = &path->opts;
	unsigned pairs = ((unsigned)opts->port_max + 1 - opts->port_min) / 2;
	uint32_t random;
	enum bel_err err = -EADDRINUSE;

	if (path->is_bound)
		return BEL_OK;
	bel_loop_random(opts->loop, &random, sizeof random);
	for (unsigned i = 0; i < PORT_TRIES && err == -EADDRINUSE; i++) {
		unsigned port = 0;
		if (opts->port_max)
			port = (opts->port_min + 1u) / 2 * 2 +
			       (random + i) % (pairs ? pairs : 1) * 2;
		err = open_pair(path, (uint16_t)port);
	}
	if (err)
		return err;
	path->is_bound = true;
	if (opts->has_ice) {
		bel_path_gather_start(path);
		bel_path_schedule(path);
	}
	return BEL_OK;
}

bool bel_path_is_bound(const struct bel_path *path)
{
	return path->is_bound;
}

/* ---- the door ---- */

enum bel_err bel_path_need_crypto(struct bel_path *path)
{
	return path->crypto ? BEL_OK : bel_crypto_open(&path->crypto);
}

enum bel_err bel_path_open(struct bel_path **out, const struct bel_path_opts *opts)
{
	struct bel_path *path = calloc(1, sizeof *path);

	if (!path)
		return bel_err_from_errno(ENOMEM);
	path->opts = *opts;
	for (unsigned i = 0; i < BEL_PATH_COMPONENTS; i++) {
		path->parts[i].path = path;
		path->parts[i].component = (enum bel_path_component)i;
	}
	bel_timer_init(&path->timer, on_due, path);
	*out = path;
	return BEL_OK;
}

void bel_path_close(struct bel_path *path)
{
	if (!path)
		return;
	bel_path_gather_stop(path);
	bel_timer_stop(path->opts.loop, &path->timer);
	for (unsigned i = 0; i < BEL_PATH_COMPONENTS; i++)
		close_part(&path->parts[i]);
	path->is_closed = true;
	if (path->busy == 0)
		free_path(path);
}

/* ---- what leaves ---- */

enum bel_err bel_path_send(struct bel_path *path, enum bel_path_component component,
			   const bel_addr *to, bel_str packet)
{
	struct part *part = &path->parts[component];
	struct bel_ice_candidate from, way;

	if (path->use != USE_ICE)
		return part->is_by_relay ? bel_path_send_relayed(part, to, packet)
					 : bel_udp_send(part->udp, to, NULL, packet);
	if (!bel_path_ice_way(&from, &way, path, component))
		return BEL_ERR_AGAIN;
	if (bel_addr_is_equal(&from.base, &part->local))
		return bel_udp_send(part->udp, &way.addr, NULL, packet);
	return bel_path_send_relayed(part, &way.addr, packet);
}

bool bel_path_has_ice(const struct bel_path *path)
{
	return path->use == USE_ICE;
}

bool bel_path_way(bel_addr *remote, const struct bel_path *path,
		  enum bel_path_component component)
{
	struct bel_ice_candidate from, to;

	if (!bel_path_ice_way(&from, &to, path, component))
		return false;
	*remote = to.addr;
	return true;
}
