/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "store/store_int.h"

enum { JOBS_PER_WORKER = 4, META_BUDGET_BYTES = 256 << 10 };

void bel_store_note(const struct bel_store *store, enum bel_log_level level,
		    const char *text, enum bel_err err, bel_str file)
{
	BEL_LOG(store->log, level, text, { "error", bel_str_from(bel_err_text(err)) },
		{ "file", file });
}

static enum bel_err open_journals(struct bel_store *store,
				  const struct bel_store_opts *opts)
{
	enum bel_err err = BEL_OK;

	for (unsigned i = 0; i < opts->workers && !err; i++) {
		struct bel_journal *journal = &store->journals[i];
		err = bel_service_home(&journal->home, opts->loops[i], JOBS_PER_WORKER);
		if (err)
			break;
		journal->loop = opts->loops[i];
		store->workers = i + 1;
		err = bel_journal_open(journal);
		bel_sync_start(journal);
	}
	return err;
}

static enum bel_err open_writing(struct bel_store *store,
				 const struct bel_store_opts *opts)
{
	unsigned jobs_max = JOBS_PER_WORKER * opts->workers;
	enum bel_err err = bel_service_open(&store->syncing, opts->loops[0], jobs_max);

	if (!err)
		err = bel_service_open(&store->snapshots, opts->loops[0], 1);
	if (err)
		return err;
	bel_replay_tidy(store);
	return open_journals(store, opts);
}

static enum bel_err open_all(struct bel_store *store, const struct bel_store_opts *opts)
{
	enum bel_err err = bel_meta_load(store);

	if (!err)
		err = bel_replay_look(store);
	if (!err && opts->workers)
		err = open_writing(store, opts);
	if (!err && opts->sqlite_path.len)
		err = bel_rows_open(&store->rows, opts->sqlite_path);
	return err;
}

enum bel_err bel_store_open(struct bel_store **out, const struct bel_store_opts *opts)
{
	struct bel_store *store = calloc(1, sizeof *store);
	enum bel_err err = bel_err_from_errno(ENOMEM);

	if (!store)
		return err;
	store->disk = opts->disk;
	store->sync_ms = opts->sync_ms;
	store->segment_bytes = opts->segment_bytes ? opts->segment_bytes
						   : SEGMENT_BYTES_DEFAULT;
	store->log = opts->log;
	pthread_mutex_init(&store->writing, NULL);
	bel_list_init(&store->old);
	bel_list_init(&store->meta);
	bel_arena_init(&store->meta_arena, NULL, 0, META_BUDGET_BYTES);
	store->journals = calloc(opts->workers ? opts->workers : 1,
				 sizeof *store->journals);
	if (!store->journals)
		goto fail;
	for (unsigned i = 0; i < opts->workers; i++) {
		store->journals[i].store = store;
		store->journals[i].worker = i;
		store->journals[i].next_number = 1;
	}
	store->workers = opts->workers;
	err = open_all(store, opts);
	if (err)
		goto fail;
	*out = store;
	return BEL_OK;

fail:
	bel_store_close(store);
	return err;
}

/* The threads end first: what they still do needs the journals, and what they posted is
 * delivered when the homes close. */
void bel_store_close(struct bel_store *store)
{
	if (!store)
		return;
	bel_service_close(store->syncing);
	bel_service_close(store->snapshots);
	for (unsigned i = 0; store->journals && i < store->workers; i++) {
		struct bel_journal *journal = &store->journals[i];
		if (!journal->home)
			continue;
		journal->is_closing = true;
		bel_mailbox_close(journal->home);
		bel_sync_stop(journal);
		bel_journal_close(journal);
	}
	bel_replay_forget(store);
	bel_rows_close(store->rows);
	bel_arena_fini(&store->meta_arena);
	pthread_mutex_destroy(&store->writing);
	free(store->journals);
	free(store);
}

void bel_store_leave(struct bel_store *store, unsigned worker)
{
	if (worker < store->workers)
		bel_sync_leave(&store->journals[worker]);
}

void bel_store_counters(struct bel_store *store, struct bel_store_counters *out)
{
	*out = (struct bel_store_counters){
		.syncs = atomic_load(&store->syncs),
		.sync_failures = atomic_load(&store->sync_failures),
		.snapshots = atomic_load(&store->snapshots_count),
		.snapshot_failures = atomic_load(&store->snapshot_failures),
	};
	for (unsigned i = 0; i < store->workers; i++) {
		out->records += atomic_load(&store->journals[i].records);
		out->bytes += atomic_load(&store->journals[i].appended) - 1;
	}
}
