/* SPDX-License-Identifier: Apache-2.0
 * Bytes play two sides and strangers around a relay: descriptions, made of parts or as
 * they stand, in any order of offers, answers and roll-backs; packets of every kind to
 * its ports; time. Whatever comes: what the relay writes can be read again, it sends to
 * nobody but those that a description or an admitted packet named, and every port comes
 * back. */
#include <stdlib.h>

#include "io/sim.h"
#include "relay/relay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	STEPS_MAX = 64,
	HOSTS = 4, /* the two sides, where one signals from, and one that nobody names */
	PORT_MIN = 30000,
	PORT_MAX = 30031,
	SDP_BYTES = 4096,
};

struct scene;
struct host {
	struct scene *scene;
	struct bel_loop *loop;
	struct bel_udp *udp;
};

struct scene {
	struct bel_sim *sim;
	struct bel_loop *loop;
	struct bel_ports *ports;
	struct bel_dtls_context *dtls;
	struct bel_relay *relay;
	bel_relay_call call;
	struct host hosts[HOSTS];
	bool has_spoken; /* the one that nobody names */
	struct bel_cursor input;
};

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

static uint8_t draw(struct scene *scene)
{
	uint8_t byte = 0;

	bel_cursor_be8(&byte, &scene->input);
	return byte;
}

static bel_str take(struct scene *scene, size_t len)
{
	bel_str out = BEL_STR_NONE;
	size_t left = bel_cursor_left(&scene->input);

	bel_cursor_bytes(&out, &scene->input, len < left ? len : left);
	return out;
}

static bel_addr addr_of(unsigned host)
{
	return bel_addr_v4(198, 51, 100, (uint8_t)(1 + host), 4000);
}

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	struct host *host = user;

	(void)udp;
	(void)datagrams;
	(void)count;
	require(host != &host->scene->hosts[HOSTS - 1] || host->scene->has_spoken);
}

static void open_host(struct scene *scene, unsigned index)
{
	struct host *host = &scene->hosts[index];
	bel_addr addr = addr_of(index), ip = addr;
	struct bel_udp_opts opts = { .local = addr,
				     .on_datagrams = on_datagrams,
				     .user = host };

	ip.port = 0;
	host->scene = scene;
	require(!bel_sim_loop(&host->loop, bel_sim_node_new(scene->sim, "host", &ip)));
	require(!bel_udp_open(&host->udp, host->loop, &opts));
}

static void open_scene(struct scene *scene)
{
	const struct bel_sim_net net = { .delay_min_ms = 1, .delay_max_ms = 1 };
	bel_addr ip = bel_addr_v4(203, 0, 113, 9, 0);
	struct bel_relay_place places[BEL_RELAY_SIDES];
	struct bel_relay_opts opts = { .port_min = PORT_MIN,
				       .port_max = PORT_MAX,
				       .silent_ms = 3000,
				       .timeout_ms = 60000 };

	scene->sim = bel_sim_new(1, &net);
	scene->ports = calloc(1, sizeof *scene->ports);
	require(scene->sim && scene->ports);
	require(!bel_sim_loop(&scene->loop, bel_sim_node_new(scene->sim, "relay", &ip)));
	require(!bel_dtls_context_self_signed(&scene->dtls));
	for (unsigned i = 0; i < HOSTS; i++)
		open_host(scene, i);
	opts.loop = scene->loop;
	opts.ports = scene->ports;
	opts.dtls = scene->dtls;
	require(!bel_relay_open(&scene->relay, &opts));
	for (unsigned i = 0; i < BEL_RELAY_SIDES; i++)
		places[i] = (struct bel_relay_place){ ip, ip, addr_of(2 * i) };
	require(!bel_relay_new(
		&scene->call, scene->relay,
		&(struct bel_relay_names){ BEL_STR("x"), BEL_STR("a"), BEL_STR("b") },
		places));
}

static void close_scene(struct scene *scene)
{
	bel_relay_close(scene->relay);
	for (unsigned i = 0; i < BEL_COUNT_OF(scene->ports->bits); i++)
		require(!scene->ports->bits[i]);
	for (unsigned i = 0; i < HOSTS; i++) {
		bel_udp_close(scene->hosts[i].udp);
		bel_loop_close(scene->hosts[i].loop);
	}
	bel_dtls_context_unref(scene->dtls);
	bel_loop_close(scene->loop);
	bel_sim_free(scene->sim);
	free(scene->ports);
}

/* ---- descriptions ---- */

static const char *const protos[] = { "RTP/AVP",   "RTP/SAVP", "UDP/TLS/RTP/SAVPF",
				      "RTP/SAVPF", "udptl",    "TCP/MSRP",
				      "RTP/AVPF",  "RTP/SAVP" };
static const char *const lines[] = {
	"a=crypto:1 AES_CM_128_HMAC_SHA1_80 "
	"inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n",
	"a=crypto:2 AES_CM_128_HMAC_SHA1_32 "
	"inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR|2^20\r\n",
	"a=fingerprint:sha-256 "
	"00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:"
	"1A:1B:1C:1D:1E:1F\r\n",
	"a=setup:actpass\r\n",
	"a=setup:passive\r\n",
	"a=setup:active\r\n",
	"a=rtcp-mux\r\n",
	"a=inactive\r\n",
	"a=rtcp:4001\r\n",
	"c=IN IP4 0.0.0.0\r\n",
	"a=ice-ufrag:peer\r\na=ice-pwd:apasswordof22charsabcd\r\n"
	"a=candidate:1 1 UDP 2130706431 198.51.100.1 4000 typ host\r\n",
};

/* A byte a part: how many, which kind, which lines. */
static bel_str make_sdp(struct scene *scene, char *buf, unsigned side)
{
	struct bel_writer writer = bel_writer_init(buf, SDP_BYTES);
	unsigned parts = draw(scene) % 4;

	bel_write_format(&writer,
			 "v=0\r\no=- 1 1 IN IP4 198.51.100.%u\r\ns=-\r\n"
			 "c=IN IP4 198.51.100.%u\r\nt=0 0\r\n",
			 side + 1, side + 1);
	for (unsigned i = 0; i < parts; i++) {
		uint8_t kind = draw(scene);
		unsigned which = draw(scene) | (unsigned)(kind & 0x70) << 4;
		bel_write_format(&writer, "m=audio %u %s 0 8\r\n",
				 kind & 0x80 ? 0 : 4000u, protos[kind % 8]);
		for (unsigned k = 0; k < BEL_COUNT_OF(lines); k++)
			if (which >> k & 1)
				bel_write_text(&writer, lines[k]);
	}
	return bel_writer_str(&writer);
}

static void check_written(const struct bel_writer *writer)
{
	char memory[1 << 15];
	struct bel_arena arena;
	struct bel_sdp_refusal why;
	struct bel_sdp sdp;

	bel_arena_init(&arena, memory, sizeof memory, 1 << 20);
	require(!bel_sdp_parse(&sdp, bel_writer_str(writer), &arena, &why));
	bel_arena_fini(&arena);
}

static void describe(struct scene *scene, bool is_offer, bool is_raw)
{
	enum bel_relay_side side = draw(scene) & 1;
	char text[SDP_BYTES], out[2 * SDP_BYTES];
	struct bel_writer writer = bel_writer_init(out, sizeof out);
	bel_str sdp = is_raw ? take(scene, draw(scene) * 4u)
			     : make_sdp(scene, text, side);
	struct bel_sdp_refusal why;
	enum bel_err err = (is_offer ? bel_relay_offer : bel_relay_answer)(
		&writer, scene->relay, scene->call, side, sdp, &why);

	if (!err)
		check_written(&writer);
}

/* ---- packets ---- */

static void send_packet(struct scene *scene)
{
	unsigned index = draw(scene) % HOSTS;
	bel_addr to = bel_addr_v4(203, 0, 113, 9,
				  (uint16_t)(PORT_MIN + draw(scene) % 32));
	bel_str bytes = take(scene, draw(scene));

	scene->has_spoken |= index == HOSTS - 1;
	bel_udp_send(scene->hosts[index].udp, &to, NULL, bytes);
}

static void on_leg(void *user, const struct bel_relay_leg *leg)
{
	(void)user;
	require(leg->local.port >= PORT_MIN && leg->local.port <= PORT_MAX);
}

static void step(struct scene *scene)
{
	struct bel_relay_report report;

	switch (draw(scene) % 9) {
	case 0:
		describe(scene, true, false);
		break;
	case 1:
		describe(scene, false, false);
		break;
	case 2:
		describe(scene, true, true);
		break;
	case 3:
		describe(scene, false, true);
		break;
	case 4:
		(void)bel_relay_offer_next(scene->relay, scene->call);
		break;
	case 5:
		bel_relay_ask(scene->relay, scene->call, draw(scene) & 1,
			      draw(scene) % BEL_RELAY_KEYINGS);
		break;
	case 6:
		bel_relay_roll_back(scene->relay, scene->call);
		break;
	case 7:
		bel_sim_run(scene->sim, bel_sim_now_ms(scene->sim) + draw(scene) * 64u);
		break;
	default:
		send_packet(scene);
		break;
	}
	bel_sim_run(scene->sim, bel_sim_now_ms(scene->sim) + 3);
	(void)bel_relay_report(&report, scene->relay, scene->call, on_leg, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scene scene = { .input = bel_cursor_init(
				       (bel_str){ (const char *)data, size }) };

	open_scene(&scene);
	for (unsigned i = 0; i < STEPS_MAX && !bel_cursor_is_end(&scene.input); i++)
		step(&scene);
	close_scene(&scene);
	return 0;
}
