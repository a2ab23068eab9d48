/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_BASE_ARENA_H
#define BEL_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "base/pool.h"
#include "base/str.h"

/* Memory with one end of life: taken piece by piece, given back as a whole. It starts in
 * a block of the caller's, if there is one, and grows by heap blocks up to its budget.
 * One thread at a time. */
struct bel_arena_block;
struct bel_arena {
	char *ptr;                      /* next free byte */
	char *end;                      /* of the present block */
	struct bel_arena_block *blocks; /* newest first; heap only */
	char *first;
	size_t first_size;
	size_t used;           /* heap bytes taken */
	size_t budget;         /* of heap bytes */
	struct bel_pool *pool; /* where blocks come from; NULL: malloc */
};

/* first may be NULL with size 0; it stays the caller's. No allocation happens here. */
void bel_arena_init(struct bel_arena *arena, void *first, size_t size, size_t budget);
/* The same, with blocks no larger than they have to be, of a pool that outlives it. */
void bel_arena_init_in(struct bel_arena *arena, struct bel_pool *pool, void *first,
		       size_t size, size_t budget);
/* Gives every heap block back; the arena is as after init. */
void bel_arena_reset(struct bel_arena *arena);
/* The same, said at the end of life. */
void bel_arena_fini(struct bel_arena *arena);

/* size bytes aligned for any object, not cleared; NULL when the budget or the memory is
 * used up. A piece of size 0 is valid. */
void *bel_arena_alloc(struct bel_arena *arena, size_t size);
/* The same, cleared. */
void *bel_arena_zalloc(struct bel_arena *arena, size_t size);
/* Bytes without alignment, for text. */
char *bel_arena_bytes(struct bel_arena *arena, size_t size);
/* A copy; ptr is NULL when there was no memory (and then len is 0). */
bel_str bel_arena_copy(struct bel_arena *arena, bel_str str);

#define BEL_ARENA_NEW(arena, type) ((type *)bel_arena_zalloc((arena), sizeof(type)))

#endif
