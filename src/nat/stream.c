/* SPDX-License-Identifier: Apache-2.0
 * Clients on TCP and TLS: messages one after the other (RFC 8656 section 12.5), each with
 * a time to be whole; a stream without an allocation does not stay for long. */
#include <stdlib.h>

#include "nat/nat_int.h"

enum {
	LINES_FIRST = 64,
	LINES_MAX = 15000,
	HANDSHAKE_MS = 5000,
	MESSAGE_MS = 30000,
	IDLE_MS = 120000,
	/* That a client has not taken yet; what is more is lost, as on UDP. */
	QUEUE_BYTES_MAX = 256 << 10,
};

struct line {
	struct bel_nat *nat;
	struct bel_stream *stream;
	struct bel_tls *tls; /* NULL on TCP */
	bool is_open;        /* no handshake is to be waited for */
	struct bel_turn_tuple tuple;
	char *rest; /* what there is of an unfinished message */
	size_t rest_len;
	uint64_t message_began_ms; /* 0: between messages */
	struct bel_timer deadline;
};

/* ---- slots: the flow of a tuple is generation and index ---- */

static struct line *find(const struct bel_nat *nat, uint64_t flow)
{
	uint32_t index = (uint32_t)flow;

	return index < nat->lines_count &&
			       nat->lines[index].generation == (uint32_t)(flow >> 32)
		       ? nat->lines[index].line
		       : NULL;
}

static bool grow(struct bel_nat *nat)
{
	uint32_t count = nat->lines_count ? nat->lines_count * 2 : LINES_FIRST;
	struct line_slot *lines;

	if (count > LINES_MAX)
		count = LINES_MAX;
	if (count == nat->lines_count)
		return false;
	lines = realloc(nat->lines, count * sizeof *lines);
	if (!lines)
		return false;
	for (uint32_t i = count; i-- > nat->lines_count;) {
		lines[i] = (struct line_slot){ .generation = 1,
					       .next_free = nat->lines_free };
		nat->lines_free = i + 1;
	}
	nat->lines = lines;
	nat->lines_count = count;
	return true;
}

static bool put(struct bel_nat *nat, struct line *line)
{
	struct line_slot *slot;

	if (!nat->lines_free && !grow(nat))
		return false;
	line->tuple.flow = nat->lines_free - 1;
	slot = &nat->lines[line->tuple.flow];
	nat->lines_free = slot->next_free;
	slot->line = line;
	line->tuple.flow |= (uint64_t)slot->generation << 32;
	nat->counters.connections++;
	return true;
}

static void remove_slot(struct bel_nat *nat, uint64_t flow)
{
	struct line_slot *slot = &nat->lines[(uint32_t)flow];

	slot->line = NULL;
	slot->generation++;
	slot->next_free = nat->lines_free;
	nat->lines_free = (uint32_t)flow + 1;
	nat->counters.connections--;
}

/* ---- its end, and what it is expected to do before ---- */

static void finish(struct line *line)
{
	struct bel_nat *nat = line->nat;

	remove_slot(nat, line->tuple.flow);
	bel_timer_stop(nat->opts.loop, &line->deadline);
	bel_tls_close(line->tls);
	bel_stream_close(line->stream);
	free(line->rest);
	free(line);
}

static void end(struct line *line)
{
	struct bel_nat *nat = line->nat;
	struct bel_turn_tuple tuple = line->tuple;

	finish(line);
	bel_turn_server_on_closed(nat->server, &tuple, bel_loop_now_ms(nat->opts.loop));
	bel_nat_arm(nat);
}

static void arm(struct line *line, uint64_t at_ms)
{
	bel_timer_start(line->nat->opts.loop, &line->deadline, at_ms);
}

static void on_deadline(void *user)
{
	struct line *line = user;
	uint64_t now_ms = bel_loop_now_ms(line->nat->opts.loop);

	if (line->is_open && !line->message_began_ms &&
	    bel_turn_server_has_allocation(line->nat->server, &line->tuple))
		arm(line, now_ms + IDLE_MS);
	else
		end(line);
}

/* The rest of a message, or the next one. */
static void expect_next(struct line *line)
{
	uint64_t now_ms = bel_loop_now_ms(line->nat->opts.loop);

	if (!line->rest_len) {
		line->message_began_ms = 0;
		arm(line, now_ms + IDLE_MS);
		return;
	}
	if (!line->message_began_ms)
		line->message_began_ms = now_ms;
	arm(line, line->message_began_ms + MESSAGE_MS);
}

/* ---- receiving ---- */

/* Cuts what was read into messages. False for what is none. */
static bool cut(struct line *line, bel_str *bytes)
{
	for (;;) {
		size_t len = 0;
		enum bel_err err = bel_turn_frame_find(&len, *bytes);
		if (err == BEL_ERR_AGAIN || (!err && len > bytes->len))
			return true;
		if (err)
			return false;
		bel_turn_server_receive(line->nat->server, &line->tuple,
					bel_str_slice(*bytes, 0, len),
					bel_loop_now_ms(line->nat->opts.loop));
		/* The time of the next one begins with it. */
		line->message_began_ms = 0;
		*bytes = bel_str_slice(*bytes, len, bytes->len);
	}
}

static bool keep_rest(struct line *line, bel_str rest)
{
	char *kept = NULL;

	if (rest.len) {
		kept = malloc(rest.len);
		if (!kept)
			return false;
		memcpy(kept, rest.ptr, rest.len);
	}
	free(line->rest);
	line->rest = kept;
	line->rest_len = rest.len;
	return true;
}

static enum bel_err read_some(struct line *line, size_t *len, char *buf, size_t size)
{
	return line->tls ? bel_tls_read(len, line->tls, buf, size)
			 : bel_stream_receive(len, line->stream, buf, size);
}

/* What there is, once; the buffer holds any message, so there is always room. */
static enum bel_err receive_once(struct line *line)
{
	struct bel_nat *nat = line->nat;
	size_t kept = line->rest_len, len = 0;
	enum bel_err err;

	if (kept)
		memcpy(nat->in, line->rest, kept);
	err = read_some(line, &len, nat->in + kept, sizeof nat->in - kept);
	if (err)
		return err;
	bel_str bytes = { nat->in, kept + len };
	nat->asking = line->tuple.client;
	if (!cut(line, &bytes)) {
		nat->counters.broken++;
		return BEL_ERR_SYNTAX;
	}
	return keep_rest(line, bytes) ? BEL_OK : BEL_ERR_SPACE;
}

static void receive(struct line *line)
{
	enum bel_err err;

	/* A plain stream tells again in the next turn; OpenSSL does not. */
	do
		err = receive_once(line);
	while (!err && line->tls);
	if (err && err != BEL_ERR_AGAIN) {
		end(line);
		return;
	}
	expect_next(line);
	bel_nat_arm(line->nat);
}

/* ---- TLS ---- */

static enum bel_err tls_receive(void *user, size_t *len, char *buf, size_t size)
{
	return bel_stream_receive(len, ((struct line *)user)->stream, buf, size);
}

static enum bel_err tls_send(void *user, bel_str bytes)
{
	return bel_stream_send(((struct line *)user)->stream, bytes);
}

static const struct bel_tls_port tls_port = { .receive = tls_receive, .send = tls_send };

/* False: nothing is to be read yet, or the line is gone. */
static bool shake_hands(struct line *line)
{
	enum bel_err err = bel_tls_handshake(line->tls);

	if (err == BEL_ERR_AGAIN)
		return false;
	if (err) {
		line->nat->counters.tls_failures++;
		end(line);
		return false;
	}
	line->is_open = true;
	return true;
}

/* ---- the stream's own events ---- */

static void on_readable(void *user, struct bel_stream *stream)
{
	struct line *line = user;

	(void)stream;
	if (line->is_open || shake_hands(line))
		receive(line);
}

static void on_closed(void *user, struct bel_stream *stream, enum bel_err err)
{
	(void)stream;
	(void)err;
	end(user);
}

static const struct bel_stream_handler handler = { .on_readable = on_readable,
						   .on_closed = on_closed };

/* Counted over all of them only when there are enough to matter. */
static bool has_too_many(const struct bel_nat *nat, const bel_addr *peer)
{
	unsigned max = nat->opts.conf->guard.connections_max, count = 0;

	if (nat->counters.connections < max ||
	    bel_guard_is_trusted(nat->opts.guard, peer))
		return false;
	for (uint32_t i = 0; i < nat->lines_count; i++)
		count += nat->lines[i].line &&
			 bel_addr_is_same_host(&nat->lines[i].line->tuple.client, peer);
	return count >= max;
}

static struct line *accept_line(struct listener *listener, struct bel_stream *stream)
{
	struct bel_nat *nat = listener->nat;
	const bel_addr *peer = bel_stream_peer(stream);
	struct line *line;

	if (!bel_guard_may_receive(nat->opts.guard, peer,
				   bel_loop_now_ms(nat->opts.loop)) ||
	    has_too_many(nat, peer))
		return NULL;
	line = calloc(1, sizeof *line);
	if (!line)
		return NULL;
	*line = (struct line){ .nat = nat,
			       .stream = stream,
			       .is_open = listener->transport == BEL_TURN_TCP,
			       .tuple = { .client = *peer,
					  .server = *bel_stream_local(stream),
					  .transport = listener->transport } };
	bel_timer_init(&line->deadline, on_deadline, line);
	if (put(nat, line))
		return line;
	free(line);
	return NULL;
}

static void on_accept(void *user, struct bel_listener *tcp, struct bel_stream *stream)
{
	struct listener *listener = user;
	struct bel_nat *nat = listener->nat;
	struct line *line = accept_line(listener, stream);

	(void)tcp;
	if (!line) {
		nat->counters.refused++;
		bel_stream_close(stream);
		return;
	}
	bel_stream_limit(stream, QUEUE_BYTES_MAX);
	bel_stream_handle(stream, &handler, line);
	if (line->is_open) {
		expect_next(line);
		return;
	}
	arm(line, bel_loop_now_ms(nat->opts.loop) + HANDSHAKE_MS);
	if (!nat->tls ||
	    bel_tls_open(&line->tls, nat->tls, BEL_STR_NONE, &tls_port, line))
		end(line);
}

enum bel_err bel_nat_stream_listen(struct listener *listener, bool is_shared)
{
	const struct bel_listener_opts opts = { .local = listener->local,
						.is_shared = is_shared,
						.by_host_count =
							listener->nat->opts.workers,
						.on_accept = on_accept,
						.user = listener };
	enum bel_err err = bel_listener_open(&listener->tcp, listener->nat->opts.loop,
					     &opts);

	if (!err)
		listener->local = *bel_listener_local(listener->tcp);
	return err;
}

/* ---- sending: a message goes whole or not at all ---- */

void bel_nat_stream_send(struct bel_nat *nat, const struct bel_turn_tuple *to,
			 const bel_str *pieces, unsigned count)
{
	struct line *line = find(nat, to->flow);
	bel_str bytes = bel_nat_join(nat, pieces, count);

	/* With what TLS adds. A record that the stream refuses would end the connection.
	 */
	if (!line || !line->is_open ||
	    bel_stream_queued(line->stream) + bytes.len + bytes.len / 64 + 1024 >
		    QUEUE_BYTES_MAX)
		return;
	if (line->tls)
		(void)bel_tls_write(line->tls, bytes);
	else
		(void)bel_stream_send(line->stream, bytes);
}

void bel_nat_streams_close(struct bel_nat *nat)
{
	for (uint32_t i = 0; i < nat->lines_count; i++)
		if (nat->lines[i].line)
			finish(nat->lines[i].line);
	free(nat->lines);
	nat->lines = NULL;
	nat->lines_count = nat->lines_free = 0;
}
