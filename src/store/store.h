/* SPDX-License-Identifier: Apache-2.0
 *
 * store: what must survive. Two kinds, by their price: rows (users, and later messages
 * and call records) in SQLite, committed before the answer; and bindings in journals, one
 * mapped file a worker, to which a record is appended before it is answered. A service
 * thread syncs the journals every few milliseconds, or for every answer (`sync always`).
 *
 *   journal.c   segments, appending, syncing, snapshots, replay
 *   sqlite.c    the schema and its migrations, users
 *   meta.c      keys and numbers fixed at the first start (realm, secrets)
 *
 * Appending is for the worker that owns the journal; the rest may block and belongs on
 * the service or a control thread. */
#ifndef BEL_STORE_STORE_H
#define BEL_STORE_STORE_H

#include "base/base.h"
#include "io/io.h"

struct bel_store;

struct bel_store_opts {
	struct bel_disk *disk;       /* of the state directory; borrowed */
	bel_str sqlite_path;         /* empty: no rows (simulations) */
	struct bel_service *service; /* syncs and snapshots; borrowed */
	struct bel_loop *loop; /* for the timer of the syncs: one loop of the node */
	unsigned workers;
	unsigned sync_ms;     /* 0: answers wait */
	size_t segment_bytes; /* 0: 16 MiB */
	const struct bel_log *log;
};
enum bel_err bel_store_open(struct bel_store **out, const struct bel_store_opts *opts);
/* Everything appended is synced. */
void bel_store_close(struct bel_store *store);

/* ---- journals ---- */

/* Calls on_record for every record that counts, in any order of addresses; version is
 * that of the record, the highest of a key wins. Bad records end their segment. */
enum bel_err bel_store_replay(struct bel_store *store,
			      void (*on_record)(void *user, uint64_t version,
						bel_str record),
			      void *user);
/* Appends to the worker's journal: length, CRC-32C and version are added. After BEL_OK it
 * survives the death of the process. *ticket tells bel_store_is_synced when it survives a
 * power cut. -ENOSPC when the next segment could not be had. */
enum bel_err bel_store_append(struct bel_store *store, unsigned worker, uint64_t version,
			      bel_str record, uint64_t *ticket);
/* With sync_ms 0: on_synced comes on the worker's loop once the ticket is durable (or
 * failed). Otherwise it comes at once. waiter lies in its owner's memory. */
struct bel_store_waiter {
	struct bel_list node;
	uint64_t ticket;
	void (*on_synced)(struct bel_store_waiter *waiter, enum bel_err err);
};
void bel_store_wait(struct bel_store *store, unsigned worker, uint64_t ticket,
		    struct bel_store_waiter *waiter);
/* When the journals have grown to twice the last snapshot, write calls put for every
 * record that is to be kept, on the service thread. */
void bel_store_on_snapshot(struct bel_store *store,
			   void (*write)(void *user,
					 void (*put)(void *snapshot, uint64_t version,
						     bel_str record),
					 void *snapshot),
			   void *user);

/* ---- meta: small values fixed at the first start ---- */

/* Gives the value kept under name, or keeps and gives the one proposed. */
enum bel_err bel_store_meta(struct bel_store *store, const char *name, bel_str proposed,
			    struct bel_arena *arena, bel_str *out);

/* ---- rows ---- */

struct bel_store_user {
	bel_str name, display, numbers;  /* numbers joined by blanks */
	bel_str md5, sha256, sha512_256; /* HA1 raw bytes, or empty */
};
enum bel_err bel_store_user_put(struct bel_store *store,
				const struct bel_store_user *user, bool is_new);
enum bel_err bel_store_user_remove(struct bel_store *store, bel_str name);
enum bel_err bel_store_users(struct bel_store *store,
			     void (*on_user)(void *user,
					     const struct bel_store_user *who),
			     void *user);

#endif
