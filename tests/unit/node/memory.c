/* SPDX-License-Identifier: Apache-2.0
 * A server whose memory runs out at any one moment: it opens or says why not, a request
 * that cannot be served is lost or refused, and nothing stays behind. */
#include "support/support.h"

#include "io/sim.h"
#include "node/node.h"

enum { LONG_MS = 64 * 1000, REPLY_BYTES = 4096 };

/* A phone of both parties: it registers, calls itself, answers and hangs up. */
struct play {
	struct bel_sim *sim;
	struct bel_loop *loop, *phone_loop;
	struct bel_disk *disk;
	struct bel_service *service;
	struct bel_conf *conf;
	struct bel_node *node;
	struct bel_udp *udp;
	struct bel_stream *stream;
	unsigned answers, carried; /* final 2xx, and requests that came to the callee */
	char route[512];           /* the server's Record-Route of the 200 */
	size_t route_len;
};

static const char conf_text[] = "listen udp,tcp 192.0.2.1:5060\n"
				"domain example.test { open }\n"
				"user alice password some-secret\n";

static bel_addr server_addr(void)
{
	return bel_addr_v4(192, 0, 2, 1, 5060);
}

static enum bel_err load_conf(struct bel_conf **out)
{
	struct bel_conf_report *report = malloc(sizeof *report);
	enum bel_err err;

	if (!report)
		return BEL_ERR_SPACE;
	bel_conf_report_init(report);
	err = bel_conf_load(out, report,
			    &(struct bel_conf_opts){ .text = bel_str_from(conf_text) });
	bel_conf_report_fini(report);
	free(report);
	return err;
}

static void on_answer(struct play *play, struct bel_sip_msg *msg)
{
	bel_str route = bel_sip_value(msg, BEL_SIP_H_RECORD_ROUTE);

	play->answers += msg->status / 100 == 2;
	if (!route.len || route.len > sizeof play->route)
		return;
	memcpy(play->route, route.ptr, route.len);
	play->route_len = route.len;
}

static void on_request(struct play *play, struct bel_sip_msg *msg)
{
	char buf[REPLY_BYTES];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	bel_addr server = server_addr();

	play->carried++;
	if (msg->method != BEL_SIP_ACK &&
	    !bel_sip_respond(
		    &writer, msg,
		    &(struct bel_sip_reply){
			    .status = 200,
			    .record_route = true,
			    .to_tag = BEL_STR("callee"),
			    .lines = BEL_STR("Contact: <sip:alice@192.0.2.2>\r\n") }))
		bel_udp_send(play->udp, &server, NULL, bel_writer_str(&writer));
}

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	struct bel_sip_refusal why;
	struct bel_sip_msg msg;
	struct bel_arena arena;

	(void)udp;
	for (unsigned i = 0; i < count; i++) {
		bel_arena_init(&arena, NULL, 0, 1 << 16);
		if (!bel_sip_parse(&msg, &arena,
				   (bel_str){ datagrams[i].buf, datagrams[i].len },
				   &why)) {
			if (msg.is_request)
				on_request(user, &msg);
			else
				on_answer(user, &msg);
		}
		bel_arena_fini(&arena);
	}
}

static void on_readable(void *user, struct bel_stream *stream)
{
	struct play *play = user;
	char buf[REPLY_BYTES];
	size_t len;

	while (bel_stream_receive(&len, stream, buf, sizeof buf) == BEL_OK)
		play->answers += bel_str_has_prefix((bel_str){ buf, len },
						    BEL_STR("SIP/2.0 200"));
}

static void on_stream_event(void *user, struct bel_stream *stream)
{
	(void)user;
	(void)stream;
}

static void on_stream_closed(void *user, struct bel_stream *stream, enum bel_err err)
{
	(void)user;
	(void)stream;
	(void)err;
}

static const struct bel_stream_handler stream_handler = {
	.on_connected = on_stream_event,
	.on_readable = on_readable,
	.on_closed = on_stream_closed,
};

static enum bel_err open_server(struct play *play, struct bel_sim_node *sim_node)
{
	struct bel_node_failure failure;
	enum bel_err err = bel_sim_loop(&play->loop, sim_node);

	if (!err)
		err = bel_sim_disk(&play->disk, sim_node);
	if (!err)
		err = bel_service_open(&play->service, play->loop, 64);
	if (!err)
		err = load_conf(&play->conf);
	if (!err)
		err = bel_node_open(&play->node, &failure,
				    &(struct bel_node_opts){ .conf = play->conf,
							     .loops = &play->loop,
							     .workers = 1,
							     .disk = play->disk,
							     .service = play->service });
	return err;
}

static enum bel_err open_play(struct play *play)
{
	static const struct bel_sim_net net = { .delay_min_ms = 1, .delay_max_ms = 1 };
	const bel_addr server = bel_addr_v4(192, 0, 2, 1, 0);
	const bel_addr phone = bel_addr_v4(192, 0, 2, 2, 0);
	const bel_addr server_port = server_addr();
	struct bel_sim_node *server_node, *phone_node;
	enum bel_err err;

	play->sim = bel_sim_new(3, &net);
	server_node = play->sim ? bel_sim_node_new(play->sim, "server", &server) : NULL;
	phone_node = server_node ? bel_sim_node_new(play->sim, "phone", &phone) : NULL;
	if (!phone_node)
		return BEL_ERR_SPACE;
	err = open_server(play, server_node);
	if (!err)
		err = bel_sim_loop(&play->phone_loop, phone_node);
	if (!err)
		err = bel_udp_open(
			&play->udp, play->phone_loop,
			&(struct bel_udp_opts){ .local = bel_addr_v4(192, 0, 2, 2, 5060),
						.on_datagrams = on_datagrams,
						.user = play });
	if (!err)
		err = bel_stream_connect(&play->stream, play->phone_loop, &server_port,
					 NULL, &stream_handler, play);
	return err;
}

static void close_play(struct play *play)
{
	if (play->stream)
		bel_stream_close(play->stream);
	if (play->udp)
		bel_udp_close(play->udp);
	bel_node_close(play->node);
	bel_service_close(play->service);
	bel_conf_unref(play->conf);
	bel_disk_close(play->disk);
	bel_loop_close(play->phone_loop);
	bel_loop_close(play->loop);
	bel_sim_free(play->sim);
}

static void run_for(struct play *play, uint64_t ms)
{
	bel_sim_run(play->sim, bel_sim_now_ms(play->sim) + ms);
}

#define HEAD(method, transport, cseq, to)                                                \
	"Via: SIP/2.0/" transport " 192.0.2.2:5060;branch=z9hG4bK" method transport      \
	";rport\r\nMax-Forwards: 70\r\nFrom: <sip:alice@example.test>;tag=caller\r\n"    \
	"To: <sip:alice@example.test>" to "\r\nCall-ID: one\r\nCSeq: " cseq " " method   \
	"\r\n"

static void say(struct play *play, const char *head, bel_str route, const char *rest)
{
	char buf[2048];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	bel_addr server = server_addr();

	bel_write_text(&writer, head);
	if (route.len) {
		bel_write_lit(&writer, "Route: ");
		bel_write_str(&writer, route);
		bel_write_lit(&writer, "\r\n");
	}
	bel_write_text(&writer, rest);
	bel_udp_send(play->udp, &server, NULL, bel_writer_str(&writer));
	run_for(play, 250);
}

static void act(struct play *play)
{
	const bel_str none = BEL_STR_NONE;
	bel_str route;

	say(play,
	    "REGISTER sip:example.test SIP/2.0\r\n" HEAD("REGISTER", "UDP", "1", ""),
	    none, "Contact: <sip:alice@192.0.2.2>\r\nContent-Length: 0\r\n\r\n");
	say(play,
	    "INVITE sip:alice@example.test SIP/2.0\r\n" HEAD("INVITE", "UDP", "1", ""),
	    none, "Contact: <sip:alice@192.0.2.2>\r\nContent-Length: 0\r\n\r\n");
	route = (bel_str){ play->route, play->route_len };
	say(play,
	    "ACK sip:alice@192.0.2.2 SIP/2.0\r\n" HEAD("ACK", "UDP", "1", ";tag=callee"),
	    route, "Content-Length: 0\r\n\r\n");
	say(play,
	    "BYE sip:alice@192.0.2.2 SIP/2.0\r\n" HEAD("BYE", "UDP", "2", ";tag=callee"),
	    route, "Content-Length: 0\r\n\r\n");
	bel_stream_send(play->stream,
			BEL_STR("OPTIONS sip:example.test SIP/2.0\r\n" HEAD(
				"OPTIONS", "TCP", "1", "") "Content-Length: 0\r\n\r\n"));
	run_for(play, LONG_MS);
}

static void on_counter(void *user, const struct bel_node_counter *counter)
{
	uint64_t *left = user;

	if (!strcmp(counter->name, "transactions") ||
	    !strcmp(counter->name, "proxied_requests"))
		*left += counter->value;
}

/* Everything done gives BEL_OK; memory that ran out somewhere gives BEL_ERR_SPACE, and a
 * transaction that is still there after its time BEL_ERR_BUSY, which is never allowed. */
static enum bel_err story(void *user)
{
	struct play *play = calloc(1, sizeof *play);
	uint64_t left = 0;
	enum bel_err err;

	(void)user;
	if (!play)
		return BEL_ERR_SPACE;
	err = open_play(play);
	if (!err) {
		run_for(play, 100);
		act(play);
		bel_node_counters(play->node, on_counter, &left);
		err = left ? BEL_ERR_BUSY : BEL_OK;
	}
	/* REGISTER, INVITE, BYE and OPTIONS were answered; INVITE, ACK and BYE carried.
	 */
	if (!err && (play->answers != 4 || play->carried != 3))
		err = BEL_ERR_SPACE;
	close_play(play);
	free(play);
	return err;
}

static void wherever_memory_runs_out_nothing_stays_behind(void **state)
{
	(void)state;
	bel_test_each_allocation_fails(story, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wherever_memory_runs_out_nothing_stays_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
