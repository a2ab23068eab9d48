/* SPDX-License-Identifier: Apache-2.0
 * Look-ups on both twins: the simulated resolver, and c-ares asking a server that the
 * test plays itself over loopback. */
#include "support/support.h"

#include "io/sim.h"

enum { TYPE_A = 1 };

/* What came back, and how often. */
struct asked {
	unsigned count;
	enum bel_err err;
	unsigned records_count;
	uint32_t ttl_s;
	bel_addr first;
	char target[64];
	struct bel_resolver *must_close;
};

static void on_answer(void *user, enum bel_err err, const struct bel_dns_record *records,
		      unsigned count, uint32_t ttl_s)
{
	struct asked *asked = user;

	asked->count++;
	asked->err = err;
	asked->records_count = count;
	asked->ttl_s = ttl_s;
	if (count) {
		asked->first = records[0].addr;
		memset(asked->target, 0, sizeof asked->target);
		memcpy(asked->target, records[0].target.ptr ? records[0].target.ptr : "",
		       records[0].target.len);
	}
	if (asked->must_close) {
		struct bel_resolver *resolver = asked->must_close;
		asked->must_close = NULL;
		bel_resolver_close(resolver);
	}
}

/* ---- a name server of our own ---- */

struct world {
	struct bel_loop *loop;
	struct bel_udp *server;
	struct bel_resolver *resolver;
	unsigned questions;
	bool is_mute;
	uint8_t rcode;
	uint16_t type_asked;
	char name_asked[256];
};

static bel_str read_question(struct world *world, bel_str packet)
{
	struct bel_cursor cursor = bel_cursor_init(packet);
	struct bel_writer name = bel_writer_init(world->name_asked,
						 sizeof world->name_asked - 1);
	uint8_t len;
	bel_str label;

	assert_true(bel_cursor_skip(&cursor, 12));
	while (bel_cursor_be8(&len, &cursor) && len) {
		assert_true(bel_cursor_bytes(&label, &cursor, len));
		if (name.len)
			bel_write_char(&name, '.');
		bel_write_str(&name, label);
	}
	world->name_asked[name.len] = '\0';
	assert_true(bel_cursor_be16(&world->type_asked, &cursor));
	assert_true(bel_cursor_skip(&cursor, 2));
	return bel_str_slice(packet, 12, (size_t)(cursor.ptr - packet.ptr));
}

static void on_questions(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	struct world *world = user;

	for (unsigned i = 0; i < count; i++) {
		bel_str packet = { datagrams[i].buf, datagrams[i].len };
		bel_str question = read_question(world, packet);
		char buf[600];
		struct bel_writer writer = bel_writer_init(buf, sizeof buf);
		bool has_answer = world->type_asked == TYPE_A && !world->rcode;
		world->questions++;
		if (world->is_mute)
			continue;
		bel_write_str(&writer, bel_str_slice(packet, 0, 2));
		bel_write_be16(&writer, (uint16_t)(0x8180 | world->rcode));
		bel_write_be16(&writer, 1);
		bel_write_be16(&writer, has_answer);
		bel_write_be32(&writer, 0);
		bel_write_str(&writer, question);
		if (has_answer) {
			bel_write_be16(&writer, 0xc00c);
			bel_write_be32(&writer, TYPE_A << 16 | 1);
			bel_write_be32(&writer, 77);
			bel_write_be16(&writer, 4);
			bel_write_be32(&writer, 0xc0000209);
		}
		bel_udp_send(udp, &datagrams[i].peer, NULL, bel_writer_str(&writer));
	}
}

static struct world *set_up(void)
{
	struct world *world = calloc(1, sizeof *world);
	struct bel_udp_opts opts = { .local = bel_addr_v4(127, 0, 0, 1, 0),
				     .on_datagrams = on_questions,
				     .user = world };
	struct bel_resolver_opts resolver = { .timeout_ms = 100, .tries = 2 };

	assert_non_null(world);
	assert_int_equal(bel_loop_open(&world->loop), BEL_OK);
	assert_int_equal(bel_udp_open(&world->server, world->loop, &opts), BEL_OK);
	resolver.server = *bel_udp_local(world->server);
	assert_int_equal(bel_resolver_open(&world->resolver, world->loop, &resolver),
			 BEL_OK);
	return world;
}

static void tear_down(struct world *world)
{
	bel_resolver_close(world->resolver);
	bel_udp_close(world->server);
	bel_loop_close(world->loop);
	free(world);
}

static void ask(struct world *world, struct asked *asked, const char *name,
		enum bel_dns_type type)
{
	unsigned before = asked->count;

	assert_int_equal(bel_resolver_query(world->resolver, bel_str_from(name), type,
					    on_answer, asked),
			 BEL_OK);
	assert_int_equal(asked->count, before);
}

static void ask_and_wait(struct world *world, struct asked *asked, const char *name,
			 enum bel_dns_type type)
{
	unsigned before = asked->count;

	ask(world, asked, name, type);
	for (unsigned turn = 0; turn < 1000 && asked->count == before; turn++)
		assert_int_equal(bel_loop_turn(world->loop, 100), BEL_OK);
	assert_int_equal(asked->count, before + 1);
}

static void a_name_is_asked_for_and_answered(void **state)
{
	struct world *world = set_up();
	struct asked asked = { 0 };
	bel_addr expected = bel_addr_v4(192, 0, 2, 9, 0);
	(void)state;

	ask_and_wait(world, &asked, "phone.example.test.", BEL_DNS_A);
	assert_int_equal(asked.err, BEL_OK);
	assert_int_equal(asked.records_count, 1);
	assert_int_equal(asked.ttl_s, 77);
	assert_true(bel_addr_is_equal(&asked.first, &expected));
	assert_string_equal(world->name_asked, "phone.example.test");
	ask_and_wait(world, &asked, "_sip._udp.example.test", BEL_DNS_SRV);
	assert_int_equal(asked.err, BEL_OK);
	assert_int_equal(asked.records_count, 0);
	assert_int_equal(world->type_asked, 33);
	ask_and_wait(world, &asked, "example.test", BEL_DNS_NAPTR);
	assert_int_equal(world->type_asked, 35);
	ask_and_wait(world, &asked, "example.test", BEL_DNS_AAAA);
	assert_int_equal(world->type_asked, 28);
	tear_down(world);
}

static void what_the_server_says_is_told_apart(void **state)
{
	static const struct {
		uint8_t rcode;
		enum bel_err err;
	} rows[] = { { 3, BEL_ERR_NOT_FOUND }, { 2, BEL_ERR_DNS }, { 5, BEL_ERR_DNS } };
	(void)state;

	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++) {
		struct world *world = set_up();
		struct asked asked = { 0 };
		world->rcode = rows[i].rcode;
		ask_and_wait(world, &asked, "example.test", BEL_DNS_A);
		assert_int_equal(asked.err, rows[i].err);
		assert_int_equal(asked.records_count, 0);
		tear_down(world);
	}
}

static void a_mute_server_is_asked_again_and_times_out(void **state)
{
	struct world *world = set_up();
	struct asked asked = { 0 };
	(void)state;

	world->is_mute = true;
	ask_and_wait(world, &asked, "example.test", BEL_DNS_A);
	assert_int_equal(asked.err, BEL_ERR_TIMEOUT);
	assert_int_equal(world->questions, 2);
	tear_down(world);
}

static void localhost_needs_no_server(void **state)
{
	static const char *const names[] = { "localhost", "LOCALHOST.", "a.b.localhost" };
	struct world *world = set_up();
	struct asked asked = { 0 };
	bel_addr four = bel_addr_v4(127, 0, 0, 1, 0), six;
	(void)state;

	bel_addr_parse_host(&six, BEL_STR("::1"));
	for (size_t i = 0; i < BEL_COUNT_OF(names); i++) {
		ask_and_wait(world, &asked, names[i], BEL_DNS_A);
		assert_true(bel_addr_is_equal(&asked.first, &four));
		ask_and_wait(world, &asked, names[i], BEL_DNS_AAAA);
		assert_true(bel_addr_is_equal(&asked.first, &six));
	}
	assert_int_equal(world->questions, 0);
	/* Not everything that ends alike. */
	ask_and_wait(world, &asked, "notlocalhost", BEL_DNS_A);
	assert_int_equal(world->questions, 1);
	tear_down(world);
}

static void no_answer_comes_to_who_is_forgotten(void **state)
{
	struct world *world = set_up();
	struct asked forgotten = { 0 }, other = { 0 };
	(void)state;

	ask(world, &forgotten, "one.test", BEL_DNS_A);
	ask(world, &forgotten, "localhost", BEL_DNS_A);
	bel_resolver_forget(world->resolver, &forgotten);
	ask_and_wait(world, &other, "two.test", BEL_DNS_A);
	assert_int_equal(forgotten.count, 0);
	tear_down(world);
}

static void closing_ends_what_runs(void **state)
{
	struct world *world = set_up();
	struct asked asked = { 0 };
	(void)state;

	world->is_mute = true;
	ask(world, &asked, "one.test", BEL_DNS_A);
	ask(world, &asked, "localhost", BEL_DNS_A);
	bel_resolver_close(world->resolver);
	world->resolver = NULL;
	assert_int_equal(asked.count, 2);
	assert_int_equal(asked.err, BEL_ERR_CLOSED);
	tear_down(world);
}

static void an_answer_may_close_the_resolver(void **state)
{
	struct world *world = set_up();
	struct asked first = { .must_close = world->resolver }, second = { 0 };
	(void)state;

	ask(world, &second, "second.test", BEL_DNS_SRV);
	ask_and_wait(world, &first, "first.test", BEL_DNS_A);
	world->resolver = NULL;
	bel_loop_turn(world->loop, 0);
	assert_int_equal(first.count, 1);
	assert_int_equal(second.count, 1);
	tear_down(world);
}

static void what_is_no_host_name_is_refused(void **state)
{
	static const char *const wrong[] = { "", ".", "a b", "a/b", "a\\.b", ".a" };
	struct world *world = set_up();
	struct asked asked = { 0 };
	(void)state;

	for (size_t i = 0; i < BEL_COUNT_OF(wrong); i++)
		assert_int_equal(bel_resolver_query(world->resolver,
						    bel_str_from(wrong[i]), BEL_DNS_A,
						    on_answer, &asked),
				 BEL_ERR_SYNTAX);
	bel_loop_turn(world->loop, 0);
	assert_int_equal(asked.count, 0);
	tear_down(world);
}

/* ---- the simulated one ---- */

struct stage {
	struct bel_sim *sim;
	struct bel_sim_node *node;
	struct bel_loop *loop;
	struct bel_resolver *resolver;
};

static struct stage set_stage(void)
{
	bel_addr ip = bel_addr_v4(192, 0, 2, 1, 0);
	struct stage stage = { .sim = bel_sim_new(1, NULL) };

	stage.node = bel_sim_node_new(stage.sim, "node", &ip);
	assert_int_equal(bel_sim_loop(&stage.loop, stage.node), BEL_OK);
	assert_int_equal(bel_resolver_open(&stage.resolver, stage.loop, NULL), BEL_OK);
	return stage;
}

static void clear_stage(struct stage *stage)
{
	bel_resolver_close(stage->resolver);
	bel_loop_close(stage->loop);
	bel_sim_free(stage->sim);
}

static void sim_ask(struct stage *stage, struct asked *asked, const char *name,
		    enum bel_dns_type type)
{
	assert_int_equal(bel_resolver_query(stage->resolver, bel_str_from(name), type,
					    on_answer, asked),
			 BEL_OK);
}

static void the_simulated_server_knows_what_it_was_told(void **state)
{
	struct stage stage = set_stage();
	struct asked asked = { 0 };
	struct bel_dns_record srv = { .type = BEL_DNS_SRV,
				      .ttl_s = 30,
				      .port = 5060,
				      .target = BEL_STR("a.test") };
	(void)state;

	assert_int_equal(bel_sim_dns_put(stage.sim, "_sip._udp.Example.test.", &srv),
			 BEL_OK);
	srv.ttl_s = 20;
	bel_sim_dns_put(stage.sim, "_sip._udp.example.test", &srv);
	sim_ask(&stage, &asked, "_SIP._udp.example.TEST.", BEL_DNS_SRV);
	assert_int_equal(asked.count, 0);
	bel_sim_run(stage.sim, 100);
	assert_int_equal(asked.err, BEL_OK);
	assert_int_equal(asked.records_count, 2);
	assert_int_equal(asked.ttl_s, 20);
	assert_string_equal(asked.target, "a.test");
	sim_ask(&stage, &asked, "_sip._udp.example.test", BEL_DNS_A);
	bel_sim_run(stage.sim, 200);
	assert_int_equal(asked.err, BEL_OK);
	assert_int_equal(asked.records_count, 0);
	bel_sim_dns_remove(stage.sim, "_sip._UDP.example.test.");
	sim_ask(&stage, &asked, "_sip._udp.example.test", BEL_DNS_SRV);
	bel_sim_run(stage.sim, 300);
	assert_int_equal(asked.err, BEL_ERR_NOT_FOUND);
	clear_stage(&stage);
}

static void a_simulated_failure_comes_late_and_can_be_taken_back(void **state)
{
	struct stage stage = set_stage();
	struct asked asked = { 0 };
	(void)state;

	bel_sim_dns_fail(stage.sim, "slow.test", BEL_ERR_TIMEOUT, 5000);
	sim_ask(&stage, &asked, "slow.test", BEL_DNS_A);
	bel_sim_run(stage.sim, 4999);
	assert_int_equal(asked.count, 0);
	bel_sim_run(stage.sim, 5100);
	assert_int_equal(asked.err, BEL_ERR_TIMEOUT);
	bel_sim_dns_fail(stage.sim, "slow.test", BEL_OK, 0);
	sim_ask(&stage, &asked, "slow.test", BEL_DNS_A);
	bel_sim_run(stage.sim, 5200);
	assert_int_equal(asked.err, BEL_OK);
	clear_stage(&stage);
}

static void the_simulated_one_forgets_closes_and_dies_alike(void **state)
{
	struct stage stage = set_stage();
	struct asked forgotten = { 0 }, asked = { 0 };
	(void)state;

	sim_ask(&stage, &forgotten, "a.test", BEL_DNS_A);
	bel_resolver_forget(stage.resolver, &forgotten);
	sim_ask(&stage, &asked, "a.test", BEL_DNS_A);
	bel_sim_crash(stage.node);
	bel_sim_run(stage.sim, 1000);
	assert_int_equal(asked.count, 0);
	bel_resolver_close(stage.resolver);
	stage.resolver = NULL;
	assert_int_equal(asked.count, 1);
	assert_int_equal(asked.err, BEL_ERR_CLOSED);
	assert_int_equal(forgotten.count, 0);
	clear_stage(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_asked_for_and_answered),
		cmocka_unit_test(what_the_server_says_is_told_apart),
		cmocka_unit_test(a_mute_server_is_asked_again_and_times_out),
		cmocka_unit_test(localhost_needs_no_server),
		cmocka_unit_test(no_answer_comes_to_who_is_forgotten),
		cmocka_unit_test(closing_ends_what_runs),
		cmocka_unit_test(an_answer_may_close_the_resolver),
		cmocka_unit_test(what_is_no_host_name_is_refused),
		cmocka_unit_test(the_simulated_server_knows_what_it_was_told),
		cmocka_unit_test(a_simulated_failure_comes_late_and_can_be_taken_back),
		cmocka_unit_test(the_simulated_one_forgets_closes_and_dies_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
