/* SPDX-License-Identifier: Apache-2.0
 * Two workers of one server: messages that came to the wrong one, and connections that
 * are the other's. */
#include "support/support.h"

#include "io/sim.h"
#include "transport/transport_int.h"
#include "unit/transport/waiting.h"

enum { WORKERS = 2, SOCKETS = 8, PORT = 5060, LINE_BYTES = 4096, OWNER_AT = 12 };

/* The digit is the worker whose it is. */
#define MESSAGE_OF(digit)                                                                \
	"OPTIONS sip:" digit "@192.0.2.1 SIP/2.0\r\n"                                    \
	"Via: SIP/2.0/TCP 192.0.2.2;branch=z9hG4bK1\r\nContent-Length: 0\r\n\r\n"
#define RESPONSE                                                                         \
	"SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP 192.0.2.2;branch=z9hG4bK1\r\n"               \
	"Content-Length: 0\r\n\r\n"

struct desk {
	struct server *server;
	unsigned index;
	struct bel_loop *loop;
	struct bel_transport *transport;
	unsigned asked, closed;
	char owners[256]; /* of the messages that it got, in order */
	size_t count;
	struct bel_flow flow; /* of the last */
};

struct server {
	struct bel_sim *sim;
	struct desk desks[WORKERS];
	struct bel_transport *transports[WORKERS];
	bool is_contrary, answers;

	struct bel_loop *peer;
	struct bel_udp *sockets[SOCKETS];
	struct bel_listener *listener;
	struct bel_stream *line, *accepted;
	char heard[LINE_BYTES]; /* by the line; and by what we accepted */
	size_t heard_len, accepted_len;
};

static bel_addr at(uint8_t d, uint16_t port)
{
	return bel_addr_v4(192, 0, 2, d, port);
}

/* ---- the server's side ---- */

static void on_messages(void *user, struct bel_rx *rx, unsigned count)
{
	struct desk *desk = user;

	for (unsigned i = 0; i < count; i++) {
		assert_true(desk->count < sizeof desk->owners);
		desk->owners[desk->count++] = rx[i].bytes.ptr[OWNER_AT];
		desk->flow = rx[i].flow;
		if (desk->server->answers)
			bel_flow_send(desk->transport, &rx[i].flow,
				      (bel_str){ rx[i].bytes.ptr + OWNER_AT, 1 });
	}
}

static unsigned find_owner(void *user, bel_str bytes)
{
	struct desk *desk = user;

	desk->asked++;
	if (desk->server->is_contrary)
		return 1 - desk->index;
	return (unsigned)(bytes.ptr[OWNER_AT] - '0');
}

static void on_closed(void *user, const struct bel_flow *flow)
{
	(void)flow;
	((struct desk *)user)->closed++;
}

static const struct bel_transport_port port = { .on_messages = on_messages,
						.find_owner = find_owner,
						.on_closed = on_closed };

static void open_desk(struct server *server, struct bel_sim_node *node, unsigned index)
{
	struct desk *desk = &server->desks[index];
	const struct bel_transport_listener listeners[] = {
		{ BEL_SIP_UDP, at(1, PORT) },
		{ BEL_SIP_TCP, at(1, PORT) },
	};

	desk->server = server;
	desk->index = index;
	assert_int_equal(bel_sim_loop(&desk->loop, node), BEL_OK);
	assert_int_equal(bel_transport_open(&desk->transport, NULL,
					    &(struct bel_transport_opts){
						    .loop = desk->loop,
						    .worker = (uint16_t)index,
						    .workers = WORKERS,
						    .listeners = listeners,
						    .listeners_count = 2,
						    .port = &port,
						    .user = desk,
					    }),
			 BEL_OK);
	server->transports[index] = desk->transport;
}

/* ---- the peer's side ---- */

static void hear(void *user, struct bel_stream *stream)
{
	struct server *server = user;
	size_t len;

	while (bel_stream_receive(&len, stream, server->heard + server->heard_len,
				  sizeof server->heard - server->heard_len) == BEL_OK) {
		server->heard_len += len;
		if (stream == server->accepted)
			server->accepted_len += len;
	}
}

static void on_line_event(void *user, struct bel_stream *stream)
{
	(void)user;
	(void)stream;
}

static void on_line_closed(void *user, struct bel_stream *stream, enum bel_err err)
{
	(void)user;
	(void)stream;
	(void)err;
}

static const struct bel_stream_handler line_handler = { .on_connected = on_line_event,
							.on_readable = hear,
							.on_closed = on_line_closed };

static void on_accept(void *user, struct bel_listener *listener,
		      struct bel_stream *stream)
{
	struct server *server = user;

	(void)listener;
	server->accepted = stream;
	bel_stream_handle(stream, &line_handler, server);
}

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	(void)user;
	(void)udp;
	(void)datagrams;
	(void)count;
}

static struct server *open_server(void)
{
	static const struct bel_sim_net net = { .delay_min_ms = 1, .delay_max_ms = 1 };
	struct server *server = calloc(1, sizeof *server);
	const bel_addr ip = at(1, 0), peer_ip = at(2, 0);
	struct bel_sim_node *node, *peer_node;

	assert_non_null(server);
	server->sim = bel_sim_new(1, &net);
	node = bel_sim_node_new(server->sim, "server", &ip);
	peer_node = bel_sim_node_new(server->sim, "peer", &peer_ip);
	for (unsigned i = 0; i < WORKERS; i++)
		open_desk(server, node, i);
	bel_transport_join(server->transports, WORKERS);
	assert_int_equal(bel_sim_loop(&server->peer, peer_node), BEL_OK);
	for (unsigned i = 0; i < SOCKETS; i++)
		assert_int_equal(
			bel_udp_open(&server->sockets[i], server->peer,
				     &(struct bel_udp_opts){
					     .local = at(2, (uint16_t)(6000 + i)),
					     .on_datagrams = on_datagrams,
					     .user = server }),
			BEL_OK);
	assert_int_equal(
		bel_listener_open(&server->listener, server->peer,
				  &(struct bel_listener_opts){ .local = at(2, PORT),
							       .on_accept = on_accept,
							       .user = server }),
		BEL_OK);
	return server;
}

static void close_server(struct server *server)
{
	for (unsigned i = 0; i < WORKERS; i++)
		bel_transport_part(server->transports[i]);
	for (unsigned i = 0; i < WORKERS; i++)
		bel_transport_close(server->transports[i]);
	for (unsigned i = 0; i < SOCKETS; i++)
		bel_udp_close(server->sockets[i]);
	bel_listener_close(server->listener);
	bel_stream_close(server->line);
	bel_stream_close(server->accepted);
	for (unsigned i = 0; i < WORKERS; i++)
		bel_loop_close(server->desks[i].loop);
	bel_loop_close(server->peer);
	bel_sim_free(server->sim);
	free(server);
}

static void run_for(struct server *server, uint64_t ms)
{
	bel_sim_run(server->sim, bel_sim_now_ms(server->sim) + ms);
}

static void throw_from_all(struct server *server, const char *message)
{
	const bel_addr to = at(1, PORT);

	for (unsigned i = 0; i < SOCKETS; i++)
		assert_int_equal(bel_udp_send(server->sockets[i], &to, NULL,
					      bel_str_from(message)),
				 BEL_OK);
	run_for(server, 10);
}

static void dial(struct server *server)
{
	const bel_addr to = at(1, PORT);

	assert_int_equal(bel_stream_connect(&server->line, server->peer, &to, NULL,
					    &line_handler, server),
			 BEL_OK);
	run_for(server, 10);
}

static void say(struct server *server, const char *text)
{
	assert_int_equal(bel_stream_send(server->line, bel_str_from(text)), BEL_OK);
	run_for(server, 10);
}

static void hang_up(struct server *server)
{
	bel_stream_close(server->line);
	server->line = NULL;
}

static uint64_t handed_over(const struct server *server)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < WORKERS; i++)
		sum += bel_transport_counters(server->transports[i])->handed_over;
	return sum;
}

/* The desk that is not the connection's. */
static struct desk *other_than(struct server *server, const struct bel_flow *flow)
{
	return &server->desks[1 - flow->worker];
}

/* A connection, and a message down it that both workers have seen. */
static struct bel_flow make_flow(struct server *server)
{
	dial(server);
	say(server, MESSAGE_OF("0") MESSAGE_OF("1"));
	assert_true(bel_flow_is_same(&server->desks[0].flow, &server->desks[1].flow));
	return server->desks[0].flow;
}

/* ---- messages ---- */

static void a_datagram_goes_to_the_worker_that_it_belongs_to(void **state)
{
	struct server *server = open_server();

	(void)state;
	throw_from_all(server, MESSAGE_OF("0"));
	throw_from_all(server, MESSAGE_OF("1"));
	assert_str(((bel_str){ server->desks[0].owners, server->desks[0].count }),
		   "00000000");
	assert_str(((bel_str){ server->desks[1].owners, server->desks[1].count }),
		   "11111111");
	assert_int_equal(server->desks[0].asked + server->desks[1].asked, 2 * SOCKETS);
	assert_in_range(handed_over(server), 1, 2 * SOCKETS - 1);
	assert_int_equal(server->desks[1].flow.peer.port, 6000 + SOCKETS - 1);
	close_server(server);
}

static void what_is_handed_over_goes_no_further(void **state)
{
	struct server *server = open_server();

	(void)state;
	server->is_contrary = true;
	throw_from_all(server, MESSAGE_OF("0"));
	assert_int_equal(server->desks[0].count + server->desks[1].count, SOCKETS);
	assert_int_equal(server->desks[0].asked + server->desks[1].asked, SOCKETS);
	assert_int_equal(handed_over(server), SOCKETS);
	close_server(server);
}

static void what_names_no_worker_stays_where_it_came(void **state)
{
	struct server *server = open_server();

	(void)state;
	throw_from_all(server, MESSAGE_OF("7"));
	assert_int_equal(server->desks[0].count, server->desks[0].asked);
	assert_int_equal(server->desks[1].count, server->desks[1].asked);
	assert_int_equal(handed_over(server), 0);
	close_server(server);
}

static void signs_of_life_are_nobodys(void **state)
{
	struct server *server = open_server();

	(void)state;
	throw_from_all(server, "\r\n\r\n");
	dial(server);
	say(server, "\r\n\r\n");
	assert_int_equal(server->heard_len, 2);
	assert_int_equal(server->desks[0].asked + server->desks[1].asked, 0);
	close_server(server);
}

static void a_worker_alone_is_not_asked(void **state)
{
	struct server *server = open_server();

	(void)state;
	bel_transport_part(server->transports[0]);
	bel_transport_part(server->transports[1]);
	bel_transport_join(&server->transports[0], 1);
	throw_from_all(server, MESSAGE_OF("1"));
	assert_int_equal(server->desks[0].count + server->desks[1].count, SOCKETS);
	assert_int_equal(server->desks[0].asked + server->desks[1].asked, 0);
	close_server(server);
}

static void a_connections_messages_are_answered_by_it_whose_ever_they_are(void **state)
{
	struct server *server = open_server();

	(void)state;
	server->answers = true;
	dial(server);
	say(server, MESSAGE_OF("0") MESSAGE_OF("1") MESSAGE_OF("1") MESSAGE_OF("0"));
	assert_int_equal(server->desks[0].count, 2);
	assert_int_equal(server->desks[1].count, 2);
	assert_int_equal(handed_over(server), 2);
	/* One worker's own come first: the other's have a mailbox to go through. */
	assert_true(bel_str_is_equal((bel_str){ server->heard, server->heard_len },
				     BEL_STR("0011")) ||
		    bel_str_is_equal((bel_str){ server->heard, server->heard_len },
				     BEL_STR("1100")));
	close_server(server);
}

enum { LARGE_BYTES = 60000 };

/* The other worker does not turn meanwhile. */
static void fill(struct server *server, unsigned to, bool is_stream, unsigned count)
{
	static char message[LARGE_BYTES];
	struct bel_rx rx = { .bytes = { message, sizeof message } };

	memset(message, '0' + (int)to, sizeof message);
	for (unsigned i = 0; i < count; i++) {
		rx.flow = (struct bel_flow){ .transport = is_stream ? BEL_SIP_TCP
								    : BEL_SIP_UDP };
		assert_int_equal(bel_transport_steer(server->transports[1 - to], &rx, 1),
				 0);
	}
}

static void a_full_mailbox_loses_what_comes_and_counts_it(void **state)
{
	enum {
		SENT = 200,
		DATAGRAMS = HANDED_BYTES_MANY / LARGE_BYTES,
		ALL = HANDED_BYTES_MAX / LARGE_BYTES,
	};
	struct server *server = open_server();
	const struct bel_transport_counters *counters = bel_transport_counters(
		server->transports[0]);

	(void)state;
	fill(server, 1, false, SENT);
	assert_int_equal(counters->handed_over, DATAGRAMS);
	assert_int_equal(counters->handed_lost, SENT - DATAGRAMS);
	/* What a stream had been read has more room, and an end as well. */
	fill(server, 1, true, SENT);
	assert_int_equal(counters->handed_over, ALL);
	assert_int_equal(counters->handed_lost, 2 * SENT - ALL);
	run_for(server, 10);
	assert_int_equal(server->desks[1].count, ALL);
	throw_from_all(server, MESSAGE_OF("1"));
	assert_int_equal(server->desks[1].count, ALL + SOCKETS);
	close_server(server);
}

static void streams_are_not_read_while_the_other_has_too_much(void **state)
{
	struct server *server = open_server();
	struct bel_flow flow = make_flow(server);
	struct desk *owner = &server->desks[flow.worker];
	struct bel_transport *transport = owner->transport;
	uint64_t lost = bel_transport_counters(transport)->handed_lost;

	(void)state;
	owner->count = 0;
	fill(server, 1 - flow.worker, true, HANDED_BYTES_MANY / LARGE_BYTES + 1);
	bel_transport_stream_receive(bel_transport_conn(transport, &flow));
	assert_int_equal(
		bel_stream_send(server->line, BEL_STR(MESSAGE_OF("0") MESSAGE_OF("1"))),
		BEL_OK);
	run_for(server, 5);
	assert_int_equal(owner->count, 0);
	run_for(server, 20);
	assert_int_equal(owner->count, 1);
	assert_int_equal(bel_transport_counters(transport)->handed_lost, lost);
	close_server(server);
}

static void a_connection_may_end_while_it_is_not_read(void **state)
{
	struct server *server = open_server();
	struct bel_flow flow = make_flow(server);
	struct bel_transport *transport = server->transports[flow.worker];

	(void)state;
	fill(server, 1 - flow.worker, true, HANDED_BYTES_MANY / LARGE_BYTES + 1);
	bel_transport_stream_receive(bel_transport_conn(transport, &flow));
	bel_flow_close(transport, &flow);
	run_for(server, 20);
	assert_int_equal(server->desks[flow.worker].closed, 1);
	close_server(server);
}

static void what_still_waits_at_the_end_is_dropped(void **state)
{
	struct server *server = open_server();
	struct bel_rx rx = { .bytes = BEL_STR(MESSAGE_OF("1")) };

	(void)state;
	assert_int_equal(bel_transport_steer(server->transports[0], &rx, 1), 0);
	close_server(server);
}

/* ---- connections of the other ---- */

static void send_and_wait(struct desk *desk, const struct bel_flow *flow,
			  struct waiting *waiting)
{
	wait_on(desk->transport, flow, waiting);
	assert_int_equal(bel_flow_send(desk->transport, flow, BEL_STR("request")),
			 BEL_OK);
}

static void a_waiter_hears_of_the_end_of_anothers_connection(void **state)
{
	struct server *server = open_server();
	struct bel_flow flow = make_flow(server);
	struct desk *desk = other_than(server, &flow);
	struct waiting waiting, forgotten;

	(void)state;
	send_and_wait(desk, &flow, &waiting);
	send_and_wait(desk, &flow, &forgotten);
	bel_flow_forget(&forgotten.waiter);
	run_for(server, 10);
	assert_str(((bel_str){ server->heard, server->heard_len }), "requestrequest");
	assert_int_equal(waiting.told, 0);
	assert_true(bel_flow_is_open(desk->transport, &flow));
	hang_up(server);
	run_for(server, 10);
	assert_int_equal(waiting.told, 1);
	assert_int_equal(waiting.err, BEL_ERR_CLOSED);
	assert_int_equal(forgotten.told, 0);
	assert_false(bel_flow_is_open(desk->transport, &flow));
	close_server(server);
}

/* It was open when it was asked, and closed before the request came to it. */
static void a_request_for_a_connection_that_is_gone_fails(void **state)
{
	struct server *server = open_server();
	struct bel_flow flow = make_flow(server);
	struct desk *desk = other_than(server, &flow);
	struct waiting waiting;

	(void)state;
	hang_up(server);
	run_for(server, 10);
	send_and_wait(desk, &flow, &waiting);
	run_for(server, 10);
	assert_int_equal(waiting.told, 1);
	assert_int_equal(waiting.err, BEL_ERR_CLOSED);
	close_server(server);
}

/* RFC 3261 section 18.2.2. */
static void a_response_outlives_anothers_connection(void **state)
{
	struct server *server = open_server();
	struct bel_flow flow = make_flow(server);
	struct desk *desk = other_than(server, &flow);

	(void)state;
	hang_up(server);
	run_for(server, 10);
	assert_int_equal(bel_flow_send(desk->transport, &flow, BEL_STR(RESPONSE)),
			 BEL_OK);
	run_for(server, 20);
	assert_int_equal(server->accepted_len, strlen(RESPONSE));
	close_server(server);
}

static void anothers_connection_is_kept_for_a_registration(void **state)
{
	struct server *server = open_server();
	struct bel_flow flow = make_flow(server);
	struct desk *desk = other_than(server, &flow);

	(void)state;
	bel_flow_keep(desk->transport, &flow);
	run_for(server, 1000000);
	assert_true(bel_flow_is_open(desk->transport, &flow));
	hang_up(server);
	run_for(server, 10);
	assert_int_equal(server->desks[flow.worker].closed, 1);
	/* A registration that came just then is told of it, too. */
	bel_flow_keep(desk->transport, &flow);
	run_for(server, 10);
	assert_int_equal(server->desks[flow.worker].closed, 2);
	close_server(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_datagram_goes_to_the_worker_that_it_belongs_to),
		cmocka_unit_test(what_is_handed_over_goes_no_further),
		cmocka_unit_test(what_names_no_worker_stays_where_it_came),
		cmocka_unit_test(signs_of_life_are_nobodys),
		cmocka_unit_test(a_worker_alone_is_not_asked),
		cmocka_unit_test(
			a_connections_messages_are_answered_by_it_whose_ever_they_are),
		cmocka_unit_test(a_full_mailbox_loses_what_comes_and_counts_it),
		cmocka_unit_test(streams_are_not_read_while_the_other_has_too_much),
		cmocka_unit_test(a_connection_may_end_while_it_is_not_read),
		cmocka_unit_test(what_still_waits_at_the_end_is_dropped),
		cmocka_unit_test(a_waiter_hears_of_the_end_of_anothers_connection),
		cmocka_unit_test(a_request_for_a_connection_that_is_gone_fails),
		cmocka_unit_test(a_response_outlives_anothers_connection),
		cmocka_unit_test(anothers_connection_is_kept_for_a_registration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
