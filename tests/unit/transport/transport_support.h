/* SPDX-License-Identifier: Apache-2.0
 * A transport on a simulated server, and raw sockets of a peer who may do as he likes. */
#ifndef BEL_TESTS_TRANSPORT_SUPPORT_H
#define BEL_TESTS_TRANSPORT_SUPPORT_H

#include "support/support.h"

#include "io/sim.h"
#include "transport/transport.h"
#include "unit/transport/waiting.h"

#define OPTIONS(lines)                                                                   \
	"OPTIONS sip:a@192.0.2.1 SIP/2.0\r\n"                                            \
	"Via: SIP/2.0/TCP 192.0.2.2;branch=z9hG4bK1\r\n" lines "\r\n"
#define WHOLE OPTIONS("Content-Length: 0\r\n")

enum { PORT = 5060 };

/* A connection of the peer's. */
struct line {
	struct bel_stream *stream;
	bool is_connected, is_closed;
	uint64_t closed_ms;
	struct bel_loop *loop;
	char bytes[4096];
	size_t len;
};

struct bench {
	struct bel_sim *sim;
	struct bel_sim_node *server_node, *peer_node;
	struct bel_loop *loop, *peer_loop;
	struct bel_transport *transport;
	struct bel_udp *peer_udp;
	struct line lines[4];
	/* of the peer's datagrams */
	char datagram[4096];
	size_t datagram_len;
	unsigned datagrams;
	bel_addr datagram_from;
	/* what the server saw: "OPTIONS", "broken 400", "closed", in order */
	char log[4096];
	struct bel_writer writer;
	unsigned batch_most, closed;
	struct bel_flow flow; /* of the last message */
	bool is_deaf, trusts_all, answers_broken, closes_on_message, sends_on_message;
};

static inline bel_addr at(uint8_t d, uint16_t port)
{
	return bel_addr_v4(192, 0, 2, d, port);
}

/* ---- the server ---- */

static inline void bench_on_messages(void *user, struct bel_rx *rx, unsigned count)
{
	struct bench *bench = user;

	if (count > bench->batch_most)
		bench->batch_most = count;
	for (unsigned i = 0; i < count; i++) {
		struct bel_cursor cursor = bel_cursor_init(rx[i].bytes);
		bel_write_text(&bench->writer, bench->writer.len ? " " : "");
		bel_write_str(&bench->writer, bel_cursor_until_char(&cursor, ' '));
		bench->flow = rx[i].flow;
	}
	if (bench->sends_on_message)
		bel_flow_send(bench->transport, &bench->flow, BEL_STR("answer"));
	if (bench->closes_on_message)
		bel_flow_close(bench->transport, &bench->flow);
}

static inline bool bench_may_receive(void *user, const bel_addr *peer,
				     enum bel_sip_transport transport)
{
	(void)peer;
	(void)transport;
	return !((struct bench *)user)->is_deaf;
}

static inline bool bench_is_trusted(void *user, const bel_addr *peer)
{
	(void)peer;
	return ((struct bench *)user)->trusts_all;
}

static inline void bench_on_broken(void *user, const struct bel_flow *flow, bel_str bytes,
				   const struct bel_sip_refusal *why)
{
	struct bench *bench = user;

	(void)bytes;
	bel_write_format(&bench->writer, "%sbroken %u", bench->writer.len ? " " : "",
			 why->status);
	if (bench->answers_broken)
		bel_flow_send(bench->transport, flow,
			      BEL_STR("SIP/2.0 400 Bad Request\r\n\r\n"));
}

static inline void bench_on_closed(void *user, const struct bel_flow *flow)
{
	struct bench *bench = user;

	assert_false(bel_flow_is_open(bench->transport, flow));
	bench->closed++;
}

static const struct bel_transport_port bench_port = {
	.on_messages = bench_on_messages,
	.may_receive = bench_may_receive,
	.is_trusted = bench_is_trusted,
	.on_broken = bench_on_broken,
	.on_closed = bench_on_closed,
};

/* ---- the peer ---- */

static inline void line_on_connected(void *user, struct bel_stream *stream)
{
	(void)stream;
	((struct line *)user)->is_connected = true;
}

static inline void line_on_readable(void *user, struct bel_stream *stream)
{
	struct line *line = user;
	size_t len;

	while (bel_stream_receive(&len, stream, line->bytes + line->len,
				  sizeof line->bytes - line->len) == BEL_OK)
		line->len += len;
}

static inline void line_on_closed(void *user, struct bel_stream *stream, enum bel_err err)
{
	struct line *line = user;

	(void)stream;
	(void)err;
	line->is_closed = true;
	line->closed_ms = bel_loop_now_ms(line->loop);
}

static const struct bel_stream_handler line_handler = {
	.on_connected = line_on_connected,
	.on_readable = line_on_readable,
	.on_closed = line_on_closed,
};

static inline void peer_on_datagrams(void *user, struct bel_udp *udp,
				     struct bel_datagram *datagrams, unsigned count)
{
	struct bench *bench = user;

	(void)udp;
	bench->datagrams += count;
	bench->datagram_from = datagrams[count - 1].peer;
	bench->datagram_len = datagrams[count - 1].len < sizeof bench->datagram
				      ? datagrams[count - 1].len
				      : sizeof bench->datagram;
	memcpy(bench->datagram, datagrams[count - 1].buf, bench->datagram_len);
}

static inline bel_str datagram_of(const struct bench *bench)
{
	return (bel_str){ bench->datagram, bench->datagram_len };
}

static inline void run_for(struct bench *bench, uint64_t ms)
{
	bel_sim_run(bench->sim, bel_sim_now_ms(bench->sim) + ms);
}

static inline struct line *dial(struct bench *bench, unsigned which)
{
	struct line *line = &bench->lines[which];
	bel_addr server = at(1, PORT);

	*line = (struct line){ .loop = bench->peer_loop };
	assert_int_equal(bel_stream_connect(&line->stream, bench->peer_loop, &server,
					    NULL, &line_handler, line),
			 BEL_OK);
	run_for(bench, 10);
	return line;
}

static inline void say(struct bench *bench, struct line *line, bel_str bytes)
{
	assert_int_equal(bel_stream_send(line->stream, bytes), BEL_OK);
	run_for(bench, 10);
}

static inline void hang_up(struct line *line)
{
	bel_stream_close(line->stream);
	line->stream = NULL;
}

static inline void throw_datagram(struct bench *bench, bel_str bytes)
{
	bel_addr server = at(1, PORT);

	assert_int_equal(bel_udp_send(bench->peer_udp, &server, NULL, bytes), BEL_OK);
	run_for(bench, 10);
}

/* What was logged since it was last asked. */
#define assert_saw(bench, text)                                                          \
	do {                                                                             \
		assert_str(bel_writer_str(&(bench)->writer), (text));                    \
		(bench)->writer.len = 0;                                                 \
	} while (0)

static inline struct bench *open_bench(const struct bel_transport_opts *more)
{
	static const struct bel_sim_net net = { .delay_min_ms = 1, .delay_max_ms = 1 };
	struct bench *bench = calloc(1, sizeof *bench);
	const bel_addr server = at(1, 0), peer = at(2, 0);
	const struct bel_transport_listener listeners[] = {
		{ BEL_SIP_UDP, at(1, PORT) },
		{ BEL_SIP_TCP, at(1, PORT) },
	};
	struct bel_transport_opts opts = more ? *more : (struct bel_transport_opts){ 0 };

	assert_non_null(bench);
	bench->sim = bel_sim_new(1, &net);
	bench->server_node = bel_sim_node_new(bench->sim, "server", &server);
	bench->peer_node = bel_sim_node_new(bench->sim, "peer", &peer);
	assert_int_equal(bel_sim_loop(&bench->loop, bench->server_node), BEL_OK);
	assert_int_equal(bel_sim_loop(&bench->peer_loop, bench->peer_node), BEL_OK);
	bench->writer = bel_writer_init(bench->log, sizeof bench->log);
	opts.loop = bench->loop;
	opts.workers = 1;
	if (!opts.listeners_count) {
		opts.listeners = listeners;
		opts.listeners_count = BEL_COUNT_OF(listeners);
	}
	opts.port = &bench_port;
	opts.user = bench;
	assert_int_equal(bel_transport_open(&bench->transport, NULL, &opts), BEL_OK);
	const struct bel_udp_opts udp = { .local = at(2, PORT),
					  .on_datagrams = peer_on_datagrams,
					  .user = bench };
	assert_int_equal(bel_udp_open(&bench->peer_udp, bench->peer_loop, &udp), BEL_OK);
	return bench;
}

static inline void close_bench(struct bench *bench)
{
	for (size_t i = 0; i < BEL_COUNT_OF(bench->lines); i++)
		bel_stream_close(bench->lines[i].stream);
	bel_udp_close(bench->peer_udp);
	bel_transport_close(bench->transport);
	bel_loop_close(bench->loop);
	bel_loop_close(bench->peer_loop);
	bel_sim_free(bench->sim);
	free(bench);
}

#endif
