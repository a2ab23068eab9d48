/* SPDX-License-Identifier: Apache-2.0
 * Which keys phones insist on. A proxy cannot change an offer that was refused without
 * that some phones take the second one for the first by another way (RFC 3261 section
 * 8.2.2.2): it is better to know. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "anchor/anchor.h"

enum { SLOTS = 1 << 14, KEYING_BITS = 8 };

/* One place for each hash, the last one wins: what is forgotten is learned again. A slot
 * is the hash without its lowest bits, which are the keying. Any thread. */
struct bel_anchor_known {
	struct bel_hash_key key;
	_Atomic uint64_t slots[SLOTS];
};

enum bel_err bel_anchor_known_open(struct bel_anchor_known **out, struct bel_loop *loop)
{
	struct bel_anchor_known *known = calloc(1, sizeof *known);

	if (!known)
		return bel_err_from_errno(ENOMEM);
	bel_loop_random(loop, &known->key, sizeof known->key);
	*out = known;
	return BEL_OK;
}

void bel_anchor_known_close(struct bel_anchor_known *known)
{
	free(known);
}

/* A phone is its Contact and where it is seen, without the port: behind a NAT that may
 * change. */
static uint64_t hash_of(const struct bel_anchor_known *known, bel_str contact,
			const bel_addr *seen)
{
	struct bel_uri uri;
	bel_str texts[] = { BEL_STR_NONE,
			    BEL_STR_NONE,
			    BEL_STR_NONE,
			    { (const char *)seen->ip, sizeof seen->ip } };

	if (bel_uri_parse(&uri, contact))
		return 0;
	texts[0] = uri.user;
	texts[1] = uri.host;
	texts[2] = (bel_str){ (const char *)&uri.port, sizeof uri.port };
	return bel_hash_list(&known->key, texts, BEL_COUNT_OF(texts));
}

void bel_anchor_learn(struct bel_anchor_known *known, bel_str contact,
		      const bel_addr *seen, enum bel_relay_keying keying)
{
	uint64_t hash = hash_of(known, contact, seen);
	uint64_t value = hash >> KEYING_BITS << KEYING_BITS | keying;

	atomic_store_explicit(&known->slots[hash % SLOTS],
			      keying == BEL_RELAY_AS_OFFERED ? 0 : value,
			      memory_order_relaxed);
}

enum bel_relay_keying bel_anchor_recall(const struct bel_anchor_known *known,
					bel_str contact, const bel_addr *seen)
{
	uint64_t hash = hash_of(known, contact, seen);
	uint64_t value = atomic_load_explicit(&known->slots[hash % SLOTS],
					      memory_order_relaxed);

	return value >> KEYING_BITS == hash >> KEYING_BITS
		       ? (enum bel_relay_keying)(value & ((1 << KEYING_BITS) - 1))
		       : BEL_RELAY_AS_OFFERED;
}
