/* SPDX-License-Identifier: Apache-2.0
 * The attributes of STUN that are known here, by their numbers on the wire. Below 0x8000
 * a receiver must understand them (RFC 8489 section 14). */
#ifndef BEL_STUN_ATTR_H
#define BEL_STUN_ATTR_H

#include "base/base.h"

enum bel_stun_attr {
	/* RFC 8489 section 18.3 */
	BEL_STUN_MAPPED_ADDRESS = 0x0001,
	BEL_STUN_USERNAME = 0x0006,
	BEL_STUN_MESSAGE_INTEGRITY = 0x0008,
	BEL_STUN_ERROR_CODE = 0x0009,
	BEL_STUN_UNKNOWN_ATTRIBUTES = 0x000a,
	BEL_STUN_REALM = 0x0014,
	BEL_STUN_NONCE = 0x0015,
	BEL_STUN_MESSAGE_INTEGRITY_SHA256 = 0x001c,
	BEL_STUN_PASSWORD_ALGORITHM = 0x001d,
	BEL_STUN_USERHASH = 0x001e,
	BEL_STUN_XOR_MAPPED_ADDRESS = 0x0020,
	BEL_STUN_PASSWORD_ALGORITHMS = 0x8002,
	BEL_STUN_ALTERNATE_DOMAIN = 0x8003,
	BEL_STUN_SOFTWARE = 0x8022,
	BEL_STUN_ALTERNATE_SERVER = 0x8023,
	BEL_STUN_FINGERPRINT = 0x8028,
	/* RFC 8656 section 18 */
	BEL_STUN_CHANNEL_NUMBER = 0x000c,
	BEL_STUN_LIFETIME = 0x000d,
	BEL_STUN_XOR_PEER_ADDRESS = 0x0012,
	BEL_STUN_DATA_VALUE = 0x0013,
	BEL_STUN_XOR_RELAYED_ADDRESS = 0x0016,
	BEL_STUN_REQUESTED_ADDRESS_FAMILY = 0x0017,
	BEL_STUN_EVEN_PORT = 0x0018,
	BEL_STUN_REQUESTED_TRANSPORT = 0x0019,
	BEL_STUN_DONT_FRAGMENT = 0x001a,
	BEL_STUN_RESERVATION_TOKEN = 0x0022,
	BEL_STUN_ADDITIONAL_ADDRESS_FAMILY = 0x8000,
	BEL_STUN_ADDRESS_ERROR_CODE = 0x8001,
	BEL_STUN_ICMP = 0x8004,
	/* RFC 5780 section 7.4. What a request asks for by its CHANGE-REQUEST is not
	 * known here, and so is refused. */
	BEL_STUN_OTHER_ADDRESS = 0x802c,
	/* RFC 8016 */
	BEL_STUN_MOBILITY_TICKET = 0x8030,
	/* RFC 8445 section 16.1 */
	BEL_STUN_PRIORITY = 0x0024,
	BEL_STUN_USE_CANDIDATE = 0x0025,
	BEL_STUN_ICE_CONTROLLED = 0x8029,
	BEL_STUN_ICE_CONTROLLING = 0x802a,
};

/* RFC 8489 section 18.5. */
enum bel_stun_algorithm {
	BEL_STUN_MD5 = 1,
	BEL_STUN_SHA256 = 2,
};

/* Every known number has a slot of its own by its last six bits and its first. */
enum { BEL_STUN_SLOTS = 128 };

enum bel_stun_kind {
	BEL_STUN_BYTES,
	BEL_STUN_ADDR,     /* RFC 8489 section 14.1 */
	BEL_STUN_XOR_ADDR, /* section 14.2 */
};

/* What is known of a type. */
struct bel_stun_row {
	const char *name;
	uint16_t type;
	uint16_t min, max; /* length of the value */
	uint8_t kind;      /* enum bel_stun_kind */
};

static inline unsigned bel_stun_slot(uint16_t type)
{
	return (type & 0x3fu) | (type >> 9 & 0x40u);
}

/* NULL for a type that is not known. */
const struct bel_stun_row *bel_stun_attr_find(uint16_t type);

#endif
