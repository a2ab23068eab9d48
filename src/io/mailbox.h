/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_IO_MAILBOX_H
#define BEL_IO_MAILBOX_H

#include "base/base.h"

struct bel_loop;
struct bel_mailbox;

/* Embedded in whatever is handed over; belongs to the sender until post succeeds, to the
 * receiver from on_letter on. */
struct bel_letter {
	struct bel_letter *next;
};

/* A bounded queue from any thread to the loop's thread. on_letter is called once for each
 * letter in the order posted by each sender. */
enum bel_err bel_mailbox_open(struct bel_mailbox **out, struct bel_loop *loop,
			      unsigned letters_max,
			      void (*on_letter)(void *user, struct bel_letter *letter),
			      void *user);
/* No thread may post any more. Letters that wait are delivered first, from inside this
 * call; on_letter may call it, too. */
void bel_mailbox_close(struct bel_mailbox *mailbox);
/* Any thread. BEL_ERR_BUSY when letters_max wait: the letter stays the caller's. The
 * receiver is woken once for any number of letters that wait. */
enum bel_err bel_mailbox_post(struct bel_mailbox *mailbox, struct bel_letter *letter);

/* One thread beside the loops for work that blocks: disks and databases. Jobs run in the
 * order posted. In a simulation a job is an event of its own: it runs after post has
 * returned, at the same virtual time, or later when the disk is slow. */
struct bel_service;
struct bel_job {
	struct bel_letter letter;
	void (*run)(struct bel_job *job); /* on the service thread */
	void (*on_done)(
		struct bel_job *job); /* on the loop that posted it; may be NULL */
	struct bel_mailbox *home;     /* set by post */
};

enum bel_err bel_service_open(struct bel_service **out, struct bel_loop *loop,
			      unsigned jobs_max);
/* Waits for the jobs that were posted. */
void bel_service_close(struct bel_service *service);
/* A mailbox for the answers of at most jobs_max jobs at once; to be closed after the
 * services that use it. */
enum bel_err bel_service_home(struct bel_mailbox **out, struct bel_loop *loop,
			      unsigned jobs_max);
/* From the thread of `home`. BEL_ERR_BUSY when the service's jobs_max wait, or as many of
 * home's jobs are not yet answered; the job then stays the caller's. */
enum bel_err bel_service_post(struct bel_service *service, struct bel_mailbox *home,
			      struct bel_job *job);

#endif
