/* SPDX-License-Identifier: Apache-2.0 */
#include "transport/dns_cache.h"

#include <errno.h>
#include <stdlib.h>

enum {
	BUCKETS = 512,
	ENTRIES_MAX = 4096,
	NAME_BYTES_MAX = 255,
	TTL_MIN_MS = 1000,
	TTL_MAX_MS = 24 * 3600 * 1000,
	STALE_MS = 3600 * 1000,
	FAILURE_MS = 5000, /* how long a server's failure is remembered */
};

struct entry {
	struct entry *next;
	struct dns_cache *cache;
	enum bel_dns_type type;
	bool is_known, is_pending;
	enum bel_err err;
	uint64_t expires_ms;
	uint64_t retry_ms; /* not asked again before, after a failure */
	struct bel_list waiters;
	struct bel_arena arena; /* of the records */
	struct bel_dns_record *records;
	unsigned count;
	size_t name_len;
	char name[];
};

struct dns_cache {
	struct bel_loop *loop;
	struct bel_resolver *resolver;
	struct bel_hash_key key;
	struct entry *buckets[BUCKETS];
	unsigned count;
};

enum bel_err bel_dns_cache_open(struct dns_cache **out, struct bel_loop *loop,
				struct bel_resolver *resolver)
{
	struct dns_cache *cache = calloc(1, sizeof *cache);

	if (!cache)
		return bel_err_from_errno(ENOMEM);
	cache->loop = loop;
	cache->resolver = resolver;
	bel_loop_random(loop, &cache->key, sizeof cache->key);
	*out = cache;
	return BEL_OK;
}

static void entry_free(struct entry *entry)
{
	bel_resolver_forget(entry->cache->resolver, entry);
	while (!bel_list_is_empty(&entry->waiters))
		bel_list_remove(entry->waiters.next);
	bel_arena_fini(&entry->arena);
	free(entry);
}

void bel_dns_cache_close(struct dns_cache *cache)
{
	if (!cache)
		return;
	for (unsigned i = 0; i < BUCKETS; i++) {
		while (cache->buckets[i]) {
			struct entry *entry = cache->buckets[i];
			cache->buckets[i] = entry->next;
			entry_free(entry);
		}
	}
	free(cache);
}

static struct entry **bucket_of(struct dns_cache *cache, bel_str name)
{
	return &cache->buckets[bel_hash_nocase(&cache->key, name) % BUCKETS];
}

static struct entry *find(struct dns_cache *cache, bel_str name, enum bel_dns_type type)
{
	struct entry *entry = *bucket_of(cache, name);

	for (; entry; entry = entry->next)
		if (entry->type == type &&
		    bel_str_is_equal_nocase((bel_str){ entry->name, entry->name_len },
					    name))
			return entry;
	return NULL;
}

/* Drops what is past even its stale hour, wherever it lies. */
static void sweep(struct dns_cache *cache)
{
	uint64_t now = bel_loop_now_ms(cache->loop);

	for (unsigned i = 0; i < BUCKETS; i++) {
		for (struct entry **at = &cache->buckets[i]; *at;) {
			struct entry *entry = *at;
			if (entry->is_pending || !bel_list_is_empty(&entry->waiters) ||
			    now < entry->expires_ms + STALE_MS) {
				at = &entry->next;
				continue;
			}
			*at = entry->next;
			cache->count--;
			entry_free(entry);
		}
	}
}

static struct entry *add(struct dns_cache *cache, bel_str name, enum bel_dns_type type)
{
	struct entry **bucket = bucket_of(cache, name);
	struct entry *entry;

	if (cache->count == ENTRIES_MAX)
		sweep(cache);
	if (cache->count == ENTRIES_MAX)
		return NULL;
	entry = calloc(1, sizeof *entry + name.len);
	if (!entry)
		return NULL;
	entry->cache = cache;
	entry->type = type;
	entry->name_len = name.len;
	memcpy(entry->name, name.ptr, name.len);
	bel_list_init(&entry->waiters);
	bel_arena_init(&entry->arena, NULL, 0, 64 << 10);
	entry->next = *bucket;
	*bucket = entry;
	cache->count++;
	return entry;
}

static bool keep_records(struct entry *entry, const struct bel_dns_record *records,
			 unsigned count)
{
	struct bel_arena *arena = &entry->arena;

	bel_arena_reset(arena);
	entry->count = 0;
	entry->records = bel_arena_alloc(arena, count * sizeof *records);
	if (!entry->records)
		return false;
	for (unsigned i = 0; i < count; i++) {
		struct bel_dns_record *record = &entry->records[i];
		*record = records[i];
		record->target = bel_arena_copy(arena, records[i].target);
		record->flags = bel_arena_copy(arena, records[i].flags);
		record->service = bel_arena_copy(arena, records[i].service);
		if (!record->target.ptr || !record->flags.ptr || !record->service.ptr)
			return false;
	}
	entry->count = count;
	return true;
}

/* Fresh, or an answer in its stale hour. */
static bool is_usable(const struct entry *entry, uint64_t now_ms)
{
	uint64_t grace_ms = entry->err ? 0 : STALE_MS;

	return entry->is_known && now_ms < entry->expires_ms + grace_ms;
}

static uint64_t clamp_ttl_ms(uint32_t ttl_s)
{
	uint64_t ttl_ms = (uint64_t)ttl_s * 1000;

	if (ttl_ms < TTL_MIN_MS)
		return TTL_MIN_MS;
	return ttl_ms < TTL_MAX_MS ? ttl_ms : TTL_MAX_MS;
}

static void tell_waiters(struct entry *entry)
{
	struct bel_list told;

	bel_list_init(&told);
	bel_list_splice(&told, &entry->waiters);
	while (!bel_list_is_empty(&told)) {
		struct dns_waiter *waiter = BEL_CONTAINER_OF(told.next, struct dns_waiter,
							     node);
		bel_list_remove(&waiter->node);
		waiter->on_answer(waiter);
	}
}

static void on_answer(void *user, enum bel_err err, const struct bel_dns_record *records,
		      unsigned count, uint32_t ttl_s)
{
	struct entry *entry = user;
	uint64_t now = bel_loop_now_ms(entry->cache->loop);
	bool is_failure = err && err != BEL_ERR_NOT_FOUND;

	entry->is_pending = false;
	entry->retry_ms = is_failure ? now + FAILURE_MS : now;
	/* What was true before the servers failed is better than nothing, for an hour. */
	if (!is_failure || !is_usable(entry, now)) {
		bool is_kept = keep_records(entry, records, err ? 0 : count);
		entry->is_known = true;
		entry->err = is_kept ? err : BEL_ERR_SPACE;
		entry->expires_ms = now + (is_kept && !is_failure ? clamp_ttl_ms(ttl_s)
								  : FAILURE_MS);
	}
	tell_waiters(entry);
}

static void refresh(struct entry *entry)
{
	bel_str name = { entry->name, entry->name_len };

	if (entry->is_pending)
		return;
	entry->is_pending = bel_resolver_query(entry->cache->resolver, name, entry->type,
					       on_answer, entry) == BEL_OK;
}

bool bel_dns_cache_ask(struct dns_answer *out, struct dns_cache *cache, bel_str name,
		       enum bel_dns_type type, struct dns_waiter *waiter)
{
	uint64_t now = bel_loop_now_ms(cache->loop);
	struct entry *entry;

	*out = (struct dns_answer){ .err = BEL_ERR_DNS };
	if (!cache->resolver || !name.len || name.len > NAME_BYTES_MAX)
		return true;
	entry = find(cache, name, type);
	if (!entry)
		entry = add(cache, name, type);
	if (!entry)
		return true;
	if ((!entry->is_known || now >= entry->expires_ms) && now >= entry->retry_ms)
		refresh(entry);
	if (is_usable(entry, now)) {
		*out = (struct dns_answer){ entry->err, entry->records, entry->count };
		return true;
	}
	if (!entry->is_pending)
		return true; /* it could not even be asked */
	bel_list_put(&entry->waiters, &waiter->node);
	return false;
}
