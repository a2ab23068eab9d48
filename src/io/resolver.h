/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_IO_RESOLVER_H
#define BEL_IO_RESOLVER_H

#include "base/base.h"

struct bel_loop;
struct bel_resolver;

enum bel_dns_type { BEL_DNS_A, BEL_DNS_AAAA, BEL_DNS_SRV, BEL_DNS_NAPTR };

/* One record, decoded and checked. Names are lower-case without the final dot and are
 * borrowed until the callback returns. */
struct bel_dns_record {
	enum bel_dns_type type;
	uint32_t ttl_s;
	bel_addr addr;            /* A, AAAA; port 0 */
	uint16_t order, priority; /* NAPTR order; NAPTR preference or SRV priority */
	uint16_t weight, port;    /* SRV */
	bel_str target;           /* SRV target, NAPTR replacement */
	bel_str flags, service;   /* NAPTR */
};

enum { BEL_DNS_RECORDS_MAX = 64 };

/* err: BEL_OK (count may be 0: the name is there without such records),
 * BEL_ERR_NOT_FOUND (no such name), BEL_ERR_TIMEOUT, BEL_ERR_DNS (the server failed).
 * ttl_s is the least of the records, or how long the absence may be kept (RFC 2308). */
typedef void (*bel_dns_fn)(void *user, enum bel_err err,
			   const struct bel_dns_record *records, unsigned count,
			   uint32_t ttl_s);

struct bel_resolver_opts {
	bel_addr server;     /* family 0: what /etc/resolv.conf says */
	unsigned timeout_ms; /* of one try; 0: 2000 */
	unsigned tries;      /* 0: 2 */
};

enum bel_err bel_resolver_open(struct bel_resolver **out, struct bel_loop *loop,
			       const struct bel_resolver_opts *opts);
/* Queries that run end with BEL_ERR_CLOSED, from inside this call. */
void bel_resolver_close(struct bel_resolver *resolver);
/* The answer comes later, by the loop, never from inside this call. No cache here. A and
 * AAAA look into /etc/hosts first; localhost and names under it are loopback always (RFC
 * 6761 section 6.3). BEL_ERR_SYNTAX for what is no host name. */
enum bel_err bel_resolver_query(struct bel_resolver *resolver, bel_str name,
				enum bel_dns_type type, bel_dns_fn on_answer, void *user);
/* Answers to user no longer come. */
void bel_resolver_forget(struct bel_resolver *resolver, void *user);

/* The decoder of an answer packet as it came from the network: at most *count records of
 * the type wanted out of it, aliases (CNAME) followed within the packet, EDNS passed
 * over; what they borrow is in the arena. Pure; for tests and fuzzing too. BEL_OK and
 * BEL_ERR_NOT_FOUND set *count and *ttl_s; BEL_ERR_DNS: the server failed;
 * BEL_ERR_SYNTAX, BEL_ERR_LIMIT: no such packet is made by an honest server;
 * BEL_ERR_SPACE: the arena. */
enum bel_err bel_dns_parse(struct bel_dns_record *records, unsigned *count,
			   uint32_t *ttl_s, struct bel_arena *arena, bel_str packet,
			   enum bel_dns_type type);

#endif
