/* SPDX-License-Identifier: Apache-2.0
 * The simulation as a whole: time, turns, letters, services, and that a seed repeats to
 * the byte. */
#include "support/support.h"

#include "io/sim.h"

static bel_addr ip(uint8_t d)
{
	return bel_addr_v4(192, 0, 2, d, 0);
}

static struct bel_sim_node *add_node(struct bel_sim *sim, uint8_t d)
{
	bel_addr address = ip(d);
	struct bel_sim_node *node = bel_sim_node_new(sim, "node", &address);

	assert_non_null(node);
	return node;
}

static struct bel_loop *add_loop(struct bel_sim_node *node)
{
	struct bel_loop *loop;

	assert_int_equal(bel_sim_loop(&loop, node), BEL_OK);
	return loop;
}

/* ---- a busy network, and its trace ---- */

enum { NODES = 6, TRACE_BYTES = 1 << 20 };

struct talker {
	struct bel_loop *loop;
	struct bel_udp *udp;
	struct bel_timer timer;
	unsigned left;
};

struct network {
	struct bel_sim *sim;
	struct talker talkers[NODES];
	struct bel_writer trace;
};

static void on_packet(void *user, const struct bel_sim_packet *packet)
{
	struct network *network = user;

	bel_write_u64(&network->trace, packet->at_ms);
	bel_write_char(&network->trace, packet->is_lost ? '-' : '+');
	bel_addr_write(&network->trace, &packet->from);
	bel_addr_write(&network->trace, &packet->to);
	bel_write_hex(&network->trace, packet->bytes);
	bel_write_char(&network->trace, '\n');
}

/* Answers by sending what came on to another, for as long as it has a mind to. */
static void on_datagrams(void *user, struct bel_udp *udp, struct bel_datagram *datagrams,
			 unsigned count)
{
	struct talker *talker = user;

	for (unsigned i = 0; i < count && talker->left; i++, talker->left--) {
		uint8_t draws[2];
		bel_loop_random(talker->loop, draws, sizeof draws);
		bel_addr to = bel_addr_v4(192, 0, 2, (uint8_t)(1 + draws[0] % NODES),
					  5060);
		datagrams[i].buf[0] = (char)draws[1];
		bel_udp_send(udp, &to, NULL,
			     (bel_str){ datagrams[i].buf, datagrams[i].len });
	}
}

static void on_timer(void *user)
{
	struct talker *talker = user;
	bel_addr to = bel_addr_v4(192, 0, 2, 1, 5060);

	bel_udp_send(talker->udp, &to, NULL, BEL_STR("tick"));
	if (talker->left)
		bel_timer_start(talker->loop, &talker->timer,
				bel_loop_now_ms(talker->loop) + 100);
}

/* The whole life of a network under this seed, as text; the caller frees it. */
static bel_str live(uint64_t seed)
{
	struct bel_sim_net net = { .loss = 100,
				   .duplicate = 50,
				   .reorder = 100,
				   .delay_min_ms = 1,
				   .delay_max_ms = 60 };
	struct network network = { .sim = bel_sim_new(seed, &net) };
	struct bel_udp_opts opts = { .on_datagrams = on_datagrams };

	network.trace = bel_writer_init(malloc(TRACE_BYTES), TRACE_BYTES);
	bel_sim_on_packet(network.sim, on_packet, &network);
	for (uint8_t i = 0; i < NODES; i++) {
		struct talker *talker = &network.talkers[i];
		talker->loop = add_loop(add_node(network.sim, (uint8_t)(i + 1)));
		talker->left = 200;
		opts.local = bel_addr_v4(192, 0, 2, (uint8_t)(i + 1), 5060);
		opts.user = talker;
		assert_int_equal(bel_udp_open(&talker->udp, talker->loop, &opts), BEL_OK);
		bel_timer_init(&talker->timer, on_timer, talker);
		bel_timer_start(talker->loop, &talker->timer, 100);
	}
	bel_sim_run(network.sim, 20000);
	for (unsigned i = 0; i < NODES; i++) {
		bel_timer_stop(network.talkers[i].loop, &network.talkers[i].timer);
		bel_udp_close(network.talkers[i].udp);
		bel_loop_close(network.talkers[i].loop);
	}
	bel_sim_free(network.sim);
	assert_int_equal(bel_writer_check(&network.trace), BEL_OK);
	return bel_writer_str(&network.trace);
}

static void a_seed_repeats_to_the_byte_and_another_differs(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 5; seed++) {
		bel_str first = live(seed);
		/* Other addresses in memory must not matter. */
		void *shift = malloc(12345 * (seed + 1));
		bel_str second = live(seed), other = live(seed + 1);
		assert_true(first.len > 10000);
		assert_true(bel_str_is_equal(first, second));
		assert_false(bel_str_is_equal(first, other));
		free(shift);
		free((char *)first.ptr);
		free((char *)second.ptr);
		free((char *)other.ptr);
	}
}

static void draws_are_even_and_repeat(void **state)
{
	struct bel_sim *sim = bel_sim_new(42, NULL), *again = bel_sim_new(42, NULL);
	unsigned counts[10] = { 0 };
	(void)state;

	for (unsigned i = 0; i < 10000; i++) {
		uint64_t drawn = bel_sim_draw(sim, 10);
		assert_true(drawn < 10);
		assert_int_equal(drawn, bel_sim_draw(again, 10));
		counts[drawn]++;
	}
	for (unsigned i = 0; i < 10; i++)
		assert_in_range(counts[i], 850, 1150);
	assert_int_equal(bel_sim_draw(sim, 0), 0);
	assert_int_equal(bel_sim_draw(sim, 1), 0);
	assert_int_equal(bel_sim_seed(sim), 42);
	bel_sim_free(sim);
	bel_sim_free(again);
}

/* ---- time ---- */

struct alarm {
	struct bel_loop *loop;
	struct bel_timer timer;
	uint64_t rang_ms;
	unsigned count;
};

static void on_alarm(void *user)
{
	struct alarm *alarm = user;

	alarm->rang_ms = bel_loop_now_ms(alarm->loop);
	alarm->count++;
}

static void an_hour_passes_at_once_and_timers_ring_on_time(void **state)
{
	struct bel_sim *sim = bel_sim_new(1, NULL);
	struct alarm alarm = { .loop = add_loop(add_node(sim, 1)) };
	(void)state;

	bel_timer_init(&alarm.timer, on_alarm, &alarm);
	bel_timer_start(alarm.loop, &alarm.timer, 3600 * 1000);
	bel_sim_run(sim, 3600 * 1000 - 1);
	assert_int_equal(alarm.count, 0);
	bel_sim_run(sim, 3600 * 1000);
	assert_int_equal(alarm.count, 1);
	assert_int_equal(alarm.rang_ms, 3600 * 1000);
	bel_loop_close(alarm.loop);
	bel_sim_free(sim);
}

static void all_loops_show_the_time_of_the_simulation(void **state)
{
	struct bel_sim *sim = bel_sim_new(1, NULL);
	struct bel_loop *loop = add_loop(add_node(sim, 1));
	uint64_t wall_ms = bel_loop_wall_ms(loop);
	(void)state;

	bel_sim_run(sim, 12345);
	assert_int_equal(bel_loop_now_ms(loop), 12345);
	assert_int_equal(bel_sim_now_ms(sim), 12345);
	assert_int_equal(bel_loop_wall_ms(loop) - wall_ms, 12345);
	bel_loop_close(loop);
	bel_sim_free(sim);
}

static void a_timer_moved_nearer_or_stopped_is_noticed(void **state)
{
	struct bel_sim *sim = bel_sim_new(1, NULL);
	struct alarm alarm = { .loop = add_loop(add_node(sim, 1)) };
	(void)state;

	bel_timer_init(&alarm.timer, on_alarm, &alarm);
	bel_timer_start(alarm.loop, &alarm.timer, 5000);
	bel_timer_start(alarm.loop, &alarm.timer, 700);
	bel_sim_run(sim, 1000);
	assert_int_equal(alarm.rang_ms, 700);
	bel_timer_start(alarm.loop, &alarm.timer, 2000);
	bel_timer_stop(alarm.loop, &alarm.timer);
	bel_sim_run(sim, 3000);
	assert_int_equal(alarm.count, 1);
	bel_loop_close(alarm.loop);
	bel_sim_free(sim);
}

static void run_quiet_stops_when_nothing_is_left(void **state)
{
	struct bel_sim *sim = bel_sim_new(1, NULL);
	struct alarm alarm = { .loop = add_loop(add_node(sim, 1)) };
	(void)state;

	bel_timer_init(&alarm.timer, on_alarm, &alarm);
	bel_timer_start(alarm.loop, &alarm.timer, 500);
	assert_false(bel_sim_run_quiet(sim, 100));
	assert_int_equal(bel_sim_now_ms(sim), 100);
	assert_true(bel_sim_run_quiet(sim, 100000));
	assert_int_equal(bel_sim_now_ms(sim), 500);
	assert_false(bel_sim_step(sim));
	bel_loop_close(alarm.loop);
	bel_sim_free(sim);
}

static void a_real_turn_and_a_watch_are_not_supported(void **state)
{
	struct bel_sim *sim = bel_sim_new(1, NULL);
	struct bel_loop *loop = add_loop(add_node(sim, 1));
	struct bel_watch *watch;
	(void)state;

	assert_int_equal(bel_loop_turn(loop, 0), BEL_ERR_UNSUPPORTED);
	assert_int_equal(bel_watch_open(&watch, loop, 0, BEL_WATCH_READ, NULL, NULL),
			 BEL_ERR_UNSUPPORTED);
	bel_loop_close(loop);
	bel_sim_free(sim);
}

/* ---- letters and workers ---- */

struct inbox {
	struct bel_mailbox *box;
	unsigned count, turn_order;
	unsigned *turns;
};

static void on_letter(void *user, struct bel_letter *letter)
{
	struct inbox *inbox = user;

	(void)letter;
	inbox->count++;
	inbox->turn_order = ++*inbox->turns;
}

static void workers_of_a_node_turn_in_an_order_of_the_seed(void **state)
{
	enum { WORKERS = 4, SEEDS = 64 };
	unsigned first_counts[WORKERS] = { 0 };
	(void)state;

	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct bel_sim *sim = bel_sim_new(seed, NULL);
		struct bel_sim_node *node = add_node(sim, 1);
		struct bel_loop *loops[WORKERS];
		struct inbox inboxes[WORKERS] = { { 0 } };
		struct bel_letter letters[WORKERS];
		unsigned turns = 0;
		for (unsigned i = 0; i < WORKERS; i++) {
			loops[i] = add_loop(node);
			inboxes[i].turns = &turns;
			assert_int_equal(bel_mailbox_open(&inboxes[i].box, loops[i], 8,
							  on_letter, &inboxes[i]),
					 BEL_OK);
		}
		for (unsigned i = 0; i < WORKERS; i++)
			assert_int_equal(bel_mailbox_post(inboxes[i].box, &letters[i]),
					 BEL_OK);
		bel_sim_run(sim, 0);
		for (unsigned i = 0; i < WORKERS; i++) {
			assert_int_equal(inboxes[i].count, 1);
			first_counts[i] += inboxes[i].turn_order == 1;
			bel_mailbox_close(inboxes[i].box);
			bel_loop_close(loops[i]);
		}
		bel_sim_free(sim);
	}
	for (unsigned i = 0; i < WORKERS; i++)
		assert_in_range(first_counts[i], 4, 32);
}

/* ---- services ---- */

struct task {
	struct bel_job job;
	struct bel_loop *loop;
	bool has_run;
	uint64_t done_ms;
	unsigned done_count;
};

static struct task *task_of(struct bel_job *job)
{
	return BEL_CONTAINER_OF(job, struct task, job);
}

static void run_task(struct bel_job *job)
{
	task_of(job)->has_run = true;
}

static void on_task_done(struct bel_job *job)
{
	task_of(job)->done_ms = bel_loop_now_ms(task_of(job)->loop);
	task_of(job)->done_count++;
}

struct office {
	struct bel_sim *sim;
	struct bel_sim_node *node;
	struct bel_loop *loop;
	struct bel_service *service;
	struct bel_mailbox *home;
	struct task tasks[8];
};

static struct office *open_office(void)
{
	struct office *office = calloc(1, sizeof *office);

	assert_non_null(office);
	office->sim = bel_sim_new(1, NULL);
	office->node = add_node(office->sim, 1);
	office->loop = add_loop(office->node);
	assert_int_equal(bel_service_open(&office->service, office->loop, 8), BEL_OK);
	assert_int_equal(bel_service_home(&office->home, office->loop, 8), BEL_OK);
	for (unsigned i = 0; i < 8; i++)
		office->tasks[i] = (struct task){ .job = { .run = run_task,
							   .on_done = on_task_done },
						  .loop = office->loop };
	return office;
}

static void close_office(struct office *office)
{
	bel_service_close(office->service);
	bel_mailbox_close(office->home);
	bel_loop_close(office->loop);
	bel_sim_free(office->sim);
	free(office);
}

static enum bel_err post(struct office *office, unsigned i)
{
	return bel_service_post(office->service, office->home, &office->tasks[i].job);
}

static void a_job_never_ends_inside_post_but_at_the_same_time(void **state)
{
	struct office *office = open_office();
	(void)state;

	assert_int_equal(post(office, 0), BEL_OK);
	assert_false(office->tasks[0].has_run);
	bel_sim_run(office->sim, 0);
	assert_true(office->tasks[0].has_run);
	assert_int_equal(office->tasks[0].done_count, 1);
	close_office(office);
}

static void a_slow_disk_makes_jobs_take_virtual_time(void **state)
{
	struct office *office = open_office();
	(void)state;

	bel_sim_disk_fault(office->node, BEL_DISK_SLOW);
	post(office, 0);
	post(office, 1);
	bel_sim_run(office->sim, 99);
	assert_int_equal(office->tasks[0].done_count, 0);
	bel_sim_run(office->sim, 5000);
	assert_in_range(office->tasks[0].done_ms, 100, 1000);
	assert_in_range(office->tasks[1].done_ms, office->tasks[0].done_ms + 100, 2000);
	close_office(office);
}

static void a_full_service_is_busy_and_keeps_nothing(void **state)
{
	struct office *office = open_office();
	struct task more = { .job = { .run = run_task, .on_done = on_task_done },
			     .loop = office->loop };
	(void)state;

	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(post(office, i), BEL_OK);
	assert_int_equal(bel_service_post(office->service, office->home, &more.job),
			 BEL_ERR_BUSY);
	bel_sim_run(office->sim, 10);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(office->tasks[i].done_count, 1);
	assert_int_equal(bel_service_post(office->service, office->home, &more.job),
			 BEL_OK);
	bel_sim_run(office->sim, 20);
	assert_int_equal(more.done_count, 1);
	close_office(office);
}

static void closing_a_service_does_what_was_posted(void **state)
{
	struct office *office = open_office();
	(void)state;

	post(office, 0);
	post(office, 1);
	bel_service_close(office->service);
	office->service = NULL;
	assert_true(office->tasks[0].has_run && office->tasks[1].has_run);
	bel_mailbox_close(office->home);
	office->home = NULL;
	assert_int_equal(office->tasks[1].done_count, 1);
	close_office(office);
}

static void no_job_runs_and_no_timer_fires_after_a_crash(void **state)
{
	struct office *office = open_office();
	struct alarm alarm = { .loop = office->loop };
	(void)state;

	bel_timer_init(&alarm.timer, on_alarm, &alarm);
	bel_timer_start(alarm.loop, &alarm.timer, 100);
	post(office, 0);
	bel_sim_crash(office->node);
	bel_sim_run(office->sim, 1000);
	assert_false(office->tasks[0].has_run);
	assert_int_equal(alarm.count, 0);
	bel_timer_stop(alarm.loop, &alarm.timer);
	close_office(office);
}

/* A node that crashes in the middle of its own turn. */
static void on_fatal(void *user)
{
	bel_sim_crash(user);
}

static void a_node_may_crash_from_inside_its_own_turn(void **state)
{
	struct bel_sim *sim = bel_sim_new(1, NULL);
	struct bel_sim_node *node = add_node(sim, 1);
	struct alarm alarm = { .loop = add_loop(node) };
	struct bel_timer fatal;
	(void)state;

	bel_timer_init(&fatal, on_fatal, node);
	bel_timer_init(&alarm.timer, on_alarm, &alarm);
	bel_timer_start(alarm.loop, &fatal, 100);
	bel_timer_start(alarm.loop, &alarm.timer, 200);
	bel_sim_run(sim, 1000);
	assert_int_equal(alarm.count, 0);
	bel_loop_close(alarm.loop);
	bel_sim_free(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_seed_repeats_to_the_byte_and_another_differs),
		cmocka_unit_test(draws_are_even_and_repeat),
		cmocka_unit_test(an_hour_passes_at_once_and_timers_ring_on_time),
		cmocka_unit_test(all_loops_show_the_time_of_the_simulation),
		cmocka_unit_test(a_timer_moved_nearer_or_stopped_is_noticed),
		cmocka_unit_test(run_quiet_stops_when_nothing_is_left),
		cmocka_unit_test(a_real_turn_and_a_watch_are_not_supported),
		cmocka_unit_test(workers_of_a_node_turn_in_an_order_of_the_seed),
		cmocka_unit_test(a_job_never_ends_inside_post_but_at_the_same_time),
		cmocka_unit_test(a_slow_disk_makes_jobs_take_virtual_time),
		cmocka_unit_test(a_full_service_is_busy_and_keeps_nothing),
		cmocka_unit_test(closing_a_service_does_what_was_posted),
		cmocka_unit_test(no_job_runs_and_no_timer_fires_after_a_crash),
		cmocka_unit_test(a_node_may_crash_from_inside_its_own_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
