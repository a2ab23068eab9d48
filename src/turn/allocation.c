/* SPDX-License-Identifier: Apache-2.0 */
#include "turn/server_int.h"

#include <stdlib.h>

void *bel_turn_take(struct bel_turn_server *server, size_t size)
{
	void *memory = calloc(1, size);

	if (memory)
		server->counters.memory_bytes += size;
	return memory;
}

void bel_turn_give(struct bel_turn_server *server, void *memory, size_t size)
{
	if (memory)
		server->counters.memory_bytes -= size;
	free(memory);
}

/* ---- paths ---- */

static bool is_same_tuple(const struct bel_turn_tuple *a, const struct bel_turn_tuple *b)
{
	return a->transport == b->transport &&
	       bel_addr_is_equal(&a->client, &b->client) &&
	       bel_addr_is_equal(&a->server, &b->server);
}

static uint64_t addr_hash(const struct bel_turn_server *server, const bel_addr *addr,
			  const bel_addr *other, uint8_t more)
{
	char key[2 * (sizeof addr->ip + 2) + 1];
	struct bel_writer writer = bel_writer_init(key, sizeof key);
	const bel_addr *addrs[] = { addr, other };

	for (size_t i = 0; i < BEL_COUNT_OF(addrs) && addrs[i]; i++) {
		bel_write_str(&writer, (bel_str){ (const char *)addrs[i]->ip,
						  sizeof addrs[i]->ip });
		bel_write_be16(&writer, addrs[i]->port);
	}
	bel_write_be8(&writer, more);
	return bel_hash(&server->table_key, bel_writer_str(&writer));
}

static uint64_t tuple_hash(const struct bel_turn_server *server,
			   const struct bel_turn_tuple *tuple)
{
	return addr_hash(server, &tuple->client, &tuple->server,
			 (uint8_t)tuple->transport);
}

struct bel_turn_path *bel_turn_path_find(struct bel_turn_server *server,
					 const struct bel_turn_tuple *tuple)
{
	for (struct bel_turn_node *node =
		     bel_turn_table_find(&server->paths, tuple_hash(server, tuple));
	     node; node = bel_turn_table_next(node)) {
		struct bel_turn_path *path = BEL_CONTAINER_OF(node, struct bel_turn_path,
							      node);
		if (is_same_tuple(&path->tuple, tuple))
			return path;
	}
	return NULL;
}

void bel_turn_path_open(struct bel_turn_server *server, struct bel_turn_path *path,
			struct bel_turn_allocation *allocation,
			const struct bel_turn_tuple *tuple)
{
	path->tuple = *tuple;
	path->allocation = allocation;
	path->is_open = true;
	bel_turn_table_put(&server->paths, &path->node, tuple_hash(server, tuple));
}

void bel_turn_path_close(struct bel_turn_server *server, struct bel_turn_path *path)
{
	if (path->is_open)
		bel_turn_table_remove(&server->paths, &path->node);
	path->is_open = false;
}

void bel_turn_path_confirm(struct bel_turn_server *server,
			   struct bel_turn_allocation *allocation)
{
	struct bel_turn_tuple tuple = allocation->next_path.tuple;

	if (!allocation->next_path.is_open)
		return;
	bel_turn_path_close(server, &allocation->next_path);
	bel_turn_path_close(server, &allocation->path);
	bel_turn_path_open(server, &allocation->path, allocation, &tuple);
}

/* ---- relayed addresses ---- */

enum { SLOTS_FIRST = 16 };

static bool grow_slots(struct bel_turn_server *server)
{
	uint32_t size = server->slots_count ? server->slots_count * 2 : SLOTS_FIRST;
	struct bel_turn_slot *slots = bel_turn_take(server, size * sizeof *slots);

	if (!slots)
		return false;
	if (server->slots_count)
		memcpy(slots, server->slots, server->slots_count * sizeof *slots);
	for (uint32_t i = size; i-- > server->slots_count;) {
		slots[i].next_free = server->slots_free;
		server->slots_free = i + 1;
	}
	bel_turn_give(server, server->slots, server->slots_count * sizeof *slots);
	server->slots = slots;
	server->slots_count = size;
	return true;
}

static bool slot_put(struct bel_turn_server *server, struct bel_turn_relayed *relayed)
{
	if (server->slots_free == 0 && !grow_slots(server))
		return false;
	uint32_t index = server->slots_free - 1;
	struct bel_turn_slot *slot = &server->slots[index];
	server->slots_free = slot->next_free;
	slot->relayed = relayed;
	slot->generation++;
	relayed->id = (uint64_t)slot->generation << 32 | index;
	return true;
}

static void slot_remove(struct bel_turn_server *server, bel_turn_relay id)
{
	struct bel_turn_slot *slot = &server->slots[(uint32_t)id];

	slot->relayed = NULL;
	slot->next_free = server->slots_free;
	server->slots_free = (uint32_t)id + 1;
}

struct bel_turn_relayed *bel_turn_relayed_find(const struct bel_turn_server *server,
					       bel_turn_relay id)
{
	uint32_t index = (uint32_t)id;

	if (index >= server->slots_count ||
	    server->slots[index].generation != (uint32_t)(id >> 32))
		return NULL;
	return server->slots[index].relayed;
}

struct bel_turn_relayed *bel_turn_relayed_find_addr(const struct bel_turn_server *server,
						    const bel_addr *addr)
{
	for (struct bel_turn_node *node = bel_turn_table_find(
		     &server->relays, addr_hash(server, addr, NULL, 0));
	     node; node = bel_turn_table_next(node)) {
		struct bel_turn_relayed *relayed = BEL_CONTAINER_OF(
			node, struct bel_turn_relayed, node);
		if (bel_addr_is_equal(&relayed->addr, addr))
			return relayed;
	}
	return NULL;
}

static void on_expiry(void *user)
{
	struct bel_turn_relayed *relayed = user;

	bel_turn_relayed_close(relayed, relayed->expires_ms);
}

static struct bel_turn_relayed *relayed_new(struct bel_turn_server *server)
{
	struct bel_turn_relayed *relayed = bel_turn_take(server, sizeof *relayed);

	if (!relayed)
		return NULL;
	relayed->server = server;
	bel_timer_init(&relayed->expiry, on_expiry, relayed);
	if (slot_put(server, relayed))
		return relayed;
	bel_turn_give(server, relayed, sizeof *relayed);
	return NULL;
}

static void relayed_forget(struct bel_turn_relayed *relayed)
{
	slot_remove(relayed->server, relayed->id);
	bel_turn_give(relayed->server, relayed, sizeof *relayed);
}

static void relayed_start(struct bel_turn_relayed *relayed, const bel_addr *addr,
			  struct bel_turn_account *account, uint64_t until_ms)
{
	struct bel_turn_server *server = relayed->server;

	relayed->addr = *addr;
	relayed->account = account;
	bel_turn_table_put(&server->relays, &relayed->node,
			   addr_hash(server, addr, NULL, 0));
	bel_turn_account_put(account, 1);
	bel_turn_relayed_expire(relayed, until_ms);
	server->counters.relays++;
}

unsigned bel_turn_relayed_open(struct bel_turn_relayed **out,
			       struct bel_turn_server *server,
			       struct bel_turn_account *account, uint8_t family,
			       enum bel_turn_parity parity, uint64_t now_ms)
{
	struct bel_turn_relayed *made[2] = { NULL, NULL };
	unsigned count = parity == BEL_TURN_PORT_PAIR ? 2 : 1, have = 0;
	bel_turn_relay ids[2] = { 0, 0 };
	bel_addr addrs[2];
	enum bel_err err = BEL_ERR_SPACE;

	for (; have < count; have++) {
		made[have] = relayed_new(server);
		if (!made[have])
			goto fail;
		ids[have] = made[have]->id;
	}
	err = server->opts.port->open_relay(server->opts.user, addrs, ids, family,
					    parity);
	if (err)
		goto fail;
	for (unsigned i = 0; i < count; i++) {
		relayed_start(made[i], &addrs[i], account,
			      now_ms + BEL_TURN_RESERVATION_MS);
		out[i] = made[i];
	}
	return 0;

fail:
	while (have-- > 0)
		relayed_forget(made[have]);
	return err == BEL_ERR_UNSUPPORTED ? 440 : 508;
}

void bel_turn_relayed_expire(struct bel_turn_relayed *relayed, uint64_t at_ms)
{
	relayed->expires_ms = at_ms;
	bel_wheel_put(&relayed->server->wheel, &relayed->expiry, at_ms);
}

static void allocation_free(struct bel_turn_server *server,
			    struct bel_turn_allocation *allocation)
{
	bel_turn_path_close(server, &allocation->path);
	bel_turn_path_close(server, &allocation->next_path);
	server->counters.allocations--;
	bel_turn_give(server, allocation, sizeof *allocation);
}

static void leave_allocation(struct bel_turn_relayed *relayed)
{
	struct bel_turn_allocation *allocation = relayed->allocation;
	bool is_last = true;

	if (!allocation)
		return;
	for (unsigned i = 0; i < BEL_TURN_RELAYED_MAX; i++) {
		if (allocation->relayed[i] == relayed)
			allocation->relayed[i] = NULL;
		is_last &= allocation->relayed[i] == NULL;
	}
	if (is_last)
		allocation_free(relayed->server, allocation);
}

void bel_turn_relayed_close(struct bel_turn_relayed *relayed, uint64_t now_ms)
{
	struct bel_turn_server *server = relayed->server;
	struct bel_turn_account *account = relayed->account;

	bel_wheel_remove(&server->wheel, &relayed->expiry);
	bel_turn_table_remove(&server->relays, &relayed->node);
	leave_allocation(relayed);
	bel_turn_give(server, relayed->permissions,
		      relayed->permissions_size * sizeof *relayed->permissions);
	bel_turn_give(server, relayed->channels,
		      relayed->channels_size * sizeof *relayed->channels);
	server->opts.port->close_relay(server->opts.user, relayed->id);
	server->counters.relays--;
	relayed_forget(relayed);
	bel_turn_account_remove(account, now_ms);
}

struct bel_turn_relayed *
bel_turn_allocation_relayed(const struct bel_turn_allocation *allocation, uint8_t family)
{
	for (unsigned i = 0; i < BEL_TURN_RELAYED_MAX; i++)
		if (allocation->relayed[i] &&
		    allocation->relayed[i]->addr.family == family)
			return allocation->relayed[i];
	return NULL;
}

void bel_turn_allocation_close(struct bel_turn_server *server,
			       struct bel_turn_allocation *allocation, uint64_t now_ms)
{
	struct bel_turn_relayed *relayed[BEL_TURN_RELAYED_MAX];
	bool has_any = false;

	memcpy(relayed, allocation->relayed, sizeof relayed);
	for (unsigned i = 0; i < BEL_TURN_RELAYED_MAX; i++) {
		if (!relayed[i])
			continue;
		has_any = true;
		bel_turn_relayed_close(relayed[i], now_ms);
	}
	if (!has_any)
		allocation_free(server, allocation);
}
