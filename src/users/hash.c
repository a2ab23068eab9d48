/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "users/users_int.h"

enum { SLOTS_FIRST = 16 };

static bel_str hash_of(const struct bel_users_table *table, uint32_t index)
{
	return (bel_str){ (const char *)table->hashes[index], BEL_USER_HASH_BYTES };
}

const struct bel_conf_user *bel_users_hashes_find(const struct bel_users_table *table,
						  uint64_t hash, bel_str userhash)
{
	uint32_t mask = table->hash_slots_size - 1, tag = (uint32_t)(hash >> 32);

	if (!table->hash_slots)
		return NULL;
	for (uint32_t at = (uint32_t)hash & mask; table->hash_slots[at].user;
	     at = (at + 1) & mask) {
		uint32_t index = table->hash_slots[at].user - 1;
		if (table->hash_slots[at].tag == tag &&
		    bel_str_is_equal_secret(hash_of(table, index), userhash))
			return table->users[index];
	}
	return NULL;
}

static void put_hash(struct bel_users_table *table, const struct bel_hash_key *key,
		     uint32_t index)
{
	uint64_t hash = bel_hash(key, hash_of(table, index));
	uint32_t mask = table->hash_slots_size - 1, at = (uint32_t)hash & mask;

	while (table->hash_slots[at].user)
		at = (at + 1) & mask;
	table->hash_slots[at] = (struct bel_users_slot){ (uint32_t)(hash >> 32),
							 index + 1 };
}

static enum bel_err make_hashes(struct bel_users_table *table, bel_str realm)
{
	struct bel_crypto *crypto;
	enum bel_err err = bel_crypto_open(&crypto);

	if (err)
		return err;
	for (uint32_t i = 0; i < table->count && !err; i++) {
		const bel_str pieces[] = { table->users[i]->name, BEL_STR(":"), realm };
		err = bel_digest(table->hashes[i], crypto, BEL_SHA256, pieces,
				 BEL_COUNT_OF(pieces));
	}
	bel_crypto_close(crypto);
	return err;
}

enum bel_err bel_users_hashes_index(struct bel_users_table *table,
				    const struct bel_users *users)
{
	enum bel_err err;

	if (!table->count)
		return BEL_OK;
	for (table->hash_slots_size = SLOTS_FIRST;
	     table->hash_slots_size < table->count * 2;)
		table->hash_slots_size *= 2;
	table->hashes = calloc(table->count, sizeof *table->hashes);
	table->hash_slots = calloc(table->hash_slots_size, sizeof *table->hash_slots);
	if (!table->hashes || !table->hash_slots)
		return bel_err_from_errno(ENOMEM);
	err = make_hashes(table, users->realm);
	for (uint32_t i = 0; i < table->count && !err; i++)
		put_hash(table, &users->key, i);
	return err;
}
