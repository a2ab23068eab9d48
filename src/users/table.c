/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "users/users_int.h"

enum { SIZE_FIRST = 16 };

const struct bel_conf_user *bel_users_table_find(const struct bel_users_table *table,
						 uint64_t hash, bel_str word)
{
	uint32_t mask = table->slots_size - 1, tag = (uint32_t)(hash >> 32);

	for (uint32_t at = (uint32_t)hash & mask; table->slots[at].user;
	     at = (at + 1) & mask) {
		const struct bel_conf_user *user;
		if (table->slots[at].tag != tag)
			continue;
		user = table->users[table->slots[at].user - 1];
		if (bel_str_is_equal(user->name, word))
			return user;
		for (unsigned i = 0; i < user->numbers_count; i++)
			if (bel_str_is_equal(user->numbers[i], word))
				return user;
	}
	return NULL;
}

/* The first to have a word keeps it. */
static void put_word(struct bel_users_table *table, const struct bel_hash_key *key,
		     bel_str word, uint32_t index)
{
	uint64_t hash = bel_hash(key, word);
	uint32_t mask = table->slots_size - 1, at = (uint32_t)hash & mask;

	if (bel_users_table_find(table, hash, word))
		return;
	while (table->slots[at].user)
		at = (at + 1) & mask;
	table->slots[at] = (struct bel_users_slot){ (uint32_t)(hash >> 32), index + 1 };
}

/* ---- the store's users ---- */

struct load {
	struct bel_users_table *table;
	enum bel_err err;
};

static enum bel_err put_user(struct bel_users_table *table,
			     const struct bel_conf_user *user)
{
	if (table->count == table->size) {
		uint32_t size = table->size ? table->size * 2 : SIZE_FIRST;
		const struct bel_conf_user **users = realloc(table->users,
							     size * sizeof *users);
		if (!users)
			return bel_err_from_errno(ENOMEM);
		table->users = users;
		table->size = size;
	}
	table->users[table->count++] = user;
	return BEL_OK;
}

static bel_str next_word(bel_str *left)
{
	bel_str trimmed = bel_str_trim(*left);
	size_t end = bel_str_find(trimmed, ' ');

	*left = bel_str_slice(trimmed, end, trimmed.len);
	return bel_str_slice(trimmed, 0, end);
}

static bool copy_numbers(struct bel_conf_user *user, struct bel_arena *arena,
			 bel_str joined)
{
	bel_str words[BEL_USER_NUMBERS_MAX], kept = bel_arena_copy(arena, joined);
	bel_str *numbers;
	unsigned count = 0;

	while (count < BEL_USER_NUMBERS_MAX && (words[count] = next_word(&kept)).len)
		count++;
	numbers = bel_arena_alloc(arena, count * sizeof *numbers);
	if (!numbers)
		return false;
	if (count)
		memcpy(numbers, words, count * sizeof *numbers);
	user->numbers = numbers;
	user->numbers_count = count;
	return true;
}

static bool copy_text(bel_str *out, struct bel_arena *arena, bel_str text)
{
	*out = bel_arena_copy(arena, text);
	return out->ptr || !text.len;
}

static bool copy_user(struct bel_conf_user *user, struct bel_arena *arena,
		      const struct bel_store_user *from)
{
	return copy_text(&user->name, arena, from->name) &&
	       copy_text(&user->display, arena, from->display) &&
	       copy_text(&user->secret.ha1[BEL_MD5], arena, from->md5) &&
	       copy_text(&user->secret.ha1[BEL_SHA256], arena, from->sha256) &&
	       copy_text(&user->secret.ha1[BEL_SHA512_256], arena, from->sha512_256) &&
	       copy_numbers(user, arena, from->numbers);
}

static void on_user(void *into, const struct bel_store_user *from)
{
	struct load *load = into;
	struct bel_arena *arena = &load->table->arena;
	struct bel_conf_user *user = BEL_ARENA_NEW(arena, struct bel_conf_user);

	if (load->err)
		return;
	load->err = user && copy_user(user, arena, from) ? put_user(load->table, user)
							 : BEL_ERR_SPACE;
}

/* ---- the table ---- */

static enum bel_err load_users(struct bel_users_table *table, struct bel_store *store)
{
	struct load load = { .table = table };
	enum bel_err err = BEL_OK;

	for (unsigned i = 0; i < table->conf->users_count && !err; i++)
		err = put_user(table, &table->conf->users[i]);
	if (!err && store)
		err = bel_store_users(store, on_user, &load);
	return err ? err : load.err;
}

static bool is_shadowed(const struct bel_users_table *table,
			const struct bel_hash_key *key, uint32_t index)
{
	bel_str name = table->users[index]->name;

	return bel_users_table_find(table, bel_hash(key, name), name) !=
	       table->users[index];
}

/* Names first, then numbers; a user of the store whose name the configuration has is not
 * there at all. */
static enum bel_err index_users(struct bel_users_table *table,
				const struct bel_hash_key *key)
{
	uint32_t words = 0, kept = 0;

	for (uint32_t i = 0; i < table->count; i++)
		words += 1 + table->users[i]->numbers_count;
	for (table->slots_size = SIZE_FIRST; table->slots_size < words * 2;)
		table->slots_size *= 2;
	table->slots = calloc(table->slots_size, sizeof *table->slots);
	if (!table->slots)
		return bel_err_from_errno(ENOMEM);
	for (uint32_t i = 0; i < table->count; i++) {
		table->users[kept] = table->users[i];
		put_word(table, key, table->users[kept]->name, kept);
		kept += !is_shadowed(table, key, kept);
	}
	table->count = kept;
	for (uint32_t i = 0; i < table->count; i++)
		for (unsigned k = 0; k < table->users[i]->numbers_count; k++)
			put_word(table, key, table->users[i]->numbers[k], i);
	return BEL_OK;
}

enum bel_err bel_users_table_new(struct bel_users_table **out,
				 const struct bel_users *users, struct bel_conf *conf)
{
	struct bel_users_table *table = calloc(1, sizeof *table);
	enum bel_err err;

	if (!table)
		return bel_err_from_errno(ENOMEM);
	atomic_init(&table->refs, 1);
	table->conf = bel_conf_ref(conf);
	bel_arena_init(&table->arena, NULL, 0, SIZE_MAX);
	err = load_users(table, users->store);
	if (!err)
		err = index_users(table, &users->key);
	if (!err && conf->turn.has_userhash)
		err = bel_users_hashes_index(table, users);
	if (err) {
		bel_users_table_unref(table);
		return err;
	}
	*out = table;
	return BEL_OK;
}

void bel_users_table_unref(struct bel_users_table *table)
{
	if (!table || atomic_fetch_sub(&table->refs, 1) > 1)
		return;
	bel_arena_fini(&table->arena);
	bel_conf_unref(table->conf);
	free(table->users);
	free(table->slots);
	free(table->hashes);
	free(table->hash_slots);
	free(table);
}
