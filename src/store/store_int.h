/* SPDX-License-Identifier: Apache-2.0
 *
 * Between the files of store/. Two threads of the store's own work beside the loops: one
 * syncs journals and gets their next segments, one writes snapshots. A journal's lock is
 * held for moments only, never while a file is synced or made. */
#ifndef BEL_STORE_INT_H
#define BEL_STORE_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/store.h"

enum {
	SEGMENT_BYTES_DEFAULT = 16 << 20,
	SEGMENT_HEAD_BYTES = 32,
	RECORD_HEAD_BYTES = 16,
	FILE_NAME_BYTES = 48,
	SYNC_MS_DEFAULT = 5,
	SPARES_MAX = 8,
	SPARE_SYNCS = 1000, /* for so long the spares are to last: 5 s, mostly */
};

/* The version of a snapshot's last record; no other has it. */
#define SNAPSHOT_END_VERSION UINT64_MAX

/* ---- a file of records ---- */

enum bel_segment_kind { BEL_SEGMENT_JOURNAL, BEL_SEGMENT_SNAPSHOT, BEL_SEGMENT_META };

struct bel_segment {
	struct bel_list node;
	struct bel_file *file;
	enum bel_segment_kind kind;
	unsigned worker;
	uint64_t number;
	size_t end; /* of what is written */
};

/* Makes the file, of at least size bytes. */
enum bel_err bel_segment_make(struct bel_segment **out, struct bel_disk *disk,
			      enum bel_segment_kind kind, unsigned worker,
			      uint64_t number, size_t size);
void bel_segment_close(struct bel_segment *segment);
void bel_segment_write_name(struct bel_writer *writer, unsigned worker, uint64_t number);
/* Whether the name is that of a journal's segment. */
bool bel_segment_parse_name(bel_str name, unsigned *worker, uint64_t *number);
bool bel_segment_fits(const struct bel_segment *segment, size_t record_bytes);
/* Only what fits. */
void bel_segment_append(struct bel_segment *segment, uint64_t version, bel_str record);

/* Reading: bytes are those of a whole file. */
struct bel_segment_reader {
	bel_str bytes;
	size_t at; /* behind the last good record */
	uint64_t number;
};
/* BEL_ERR_MISMATCH: no head of that kind. */
enum bel_err bel_segment_reader_init(struct bel_segment_reader *reader,
				     enum bel_segment_kind kind, bel_str bytes);
/* False at the end, and at the first record that is not good. */
bool bel_segment_next(struct bel_segment_reader *reader, uint64_t *version,
		      bel_str *record);

/* ---- journals ---- */

struct bel_journal {
	/* set once */
	struct bel_store *store;
	unsigned worker;
	struct bel_loop *loop;

	/* under the lock */
	pthread_mutex_t lock;
	struct bel_segment *current;
	struct bel_list spares; /* made ahead, in the order of their numbers */
	unsigned spares_count, spares_wanted;
	struct bel_list full; /* left behind; synced and closed in turn */
	uint64_t next_number;
	uint64_t turned_at; /* by the store's count of syncs */

	/* written under the lock or by the syncing thread, read by anyone */
	_Atomic uint64_t appended; /* bytes, from 1: the tickets */
	_Atomic uint64_t synced;
	_Atomic uint64_t records;
	_Atomic bool is_getting; /* get_job is under way */

	pthread_mutex_t getting; /* one thread makes segments at a time */
	struct bel_job get_job;

	/* the worker's thread */
	struct bel_turn_hook hook;
	struct bel_timer timer;
	struct bel_mailbox *home;
	struct bel_list waiters; /* by ticket */
	bool is_syncing, is_closing;

	/* the syncing thread, and the worker when the job is back */
	struct bel_job sync_job;
	enum bel_err sync_err;
	uint64_t sync_ticket;

	/* the snapshot thread */
	uint64_t
		covered_number; /* of the last segment that the snapshot makes needless */
};

enum bel_err bel_journal_open(struct bel_journal *journal);
/* Syncs and closes what is left. */
void bel_journal_close(struct bel_journal *journal);
/* On the syncing thread. */
enum bel_err bel_journal_sync(struct bel_journal *journal, uint64_t *ticket);
/* Sees to it that there are as many spare segments as are wanted. BEL_OK when there is
 * one at least. Not on a worker. */
enum bel_err bel_journal_get_spares(struct bel_journal *journal);
/* Goes over to the next segment; *before is the number of the last one left behind. */
enum bel_err bel_journal_turn(struct bel_journal *journal, uint64_t *before);
bool bel_journal_is_dirty(const struct bel_journal *journal);

/* ---- syncing ---- */

void bel_sync_start(struct bel_journal *journal);
void bel_sync_stop(struct bel_journal *journal);
/* Waiters of the journal are told. */
void bel_sync_leave(struct bel_journal *journal);

/* ---- what is there ---- */

struct bel_old_file {
	struct bel_list node;
	unsigned worker;
	uint64_t number;
	char name[FILE_NAME_BYTES];
	size_t name_len;
};
/* Lists the segments of before into store->old. */
enum bel_err bel_replay_look(struct bel_store *store);
/* Removes empty ones, cuts and syncs the others. */
void bel_replay_tidy(struct bel_store *store);
void bel_replay_forget(struct bel_store *store);

/* ---- snapshots ---- */

/* Starts one when it is time. Syncing thread. */
void bel_snapshot_consider(struct bel_store *store);

/* ---- meta ---- */

struct bel_meta_row {
	struct bel_list node;
	bel_str name, value;
};
enum bel_err bel_meta_load(struct bel_store *store);

struct bel_rows;
enum bel_err bel_rows_open(struct bel_rows **out, bel_str path);
void bel_rows_close(struct bel_rows *rows);

struct bel_store {
	/* set once */
	struct bel_disk *disk;
	unsigned workers, sync_ms;
	size_t segment_bytes;
	const struct bel_log *log;
	struct bel_service *syncing, *snapshots;
	struct bel_journal *journals;

	/* whoever snapshots, under the lock while it writes */
	pthread_mutex_t writing;
	bel_store_write *write;
	void *write_user;
	_Atomic bool has_writer;

	/* what was found at the start */
	struct bel_list old;
	unsigned old_count;
	uint64_t old_bytes;

	/* the snapshot thread while its job runs, else the syncing thread */
	struct bel_job snapshot_job;
	_Atomic bool is_snapshooting;
	uint64_t snapshot_bytes;
	uint64_t covered_bytes; /* of all journals, by the last snapshot */
	uint64_t quiet_bytes;   /* after one that failed: none before there are more */

	_Atomic uint64_t syncs, sync_failures, snapshots_count, snapshot_failures;

	/* meta: whoever calls, one at a time */
	struct bel_arena meta_arena;
	struct bel_list meta;

	struct bel_rows *rows; /* NULL: none */
};

void bel_store_note(const struct bel_store *store, enum bel_log_level level,
		    const char *text, enum bel_err err, bel_str file);

#endif
