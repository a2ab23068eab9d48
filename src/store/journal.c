/* SPDX-License-Identifier: Apache-2.0
 * One worker's journal: the segment that is written, spare ones that wait, and those left
 * behind that are not yet synced. */
#include <errno.h>
#include <stdlib.h>

#include "store/store_int.h"

/* ---- spare segments ---- */

static struct bel_segment *first_of(struct bel_list *list)
{
	return bel_list_is_empty(list)
		       ? NULL
		       : BEL_CONTAINER_OF(list->next, struct bel_segment, node);
}

/* One more, when one is wanted; *number is that of the next one then. */
static bool wants_spare(struct bel_journal *journal, uint64_t *number)
{
	pthread_mutex_lock(&journal->lock);
	bool is_wanted = journal->spares_count < journal->spares_wanted;
	*number = journal->next_number;
	pthread_mutex_unlock(&journal->lock);
	return is_wanted;
}

static void put_spare(struct bel_journal *journal, struct bel_segment *segment)
{
	pthread_mutex_lock(&journal->lock);
	bel_list_put(&journal->spares, &segment->node);
	journal->spares_count++;
	journal->next_number++;
	pthread_mutex_unlock(&journal->lock);
}

enum bel_err bel_journal_get_spares(struct bel_journal *journal)
{
	struct bel_store *store = journal->store;
	struct bel_segment *segment;
	enum bel_err err = BEL_OK;
	uint64_t number;

	pthread_mutex_lock(&journal->getting);
	while (!err && wants_spare(journal, &number)) {
		err = bel_segment_make(&segment, store->disk, BEL_SEGMENT_JOURNAL,
				       journal->worker, number, store->segment_bytes);
		if (!err)
			put_spare(journal, segment);
	}
	pthread_mutex_lock(&journal->lock);
	if (journal->spares_count)
		err = BEL_OK;
	pthread_mutex_unlock(&journal->lock);
	pthread_mutex_unlock(&journal->getting);
	return err;
}

static void get_spares(struct bel_job *job)
{
	struct bel_journal *journal = BEL_CONTAINER_OF(job, struct bel_journal, get_job);
	enum bel_err err = bel_journal_get_spares(journal);

	if (err)
		bel_store_note(journal->store, BEL_LOG_ERROR,
			       "no room for registrations: no further segment", err,
			       BEL_STR_NONE);
	atomic_store(&journal->is_getting, false);
}

static void ask_for_spares(struct bel_journal *journal)
{
	if (atomic_exchange(&journal->is_getting, true))
		return;
	journal->get_job.run = get_spares;
	if (bel_service_post(journal->store->syncing, NULL, &journal->get_job))
		atomic_store(&journal->is_getting, false);
}

/* How many segments of the present speed are to be ready: a disk that is busy with a
 * snapshot may keep whoever makes them waiting for seconds. Under the lock. */
static unsigned spares_for(struct bel_journal *journal)
{
	uint64_t now = atomic_load_explicit(&journal->store->syncs, memory_order_relaxed);
	uint64_t lasted = now - journal->turned_at;

	journal->turned_at = now;
	if (lasted >= SPARE_SYNCS)
		return 1;
	return lasted > SPARE_SYNCS / SPARES_MAX ? 1 + (unsigned)(SPARE_SYNCS / lasted)
						 : SPARES_MAX;
}

/* Under the lock. */
static bool turn(struct bel_journal *journal)
{
	struct bel_segment *next = first_of(&journal->spares);

	if (!next)
		return false;
	bel_list_remove(&next->node);
	journal->spares_count--;
	if (journal->current)
		bel_list_put(&journal->full, &journal->current->node);
	journal->current = next;
	return true;
}

enum bel_err bel_journal_turn(struct bel_journal *journal, uint64_t *before)
{
	enum bel_err err = bel_journal_get_spares(journal);

	if (err)
		return err;
	pthread_mutex_lock(&journal->lock);
	/* A worker may have taken the one just made; then the present one is new. */
	turn(journal);
	*before = journal->current->number - 1;
	pthread_mutex_unlock(&journal->lock);
	return BEL_OK;
}

/* ---- appending ---- */

bool bel_journal_is_dirty(const struct bel_journal *journal)
{
	return atomic_load_explicit(&journal->appended, memory_order_relaxed) !=
	       atomic_load_explicit(&journal->synced, memory_order_relaxed);
}

/* Under the lock. */
static enum bel_err append(struct bel_journal *journal, uint64_t version, bel_str record,
			   uint64_t *ticket)
{
	if (record.len >
	    journal->store->segment_bytes - SEGMENT_HEAD_BYTES - 2 * RECORD_HEAD_BYTES)
		return BEL_ERR_LIMIT;
	if (!bel_segment_fits(journal->current, record.len)) {
		if (!turn(journal))
			return bel_err_from_errno(ENOSPC);
		journal->spares_wanted = spares_for(journal);
	}
	bel_segment_append(journal->current, version, record);
	*ticket = atomic_load_explicit(&journal->appended, memory_order_relaxed) +
		  RECORD_HEAD_BYTES + record.len;
	atomic_store_explicit(&journal->appended, *ticket, memory_order_relaxed);
	atomic_fetch_add_explicit(&journal->records, 1, memory_order_relaxed);
	return BEL_OK;
}

enum bel_err bel_store_append(struct bel_store *store, unsigned worker, uint64_t version,
			      bel_str record, uint64_t *ticket)
{
	struct bel_journal *journal;
	enum bel_err err;
	bool was_dirty;

	if (worker >= store->workers || !record.len)
		return BEL_ERR_DENIED;
	journal = &store->journals[worker];
	pthread_mutex_lock(&journal->lock);
	was_dirty = bel_journal_is_dirty(journal);
	err = append(journal, version, record, ticket);
	if (journal->spares_count < journal->spares_wanted)
		ask_for_spares(journal);
	pthread_mutex_unlock(&journal->lock);
	/* The loop notices at the end of its turn; it may be asleep when the record came
	 * from another thread. */
	if (!err && !was_dirty)
		bel_loop_wake(journal->loop);
	return err;
}

/* ---- syncing ---- */

enum bel_err bel_journal_sync(struct bel_journal *journal, uint64_t *ticket)
{
	struct bel_segment *segment, *current;
	enum bel_err err = BEL_OK;

	pthread_mutex_lock(&journal->lock);
	*ticket = atomic_load(&journal->appended);
	current = journal->current;
	segment = first_of(&journal->full);
	pthread_mutex_unlock(&journal->lock);
	/* Nobody else closes segments, and new ones come at the end of the list. */
	while (segment && !err) {
		err = bel_file_sync(segment->file);
		if (err)
			break;
		pthread_mutex_lock(&journal->lock);
		bel_list_remove(&segment->node);
		current = segment == current ? NULL : current;
		struct bel_segment *done = segment;
		segment = first_of(&journal->full);
		pthread_mutex_unlock(&journal->lock);
		bel_segment_close(done);
	}
	if (!err && current)
		err = bel_file_sync(current->file);
	if (!err)
		atomic_store(&journal->synced, *ticket);
	return err;
}

/* ---- opening ---- */

enum bel_err bel_journal_open(struct bel_journal *journal)
{
	enum bel_err err;

	pthread_mutex_init(&journal->lock, NULL);
	pthread_mutex_init(&journal->getting, NULL);
	bel_list_init(&journal->spares);
	journal->spares_wanted = 1;
	bel_list_init(&journal->full);
	bel_list_init(&journal->waiters);
	bel_list_init(&journal->hook.node);
	atomic_init(&journal->appended, 1);
	atomic_init(&journal->synced, 1);
	err = bel_journal_get_spares(journal);
	if (err)
		return err;
	turn(journal);
	return bel_journal_get_spares(journal);
}

void bel_journal_close(struct bel_journal *journal)
{
	struct bel_segment *segment;
	uint64_t ticket;

	if (journal->current)
		bel_journal_sync(journal, &ticket);
	while ((segment = first_of(&journal->full)))
		bel_segment_close(segment);
	bel_segment_close(journal->current);
	while ((segment = first_of(&journal->spares)))
		bel_segment_close(segment);
	pthread_mutex_destroy(&journal->getting);
	pthread_mutex_destroy(&journal->lock);
}
