/* SPDX-License-Identifier: Apache-2.0
 * The doctor tells each kind of NAT from the others: with a server that has a second
 * address (RFC 5780), with two plain ones, and with one. */
#include "unit/doctor/visit.h"

#include "stun/stun.h"

enum { PORT = 3478, OTHER_PORT = 3479, ANSWER_BYTES = 128, CHANGE_REQUEST = 3 };

/* A server of RFC 5780: two addresses with two ports each, or a plain one with one. */
struct server {
	struct bel_loop *loop;
	struct bel_udp *udp[2][2];
	bool is_plain;
	unsigned drops; /* first requests that get no answer */
};

static struct bel_udp **slot_of(struct server *server, const struct bel_udp *udp)
{
	for (unsigned i = 0; i < 4; i++)
		if (server->udp[i / 2][i % 2] == udp)
			return &server->udp[i / 2][i % 2];
	fail();
	return NULL;
}

static void answer(struct server *server, const struct bel_udp *udp,
		   const struct bel_datagram *datagram)
{
	const bel_str request = { datagram->buf, datagram->len };
	unsigned at = (unsigned)(slot_of(server, udp) - &server->udp[0][0]), change = 0;
	char buf[ANSWER_BYTES];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	struct bel_stun_msg msg;

	assert_int_equal(bel_stun_parse(&msg, request), BEL_OK);
	if (server->drops && server->drops--)
		return;
	/* Known to such servers alone: as bytes. 4: another host, 2: another port. */
	if (request.len == BEL_STUN_HEADER_BYTES + 8 && request.ptr[21] == CHANGE_REQUEST)
		change = (unsigned char)request.ptr[27];
	if (server->is_plain && change)
		return;
	bel_stun_write_header(&writer, BEL_STUN_SUCCESS, BEL_STUN_BINDING,
			      msg.transaction);
	bel_stun_write_addr(&writer, BEL_STUN_XOR_MAPPED_ADDRESS, &datagram->peer);
	if (!server->is_plain)
		bel_stun_write_addr(&writer, BEL_STUN_OTHER_ADDRESS,
				    bel_udp_local((&server->udp[0][0])[at ^ 3]));
	bel_udp_send((&server->udp[0][0])[at ^ change >> 1], &datagram->peer, NULL,
		     bel_writer_str(&writer));
}

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		answer(user, udp, &datagrams[i]);
}

/* At 192.0.2.D, and 192.0.2.(D + 1) when it is not plain. */
static void open_server(struct server *server, struct bel_sim *sim, uint8_t d,
			bool is_plain)
{
	bel_addr ip = bel_addr_v4(192, 0, 2, d, 0);
	struct bel_sim_node *node = bel_sim_node_new(sim, "server", &ip);

	*server = (struct server){ .is_plain = is_plain };
	ip = bel_addr_v4(192, 0, 2, (uint8_t)(d + 1), 0);
	if (!is_plain)
		assert_int_equal(bel_sim_node_add(node, &ip), BEL_OK);
	assert_int_equal(bel_sim_loop(&server->loop, node), BEL_OK);
	for (unsigned host = 0; host < (is_plain ? 1 : 2); host++)
		for (unsigned port = 0; port < (is_plain ? 1 : 2); port++) {
			struct bel_udp_opts opts = {
				.local = bel_addr_v4(192, 0, 2, (uint8_t)(d + host),
						     port ? OTHER_PORT : PORT),
				.on_datagrams = on_datagrams,
				.user = server
			};
			assert_int_equal(bel_udp_open(&server->udp[host][port],
						      server->loop, &opts),
					 BEL_OK);
		}
}

static void close_server(struct server *server)
{
	for (unsigned i = 0; i < 4; i++)
		if (server->udp[i / 2][i % 2])
			bel_udp_close(server->udp[i / 2][i % 2]);
	bel_loop_close(server->loop);
}

static struct visit *behind(enum bel_sim_nat_kind kind)
{
	const bel_addr outer = bel_addr_v4(198, 51, 100, 1, 0);
	struct visit *visit = visit_new(kind ? bel_addr_v4(10, 0, 0, 2, 0)
					     : bel_addr_v4(192, 0, 2, 77, 0));

	if (kind)
		assert_int_equal(bel_sim_node_nat(visit->machine, kind, &outer, 30),
				 BEL_OK);
	return visit;
}

static void each_kind_is_told_by_a_server_with_two_addresses(void **state)
{
	static const char *const told[] = {
		[BEL_NAT_NONE] = "ok nat: no NAT: 192.0.2.77 is what the world sees",
		[BEL_NAT_FULL_CONE] = "ok nat: behind a NAT, seen as 198.51.100.1; the "
				      "same port for all destinations; everybody is",
		[BEL_NAT_RESTRICTED] = "ok nat: behind a NAT, seen as 198.51.100.1; the "
				       "same port for all destinations; hosts that were",
		[BEL_NAT_PORT_RESTRICTED] = "ok nat: behind a NAT, seen as 198.51.100.1; "
					    "the same port for all destinations; only",
		[BEL_NAT_SYMMETRIC] = "warn nat: behind a symmetric NAT, seen as "
				      "198.51.100.1: another port for each destination; "
				      "only addresses with port",
	};

	(void)state;
	for (unsigned kind = 0; kind < BEL_COUNT_OF(told); kind++) {
		struct visit *visit = behind((enum bel_sim_nat_kind)kind);
		struct server server;
		open_server(&server, visit->sim, 1, false);
		visit->opts.stuns[visit->opts.stuns_count++] = BEL_STR("192.0.2.1");
		visit_make(visit);
		assert_found(visit, told[kind]);
		close_server(&server);
		visit_free(visit);
	}
}

static void two_plain_servers_tell_the_mapping(void **state)
{
	static const char *const told[] = {
		[BEL_NAT_NONE] = "ok nat: no NAT: 192.0.2.77",
		[BEL_NAT_FULL_CONE] = "ok nat: behind a NAT, seen as 198.51.100.1; the "
				      "same port for all destinations",
		[BEL_NAT_RESTRICTED] = "ok nat: behind a NAT, seen as 198.51.100.1; the "
				       "same port for all destinations",
		[BEL_NAT_PORT_RESTRICTED] = "ok nat: behind a NAT, seen as 198.51.100.1; "
					    "the same port for all destinations",
		[BEL_NAT_SYMMETRIC] = "warn nat: behind a symmetric NAT, seen as "
				      "198.51.100.1: another port for each destination",
	};

	(void)state;
	for (unsigned kind = 0; kind < BEL_COUNT_OF(told); kind++) {
		struct visit *visit = behind((enum bel_sim_nat_kind)kind);
		const struct bel_dns_record record = { .type = BEL_DNS_A,
						       .ttl_s = 60,
						       .addr = bel_addr_v4(192, 0, 2, 9,
									   0) };
		struct server one, two;
		open_server(&one, visit->sim, 1, true);
		open_server(&two, visit->sim, 9, true);
		/* By name, and not at the first try. */
		bel_sim_dns_put(visit->sim, "stun.example.net", &record);
		two.drops = 2;
		visit->opts.stuns[visit->opts.stuns_count++] = BEL_STR("192.0.2.1:3478");
		visit->opts.stuns[visit->opts.stuns_count++] = BEL_STR(
			"stun.example.net");
		visit_make(visit);
		assert_found(visit, told[kind]);
		close_server(&one);
		close_server(&two);
		visit_free(visit);
	}
}

static void one_plain_server_tells_that_there_is_a_nat(void **state)
{
	struct visit *visit = behind(BEL_NAT_SYMMETRIC);
	struct server server;

	(void)state;
	open_server(&server, visit->sim, 1, true);
	visit->opts.stuns[visit->opts.stuns_count++] = BEL_STR("192.0.2.1");
	visit_make(visit);
	assert_found(visit,
		     "skip nat: behind a NAT, seen as 198.51.100.1; of which kind");
	close_server(&server);
	visit_free(visit);
}

static void silence_is_told(void **state)
{
	struct visit *visit = behind(BEL_NAT_NONE);

	(void)state;
	visit->opts.stuns[visit->opts.stuns_count++] = BEL_STR("192.0.2.1");
	visit_make(visit);
	assert_found(visit, "bad nat: no STUN server has answered -> a firewall");
	assert_true(visit->took_ms < 3000);
	visit_free(visit);
}

static void names_that_are_none_are_told(void **state)
{
	struct visit *visit = behind(BEL_NAT_NONE);

	(void)state;
	visit->opts.stuns[visit->opts.stuns_count++] = BEL_STR("nowhere.example.net");
	visit->opts.stuns[visit->opts.stuns_count++] = BEL_STR("192.0.2.1:0x");
	visit->opts.stuns[visit->opts.stuns_count++] = BEL_STR("a b");
	visit_make(visit);
	assert_found(visit, "bad nat: STUN server nowhere.example.net: not found");
	assert_found(visit, "bad nat: STUN server 192.0.2.1:0x: ");
	assert_found(visit, "bad nat: STUN server a b: ");
	visit_free(visit);
}

static void without_a_server_it_is_left_out(void **state)
{
	struct visit *visit = behind(BEL_NAT_NONE);

	(void)state;
	visit_make(visit);
	assert_found(visit, "skip nat: what the world sees");
	assert_found(visit, "skip sip-alg: ");
	assert_int_equal(visit->count, 2);
	visit_free(visit);
}

/* At any moment. */
static void a_visit_may_be_cut_short(void **state)
{
	(void)state;
	for (unsigned ms = 0; ms < 1500; ms += 70) {
		struct visit *visit = behind(BEL_NAT_SYMMETRIC);
		struct server server;
		open_server(&server, visit->sim, 1, false);
		visit->opts.stuns[visit->opts.stuns_count++] = BEL_STR("192.0.2.1");
		visit->opts.sip = BEL_STR("192.0.2.1");
		visit->opts.domains[visit->opts.domains_count++] = BEL_STR("example.net");
		visit_begin(visit);
		bel_sim_run(visit->sim, ms);
		bel_doctor_close(visit->doctor);
		visit->doctor = NULL;
		bel_sim_run(visit->sim, 20000);
		close_server(&server);
		visit_free(visit);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_told_by_a_server_with_two_addresses),
		cmocka_unit_test(two_plain_servers_tell_the_mapping),
		cmocka_unit_test(one_plain_server_tells_that_there_is_a_nat),
		cmocka_unit_test(silence_is_told),
		cmocka_unit_test(names_that_are_none_are_told),
		cmocka_unit_test(without_a_server_it_is_left_out),
		cmocka_unit_test(a_visit_may_be_cut_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
