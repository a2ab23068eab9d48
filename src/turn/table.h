/* SPDX-License-Identifier: Apache-2.0
 * A hash table of what carries a node. Hashes are keyed, for peers choose what is hashed.
 * It grows by itself; when there is no memory for that it only becomes slower. */
#ifndef BEL_TURN_TABLE_H
#define BEL_TURN_TABLE_H

#include "base/base.h"

struct bel_turn_node {
	struct bel_turn_node *next;
	uint64_t hash;
};

struct bel_turn_table {
	struct bel_turn_node **buckets;
	size_t size; /* a power of two */
	size_t count;
};

/* -ENOMEM; the table is empty then, and may be ended like any other. */
enum bel_err bel_turn_table_init(struct bel_turn_table *table);
/* What is in it stays its owners'. */
void bel_turn_table_fini(struct bel_turn_table *table);
void bel_turn_table_put(struct bel_turn_table *table, struct bel_turn_node *node,
			uint64_t hash);
void bel_turn_table_remove(struct bel_turn_table *table, struct bel_turn_node *node);
/* The first with that hash, and the next one after it; NULL when there is none. */
struct bel_turn_node *bel_turn_table_find(const struct bel_turn_table *table,
					  uint64_t hash);
struct bel_turn_node *bel_turn_table_next(const struct bel_turn_node *node);
/* Any one; for who empties the table. */
struct bel_turn_node *bel_turn_table_any(const struct bel_turn_table *table);

#endif
