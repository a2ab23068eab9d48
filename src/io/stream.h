/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_IO_STREAM_H
#define BEL_IO_STREAM_H

#include "base/base.h"

struct bel_loop;
struct bel_stream;
struct bel_listener;

/* A TCP connection. The user pulls bytes when told that there are some, and pushes bytes
 * that leave by one write at the end of the turn. */
struct bel_stream_handler {
	/* A connect came through; not called for accepted streams. */
	void (*on_connected)(void *user, struct bel_stream *stream);
	/* Bytes wait. Called again in the next turn while any are left and not paused. */
	void (*on_readable)(void *user, struct bel_stream *stream);
	/* What was queued has left, after a send that could not leave at once. May be
	 * NULL. */
	void (*on_drained)(void *user, struct bel_stream *stream);
	/* The last call: the peer closed (BEL_ERR_CLOSED), or connect or the connection
	 * failed. The user still calls bel_stream_close, here or later. */
	void (*on_closed)(void *user, struct bel_stream *stream, enum bel_err err);
};

struct bel_listener_opts {
	bel_addr local;
	bool is_shared;         /* SO_REUSEPORT, as for UDP */
	unsigned by_host_count; /* as for UDP */
	/* The stream belongs to the callee, who gives it a handler by bel_stream_handle
	 * or closes it. */
	void (*on_accept)(void *user, struct bel_listener *listener,
			  struct bel_stream *stream);
	void *user;
};

enum bel_err bel_listener_open(struct bel_listener **out, struct bel_loop *loop,
			       const struct bel_listener_opts *opts);
void bel_listener_close(struct bel_listener *listener);
const bel_addr *bel_listener_local(const struct bel_listener *listener);
/* A paused listener leaves connections in the kernel's queue. It also pauses by itself
 * when file descriptors run out, and tries again every second. */
void bel_listener_pause(struct bel_listener *listener, bool is_paused);

/* Starts connecting; the outcome comes by the handler, never from inside this call. local
 * may be NULL. */
enum bel_err bel_stream_connect(struct bel_stream **out, struct bel_loop *loop,
				const bel_addr *peer, const bel_addr *local,
				const struct bel_stream_handler *handler, void *user);
/* The handler must outlive the stream. */
void bel_stream_handle(struct bel_stream *stream,
		       const struct bel_stream_handler *handler, void *user);
/* What is queued is tried once more; no callback comes after it. */
void bel_stream_close(struct bel_stream *stream);
const bel_addr *bel_stream_peer(const struct bel_stream *stream);
const bel_addr *bel_stream_local(const struct bel_stream *stream);

/* Up to size bytes into buf. BEL_ERR_AGAIN: none now; BEL_ERR_CLOSED: the peer has ended
 * (on_closed follows); other errors of the connection. */
enum bel_err bel_stream_receive(size_t *len, struct bel_stream *stream, char *buf,
				size_t size);
/* Copies the bytes. BEL_ERR_BUSY when more than queue_max bytes would wait for the peer:
 * nothing was taken then, and the caller decides whether the connection is worth keeping.
 */
enum bel_err bel_stream_send(struct bel_stream *stream, bel_str bytes);
/* Bytes that wait. */
size_t bel_stream_queued(const struct bel_stream *stream);
/* Default 1 MiB. */
void bel_stream_limit(struct bel_stream *stream, size_t queue_max);
/* A paused stream is not read: the peer's window fills and it waits. */
void bel_stream_pause(struct bel_stream *stream, bool is_paused);

#endif
