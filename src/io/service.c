/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "io/io_int.h"

struct bel_service {
	/* set once */
	struct bel_loop *loop;
	struct bel_list node; /* in the loop's list, when there is no thread */
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

/* Without an on_done the job may be gone once it has run. */
static void do_job(struct bel_job *job)
{
	bool is_awaited = job->on_done != NULL;

	job->run(job);
	if (is_awaited)
		bel_mailbox_post_reserved(job->home, &job->letter);
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

/* One job of a service without a thread; false when none waits. */
static bool do_first(struct bel_service *service)
{
	struct bel_letter *letter = service->first;

	if (!letter)
		return false;
	service->first = letter->next;
	if (!service->first)
		service->last = &service->first;
	service->count--;
	do_job(job_of(letter));
	return true;
}

bool bel_services_work(struct bel_loop *loop)
{
	bool has_more = false;

	BEL_LIST_EACH(at, &loop->services)
	{
		struct bel_service *service = BEL_CONTAINER_OF(at, struct bel_service,
							       node);
		do_first(service);
		has_more |= service->first != NULL;
	}
	return has_more;
}

enum bel_err bel_service_open(struct bel_service **out, struct bel_loop *loop,
			      unsigned jobs_max)
{
	struct bel_service *service = calloc(1, sizeof *service);
	int failure = 0;

	if (!service)
		return bel_err_from_errno(ENOMEM);
	service->loop = loop;
	service->has_thread = !loop->ops->work_posted;
	service->jobs_max = jobs_max;
	service->last = &service->first;
	bel_list_init(&service->node);
	pthread_mutex_init(&service->lock, NULL);
	pthread_cond_init(&service->has_work, NULL);
	if (service->has_thread)
		failure = pthread_create(&service->thread, NULL, serve, service);
	else
		bel_list_put(&loop->services, &service->node);
	if (failure) {
		pthread_cond_destroy(&service->has_work);
		pthread_mutex_destroy(&service->lock);
		free(service);
		return bel_err_from_errno(failure);
	}
	*out = service;
	return BEL_OK;
}

static void join(struct bel_service *service)
{
	pthread_mutex_lock(&service->lock);
	service->is_ending = true;
	pthread_cond_signal(&service->has_work);
	pthread_mutex_unlock(&service->lock);
	pthread_join(service->thread, NULL);
}

void bel_service_close(struct bel_service *service)
{
	if (!service)
		return;
	if (service->has_thread)
		join(service);
	else
		while (do_first(service))
			;
	bel_list_remove(&service->node);
	pthread_cond_destroy(&service->has_work);
	pthread_mutex_destroy(&service->lock);
	free(service);
}

enum bel_err bel_service_home(struct bel_mailbox **out, struct bel_loop *loop,
			      unsigned jobs_max)
{
	return bel_mailbox_open(out, loop, jobs_max, on_home_letter, NULL);
}

/* False: the queue is full. */
static bool append(struct bel_service *service, struct bel_job *job)
{
	bool is_full;

	pthread_mutex_lock(&service->lock);
	is_full = service->count == service->jobs_max;
	if (!is_full) {
		service->count++;
		*service->last = &job->letter;
		service->last = &job->letter.next;
		pthread_cond_signal(&service->has_work);
	}
	pthread_mutex_unlock(&service->lock);
	return !is_full;
}

enum bel_err bel_service_post(struct bel_service *service, struct bel_mailbox *home,
			      struct bel_job *job)
{
	/* The answer's place in the mailbox is kept now, so that a service never waits
	 * for a loop: the loop may be waiting for it. */
	enum bel_err err = job->on_done ? bel_mailbox_reserve(home) : BEL_OK;

	if (err)
		return err;
	job->home = home;
	job->letter.next = NULL;
	if (!append(service, job)) {
		if (job->on_done)
			bel_mailbox_unreserve(home);
		return BEL_ERR_BUSY;
	}
	if (!service->has_thread)
		service->loop->ops->work_posted(service->loop);
	return BEL_OK;
}
