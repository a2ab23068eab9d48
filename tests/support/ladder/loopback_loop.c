/* SPDX-License-Identifier: Apache-2.0
 * Real loops of hosts that have one address each. */
#include <errno.h>
#include <stdlib.h>

#include "support/ladder/loopback_int.h"

static struct held_loop *held_of(struct bel_loop *loop)
{
	return BEL_CONTAINER_OF(loop->ops, struct held_loop, ops);
}

static void tell(struct held_loop *held, const bel_addr *from, const bel_addr *to,
		 bool is_stream, bool is_lost, bel_str bytes)
{
	struct loopback *ground = held->host->ground;
	struct bel_sim_packet packet = { .at_ms = ground->now_ms,
					 .from = from->family ? *from : held->host->ip,
					 .to = *to,
					 .is_stream = is_stream,
					 .is_lost = is_lost,
					 .bytes = bytes };

	bel_ground_tell(&ground->base, &packet);
}

/* ---- datagrams ---- */

/* Stands between a socket and its user. */
struct held_udp {
	struct bel_list node;
	struct loopback *ground;
	struct bel_udp_opts opts; /* what the user wants */
	bel_addr local;
};

static struct held_udp *find_socket(struct loopback *ground, const bel_addr *addr)
{
	BEL_LIST_EACH(node, &ground->sockets)
	{
		struct held_udp *held = BEL_CONTAINER_OF(node, struct held_udp, node);
		if (bel_addr_is_equal(&held->local, addr))
			return held;
	}
	return NULL;
}

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	struct held_udp *held = user;
	struct loopback *ground = held->ground;

	ground->events++;
	ground->datagrams_under_way -= count < ground->datagrams_under_way
					       ? count
					       : ground->datagrams_under_way;
	held->opts.on_datagrams(held->opts.user, udp, datagrams, count);
}

static void on_unreachable(void *user, struct bel_udp *udp, const bel_addr *peer,
			   enum bel_err err)
{
	struct held_udp *held = user;

	held->ground->events++;
	if (held->opts.on_unreachable)
		held->opts.on_unreachable(held->opts.user, udp, peer, err);
}

static enum bel_err held_udp_open(struct bel_udp **out, struct bel_loop *loop,
				  const struct bel_udp_opts *opts)
{
	struct held_loop *held = held_of(loop);
	struct held_udp *socket = calloc(1, sizeof *socket);
	struct bel_udp_opts ours = *opts;
	enum bel_err err;

	if (!socket)
		return bel_err_from_errno(ENOMEM);
	socket->ground = held->host->ground;
	socket->opts = *opts;
	ours.on_datagrams = on_datagrams;
	ours.on_unreachable = on_unreachable;
	ours.user = socket;
	err = held->real->udp_open(out, loop, &ours);
	if (err) {
		free(socket);
		return err;
	}
	socket->local = (*out)->local;
	bel_list_put(&socket->ground->sockets, &socket->node);
	return BEL_OK;
}

static void held_udp_close(struct bel_udp *udp)
{
	struct held_udp *socket = udp->opts.user;

	/* What was on its way to it never comes. */
	socket->ground->datagrams_under_way = 0;
	socket->ground->events++;
	held_of(udp->loop)->real->udp_close(udp);
	bel_list_remove(&socket->node);
	free(socket);
}

static enum bel_err held_udp_send(struct bel_udp *udp, const bel_addr *peer,
				  const bel_addr *from, bel_str bytes)
{
	struct held_loop *held = held_of(udp->loop);
	struct loopback *ground = held->host->ground;
	bool is_cut = bel_loopback_is_cut(ground, held->host, peer);
	enum bel_err err;

	tell(held, &udp->local, peer, false, is_cut, bytes);
	if (is_cut)
		return BEL_OK;
	err = held->real->udp_send(udp, peer, from, bytes);
	ground->events++;
	if (!err && find_socket(ground, peer))
		ground->datagrams_under_way++;
	return err;
}

/* ---- streams ---- */

static enum bel_err held_stream_connect(struct bel_stream **out, struct bel_loop *loop,
					const bel_addr *peer, const bel_addr *local)
{
	struct held_loop *held = held_of(loop);
	struct loopback *ground = held->host->ground;

	if (bel_loopback_is_cut(ground, held->host, peer))
		return bel_err_from_errno(ENETUNREACH);
	held->host->has_streams = true;
	ground->events++;
	return held->real->stream_connect(out, loop, peer,
					  local ? local : &held->host->ip);
}

static void held_stream_close(struct bel_stream *stream)
{
	struct held_loop *held = held_of(stream->loop);

	held->host->ground->bytes_under_way = 0;
	held->host->ground->events++;
	held->real->stream_close(stream);
}

static enum bel_err held_stream_receive(size_t *len, struct bel_stream *stream, char *buf,
					size_t size)
{
	struct held_loop *held = held_of(stream->loop);
	struct loopback *ground = held->host->ground;
	enum bel_err err = held->real->stream_receive(len, stream, buf, size);

	if (err != BEL_ERR_AGAIN)
		ground->events++;
	if (!err)
		ground->bytes_under_way -= *len < ground->bytes_under_way
						   ? *len
						   : ground->bytes_under_way;
	return err;
}

static enum bel_err held_stream_send(struct bel_stream *stream, bel_str bytes)
{
	struct held_loop *held = held_of(stream->loop);
	struct loopback *ground = held->host->ground;
	enum bel_err err = held->real->stream_send(stream, bytes);

	tell(held, &stream->local, &stream->peer, true, err != BEL_OK, bytes);
	held->host->has_streams = true;
	ground->events++;
	if (!err)
		ground->bytes_under_way += bytes.len;
	return err;
}

/* ---- the loop ---- */

static enum bel_err held_local_for(struct bel_loop *loop, const bel_addr *peer,
				   bel_addr *out)
{
	struct held_loop *held = held_of(loop);

	if (peer->family != held->host->ip.family)
		return bel_err_from_errno(ENETUNREACH);
	*out = held->host->ip;
	return BEL_OK;
}

static enum bel_err held_resolver_open(struct bel_resolver **out, struct bel_loop *loop,
				       const struct bel_resolver_opts *opts)
{
	struct held_loop *held = held_of(loop);
	struct bel_resolver_opts ours = *opts;

	ours.server = *bel_names_addr(held->host->ground->names);
	return held->real->resolver_open(out, loop, &ours);
}

static void held_close(struct bel_loop *loop)
{
	struct held_loop *held = held_of(loop);

	held->real->close(loop);
	bel_list_remove(&held->node);
	free(held);
}

enum bel_err bel_loopback_loop(struct bel_loop **out, struct ladder_ground *ground,
			       struct ladder_host *host)
{
	struct held_loop *held = calloc(1, sizeof *held);
	struct loopback *own = BEL_CONTAINER_OF(ground, struct loopback, base);
	enum bel_err err;

	if (!held)
		return bel_err_from_errno(ENOMEM);
	err = bel_loop_open(&held->loop);
	if (err) {
		free(held);
		return err;
	}
	held->host = host;
	held->real = held->loop->ops;
	held->ops = *held->real;
	held->ops.close = held_close;
	held->ops.local_for = held_local_for;
	held->ops.udp_open = held_udp_open;
	held->ops.udp_close = held_udp_close;
	held->ops.udp_send = held_udp_send;
	held->ops.stream_connect = held_stream_connect;
	held->ops.stream_close = held_stream_close;
	held->ops.stream_receive = held_stream_receive;
	held->ops.stream_send = held_stream_send;
	held->ops.resolver_open = held_resolver_open;
	held->loop->ops = &held->ops;
	bel_list_put(&own->loops, &held->node);
	*out = held->loop;
	return BEL_OK;
}
