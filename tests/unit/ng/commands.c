/* SPDX-License-Identifier: Apache-2.0
 * Commands of a proxy, over a simulated network: the proxy is on the same machine, as
 * 127.0.0.1, the relay at 20.0.0.1, phones at 20.0.0.2 and 20.0.0.3, somebody else at
 * 20.0.0.9. */
#include "support/support.h"

#include "io/sim.h"
#include "ng/bencode.h"
#include "ng/ng.h"

enum { NG_PORT = 22223, ANSWER_BYTES = 65536, PHONES = 2, EARS = PHONES + 2 };

/* A socket that keeps what it got last. */
struct ear {
	struct bel_loop *loop;
	struct bel_udp *udp;
	unsigned count;
	size_t len;
	char last[ANSWER_BYTES];
};

struct post {
	struct bel_sim *sim;
	struct bel_loop *loop;
	struct bel_ports *ports;
	struct bel_relay *relay;
	struct bel_ng *ng;
	struct ear proxy, stranger, phones[PHONES];
	unsigned cookies;
	struct bel_bencode answer; /* the last one, without its cookie */
};

static bel_addr at(uint8_t d, uint16_t port)
{
	return bel_addr_v4(20, 0, 0, d, port);
}

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	struct ear *ear = user;
	const struct bel_datagram *last = &datagrams[count - 1];

	(void)udp;
	ear->count += count;
	ear->len = last->len;
	memcpy(ear->last, last->buf, last->len);
}

static enum bel_err open_ear(struct ear *ear, struct bel_sim_node *node, bel_addr local)
{
	const struct bel_udp_opts opts = { .local = local,
					   .on_datagrams = on_datagrams,
					   .user = ear };
	enum bel_err err = bel_sim_loop(&ear->loop, node);

	return err ? err : bel_udp_open(&ear->udp, ear->loop, &opts);
}

static enum bel_err open_ears(struct post *post, struct bel_sim_node *server)
{
	static const uint8_t hosts[] = { 2, 3, 9 };
	struct ear *ears[] = { &post->phones[0], &post->phones[1], &post->stranger };
	enum bel_err err = open_ear(&post->proxy, server, bel_addr_v4(127, 0, 0, 1, 99));

	for (unsigned i = 0; i < BEL_COUNT_OF(ears) && !err; i++) {
		bel_addr addr = at(hosts[i], 0);
		struct bel_sim_node *node = bel_sim_node_new(post->sim, "host", &addr);
		err = node ? open_ear(ears[i], node, at(hosts[i], 4000)) : BEL_ERR_SPACE;
	}
	return err;
}

static enum bel_err open_engine(struct post *post, const struct bel_ng_opts *more)
{
	struct bel_relay_opts relay = { .loop = post->loop,
					.ports = post->ports,
					.port_min = 30000,
					.port_max = 30011,
					.silent_ms = 3000,
					.timeout_ms = 60000 };
	struct bel_ng_opts opts = { .loop = post->loop,
				    .local = at(1, NG_PORT),
				    .faces = { { at(1, 0), bel_addr_v4(8, 8, 8, 8, 0) } },
				    .faces_count = 1 };
	enum bel_err err = bel_relay_open(&post->relay, &relay);

	opts.relay = post->relay;
	if (more) {
		opts.allowed = more->allowed;
		opts.allowed_count = more->allowed_count;
	}
	return err ? err : bel_ng_open(&post->ng, &opts);
}

static void close_ear(struct ear *ear)
{
	if (ear->udp)
		bel_udp_close(ear->udp);
	if (ear->loop)
		bel_loop_close(ear->loop);
}

static void close_post(struct post *post)
{
	bel_ng_close(post->ng);
	bel_relay_close(post->relay);
	for (unsigned i = 0; i < PHONES; i++)
		close_ear(&post->phones[i]);
	close_ear(&post->stranger);
	close_ear(&post->proxy);
	if (post->loop)
		bel_loop_close(post->loop);
	if (post->sim)
		bel_sim_free(post->sim);
	if (post->ports)
		for (unsigned i = 0; i < BEL_COUNT_OF(post->ports->bits); i++)
			assert_int_equal(post->ports->bits[i], 0);
	free(post->ports);
	free(post);
}

/* NULL when there is no memory. */
static struct post *try_open(const struct bel_ng_opts *more)
{
	static const struct bel_sim_net net = { .delay_min_ms = 1, .delay_max_ms = 1 };
	struct post *post = calloc(1, sizeof *post);
	const bel_addr addr = at(1, 0), loopback = bel_addr_v4(127, 0, 0, 1, 0);
	struct bel_sim_node *server;
	enum bel_err err = BEL_ERR_SPACE;

	if (!post)
		return NULL;
	post->ports = calloc(1, sizeof *post->ports);
	post->sim = bel_sim_new(7, &net);
	server = post->sim ? bel_sim_node_new(post->sim, "server", &addr) : NULL;
	if (server && post->ports)
		err = bel_sim_node_add(server, &loopback);
	if (!err)
		err = bel_sim_loop(&post->loop, server);
	if (!err)
		err = open_ears(post, server);
	if (!err)
		err = open_engine(post, more);
	if (!err)
		return post;
	close_post(post);
	return NULL;
}

static struct post *open_post(void)
{
	struct post *post = try_open(NULL);

	assert_non_null(post);
	return post;
}

static void run_ms(struct post *post, unsigned ms)
{
	bel_sim_run(post->sim, bel_sim_now_ms(post->sim) + ms);
}

/* ---- commands ---- */

/* Whether an answer came; it is in post->answer. */
static bool ask_with(struct post *post, struct ear *from, const char *cookie,
		     bel_str body)
{
	static char buf[ANSWER_BYTES];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	const bel_addr to = at(1, NG_PORT);
	unsigned before = from->count;
	bel_str answer;

	bel_write_text(&writer, cookie);
	bel_write_char(&writer, ' ');
	bel_write_str(&writer, body);
	assert_int_equal(bel_writer_check(&writer), BEL_OK);
	if (bel_udp_send(from->udp, &to, NULL, bel_writer_str(&writer)))
		return false;
	run_ms(post, 10);
	if (from->count == before)
		return false;
	answer = (bel_str){ from->last, from->len };
	assert_true(bel_str_has_prefix(answer, bel_str_from(cookie)));
	assert_int_equal(answer.ptr[strlen(cookie)], ' ');
	answer = bel_str_slice(answer, strlen(cookie) + 1, answer.len);
	assert_int_equal(bel_bencode_parse(&post->answer, answer), BEL_OK);
	assert_int_equal(post->answer.kind, BEL_BENCODE_DICTIONARY);
	return true;
}

/* What a dictionary holds: each key and its value, both as strings, up to a NULL. */
static bool ask(struct post *post, const char *const pairs[])
{
	static char buf[ANSWER_BYTES];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	char cookie[16];

	bel_bencode_begin_dictionary(&writer);
	for (unsigned i = 0; pairs[i]; i++)
		bel_bencode_write_str(&writer, bel_str_from(pairs[i]));
	bel_bencode_end(&writer);
	snprintf(cookie, sizeof cookie, "7_%u", ++post->cookies);
	return ask_with(post, &post->proxy, cookie, bel_writer_str(&writer));
}
#define ASK(post, ...) ask((post), (const char *const[]){ __VA_ARGS__, NULL })

static bel_str said(const struct post *post, const char *key)
{
	return bel_bencode_find_str(&post->answer, bel_str_from(key));
}

/* An item by the keys that lead to it; what is a list is entered by its first item. */
static struct bel_bencode dig(const struct post *post, const char *const keys[])
{
	struct bel_bencode item = post->answer;

	for (unsigned i = 0; keys[i]; i++) {
		if (item.kind == BEL_BENCODE_LIST) {
			struct bel_cursor walk = bel_bencode_walk(&item);
			assert_true(bel_bencode_next(&item, &walk));
		}
		if (!bel_bencode_find(&item, &item, bel_str_from(keys[i])))
			fail_msg("no %s in the answer", keys[i]);
	}
	return item;
}
#define DIG(post, ...) dig((post), (const char *const[]){ __VA_ARGS__, NULL })

static const char alice[] = "v=0\r\n"
			    "o=alice 1 1 IN IP4 20.0.0.2\r\n"
			    "s=-\r\n"
			    "c=IN IP4 20.0.0.2\r\n"
			    "t=0 0\r\n"
			    "m=audio 4000 RTP/AVP 0\r\n"
			    "a=sendrecv\r\n";
static const char bob[] = "v=0\r\n"
			  "o=bob 1 1 IN IP4 20.0.0.3\r\n"
			  "s=-\r\n"
			  "c=IN IP4 20.0.0.3\r\n"
			  "t=0 0\r\n"
			  "m=audio 4000 RTP/AVP 0\r\n"
			  "a=sendrecv\r\n";

static bool offer(struct post *post)
{
	return ASK(post, "command", "offer", "call-id", "c1", "from-tag", "a", "sdp",
		   alice);
}

static bool answer(struct post *post)
{
	return ASK(post, "command", "answer", "call-id", "c1", "from-tag", "a", "to-tag",
		   "b", "sdp", bob);
}

/* The port of the first stream of what was answered. */
static uint16_t port_of(const struct post *post)
{
	struct bel_arena arena;
	struct bel_sdp sdp;
	struct bel_sdp_refusal why;
	uint16_t port;

	bel_arena_init(&arena, NULL, 0, 1 << 20);
	assert_int_equal(bel_sdp_parse(&sdp, said(post, "sdp"), &arena, &why), BEL_OK);
	assert_int_equal(sdp.media_count, 1);
	assert_str(sdp.connection, "IN IP4 8.8.8.8");
	port = sdp.media[0].port;
	bel_arena_fini(&arena);
	return port;
}

static void say(struct post *post, unsigned phone, uint16_t port, uint16_t sequence)
{
	char packet[12 + 160] = { (char)0x80, 0, (char)(sequence >> 8), (char)sequence };
	const bel_addr to = at(1, port);
	uint32_t timestamp = sequence * 160u;

	packet[6] = (char)(timestamp >> 8);
	packet[7] = (char)timestamp;
	packet[11] = (char)(phone + 1);
	assert_int_equal(bel_udp_send(post->phones[phone].udp, &to, NULL,
				      (bel_str){ packet, sizeof packet }),
			 BEL_OK);
}

/* ---- tests ---- */

static void a_call_is_carried_from_offer_to_delete(void **state)
{
	struct post *post = open_post();
	uint16_t ports[PHONES];

	(void)state;
	assert_true(offer(post));
	assert_str(said(post, "result"), "ok");
	ports[1] = port_of(post);
	assert_true(answer(post));
	assert_str(said(post, "result"), "ok");
	ports[0] = port_of(post);
	for (uint16_t i = 0; i < 50; i++) {
		say(post, 0, ports[0], i);
		say(post, 1, ports[1], i);
		run_ms(post, 20);
	}
	assert_int_equal(post->phones[0].count, 50);
	assert_int_equal(post->phones[1].count, 50);

	assert_true(ASK(post, "command", "query", "call-id", "c1"));
	assert_str(said(post, "result"), "ok");
	assert_int_equal(DIG(post, "totals", "RTP", "packets").number, 100);
	assert_int_equal(DIG(post, "totals", "RTP", "errors").number, 0);
	assert_int_equal(DIG(post, "totals", "RTCP", "packets").number, 0);
	assert_str(DIG(post, "tags", "a", "in dialogue with").bytes, "b");
	assert_int_equal(
		DIG(post, "tags", "a", "medias", "streams", "stats", "packets").number,
		50);
	assert_int_equal(DIG(post, "tags", "a", "medias", "streams", "local port").number,
			 ports[0]);
	assert_int_equal(DIG(post, "tags", "b", "medias", "streams", "local port").number,
			 ports[1]);
	assert_str(
		DIG(post, "tags", "b", "medias", "streams", "endpoint", "address").bytes,
		"20.0.0.3");
	assert_int_equal(DIG(post, "tags", "b", "medias", "streams", "SSRC").number, 2);
	assert_true(DIG(post, "SSRC", "2", "average MOS", "MOS").number > 40);

	assert_true(ASK(post, "command", "delete", "call-id", "c1", "from-tag", "a"));
	assert_str(said(post, "result"), "ok");
	assert_int_equal(DIG(post, "totals", "RTP", "packets").number, 100);
	assert_int_equal(bel_relay_counters(post->relay)->calls, 0);
	assert_true(ASK(post, "command", "query", "call-id", "c1"));
	assert_str(said(post, "result"), "error");
	assert_str(said(post, "error-reason"), "no such call");
	close_post(post);
}

static void a_repeated_command_is_not_carried_out_twice(void **state)
{
	static const char body[] = "d7:command6:delete7:call-id2:c1e";
	struct post *post = open_post();

	(void)state;
	assert_true(offer(post));
	assert_true(ask_with(post, &post->proxy, "c",
			     BEL_STR("d7:command6:delete"
				     "7:call-id2:c1e")));
	assert_str(said(post, "warning"), "");
	/* By now there is another call of that name, which stays. */
	assert_true(offer(post));
	assert_true(ask_with(post, &post->proxy, "c", bel_str_from(body)));
	assert_str(said(post, "warning"), "");
	assert_int_equal(bel_relay_counters(post->relay)->calls, 1);
	assert_int_equal(bel_ng_counters(post->ng)->repeated, 1);
	/* Another cookie is another command. */
	assert_true(ask_with(post, &post->proxy, "d", bel_str_from(body)));
	assert_int_equal(bel_relay_counters(post->relay)->calls, 0);
	/* And a cookie is forgotten after a minute. */
	run_ms(post, 61 * 1000);
	assert_true(ask_with(post, &post->proxy, "c", bel_str_from(body)));
	assert_str(said(post, "warning"), "no such call");
	assert_int_equal(bel_ng_counters(post->ng)->repeated, 1);
	close_post(post);
}

static void what_cannot_be_carried_out_is_refused_in_words(void **state)
{
	static const struct {
		const char *body, *words;
	} rows[] = {
		{ "", "not a dictionary in bencode" },
		{ "d", "not a dictionary in bencode" },
		{ "le", "not a dictionary in bencode" },
		{ "d7:command4:pingee", "not a dictionary in bencode" },
		{ "de", "no such command: " },
		{ "d7:commandi1ee", "no such command: " },
		{ "d7:command11:block mediae", "no such command: block media" },
		{ "d7:command5:offere", "offer without call-id" },
		{ "d7:call-id1:c7:command5:offere", "offer without from-tag" },
		{ "d7:call-id0:7:command5:offere", "offer without call-id" },
		{ "d7:call-id1:c7:command5:offer8:from-tag1:ae", "offer without sdp" },
		{ "d7:call-id1:c7:command6:answer8:from-tag1:a3:sdp1:ve",
		  "answer without to-tag" },
		{ "d7:command6:deletee", "delete without call-id" },
		{ "d7:command5:querye", "query without call-id" },
		{ "d7:call-id1:c7:command6:delete5:flagsl5:fatalee", "no such call" },
		{ "d7:call-id1:c7:command5:offer8:from-tag1:a3:sdp3:v=1e",
		  "sdp: line 1: the version is not 0" },
		{ "d7:call-id1:c7:command6:answer8:from-tag1:a6:to-tag1:b3:sdp1:ve",
		  "no such call" },
	};
	struct post *post = open_post();

	(void)state;
	for (unsigned i = 0; i < BEL_COUNT_OF(rows); i++) {
		char cookie[8];
		snprintf(cookie, sizeof cookie, "k%u", i);
		assert_true(
			ask_with(post, &post->proxy, cookie, bel_str_from(rows[i].body)));
		assert_str(said(post, "result"), "error");
		assert_str(said(post, "error-reason"), rows[i].words);
		assert_int_equal(bel_relay_counters(post->relay)->calls, 0);
	}
	assert_int_equal(bel_ng_counters(post->ng)->refused, BEL_COUNT_OF(rows));
	close_post(post);
}

static void what_has_no_cookie_is_dropped(void **state)
{
	struct post *post = open_post();
	const bel_addr to = at(1, NG_PORT);
	static char large[400];
	const bel_str rows[] = { BEL_STR("d7:command4:pinge"),
				 BEL_STR(" de"),
				 BEL_STR_NONE,
				 { large, sizeof large } };

	(void)state;
	memset(large, 'x', sizeof large);
	large[300] = ' ';
	for (unsigned i = 0; i < BEL_COUNT_OF(rows); i++)
		assert_int_equal(bel_udp_send(post->proxy.udp, &to, NULL, rows[i]),
				 BEL_OK);
	run_ms(post, 10);
	assert_int_equal(post->proxy.count, 0);
	assert_int_equal(bel_ng_counters(post->ng)->broken, BEL_COUNT_OF(rows));
	assert_true(ASK(post, "command", "ping"));
	assert_str(said(post, "result"), "pong");
	close_post(post);
}

static void only_this_machine_and_networks_that_are_allowed_may_ask(void **state)
{
	static const struct bel_ng_net allowed = {
		.addr = { .ip = { [10] = 0xff, [11] = 0xff, [12] = 20 }, .family = 4 },
		.prefix_bits = 24,
	};
	const struct bel_ng_opts more = { .allowed = &allowed, .allowed_count = 1 };
	struct post *post = open_post();

	(void)state;
	assert_false(ask_with(post, &post->stranger, "s", BEL_STR("d7:command4:pinge")));
	assert_int_equal(bel_ng_counters(post->ng)->foreign, 1);
	assert_int_equal(bel_ng_counters(post->ng)->commands, 0);
	close_post(post);
	post = try_open(&more);
	assert_non_null(post);
	assert_true(ask_with(post, &post->stranger, "s", BEL_STR("d7:command4:pinge")));
	assert_int_equal(bel_ng_counters(post->ng)->foreign, 0);
	close_post(post);
}

static void either_side_may_offer_again(void **state)
{
	struct post *post = open_post();
	uint16_t port;

	(void)state;
	assert_true(offer(post));
	port = port_of(post);
	assert_true(answer(post));
	/* The caller, with the same words or in the dialog: the same ports. */
	assert_true(offer(post));
	assert_int_equal(port_of(post), port);
	assert_true(answer(post));
	port = port_of(post);
	assert_true(ASK(post, "command", "offer", "call-id", "c1", "from-tag", "b",
			"to-tag", "a", "sdp", bob));
	assert_str(said(post, "result"), "ok");
	assert_int_equal(port_of(post), port);
	assert_true(ASK(post, "command", "answer", "call-id", "c1", "from-tag", "b",
			"to-tag", "a", "sdp", alice));
	assert_str(said(post, "result"), "ok");
	assert_int_equal(bel_relay_counters(post->relay)->calls_total, 1);
	close_post(post);
}

static void the_fork_that_answers_last_is_the_callee(void **state)
{
	struct post *post = open_post();
	struct bel_relay_names names;
	bel_relay_call call;

	(void)state;
	assert_true(offer(post));
	assert_true(answer(post));
	assert_true(ASK(post, "command", "answer", "call-id", "c1", "from-tag", "a",
			"to-tag", "b2", "sdp", bob));
	assert_str(said(post, "result"), "ok");
	call = bel_relay_find(post->relay, NULL, BEL_STR("c1"), BEL_STR("a"),
			      BEL_STR_NONE);
	assert_true(bel_relay_names(&names, post->relay, call));
	assert_str(names.callee_tag, "b2");
	/* The other one hangs up: that is not this call. */
	assert_true(ASK(post, "command", "delete", "call-id", "c1", "from-tag", "a",
			"to-tag", "b"));
	assert_str(said(post, "warning"), "no such call");
	assert_true(bel_relay_has(post->relay, call));
	assert_true(ASK(post, "command", "delete", "call-id", "c1", "from-tag", "b2",
			"to-tag", "a"));
	assert_false(bel_relay_has(post->relay, call));
	close_post(post);
}

static void the_other_side_is_asked_for_the_transport_that_was_named(void **state)
{
	struct post *post = open_post();

	(void)state;
	assert_true(ASK(post, "command", "offer", "call-id", "c1", "from-tag", "a", "sdp",
			alice, "transport-protocol", "RTP/SAVP"));
	assert_str(said(post, "result"), "ok");
	assert_non_null(
		memmem(said(post, "sdp").ptr, said(post, "sdp").len, "RTP/SAVP", 8));
	assert_non_null(
		memmem(said(post, "sdp").ptr, said(post, "sdp").len, "a=crypto:1", 10));
	/* There is no certificate here. */
	assert_true(ASK(post, "command", "offer", "call-id", "c2", "from-tag", "a", "sdp",
			alice, "transport-protocol", "UDP/TLS/RTP/SAVPF"));
	assert_str(said(post, "error-reason"), "nothing in the sdp can be carried");
	assert_int_equal(bel_relay_counters(post->relay)->calls, 1);
	close_post(post);
}

static void what_is_passed_over_is_said(void **state)
{
	struct post *post = open_post();

	(void)state;
	assert_true(ASK(post, "command", "offer", "call-id", "c1", "from-tag", "a", "sdp",
			alice, "ICE", "force"));
	assert_str(said(post, "result"), "ok");
	assert_str(said(post, "warning"), "passed over: ICE=force");
	close_post(post);
}

static void without_ports_kamailio_is_told_in_its_words(void **state)
{
	struct post *post = open_post();
	unsigned calls = 0;

	(void)state;
	for (; calls < 100; calls++) {
		char name[8];
		snprintf(name, sizeof name, "c%u", calls);
		assert_true(ASK(post, "command", "offer", "call-id", name, "from-tag",
				"a", "sdp", alice));
		if (!bel_str_is_equal(said(post, "result"), BEL_STR("ok")))
			break;
	}
	assert_int_equal(calls, 6);
	assert_str(said(post, "error-reason"), "Ran out of ports");
	assert_int_equal(bel_relay_counters(post->relay)->calls, 6);

	assert_true(ASK(post, "command", "list"));
	assert_str(said(post, "result"), "ok");
	assert_int_equal(DIG(post, "calls").bytes.len, 6 * 4);
	assert_true(ask_with(post, &post->proxy, "l",
			     BEL_STR("d7:command4:list5:limiti2ee")));
	assert_int_equal(DIG(post, "calls").bytes.len, 2 * 4);
	assert_true(ASK(post, "command", "statistics"));
	assert_int_equal(
		DIG(post, "statistics", "currentstatistics", "sessionstotal").number, 6);
	close_post(post);
}

static bool is_ok(const struct post *post, bool is_answered)
{
	return is_answered && bel_str_is_equal(said(post, "result"), BEL_STR("ok"));
}

static enum bel_err live(void *user)
{
	struct post *post = try_open(NULL);
	bool is_fine;

	(void)user;
	if (!post)
		return BEL_ERR_SPACE;
	is_fine = is_ok(post, offer(post)) && is_ok(post, answer(post)) &&
		  is_ok(post, ASK(post, "command", "query", "call-id", "c1")) &&
		  is_ok(post, ASK(post, "command", "delete", "call-id", "c1"));
	close_post(post);
	return is_fine ? BEL_OK : BEL_ERR_SPACE;
}

static void without_memory_it_refuses_and_stays_whole(void **state)
{
	(void)state;
	bel_test_each_allocation_fails(live, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_is_carried_from_offer_to_delete),
		cmocka_unit_test(a_repeated_command_is_not_carried_out_twice),
		cmocka_unit_test(what_cannot_be_carried_out_is_refused_in_words),
		cmocka_unit_test(what_has_no_cookie_is_dropped),
		cmocka_unit_test(only_this_machine_and_networks_that_are_allowed_may_ask),
		cmocka_unit_test(either_side_may_offer_again),
		cmocka_unit_test(the_fork_that_answers_last_is_the_callee),
		cmocka_unit_test(
			the_other_side_is_asked_for_the_transport_that_was_named),
		cmocka_unit_test(what_is_passed_over_is_said),
		cmocka_unit_test(without_ports_kamailio_is_told_in_its_words),
		cmocka_unit_test(without_memory_it_refuses_and_stays_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
