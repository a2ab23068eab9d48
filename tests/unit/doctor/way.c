/* SPDX-License-Identifier: Apache-2.0
 * Routers that write into SIP, and ways that are too narrow for it. */
#include "unit/doctor/visit.h"

#include "sip/sip.h"

enum { BYTES_MAX = 4096, ARENA_BYTES = 64 << 10 };

/* A server, and what is between: every text of the request that is `was` comes back as
 * `becomes`. */
struct server {
	struct bel_loop *loop;
	struct bel_udp *udp;
	const char *was, *becomes;
	size_t bytes_max; /* longer ones do not get here; 0: all do */
	unsigned asked, drops;
};

/* All of it: once more from behind each. */
static bel_str rewrite(char out[BYTES_MAX], const struct server *server, bel_str text)
{
	struct bel_writer writer = bel_writer_init(out, BYTES_MAX);
	const bel_str was = bel_str_from(server->was);

	for (size_t i = 0; i < text.len;) {
		bel_str rest = bel_str_slice(text, i, text.len);
		bool is_it = was.len && bel_str_has_prefix(rest, was);
		bel_write_str(&writer, is_it ? bel_str_from(server->becomes)
					     : bel_str_slice(rest, 0, 1));
		i += is_it ? was.len : 1;
	}
	return bel_writer_str(&writer);
}

static void answer(struct server *server, const struct bel_datagram *datagram)
{
	char changed[BYTES_MAX], first[ARENA_BYTES], buf[BYTES_MAX];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	struct bel_arena arena;
	struct bel_sip_msg msg;
	struct bel_sip_refusal why;

	server->asked++;
	if ((server->bytes_max && datagram->len > server->bytes_max) ||
	    (server->drops && server->drops--))
		return;
	bel_arena_init(&arena, first, sizeof first, ARENA_BYTES);
	assert_int_equal(bel_sip_parse(&msg, &arena,
				       rewrite(changed, server,
					       (bel_str){ datagram->buf, datagram->len }),
				       &why),
			 BEL_OK);
	assert_int_equal(bel_sip_validate(&msg, &why), BEL_OK);
	assert_int_equal(
		bel_sip_respond(&writer, &msg,
				&(struct bel_sip_reply){ .status = 200,
							 .to_tag = BEL_STR("server") }),
		BEL_OK);
	bel_udp_send(server->udp, &datagram->peer, NULL, bel_writer_str(&writer));
	bel_arena_fini(&arena);
}

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	(void)udp;
	for (unsigned i = 0; i < count; i++)
		answer(user, &datagrams[i]);
}

static struct visit *visit_server(struct server *server)
{
	const bel_addr ip = bel_addr_v4(192, 0, 2, 1, 0);
	struct visit *visit = visit_new(bel_addr_v4(10, 0, 0, 2, 0));
	struct bel_sim_node *node = bel_sim_node_new(visit->sim, "server", &ip);
	struct bel_udp_opts opts = { .local = bel_addr_v4(192, 0, 2, 1, 5060),
				     .on_datagrams = on_datagrams,
				     .user = server };

	assert_int_equal(bel_sim_loop(&server->loop, node), BEL_OK);
	assert_int_equal(bel_udp_open(&server->udp, server->loop, &opts), BEL_OK);
	visit->opts.sip = BEL_STR("192.0.2.1");
	return visit;
}

static void leave(struct visit *visit, struct server *server)
{
	bel_udp_close(server->udp);
	bel_loop_close(server->loop);
	visit_free(visit);
}

static void what_comes_back_unchanged_is_right(void **state)
{
	struct server server = { .drops = 1 };
	struct visit *visit = visit_server(&server);

	(void)state;
	visit_make(visit);
	assert_found(visit, "ok sip-alg: SIP by UDP comes back as it was sent");
	assert_found(visit, "ok mtu: 3000 bytes by UDP arrive, in pieces");
	assert_int_equal(server.asked, 4);
	leave(visit, &server);
}

static void each_change_is_told(void **state)
{
	static const struct {
		const char *was, *becomes, *told;
	} rows[] = {
		{ "UDP 10.0.0.2", "UDP 198.51.100.1",
		  "the address in Via was 10.0.0.2:" },
		{ "<sip:dOctor@192.0.2.1>;tag", "<sip:doctor@192.0.2.1>;tag",
		  "the URI of From was sip:dOctor@192.0.2.1 and came back as "
		  "sip:doctor@" },
		{ "@10.0.0.2\r\nCSeq", "@198.51.100.1\r\nCSeq", "Call-ID was " },
		{ ";branch=z9hG4bK", ";branch=z9hG4bKrouter",
		  "the branch of Via was z9hG4bK" },
		/* All addresses, as the simple ones do. */
		{ "10.0.0.2", "198.51.100.1", "the address in Via was 10.0.0.2:" },
	};

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct server server = { .was = rows[i].was, .becomes = rows[i].becomes };
		struct visit *visit = visit_server(&server);
		char told[256];
		snprintf(told, sizeof told,
			 "bad sip-alg: somebody between changes SIP: %s", rows[i].told);
		visit_make(visit);
		assert_found(visit, told);
		assert_false(visit_found(visit, "ok sip-alg"));
		leave(visit, &server);
	}
}

static void lengths_that_do_not_arrive_are_told(void **state)
{
	struct server narrow = { .bytes_max = 1200 }, whole = { .bytes_max = 1472 };
	struct visit *visit = visit_server(&narrow);

	(void)state;
	visit_make(visit);
	assert_found(visit,
		     "warn mtu: 1440 bytes by UDP do not arrive -> let phones use");
	leave(visit, &narrow);
	visit = visit_server(&whole);
	visit_make(visit);
	assert_found(visit, "warn mtu: 1440 bytes by UDP arrive, but fragments do not");
	leave(visit, &whole);
}

static void silence_is_told(void **state)
{
	struct server server = { .bytes_max = 1 };
	struct visit *visit = visit_server(&server);

	(void)state;
	visit_make(visit);
	assert_found(visit, "bad sip: no answer from 192.0.2.1:5060 to OPTIONS by UDP");
	assert_int_equal(server.asked, 3);
	leave(visit, &server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_back_unchanged_is_right),
		cmocka_unit_test(each_change_is_told),
		cmocka_unit_test(lengths_that_do_not_arrive_are_told),
		cmocka_unit_test(silence_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
