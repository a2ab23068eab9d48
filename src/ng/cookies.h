/* SPDX-License-Identifier: Apache-2.0
 * Answers, kept by cookie and source for as long as a command may be repeated: one that
 * was lost on its way back is sent again, and its command not carried out twice. */
#ifndef BEL_NG_COOKIES_H
#define BEL_NG_COOKIES_H

#include "base/base.h"

enum {
	BEL_NG_COOKIE_BYTES_MAX = 255,
	BEL_NG_COOKIE_MS = 60 * 1000,
	/* Beyond these the oldest go. */
	BEL_NG_COOKIES_MAX = 8192,
	BEL_NG_COOKIES_BYTES_MAX = 16 << 20,
};

struct bel_ng_cookies {
	struct bel_hash_key key;
	struct bel_list *buckets;
	struct bel_list oldest; /* all of them, as they came */
	unsigned count;
	size_t bytes;
};

/* -ENOMEM. */
enum bel_err bel_ng_cookies_init(struct bel_ng_cookies *cookies,
				 const struct bel_hash_key *key);
/* Harmless for one that is all zero. */
void bel_ng_cookies_fini(struct bel_ng_cookies *cookies);

/* Keeps a copy; without memory it does not. */
void bel_ng_cookies_put(struct bel_ng_cookies *cookies, const bel_addr *source,
			bel_str cookie, bel_str answer, uint64_t now_ms);
/* False when there is none. *answer is borrowed until the next call here. */
bool bel_ng_cookies_find(bel_str *answer, struct bel_ng_cookies *cookies,
			 const bel_addr *source, bel_str cookie, uint64_t now_ms);

#endif
