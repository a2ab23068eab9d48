/* SPDX-License-Identifier: Apache-2.0 */
#include "turn/table.h"

#include <errno.h>
#include <stdlib.h>

enum { SIZE_FIRST = 64 };

enum bel_err bel_turn_table_init(struct bel_turn_table *table)
{
	*table = (struct bel_turn_table){ .size = 0 };
	table->buckets = calloc(SIZE_FIRST, sizeof *table->buckets);
	if (!table->buckets)
		return bel_err_from_errno(ENOMEM);
	table->size = SIZE_FIRST;
	return BEL_OK;
}

void bel_turn_table_fini(struct bel_turn_table *table)
{
	free(table->buckets);
	*table = (struct bel_turn_table){ .size = 0 };
}

static struct bel_turn_node **bucket(const struct bel_turn_table *table, uint64_t hash)
{
	return &table->buckets[hash & (table->size - 1)];
}

static void link_in(struct bel_turn_table *table, struct bel_turn_node *node)
{
	struct bel_turn_node **head = bucket(table, node->hash);

	node->next = *head;
	*head = node;
}

static void grow(struct bel_turn_table *table)
{
	struct bel_turn_table larger = { .size = table->size * 2, .count = table->count };

	larger.buckets = calloc(larger.size, sizeof *larger.buckets);
	if (!larger.buckets)
		return;
	for (size_t i = 0; i < table->size; i++) {
		struct bel_turn_node *next;
		for (struct bel_turn_node *node = table->buckets[i]; node; node = next) {
			next = node->next;
			link_in(&larger, node);
		}
	}
	free(table->buckets);
	*table = larger;
}

void bel_turn_table_put(struct bel_turn_table *table, struct bel_turn_node *node,
			uint64_t hash)
{
	if (table->count >= table->size)
		grow(table);
	node->hash = hash;
	link_in(table, node);
	table->count++;
}

void bel_turn_table_remove(struct bel_turn_table *table, struct bel_turn_node *node)
{
	struct bel_turn_node **at = bucket(table, node->hash);

	while (*at && *at != node)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = node->next;
	node->next = NULL;
	table->count--;
}

static struct bel_turn_node *first_of(struct bel_turn_node *node, uint64_t hash)
{
	while (node && node->hash != hash)
		node = node->next;
	return node;
}

struct bel_turn_node *bel_turn_table_find(const struct bel_turn_table *table,
					  uint64_t hash)
{
	return first_of(*bucket(table, hash), hash);
}

struct bel_turn_node *bel_turn_table_next(const struct bel_turn_node *node)
{
	return first_of(node->next, node->hash);
}

struct bel_turn_node *bel_turn_table_any(const struct bel_turn_table *table)
{
	for (size_t i = 0; i < table->size; i++)
		if (table->buckets[i])
			return table->buckets[i];
	return NULL;
}
