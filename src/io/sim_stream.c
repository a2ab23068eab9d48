/* SPDX-License-Identifier: Apache-2.0
 * Bytes go from the sender's outbox under way to the receiver, in order, as far as its
 * window reaches, and wait there in the inbox until they are read. */
#include <errno.h>
#include <stdlib.h>

#include "io/sim_stream_int.h"

enum { WINDOW_BYTES = 64 << 10 };

/* Bytes of one send, or a piece of it. */
struct chunk {
	struct bel_list node;
	uint64_t at_ms; /* when it gets there */
	size_t len, read;
	bool is_rest; /* a piece of it has left already */
	char bytes[];
};

struct bel_sim_stream *bel_sim_stream_of(struct bel_stream *stream)
{
	return BEL_CONTAINER_OF(stream, struct bel_sim_stream, base);
}

struct bel_sim *bel_sim_stream_sim(const struct bel_sim_stream *stream)
{
	return bel_sim_of(stream->object.loop);
}

struct bel_sim_node *bel_sim_stream_node(const struct bel_sim_stream *stream)
{
	return stream->object.loop->node;
}

void bel_sim_stream_put_event(struct bel_sim_stream *stream, struct bel_sim_event *event,
			      uint64_t after_ms)
{
	struct bel_sim *sim = bel_sim_stream_sim(stream);

	bel_sim_event_put(&sim->queue, event, sim->now_ms + after_ms, 0);
}

uint64_t bel_sim_stream_delay_ms(struct bel_sim_stream *stream)
{
	return bel_sim_delay_ms(bel_sim_stream_sim(stream), bel_sim_stream_node(stream),
				stream->peer_node);
}

static struct chunk *chunk_at(struct bel_list *at)
{
	return BEL_CONTAINER_OF(at, struct chunk, node);
}

/* ---- what arrives ---- */

static void empty(struct bel_list *box)
{
	BEL_LIST_EACH(at, box)
	{
		free(chunk_at(at));
	}
	bel_list_init(box);
}

void bel_sim_stream_free_boxes(struct bel_sim_stream *stream)
{
	empty(&stream->outbox);
	empty(&stream->underway);
	empty(&stream->inbox);
	stream->base.queued = 0;
}

/* Whether bytes, or the end, are under way to here. */
static bool is_awaiting(const struct bel_sim_stream *stream)
{
	return !bel_list_is_empty(&stream->underway) ||
	       (stream->end_err && !stream->has_end);
}

static void plan_arrival(struct bel_sim_stream *stream)
{
	struct bel_sim *sim = bel_sim_stream_sim(stream);
	uint64_t at_ms = stream->end_ms;

	if (!is_awaiting(stream))
		return;
	if (!bel_list_is_empty(&stream->underway))
		at_ms = chunk_at(stream->underway.next)->at_ms;
	bel_sim_event_put(&sim->queue, &stream->arrival,
			  at_ms < sim->now_ms ? sim->now_ms : at_ms, 0);
}

void bel_sim_stream_fail(struct bel_sim_stream *stream, enum bel_err err)
{
	empty(&stream->underway);
	bel_sim_event_remove(&bel_sim_stream_sim(stream)->queue, &stream->arrival);
	stream->end_err = err;
	stream->has_end = true;
	bel_sim_ready(&stream->object);
}

void bel_sim_stream_send_end(struct bel_sim_stream *to, enum bel_err err,
			     uint64_t after_ms)
{
	uint64_t at_ms = bel_sim_stream_sim(to)->now_ms + after_ms;

	if (to->end_err)
		return;
	to->end_err = err;
	to->end_ms = at_ms > to->last_ms ? at_ms : to->last_ms;
	plan_arrival(to);
}

/* The sender has repeated long enough, and its peer hears of it by no packet. */
static void give_up(struct bel_sim_stream *stream)
{
	if (stream->peer)
		bel_sim_stream_fail(stream->peer, bel_err_from_errno(ETIMEDOUT));
	empty(&stream->underway);
	stream->end_err = BEL_OK;
	stream->is_orphan = true;
	bel_sim_stream_meet_silence(stream, false);
}

/* While the way is cut, the sender's kernel repeats, ever more slowly. True when the
 * bytes must wait. */
static bool is_held(struct bel_sim_stream *stream)
{
	uint64_t now_ms = bel_sim_stream_sim(stream)->now_ms;

	if (!stream->peer_node || !is_awaiting(stream) ||
	    !bel_sim_is_cut(bel_sim_stream_node(stream), stream->peer_node)) {
		stream->stall_ms = 0;
		return false;
	}
	if (stream->stall_ms == 0)
		stream->stalled_since_ms = now_ms;
	stream->stall_ms = stream->stall_ms ? stream->stall_ms * 2
					    : BEL_SIM_REPEAT_FIRST_MS;
	if (stream->stall_ms > BEL_SIM_REPEAT_MAX_MS)
		stream->stall_ms = BEL_SIM_REPEAT_MAX_MS;
	if (now_ms - stream->stalled_since_ms < BEL_SIM_GIVE_UP_MS)
		bel_sim_stream_put_event(stream, &stream->arrival, stream->stall_ms);
	else
		give_up(stream);
	return true;
}

static void on_arrival(struct bel_sim_event *event)
{
	struct bel_sim_stream *stream = BEL_CONTAINER_OF(event, struct bel_sim_stream,
							 arrival);
	uint64_t now_ms = bel_sim_stream_sim(stream)->now_ms;

	if (is_held(stream))
		return;
	while (!bel_list_is_empty(&stream->underway) &&
	       chunk_at(stream->underway.next)->at_ms <= now_ms) {
		struct bel_list *first = stream->underway.next;
		bel_list_remove(first);
		bel_list_put(&stream->inbox, first);
	}
	if (bel_list_is_empty(&stream->underway) && stream->end_err &&
	    stream->end_ms <= now_ms)
		stream->has_end = true;
	plan_arrival(stream);
	bel_sim_ready(&stream->object);
}

/* ---- what leaves ---- */

/* Cuts the first len bytes off the first chunk; false: no memory for the piece. */
static bool cut_first(struct bel_list *box, size_t len)
{
	struct chunk *whole = chunk_at(box->next), *rest;

	rest = malloc(sizeof *rest + whole->len - len);
	if (!rest)
		return false;
	*rest = (struct chunk){ .len = whole->len - len, .is_rest = true };
	memcpy(rest->bytes, whole->bytes + len, rest->len);
	whole->len = len;
	bel_list_put(whole->node.next, &rest->node);
	return true;
}

static void launch(struct bel_sim_stream *stream, uint64_t after_ms)
{
	struct bel_sim_stream *peer = stream->peer;
	struct chunk *chunk = chunk_at(stream->outbox.next);
	uint64_t at_ms = bel_sim_stream_sim(stream)->now_ms + after_ms;

	bel_list_remove(&chunk->node);
	stream->base.queued -= chunk->len;
	peer->in_bytes += chunk->len;
	peer->last_ms = at_ms > peer->last_ms ? at_ms : peer->last_ms;
	chunk->at_ms = peer->last_ms;
	bel_list_put(&peer->underway, &chunk->node);
	if (!peer->arrival.is_queued)
		plan_arrival(peer);
}

/* Where chance splits a write: its length when it does not. */
static size_t split_at(struct bel_sim *sim, const struct chunk *chunk)
{
	if (chunk->is_rest || chunk->len < 2 ||
	    !bel_sim_random_hits(&sim->fate, sim->net.stream_split))
		return chunk->len;
	return 1 + (size_t)bel_sim_random_below(&sim->fate, chunk->len - 1);
}

/* Sends the first chunk, or as much of it as goes in one piece. False: the window is
 * full, or there is no memory to cut the chunk. */
static bool send_first(struct bel_sim_stream *stream, uint64_t *after_ms)
{
	struct bel_sim *sim = bel_sim_stream_sim(stream);
	struct chunk *chunk = chunk_at(stream->outbox.next);
	size_t room = WINDOW_BYTES - stream->peer->in_bytes;
	size_t whole = chunk->len, len = split_at(sim, chunk);

	if (room == 0)
		return false;
	if (!chunk->is_rest)
		bel_sim_trace(sim, &stream->base.local, &stream->base.peer, true, false,
			      (bel_str){ chunk->bytes, chunk->len });
	len = len < room ? len : room;
	if (len < whole && !cut_first(&stream->outbox, len)) {
		chunk->is_rest = true;
		bel_sim_stream_put_event(stream, &stream->window,
					 BEL_SIM_REPEAT_FIRST_MS);
		return false;
	}
	launch(stream, *after_ms);
	if (len < whole)
		*after_ms += bel_sim_stream_delay_ms(stream);
	return true;
}

void bel_sim_stream_pump(struct bel_sim_stream *stream)
{
	uint64_t after_ms;

	if (stream->is_connecting || stream->is_ended ||
	    bel_list_is_empty(&stream->outbox))
		return;
	if (!stream->peer && stream->is_orphan) {
		bel_sim_stream_meet_silence(stream, true);
		return;
	}
	after_ms = bel_sim_stream_delay_ms(stream);
	if (!stream->peer) {
		/* Nobody has this connection any more: the peer's kernel resets it. */
		bel_sim_stream_send_end(stream, bel_err_from_errno(ECONNRESET), after_ms);
		return;
	}
	while (!bel_list_is_empty(&stream->outbox) && send_first(stream, &after_ms))
		;
	stream->was_blocked |= !bel_list_is_empty(&stream->outbox);
}

static void flush(struct bel_sim_object *object)
{
	bel_sim_stream_pump(BEL_CONTAINER_OF(object, struct bel_sim_stream, object));
}

static void on_window(struct bel_sim_event *event)
{
	struct bel_sim_stream *stream = BEL_CONTAINER_OF(event, struct bel_sim_stream,
							 window);

	bel_sim_stream_pump(stream);
	if (!stream->was_blocked || !bel_list_is_empty(&stream->outbox))
		return;
	stream->was_blocked = false;
	stream->has_drained = true;
	bel_sim_ready(&stream->object);
}

/* ---- what is told in the turn ---- */

static bool is_over(const struct bel_sim_stream *stream)
{
	return stream->object.is_dead || stream->is_ended || stream->object.loop->is_dead;
}

static void tell_news(struct bel_sim_stream *stream)
{
	const struct bel_stream_handler *handler = stream->base.handler;

	if (stream->has_news) {
		stream->has_news = false;
		stream->is_connecting = false;
		bel_sim_unsent(&stream->object);
		if (handler)
			handler->on_connected(stream->base.user, &stream->base);
	}
	if (!is_over(stream) && stream->has_drained) {
		stream->has_drained = false;
		if (handler && handler->on_drained)
			handler->on_drained(stream->base.user, &stream->base);
	}
}

static void on_again(struct bel_sim_event *event)
{
	bel_sim_ready(&BEL_CONTAINER_OF(event, struct bel_sim_stream, again)->object);
}

/* The user reads as much as he likes. When he leaves everything, he is asked again a
 * millisecond later, so that time passes. */
static void tell_readable(struct bel_sim_stream *stream)
{
	size_t before = stream->in_bytes;

	stream->base.handler->on_readable(stream->base.user, &stream->base);
	if (is_over(stream) || bel_list_is_empty(&stream->inbox) || stream->is_paused)
		return;
	if (stream->in_bytes < before)
		bel_sim_ready(&stream->object);
	else
		bel_sim_stream_put_event(stream, &stream->again, 1);
}

static void take(struct bel_sim_object *object)
{
	struct bel_sim_stream *stream = BEL_CONTAINER_OF(object, struct bel_sim_stream,
							 object);
	bool is_reset = stream->has_end && stream->end_err != BEL_ERR_CLOSED;

	if (is_over(stream))
		return;
	tell_news(stream);
	if (is_over(stream) || !stream->base.handler)
		return;
	if (!stream->is_connecting && !stream->is_paused && !is_reset &&
	    (stream->has_end || !bel_list_is_empty(&stream->inbox)))
		tell_readable(stream);
	/* A reset is told at once, an orderly end after everything was read. */
	if (is_over(stream) || !stream->has_end ||
	    (!is_reset && (stream->is_paused || !bel_list_is_empty(&stream->inbox))))
		return;
	stream->is_ended = true;
	stream->base.handler->on_closed(stream->base.user, &stream->base,
					stream->end_err);
}

/* ---- the user's side ---- */

struct bel_sim_stream *bel_sim_stream_new(struct bel_loop *loop)
{
	struct bel_sim_stream *stream = calloc(1, sizeof *stream);

	if (!stream)
		return NULL;
	stream->base.loop = loop;
	stream->base.queue_max = BEL_STREAM_QUEUE_BYTES;
	bel_sim_object_init(&stream->object, loop, stream);
	stream->object.take = take;
	stream->object.flush = flush;
	bel_list_init(&stream->in_backlog);
	bel_list_init(&stream->outbox);
	bel_list_init(&stream->underway);
	bel_list_init(&stream->inbox);
	stream->arrival.happen = on_arrival;
	stream->window.happen = on_window;
	stream->again.happen = on_again;
	stream->patience.happen = bel_sim_stream_on_patience;
	bel_list_put(&bel_sim_stream_node(stream)->streams, &stream->in_node);
	return stream;
}

enum bel_err bel_sim_stream_receive(size_t *len, struct bel_stream *base, char *buf,
				    size_t size)
{
	struct bel_sim_stream *stream = bel_sim_stream_of(base);
	struct bel_sim_stream *peer = stream->peer;
	size_t done = 0;

	while (done < size && !bel_list_is_empty(&stream->inbox)) {
		struct chunk *chunk = chunk_at(stream->inbox.next);
		size_t left = chunk->len - chunk->read;
		size_t part = left < size - done ? left : size - done;
		memcpy(buf + done, chunk->bytes + chunk->read, part);
		chunk->read += part;
		done += part;
		if (chunk->read == chunk->len) {
			bel_list_remove(&chunk->node);
			free(chunk);
		}
	}
	if (done == 0)
		return stream->has_end ? stream->end_err : BEL_ERR_AGAIN;
	stream->in_bytes -= done;
	if (peer && !bel_list_is_empty(&peer->outbox) && !peer->window.is_queued)
		bel_sim_stream_put_event(peer, &peer->window,
					 bel_sim_stream_delay_ms(stream));
	*len = done;
	return BEL_OK;
}

enum bel_err bel_sim_stream_send(struct bel_stream *base, bel_str bytes)
{
	struct bel_sim_stream *stream = bel_sim_stream_of(base);
	struct chunk *chunk;

	if (stream->is_ended || stream->object.loop->is_dead)
		return BEL_ERR_CLOSED;
	if (bytes.len == 0)
		return BEL_OK;
	chunk = malloc(sizeof *chunk + bytes.len);
	if (!chunk)
		return bel_err_from_errno(ENOMEM);
	*chunk = (struct chunk){ .len = bytes.len };
	memcpy(chunk->bytes, bytes.ptr, bytes.len);
	bel_list_put(&stream->outbox, &chunk->node);
	base->queued += bytes.len;
	bel_sim_unsent(&stream->object);
	return BEL_OK;
}

void bel_sim_stream_pause(struct bel_stream *base, bool is_paused)
{
	struct bel_sim_stream *stream = bel_sim_stream_of(base);

	stream->is_paused = is_paused;
	if (!is_paused && (stream->has_end || !bel_list_is_empty(&stream->inbox)))
		bel_sim_ready(&stream->object);
}
