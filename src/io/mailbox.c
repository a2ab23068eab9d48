/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "io/io_int.h"

struct bel_mailbox {
	/* set once */
	struct bel_loop *loop;
	struct bel_list node; /* in the loop's list */
	unsigned letters_max;
	void (*on_letter)(void *user, struct bel_letter *letter);
	void *user;

	/* the loop's thread only */
	struct bel_letter *taken; /* out of the queue, not delivered yet */
	bool *is_closed;          /* told to the delivery that runs, if one does */

	/* any thread, under the lock */
	pthread_mutex_t lock;
	struct bel_letter *first, **last;
	unsigned count;    /* letters that wait */
	unsigned reserved; /* places kept for letters to come */
};

enum bel_err bel_mailbox_open(struct bel_mailbox **out, struct bel_loop *loop,
			      unsigned letters_max,
			      void (*on_letter)(void *user, struct bel_letter *letter),
			      void *user)
{
	struct bel_mailbox *box = calloc(1, sizeof *box);

	if (!box)
		return bel_err_from_errno(ENOMEM);
	*box = (struct bel_mailbox){ .loop = loop,
				     .letters_max = letters_max,
				     .on_letter = on_letter,
				     .user = user };
	pthread_mutex_init(&box->lock, NULL);
	box->last = &box->first;
	bel_list_put(&loop->mailboxes, &box->node);
	*out = box;
	return BEL_OK;
}

static struct bel_letter *take_all(struct bel_mailbox *box)
{
	pthread_mutex_lock(&box->lock);
	struct bel_letter *letters = box->first;
	box->first = NULL;
	box->last = &box->first;
	box->count = 0;
	pthread_mutex_unlock(&box->lock);
	return letters;
}

/* The callback may close the box, and closing delivers what is left, here and there alike
 * in the order posted. */
static void deliver_taken(struct bel_mailbox *box)
{
	while (box->taken) {
		struct bel_letter *letter = box->taken;
		bool is_closed = false, *outer = box->is_closed;
		box->taken = letter->next;
		box->is_closed = &is_closed;
		box->on_letter(box->user, letter);
		if (is_closed)
			return;
		box->is_closed = outer;
	}
}

static void deliver(struct bel_mailbox *box)
{
	box->taken = take_all(box);
	deliver_taken(box);
}

void bel_mailboxes_deliver(struct bel_loop *loop)
{
	struct bel_list waiting;

	/* A callback may close any box: each is back in the list before its turn. */
	bel_list_init(&waiting);
	bel_list_splice(&waiting, &loop->mailboxes);
	while (!bel_list_is_empty(&waiting)) {
		struct bel_mailbox *box = BEL_CONTAINER_OF(waiting.next,
							   struct bel_mailbox, node);
		bel_list_remove(&box->node);
		bel_list_put(&loop->mailboxes, &box->node);
		deliver(box);
	}
}

void bel_mailbox_close(struct bel_mailbox *box)
{
	bool *is_closed;

	if (!box)
		return;
	is_closed = box->is_closed;
	box->is_closed = NULL;
	deliver_taken(box);
	deliver(box);
	if (is_closed)
		*is_closed = true;
	bel_list_remove(&box->node);
	pthread_mutex_destroy(&box->lock);
	free(box);
}

/* Under the lock. True for the first letter: the loop must be woken. */
static bool append(struct bel_mailbox *box, struct bel_letter *letter)
{
	letter->next = NULL;
	*box->last = letter;
	box->last = &letter->next;
	return box->count++ == 0;
}

static bool is_full(const struct bel_mailbox *box)
{
	return box->count + box->reserved >= box->letters_max;
}

enum bel_err bel_mailbox_post(struct bel_mailbox *box, struct bel_letter *letter)
{
	bool is_first;

	pthread_mutex_lock(&box->lock);
	if (is_full(box)) {
		pthread_mutex_unlock(&box->lock);
		return BEL_ERR_BUSY;
	}
	is_first = append(box, letter);
	pthread_mutex_unlock(&box->lock);
	if (is_first)
		bel_loop_wake(box->loop);
	return BEL_OK;
}

enum bel_err bel_mailbox_reserve(struct bel_mailbox *box)
{
	enum bel_err err = BEL_ERR_BUSY;

	pthread_mutex_lock(&box->lock);
	if (!is_full(box)) {
		box->reserved++;
		err = BEL_OK;
	}
	pthread_mutex_unlock(&box->lock);
	return err;
}

void bel_mailbox_unreserve(struct bel_mailbox *box)
{
	pthread_mutex_lock(&box->lock);
	box->reserved--;
	pthread_mutex_unlock(&box->lock);
}

void bel_mailbox_post_reserved(struct bel_mailbox *box, struct bel_letter *letter)
{
	bool is_first;

	pthread_mutex_lock(&box->lock);
	box->reserved--;
	is_first = append(box, letter);
	pthread_mutex_unlock(&box->lock);
	if (is_first)
		bel_loop_wake(box->loop);
}
