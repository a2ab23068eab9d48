/* SPDX-License-Identifier: Apache-2.0
 * Sockets of which there are many, in a ring, over loopback. Left out (77) where the
 * kernel does not allow it. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/support.h"

#include "io/io.h"

enum { MANY = 300, FLOOD = 3000, TURNS_MAX = 2000 };

struct probe {
	struct bel_udp *udp;
	unsigned count;
	bel_addr peer, local;
	size_t last_len;
	char last_byte;
	bool must_close, must_answer;
};

static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	struct probe *probe = user;
	const struct bel_datagram *last = &datagrams[count - 1];

	probe->count += count;
	probe->peer = last->peer;
	probe->local = last->local;
	probe->last_len = last->len;
	probe->last_byte = last->len ? last->buf[last->len - 1] : 0;
	if (probe->must_answer)
		bel_udp_send(udp, &last->peer, NULL, (bel_str){ last->buf, last->len });
	if (probe->must_close) {
		bel_udp_close(udp);
		probe->udp = NULL;
	}
}

static enum bel_err open_probe(struct probe *probe, struct bel_loop *loop, bel_addr local,
			       bool is_one_of_many)
{
	const struct bel_udp_opts opts = { .local = local,
					   .is_one_of_many = is_one_of_many,
					   .on_datagrams = on_datagrams,
					   .user = probe };

	return bel_udp_open(&probe->udp, loop, &opts);
}

static bel_addr loopback(uint16_t port)
{
	return bel_addr_v4(127, 0, 0, 1, port);
}

struct world {
	struct bel_loop *loop;
	struct probe alice, bob; /* both in the ring */
	struct probe carol;      /* as any other */
};

static struct world *set_up(bel_addr bob)
{
	struct world *world = calloc(1, sizeof *world);

	assert_non_null(world);
	assert_int_equal(bel_loop_open(&world->loop), BEL_OK);
	assert_int_equal(bel_loop_use_ring(world->loop), BEL_OK);
	assert_int_equal(open_probe(&world->alice, world->loop, loopback(0), true),
			 BEL_OK);
	assert_int_equal(open_probe(&world->bob, world->loop, bob, true), BEL_OK);
	assert_int_equal(open_probe(&world->carol, world->loop, loopback(0), false),
			 BEL_OK);
	return world;
}

static void tear_down(struct world *world)
{
	bel_udp_close(world->alice.udp);
	bel_udp_close(world->bob.udp);
	bel_udp_close(world->carol.udp);
	bel_loop_close(world->loop);
	free(world);
}

#define TURN_UNTIL(loop, condition)                                                      \
	do {                                                                             \
		for (unsigned turn = 0; turn < TURNS_MAX && !(condition); turn++)        \
			assert_int_equal(bel_loop_turn((loop), 100), BEL_OK);            \
		assert_true(condition);                                                  \
	} while (0)

static void say(struct probe *from, const struct probe *to, bel_str bytes)
{
	assert_int_equal(bel_udp_send(from->udp, bel_udp_local(to->udp), NULL, bytes),
			 BEL_OK);
}

static void datagrams_come_and_go(void **state)
{
	struct world *world = set_up(loopback(0));

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		say(&world->alice, &world->bob, BEL_STR("abc"));
	TURN_UNTIL(world->loop, world->bob.count == 100);
	assert_int_equal(world->bob.last_len, 3);
	assert_int_equal(world->bob.last_byte, 'c');
	assert_true(bel_addr_is_equal(&world->bob.peer, bel_udp_local(world->alice.udp)));
	assert_true(bel_addr_is_equal(&world->bob.local, bel_udp_local(world->bob.udp)));
	say(&world->carol, &world->bob, BEL_STR(""));
	TURN_UNTIL(world->loop, world->bob.count == 101);
	assert_int_equal(world->bob.last_len, 0);
	say(&world->bob, &world->carol, BEL_STR("d"));
	TURN_UNTIL(world->loop, world->carol.count == 1);
	assert_int_equal(bel_udp_send_whole(world->bob.udp,
					    bel_udp_local(world->carol.udp),
					    BEL_STR("e")),
			 BEL_OK);
	TURN_UNTIL(world->loop, world->carol.count == 2);
	tear_down(world);
}

static void a_wildcard_knows_where_it_was_asked(void **state)
{
	struct world *world = set_up(bel_addr_v4(0, 0, 0, 0, 0));
	uint16_t port = bel_udp_local(world->bob.udp)->port;
	bel_addr to = bel_addr_v4(127, 0, 0, 7, port);

	(void)state;
	bel_udp_send(world->alice.udp, &to, NULL, BEL_STR("x"));
	TURN_UNTIL(world->loop, world->bob.count == 1);
	assert_true(bel_addr_is_equal(&world->bob.local, &to));
	assert_int_equal(bel_udp_send(world->bob.udp, bel_udp_local(world->alice.udp),
				      &to, BEL_STR("y")),
			 BEL_OK);
	TURN_UNTIL(world->loop, world->alice.count == 1);
	assert_true(bel_addr_is_equal(&world->alice.peer, &to));
	tear_down(world);
}

static void by_ipv6_too(void **state)
{
	struct bel_loop *loop;
	struct probe one = { 0 }, other = { 0 };
	bel_addr six = { .family = 6, .ip = { [15] = 1 } };

	(void)state;
	assert_int_equal(bel_loop_open(&loop), BEL_OK);
	assert_int_equal(bel_loop_use_ring(loop), BEL_OK);
	assert_int_equal(open_probe(&one, loop, six, true), BEL_OK);
	assert_int_equal(open_probe(&other, loop, six, true), BEL_OK);
	bel_udp_send(one.udp, bel_udp_local(other.udp), NULL, BEL_STR("x"));
	TURN_UNTIL(loop, other.count == 1);
	assert_true(bel_addr_is_equal(&other.peer, bel_udp_local(one.udp)));
	assert_int_equal(
		bel_udp_send(one.udp, &(bel_addr){ .family = 4 }, NULL, BEL_STR("x")),
		-EAFNOSUPPORT);
	bel_udp_close(one.udp);
	bel_udp_close(other.udp);
	bel_loop_close(loop);
}

/* What is too long to be one of many is lost on the way in, and not on the way out. */
static void long_ones_are_sent_and_not_received(void **state)
{
	static const size_t sizes[] = { BEL_UDP_SHORT_BYTES, BEL_UDP_SHORT_BYTES + 1,
					65507 };
	struct world *world = set_up(loopback(0));
	char *bytes = calloc(1, BEL_DATAGRAM_BYTES);

	(void)state;
	for (size_t i = 0; i < BEL_COUNT_OF(sizes); i++) {
		say(&world->alice, &world->carol, (bel_str){ bytes, sizes[i] });
		TURN_UNTIL(world->loop, world->carol.count == i + 1);
		assert_int_equal(world->carol.last_len, sizes[i]);
		say(&world->carol, &world->bob, (bel_str){ bytes, sizes[i] });
	}
	say(&world->carol, &world->bob, BEL_STR("x"));
	TURN_UNTIL(world->loop, world->bob.last_byte == 'x');
	assert_int_equal(world->bob.count, 2);
	free(bytes);
	tear_down(world);
}

/* More than there are buffers, and more than can be handed over at once. */
static void a_flood_is_taken_whole(void **state)
{
	struct world *world = set_up(loopback(0));

	(void)state;
	for (unsigned i = 0; i < FLOOD; i++)
		say(&world->alice, &world->bob, BEL_STR("x"));
	TURN_UNTIL(world->loop, world->bob.count == FLOOD);
	/* And it is heard still. */
	say(&world->alice, &world->bob, BEL_STR("y"));
	TURN_UNTIL(world->loop, world->bob.last_byte == 'y');
	tear_down(world);
}

static void thousands_of_sockets(void **state)
{
	struct world *world = set_up(loopback(0));
	struct probe *many = calloc(MANY, sizeof *many);
	unsigned answered = 0;

	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < MANY; i++) {
			many[i] = (struct probe){ .must_answer = true };
			assert_int_equal(
				open_probe(&many[i], world->loop, loopback(0), true),
				BEL_OK);
		}
		for (unsigned i = 0; i < MANY; i++)
			say(&world->carol, &many[i], BEL_STR("x"));
		answered += MANY;
		TURN_UNTIL(world->loop, world->carol.count == answered);
		for (unsigned i = 0; i < MANY; i++)
			bel_udp_close(many[i].udp);
	}
	free(many);
	tear_down(world);
}

static void a_port_is_free_after_it_was_closed(void **state)
{
	struct world *world = set_up(loopback(0));
	bel_addr local = *bel_udp_local(world->bob.udp);
	enum bel_err err;

	(void)state;
	say(&world->alice, &world->bob, BEL_STR("x"));
	TURN_UNTIL(world->loop, world->bob.count == 1);
	assert_int_equal(open_probe(&world->carol, world->loop, local, true),
			 -EADDRINUSE);
	bel_udp_close(world->bob.udp);
	world->bob.udp = NULL;
	for (unsigned i = 0; i < TURNS_MAX; i++) {
		assert_int_equal(bel_loop_turn(world->loop, 1), BEL_OK);
		err = open_probe(&world->bob, world->loop, local, true);
		if (!err)
			break;
	}
	assert_int_equal(err, BEL_OK);
	say(&world->alice, &world->bob, BEL_STR("y"));
	TURN_UNTIL(world->loop, world->bob.last_byte == 'y');
	tear_down(world);
}

static void a_socket_may_be_closed_from_inside_its_callback(void **state)
{
	struct world *world = set_up(loopback(0));

	(void)state;
	world->bob.must_close = true;
	for (unsigned i = 0; i < 3; i++)
		say(&world->alice, &world->bob, BEL_STR("x"));
	TURN_UNTIL(world->loop, !world->bob.udp);
	assert_int_equal(bel_loop_turn(world->loop, 0), BEL_OK);
	assert_int_equal(world->bob.count, 1);
	tear_down(world);
}

static void what_was_sent_before_close_still_leaves(void **state)
{
	struct world *world = set_up(loopback(0));

	(void)state;
	assert_int_equal(bel_loop_turn(world->loop, 0), BEL_OK);
	say(&world->alice, &world->carol, BEL_STR("x"));
	bel_udp_close(world->alice.udp);
	world->alice.udp = NULL;
	TURN_UNTIL(world->loop, world->carol.count == 1);
	tear_down(world);
}

static void one_that_was_never_watched_may_be_closed(void **state)
{
	struct world *world = set_up(loopback(0));

	(void)state;
	tear_down(world);
}

/* The loop is opened by one thread and turned by another. */
static void *turn(void *user)
{
	struct world *world = user;

	for (unsigned i = 0; i < TURNS_MAX && !world->bob.count; i++)
		bel_loop_turn(world->loop, 10);
	return NULL;
}

static void another_thread_may_turn_it(void **state)
{
	struct world *world = set_up(loopback(0));
	pthread_t thread;

	(void)state;
	say(&world->carol, &world->bob, BEL_STR("x"));
	assert_int_equal(pthread_create(&thread, NULL, turn, world), 0);
	pthread_join(thread, NULL);
	assert_int_equal(world->bob.count, 1);
	tear_down(world);
}

/* As containers do it. */
static bool forbid_rings(void)
{
	struct sock_filter rules[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_setup, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { BEL_COUNT_OF(rules), rules };

	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int without_a_ring(void)
{
	struct bel_loop *loop;
	struct probe one = { 0 }, other = { 0 };
	bool is_fine;

	if (!forbid_rings() || bel_loop_open(&loop))
		return 1;
	if ((int)bel_loop_use_ring(loop) != -EPERM)
		return 2;
	if (open_probe(&one, loop, loopback(0), true) ||
	    open_probe(&other, loop, loopback(0), true))
		return 3;
	bel_udp_send(one.udp, bel_udp_local(other.udp), NULL, BEL_STR("x"));
	for (unsigned i = 0; i < TURNS_MAX && !other.count; i++)
		bel_loop_turn(loop, 10);
	is_fine = other.count == 1;
	bel_udp_close(one.udp);
	bel_udp_close(other.udp);
	bel_loop_close(loop);
	return is_fine ? 0 : 4;
}

static void who_may_not_goes_by_epoll(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	if (!child)
		_exit(without_a_ring());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static enum bel_err open_and_close(void *user)
{
	struct bel_loop *loop = NULL;
	struct probe probe = { 0 };
	enum bel_err err = bel_loop_open(&loop);

	(void)user;
	if (!err)
		err = bel_loop_use_ring(loop);
	if (!err)
		err = open_probe(&probe, loop, loopback(0), true);
	bel_udp_close(probe.udp);
	if (loop)
		bel_loop_close(loop);
	return err;
}

static void no_allocation_is_leaked(void **state)
{
	(void)state;
	bel_test_each_allocation_fails(open_and_close, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(datagrams_come_and_go),
		cmocka_unit_test(a_wildcard_knows_where_it_was_asked),
		cmocka_unit_test(by_ipv6_too),
		cmocka_unit_test(long_ones_are_sent_and_not_received),
		cmocka_unit_test(a_flood_is_taken_whole),
		cmocka_unit_test(thousands_of_sockets),
		cmocka_unit_test(a_port_is_free_after_it_was_closed),
		cmocka_unit_test(a_socket_may_be_closed_from_inside_its_callback),
		cmocka_unit_test(what_was_sent_before_close_still_leaves),
		cmocka_unit_test(one_that_was_never_watched_may_be_closed),
		cmocka_unit_test(another_thread_may_turn_it),
		cmocka_unit_test(who_may_not_goes_by_epoll),
		cmocka_unit_test(no_allocation_is_leaked),
	};
	struct bel_loop *loop;
	enum bel_err err;

	if (bel_loop_open(&loop))
		return 1;
	err = bel_loop_use_ring(loop);
	bel_loop_close(loop);
	if (err) {
		printf("left out: no io_uring here: %s\n", bel_err_text(err));
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
