/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>

#include "io/io_int.h"

struct bel_service {
	/* set once */
	bool has_thread;
	pthread_t thread;
	unsigned jobs_max;

	/* any thread, under the lock */
	pthread_mutex_t lock;
	pthread_cond_t has_work;
	struct bel_letter *first, **last;
	unsigned count;
	bool is_ending;
};

static struct bel_job *job_of(struct bel_letter *letter)
{
	return BEL_CONTAINER_OF(letter, struct bel_job, letter);
}

static void on_home_letter(void *user, struct bel_letter *letter)
{
	struct bel_job *job = job_of(letter);

	(void)user;
	job->on_done(job);
}

/* Without an on_done the job may be gone once it has run. The poster's mailbox holds as
 * many letters as jobs may wait, so it is full only for the moment of a turn. */
static void do_job(struct bel_job *job)
{
	bool is_awaited = job->on_done != NULL;

	job->run(job);
	while (is_awaited && bel_mailbox_post(job->home, &job->letter) == BEL_ERR_BUSY)
		sched_yield();
}

static struct bel_letter *wait_for_work(struct bel_service *service)
{
	pthread_mutex_lock(&service->lock);
	while (!service->first && !service->is_ending)
		pthread_cond_wait(&service->has_work, &service->lock);
	struct bel_letter *letters = service->first;
	service->first = NULL;
	service->last = &service->first;
	service->count = 0;
	pthread_mutex_unlock(&service->lock);
	return letters;
}

static void *serve(void *user)
{
	struct bel_letter *letters;

	while ((letters = wait_for_work(user))) {
		while (letters) {
			struct bel_job *job = job_of(letters);
			letters = letters->next;
			do_job(job);
		}
	}
	return NULL;
}

enum bel_err bel_service_open(struct bel_service **out, struct bel_loop *loop,
			      unsigned jobs_max)
{
	struct bel_service *service = calloc(1, sizeof *service);
	int failure = 0;

	if (!service)
		return bel_err_from_errno(ENOMEM);
	service->has_thread = loop->ops->has_threads;
	service->jobs_max = jobs_max;
	service->last = &service->first;
	pthread_mutex_init(&service->lock, NULL);
	pthread_cond_init(&service->has_work, NULL);
	if (service->has_thread)
		failure = pthread_create(&service->thread, NULL, serve, service);
	if (failure) {
		free(service);
		return bel_err_from_errno(failure);
	}
	*out = service;
	return BEL_OK;
}

void bel_service_close(struct bel_service *service)
{
	if (!service)
		return;
	if (service->has_thread) {
		pthread_mutex_lock(&service->lock);
		service->is_ending = true;
		pthread_cond_signal(&service->has_work);
		pthread_mutex_unlock(&service->lock);
		pthread_join(service->thread, NULL);
	}
	pthread_cond_destroy(&service->has_work);
	pthread_mutex_destroy(&service->lock);
	free(service);
}

enum bel_err bel_service_home(struct bel_mailbox **out, struct bel_loop *loop,
			      unsigned jobs_max)
{
	return bel_mailbox_open(out, loop, jobs_max, on_home_letter, NULL);
}

enum bel_err bel_service_post(struct bel_service *service, struct bel_mailbox *home,
			      struct bel_job *job)
{
	enum bel_err err = BEL_OK;

	job->home = home;
	job->letter.next = NULL;
	if (!service->has_thread) {
		do_job(job);
		return BEL_OK;
	}
	pthread_mutex_lock(&service->lock);
	if (service->count == service->jobs_max) {
		err = BEL_ERR_BUSY;
	} else {
		service->count++;
		*service->last = &job->letter;
		service->last = &job->letter.next;
		pthread_cond_signal(&service->has_work);
	}
	pthread_mutex_unlock(&service->lock);
	return err;
}
