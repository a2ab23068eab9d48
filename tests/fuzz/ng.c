/* SPDX-License-Identifier: Apache-2.0
 * Bytes play proxies against the relay's control socket. Each step is an operation and
 * what it needs: a datagram as it stands, a command made here of a few names and
 * descriptions, or time. Whatever comes: an answer goes to who asked, begins with the
 * cookie, and is a dictionary with a result; a cookie that comes again within a minute
 * gets the same bytes; a stranger gets none; every port is given back. */
#include <stdlib.h>
#include "io/sim.h"
#include "ng/bencode.h"
#include "ng/ng.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEPS_MAX = 64, COOKIES = 8, KEPT_MS = 60 * 1000, PACKET_BYTES = 4096 };

struct ear {
	struct bel_udp *udp;
	unsigned count;
	size_t len;
	char last[BEL_DATAGRAM_BYTES];
};

/* What a cookie was answered, when its command changed something. */
struct kept {
	uint64_t hash, until_ms;
};

struct bench {
	struct bel_sim *sim;
	struct bel_loop *loop, *stranger_loop;
	struct bel_ports *ports;
	struct bel_relay *relay;
	struct bel_ng *ng;
	struct ear raw, made, stranger;
	struct bel_cursor input;
	struct kept kept[COOKIES];
};

static const bel_addr server = { .ip = { [10] = 0xff, [11] = 0xff, 127, 0, 0, 1 },
				 .port = 22223,
				 .family = 4 };

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

static uint8_t draw(struct bench *bench)
{
	uint8_t byte = 0;

	bel_cursor_be8(&byte, &bench->input);
	return byte;
}

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	struct ear *ear = user;

	(void)udp;
	ear->count += count;
	ear->len = datagrams[count - 1].len;
	memcpy(ear->last, datagrams[count - 1].buf, ear->len);
}

/* ---- setting up ---- */

static bool listen_on(struct ear *ear, struct bel_loop *loop, bel_addr local)
{
	const struct bel_udp_opts opts = { .local = local,
					   .on_datagrams = on_datagrams,
					   .user = ear };

	return bel_udp_open(&ear->udp, loop, &opts) == BEL_OK;
}

static void open_relay(struct bench *bench)
{
	struct bel_relay_opts relay = { .loop = bench->loop,
					.ports = bench->ports,
					.port_min = 30000,
					.port_max = 30031,
					.silent_ms = 3000,
					.timeout_ms = 600000 };
	struct bel_ng_opts opts = { .loop = bench->loop,
				    .local = server,
				    .faces_count = 1 };

	opts.faces[0].own = opts.faces[0].outer = bel_addr_v4(127, 0, 0, 1, 0);
	require(bel_relay_open(&bench->relay, &relay) == BEL_OK);
	opts.relay = bench->relay;
	require(bel_ng_open(&bench->ng, &opts) == BEL_OK);
}

static struct bench *open_bench(const uint8_t *data, size_t size)
{
	static const struct bel_sim_net net = { .delay_min_ms = 1, .delay_max_ms = 1 };
	struct bench *bench = calloc(1, sizeof *bench);
	const bel_addr loopback = bel_addr_v4(127, 0, 0, 1, 0);
	const bel_addr away = bel_addr_v4(20, 0, 0, 9, 0);
	struct bel_sim_node *here, *there;

	require(bench != NULL);
	bench->input = bel_cursor_init((bel_str){ (const char *)data, size });
	bench->ports = calloc(1, sizeof *bench->ports);
	bench->sim = bel_sim_new(1, &net);
	require(bench->ports && bench->sim);
	here = bel_sim_node_new(bench->sim, "server", &loopback);
	there = bel_sim_node_new(bench->sim, "stranger", &away);
	require(here && there);
	require(!bel_sim_loop(&bench->loop, here) &&
		!bel_sim_loop(&bench->stranger_loop, there));
	require(listen_on(&bench->raw, bench->loop, bel_addr_v4(127, 0, 0, 1, 98)) &&
		listen_on(&bench->made, bench->loop, bel_addr_v4(127, 0, 0, 1, 99)) &&
		listen_on(&bench->stranger, bench->stranger_loop, away));
	open_relay(bench);
	return bench;
}

static void close_bench(struct bench *bench)
{
	bel_ng_close(bench->ng);
	bel_relay_close(bench->relay);
	bel_udp_close(bench->raw.udp);
	bel_udp_close(bench->made.udp);
	bel_udp_close(bench->stranger.udp);
	bel_loop_close(bench->loop);
	bel_loop_close(bench->stranger_loop);
	bel_sim_free(bench->sim);
	for (unsigned i = 0; i < BEL_COUNT_OF(bench->ports->bits); i++)
		require(bench->ports->bits[i] == 0);
	free(bench->ports);
	free(bench);
}

/* ---- commands ---- */

static void write_pair(struct bel_writer *writer, const char *key, bel_str value)
{
	bel_bencode_write_str(writer, bel_str_from(key));
	bel_bencode_write_str(writer, value);
}

static void write_sdp(struct bel_writer *writer, struct bench *bench)
{
	static const char *const protos[] = { "RTP/AVP", "RTP/SAVP", "UDP/TLS/RTP/SAVPF",
					      "udptl" };
	char text[1024];
	struct bel_writer sdp = bel_writer_init(text, sizeof text);
	unsigned streams = draw(bench) % 4;

	bel_write_lit(&sdp, "v=0\r\no=- 1 1 IN IP4 20.0.0.2\r\ns=-\r\n"
			    "c=IN IP4 20.0.0.2\r\nt=0 0\r\n");
	for (unsigned i = 0; i < streams; i++) {
		uint8_t choice = draw(bench);
		bel_write_format(&sdp, "m=audio %u %s 0\r\n", choice & 64 ? 0 : 4000 + i,
				 protos[choice % BEL_COUNT_OF(protos)]);
		if (choice & 4)
			bel_write_lit(&sdp, "a=rtcp-mux\r\n");
		if (choice & 8)
			bel_write_lit(&sdp, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"
					    "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"
					    "\r\n");
	}
	write_pair(writer, "sdp", bel_writer_str(&sdp));
}

/* Whether the command is one whose answer is kept. */
static bool write_command(struct bel_writer *writer, struct bench *bench)
{
	static const char *const names[] = { "ping",  "query", "list",   "statistics",
					     "offer", "offer", "answer", "delete" };
	static const char *const transports[] = { "RTP/AVP", "RTP/SAVPF",
						  "UDP/TLS/RTP/SAVP", "x" };
	static const char *const tags[] = { "a", "b", "c", "d" };
	unsigned name = draw(bench) % BEL_COUNT_OF(names);
	uint8_t who = draw(bench), how = draw(bench);

	bel_bencode_begin_dictionary(writer);
	write_pair(writer, "command", bel_str_from(names[name]));
	write_pair(writer, "call-id", bel_str_from(tags[who % 4]));
	write_pair(writer, "from-tag", bel_str_from(tags[who / 4 % 4]));
	if (name == 6 || how & 1)
		write_pair(writer, "to-tag", bel_str_from(tags[who / 16 % 4]));
	if (how & 2)
		write_pair(writer, "transport-protocol",
			   bel_str_from(transports[how / 4 % 4]));
	if (name >= 4 && name <= 6)
		write_sdp(writer, bench);
	bel_bencode_end(writer);
	return name >= 4;
}

/* ---- steps ---- */

static bel_str check_answer(struct bench *bench, const struct ear *ear, bel_str cookie)
{
	bel_str answer = { ear->last, ear->len }, result;
	struct bel_bencode root;

	require(bel_str_has_prefix(answer, cookie) && answer.len > cookie.len &&
		answer.ptr[cookie.len] == ' ');
	require(!bel_bencode_parse(&root,
				   bel_str_slice(answer, cookie.len + 1, answer.len)));
	result = bel_bencode_find_str(&root, BEL_STR("result"));
	require(bel_str_is_equal(result, BEL_STR("ok")) ||
		bel_str_is_equal(result, BEL_STR("pong")) ||
		bel_str_is_equal(result, BEL_STR("error")));
	require(bel_str_is_equal(result, BEL_STR("error")) ==
		(bel_bencode_find_str(&root, BEL_STR("error-reason")).len > 0));
	require(bel_ng_counters(bench->ng)->commands ==
		bench->raw.count + bench->made.count);
	return answer;
}

static void send_and_run(struct bench *bench, struct ear *ear, bel_str datagram)
{
	(void)bel_udp_send(ear->udp, &server, NULL, datagram);
	bel_sim_run(bench->sim, bel_sim_now_ms(bench->sim) + 5);
}

static void step_raw(struct bench *bench)
{
	uint16_t len = 0;
	unsigned before = bench->raw.count;
	bel_str bytes;

	bel_cursor_be16(&len, &bench->input);
	if (len > bel_cursor_left(&bench->input))
		len = (uint16_t)bel_cursor_left(&bench->input);
	require(bel_cursor_bytes(&bytes, &bench->input, len));
	send_and_run(bench, &bench->raw, bytes);
	if (bench->raw.count > before)
		check_answer(bench, &bench->raw,
			     bel_str_slice(bytes, 0, bel_str_find(bytes, ' ')));
	send_and_run(bench, &bench->stranger, bytes);
	require(bench->stranger.count == 0);
}

static void step_made(struct bench *bench)
{
	static const struct bel_hash_key key = { 1, 2 };
	char buf[PACKET_BYTES];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	unsigned number = draw(bench) % COOKIES, before = bench->made.count;
	uint64_t repeated = bel_ng_counters(bench->ng)->repeated, hash;
	uint64_t now_ms = bel_sim_now_ms(bench->sim);
	struct kept *kept = &bench->kept[number];
	bool changes;

	bel_write_format(&writer, "m%u ", number);
	changes = write_command(&writer, bench);
	require(!bel_writer_check(&writer));
	send_and_run(bench, &bench->made, bel_writer_str(&writer));
	require(bench->made.count == before + 1);
	hash = bel_hash(&key, check_answer(bench, &bench->made, (bel_str){ buf, 2 }));
	if (bel_ng_counters(bench->ng)->repeated > repeated)
		require(hash == kept->hash);
	else
		require(now_ms >= kept->until_ms);
	if (changes && bel_ng_counters(bench->ng)->repeated == repeated)
		*kept = (struct kept){ hash, now_ms + KEPT_MS };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bench *bench = open_bench(data, size);

	for (unsigned i = 0; i < STEPS_MAX && !bel_cursor_is_end(&bench->input); i++) {
		uint8_t step = draw(bench);
		if (step % 4 == 0)
			step_raw(bench);
		else if (step % 4 < 3)
			step_made(bench);
		else
			bel_sim_run(bench->sim,
				    bel_sim_now_ms(bench->sim) + step * (step / 4u));
	}
	close_bench(bench);
	return 0;
}
