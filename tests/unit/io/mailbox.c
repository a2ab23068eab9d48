/* SPDX-License-Identifier: Apache-2.0
 * Letters between threads, and jobs on the service thread. */
#include "support/support.h"

#include <pthread.h>
#include <sched.h>

#include "io/io.h"

enum { SENDERS = 4, LETTERS = 20000, BOX = 64 };

struct numbered {
	struct bel_letter letter;
	unsigned sender, number;
};

struct post_office {
	struct bel_loop *loop;
	struct bel_mailbox *box, *other;
	unsigned next[SENDERS]; /* the number expected from each */
	unsigned count, wanted;
	bool must_close, must_close_other;
};

static void on_letter(void *user, struct bel_letter *letter)
{
	struct post_office *office = user;
	struct numbered *numbered = BEL_CONTAINER_OF(letter, struct numbered, letter);

	assert_int_equal(numbered->number, office->next[numbered->sender]++);
	if (++office->count == office->wanted)
		bel_loop_stop(office->loop);
	if (office->must_close) {
		office->must_close = false;
		bel_mailbox_close(office->box);
		office->box = NULL;
	}
	if (office->must_close_other) {
		office->must_close_other = false;
		bel_mailbox_close(office->other);
		office->other = NULL;
	}
}

static struct post_office *set_up(unsigned letters_max)
{
	struct post_office *office = calloc(1, sizeof *office);

	assert_non_null(office);
	assert_int_equal(bel_loop_open(&office->loop), BEL_OK);
	assert_int_equal(bel_mailbox_open(&office->box, office->loop, letters_max,
					  on_letter, office),
			 BEL_OK);
	return office;
}

static void tear_down(struct post_office *office)
{
	bel_mailbox_close(office->box);
	bel_mailbox_close(office->other);
	bel_loop_close(office->loop);
	free(office);
}

struct sender {
	struct post_office *office;
	struct numbered *letters;
};

static void *send_all(void *user)
{
	struct sender *sender = user;

	for (unsigned i = 0; i < LETTERS; i++)
		while (bel_mailbox_post(sender->office->box,
					&sender->letters[i].letter) == BEL_ERR_BUSY)
			sched_yield();
	return NULL;
}

static void letters_of_each_sender_come_once_and_in_order(void **state)
{
	struct post_office *office = set_up(BOX);
	struct sender senders[SENDERS];
	pthread_t threads[SENDERS];
	(void)state;

	office->wanted = SENDERS * LETTERS;
	for (unsigned i = 0; i < SENDERS; i++) {
		senders[i] = (struct sender){ office,
					      calloc(LETTERS, sizeof(struct numbered)) };
		for (unsigned k = 0; k < LETTERS; k++) {
			senders[i].letters[k].sender = i;
			senders[i].letters[k].number = k;
		}
		assert_int_equal(pthread_create(&threads[i], NULL, send_all, &senders[i]),
				 0);
	}
	assert_int_equal(bel_loop_run(office->loop), BEL_OK);
	for (unsigned i = 0; i < SENDERS; i++) {
		pthread_join(threads[i], NULL);
		free(senders[i].letters);
	}
	assert_int_equal(office->count, SENDERS * LETTERS);
	tear_down(office);
}

static void a_full_box_is_busy_and_the_letter_stays_ours(void **state)
{
	struct post_office *office = set_up(2);
	struct numbered letters[3] = { { .number = 0 },
				       { .number = 1 },
				       { .number = 2 } };
	(void)state;

	assert_int_equal(bel_mailbox_post(office->box, &letters[0].letter), BEL_OK);
	assert_int_equal(bel_mailbox_post(office->box, &letters[1].letter), BEL_OK);
	assert_int_equal(bel_mailbox_post(office->box, &letters[2].letter), BEL_ERR_BUSY);
	bel_loop_turn(office->loop, 0);
	assert_int_equal(office->count, 2);
	assert_int_equal(bel_mailbox_post(office->box, &letters[2].letter), BEL_OK);
	bel_loop_turn(office->loop, 0);
	assert_int_equal(office->count, 3);
	tear_down(office);
}

static void a_box_that_closes_hands_out_what_waits(void **state)
{
	struct post_office *office = set_up(8);
	struct numbered letters[3] = { { .number = 0 },
				       { .number = 1 },
				       { .number = 2 } };
	(void)state;

	for (unsigned i = 0; i < 3; i++)
		bel_mailbox_post(office->box, &letters[i].letter);
	bel_mailbox_close(office->box);
	office->box = NULL;
	assert_int_equal(office->count, 3);
	tear_down(office);
}

static void a_letter_may_close_its_own_box(void **state)
{
	struct post_office *office = set_up(8);
	struct numbered letters[3] = { { .number = 0 },
				       { .number = 1 },
				       { .number = 2 } };
	(void)state;

	office->must_close = true;
	for (unsigned i = 0; i < 3; i++)
		bel_mailbox_post(office->box, &letters[i].letter);
	bel_loop_turn(office->loop, 0);
	/* The other two came from inside close, in their order. */
	assert_null(office->box);
	assert_int_equal(office->count, 3);
	tear_down(office);
}

static void a_letter_may_close_another_box(void **state)
{
	struct post_office *office = set_up(8), *neighbour = calloc(1, sizeof *neighbour);
	struct numbered letter = { .number = 0 };
	(void)state;

	assert_int_equal(
		bel_mailbox_open(&office->other, office->loop, 8, on_letter, neighbour),
		BEL_OK);
	office->must_close_other = true;
	bel_mailbox_post(office->box, &letter.letter);
	bel_loop_turn(office->loop, 0);
	assert_int_equal(office->count, 1);
	assert_null(office->other);
	tear_down(office);
	free(neighbour);
}

/* ---- hooks ---- */

struct hooked {
	struct bel_loop *loop;
	struct bel_turn_hook hook;
	struct hooked *victim;
	unsigned count;
};

static void on_turn_end(void *user)
{
	struct hooked *hooked = user;

	hooked->count++;
	if (hooked->victim)
		bel_loop_remove_hook(hooked->loop, &hooked->victim->hook);
}

static void a_hook_may_remove_itself_and_the_next(void **state)
{
	struct post_office *office = set_up(1);
	struct hooked hooked[3];
	(void)state;

	memset(hooked, 0, sizeof hooked);
	for (unsigned i = 0; i < 3; i++) {
		hooked[i].loop = office->loop;
		hooked[i].hook = (struct bel_turn_hook){ .on_turn_end = on_turn_end,
							 .user = &hooked[i] };
		bel_loop_put_hook(office->loop, &hooked[i].hook);
	}
	hooked[0].victim = &hooked[1];
	hooked[2].victim = &hooked[2];
	bel_loop_turn(office->loop, 0);
	bel_loop_turn(office->loop, 0);
	assert_int_equal(hooked[0].count, 2);
	assert_int_equal(hooked[1].count, 0);
	assert_int_equal(hooked[2].count, 1);
	bel_loop_remove_hook(office->loop, &hooked[0].hook);
	tear_down(office);
}

/* ---- services ---- */

enum { JOBS = 5000, JOBS_MAX = 16 };

struct task {
	struct bel_job job;
	struct bureau *bureau;
	unsigned number;
};

struct bureau {
	struct bel_loop *loop;
	struct bel_service *service;
	struct bel_mailbox *home;
	pthread_t main;
	unsigned run_count, done_count;
	struct task tasks[JOBS];
};

static void run_task(struct bel_job *job)
{
	struct task *task = BEL_CONTAINER_OF(job, struct task, job);

	assert_false(pthread_equal(pthread_self(), task->bureau->main));
	assert_int_equal(task->number, task->bureau->run_count++);
}

static void on_task_done(struct bel_job *job)
{
	struct task *task = BEL_CONTAINER_OF(job, struct task, job);

	assert_true(pthread_equal(pthread_self(), task->bureau->main));
	assert_int_equal(task->number, task->bureau->done_count++);
}

static struct bureau *open_bureau(void)
{
	struct bureau *bureau = calloc(1, sizeof *bureau);

	assert_non_null(bureau);
	bureau->main = pthread_self();
	assert_int_equal(bel_loop_open(&bureau->loop), BEL_OK);
	assert_int_equal(bel_service_open(&bureau->service, bureau->loop, JOBS_MAX),
			 BEL_OK);
	assert_int_equal(bel_service_home(&bureau->home, bureau->loop, JOBS_MAX), BEL_OK);
	for (unsigned i = 0; i < JOBS; i++)
		bureau->tasks[i] = (struct task){ .job = { .run = run_task,
							   .on_done = on_task_done },
						  .bureau = bureau,
						  .number = i };
	return bureau;
}

static void close_bureau(struct bureau *bureau)
{
	bel_service_close(bureau->service);
	bel_mailbox_close(bureau->home);
	bel_loop_close(bureau->loop);
	free(bureau);
}

static void jobs_run_beside_the_loop_and_are_answered_on_it_in_order(void **state)
{
	struct bureau *bureau = open_bureau();
	(void)state;

	for (unsigned posted = 0; bureau->done_count < JOBS;) {
		while (posted < JOBS &&
		       bel_service_post(bureau->service, bureau->home,
					&bureau->tasks[posted].job) == BEL_OK)
			posted++;
		bel_loop_turn(bureau->loop, 1000);
	}
	close_bureau(bureau);
}

static void closing_a_service_waits_for_its_jobs_with_a_full_mailbox_too(void **state)
{
	struct bureau *bureau = open_bureau();
	unsigned posted = 0;
	(void)state;

	/* Without a turn of the loop in between: nobody empties the mailbox. */
	while (posted < JOBS && bel_service_post(bureau->service, bureau->home,
						 &bureau->tasks[posted].job) == BEL_OK)
		posted++;
	assert_int_equal(posted, JOBS_MAX);
	bel_service_close(bureau->service);
	bureau->service = NULL;
	assert_int_equal(bureau->run_count, JOBS_MAX);
	assert_int_equal(bureau->done_count, 0);
	bel_mailbox_close(bureau->home);
	bureau->home = NULL;
	assert_int_equal(bureau->done_count, JOBS_MAX);
	close_bureau(bureau);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(letters_of_each_sender_come_once_and_in_order),
		cmocka_unit_test(a_full_box_is_busy_and_the_letter_stays_ours),
		cmocka_unit_test(a_box_that_closes_hands_out_what_waits),
		cmocka_unit_test(a_letter_may_close_its_own_box),
		cmocka_unit_test(a_letter_may_close_another_box),
		cmocka_unit_test(a_hook_may_remove_itself_and_the_next),
		cmocka_unit_test(
			jobs_run_beside_the_loop_and_are_answered_on_it_in_order),
		cmocka_unit_test(
			closing_a_service_waits_for_its_jobs_with_a_full_mailbox_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
