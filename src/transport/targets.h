/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_TRANSPORT_TARGETS_H
#define BEL_TRANSPORT_TARGETS_H

#include "transport/transport.h"

/* RFC 3263: from the URI of a next hop to the addresses to try, in order. Answers are
 * cached by their TTL, absences too (RFC 2308); an answer past its time is served for an
 * hour while it is asked for anew. What failed lately is put behind what did not. */
struct bel_targets;

enum { BEL_TARGETS_MAX = 16 };

struct bel_targets_opts {
	struct bel_loop *loop;
	struct bel_resolver *resolver; /* borrowed; NULL: addresses only */
	/* Names that need no DNS; addr.port 0 is the default. May be NULL. */
	bool (*find_host)(void *user, bel_str name, bel_addr *addr,
			  enum bel_sip_transport *transport);
	void *user;
	bool has_udp, has_tcp, has_tls; /* what this server can speak */
	bool has_ipv6;
};

enum bel_err bel_targets_open(struct bel_targets **out,
			      const struct bel_targets_opts *opts);
void bel_targets_close(struct bel_targets *targets);

/* One look-up under way; lies in its owner's memory. */
struct bel_targets_query {
	struct bel_list node;
	/* BEL_OK with 1 or more hops (names borrowed from the URI or the cache until the
	 * call returns), BEL_ERR_NOT_FOUND, BEL_ERR_TIMEOUT, BEL_ERR_DNS,
	 * BEL_ERR_UNSUPPORTED (a transport we do not speak). */
	void (*on_targets)(struct bel_targets_query *query, enum bel_err err,
			   const struct bel_hop *hops, unsigned count);
	void *state; /* private */
};

/* message_bytes chooses TCP for what is too large for UDP (RFC 3261 section 18.1.1) when
 * the URI leaves the choice. The answer may come from inside this call, when it is an
 * address or cached. */
void bel_targets_find(struct bel_targets *targets, struct bel_targets_query *query,
		      const struct bel_uri *uri, size_t message_bytes);
void bel_targets_cancel(struct bel_targets *targets, struct bel_targets_query *query);

/* What was seen of a hop: suspects are tried last for 30 s, then 60, up to 5 min. */
void bel_targets_failed(struct bel_targets *targets, const struct bel_hop *hop);
void bel_targets_worked(struct bel_targets *targets, const struct bel_hop *hop);
bool bel_targets_is_suspect(const struct bel_targets *targets, const struct bel_hop *hop);

#endif
