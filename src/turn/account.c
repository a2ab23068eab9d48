/* SPDX-License-Identifier: Apache-2.0 */
#include "turn/server_int.h"

/* A bucket holds what passes in a second, and at least the largest datagram. */
static uint64_t bucket_size(const struct bel_turn_server *server)
{
	uint64_t bytes = server->opts.user_bytes_per_s;

	return (bytes > UINT16_MAX ? bytes : UINT16_MAX) * 1000;
}

static void fill(struct bel_turn_account *account, uint64_t now_ms)
{
	uint64_t size = bucket_size(account->server);
	uint64_t rate = account->server->opts.user_bytes_per_s;
	uint64_t passed_ms;

	/* A timer ends an allocation with its due time, which may lie before the last
	 * packet that went through. */
	if (now_ms <= account->bucket_ms)
		return;
	passed_ms = now_ms - account->bucket_ms;
	/* So long, and it is full from whatever level. */
	if (rate && passed_ms > size / rate)
		passed_ms = size / rate + 1;
	account->bucket += passed_ms * rate;
	if (account->bucket > size)
		account->bucket = size;
	account->bucket_ms = now_ms;
}

static size_t size_of(const struct bel_turn_account *account)
{
	return sizeof *account + account->name_len;
}

static void on_idle(void *user)
{
	struct bel_turn_account *account = user;
	struct bel_turn_server *server = account->server;

	bel_wheel_remove(&server->wheel, &account->idle);
	bel_turn_table_remove(&server->accounts, &account->node);
	server->counters.accounts--;
	bel_turn_give(server, account, size_of(account));
}

bool bel_turn_account_is(const struct bel_turn_account *account, bel_str name)
{
	return bel_str_is_equal((bel_str){ account->name, account->name_len }, name);
}

static struct bel_turn_account *account_new(struct bel_turn_server *server, bel_str name,
					    uint64_t hash, uint64_t now_ms)
{
	struct bel_turn_account *account = bel_turn_take(server,
							 sizeof *account + name.len);

	if (!account)
		return NULL;
	account->server = server;
	account->bucket = bucket_size(server);
	account->bucket_ms = now_ms;
	account->name_len = name.len;
	memcpy(account->name, name.ptr, name.len);
	bel_timer_init(&account->idle, on_idle, account);
	bel_turn_table_put(&server->accounts, &account->node, hash);
	server->counters.accounts++;
	return account;
}

struct bel_turn_account *bel_turn_account_find(struct bel_turn_server *server,
					       bel_str name, uint64_t now_ms)
{
	uint64_t hash = bel_hash(&server->table_key, name);

	for (struct bel_turn_node *node = bel_turn_table_find(&server->accounts, hash);
	     node; node = bel_turn_table_next(node)) {
		struct bel_turn_account *account = BEL_CONTAINER_OF(
			node, struct bel_turn_account, node);
		if (bel_turn_account_is(account, name))
			return account;
	}
	return account_new(server, name, hash, now_ms);
}

void bel_turn_account_put(struct bel_turn_account *account, unsigned relays)
{
	account->relays_count += relays;
	bel_wheel_remove(&account->server->wheel, &account->idle);
}

/* It must not go while its bucket is not full: else closing and opening an allocation
 * would be a way around the quota. */
void bel_turn_account_unref(struct bel_turn_account *account, uint64_t now_ms)
{
	uint64_t rate = account->server->opts.user_bytes_per_s;

	if (account->relays_count)
		return;
	fill(account, now_ms);
	uint64_t missing = bucket_size(account->server) - account->bucket;
	if (rate && missing)
		bel_wheel_put(&account->server->wheel, &account->idle,
			      now_ms + missing / rate + 1);
	else
		on_idle(account);
}

void bel_turn_account_remove(struct bel_turn_account *account, uint64_t now_ms)
{
	account->relays_count--;
	bel_turn_account_unref(account, now_ms);
}

bool bel_turn_account_spend(struct bel_turn_account *account, size_t bytes,
			    uint64_t now_ms)
{
	uint64_t cost = (uint64_t)bytes * 1000;

	if (account->server->opts.user_bytes_per_s == 0)
		return true;
	fill(account, now_ms);
	if (cost > account->bucket)
		return false;
	account->bucket -= cost;
	return true;
}
