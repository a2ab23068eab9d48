/* SPDX-License-Identifier: Apache-2.0
 * When journals are synced. A record makes its journal dirty; the worker sees that at the
 * end of its turn and starts a timer, or, when somebody waits, syncs at once: a group
 * that starts when the last one ends. */
#include "store/store_int.h"

static void request(struct bel_journal *journal);

static void start_timer(struct bel_journal *journal)
{
	unsigned sync_ms = journal->store->sync_ms;

	if (journal->is_closing)
		return;
	bel_timer_start(journal->loop, &journal->timer,
			bel_loop_now_ms(journal->loop) +
				(sync_ms ? sync_ms : SYNC_MS_DEFAULT));
}

/* On the syncing thread. */
static void sync_now(struct bel_job *job)
{
	struct bel_journal *journal = BEL_CONTAINER_OF(job, struct bel_journal, sync_job);
	struct bel_store *store = journal->store;

	journal->sync_err = bel_journal_sync(journal, &journal->sync_ticket);
	atomic_fetch_add(journal->sync_err ? &store->sync_failures : &store->syncs, 1);
	if (journal->sync_err)
		bel_store_note(store, BEL_LOG_ERROR, "registrations are not synced",
			       journal->sync_err, BEL_STR_NONE);
	else
		bel_snapshot_consider(store);
}

/* Those whose ticket was covered, or (all) everybody. */
static void tell(struct bel_journal *journal, enum bel_err err, bool all)
{
	struct bel_list told;

	bel_list_init(&told);
	BEL_LIST_EACH(node, &journal->waiters)
	{
		struct bel_store_waiter *waiter = BEL_CONTAINER_OF(
			node, struct bel_store_waiter, node);
		if (!all && waiter->ticket > journal->sync_ticket)
			continue;
		bel_list_remove(node);
		bel_list_put(&told, node);
	}
	while (!bel_list_is_empty(&told)) {
		struct bel_store_waiter *waiter = BEL_CONTAINER_OF(
			told.next, struct bel_store_waiter, node);
		bel_list_remove(&waiter->node);
		waiter->on_synced(waiter, err);
	}
}

static void on_synced(struct bel_job *job)
{
	struct bel_journal *journal = BEL_CONTAINER_OF(job, struct bel_journal, sync_job);

	journal->is_syncing = false;
	tell(journal, journal->sync_err, false);
	if (!bel_list_is_empty(&journal->waiters))
		request(journal);
	else if (bel_journal_is_dirty(journal))
		start_timer(journal);
}

static void request(struct bel_journal *journal)
{
	if (journal->is_syncing || journal->is_closing)
		return;
	journal->sync_job.run = sync_now;
	journal->sync_job.on_done = on_synced;
	journal->is_syncing = bel_service_post(journal->store->syncing, journal->home,
					       &journal->sync_job) == BEL_OK;
	if (!journal->is_syncing)
		start_timer(journal);
}

static void on_due(void *user)
{
	request(user);
}

static void on_turn_end(void *user)
{
	struct bel_journal *journal = user;

	if (!journal->is_syncing && !bel_timer_is_running(&journal->timer) &&
	    bel_journal_is_dirty(journal))
		start_timer(journal);
}

void bel_store_wait(struct bel_store *store, unsigned worker, uint64_t ticket,
		    struct bel_store_waiter *waiter)
{
	struct bel_journal *journal;

	if (worker >= store->workers) {
		waiter->on_synced(waiter, BEL_ERR_DENIED);
		return;
	}
	journal = &store->journals[worker];
	if (store->sync_ms || atomic_load(&journal->synced) >= ticket) {
		waiter->on_synced(waiter, BEL_OK);
		return;
	}
	waiter->ticket = ticket;
	bel_list_put(&journal->waiters, &waiter->node);
	request(journal);
}

void bel_sync_start(struct bel_journal *journal)
{
	journal->hook.on_turn_end = on_turn_end;
	journal->hook.user = journal;
	bel_loop_put_hook(journal->loop, &journal->hook);
	bel_timer_init(&journal->timer, on_due, journal);
}

void bel_sync_stop(struct bel_journal *journal)
{
	bel_loop_remove_hook(journal->loop, &journal->hook);
	bel_timer_stop(journal->loop, &journal->timer);
}

void bel_sync_leave(struct bel_journal *journal)
{
	tell(journal, BEL_ERR_CLOSED, true);
}
