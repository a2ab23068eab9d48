/* SPDX-License-Identifier: Apache-2.0
 * What ladders stand on: that loopback is the kernel's, that its time is the test's, and
 * that what it cannot do is left out with a reason. */
#include "support/support.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/ladder/ground.h"

enum { TALE_BYTES = 64 << 10 };

struct stage {
	struct ladder_ground *ground;
	struct ladder_host *host;
	struct bel_loop *loop;
	struct bel_udp *udp;
	bel_addr own;
	unsigned came, packets;
	bel_addr from;
};

static void on_packet(void *user, const struct bel_sim_packet *packet)
{
	struct stage *stage = user;

	(void)packet;
	stage->packets++;
}

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	struct stage *stage = user;

	(void)udp;
	stage->came += count;
	stage->from = datagrams[0].peer;
}

static void place(struct stage *stage, bel_addr *out, const char *text)
{
	char buf[64];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);

	assert_int_equal(bel_ground_place(stage->ground, &writer, bel_str_from(text)),
			 BEL_OK);
	assert_int_equal(bel_addr_parse(out, bel_writer_str(&writer), 5060), BEL_OK);
}

static void open_host(struct stage *stage, const char *ip)
{
	place(stage, &stage->own, ip);
	assert_int_equal(
		bel_ground_host(&stage->host, stage->ground, "host", &stage->own),
		BEL_OK);
	assert_int_equal(bel_ground_loop(&stage->loop, stage->ground, stage->host),
			 BEL_OK);
	assert_int_equal(
		bel_udp_open(&stage->udp, stage->loop,
			     &(struct bel_udp_opts){ .local = stage->own,
						     .on_datagrams = on_datagrams,
						     .user = stage }),
		BEL_OK);
}

static void close_host(struct stage *stage)
{
	bel_udp_close(stage->udp);
	bel_loop_close(stage->loop);
}

static struct stage *set_up(void)
{
	struct stage *stage = calloc(1, sizeof *stage);
	enum bel_err err;

	assert_non_null(stage);
	err = bel_ground_open(&stage->ground, BEL_LADDER_LOOPBACK, on_packet, stage);
	if (err == BEL_ERR_UNSUPPORTED) {
		free(stage);
		skip(); /* another program has port 5060 of every address */
	}
	assert_int_equal(err, BEL_OK);
	open_host(stage, "192.0.2.7");
	return stage;
}

static void tear_down(struct stage *stage)
{
	close_host(stage);
	bel_ground_close(stage->ground);
	free(stage);
}

static void a_socket_of_anybody_reaches_a_host_over_loopback(void **state)
{
	struct stage *stage = set_up();
	struct sockaddr_storage name = { 0 };
	socklen_t len = bel_addr_to_sockaddr(&name, &stage->own);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	(void)state;

	assert_true(fd >= 0);
	assert_int_equal(stage->own.ip[12], 127);
	assert_int_equal(sendto(fd, "x", 1, 0, (struct sockaddr *)&name, len), 1);
	/* Nobody counted it as sent: it is there when the kernel says so. */
	for (unsigned i = 0; i < 1000 && !stage->came; i++)
		bel_loop_turn(stage->loop, 5);
	assert_int_equal(stage->came, 1);
	close(fd);
	tear_down(stage);
}

static void what_is_sent_is_there_when_time_has_passed(void **state)
{
	struct stage *stage = set_up(), peer = { .ground = stage->ground };
	(void)state;

	open_host(&peer, "203.0.113.7");
	bel_udp_send(stage->udp, &peer.own, NULL, BEL_STR("x"));
	assert_int_equal(peer.came, 0);
	bel_ground_run(stage->ground, 0);
	assert_int_equal(peer.came, 1);
	assert_true(bel_addr_is_equal(&peer.from, &stage->own));
	assert_int_equal(stage->packets, 1);
	close_host(&peer);
	tear_down(stage);
}

static void nothing_crosses_a_cut_until_it_is_healed(void **state)
{
	struct stage *stage = set_up(), peer = { .ground = stage->ground };
	(void)state;

	open_host(&peer, "203.0.113.7");
	assert_int_equal(bel_ground_cut(stage->ground, peer.host, stage->host, true),
			 BEL_OK);
	bel_udp_send(stage->udp, &peer.own, NULL, BEL_STR("x"));
	bel_ground_run(stage->ground, 10);
	assert_int_equal(peer.came, 0);
	assert_int_equal(bel_ground_cut(stage->ground, stage->host, peer.host, false),
			 BEL_OK);
	bel_udp_send(stage->udp, &peer.own, NULL, BEL_STR("x"));
	bel_ground_run(stage->ground, 10);
	assert_int_equal(peer.came, 1);
	close_host(&peer);
	tear_down(stage);
}

static void on_due(void *user)
{
	++*(unsigned *)user;
}

static void an_hour_passes_when_it_is_told_to_and_not_before(void **state)
{
	struct stage *stage = set_up();
	struct bel_timer timer;
	unsigned fired = 0;
	uint64_t began = bel_loop_now_ms(stage->loop), wall;
	(void)state;

	wall = bel_loop_wall_ms(stage->loop);
	bel_timer_init(&timer, on_due, &fired);
	bel_timer_start(stage->loop, &timer, began + 3600000);
	bel_ground_run(stage->ground, 3599980);
	assert_int_equal(fired, 0);
	bel_ground_run(stage->ground, 20 + BEL_TICK_MS);
	assert_int_equal(fired, 1);
	assert_int_equal(bel_ground_now_ms(stage->ground), 3600000 + BEL_TICK_MS);
	assert_int_equal(bel_loop_now_ms(stage->loop), began + 3600000 + BEL_TICK_MS);
	assert_int_equal(bel_loop_wall_ms(stage->loop), wall + 3600000 + BEL_TICK_MS);
	tear_down(stage);
}

static void two_grounds_share_no_address(void **state)
{
	struct stage *stage = set_up();
	struct stage other = { 0 };
	(void)state;

	assert_int_equal(
		bel_ground_open(&other.ground, BEL_LADDER_LOOPBACK, on_packet, &other),
		BEL_OK);
	place(&other, &other.own, "192.0.2.7");
	assert_false(bel_addr_is_same_host(&other.own, &stage->own));
	bel_ground_close(other.ground);
	tear_down(stage);
}

static void what_loopback_cannot_do_is_left_out_with_a_reason(void **state)
{
	static const char path[] = "tests/scenario/beyond/cut_with_streams.ladder";
	char *buf;
	struct bel_writer tale;
	(void)state;

	tear_down(set_up()); /* there is loopback at all */
	buf = malloc(TALE_BYTES + 1);
	tale = bel_writer_init(buf, TALE_BYTES);
	assert_non_null(buf);
	assert_int_equal(bel_ladder_run(path, BEL_LADDER_SIM, &tale), BEL_LADDER_RIGHT);
	assert_int_equal(tale.len, 0);
	assert_int_equal(bel_ladder_run(path, BEL_LADDER_LOOPBACK, &tale),
			 BEL_LADDER_LEFT_OUT);
	assert_str(bel_writer_str(&tale), "a network that is cut with streams in it");
	free(buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_socket_of_anybody_reaches_a_host_over_loopback),
		cmocka_unit_test(what_is_sent_is_there_when_time_has_passed),
		cmocka_unit_test(nothing_crosses_a_cut_until_it_is_healed),
		cmocka_unit_test(an_hour_passes_when_it_is_told_to_and_not_before),
		cmocka_unit_test(two_grounds_share_no_address),
		cmocka_unit_test(what_loopback_cannot_do_is_left_out_with_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
