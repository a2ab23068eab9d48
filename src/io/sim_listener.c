/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "io/sim_int.h"

enum { BACKLOG = 4096, ACCEPTS_PER_TURN = 64 };

struct bel_sim_listener {
	struct bel_listener base;
	struct bel_sim_object object;
	struct bel_sim_bound bound;
	struct bel_list backlog; /* connections that nobody accepted yet */
	unsigned backlog_count;
	bool is_paused;
};

static struct bel_sim_listener *listener_of(struct bel_listener *listener)
{
	return BEL_CONTAINER_OF(listener, struct bel_sim_listener, base);
}

struct bel_sim_listener *bel_sim_listener_find(struct bel_sim_node *node,
					       const bel_addr *local,
					       const bel_addr *peer)
{
	struct bel_sim_bound *bound = bel_sim_bound_find(node, &node->listeners, local,
							 peer);

	return bound ? BEL_CONTAINER_OF(bound, struct bel_sim_listener, bound) : NULL;
}

struct bel_sim_loop *bel_sim_listener_loop(struct bel_sim_listener *listener)
{
	return listener->object.loop;
}

bool bel_sim_listener_put(struct bel_sim_listener *listener,
			  struct bel_sim_stream *stream)
{
	if (listener->backlog_count == BACKLOG)
		return false;
	listener->backlog_count++;
	bel_list_put(&listener->backlog, bel_sim_stream_in_backlog(stream));
	if (!listener->is_paused)
		bel_sim_ready(&listener->object);
	return true;
}

static struct bel_sim_stream *take_first(struct bel_sim_listener *listener)
{
	struct bel_list *first = listener->backlog.next;

	bel_list_remove(first);
	listener->backlog_count--;
	return bel_sim_stream_from_backlog(first);
}

static void take(struct bel_sim_object *object)
{
	struct bel_sim_listener *listener = BEL_CONTAINER_OF(
		object, struct bel_sim_listener, object);

	for (unsigned i = 0; i < ACCEPTS_PER_TURN; i++) {
		if (object->is_dead || object->loop->is_dead || listener->is_paused ||
		    bel_list_is_empty(&listener->backlog))
			return;
		struct bel_sim_stream *stream = take_first(listener);
		bel_sim_stream_accepted(stream);
		listener->base.opts.on_accept(listener->base.opts.user, &listener->base,
					      bel_sim_stream_base(stream));
	}
	bel_sim_ready(object);
}

enum bel_err bel_sim_listener_open(struct bel_listener **out, struct bel_loop *loop,
				   const struct bel_listener_opts *opts)
{
	struct bel_sim_node *node = bel_sim_loop_of(loop)->node;
	struct bel_sim_listener *listener = calloc(1, sizeof *listener);
	enum bel_err err;

	if (!listener)
		return bel_err_from_errno(ENOMEM);
	listener->base = (struct bel_listener){ .loop = loop, .opts = *opts };
	bel_sim_object_init(&listener->object, loop, listener);
	listener->object.take = take;
	bel_list_init(&listener->backlog);
	listener->bound = (struct bel_sim_bound){ .local = opts->local,
						  .is_shared = opts->is_shared,
						  .is_by_host = opts->by_host_count > 1 };
	err = listener->object.loop->is_dead
		      ? BEL_ERR_CLOSED
		      : bel_sim_bind(node, &node->listeners, &listener->bound);
	if (err) {
		free(listener);
		return err;
	}
	listener->base.local = listener->bound.local;
	*out = &listener->base;
	return BEL_OK;
}

static void empty(struct bel_sim_listener *listener, bool is_power_loss)
{
	while (!bel_list_is_empty(&listener->backlog))
		bel_sim_stream_refuse(take_first(listener), is_power_loss);
}

void bel_sim_listener_close(struct bel_listener *base)
{
	struct bel_sim_listener *listener = listener_of(base);

	empty(listener, false);
	bel_list_remove(&listener->bound.node);
	bel_sim_bury(&listener->object);
}

void bel_sim_listener_pause(struct bel_listener *base, bool is_paused)
{
	struct bel_sim_listener *listener = listener_of(base);

	listener->is_paused = is_paused;
	if (!is_paused)
		bel_sim_ready(&listener->object);
}

void bel_sim_listeners_kill(struct bel_sim_node *node, bool is_power_loss)
{
	while (!bel_list_is_empty(&node->listeners)) {
		struct bel_sim_listener *listener = BEL_CONTAINER_OF(
			node->listeners.next, struct bel_sim_listener, bound.node);
		bel_list_remove(&listener->bound.node);
		empty(listener, is_power_loss);
	}
}
