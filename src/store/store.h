/* SPDX-License-Identifier: Apache-2.0
 *
 * store: what must survive. Two kinds, by their price: rows (users, and later messages
 * and call records) in SQLite, committed before the answer; and bindings in journals, one
 * mapped file a worker, to which a record is appended before it is answered. A service
 * thread syncs the journals every few milliseconds, or for every answer (`sync always`).
 *
 *   store.c     opening and closing
 *   segment.c   the form of a file of records
 *   journal.c   one worker's segments: appending, taking the next one, syncing
 *   sync.c      when journals are synced, and who waits for it
 *   replay.c    what is there at the start
 *   snapshot.c  everything once more, so that old segments may go
 *   meta.c      keys and numbers fixed at the first start (realm, secrets)
 *   sqlite.c    the schema and its migrations
 *   users.c     the rows of users
 *   export.c    a table in a file of its own, for other programs
 *   slots.h     what changes often and is worth nothing after a power cut, apart from
 *               all that
 *
 * Files of the state directory: journal-WORKER-NUMBER, snapshot, meta, and the database.
 * Appending never blocks; what is under "meta" and "rows" may, and belongs at the start,
 * on a control thread or in a program of its own. */
#ifndef BEL_STORE_STORE_H
#define BEL_STORE_STORE_H

#include "base/base.h"
#include "io/io.h"

struct bel_store;

struct bel_store_opts {
	struct bel_disk *disk; /* of the state directory; borrowed */
	bel_str sqlite_path;   /* empty: no rows (simulations) */
	/* One a worker; the store's timers and its answers to bel_store_wait live there.
	 * Borrowed, and not running yet. */
	struct bel_loop *const *loops;
	unsigned workers; /* 0: to look only: no journal is written, nothing tidied up */
	unsigned sync_ms; /* 0: answers wait */
	size_t segment_bytes; /* 0: 16 MiB */
	const struct bel_log *log;
};
enum bel_err bel_store_open(struct bel_store **out, const struct bel_store_opts *opts);
/* Everything appended is synced. The loops no longer run; nobody waits any more. */
void bel_store_close(struct bel_store *store);
/* A worker ends: whoever waits on its loop is told BEL_ERR_CLOSED. From its thread, or
 * after that ended. */
void bel_store_leave(struct bel_store *store, unsigned worker);

/* ---- journals ---- */

/* Calls on_record for every good record of the snapshot and of the journals that were
 * there when the store was opened; a bad record ends its file. The snapshot's come first,
 * as they were put; then those of one journal in the order they were appended, but the
 * files in no order: the version tells which of two records is the later. A journal may
 * hold what the snapshot covers already: it is for the snapshot to say what that is. May
 * be called again, before the first append. */
enum bel_err bel_store_replay(struct bel_store *store,
			      void (*on_record)(void *user, uint64_t version,
						bel_str record),
			      void *user);

/* Appends to the worker's journal: length, CRC-32C and version are added. After BEL_OK it
 * survives the death of the process. *ticket (never 0) tells bel_store_wait when it
 * survives a power cut. -ENOSPC when the next segment could not be had; it is tried for
 * again. BEL_ERR_LIMIT: larger than a segment holds. Any thread. */
enum bel_err bel_store_append(struct bel_store *store, unsigned worker, uint64_t version,
			      bel_str record, uint64_t *ticket);

/* With sync_ms 0, on_synced comes on the worker's loop once the ticket is durable, or
 * syncing failed; otherwise, or when it is durable already, at once from inside this
 * call. On the worker's thread; waiter lies in its owner's memory until then. */
struct bel_store_waiter {
	struct bel_list node;
	uint64_t ticket;
	void (*on_synced)(struct bel_store_waiter *waiter, enum bel_err err);
};
void bel_store_wait(struct bel_store *store, unsigned worker, uint64_t ticket,
		    struct bel_store_waiter *waiter);

/* When the journals have grown to twice the last snapshot, write calls put for every
 * record that is to be kept; every record appended before that call must be covered by
 * what is put. On a thread of the store's own. Either returns an error to give up: the
 * journals stay then. NULL: nobody writes any more; a snapshot under way is
 * waited for. */
typedef enum bel_err bel_store_put(void *snapshot, uint64_t version, bel_str record);
typedef enum bel_err bel_store_write(void *user, bel_store_put *put, void *snapshot);
void bel_store_on_snapshot(struct bel_store *store, bel_store_write *write, void *user);

struct bel_store_counters {
	uint64_t records, bytes, syncs, sync_failures, snapshots, snapshot_failures;
};
void bel_store_counters(struct bel_store *store, struct bel_store_counters *out);

/* ---- meta: small values fixed at the first start ---- */

enum { BEL_STORE_META_BYTES_MAX = 1024 };
/* Gives the value kept under name, or keeps and gives the one proposed. */
enum bel_err bel_store_meta(struct bel_store *store, const char *name, bel_str proposed,
			    struct bel_arena *arena, bel_str *out);

/* ---- rows ---- */

struct bel_store_user {
	bel_str name, display, numbers;  /* numbers joined by blanks */
	bel_str md5, sha256, sha512_256; /* HA1 raw bytes, or empty */
};
/* Durable after BEL_OK. BEL_ERR_EXISTS when is_new and there is one of that name,
 * BEL_ERR_NOT_FOUND when not and there is none, BEL_ERR_UNSUPPORTED without a database,
 * -ENOSPC, BEL_ERR_BUSY, BEL_ERR_STORE. Any thread. */
enum bel_err bel_store_user_put(struct bel_store *store,
				const struct bel_store_user *user, bool is_new);
enum bel_err bel_store_user_remove(struct bel_store *store, bel_str name);
enum bel_err bel_store_users(struct bel_store *store,
			     void (*on_user)(void *user,
					     const struct bel_store_user *who),
			     void *user);

/* ---- a copy for other programs ---- */

struct bel_store_column {
	const char *name;
	bool is_number;
};
struct bel_store_value {
	bel_str text;
	uint64_t number; /* when the column is one */
};
struct bel_store_export;
/* A new database file with one table; it has its name from bel_store_export_close on.
 * BEL_ERR_EXISTS when the file is there; -ENOENT when it cannot be made. table and
 * columns are borrowed until the end, and go into SQL as they are: constants. Blocks. */
enum bel_err bel_store_export_open(struct bel_store_export **out, bel_str path,
				   const char *table,
				   const struct bel_store_column *columns,
				   unsigned count);
/* One row: a value a column. */
enum bel_err bel_store_export_put(struct bel_store_export *export,
				  const struct bel_store_value *values);
/* Ends it; on failure, and without is_kept, no file is left. NULL: nothing. */
enum bel_err bel_store_export_close(struct bel_store_export *export, bool is_kept);

#include "store/slots.h"

#endif
