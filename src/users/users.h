/* SPDX-License-Identifier: Apache-2.0
 *
 * users: who has an account: name, numbers, secrets as HA1. Users come from the
 * configuration and from the store; the configuration wins, and a name wins over another
 * user's number. The table never changes: a change makes a new one and puts it in the
 * old one's place.
 *
 *   users.c    opening, swapping tables, finding
 *   table.c    one table: names and numbers lead to users
 *   hash.c     users by the hash of their name, where TURN asks for it
 *   window.c   which nonce counts a user has used
 *   change.c   adding, changing and removing in the store
 *
 * Any thread. A reader holds one of 64 locks, chosen by what it looks for, for as long as
 * a copy takes. */
#ifndef BEL_USERS_USERS_H
#define BEL_USERS_USERS_H

#include "auth/auth.h"
#include "base/base.h"
#include "conf/conf.h"
#include "store/store.h"

struct bel_users;

enum {
	BEL_USER_NAME_BYTES_MAX = 128,
	BEL_USER_NUMBERS_MAX = 16,
	BEL_USER_HASH_BYTES = 32
};

/* A user as read; strings lie in the reader's arena. */
struct bel_user {
	bel_str name;
	bel_str display;
	const bel_str *numbers; /* numbers and aliases */
	unsigned numbers_count;
	struct bel_conf_redirect redirect;
	struct bel_conf_at at; /* where the configuration says so; line 0: the store */
};

struct bel_users_opts {
	struct bel_conf *conf;   /* a reference is taken */
	struct bel_store *store; /* NULL: the configuration alone */
	bel_str realm;
};
enum bel_err bel_users_open(struct bel_users **out, const struct bel_users_opts *opts);
void bel_users_close(struct bel_users *users);
/* After a reload. On failure the table of before stays. */
enum bel_err bel_users_set_conf(struct bel_users *users, struct bel_conf *conf);
size_t bel_users_count(struct bel_users *users);

/* By name, number or alias; BEL_ERR_NOT_FOUND. */
enum bel_err bel_users_find(struct bel_users *users, bel_str key, struct bel_arena *arena,
			    struct bel_user *out);
/* HA1 of a user for a digest, as digest authentication names him ("alice", or
 * "alice@domain" with a domain of ours cut off by the caller). BEL_ERR_NOT_FOUND. */
enum bel_err bel_users_secret(struct bel_users *users, bel_str name,
			      enum bel_digest digest, struct bel_auth_ha1 *out);
/* The name of the user with that hash, SHA-256(name ":" realm) of RFC 8489 section 14.4.
 * Nobody is found where `turn` does not say `userhash on`. BEL_ERR_NOT_FOUND;
 * BEL_ERR_SPACE: the writer is full. */
enum bel_err bel_users_lookup_hash(struct bel_writer *name, struct bel_users *users,
				   bel_str userhash);
/* The replay window of a user, under a lock: what bel_auth_window_take says. Without
 * memory for a window it is BEL_AUTH_STALE. Only for credentials that were verified. */
enum bel_auth_verdict
bel_users_take_count(struct bel_users *users, bel_str name,
		     const struct bel_auth_credentials *credentials);

/* Changes in the store; durable when they return (they may block: control thread or a
 * program of its own). BEL_ERR_EXISTS (the name, or somebody's number),
 * BEL_ERR_NOT_FOUND, BEL_ERR_DENIED for a user whom the configuration file defines,
 * BEL_ERR_SYNTAX for a name or number that cannot be one and for an empty password,
 * BEL_ERR_LIMIT for too many or too long ones. A user who is not new keeps his numbers
 * when none are given. */
enum bel_err bel_users_put(struct bel_users *users, bel_str name, bel_str password,
			   const bel_str *numbers, unsigned numbers_count, bool is_new);
enum bel_err bel_users_remove(struct bel_users *users, bel_str name);
void bel_users_each(struct bel_users *users,
		    bool (*on_user)(void *user, const struct bel_user *who), void *user);

#endif
