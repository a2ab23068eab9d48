/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_TRANSPORT_DNS_CACHE_H
#define BEL_TRANSPORT_DNS_CACHE_H

#include "base/base.h"
#include "io/io.h"

/* Answers of the resolver, kept by their TTL; absences too. What is asked for while it is
 * asked already waits for the same answer. */
struct dns_cache;

struct dns_answer {
	enum bel_err err;
	const struct bel_dns_record *records;
	unsigned count;
};

/* Somebody who waits for an answer that is not there yet. */
struct dns_waiter {
	struct bel_list node;
	void (*on_answer)(struct dns_waiter *waiter);
};

enum bel_err bel_dns_cache_open(struct dns_cache **out, struct bel_loop *loop,
				struct bel_resolver *resolver);
void bel_dns_cache_close(struct dns_cache *cache);
/* True with *out (valid until the next turn) when the answer is known, fresh or up to an
 * hour stale; else the waiter is told when it is worth asking again. */
bool bel_dns_cache_ask(struct dns_answer *out, struct dns_cache *cache, bel_str name,
		       enum bel_dns_type type, struct dns_waiter *waiter);

#endif
