/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

enum { ALIGN = 16, BLOCK_BYTES = 4096 };

struct bel_arena_block {
	struct bel_arena_block *next;
	size_t size;
};

_Static_assert(sizeof(struct bel_arena_block) % ALIGN == 0, "blocks keep the alignment");

void bel_arena_init(struct bel_arena *arena, void *first, size_t size, size_t budget)
{
	*arena = (struct bel_arena){ .ptr = first,
				     .end = first ? (char *)first + size : NULL,
				     .first = first,
				     .first_size = first ? size : 0,
				     .budget = budget };
}

void bel_arena_init_in(struct bel_arena *arena, struct bel_pool *pool, void *first,
		       size_t size, size_t budget)
{
	bel_arena_init(arena, first, size, budget);
	arena->pool = pool;
}

static struct bel_arena_block *take_block(struct bel_pool *pool, size_t size)
{
	return pool ? bel_pool_take(pool, size) : malloc(size);
}

static void give_block(struct bel_pool *pool, struct bel_arena_block *block)
{
	if (pool)
		bel_pool_give(pool, block, block->size);
	else
		free(block);
}

void bel_arena_reset(struct bel_arena *arena)
{
	while (arena->blocks) {
		struct bel_arena_block *block = arena->blocks;
		arena->blocks = block->next;
		give_block(arena->pool, block);
	}
	bel_arena_init_in(arena, arena->pool, arena->first, arena->first_size,
			  arena->budget);
}

void bel_arena_fini(struct bel_arena *arena)
{
	bel_arena_reset(arena);
}

/* A new block that holds at least size bytes; the rest of the old one is left. */
static bool grow(struct bel_arena *arena, size_t size)
{
	size_t left = arena->budget - arena->used;
	size_t bytes, usual;

	if (__builtin_add_overflow(size, sizeof(struct bel_arena_block) + ALIGN,
				   &bytes) ||
	    bytes > left)
		return false;
	usual = arena->pool ? bel_pool_room(bytes) : BLOCK_BYTES;
	if (bytes < usual)
		bytes = left < usual ? left : usual;
	struct bel_arena_block *block = take_block(arena->pool, bytes);
	if (!block)
		return false;
	*block = (struct bel_arena_block){ .next = arena->blocks, .size = bytes };
	arena->blocks = block;
	arena->used += bytes;
	arena->ptr = (char *)(block + 1);
	arena->end = (char *)block + bytes;
	return true;
}

char *bel_arena_bytes(struct bel_arena *arena, size_t size)
{
	if ((size_t)(arena->end - arena->ptr) < size || !arena->ptr)
		if (!grow(arena, size))
			return NULL;
	char *at = arena->ptr;
	arena->ptr += size;
	return at;
}

void *bel_arena_alloc(struct bel_arena *arena, size_t size)
{
	size_t skip = (ALIGN - (uintptr_t)arena->ptr % ALIGN) % ALIGN;
	size_t need;

	if (__builtin_add_overflow(size, skip, &need))
		return NULL;
	if (arena->ptr && (size_t)(arena->end - arena->ptr) >= need) {
		arena->ptr += skip;
		return bel_arena_bytes(arena, size);
	}
	if (!grow(arena, size))
		return NULL;
	return bel_arena_bytes(arena, size);
}

void *bel_arena_zalloc(struct bel_arena *arena, size_t size)
{
	void *at = bel_arena_alloc(arena, size);

	if (at)
		memset(at, 0, size);
	return at;
}

bel_str bel_arena_copy(struct bel_arena *arena, bel_str str)
{
	char *at = bel_arena_bytes(arena, str.len);

	if (!at)
		return BEL_STR_NONE;
	if (str.len)
		memcpy(at, str.ptr, str.len);
	return (bel_str){ at, str.len };
}
