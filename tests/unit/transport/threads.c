/* SPDX-License-Identifier: Apache-2.0
 * Two workers, a thread each, that hand messages over and use flows of each other: for
 * the thread sanitizer, and for the sums. No socket is opened. */
#include "support/support.h"

#include <pthread.h>

#include "transport/transport_int.h"

enum { WORKERS = 2, MESSAGES = 4000, A_TURN = 40 };

struct job {
	unsigned index;
	struct bel_loop *loop;
	struct bel_transport *transport;
	struct bel_turn_hook hook;
	unsigned sent, received, closed, told;
	bool is_wrong;
	struct bel_flow_waiter waiter;
};

static unsigned find_owner(void *user, bel_str bytes)
{
	(void)user;
	return (unsigned)(bytes.ptr[0] - '0');
}

static bool is_done(const struct job *job)
{
	return job->sent == MESSAGES && job->received == MESSAGES &&
	       job->closed == MESSAGES && job->told;
}

static void on_messages(void *user, struct bel_rx *rx, unsigned count)
{
	struct job *job = user;

	for (unsigned i = 0; i < count; i++, job->received++)
		job->is_wrong |= rx[i].flow.index != job->received ||
				 rx[i].bytes.ptr[0] != '0' + (char)job->index;
}

/* A flow that was kept and is not there is told of once more. */
static void on_closed(void *user, const struct bel_flow *flow)
{
	(void)flow;
	((struct job *)user)->closed++;
}

static void on_failed(struct bel_flow_waiter *waiter, enum bel_err err)
{
	struct job *job = BEL_CONTAINER_OF(waiter, struct job, waiter);

	job->told++;
	job->is_wrong |= err != BEL_ERR_CLOSED;
}

static const struct bel_transport_port port = { .on_messages = on_messages,
						.find_owner = find_owner,
						.on_closed = on_closed };

static void send_one(struct job *job)
{
	char text[] = { (char)('0' + 1 - job->index), '\0' };
	struct bel_flow flow = { .transport = BEL_SIP_TCP,
				 .worker = (uint16_t)(1 - job->index),
				 .index = job->sent };
	struct bel_rx rx = { .flow = flow, .bytes = { text, 1 } };

	job->is_wrong |= bel_transport_steer(job->transport, &rx, 1) != 0;
	job->is_wrong |= bel_flow_is_open(job->transport, &flow);
	bel_flow_keep(job->transport, &flow);
	if (job->sent == 0) {
		bel_flow_waiter_init(&job->waiter, on_failed);
		bel_flow_wait(job->transport, &flow, &job->waiter);
		bel_flow_send(job->transport, &flow, BEL_STR("request"));
	}
	job->sent++;
}

static void on_turn_end(void *user)
{
	struct job *job = user;

	for (unsigned i = 0; i < A_TURN && job->sent < MESSAGES; i++)
		send_one(job);
	if (is_done(job))
		bel_loop_stop(job->loop);
	else
		bel_loop_wake(job->loop);
}

static void *work(void *user)
{
	struct job *job = user;

	bel_loop_run(job->loop);
	return NULL;
}

static void open_job(struct job *job, unsigned index)
{
	*job = (struct job){ .index = index };
	assert_int_equal(bel_loop_open(&job->loop), BEL_OK);
	assert_int_equal(bel_transport_open(&job->transport, NULL,
					    &(struct bel_transport_opts){
						    .loop = job->loop,
						    .worker = (uint16_t)index,
						    .workers = WORKERS,
						    .port = &port,
						    .user = job,
					    }),
			 BEL_OK);
	job->hook = (struct bel_turn_hook){ .on_turn_end = on_turn_end, .user = job };
	bel_loop_put_hook(job->loop, &job->hook);
	bel_loop_wake(job->loop);
}

static void two_threads_hand_over_to_each_other(void **state)
{
	struct job jobs[WORKERS];
	struct bel_transport *transports[WORKERS];
	pthread_t threads[WORKERS];

	(void)state;
	for (unsigned i = 0; i < WORKERS; i++) {
		open_job(&jobs[i], i);
		transports[i] = jobs[i].transport;
	}
	bel_transport_join(transports, WORKERS);
	for (unsigned i = 0; i < WORKERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, &jobs[i]), 0);
	for (unsigned i = 0; i < WORKERS; i++)
		pthread_join(threads[i], NULL);
	for (unsigned i = 0; i < WORKERS; i++) {
		const struct bel_transport_counters *counters = bel_transport_counters(
			transports[i]);
		assert_false(jobs[i].is_wrong);
		assert_int_equal(jobs[i].told, 1);
		assert_int_equal(counters->handed_over, MESSAGES);
		assert_int_equal(counters->handed_lost, 0);
	}
	for (unsigned i = 0; i < WORKERS; i++)
		bel_transport_part(transports[i]);
	for (unsigned i = 0; i < WORKERS; i++) {
		bel_loop_remove_hook(jobs[i].loop, &jobs[i].hook);
		bel_transport_close(transports[i]);
		bel_loop_close(jobs[i].loop);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_threads_hand_over_to_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
