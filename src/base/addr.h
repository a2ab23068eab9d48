/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_BASE_ADDR_H
#define BEL_BASE_ADDR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "base/writer.h"

struct sockaddr_storage;

/* An address and port by value. IPv4 lies in the last four bytes with the v4-mapped
 * prefix in front, so that equality is one comparison; family is 4, 6, or 0 for none. */
typedef struct {
	uint8_t ip[16];
	uint32_t scope; /* interface of a link-local IPv6 address, else 0 */
	uint16_t port;  /* host order */
	uint8_t family;
	uint8_t zero;
} bel_addr;

enum bel_addr_range {
	BEL_ADDR_GLOBAL,
	BEL_ADDR_UNSPECIFIED, /* 0.0.0.0/8, :: */
	BEL_ADDR_LOOPBACK,
	BEL_ADDR_PRIVATE, /* RFC 1918, 100.64/10, unique local */
	BEL_ADDR_LINK_LOCAL,
	BEL_ADDR_MULTICAST,
	/* Broadcast, documentation, 240/4, benchmarking, and what of IPv6 is not
	 * assigned to hosts. */
	BEL_ADDR_RESERVED,
};

bel_addr bel_addr_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port);
/* "192.0.2.1", "2001:db8::1", "[2001:db8::1]", without a port; brackets are for IPv6
 * alone. BEL_ERR_SYNTAX otherwise. */
enum bel_err bel_addr_parse_host(bel_addr *out, bel_str text);
/* The same with an optional ":port" (IPv6 in brackets then); default_port otherwise. */
enum bel_err bel_addr_parse(bel_addr *out, bel_str text, uint16_t default_port);
/* RFC 5952 text; IPv6 in brackets when the port or for_uri asks for it. */
void bel_addr_write_host(struct bel_writer *writer, const bel_addr *addr);
void bel_addr_write_uri_host(struct bel_writer *writer, const bel_addr *addr);
void bel_addr_write(struct bel_writer *writer, const bel_addr *addr);

/* Address and port; address alone. */
bool bel_addr_is_equal(const bel_addr *a, const bel_addr *b);
bool bel_addr_is_same_host(const bel_addr *a, const bel_addr *b);
/* Whether the first prefix_bits (of 32 or 128, by the net's family) agree. */
bool bel_addr_is_within(const bel_addr *addr, const bel_addr *net, unsigned prefix_bits);
uint64_t bel_addr_hash(const bel_addr *addr, uint64_t seed);

/* The one canonical form that access rules look at: v4-mapped, v4-compatible, NAT64
 * (64:ff9b::/96) and 6to4 (2002::/16) addresses become the IPv4 address inside. */
bel_addr bel_addr_canonical(const bel_addr *addr);
/* The special range of the canonical form (RFC 6890 and successors). */
enum bel_addr_range bel_addr_range(const bel_addr *addr);
/* Whether it has a meaning in one network only: loopback, private, link-local. */
bool bel_addr_is_inside(const bel_addr *addr);
/* Whether who says that it is there cannot be reached there, being seen elsewhere: it is
 * inside of something that the other is not inside of. False where one is none. */
bool bel_addr_is_hidden(const bel_addr *says, const bel_addr *seen);

/* Length of the sockaddr; 0 when the family is none. */
unsigned bel_addr_to_sockaddr(struct sockaddr_storage *out, const bel_addr *addr);
/* Family none for a sockaddr that is neither IPv4 nor IPv6. */
bel_addr bel_addr_from_sockaddr(const struct sockaddr_storage *from);

#endif
