/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_BASE_POOL_H
#define BEL_BASE_POOL_H

#include <stddef.h>

#include "base/err.h"

/* Blocks of a few sizes that come and go by the million, as those of calls do. They lie
 * in chunks of 2 MiB, huge pages where the system has them, so that growing costs no
 * system call and hardly a page fault; a chunk that is empty again goes back to the
 * system, but for one. One thread a pool. With an address sanitizer each block is one of
 * malloc. */
struct bel_pool;

enum { BEL_POOL_BLOCK_MIN = 512, BEL_POOL_BLOCK_MAX = 4096 };

enum bel_err bel_pool_open(struct bel_pool **out);
/* Every block must be back. */
void bel_pool_close(struct bel_pool *pool);

/* A size is rounded up to one of seventeen, by a fifth at most above 512; what is above
 * 4,096 comes from malloc. 16-byte alignment, not cleared; NULL without memory. */
void *bel_pool_take(struct bel_pool *pool, size_t size);
/* The size as it was asked for. NULL is let be. */
void bel_pool_give(struct bel_pool *pool, void *block, size_t size);
/* What a block of that size really has room for. */
size_t bel_pool_room(size_t size);

/* Bytes taken from the system, and of those in use. */
size_t bel_pool_bytes(const struct bel_pool *pool);
size_t bel_pool_used(const struct bel_pool *pool);

#endif
