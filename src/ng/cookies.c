/* SPDX-License-Identifier: Apache-2.0 */
#include "ng/cookies.h"

#include <errno.h>
#include <stdlib.h>

enum { BUCKETS = 4096 };

struct kept {
	struct bel_list node, age;
	uint64_t hash, expires_ms;
	bel_addr source;
	bel_str cookie, answer; /* behind this struct */
};

enum bel_err bel_ng_cookies_init(struct bel_ng_cookies *cookies,
				 const struct bel_hash_key *key)
{
	*cookies = (struct bel_ng_cookies){ .key = *key };
	cookies->buckets = malloc(BUCKETS * sizeof *cookies->buckets);
	if (!cookies->buckets)
		return bel_err_from_errno(ENOMEM);
	for (unsigned i = 0; i < BUCKETS; i++)
		bel_list_init(&cookies->buckets[i]);
	bel_list_init(&cookies->oldest);
	return BEL_OK;
}

static size_t size_of(const struct kept *kept)
{
	return sizeof *kept + kept->cookie.len + kept->answer.len;
}

static struct kept *oldest_of(struct bel_ng_cookies *cookies)
{
	return BEL_CONTAINER_OF(cookies->oldest.next, struct kept, age);
}

static void drop(struct bel_ng_cookies *cookies, struct kept *kept)
{
	bel_list_remove(&kept->node);
	bel_list_remove(&kept->age);
	cookies->count--;
	cookies->bytes -= size_of(kept);
	free(kept);
}

void bel_ng_cookies_fini(struct bel_ng_cookies *cookies)
{
	while (cookies->count)
		drop(cookies, oldest_of(cookies));
	free(cookies->buckets);
	*cookies = (struct bel_ng_cookies){ .buckets = NULL };
}

/* All live equally long, so the oldest are the first to expire. */
static void drop_expired(struct bel_ng_cookies *cookies, uint64_t now_ms)
{
	while (cookies->count && oldest_of(cookies)->expires_ms <= now_ms)
		drop(cookies, oldest_of(cookies));
}

static uint64_t hash_of(const struct bel_ng_cookies *cookies, const bel_addr *source,
			bel_str cookie)
{
	return bel_addr_hash(source, bel_hash(&cookies->key, cookie));
}

void bel_ng_cookies_put(struct bel_ng_cookies *cookies, const bel_addr *source,
			bel_str cookie, bel_str answer, uint64_t now_ms)
{
	size_t size = sizeof(struct kept) + cookie.len + answer.len;
	struct kept *kept = malloc(size);
	struct bel_writer text;

	if (!kept)
		return;
	drop_expired(cookies, now_ms);
	while (cookies->count && (cookies->count >= BEL_NG_COOKIES_MAX ||
				  cookies->bytes + size > BEL_NG_COOKIES_BYTES_MAX))
		drop(cookies, oldest_of(cookies));
	*kept = (struct kept){ .source = *source,
			       .hash = hash_of(cookies, source, cookie),
			       .expires_ms = now_ms + BEL_NG_COOKIE_MS };
	text = bel_writer_init(kept + 1, cookie.len + answer.len);
	bel_write_str(&text, cookie);
	bel_write_str(&text, answer);
	kept->cookie = (bel_str){ text.buf, cookie.len };
	kept->answer = (bel_str){ text.buf + cookie.len, answer.len };
	bel_list_put(&cookies->buckets[kept->hash % BUCKETS], &kept->node);
	bel_list_put(&cookies->oldest, &kept->age);
	cookies->count++;
	cookies->bytes += size;
}

bool bel_ng_cookies_find(bel_str *answer, struct bel_ng_cookies *cookies,
			 const bel_addr *source, bel_str cookie, uint64_t now_ms)
{
	uint64_t hash = hash_of(cookies, source, cookie);

	drop_expired(cookies, now_ms);
	BEL_LIST_EACH(node, &cookies->buckets[hash % BUCKETS])
	{
		const struct kept *kept = BEL_CONTAINER_OF(node, struct kept, node);
		if (kept->hash != hash || !bel_addr_is_equal(&kept->source, source) ||
		    !bel_str_is_equal(kept->cookie, cookie))
			continue;
		*answer = kept->answer;
		return true;
	}
	return false;
}
