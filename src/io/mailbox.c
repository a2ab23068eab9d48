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

	/* any thread, under the lock */
	pthread_mutex_t lock;
	struct bel_letter *first, **last;
	unsigned count;
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

static void deliver(struct bel_mailbox *box)
{
	void (*on_letter)(void *, struct bel_letter *) = box->on_letter;
	void *user = box->user;
	struct bel_letter *letters = take_all(box);

	/* A callback may close the box: nothing of it is touched from here on. */
	while (letters) {
		struct bel_letter *letter = letters;
		letters = letter->next;
		on_letter(user, letter);
	}
}

void bel_mailboxes_deliver(struct bel_loop *loop)
{
	BEL_LIST_EACH(node, &loop->mailboxes)
	{
		deliver(BEL_CONTAINER_OF(node, struct bel_mailbox, node));
	}
}

void bel_mailbox_close(struct bel_mailbox *box)
{
	if (!box)
		return;
	deliver(box);
	bel_list_remove(&box->node);
	pthread_mutex_destroy(&box->lock);
	free(box);
}

enum bel_err bel_mailbox_post(struct bel_mailbox *box, struct bel_letter *letter)
{
	bool is_first;

	letter->next = NULL;
	pthread_mutex_lock(&box->lock);
	if (box->count == box->letters_max) {
		pthread_mutex_unlock(&box->lock);
		return BEL_ERR_BUSY;
	}
	is_first = box->count++ == 0;
	*box->last = letter;
	box->last = &letter->next;
	pthread_mutex_unlock(&box->lock);
	if (is_first)
		bel_loop_wake(box->loop);
	return BEL_OK;
}
