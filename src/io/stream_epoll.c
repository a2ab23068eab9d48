/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/epoll_int.h"

enum { QUEUE_FIRST_BYTES = 2048, ACCEPTS_PER_TURN = 64, BACKLOG = 4096, RETRY_MS = 1000 };

struct epoll_stream {
	struct bel_stream base;
	struct bel_poll poll;
	struct bel_unsent unsent;
	bool is_connecting, is_paused,
		is_blocked; /* blocked: the kernel's buffer is full */
	bool is_ended;      /* on_closed was told */
	/* What the user's receive met: the kernel tells an error once, then a mere end.
	 */
	enum bel_err failure;
	char *queue; /* bytes [start, start + base.queued) wait */
	size_t start, queue_size;
};

static struct epoll_stream *stream_of(struct bel_stream *stream)
{
	return BEL_CONTAINER_OF(stream, struct epoll_stream, base);
}

static void update_events(struct epoll_stream *stream)
{
	uint32_t events = 0;

	if (stream->is_connecting || stream->is_blocked)
		events |= EPOLLOUT;
	if (!stream->is_connecting && !stream->is_paused)
		events |= EPOLLIN | EPOLLRDHUP;
	bel_poll_change(bel_epoll_of(stream->base.loop), &stream->poll, events);
}

static void end(struct epoll_stream *stream, enum bel_err err)
{
	if (stream->is_ended || stream->poll.is_dead)
		return;
	stream->is_ended = true;
	/* An ended connection would tell its end in every turn. */
	bel_poll_change(bel_epoll_of(stream->base.loop), &stream->poll, 0);
	if (stream->base.handler)
		stream->base.handler->on_closed(stream->base.user, &stream->base, err);
}

/* Writes what waits. An error shows at the next read or event, not here: the caller may
 * be in the middle of something. */
static enum bel_err drain(struct epoll_stream *stream)
{
	while (stream->base.queued) {
		ssize_t sent = send(stream->poll.fd, stream->queue + stream->start,
				    stream->base.queued, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno != EAGAIN)
			return bel_err_from_errno(errno);
		if (sent < 0)
			break;
		stream->start += (size_t)sent;
		stream->base.queued -= (size_t)sent;
	}
	stream->is_blocked = stream->base.queued > 0;
	if (!stream->base.queued) {
		/* An idle connection keeps no buffer. */
		free(stream->queue);
		stream->queue = NULL;
		stream->queue_size = stream->start = 0;
	}
	return BEL_OK;
}

static void flush(struct bel_unsent *unsent)
{
	struct epoll_stream *stream = BEL_CONTAINER_OF(unsent, struct epoll_stream,
						       unsent);
	enum bel_err err;

	if (stream->is_connecting || stream->is_ended)
		return;
	err = drain(stream);
	if (err)
		end(stream, err);
	else
		update_events(stream);
}

static void on_connect_event(struct epoll_stream *stream)
{
	struct sockaddr_storage name;
	socklen_t len = sizeof name;
	int number = 0;
	socklen_t number_len = sizeof number;

	getsockopt(stream->poll.fd, SOL_SOCKET, SO_ERROR, &number, &number_len);
	if (number) {
		end(stream, bel_err_from_errno(number));
		return;
	}
	stream->is_connecting = false;
	if (getsockname(stream->poll.fd, (struct sockaddr *)&name, &len) == 0)
		stream->base.local = bel_addr_from_sockaddr(&name);
	update_events(stream);
	bel_unsent_put(bel_epoll_of(stream->base.loop), &stream->unsent);
	if (stream->base.handler)
		stream->base.handler->on_connected(stream->base.user, &stream->base);
}

static void on_writable(struct epoll_stream *stream)
{
	enum bel_err err = drain(stream);

	if (err) {
		end(stream, err);
		return;
	}
	update_events(stream);
	if (!stream->base.queued && stream->base.handler &&
	    stream->base.handler->on_drained)
		stream->base.handler->on_drained(stream->base.user, &stream->base);
}

/* Whether bytes, or the end, can still be read. Looking takes nothing away. */
static enum bel_err look_ahead(struct epoll_stream *stream)
{
	char byte;
	ssize_t got;

	if (stream->failure)
		return stream->failure;
	got = recv(stream->poll.fd, &byte, 1, MSG_PEEK);
	if (got > 0)
		return BEL_OK;
	if (got == 0)
		return BEL_ERR_CLOSED;
	return errno == EAGAIN || errno == EINTR ? BEL_ERR_AGAIN
						 : bel_err_from_errno(errno);
}

static void on_event(struct bel_poll *poll, uint32_t events)
{
	struct epoll_stream *stream = BEL_CONTAINER_OF(poll, struct epoll_stream, poll);
	enum bel_err err;

	if (stream->is_ended)
		return;
	if (stream->is_connecting) {
		on_connect_event(stream);
		return;
	}
	if (events & EPOLLOUT && stream->is_blocked)
		on_writable(stream);
	if (poll->is_dead || stream->is_ended)
		return;
	if (events & EPOLLIN && !stream->is_paused && stream->base.handler)
		stream->base.handler->on_readable(stream->base.user, &stream->base);
	if (poll->is_dead || stream->is_ended ||
	    !(events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)))
		return;
	/* The end is told once everything before it was read. */
	err = look_ahead(stream);
	if (err != BEL_OK && err != BEL_ERR_AGAIN)
		end(stream, err);
}

static void tune(int fd)
{
	int one = 1;

	/* A turn's messages leave as one write: nothing is won by waiting for more. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
}

enum bel_err bel_epoll_stream_adopt(struct bel_stream **out, struct bel_loop *loop,
				    int fd, bool is_connecting)
{
	struct epoll_stream *stream = calloc(1, sizeof *stream);
	struct sockaddr_storage name;
	socklen_t len = sizeof name;
	enum bel_err err = bel_err_from_errno(ENOMEM);

	if (!stream)
		goto fail;
	tune(fd);
	stream->base.loop = loop;
	stream->base.queue_max = BEL_STREAM_QUEUE_BYTES;
	if (getsockname(fd, (struct sockaddr *)&name, &len) == 0)
		stream->base.local = bel_addr_from_sockaddr(&name);
	stream->is_connecting = is_connecting;
	bel_list_init(&stream->unsent.node);
	stream->unsent.flush = flush;
	stream->poll = (struct bel_poll){ .fd = fd,
					  .events = is_connecting ? EPOLLOUT
								  : EPOLLIN | EPOLLRDHUP,
					  .on_event = on_event,
					  .object = stream };
	err = bel_poll_start(bel_epoll_of(loop), &stream->poll);
	if (err)
		goto fail;
	*out = &stream->base;
	return BEL_OK;

fail:
	free(stream);
	close(fd);
	return err;
}

enum bel_err bel_epoll_stream_connect(struct bel_stream **out, struct bel_loop *loop,
				      const bel_addr *peer, const bel_addr *local)
{
	struct sockaddr_storage name = { 0 };
	socklen_t len = bel_addr_to_sockaddr(&name, peer);
	struct bel_stream *stream;
	enum bel_err err;
	int fd;

	if (len == 0)
		return bel_err_from_errno(EAFNOSUPPORT);
	err = bel_socket_open_outward(&fd, name.ss_family, local);
	if (err)
		return err;
	if (connect(fd, (struct sockaddr *)&name, len) && errno != EINPROGRESS) {
		err = bel_err_from_errno(errno);
		close(fd);
		return err;
	}
	err = bel_epoll_stream_adopt(&stream, loop, fd, true);
	if (err)
		return err;
	stream->peer = *peer;
	*out = stream;
	return BEL_OK;
}

void bel_epoll_stream_close(struct bel_stream *base)
{
	struct epoll_stream *stream = stream_of(base);

	if (!stream->is_connecting && !stream->is_ended)
		drain(stream);
	bel_list_remove(&stream->unsent.node);
	free(stream->queue);
	stream->queue = NULL;
	bel_poll_end(bel_epoll_of(base->loop), &stream->poll, true);
}

enum bel_err bel_epoll_stream_receive(size_t *len, struct bel_stream *base, char *buf,
				      size_t size)
{
	struct epoll_stream *stream = stream_of(base);
	ssize_t got;

	do
		got = recv(stream->poll.fd, buf, size, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0 && errno == EAGAIN)
		return BEL_ERR_AGAIN;
	if (got < 0) {
		stream->failure = bel_err_from_errno(errno);
		return stream->failure;
	}
	if (got == 0)
		return BEL_ERR_CLOSED;
	*len = (size_t)got;
	return BEL_OK;
}

/* Makes room behind what waits: by moving it to the front, or by a larger buffer. */
static enum bel_err make_room(struct epoll_stream *stream, size_t len)
{
	size_t need = stream->base.queued + len;
	size_t size = stream->queue_size ? stream->queue_size : QUEUE_FIRST_BYTES;
	char *queue;

	if (stream->queue_size - stream->start >= need)
		return BEL_OK;
	if (stream->queue_size >= need) {
		memmove(stream->queue, stream->queue + stream->start,
			stream->base.queued);
		stream->start = 0;
		return BEL_OK;
	}
	while (size < need)
		size *= 2;
	queue = malloc(size);
	if (!queue)
		return bel_err_from_errno(ENOMEM);
	if (stream->base.queued)
		memcpy(queue, stream->queue + stream->start, stream->base.queued);
	free(stream->queue);
	stream->queue = queue;
	stream->queue_size = size;
	stream->start = 0;
	return BEL_OK;
}

enum bel_err bel_epoll_stream_send(struct bel_stream *base, bel_str bytes)
{
	struct epoll_stream *stream = stream_of(base);
	enum bel_err err;

	if (stream->is_ended)
		return BEL_ERR_CLOSED;
	if (bytes.len == 0)
		return BEL_OK;
	err = make_room(stream, bytes.len);
	if (err)
		return err;
	memcpy(stream->queue + stream->start + base->queued, bytes.ptr, bytes.len);
	base->queued += bytes.len;
	if (!stream->is_blocked)
		bel_unsent_put(bel_epoll_of(base->loop), &stream->unsent);
	return BEL_OK;
}

void bel_epoll_stream_pause(struct bel_stream *base, bool is_paused)
{
	struct epoll_stream *stream = stream_of(base);

	stream->is_paused = is_paused;
	if (!stream->is_ended)
		update_events(stream);
}

struct epoll_listener {
	struct bel_listener base;
	struct bel_poll poll;
	struct bel_list starved;
	bool is_paused;
};

static struct epoll_listener *listener_of(struct bel_listener *listener)
{
	return BEL_CONTAINER_OF(listener, struct epoll_listener, base);
}

/* Without descriptors the kernel would tell of the waiting connection without end: the
 * listener rests for a second. */
static void starve(struct epoll_listener *listener)
{
	struct bel_epoll_loop *loop = bel_epoll_of(listener->base.loop);

	bel_poll_change(loop, &listener->poll, 0);
	if (bel_list_is_empty(&listener->starved))
		bel_list_put(&loop->starved, &listener->starved);
	bel_timer_start(&loop->base, &loop->retry_accept, loop->base.now_ms + RETRY_MS);
}

void bel_epoll_listeners_retry(struct bel_epoll_loop *loop)
{
	BEL_LIST_EACH(node, &loop->starved)
	{
		struct epoll_listener *listener = BEL_CONTAINER_OF(
			node, struct epoll_listener, starved);
		bel_list_remove(node);
		bel_poll_change(loop, &listener->poll, listener->is_paused ? 0 : EPOLLIN);
	}
}

static void on_accept_event(struct bel_poll *poll, uint32_t events)
{
	struct epoll_listener *listener = BEL_CONTAINER_OF(poll, struct epoll_listener,
							   poll);

	(void)events;
	for (unsigned i = 0; i < ACCEPTS_PER_TURN && !poll->is_dead; i++) {
		struct sockaddr_storage name;
		socklen_t len = sizeof name;
		struct bel_stream *stream;
		int fd = accept4(poll->fd, (struct sockaddr *)&name, &len,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
			       errno == ENOMEM))
			starve(listener);
		if (fd < 0 && errno == ECONNABORTED)
			continue;
		if (fd < 0)
			return;
		if (bel_epoll_stream_adopt(&stream, listener->base.loop, fd, false))
			continue;
		stream->peer = bel_addr_from_sockaddr(&name);
		listener->base.opts.on_accept(listener->base.opts.user, &listener->base,
					      stream);
	}
}

enum bel_err bel_epoll_listener_open(struct bel_listener **out, struct bel_loop *loop,
				     const struct bel_listener_opts *opts)
{
	struct epoll_listener *listener = calloc(1, sizeof *listener);
	enum bel_err err;
	int fd = -1;

	if (!listener)
		return bel_err_from_errno(ENOMEM);
	listener->base = (struct bel_listener){ .loop = loop,
						.opts = *opts,
						.local = opts->local };
	bel_list_init(&listener->starved);
	err = bel_socket_open(&fd, &listener->base.local, SOCK_STREAM, opts->is_shared);
	if (err)
		goto fail;
	if (listen(fd, BACKLOG)) {
		err = bel_err_from_errno(errno);
		goto fail;
	}
	bel_socket_choose_by_host(fd, opts->local.family, opts->by_host_count);
	listener->poll = (struct bel_poll){ .fd = fd,
					    .events = EPOLLIN,
					    .on_event = on_accept_event,
					    .object = listener };
	err = bel_poll_start(bel_epoll_of(loop), &listener->poll);
	if (err)
		goto fail;
	*out = &listener->base;
	return BEL_OK;

fail:
	if (fd >= 0)
		close(fd);
	free(listener);
	return err;
}

void bel_epoll_listener_close(struct bel_listener *base)
{
	struct epoll_listener *listener = listener_of(base);

	bel_list_remove(&listener->starved);
	bel_poll_end(bel_epoll_of(base->loop), &listener->poll, true);
}

void bel_epoll_listener_pause(struct bel_listener *base, bool is_paused)
{
	struct epoll_listener *listener = listener_of(base);

	listener->is_paused = is_paused;
	bel_poll_change(bel_epoll_of(base->loop), &listener->poll,
			is_paused ? 0 : EPOLLIN);
}
