/* SPDX-License-Identifier: Apache-2.0 */
#include "stun/attr.h"

/* Lengths of RFC 8489 section 14; RFC 8016 leaves a ticket's open. */
enum { TEXT_MAX = 763, USERNAME_MAX = 508, ANY = 65535 };

#define SLOT(type) (((type)&0x3f) | ((type) >> 9 & 0x40))
#define ROW(attr, min, max, kind)                                                        \
	[SLOT(BEL_STUN_##attr)] = { #attr, BEL_STUN_##attr, min, max, BEL_STUN_##kind }

static const struct bel_stun_row rows[BEL_STUN_SLOTS] = {
	ROW(MAPPED_ADDRESS, 8, 20, ADDR),
	ROW(USERNAME, 1, USERNAME_MAX, BYTES),
	ROW(MESSAGE_INTEGRITY, 20, 20, BYTES),
	ROW(ERROR_CODE, 4, 4 + TEXT_MAX, BYTES),
	ROW(UNKNOWN_ATTRIBUTES, 0, ANY, BYTES),
	ROW(REALM, 1, TEXT_MAX, BYTES),
	ROW(NONCE, 1, TEXT_MAX, BYTES),
	ROW(MESSAGE_INTEGRITY_SHA256, 16, 32, BYTES),
	ROW(PASSWORD_ALGORITHM, 4, ANY, BYTES),
	ROW(USERHASH, 32, 32, BYTES),
	ROW(XOR_MAPPED_ADDRESS, 8, 20, XOR_ADDR),
	ROW(PASSWORD_ALGORITHMS, 4, ANY, BYTES),
	ROW(ALTERNATE_DOMAIN, 1, 255, BYTES),
	ROW(SOFTWARE, 0, TEXT_MAX, BYTES),
	ROW(ALTERNATE_SERVER, 8, 20, ADDR),
	ROW(FINGERPRINT, 4, 4, BYTES),

	ROW(CHANNEL_NUMBER, 4, 4, BYTES),
	ROW(LIFETIME, 4, 4, BYTES),
	ROW(XOR_PEER_ADDRESS, 8, 20, XOR_ADDR),
	[SLOT(BEL_STUN_DATA_VALUE)] = { "DATA", BEL_STUN_DATA_VALUE, 0, ANY,
					BEL_STUN_BYTES },
	ROW(XOR_RELAYED_ADDRESS, 8, 20, XOR_ADDR),
	ROW(REQUESTED_ADDRESS_FAMILY, 4, 4, BYTES),
	ROW(EVEN_PORT, 1, 1, BYTES),
	ROW(REQUESTED_TRANSPORT, 4, 4, BYTES),
	ROW(DONT_FRAGMENT, 0, 0, BYTES),
	ROW(RESERVATION_TOKEN, 8, 8, BYTES),
	ROW(ADDITIONAL_ADDRESS_FAMILY, 4, 4, BYTES),
	ROW(ADDRESS_ERROR_CODE, 4, 4 + TEXT_MAX, BYTES),
	ROW(ICMP, 8, 8, BYTES),

	ROW(MOBILITY_TICKET, 0, ANY, BYTES),

	ROW(PRIORITY, 4, 4, BYTES),
	ROW(USE_CANDIDATE, 0, 0, BYTES),
	ROW(ICE_CONTROLLED, 8, 8, BYTES),
	ROW(ICE_CONTROLLING, 8, 8, BYTES),
};

const struct bel_stun_row *bel_stun_attr_find(uint16_t type)
{
	const struct bel_stun_row *row = &rows[bel_stun_slot(type)];

	return row->name && row->type == type ? row : NULL;
}
