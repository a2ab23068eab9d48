/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "users/users_int.h"

enum { ARENA_BYTES_MAX = 4096 };

/* ---- tables ---- */

static struct bel_users_part *part_of(struct bel_users *users, uint64_t hash)
{
	return &users->parts[hash % USERS_PARTS];
}

struct bel_users_table *bel_users_table_ref(struct bel_users *users)
{
	struct bel_users_part *part = &users->parts[0];
	struct bel_users_table *table;

	pthread_mutex_lock(&part->lock);
	table = part->table;
	atomic_fetch_add(&table->refs, 1);
	pthread_mutex_unlock(&part->lock);
	return table;
}

/* Nobody reads the old one without a lock or a reference, so it may end here. */
enum bel_err bel_users_renew(struct bel_users *users, struct bel_conf *conf)
{
	struct bel_users_table *table, *before = users->parts[0].table;
	enum bel_err err = bel_users_table_new(&table, users, conf);

	if (err)
		return err;
	for (unsigned i = 0; i < USERS_PARTS; i++) {
		struct bel_users_part *part = &users->parts[i];
		pthread_mutex_lock(&part->lock);
		part->table = table;
		bel_users_windows_sweep(part, &users->key);
		pthread_mutex_unlock(&part->lock);
	}
	bel_users_table_unref(before);
	return BEL_OK;
}

/* ---- opening ---- */

enum bel_err bel_users_open(struct bel_users **out, const struct bel_users_opts *opts)
{
	struct bel_users *users = calloc(1, sizeof *users);
	enum bel_err err;

	if (!users)
		return bel_err_from_errno(ENOMEM);
	users->store = opts->store;
	bel_arena_init(&users->arena, NULL, 0, ARENA_BYTES_MAX);
	pthread_mutex_init(&users->changing, NULL);
	for (unsigned i = 0; i < USERS_PARTS; i++)
		pthread_mutex_init(&users->parts[i].lock, NULL);
	users->realm = bel_arena_copy(&users->arena, opts->realm);
	err = users->realm.ptr || !opts->realm.len ? BEL_OK : BEL_ERR_SPACE;
	if (!err)
		err = bel_random(&users->key, sizeof users->key);
	if (!err)
		err = bel_users_renew(users, opts->conf);
	if (err) {
		bel_users_close(users);
		return err;
	}
	*out = users;
	return BEL_OK;
}

void bel_users_close(struct bel_users *users)
{
	if (!users)
		return;
	bel_users_table_unref(users->parts[0].table);
	for (unsigned i = 0; i < USERS_PARTS; i++) {
		bel_users_windows_free(&users->parts[i]);
		pthread_mutex_destroy(&users->parts[i].lock);
	}
	pthread_mutex_destroy(&users->changing);
	bel_arena_fini(&users->arena);
	free(users);
}

enum bel_err bel_users_set_conf(struct bel_users *users, struct bel_conf *conf)
{
	enum bel_err err;

	pthread_mutex_lock(&users->changing);
	err = bel_users_renew(users, conf);
	pthread_mutex_unlock(&users->changing);
	return err;
}

/* ---- reading ---- */

size_t bel_users_count(struct bel_users *users)
{
	struct bel_users_table *table = bel_users_table_ref(users);
	size_t count = table->count;

	bel_users_table_unref(table);
	return count;
}

static bool copy_text(bel_str *out, struct bel_arena *arena, bel_str text)
{
	*out = text.len ? bel_arena_copy(arena, text) : BEL_STR_NONE;
	return out->ptr || !text.len;
}

static enum bel_err copy_user(struct bel_user *out, struct bel_arena *arena,
			      const struct bel_conf_user *from)
{
	struct bel_user user = { .numbers_count = from->numbers_count,
				 .redirect = from->redirect,
				 .at = from->at };
	bel_str *numbers = bel_arena_alloc(arena, from->numbers_count * sizeof *numbers);
	bool fits = numbers && copy_text(&user.name, arena, from->name) &&
		    copy_text(&user.display, arena, from->display) &&
		    copy_text(&user.redirect.target, arena, from->redirect.target) &&
		    copy_text(&user.redirect.at.file, arena, from->redirect.at.file) &&
		    copy_text(&user.at.file, arena, from->at.file);

	for (unsigned i = 0; fits && i < from->numbers_count; i++)
		fits = copy_text(&numbers[i], arena, from->numbers[i]);
	if (!fits)
		return BEL_ERR_SPACE;
	user.numbers = numbers;
	*out = user;
	return BEL_OK;
}

enum bel_err bel_users_find(struct bel_users *users, bel_str key, struct bel_arena *arena,
			    struct bel_user *out)
{
	uint64_t hash = bel_hash(&users->key, key);
	struct bel_users_part *part = part_of(users, hash);
	const struct bel_conf_user *user;
	enum bel_err err = BEL_ERR_NOT_FOUND;

	pthread_mutex_lock(&part->lock);
	user = bel_users_table_find(part->table, hash, key);
	if (user)
		err = copy_user(out, arena, user);
	pthread_mutex_unlock(&part->lock);
	return err;
}

enum bel_err bel_users_secret(struct bel_users *users, bel_str name,
			      enum bel_digest digest, struct bel_auth_ha1 *out)
{
	uint64_t hash = bel_hash(&users->key, name);
	struct bel_users_part *part = part_of(users, hash);
	const struct bel_conf_user *user;
	enum bel_err err = BEL_ERR_NOT_FOUND;

	pthread_mutex_lock(&part->lock);
	user = bel_users_table_find(part->table, hash, name);
	/* A number is no name: the secret was made with the name. */
	if (user && bel_str_is_equal(user->name, name) &&
	    user->secret.ha1[digest].len == bel_digest_size(digest)) {
		out->digest = digest;
		memcpy(out->bytes, user->secret.ha1[digest].ptr, bel_digest_size(digest));
		err = BEL_OK;
	}
	pthread_mutex_unlock(&part->lock);
	return err;
}

enum bel_err bel_users_lookup_hash(struct bel_writer *name, struct bel_users *users,
				   bel_str userhash)
{
	uint64_t hash = bel_hash(&users->key, userhash);
	struct bel_users_part *part = part_of(users, hash);
	const struct bel_conf_user *user;
	enum bel_err err = BEL_ERR_NOT_FOUND;

	pthread_mutex_lock(&part->lock);
	user = bel_users_hashes_find(part->table, hash, userhash);
	if (user) {
		bel_write_str(name, user->name);
		err = bel_writer_check(name);
	}
	pthread_mutex_unlock(&part->lock);
	return err;
}

enum bel_auth_verdict bel_users_take_count(struct bel_users *users, bel_str name,
					   const struct bel_auth_credentials *credentials)
{
	uint64_t hash = bel_hash(&users->key, name);
	struct bel_users_part *part = part_of(users, hash);
	enum bel_auth_verdict verdict = BEL_AUTH_STALE;
	struct bel_users_window *window;

	pthread_mutex_lock(&part->lock);
	window = bel_users_window_find(part, hash, name);
	if (window)
		verdict = bel_auth_window_take(&window->window, credentials);
	pthread_mutex_unlock(&part->lock);
	return verdict;
}

void bel_users_each(struct bel_users *users,
		    bool (*on_user)(void *user, const struct bel_user *who), void *user)
{
	struct bel_users_table *table = bel_users_table_ref(users);

	for (uint32_t i = 0; i < table->count; i++) {
		const struct bel_conf_user *from = table->users[i];
		const struct bel_user who = { .name = from->name,
					      .display = from->display,
					      .numbers = from->numbers,
					      .numbers_count = from->numbers_count,
					      .redirect = from->redirect,
					      .at = from->at };
		if (!on_user(user, &who))
			break;
	}
	bel_users_table_unref(table);
}
