/* SPDX-License-Identifier: Apache-2.0
 * How a simulated connection begins and ends: the handshake and its repetitions, orderly
 * ends, resets, and peers of which nothing is heard any more. */
#include <errno.h>
#include <stdlib.h>

#include "io/sim_stream_int.h"

enum { SYN_REPEATS = 6, KEEPALIVE_MS = 7200 * 1000 };

static void wait_for(struct bel_sim_stream *stream, enum waiting waiting,
		     uint64_t after_ms)
{
	struct bel_sim *sim = bel_sim_stream_sim(stream);

	stream->waiting = waiting;
	stream->wait_ms = after_ms;
	stream->waiting_since_ms = sim->now_ms;
	bel_sim_event_remove(&sim->queue, &stream->patience);
	/* Two hours of patience do not keep a simulation from being quiet. */
	stream->patience.is_idle = waiting == WAITING_FOR_LIFE;
	bel_sim_stream_put_event(stream, &stream->patience, after_ms);
}

/* ---- the handshake ---- */

/* No answer to the SYN: once more, later. */
static void repeat_syn(struct bel_sim_stream *stream)
{
	if (stream->repeats++ > SYN_REPEATS)
		bel_sim_stream_fail(stream, bel_err_from_errno(ETIMEDOUT));
	else
		wait_for(stream, WAITING_FOR_ANSWER,
			 (uint64_t)BEL_SIM_REPEAT_FIRST_MS << (stream->repeats - 1));
}

/* Puts the other end into the listener's queue, as the kernel does before anyone accepts.
 * False: there is no room, and no answer. */
static bool make_other_end(struct bel_sim_stream *stream,
			   struct bel_sim_listener *listener, const bel_addr *local,
			   const bel_addr *seen)
{
	struct bel_loop *loop = &bel_sim_listener_loop(listener)->base;
	struct bel_sim_stream *other = bel_sim_stream_new(loop);

	if (!other)
		return false;
	other->base.local = *local;
	other->base.peer = *seen;
	if (!bel_sim_listener_put(listener, other)) {
		bel_sim_stream_refuse(other, true);
		return false;
	}
	other->peer = stream;
	other->peer_node = bel_sim_stream_node(stream);
	stream->peer = other;
	return true;
}

static void on_syn(struct bel_sim_stream *stream)
{
	struct bel_sim_node *from = bel_sim_stream_node(stream), *node;
	bel_addr seen, to = stream->base.peer;
	struct bel_sim_listener *listener;

	node = bel_sim_outward(&seen, from, &stream->base.local, &to, true)
		       ? bel_sim_inward(from, &seen, &to, true)
		       : NULL;
	if (!node || !node->is_up || bel_sim_is_cut(from, node)) {
		repeat_syn(stream);
		return;
	}
	listener = bel_sim_listener_find(node, &to, &seen);
	stream->outcome = listener ? BEL_OK : bel_err_from_errno(ECONNREFUSED);
	if (listener && !make_other_end(stream, listener, &to, &seen)) {
		repeat_syn(stream);
		return;
	}
	stream->peer_node = node;
	wait_for(stream, WAITING_FOR_OUTCOME, bel_sim_stream_delay_ms(stream));
	/* What the other end sends meanwhile does not overtake the answer. */
	stream->last_ms = stream->patience.at_ms;
}

static void on_outcome(struct bel_sim_stream *stream)
{
	stream->waiting = WAITING_FOR_NOTHING;
	if (stream->outcome) {
		bel_sim_stream_fail(stream, stream->outcome);
		return;
	}
	if (stream->is_orphan)
		bel_sim_stream_meet_silence(stream, false);
	stream->has_news = true;
	bel_sim_ready(&stream->object);
}

/* ---- silence ---- */

void bel_sim_stream_meet_silence(struct bel_sim_stream *stream, bool is_sending)
{
	bool is_idle = stream->waiting == WAITING_FOR_NOTHING ||
		       stream->waiting == WAITING_FOR_LIFE;

	if (is_sending && is_idle)
		wait_for(stream, WAITING_FOR_ACK, BEL_SIM_REPEAT_FIRST_MS);
	else if (stream->waiting == WAITING_FOR_NOTHING)
		wait_for(stream, WAITING_FOR_LIFE, KEEPALIVE_MS);
}

/* Is the node back, its kernel knows nothing of the connection and resets it. */
static void on_silence(struct bel_sim_stream *stream)
{
	uint64_t waited_ms = bel_sim_stream_sim(stream)->now_ms -
			     stream->waiting_since_ms;
	uint64_t next_ms = stream->wait_ms * 2;

	if (stream->peer_node->is_up &&
	    !bel_sim_is_cut(bel_sim_stream_node(stream), stream->peer_node)) {
		bel_sim_stream_fail(stream, bel_err_from_errno(ECONNRESET));
	} else if (stream->waiting == WAITING_FOR_LIFE ||
		   waited_ms >= BEL_SIM_GIVE_UP_MS) {
		bel_sim_stream_fail(stream, bel_err_from_errno(ETIMEDOUT));
	} else {
		stream->wait_ms = next_ms < BEL_SIM_REPEAT_MAX_MS ? next_ms
								  : BEL_SIM_REPEAT_MAX_MS;
		bel_sim_stream_put_event(stream, &stream->patience, stream->wait_ms);
	}
}

void bel_sim_stream_on_patience(struct bel_sim_event *event)
{
	struct bel_sim_stream *stream = BEL_CONTAINER_OF(event, struct bel_sim_stream,
							 patience);

	if (stream->waiting == WAITING_FOR_ANSWER)
		on_syn(stream);
	else if (stream->waiting == WAITING_FOR_OUTCOME)
		on_outcome(stream);
	else
		on_silence(stream);
}

/* ---- the listener's side ---- */

struct bel_list *bel_sim_stream_in_backlog(struct bel_sim_stream *stream)
{
	return &stream->in_backlog;
}

struct bel_sim_stream *bel_sim_stream_from_backlog(struct bel_list *node)
{
	return BEL_CONTAINER_OF(node, struct bel_sim_stream, in_backlog);
}

struct bel_stream *bel_sim_stream_base(struct bel_sim_stream *stream)
{
	return &stream->base;
}

void bel_sim_stream_accepted(struct bel_sim_stream *stream)
{
	if (stream->has_end || !bel_list_is_empty(&stream->inbox))
		bel_sim_ready(&stream->object);
}

/* ---- from connect to close ---- */

enum bel_err bel_sim_stream_connect(struct bel_stream **out, struct bel_loop *loop,
				    const bel_addr *peer, const bel_addr *local)
{
	struct bel_sim_node *node = bel_sim_loop_of(loop)->node;
	struct bel_sim_bound any = { .is_wildcard = true };
	struct bel_sim_stream *stream;
	bool is_any = !local || bel_addr_range(local) == BEL_ADDR_UNSPECIFIED;
	bel_addr source;

	if (bel_sim_loop_of(loop)->is_dead)
		return BEL_ERR_CLOSED;
	if (peer->family == 0)
		return bel_err_from_errno(EAFNOSUPPORT);
	if (!bel_sim_source(&source, node, &any, is_any ? NULL : local, peer))
		return bel_err_from_errno(is_any ? ENETUNREACH : EADDRNOTAVAIL);
	source.port = local && local->port ? local->port : bel_sim_next_port(node);
	stream = bel_sim_stream_new(loop);
	if (!stream)
		return bel_err_from_errno(ENOMEM);
	stream->base.local = source;
	stream->base.peer = *peer;
	stream->is_connecting = true;
	wait_for(stream, WAITING_FOR_ANSWER, bel_sim_stream_delay_ms(stream));
	*out = &stream->base;
	return BEL_OK;
}

/* Takes it out of the world; only its memory is left, for its user. */
static void leave(struct bel_sim_stream *stream)
{
	struct bel_sim_queue *queue = &bel_sim_stream_sim(stream)->queue;

	bel_sim_event_remove(queue, &stream->arrival);
	bel_sim_event_remove(queue, &stream->window);
	bel_sim_event_remove(queue, &stream->again);
	bel_sim_event_remove(queue, &stream->patience);
	bel_list_remove(&stream->in_node);
	bel_list_remove(&stream->in_backlog);
	stream->peer = NULL;
}

/* Unread bytes make a reset out of an orderly end (RFC 1122 section 4.2.2.13). */
static void part_from_peer(struct bel_sim_stream *stream, bool is_crash)
{
	struct bel_sim_stream *peer = stream->peer;
	bool is_reset = is_crash || stream->is_connecting || stream->in_bytes > 0;

	if (!peer)
		return;
	peer->peer = NULL;
	bel_sim_stream_send_end(
		peer, is_reset ? bel_err_from_errno(ECONNRESET) : BEL_ERR_CLOSED,
		bel_sim_stream_delay_ms(stream));
}

/* A peer without power: nothing is heard of it, and it may take hours to notice. */
static void orphan_peer(struct bel_sim_stream *stream)
{
	struct bel_sim_stream *peer = stream->peer;

	if (!peer)
		return;
	peer->peer = NULL;
	peer->is_orphan = true;
	bel_sim_stream_meet_silence(peer, !bel_list_is_empty(&stream->underway));
	bel_sim_stream_pump(peer);
}

void bel_sim_stream_close(struct bel_stream *base)
{
	struct bel_sim_stream *stream = bel_sim_stream_of(base);

	if (!stream->object.loop->is_dead) {
		bel_sim_stream_pump(stream);
		part_from_peer(stream, false);
	}
	leave(stream);
	bel_sim_stream_free_boxes(stream);
	bel_sim_bury(&stream->object);
}

void bel_sim_stream_refuse(struct bel_sim_stream *stream, bool is_power_loss)
{
	if (is_power_loss)
		orphan_peer(stream);
	else
		part_from_peer(stream, true);
	leave(stream);
	bel_sim_stream_free_boxes(stream);
	bel_sim_bury(&stream->object);
}

void bel_sim_streams_kill(struct bel_sim_node *node, bool is_power_loss)
{
	while (!bel_list_is_empty(&node->streams)) {
		struct bel_sim_stream *stream = BEL_CONTAINER_OF(
			node->streams.next, struct bel_sim_stream, in_node);
		if (is_power_loss)
			orphan_peer(stream);
		else
			part_from_peer(stream, true);
		leave(stream);
	}
}
