/* SPDX-License-Identifier: Apache-2.0
 * A candidate: an address at which one of the two may be reached. */
#ifndef BEL_ICE_CANDIDATE_H
#define BEL_ICE_CANDIDATE_H

#include "ice/ice.h"

/* RFC 8445 section 4. */
enum bel_ice_type {
	BEL_ICE_HOST,
	BEL_ICE_SERVER_REFLEXIVE, /* as a STUN server sees us */
	BEL_ICE_PEER_REFLEXIVE,   /* as the peer sees us, or we him */
	BEL_ICE_RELAYED,
	BEL_ICE_TYPES,
};

struct bel_ice_candidate {
	enum bel_ice_type type;
	uint16_t component; /* from 1 */
	uint32_t priority;  /* 1 to 2^31 - 1 */
	bel_addr addr;
	/* Of ours: what is sent from it leaves here. A host's and a relay's is itself. Of
	 * theirs it is not known, and family is 0. */
	bel_addr base;
	bel_addr related; /* for people; family 0: none, or hidden */
	char foundation[BEL_ICE_FOUNDATION_MAX + 1];
};

/* RFC 8445 section 5.1.2.1. preference: which of one type is first; 65535 is right where
 * there is one. */
uint32_t bel_ice_priority(enum bel_ice_type type, uint16_t preference,
			  unsigned component);
/* What a check says of its sender, should he turn out to be peer-reflexive (section
 * 7.1.1): the same preference, another type. */
uint32_t bel_ice_reflexive_priority(uint32_t priority);
/* Section 6.1.2.3, of the controlling one's candidate and of the other's. */
uint64_t bel_ice_pair_priority(uint32_t controlling, uint32_t controlled);

/* Section 5.1.1.3: the same text for the same type, host of the base and server (which
 * may be NULL), and nothing that a stranger could read a private address from. */
void bel_ice_foundation_make(char out[BEL_ICE_FOUNDATION_MAX + 1],
			     const struct bel_hash_key *key, enum bel_ice_type type,
			     const bel_addr *base, const bel_addr *server);

/* "host", "srflx", "prflx", "relay". */
bel_str bel_ice_type_name(enum bel_ice_type type);
/* False for a type that is not known. */
bool bel_ice_type_find(enum bel_ice_type *out, bel_str name);

#endif
