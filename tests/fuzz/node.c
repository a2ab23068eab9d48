/* SPDX-License-Identifier: Apache-2.0
 * Whole datagrams at a server in the simulation; a byte 0x1e parts one from the next. All
 * that it sends is SIP that our own codec reads, nothing comes of an ACK or a response
 * but silence, and afterwards the server still answers. */
#include <stdlib.h>
#include "io/sim.h"
#include "node/node.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DATAGRAMS_MAX = 8, SEPARATOR = 0x1e };

static const char conf_text[] =
	"listen udp 192.0.2.1:5060\n"
	"domain example.com\n"
	"domain open.test { open }\n"
	"user alice { password secret; number 101 }\n"
	"user bob { password secret }\n"
	"trust 192.0.2.3\n"
	"accept from friends.test\n"
	"host next.test 192.0.2.3\n"
	"route local { 9* reject 603; 8* redirect 302 sip:away@x.test; "
	"7* to sip:next.test as *7; 6* user bob }\n";

struct bench {
	struct bel_sim *sim;
	struct bel_loop *loop, *peer_loop;
	struct bel_node *node;
	struct bel_udp *stranger, *friend;
	struct bel_sip_msg msg;
	unsigned answers;
};

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

/* Only what the server sends is looked at. */
static void on_packet(void *user, const struct bel_sim_packet *packet)
{
	const bel_addr server = bel_addr_v4(192, 0, 2, 1, 0);
	struct bench *bench = user;
	struct bel_sip_refusal why;
	struct bel_arena arena;

	if (!bel_addr_is_same_host(&packet->from, &server))
		return;
	/* keepalives and STUN */
	if (packet->bytes.len <= 44 && !bel_str_has_prefix(packet->bytes, BEL_STR("SIP")))
		return;
	bel_arena_init(&arena, NULL, 0, 1 << 18);
	require(!bel_sip_parse(&bench->msg, &arena, packet->bytes, &why));
	if (!bench->msg.is_request) {
		bench->answers++;
		require(bench->msg.status >= 100 && bench->msg.status <= 699);
		require(bel_sip_has(&bench->msg, BEL_SIP_H_VIA));
	} else {
		require(!bel_sip_validate(&bench->msg, &why));
	}
	bel_arena_fini(&arena);
}

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	(void)user;
	(void)udp;
	(void)datagrams;
	(void)count;
}

static struct bel_conf *load_conf(void)
{
	struct bel_conf_report *report = malloc(sizeof *report);
	const struct bel_conf_opts opts = { .text = bel_str_from(conf_text) };
	struct bel_conf *conf = NULL;

	require(report != NULL);
	bel_conf_report_init(report);
	require(!bel_conf_load(&conf, report, &opts));
	bel_conf_report_fini(report);
	free(report);
	return conf;
}

static struct bel_udp *open_peer(struct bench *bench, uint8_t d)
{
	const bel_addr ip = bel_addr_v4(192, 0, 2, d, 5060);
	const struct bel_udp_opts opts = { .local = ip,
					   .on_datagrams = on_datagrams,
					   .user = bench };
	struct bel_udp *udp;

	require(!bel_udp_open(&udp, bench->peer_loop, &opts));
	return udp;
}

static void open_bench(struct bench *bench, struct bel_conf *conf)
{
	const bel_addr server = bel_addr_v4(192, 0, 2, 1, 0);
	const bel_addr stranger = bel_addr_v4(192, 0, 2, 2, 0);
	const bel_addr friend = bel_addr_v4(192, 0, 2, 3, 0);
	struct bel_sim_node *peer;
	struct bel_node_failure failure;

	bench->sim = bel_sim_new(1, NULL);
	require(!bel_sim_loop(&bench->loop,
			      bel_sim_node_new(bench->sim, "server", &server)));
	peer = bel_sim_node_new(bench->sim, "peer", &stranger);
	require(!bel_sim_node_add(peer, &friend));
	require(!bel_sim_loop(&bench->peer_loop, peer));
	bel_sim_on_packet(bench->sim, on_packet, bench);
	require(!bel_node_open(&bench->node, &failure,
			       &(struct bel_node_opts){ .conf = conf,
							.loops = &bench->loop,
							.workers = 1 }));
	bench->stranger = open_peer(bench, 2);
	bench->friend = open_peer(bench, 3);
}

static void close_bench(struct bench *bench)
{
	bel_udp_close(bench->stranger);
	bel_udp_close(bench->friend);
	bel_node_close(bench->node);
	bel_loop_close(bench->loop);
	bel_loop_close(bench->peer_loop);
	bel_sim_free(bench->sim);
}

static void throw_bytes(struct bench *bench, struct bel_udp *udp, bel_str bytes)
{
	const bel_addr server = bel_addr_v4(192, 0, 2, 1, 5060);

	bel_udp_send(udp, &server, NULL, bytes);
	bel_sim_run(bench->sim, bel_sim_now_ms(bench->sim) + 300);
}

/* Its trails can be told. */
static void ask_why(struct bench *bench)
{
	static char buf[1 << 16];

	for (int is_json = 0; is_json <= 1; is_json++) {
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		bel_node_why(bench->node, BEL_STR("last"), &writer, is_json);
	}
}

static void check_alive(struct bench *bench)
{
	unsigned before = bench->answers;

	throw_bytes(bench, bench->friend,
		    BEL_STR("OPTIONS sip:example.com SIP/2.0\r\n"
			    "Via: SIP/2.0/UDP 192.0.2.3;branch=z9hG4bKalive\r\n"
			    "From: <sip:a@example.com>;tag=1\r\nTo: <sip:example.com>\r\n"
			    "Call-ID: alive\r\nCSeq: 1 OPTIONS\r\n\r\n"));
	require(bench->answers > before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bel_str left = { (const char *)data, size };
	struct bench *bench = calloc(1, sizeof *bench);
	struct bel_conf *conf = load_conf();

	require(bench != NULL);
	open_bench(bench, conf);
	for (int i = 0; i < DATAGRAMS_MAX && left.len; i++) {
		size_t end = bel_str_find(left, SEPARATOR);
		bel_str datagram = bel_str_slice(left, 0, end);
		throw_bytes(bench, bench->stranger, datagram);
		throw_bytes(bench, bench->friend, datagram);
		left = bel_str_slice(left, end + 1, left.len);
	}
	ask_why(bench);
	bel_sim_run(bench->sim, bel_sim_now_ms(bench->sim) + 60000);
	check_alive(bench);
	close_bench(bench);
	bel_conf_unref(conf);
	free(bench);
	return 0;
}
