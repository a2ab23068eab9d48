/* SPDX-License-Identifier: Apache-2.0
 *
 * Between the files of users/. */
#ifndef BEL_USERS_INT_H
#define BEL_USERS_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "users/users.h"

/* Eight bytes that lead from a name or number to a user. */
struct bel_users_slot {
	uint32_t tag;  /* of the hash */
	uint32_t user; /* 1 + index; 0: free */
};

/* Everybody at one moment. Users of the configuration are borrowed from it, those of the
 * store lie in the arena in the same form. */
struct bel_users_table {
	_Atomic unsigned refs;
	struct bel_conf *conf;
	struct bel_arena arena;
	const struct bel_conf_user **users;
	uint32_t count, size;
	struct bel_users_slot *slots; /* slots_size is a power of two */
	uint32_t slots_size;
	/* By user, and slots that lead to them; NULL where nobody asks by hash. */
	uint8_t (*hashes)[BEL_USER_HASH_BYTES];
	struct bel_users_slot *hash_slots;
	uint32_t hash_slots_size;
};

/* The configuration's users, and those of the store that it does not define. */
enum bel_err bel_users_table_new(struct bel_users_table **out,
				 const struct bel_users *users, struct bel_conf *conf);
void bel_users_table_unref(struct bel_users_table *table);
/* By name or number; NULL. */
const struct bel_conf_user *bel_users_table_find(const struct bel_users_table *table,
						 uint64_t hash, bel_str word);

/* hash.c: the hashes of all users of a table, and whose one is; NULL. */
enum bel_err bel_users_hashes_index(struct bel_users_table *table,
				    const struct bel_users *users);
const struct bel_conf_user *bel_users_hashes_find(const struct bel_users_table *table,
						  uint64_t hash, bel_str userhash);

/* A user's window, found by his name. */
struct bel_users_window {
	struct bel_users_window *next;
	struct bel_auth_window window;
	size_t name_len;
	char name[];
};

enum { USERS_PARTS = 64, WINDOW_LISTS = 64 };

/* What readers of some words share. */
struct bel_users_part {
	pthread_mutex_t lock;
	struct bel_users_table *table; /* the same in all parts but while it is swapped */
	struct bel_users_window *windows[WINDOW_LISTS];
};
/* Under the part's lock; NULL without memory. */
struct bel_users_window *bel_users_window_find(struct bel_users_part *part, uint64_t hash,
					       bel_str name);
/* Windows of users that are no longer there; under the part's lock. */
void bel_users_windows_sweep(struct bel_users_part *part, const struct bel_hash_key *key);
void bel_users_windows_free(struct bel_users_part *part);

struct bel_users {
	/* set once */
	struct bel_store *store;
	bel_str realm;
	struct bel_hash_key key;
	struct bel_arena arena;

	pthread_mutex_t changing; /* one change at a time */
	struct bel_users_part parts[USERS_PARTS];
};

/* A reference to the present table. */
struct bel_users_table *bel_users_table_ref(struct bel_users *users);
/* Builds a table anew and puts it in place; under `changing`. */
enum bel_err bel_users_renew(struct bel_users *users, struct bel_conf *conf);

#endif
