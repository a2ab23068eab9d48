/* SPDX-License-Identifier: Apache-2.0
 * A chunk is pages of 16 KiB, each cut into blocks of one size. Its head stands in its
 * first pages and says for each page which blocks are free. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/base.h"

enum {
	PAGE_BYTES = 16384,
	CHUNK_BYTES = 2 << 20,
	PAGES = CHUNK_BYTES / PAGE_BYTES,
	CLASSES = 17,
	SPARE_CHUNKS = 1,
};

/* So that little is lost by rounding up. */
static const uint16_t sizes[CLASSES] = { 512,  576,  640,  768,  896,  1024,
					 1152, 1280, 1408, 1536, 1792, 2048,
					 2304, 2560, 3072, 3584, 4096 };
/* Of sizes above 512 * n. */
static const uint8_t first_class[] = { 0, 1, 6, 10, 12, 14, 15, 16 };

#if defined __SANITIZE_ADDRESS__
#define IS_SANITIZED true
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define IS_SANITIZED true
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED false
#endif

/* A block that nobody has. */
struct vacant {
	struct vacant *next;
};

struct page {
	struct bel_list node; /* among those of its class that have a block left */
	struct vacant *vacant;
	uint16_t used, fresh; /* blocks; those from fresh on were never given */
	uint8_t class;
};

struct chunk {
	struct bel_list node; /* among those that have a page left */
	struct bel_pool *pool;
	unsigned used;        /* pages */
	uint16_t free[PAGES]; /* numbers of pages that are not cut */
	unsigned free_count;
	struct page pages[PAGES]; /* those of the head stay unused */
};

enum { HEAD_PAGES = (sizeof(struct chunk) + PAGE_BYTES - 1) / PAGE_BYTES };

struct bel_pool {
	struct bel_list classes[CLASSES]; /* pages with a block left */
	struct bel_list chunks;           /* with a page left */
	unsigned chunks_count, empty_count;
	size_t used;
};

static size_t bytes_of(unsigned class)
{
	return sizes[class];
}

/* CLASSES for what is larger than all of them. */
static unsigned class_of(size_t size)
{
	unsigned steps = size > BEL_POOL_BLOCK_MIN
				 ? (unsigned)((size - 1) / BEL_POOL_BLOCK_MIN)
				 : 0;

	/* Each multiple of the smallest size begins a row of classes. */
	if (steps >= BEL_COUNT_OF(first_class))
		return CLASSES;
	unsigned class = first_class[steps];
	while (sizes[class] < size)
		class ++;
	return class;
}

size_t bel_pool_room(size_t size)
{
	return size > BEL_POOL_BLOCK_MAX ? size : bytes_of(class_of(size));
}

enum bel_err bel_pool_open(struct bel_pool **out)
{
	struct bel_pool *pool = calloc(1, sizeof *pool);

	if (!pool)
		return bel_err_from_errno(ENOMEM);
	for (unsigned i = 0; i < CLASSES; i++)
		bel_list_init(&pool->classes[i]);
	bel_list_init(&pool->chunks);
	*out = pool;
	return BEL_OK;
}

static void chunk_unmap(struct chunk *chunk)
{
	struct bel_pool *pool = chunk->pool;

	bel_list_remove(&chunk->node);
	pool->chunks_count--;
	munmap(chunk, CHUNK_BYTES);
}

void bel_pool_close(struct bel_pool *pool)
{
	if (!pool)
		return;
	while (!bel_list_is_empty(&pool->chunks))
		chunk_unmap((struct chunk *)pool->chunks.next);
	free(pool);
}

/* Twice the size is asked for, so that an aligned half is in it. */
static void *map_aligned(void)
{
	char *at = mmap(NULL, 2 * CHUNK_BYTES, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t before;

	if (at == MAP_FAILED)
		return NULL;
	before = -(uintptr_t)at % CHUNK_BYTES;
	if (before)
		munmap(at, before);
	munmap(at + before + CHUNK_BYTES, CHUNK_BYTES - before);
	return at + before;
}

/* The first chunk of a pool is small while little is in it: huge pages are for those who
 * have many. */
static struct chunk *chunk_new(struct bel_pool *pool)
{
	struct chunk *chunk = map_aligned();

	if (!chunk)
		return NULL;
	if (pool->chunks_count)
		madvise(chunk, CHUNK_BYTES, MADV_HUGEPAGE);
	chunk->pool = pool;
	for (unsigned i = PAGES; i-- > HEAD_PAGES;)
		chunk->free[chunk->free_count++] = (uint16_t)i;
	bel_list_init(&chunk->node);
	bel_list_put(&pool->chunks, &chunk->node);
	pool->chunks_count++;
	pool->empty_count++;
	return chunk;
}

/* node comes first in both. */
static struct chunk *chunk_of(const void *block)
{
	return (struct chunk *)((uintptr_t)block & ~(uintptr_t)(CHUNK_BYTES - 1));
}

static unsigned number_of(const struct chunk *chunk, const void *block)
{
	return (unsigned)(((uintptr_t)block - (uintptr_t)chunk) / PAGE_BYTES);
}

static struct page *page_new(struct bel_pool *pool, unsigned class)
{
	struct chunk *chunk = (struct chunk *)pool->chunks.next;
	struct page *page;

	if (bel_list_is_empty(&pool->chunks))
		chunk = chunk_new(pool);
	if (!chunk)
		return NULL;
	if (!chunk->used++)
		pool->empty_count--;
	page = &chunk->pages[chunk->free[--chunk->free_count]];
	if (!chunk->free_count)
		bel_list_remove(&chunk->node);
	*page = (struct page){ .class = (uint8_t) class };
	bel_list_put(&pool->classes[class], &page->node);
	return page;
}

static void page_end(struct chunk *chunk, struct page *page)
{
	struct bel_pool *pool = chunk->pool;

	bel_list_remove(&page->node);
	if (!chunk->free_count)
		bel_list_put(&pool->chunks, &chunk->node);
	chunk->free[chunk->free_count++] = (uint16_t)(page - chunk->pages);
	if (--chunk->used)
		return;
	if (pool->empty_count == SPARE_CHUNKS)
		chunk_unmap(chunk);
	else
		pool->empty_count++;
}

static bool is_full(const struct page *page)
{
	return page->used == PAGE_BYTES / bytes_of(page->class);
}

static void *take_from(struct page *page)
{
	struct chunk *chunk = chunk_of(page);
	size_t number = (size_t)(page - chunk->pages);
	struct vacant *vacant = page->vacant;

	page->used++;
	if (vacant) {
		page->vacant = vacant->next;
		return vacant;
	}
	return (char *)chunk + number * PAGE_BYTES +
	       page->fresh++ * bytes_of(page->class);
}

void *bel_pool_take(struct bel_pool *pool, size_t size)
{
	unsigned class = class_of(size);
	struct page *page;
	void *block;

	if (IS_SANITIZED || class >= CLASSES) {
		block = malloc(size ? size : 1);
		pool->used += block ? size : 0;
		return block;
	}
	page = (struct page *)pool->classes[class].next;
	if (bel_list_is_empty(&pool->classes[class]))
		page = page_new(pool, class);
	if (!page)
		return NULL;
	block = take_from(page);
	if (is_full(page))
		bel_list_remove(&page->node);
	pool->used += bytes_of(class);
	return block;
}

void bel_pool_give(struct bel_pool *pool, void *block, size_t size)
{
	struct chunk *chunk = chunk_of(block);
	struct vacant *vacant = block;
	struct page *page;

	if (!block)
		return;
	if (IS_SANITIZED || size > BEL_POOL_BLOCK_MAX) {
		pool->used -= size;
		free(block);
		return;
	}
	page = &chunk->pages[number_of(chunk, block)];
	if (is_full(page))
		bel_list_put(&pool->classes[page->class], &page->node);
	vacant->next = page->vacant;
	page->vacant = vacant;
	pool->used -= bytes_of(page->class);
	if (--page->used == 0)
		page_end(chunk, page);
}

size_t bel_pool_bytes(const struct bel_pool *pool)
{
	return (size_t)pool->chunks_count * CHUNK_BYTES;
}

size_t bel_pool_used(const struct bel_pool *pool)
{
	return pool->used;
}
