/* SPDX-License-Identifier: Apache-2.0 */
#include "ice/ice.h"

/* RFC 8445 section 5.1.2.2, with its recommended values. */
static const struct {
	const char *name;
	uint8_t preference;
} types[BEL_ICE_TYPES] = {
	[BEL_ICE_HOST] = { "host", 126 },
	[BEL_ICE_SERVER_REFLEXIVE] = { "srflx", 100 },
	[BEL_ICE_PEER_REFLEXIVE] = { "prflx", 110 },
	[BEL_ICE_RELAYED] = { "relay", 0 },
};

uint32_t bel_ice_priority(enum bel_ice_type type, uint16_t preference, unsigned component)
{
	return (uint32_t)types[type].preference << 24 | (uint32_t)preference << 8 |
	       (256 - component);
}

uint32_t bel_ice_reflexive_priority(uint32_t priority)
{
	return (uint32_t)types[BEL_ICE_PEER_REFLEXIVE].preference << 24 |
	       (priority & 0xffffff);
}

uint64_t bel_ice_pair_priority(uint32_t controlling, uint32_t controlled)
{
	bool is_first = controlling > controlled;
	uint64_t more = is_first ? controlling : controlled;
	uint64_t less = is_first ? controlled : controlling;

	return (less << 32) + 2 * more + is_first;
}

void bel_ice_foundation_make(char out[BEL_ICE_FOUNDATION_MAX + 1],
			     const struct bel_hash_key *key, enum bel_ice_type type,
			     const bel_addr *base, const bel_addr *server)
{
	struct bel_writer writer = bel_writer_init(out, BEL_ICE_FOUNDATION_MAX);
	const bel_str texts[] = {
		bel_ice_type_name(type),
		{ (const char *)base->ip, sizeof base->ip },
		server ? (bel_str){ (const char *)server->ip, sizeof server->ip }
		       : BEL_STR_NONE,
	};

	bel_write_hex64(&writer, bel_hash_list(key, texts, BEL_COUNT_OF(texts)) >> 32, 8);
	out[writer.len] = '\0';
}

bel_str bel_ice_type_name(enum bel_ice_type type)
{
	return bel_str_from(types[type].name);
}

bool bel_ice_type_find(enum bel_ice_type *out, bel_str name)
{
	for (unsigned i = 0; i < BEL_ICE_TYPES; i++)
		if (bel_str_is_equal_nocase(name, bel_str_from(types[i].name))) {
			*out = (enum bel_ice_type)i;
			return true;
		}
	return false;
}
