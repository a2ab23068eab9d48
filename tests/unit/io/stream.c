/* SPDX-License-Identifier: Apache-2.0
 * The kernel's TCP connections, over loopback. */
#include "support/support.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "io/io.h"

enum { BIG = 12 << 20 };

struct end {
	struct bel_stream *stream;
	bool is_connected, is_closed;
	unsigned drained_count;
	enum bel_err err;
	size_t len;
	uint8_t sum; /* of the bytes, each with its place */
};

struct world {
	struct bel_loop *loop;
	struct bel_listener *listener;
	struct end alice, bob;
	unsigned accepted;
	bool must_keep_none;
};

static void on_connected(void *user, struct bel_stream *stream)
{
	(void)stream;
	((struct end *)user)->is_connected = true;
}

static void add(struct end *end, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		end->sum = (uint8_t)(end->sum * 31 + (uint8_t)bytes[i]);
	end->len += len;
}

static void on_readable(void *user, struct bel_stream *stream)
{
	char buf[65536];
	size_t len;

	/* What is left is told again. */
	if (bel_stream_receive(&len, stream, buf, sizeof buf) == BEL_OK)
		add(user, buf, len);
}

static void on_drained(void *user, struct bel_stream *stream)
{
	assert_int_equal(bel_stream_queued(stream), 0);
	((struct end *)user)->drained_count++;
}

static void on_closed(void *user, struct bel_stream *stream, enum bel_err err)
{
	struct end *end = user;

	(void)stream;
	assert_false(end->is_closed);
	end->is_closed = true;
	end->err = err;
}

static const struct bel_stream_handler handler = { .on_connected = on_connected,
						   .on_readable = on_readable,
						   .on_drained = on_drained,
						   .on_closed = on_closed };

static void on_accept(void *user, struct bel_listener *listener,
		      struct bel_stream *stream)
{
	struct world *world = user;

	(void)listener;
	world->accepted++;
	if (world->must_keep_none || world->bob.stream) {
		bel_stream_close(stream);
		return;
	}
	world->bob.stream = stream;
	bel_stream_handle(stream, &handler, &world->bob);
}

#define TURN_UNTIL(loop, condition)                                                      \
	do {                                                                             \
		for (unsigned turn = 0; turn < 20000 && !(condition); turn++)            \
			assert_int_equal(bel_loop_turn((loop), 100), BEL_OK);            \
		assert_true(condition);                                                  \
	} while (0)

static struct world *set_up(void)
{
	struct world *world = calloc(1, sizeof *world);
	struct bel_listener_opts opts = { .local = bel_addr_v4(127, 0, 0, 1, 0),
					  .on_accept = on_accept,
					  .user = world };

	assert_non_null(world);
	assert_int_equal(bel_loop_open(&world->loop), BEL_OK);
	assert_int_equal(bel_listener_open(&world->listener, world->loop, &opts), BEL_OK);
	return world;
}

static void tear_down(struct world *world)
{
	bel_stream_close(world->alice.stream);
	bel_stream_close(world->bob.stream);
	bel_listener_close(world->listener);
	bel_loop_close(world->loop);
	free(world);
}

static void begin(struct world *world)
{
	assert_int_equal(bel_stream_connect(&world->alice.stream, world->loop,
					    bel_listener_local(world->listener), NULL,
					    &handler, &world->alice),
			 BEL_OK);
}

static struct world *set_up_connected(void)
{
	struct world *world = set_up();

	begin(world);
	TURN_UNTIL(world->loop, world->alice.is_connected && world->bob.stream);
	return world;
}

static void both_ends_know_both_addresses(void **state)
{
	struct world *world = set_up_connected();
	(void)state;

	assert_true(bel_addr_is_equal(bel_stream_peer(world->alice.stream),
				      bel_listener_local(world->listener)));
	assert_true(bel_addr_is_equal(bel_stream_local(world->alice.stream),
				      bel_stream_peer(world->bob.stream)));
	assert_true(bel_addr_is_equal(bel_stream_local(world->bob.stream),
				      bel_listener_local(world->listener)));
	tear_down(world);
}

static void what_is_sent_before_the_connection_stands_is_kept(void **state)
{
	struct world *world = set_up();
	(void)state;

	begin(world);
	assert_int_equal(bel_stream_send(world->alice.stream, BEL_STR("early")), BEL_OK);
	TURN_UNTIL(world->loop, world->bob.len == 5);
	tear_down(world);
}

static void
megabytes_arrive_whole_and_the_sender_is_told_when_they_have_left(void **state)
{
	struct world *world = set_up_connected();
	struct end expected = { 0 };
	char *bytes = malloc(BIG);
	(void)state;

	for (size_t i = 0; i < BIG; i++)
		bytes[i] = (char)(i * 7 + i / 251);
	add(&expected, bytes, BIG);
	assert_int_equal(bel_stream_send(world->alice.stream, (bel_str){ bytes, BIG }),
			 BEL_ERR_BUSY);
	bel_stream_limit(world->alice.stream, BIG);
	bel_stream_pause(world->bob.stream, true);
	assert_int_equal(bel_stream_send(world->alice.stream, (bel_str){ bytes, BIG }),
			 BEL_OK);
	for (unsigned i = 0; i < 20; i++)
		bel_loop_turn(world->loop, 0);
	/* A peer that does not read pushes back. */
	assert_true(bel_stream_queued(world->alice.stream) > 0);
	assert_int_equal(world->bob.len, 0);
	bel_stream_pause(world->bob.stream, false);
	TURN_UNTIL(world->loop, world->bob.len == BIG && world->alice.drained_count);
	assert_int_equal(world->bob.sum, expected.sum);
	assert_int_equal(world->alice.drained_count, 1);
	free(bytes);
	tear_down(world);
}

static void the_end_is_told_after_everything_was_read(void **state)
{
	struct world *world = set_up_connected();
	char text[100000] = { 0 };
	(void)state;

	bel_stream_send(world->alice.stream, (bel_str){ text, sizeof text });
	bel_stream_close(world->alice.stream);
	world->alice.stream = NULL;
	TURN_UNTIL(world->loop, world->bob.is_closed);
	assert_int_equal(world->bob.len, sizeof text);
	assert_int_equal(world->bob.err, BEL_ERR_CLOSED);
	assert_int_equal(bel_stream_send(world->bob.stream, BEL_STR("x")),
			 BEL_ERR_CLOSED);
	tear_down(world);
}

static void closing_with_unread_bytes_resets_the_peer(void **state)
{
	struct world *world = set_up_connected();
	(void)state;

	bel_stream_pause(world->bob.stream, true);
	bel_stream_send(world->alice.stream, BEL_STR("unread"));
	for (unsigned i = 0; i < 5; i++)
		bel_loop_turn(world->loop, 0);
	bel_stream_close(world->bob.stream);
	world->bob.stream = NULL;
	TURN_UNTIL(world->loop, world->alice.is_closed);
	assert_int_equal(world->alice.err, -ECONNRESET);
	tear_down(world);
}

static void nobody_listening_is_refused_by_the_handler(void **state)
{
	struct world *world = set_up();
	bel_addr gone = *bel_listener_local(world->listener);
	(void)state;

	bel_listener_close(world->listener);
	world->listener = NULL;
	assert_int_equal(bel_stream_connect(&world->alice.stream, world->loop, &gone,
					    NULL, &handler, &world->alice),
			 BEL_OK);
	TURN_UNTIL(world->loop, world->alice.is_closed);
	assert_false(world->alice.is_connected);
	assert_int_equal(world->alice.err, -ECONNREFUSED);
	tear_down(world);
}

static void an_accepted_stream_may_be_closed_at_once(void **state)
{
	struct world *world = set_up();
	(void)state;

	world->must_keep_none = true;
	begin(world);
	TURN_UNTIL(world->loop, world->alice.is_closed);
	assert_int_equal(world->accepted, 1);
	tear_down(world);
}

static void a_paused_listener_leaves_connections_waiting(void **state)
{
	struct world *world = set_up();
	(void)state;

	bel_listener_pause(world->listener, true);
	begin(world);
	TURN_UNTIL(world->loop, world->alice.is_connected);
	assert_int_equal(world->accepted, 0);
	bel_listener_pause(world->listener, false);
	TURN_UNTIL(world->loop, world->accepted == 1);
	tear_down(world);
}

/* Valgrind keeps descriptors of its own and answers setrlimit itself: what it accepts
 * under a limit is closed again, and no connection is left to be taken later. */
static bool kernel_keeps_the_limit(const struct rlimit *before)
{
	struct rlimit less = *before;
	char line[128], name[64];
	unsigned long soft = 0;
	FILE *limits;

	less.rlim_cur--;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &less), 0);
	limits = fopen("/proc/self/limits", "r");
	assert_non_null(limits);
	while (fgets(line, sizeof line, limits))
		if (sscanf(line, "Max open %63s %lu", name, &soft) == 2)
			break;
	fclose(limits);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, before), 0);
	return soft == less.rlim_cur;
}

static void without_descriptors_a_listener_rests_and_tries_again(void **state)
{
	struct world *world = set_up();
	struct rlimit before, tight;
	(void)state;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	if (!kernel_keeps_the_limit(&before)) {
		tear_down(world);
		skip();
	}
	begin(world);
	TURN_UNTIL(world->loop, world->alice.is_connected && world->accepted == 1);
	bel_stream_close(world->bob.stream);
	bel_stream_close(world->alice.stream);
	world->bob.stream = NULL;
	memset(&world->alice, 0, sizeof world->alice);
	bel_loop_turn(world->loop, 0);
	begin(world);
	/* The next descriptor is one too many. */
	int next = fcntl(0, F_DUPFD, 0);
	close(next);
	tight = before;
	tight.rlim_cur = (rlim_t)next;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
	uint64_t turns = bel_loop_turns(world->loop), began_ms = bel_loop_clock_ms();
	TURN_UNTIL(world->loop, world->alice.is_connected);
	for (unsigned i = 0; i < 3; i++)
		bel_loop_turn(world->loop, 100);
	assert_int_equal(world->accepted, 1);
	/* It slept: the kernel's queue did not keep it turning. */
	assert_true(bel_loop_turns(world->loop) - turns < 20);
	assert_true(bel_loop_clock_ms() - began_ms >= 200);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	TURN_UNTIL(world->loop, world->accepted == 2);
	tear_down(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ends_know_both_addresses),
		cmocka_unit_test(what_is_sent_before_the_connection_stands_is_kept),
		cmocka_unit_test(
			megabytes_arrive_whole_and_the_sender_is_told_when_they_have_left),
		cmocka_unit_test(the_end_is_told_after_everything_was_read),
		cmocka_unit_test(closing_with_unread_bytes_resets_the_peer),
		cmocka_unit_test(nobody_listening_is_refused_by_the_handler),
		cmocka_unit_test(an_accepted_stream_may_be_closed_at_once),
		cmocka_unit_test(a_paused_listener_leaves_connections_waiting),
		cmocka_unit_test(without_descriptors_a_listener_rests_and_tries_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
