/* SPDX-License-Identifier: Apache-2.0
 * Two transports that speak TLS over loopback. Each has a loop of its own, which the test
 * turns. */
#include "support/cert.h"
#include "support/support.h"

#include "transport/transport.h"
#include "unit/transport/waiting.h"

enum { TURNS_MAX = 3000 };

static struct bel_test_cert authority, server_cert, other_cert, stranger;

struct side {
	struct bel_loop *loop;
	struct bel_transport *transport;
	struct bel_flow flow; /* of the last message */
	unsigned messages, broken, closed;
	size_t last_len;
	char last_method[16];
};

static void on_messages(void *user, struct bel_rx *rx, unsigned count)
{
	struct side *side = user;

	side->messages += count;
	side->flow = rx[count - 1].flow;
	side->last_len = rx[count - 1].bytes.len;
	memcpy(side->last_method, rx[count - 1].bytes.ptr, 7);
}

static void on_broken(void *user, const struct bel_flow *flow, bel_str bytes,
		      const struct bel_sip_refusal *why)
{
	(void)flow;
	(void)bytes;
	(void)why;
	((struct side *)user)->broken++;
}

static void on_closed(void *user, const struct bel_flow *flow)
{
	(void)flow;
	((struct side *)user)->closed++;
}

static const struct bel_transport_port port = { .on_messages = on_messages,
						.on_broken = on_broken,
						.on_closed = on_closed };

static struct bel_tls_context *
new_context(bool is_server, const struct bel_test_cert *cert, bool has_client_certs)
{
	struct bel_tls_context *context = NULL;
	struct bel_tls_opts opts = { .is_server = is_server,
				     .ca_pem = bel_test_cert_pem(&authority),
				     .has_client_certs = has_client_certs };

	if (cert) {
		opts.cert_pem = bel_test_cert_pem(cert);
		opts.key_pem = bel_test_key_pem(cert);
	}
	assert_int_equal(bel_tls_context_new(&context, &opts, NULL), BEL_OK);
	return context;
}

static void open_side(struct side *side, const struct bel_test_cert *cert,
		      const struct bel_test_cert *client_cert, bool has_client_certs,
		      const struct bel_transport_limits *limits)
{
	const struct bel_transport_listener listeners[] = {
		{ BEL_SIP_TLS, bel_addr_v4(127, 0, 0, 1, 0) },
		{ BEL_SIP_TCP, bel_addr_v4(127, 0, 0, 1, 0) },
	};
	struct bel_tls_context *server = new_context(true, cert, has_client_certs);
	struct bel_tls_context *client = new_context(false, client_cert, false);
	struct bel_transport_opts opts = { .workers = 1,
					   .listeners = listeners,
					   .listeners_count = 2,
					   .tls_server = server,
					   .tls_client = client,
					   .port = &port,
					   .user = side };

	*side = (struct side){ .messages = 0 };
	if (limits)
		opts.limits = *limits;
	assert_int_equal(bel_loop_open(&side->loop), BEL_OK);
	opts.loop = side->loop;
	assert_int_equal(bel_transport_open(&side->transport, NULL, &opts), BEL_OK);
	bel_tls_context_unref(server);
	bel_tls_context_unref(client);
}

static void close_side(struct side *side)
{
	bel_transport_close(side->transport);
	bel_loop_close(side->loop);
}

static struct bel_hop hop_to(const struct side *side, const char *name)
{
	return (struct bel_hop){
		.transport = BEL_SIP_TLS,
		.addr = bel_transport_listener_at(side->transport, 0).local,
		.name = bel_str_from(name)
	};
}

/* Turns both until the figure is reached. */
static void turn_until(struct side *a, struct side *b, const unsigned *figure,
		       unsigned wanted)
{
	for (int i = 0; i < TURNS_MAX && *figure < wanted; i++) {
		bel_loop_turn(a->loop, 1);
		bel_loop_turn(b->loop, 1);
	}
	assert_int_equal(*figure, wanted);
}

static const char request[] = "OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n";

static struct bel_flow call(struct side *from, const struct side *to, const char *name)
{
	struct bel_hop hop = hop_to(to, name);
	struct bel_flow flow;

	assert_int_equal(bel_flow_open(&flow, from->transport, &hop), BEL_OK);
	assert_int_equal(bel_flow_send(from->transport, &flow, bel_str_from(request)),
			 BEL_OK);
	return flow;
}

static void messages_pass_both_ways(void **state)
{
	struct side alice, bob;
	struct bel_flow flow, again;
	struct bel_hop hop;

	(void)state;
	open_side(&alice, &other_cert, NULL, false, NULL);
	open_side(&bob, &server_cert, NULL, false, NULL);
	flow = call(&alice, &bob, "example.com");
	turn_until(&alice, &bob, &bob.messages, 1);
	assert_int_equal(bob.flow.transport, BEL_SIP_TLS);
	assert_int_equal(bel_flow_send(bob.transport, &bob.flow, bel_str_from(request)),
			 BEL_OK);
	turn_until(&alice, &bob, &alice.messages, 1);
	assert_true(bel_flow_is_same(&alice.flow, &flow));
	/* the same name finds the same connection */
	hop = hop_to(&bob, "EXAMPLE.COM");
	assert_int_equal(bel_flow_open(&again, alice.transport, &hop), BEL_OK);
	assert_true(bel_flow_is_same(&again, &flow));
	/* so does a name that the certificate also has, and no name at all */
	hop = hop_to(&bob, "sip.example.com");
	assert_int_equal(bel_flow_open(&again, alice.transport, &hop), BEL_OK);
	assert_true(bel_flow_is_same(&again, &flow));
	hop = hop_to(&bob, "");
	assert_int_equal(bel_flow_open(&again, alice.transport, &hop), BEL_OK);
	assert_true(bel_flow_is_same(&again, &flow));
	assert_int_equal(bel_transport_counters(bob.transport)->tls_handshakes, 1);
	close_side(&alice);
	close_side(&bob);
}

/* RFC 5922 section 5: what was proved for one name is not proved for another. */
static void another_name_gets_no_connection_that_proved_less(void **state)
{
	struct side alice, bob;
	struct bel_flow flow, other;
	struct waiting waiting;

	(void)state;
	open_side(&alice, &other_cert, NULL, false, NULL);
	open_side(&bob, &server_cert, NULL, false, NULL);
	flow = call(&alice, &bob, "example.com");
	turn_until(&alice, &bob, &bob.messages, 1);
	other = call(&alice, &bob, "example.net");
	assert_false(bel_flow_is_same(&flow, &other));
	wait_on(alice.transport, &other, &waiting);
	turn_until(&alice, &bob, &waiting.told, 1);
	assert_int_equal(waiting.err, BEL_ERR_MISMATCH);
	assert_int_equal(bel_transport_counters(alice.transport)->tls_failures, 1);
	/* not a byte of the request left for the wrong one */
	for (int i = 0; i < 20; i++)
		bel_loop_turn(bob.loop, 1);
	assert_int_equal(bob.messages, 1);
	assert_true(bel_flow_is_open(alice.transport, &flow));
	close_side(&alice);
	close_side(&bob);
}

static void who_is_not_trusted_gets_nothing(void **state)
{
	struct side alice, bob;
	struct waiting waiting;
	struct bel_flow flow;

	(void)state;
	open_side(&alice, &other_cert, NULL, false, NULL);
	open_side(&bob, &stranger, NULL, false, NULL);
	flow = call(&alice, &bob, "example.com");
	wait_on(alice.transport, &flow, &waiting);
	turn_until(&alice, &bob, &waiting.told, 1);
	assert_int_equal(waiting.err, BEL_ERR_TLS);
	assert_int_equal(bob.messages, 0);
	close_side(&alice);
	close_side(&bob);
}

static void a_client_without_its_certificate_is_refused(void **state)
{
	struct side alice, bob;
	struct waiting waiting;
	struct bel_flow flow;

	(void)state;
	open_side(&alice, &other_cert, NULL, false, NULL);
	open_side(&bob, &server_cert, NULL, true, NULL);
	flow = call(&alice, &bob, "example.com");
	wait_on(alice.transport, &flow, &waiting);
	turn_until(&alice, &bob, &waiting.told, 1);
	assert_int_equal(bob.messages, 0);
	close_side(&alice);
	open_side(&alice, &other_cert, &other_cert, false, NULL);
	call(&alice, &bob, "example.com");
	turn_until(&alice, &bob, &bob.messages, 1);
	close_side(&alice);
	close_side(&bob);
}

static void a_new_certificate_drops_nobody(void **state)
{
	struct side alice, bob;
	struct bel_tls_context *server = new_context(true, &other_cert, false);
	struct bel_flow flow;

	(void)state;
	open_side(&alice, &other_cert, NULL, false, NULL);
	open_side(&bob, &server_cert, NULL, false, NULL);
	flow = call(&alice, &bob, "example.com");
	turn_until(&alice, &bob, &bob.messages, 1);
	bel_transport_set_tls(bob.transport, server, NULL);
	bel_tls_context_unref(server);
	/* the old connection goes on, a new one meets the new name */
	assert_int_equal(bel_flow_send(alice.transport, &flow, bel_str_from(request)),
			 BEL_OK);
	turn_until(&alice, &bob, &bob.messages, 2);
	call(&alice, &bob, "example.net");
	turn_until(&alice, &bob, &bob.messages, 3);
	assert_int_equal(bob.closed, 0);
	close_side(&alice);
	close_side(&bob);
}

static size_t write_large(char *text, size_t size, size_t body)
{
	struct bel_writer writer = bel_writer_init(text, size);

	bel_write_format(&writer, "MESSAGE sip:a SIP/2.0\r\nContent-Length: %zu\r\n\r\n",
			 body);
	for (size_t i = 0; i < body; i++)
		bel_write_char(&writer, (char)('a' + i % 26));
	assert_false(writer.is_full);
	return writer.len;
}

static void the_largest_message_comes_whole(void **state)
{
	struct side alice, bob;
	size_t size = 65535;
	char *text = malloc(size);
	struct bel_flow flow;

	(void)state;
	open_side(&alice, &other_cert, NULL, false, NULL);
	open_side(&bob, &server_cert, NULL, false, NULL);
	flow = call(&alice, &bob, "example.com");
	size_t len = write_large(text, size, 65480);
	for (int i = 0; i < 3; i++)
		assert_int_equal(
			bel_flow_send(alice.transport, &flow, (bel_str){ text, len }),
			BEL_OK);
	turn_until(&alice, &bob, &bob.messages, 4);
	assert_int_equal(bob.last_len, len);
	free(text);
	close_side(&alice);
	close_side(&bob);
}

/* A peer that does not read fills its queue; what was refused is refused whole. */
static void a_full_queue_breaks_no_record(void **state)
{
	struct side alice, bob;
	size_t size = 60000;
	char *text = malloc(size + 100);
	unsigned sent = 1, tries = 0;
	struct bel_flow flow;
	enum bel_err err = BEL_OK;

	(void)state;
	open_side(&alice, &other_cert, NULL, false, NULL);
	open_side(&bob, &server_cert, NULL, false, NULL);
	flow = call(&alice, &bob, "example.com");
	turn_until(&alice, &bob, &bob.messages, 1);
	size_t len = write_large(text, size + 100, size);
	while (!err && tries++ < 1000) {
		err = bel_flow_send(alice.transport, &flow, (bel_str){ text, len });
		sent += !err;
		bel_loop_turn(alice.loop, 0);
	}
	assert_int_equal(err, BEL_ERR_BUSY);
	turn_until(&alice, &bob, &bob.messages, sent);
	assert_int_equal(bel_flow_send(alice.transport, &flow, bel_str_from(request)),
			 BEL_OK);
	turn_until(&alice, &bob, &bob.messages, sent + 1);
	assert_memory_equal(bob.last_method, "OPTIONS", 7);
	assert_int_equal(bob.broken, 0);
	free(text);
	close_side(&alice);
	close_side(&bob);
}

static void who_does_not_shake_hands_is_dropped(void **state)
{
	const struct bel_transport_limits limits = { .handshake_ms = 30 };
	struct side alice, bob;
	struct bel_hop hop;
	struct bel_flow flow;

	(void)state;
	open_side(&alice, &other_cert, NULL, false, NULL);
	open_side(&bob, &server_cert, NULL, false, &limits);
	/* plain bytes to the TLS port end it at once */
	hop = hop_to(&bob, "");
	hop.transport = BEL_SIP_TCP;
	assert_int_equal(bel_flow_open(&flow, alice.transport, &hop), BEL_OK);
	assert_int_equal(bel_flow_send(alice.transport, &flow, bel_str_from(request)),
			 BEL_OK);
	turn_until(&alice, &bob, &bob.closed, 1);
	assert_int_equal(bob.messages, 0);
	turn_until(&alice, &bob, &alice.closed, 1);
	/* silence a little later */
	assert_int_equal(bel_flow_open(&flow, alice.transport, &hop), BEL_OK);
	turn_until(&alice, &bob, &bob.closed, 2);
	assert_int_equal(bel_transport_counters(bob.transport)->connections, 0);
	assert_int_equal(bel_transport_counters(bob.transport)->tls_failures, 2);
	close_side(&alice);
	close_side(&bob);
}

static int make_certs(void **state)
{
	(void)state;
	bel_test_cert_make(&authority,
			   &(struct bel_test_cert_opts){ .common_name = "authority",
							 .is_authority = true });
	bel_test_cert_make(&server_cert,
			   &(struct bel_test_cert_opts){ .names = "DNS:example.com,"
								  "DNS:sip.example.com",
							 .issuer = &authority });
	bel_test_cert_make(&other_cert,
			   &(struct bel_test_cert_opts){ .names = "DNS:example.net",
							 .issuer = &authority });
	bel_test_cert_make(&stranger,
			   &(struct bel_test_cert_opts){ .names = "DNS:example.com" });
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_pass_both_ways),
		cmocka_unit_test(another_name_gets_no_connection_that_proved_less),
		cmocka_unit_test(who_is_not_trusted_gets_nothing),
		cmocka_unit_test(a_client_without_its_certificate_is_refused),
		cmocka_unit_test(a_new_certificate_drops_nobody),
		cmocka_unit_test(the_largest_message_comes_whole),
		cmocka_unit_test(a_full_queue_breaks_no_record),
		cmocka_unit_test(who_does_not_shake_hands_is_dropped),
	};

	return cmocka_run_group_tests(tests, make_certs, NULL);
}
