/* SPDX-License-Identifier: Apache-2.0
 * The connection to a TURN server, by TCP or TLS (RFC 8656 section 3.1): messages one
 * after the other. */
#include <errno.h>
#include <stdlib.h>

#include "path/path_int.h"

enum {
	IN_BYTES = 72 << 10, /* the longest message, and a record of TLS behind it */
	/* What the server has not taken yet; sound that would wait longer is lost. */
	QUEUE_BYTES_MAX = 64 << 10,
	TLS_BYTES = 1024, /* that TLS adds, at the most */
};

struct bel_path_line {
	struct part *part;
	struct bel_stream *stream;
	struct bel_tls *tls; /* NULL by TCP */
	bool is_open;
	size_t len;
	char in[IN_BYTES];
};

static void close_line(struct bel_path_line *line)
{
	bel_tls_close(line->tls);
	bel_stream_close(line->stream);
	free(line);
}

static void end(struct bel_path_line *line, enum bel_err err)
{
	struct part *part = line->part;

	part->line = NULL;
	close_line(line);
	bel_path_on_line_end(part, err);
}

/* ---- what comes ---- */

/* Hands over each message that is whole. Afterwards the line may be gone. */
static enum bel_err cut(struct bel_path_line *line)
{
	struct part *part = line->part;
	size_t at = 0;

	for (;;) {
		const bel_str rest = { line->in + at, line->len - at };
		size_t len = 0;
		enum bel_err err = bel_turn_frame_find(&len, rest);
		if (err && err != BEL_ERR_AGAIN)
			return err;
		if (err || len > rest.len)
			break;
		bel_path_on_turn_message(part, line->in + at, len);
		if (part->path->is_closed || part->line != line)
			return BEL_ERR_CLOSED;
		at += len;
	}
	line->len -= at;
	memmove(line->in, line->in + at, line->len);
	return line->len < sizeof line->in ? BEL_OK : BEL_ERR_LIMIT;
}

static enum bel_err receive_once(struct bel_path_line *line)
{
	char *to = line->in + line->len;
	size_t room = sizeof line->in - line->len, len = 0;
	enum bel_err err = line->tls ? bel_tls_read(&len, line->tls, to, room)
				     : bel_stream_receive(&len, line->stream, to, room);

	if (err)
		return err;
	line->len += len;
	return cut(line);
}

static void receive(struct bel_path_line *line)
{
	struct part *part = line->part;
	enum bel_err err;

	/* A plain stream tells again in the next turn; OpenSSL does not. */
	do
		err = receive_once(line);
	while (!err && line->tls);
	if (err && err != BEL_ERR_AGAIN && !part->path->is_closed && part->line == line)
		end(line, err);
}

/* ---- TLS ---- */

static enum bel_err tls_receive(void *user, size_t *len, char *buf, size_t size)
{
	return bel_stream_receive(len, ((struct bel_path_line *)user)->stream, buf, size);
}

static enum bel_err tls_send(void *user, bel_str bytes)
{
	return bel_stream_send(((struct bel_path_line *)user)->stream, bytes);
}

static const struct bel_tls_port tls_port = { .receive = tls_receive, .send = tls_send };

static void shake_hands(struct bel_path_line *line)
{
	enum bel_err err = bel_tls_handshake(line->tls);

	if (err == BEL_ERR_AGAIN)
		return;
	if (err) {
		end(line, err);
		return;
	}
	line->is_open = true;
	bel_path_on_line_open(line->part);
}

static enum bel_err begin_tls(struct bel_path_line *line)
{
	const struct bel_path_servers *servers = &line->part->path->opts.servers;

	return servers->turn_tls ? bel_tls_open(&line->tls, servers->turn_tls,
						servers->turn_name, &tls_port, line)
				 : BEL_ERR_UNSUPPORTED;
}

/* ---- the stream's own events ---- */

static void on_connected(void *user, struct bel_stream *stream)
{
	struct bel_path_line *line = user;
	struct bel_path *path = line->part->path;
	enum bel_err err = BEL_OK;

	(void)stream;
	bel_path_enter(path);
	if (path->opts.servers.turn_transport == BEL_TURN_TLS)
		err = begin_tls(line);
	if (err) {
		end(line, err);
	} else if (line->tls) {
		shake_hands(line);
	} else {
		line->is_open = true;
		bel_path_on_line_open(line->part);
	}
	bel_path_leave(path);
}

static void on_readable(void *user, struct bel_stream *stream)
{
	struct bel_path_line *line = user;
	struct part *part = line->part;

	(void)stream;
	bel_path_enter(part->path);
	if (!line->is_open)
		shake_hands(line);
	if (part->line == line && line->is_open)
		receive(line);
	bel_path_leave(part->path);
}

static void on_closed(void *user, struct bel_stream *stream, enum bel_err err)
{
	struct bel_path_line *line = user;
	struct bel_path *path = line->part->path;

	(void)stream;
	bel_path_enter(path);
	end(line, err);
	bel_path_leave(path);
}

static const struct bel_stream_handler handler = { .on_connected = on_connected,
						   .on_readable = on_readable,
						   .on_closed = on_closed };

enum bel_err bel_path_line_open(struct part *part)
{
	struct bel_path *path = part->path;
	struct bel_path_line *line = malloc(sizeof *line);
	enum bel_err err;

	if (!line)
		return bel_err_from_errno(ENOMEM);
	/* What comes is written before it is read. */
	line->part = part;
	line->tls = NULL;
	line->is_open = false;
	line->len = 0;
	err = bel_stream_connect(&line->stream, path->opts.loop, &path->opts.servers.turn,
				 NULL, &handler, line);
	if (err) {
		free(line);
		return err;
	}
	bel_stream_limit(line->stream, QUEUE_BYTES_MAX);
	part->line = line;
	return BEL_OK;
}

void bel_path_line_close(struct part *part)
{
	if (part->line)
		close_line(part->line);
	part->line = NULL;
}

/* A message goes whole or not at all. */
void bel_path_line_send(struct bel_path_line *line, bel_str message)
{
	if (bel_stream_queued(line->stream) + message.len + TLS_BYTES > QUEUE_BYTES_MAX)
		return;
	if (line->tls)
		(void)bel_tls_write(line->tls, message);
	else
		(void)bel_stream_send(line->stream, message);
}
