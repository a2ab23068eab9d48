/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_TX_TABLE_INT_H
#define BEL_TX_TABLE_INT_H

#include "tx/tx.h"

struct bel_tx_table {
	struct bel_loop *loop;
	const struct bel_tx_times *times;
	struct bel_hash_key hash_key;
	struct bel_tx **buckets;
	size_t mask;
	size_t count;
};

/* In the table under its hash and key. Growing may fail for want of memory; the chains
 * are then longer, nothing else. */
void bel_tx_table_put(struct bel_tx_table *table, struct bel_tx *tx);
void bel_tx_table_remove(struct bel_tx *tx);

/* Sets key and hash of a server transaction; the key is copied into the arena. */
enum bel_err bel_tx_key_server(struct bel_tx *tx, struct bel_tx_table *table,
			       struct bel_sip_msg *request);
/* The key of a client is its branch. */
void bel_tx_key_client(struct bel_tx *tx, struct bel_tx_table *table, bel_str branch);

#endif
