/* SPDX-License-Identifier: Apache-2.0
 *
 * users: who has an account: name, numbers, secrets as HA1. Users come from the
 * configuration and from the store; the configuration wins. Reading takes no lock that
 * another reader can hold; a change makes a new table and swaps it.
 *
 * Any thread. */
#ifndef BEL_USERS_USERS_H
#define BEL_USERS_USERS_H

#include "auth/auth.h"
#include "base/base.h"
#include "conf/conf.h"
#include "store/store.h"

struct bel_users;

enum { BEL_USER_NAME_BYTES_MAX = 128, BEL_USER_NUMBERS_MAX = 16 };

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
	const struct bel_conf *conf;
	struct bel_store *store; /* NULL: the configuration alone */
	bel_str realm;
};
enum bel_err bel_users_open(struct bel_users **out, const struct bel_users_opts *opts);
void bel_users_close(struct bel_users *users);
/* After a reload. */
enum bel_err bel_users_set_conf(struct bel_users *users, const struct bel_conf *conf);
size_t bel_users_count(const struct bel_users *users);

/* By name, number or alias; BEL_ERR_NOT_FOUND. */
enum bel_err bel_users_find(struct bel_users *users, bel_str key, struct bel_arena *arena,
			    struct bel_user *out);
/* HA1 of a user for a digest, as digest authentication names him ("alice", or
 * "alice@domain" with a domain of ours cut off by the caller). BEL_ERR_NOT_FOUND. */
enum bel_err bel_users_secret(struct bel_users *users, bel_str name,
			      enum bel_digest digest, struct bel_auth_ha1 *out);
/* The replay window of a user, under a lock of his own: what bel_auth_window_take says.
 */
enum bel_auth_verdict
bel_users_take_count(struct bel_users *users, bel_str name,
		     const struct bel_auth_credentials *credentials);

/* Changes in the store; durable when they return (they may block: control thread or a
 * program of its own). BEL_ERR_EXISTS, BEL_ERR_NOT_FOUND, BEL_ERR_DENIED for a user whom
 * the configuration file defines, BEL_ERR_SYNTAX for a name that cannot be one. */
enum bel_err bel_users_put(struct bel_users *users, bel_str name, bel_str password,
			   const bel_str *numbers, unsigned numbers_count, bool is_new);
enum bel_err bel_users_remove(struct bel_users *users, bel_str name);
void bel_users_each(struct bel_users *users,
		    bool (*on_user)(void *user, const struct bel_user *who), void *user);

#endif
