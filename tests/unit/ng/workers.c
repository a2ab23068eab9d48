/* SPDX-License-Identifier: Apache-2.0
 * Three workers serve one address: commands come to any of them, and are carried out by
 * the one whose calls they are about. The server is at 20.0.0.1, a proxy with several
 * sockets at 127.0.0.1. */
#include <stdlib.h>

#include "support/support.h"

#include "io/sim.h"
#include "ng/bencode.h"
#include "ng/ng.h"

enum { WORKERS = 3, SOCKETS = 6, NG_PORT = 22223, LETTERS_MAX = 4, BYTES = 65536 };

struct post;

struct worker {
	struct post *post;
	struct bel_loop *loop;
	struct bel_mailbox *mailbox;
	struct bel_relay *relay;
	struct bel_ng *ng;
	unsigned taken; /* letters */
};

struct envelope {
	struct bel_letter letter;
	struct bel_ng_letter *inside;
};

struct post {
	struct bel_sim *sim;
	struct bel_ports *ports;
	struct worker workers[WORKERS];
	struct bel_loop *loop;
	struct bel_udp *sockets[SOCKETS];
	bool is_busy; /* nothing can be handed over */
	unsigned cookies, answers;
	char last[BYTES];
	size_t last_len;
	struct bel_bencode answer;
};

/* ---- what node/ does ---- */

static unsigned find_owner(void *user, bel_str call_id)
{
	(void)user;
	return (unsigned char)call_id.ptr[0] % WORKERS;
}

static bool hand_over(void *user, unsigned index, struct bel_ng_letter *letter)
{
	struct post *post = ((struct worker *)user)->post;
	struct envelope *envelope = malloc(sizeof *envelope);

	assert_non_null(envelope);
	envelope->inside = letter;
	if (!post->is_busy &&
	    !bel_mailbox_post(post->workers[index].mailbox, &envelope->letter))
		return true;
	free(envelope);
	return false;
}

static const struct bel_ng_port port = { find_owner, hand_over };

static void on_letter(void *user, struct bel_letter *letter)
{
	struct envelope *envelope = BEL_CONTAINER_OF(letter, struct envelope, letter);
	struct worker *worker = user;

	worker->taken++;
	if (worker->ng)
		bel_ng_take(worker->ng, envelope->inside);
	else
		bel_ng_letter_free(envelope->inside);
	free(envelope);
}

static void open_worker(struct post *post, unsigned index, struct bel_sim_node *node)
{
	struct worker *worker = &post->workers[index];
	struct bel_ng_opts opts = { .local = bel_addr_v4(20, 0, 0, 1, NG_PORT),
				    .faces = { { bel_addr_v4(20, 0, 0, 1, 0),
						 bel_addr_v4(20, 0, 0, 1, 0) } },
				    .faces_count = 1,
				    .workers = WORKERS,
				    .worker = index,
				    .port = &port,
				    .user = worker };

	worker->post = post;
	assert_int_equal(bel_sim_loop(&worker->loop, node), BEL_OK);
	assert_int_equal(bel_mailbox_open(&worker->mailbox, worker->loop, LETTERS_MAX,
					  on_letter, worker),
			 BEL_OK);
	assert_int_equal(bel_relay_open(&worker->relay,
					&(struct bel_relay_opts){ .loop = worker->loop,
								  .ports = post->ports,
								  .port_min = 30000,
								  .port_max = 30999,
								  .silent_ms = 3000,
								  .timeout_ms = 60000 }),
			 BEL_OK);
	opts.loop = worker->loop;
	opts.relay = worker->relay;
	assert_int_equal(bel_ng_open(&worker->ng, &opts), BEL_OK);
}

/* ---- the proxy ---- */

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	struct post *post = user;
	const struct bel_datagram *last = &datagrams[count - 1];

	(void)udp;
	assert_int_equal(last->peer.port, NG_PORT);
	post->answers += count;
	memcpy(post->last, last->buf, last->len);
	post->last_len = last->len;
}

static struct post *open_post(void)
{
	static const struct bel_sim_net net = { .delay_min_ms = 1, .delay_max_ms = 1 };
	const bel_addr addr = bel_addr_v4(20, 0, 0, 1, 0),
		       loopback = bel_addr_v4(127, 0, 0, 1, 0);
	struct post *post = calloc(1, sizeof *post);
	struct bel_sim_node *node;

	assert_non_null(post);
	post->ports = calloc(1, sizeof *post->ports);
	post->sim = bel_sim_new(7, &net);
	node = bel_sim_node_new(post->sim, "server", &addr);
	assert_int_equal(bel_sim_node_add(node, &loopback), BEL_OK);
	for (unsigned i = 0; i < WORKERS; i++)
		open_worker(post, i, node);
	assert_int_equal(bel_sim_loop(&post->loop, node), BEL_OK);
	for (uint16_t i = 0; i < SOCKETS; i++) {
		const struct bel_udp_opts opts = {
			.local = bel_addr_v4(127, 0, 0, 1, (uint16_t)(4000 + i)),
			.on_datagrams = on_datagrams,
			.user = post
		};
		assert_int_equal(bel_udp_open(&post->sockets[i], post->loop, &opts),
				 BEL_OK);
	}
	return post;
}

static void close_post(struct post *post)
{
	for (unsigned i = 0; i < WORKERS; i++) {
		struct worker *worker = &post->workers[i];
		bel_ng_close(worker->ng);
		worker->ng = NULL;
		bel_mailbox_close(worker->mailbox);
		bel_relay_close(worker->relay);
		bel_loop_close(worker->loop);
	}
	for (unsigned i = 0; i < SOCKETS; i++)
		bel_udp_close(post->sockets[i]);
	bel_loop_close(post->loop);
	bel_sim_free(post->sim);
	for (unsigned i = 0; i < BEL_COUNT_OF(post->ports->bits); i++)
		assert_int_equal(post->ports->bits[i], 0);
	free(post->ports);
	free(post);
}

/* Whether an answer came. */
static bool send_as(struct post *post, unsigned socket, unsigned cookie, const char *body)
{
	char buf[4096];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	const bel_addr to = bel_addr_v4(20, 0, 0, 1, NG_PORT);
	unsigned before = post->answers;
	bel_str answer;

	bel_write_u64(&writer, cookie);
	bel_write_char(&writer, ' ');
	bel_write_text(&writer, body);
	assert_int_equal(
		bel_udp_send(post->sockets[socket], &to, NULL, bel_writer_str(&writer)),
		BEL_OK);
	bel_sim_run(post->sim, bel_sim_now_ms(post->sim) + 10);
	if (post->answers == before)
		return false;
	answer = (bel_str){ post->last, post->last_len };
	answer = bel_str_slice(answer, bel_str_find(answer, ' ') + 1, answer.len);
	assert_int_equal(bel_bencode_parse(&post->answer, answer), BEL_OK);
	return true;
}

static void say(struct post *post, unsigned socket, const char *body)
{
	assert_true(send_as(post, socket, ++post->cookies, body));
}

static void assert_result(const struct post *post, const char *result)
{
	assert_str(bel_bencode_find_str(&post->answer, BEL_STR("result")), result);
}

#define SDP                                                                              \
	"v=0\r\no=- 1 1 IN IP4 20.0.0.2\r\ns=-\r\nc=IN IP4 20.0.0.2\r\nt=0 0\r\n"        \
	"m=audio 4000 RTP/AVP 0\r\n"

/* The command about call number i; its Call-ID begins with a letter of its own. */
static const char *command(const char *name, unsigned i)
{
	static char text[1024];
	bool is_answer = strcmp(name, "answer") == 0;

	snprintf(text, sizeof text,
		 "d7:call-id5:%ccall7:command%zu:%s8:from-tag1:a3:sdp%zu:%s%se",
		 'a' + (int)i, strlen(name), name, strlen(SDP), SDP,
		 is_answer ? "6:to-tag1:b" : "");
	return text;
}

static void set_up(struct post *post, unsigned i)
{
	say(post, i % SOCKETS, command("offer", i));
	assert_result(post, "ok");
	/* From another socket, which another worker may hear. */
	say(post, (i + 1) % SOCKETS, command("answer", i));
	assert_result(post, "ok");
}

/* ---- tests ---- */

static void calls_are_where_they_belong(void **state)
{
	struct post *post = open_post();

	(void)state;
	for (unsigned i = 0; i < 12; i++)
		set_up(post, i);
	for (unsigned i = 0; i < WORKERS; i++)
		assert_int_equal(bel_relay_counters(post->workers[i].relay)->calls, 4);
	for (unsigned i = 0; i < 12; i++)
		for (unsigned socket = 0; socket < SOCKETS; socket++) {
			say(post, socket, command("query", i));
			assert_result(post, "ok");
		}
	for (unsigned i = 0; i < 12; i++) {
		say(post, (i + 3) % SOCKETS, command("delete", i));
		assert_result(post, "ok");
	}
	say(post, 0, command("query", 0));
	assert_result(post, "error");
	for (unsigned i = 0; i < WORKERS; i++)
		assert_int_equal(bel_relay_counters(post->workers[i].relay)->calls, 0);
	close_post(post);
}

/* Wherever it comes to, it is carried out once. */
static void a_repeated_command_has_the_same_answer(void **state)
{
	struct post *post = open_post();
	char first[BYTES];
	size_t len;

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		assert_true(send_as(post, i, 700 + i, command("offer", i)));
		len = post->last_len;
		memcpy(first, post->last, len);
		assert_true(send_as(post, i, 700 + i, command("offer", i)));
		assert_int_equal(post->last_len, len);
		assert_memory_equal(post->last, first, len);
	}
	close_post(post);
}

static uint64_t figure(const struct post *post, const char *group, const char *name)
{
	struct bel_bencode statistics, part, number;

	assert_true(bel_bencode_find(&statistics, &post->answer, BEL_STR("statistics")));
	assert_true(bel_bencode_find(&part, &statistics, bel_str_from(group)));
	assert_true(bel_bencode_find(&number, &part, bel_str_from(name)));
	return (uint64_t)number.number;
}

static unsigned count_of(const struct post *post, const char *what)
{
	unsigned count = 0;

	for (size_t i = 0; i + strlen(what) <= post->last_len; i++)
		count += memcmp(post->last + i, what, strlen(what)) == 0;
	return count;
}

static void all_calls_are_told_of_everywhere(void **state)
{
	struct post *post = open_post();

	(void)state;
	for (unsigned i = 0; i < 12; i++)
		set_up(post, i);
	for (unsigned socket = 0; socket < SOCKETS; socket++) {
		say(post, socket, "d7:command4:liste");
		assert_result(post, "ok");
		assert_int_equal(count_of(post, "5:"), 1 + 12); /* and "calls" */
		for (unsigned i = 0; i < 12; i++) {
			char name[] = {
				'5', ':', (char)('a' + i), 'c', 'a', 'l', 'l', 0
			};
			assert_int_equal(count_of(post, name), 1);
		}
		say(post, socket, "d7:command4:list5:limiti5ee");
		assert_int_equal(count_of(post, "call"), 1 + 5);
		say(post, socket, "d7:command10:statisticse");
		assert_int_equal(figure(post, "currentstatistics", "sessionsown"), 12);
		assert_int_equal(figure(post, "totalstatistics", "managedsessions"), 12);
		/* Offers, answers, and what was asked for here. */
		assert_int_equal(figure(post, "controlstatistics", "commands"),
				 24 + socket * 3 + 2);
	}
	close_post(post);
}

/* It is as a loss: the proxy says it again. */
static void what_cannot_be_handed_over_is_lost(void **state)
{
	struct post *post = open_post();
	unsigned lost = 0;

	(void)state;
	post->is_busy = true;
	for (unsigned i = 0; i < 6; i++)
		lost += !send_as(post, i, 700 + i, command("offer", i));
	assert_false(send_as(post, 0, 800, "d7:command4:liste"));
	assert_true(send_as(post, 0, 801, "d7:command4:pinge"));
	assert_true(lost > 0);
	post->is_busy = false;
	for (unsigned i = 0; i < 6; i++)
		assert_true(send_as(post, i, 700 + i, command("offer", i)));
	close_post(post);
}

static void what_is_wrong_is_told_by_whoever_hears_it(void **state)
{
	struct post *post = open_post();

	(void)state;
	for (unsigned socket = 0; socket < SOCKETS; socket++) {
		say(post, socket, "le");
		assert_result(post, "error");
		say(post, socket, "d7:call-id1:x7:command3:fooe");
		assert_result(post, "error");
		say(post, socket, "d7:command5:offere");
		assert_result(post, "error");
	}
	close_post(post);
}

/* Letters that wait are nobody's then. */
static void it_may_end_with_letters_under_way(void **state)
{
	struct post *post = open_post();
	const bel_addr to = bel_addr_v4(20, 0, 0, 1, NG_PORT);

	(void)state;
	for (unsigned i = 0; i < SOCKETS; i++)
		bel_udp_send(post->sockets[i], &to, NULL,
			     BEL_STR("77 d7:command4:liste"));
	for (unsigned i = 0; i < 30; i++)
		bel_sim_step(post->sim);
	close_post(post);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_are_where_they_belong),
		cmocka_unit_test(a_repeated_command_has_the_same_answer),
		cmocka_unit_test(all_calls_are_told_of_everywhere),
		cmocka_unit_test(what_cannot_be_handed_over_is_lost),
		cmocka_unit_test(what_is_wrong_is_told_by_whoever_hears_it),
		cmocka_unit_test(it_may_end_with_letters_under_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
