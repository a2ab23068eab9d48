/* SPDX-License-Identifier: Apache-2.0 */
#include "base/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cursor.h"

static const uint8_t mapped_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static bel_addr from_v4(const uint8_t ip[4], uint16_t port)
{
	bel_addr addr = { .family = 4, .port = port };

	memcpy(addr.ip, mapped_prefix, sizeof mapped_prefix);
	memcpy(addr.ip + 12, ip, 4);
	return addr;
}

bel_addr bel_addr_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port)
{
	return from_v4((const uint8_t[]){ a, b, c, d }, port);
}

/* Four numbers of 0 to 255 without leading zeros, as inet_pton has it: every header field
 * with an address holds one. */
static bool read_ipv4(uint8_t ip[4], bel_str text)
{
	const char *ptr = text.ptr, *end = text.ptr + text.len;

	for (unsigned i = 0; i < 4; i++) {
		unsigned octet = 0, digits = 0;
		for (; ptr < end && bel_char_is_digit(*ptr) && digits < 3; ptr++)
			octet = octet * 10 + (unsigned)(*ptr - '0'), digits++;
		if (!digits || octet > 255 || (digits > 1 && ptr[-(int)digits] == '0'))
			return false;
		ip[i] = (uint8_t)octet;
		if (i < 3 && (ptr == end || *ptr++ != '.'))
			return false;
	}
	return ptr == end;
}

enum bel_err bel_addr_parse_host(bel_addr *out, bel_str text)
{
	char name[INET6_ADDRSTRLEN];
	uint8_t ip[16];

	if (text.len && bel_char_is_digit(text.ptr[0]) && read_ipv4(ip, text)) {
		*out = from_v4(ip, 0);
		return BEL_OK;
	}
	if (text.len > 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']')
		text = bel_str_slice(text, 1, text.len - 1);
	if (text.len == 0 || text.len >= sizeof name ||
	    bel_str_find(text, '\0') < text.len)
		return BEL_ERR_SYNTAX;
	memcpy(name, text.ptr, text.len);
	name[text.len] = '\0';
	if (inet_pton(AF_INET6, name, ip) != 1)
		return BEL_ERR_SYNTAX;
	*out = (bel_addr){ .family = 6 };
	memcpy(out->ip, ip, sizeof ip);
	return BEL_OK;
}

enum bel_err bel_addr_parse(bel_addr *out, bel_str text, uint16_t default_port)
{
	bel_str host = text, port = BEL_STR_NONE;
	size_t colon = bel_str_find(text, ':');
	uint64_t number = default_port;
	bel_addr addr;

	if (text.len && text.ptr[0] == '[') {
		size_t close = bel_str_find(text, ']');
		host = bel_str_slice(text, 0, close + 1);
		port = bel_str_slice(text, close + 1, text.len);
	} else if (colon < text.len &&
		   bel_str_find(bel_str_slice(text, colon + 1, text.len), ':') ==
			   text.len - colon - 1) {
		host = bel_str_slice(text, 0, colon);
		port = bel_str_slice(text, colon, text.len);
	}
	if (port.len &&
	    (port.ptr[0] != ':' ||
	     bel_str_to_u64(&number, bel_str_slice(port, 1, port.len), UINT16_MAX)))
		return BEL_ERR_SYNTAX;
	if (bel_addr_parse_host(&addr, host))
		return BEL_ERR_SYNTAX;
	addr.port = (uint16_t)number;
	*out = addr;
	return BEL_OK;
}

static char *put_octet(char *at, unsigned octet)
{
	if (octet >= 100)
		*at++ = (char)('0' + octet / 100);
	if (octet >= 10)
		*at++ = (char)('0' + octet / 10 % 10);
	*at++ = (char)('0' + octet % 10);
	return at;
}

/* Every reply and every trace line holds one; inet_ntop goes through printf. */
static void write_ipv4(struct bel_writer *writer, const uint8_t ip[4])
{
	char text[INET_ADDRSTRLEN];
	char *at = put_octet(text, ip[0]);

	for (unsigned i = 1; i < 4; i++) {
		*at++ = '.';
		at = put_octet(at, ip[i]);
	}
	bel_write_str(writer, (bel_str){ text, (size_t)(at - text) });
}

void bel_addr_write_host(struct bel_writer *writer, const bel_addr *addr)
{
	char name[INET6_ADDRSTRLEN] = "none";

	if (addr->family == 4) {
		write_ipv4(writer, addr->ip + 12);
		return;
	}
	/* inet_ntop's IPv6 text is that of RFC 5952. */
	if (addr->family == 6)
		inet_ntop(AF_INET6, addr->ip, name, sizeof name);
	bel_write_text(writer, name);
}

void bel_addr_write_uri_host(struct bel_writer *writer, const bel_addr *addr)
{
	if (addr->family == 6)
		bel_write_char(writer, '[');
	bel_addr_write_host(writer, addr);
	if (addr->family == 6)
		bel_write_char(writer, ']');
}

void bel_addr_write(struct bel_writer *writer, const bel_addr *addr)
{
	bel_addr_write_uri_host(writer, addr);
	bel_write_char(writer, ':');
	bel_write_u64(writer, addr->port);
}

bool bel_addr_is_same_host(const bel_addr *a, const bel_addr *b)
{
	return a->family == b->family && a->scope == b->scope &&
	       memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

bool bel_addr_is_equal(const bel_addr *a, const bel_addr *b)
{
	return a->port == b->port && bel_addr_is_same_host(a, b);
}

bool bel_addr_is_within(const bel_addr *addr, const bel_addr *net, unsigned prefix_bits)
{
	unsigned bits = prefix_bits + (net->family == 4 ? 96 : 0);

	if (addr->family != net->family || bits > 128)
		return false;
	if (memcmp(addr->ip, net->ip, bits / 8))
		return false;
	return bits % 8 == 0 ||
	       (addr->ip[bits / 8] ^ net->ip[bits / 8]) >> (8 - bits % 8) == 0;
}

uint64_t bel_addr_hash(const bel_addr *addr, uint64_t seed)
{
	uint64_t high, low;

	memcpy(&high, addr->ip, 8);
	memcpy(&low, addr->ip + 8, 8);
	uint64_t x = (high ^ seed) * 0x9e3779b97f4a7c15u;
	x = (x ^ x >> 32 ^ low) * 0xd6e8feb86659fd93u;
	x = (x ^ x >> 32 ^ addr->port) * 0xd6e8feb86659fd93u;
	return x ^ x >> 32;
}

static bool has_bytes(const bel_addr *addr, const uint8_t *prefix, size_t len)
{
	return memcmp(addr->ip, prefix, len) == 0;
}

bel_addr bel_addr_canonical(const bel_addr *addr)
{
	static const uint8_t nat64[12] = { 0x00, 0x64, 0xff, 0x9b };
	static const uint8_t zero[12];
	static const uint8_t six_to_four[2] = { 0x20, 0x02 };

	if (addr->family != 6)
		return *addr;
	if (has_bytes(addr, mapped_prefix, 12) || has_bytes(addr, nat64, 12))
		return from_v4(addr->ip + 12, addr->port);
	if (has_bytes(addr, six_to_four, 2))
		return from_v4(addr->ip + 2, addr->port);
	/* v4-compatible, but :: and ::1 are addresses of their own (RFC 4291
	 * section 2.5). */
	if (has_bytes(addr, zero, 12) && (addr->ip[12] || addr->ip[13] || addr->ip[14]))
		return from_v4(addr->ip + 12, addr->port);
	return *addr;
}

/* The special-purpose registries of RFC 6890; the first row that holds the address wins.
 */
struct range {
	uint8_t ip[4];
	uint8_t bits;
	uint8_t range; /* enum bel_addr_range */
};

static const struct range ipv4_ranges[] = {
	{ { 0 }, 8, BEL_ADDR_UNSPECIFIED },
	{ { 127 }, 8, BEL_ADDR_LOOPBACK },
	{ { 10 }, 8, BEL_ADDR_PRIVATE },
	{ { 172, 16 }, 12, BEL_ADDR_PRIVATE },
	{ { 192, 168 }, 16, BEL_ADDR_PRIVATE },
	{ { 100, 64 }, 10, BEL_ADDR_PRIVATE },
	{ { 169, 254 }, 16, BEL_ADDR_LINK_LOCAL },
	{ { 224 }, 4, BEL_ADDR_MULTICAST },
	{ { 240 }, 4, BEL_ADDR_RESERVED },
	{ { 192, 0, 0 }, 24, BEL_ADDR_RESERVED },
	{ { 192, 0, 2 }, 24, BEL_ADDR_RESERVED },
	{ { 192, 88, 99 }, 24, BEL_ADDR_RESERVED }, /* RFC 7526 */
	{ { 198, 51, 100 }, 24, BEL_ADDR_RESERVED },
	{ { 203, 0, 113 }, 24, BEL_ADDR_RESERVED },
	{ { 198, 18 }, 15, BEL_ADDR_RESERVED },
	{ { 0 }, 0, BEL_ADDR_GLOBAL },
};

static const struct range ipv6_ranges[] = {
	{ { 0xfc }, 7, BEL_ADDR_PRIVATE },
	{ { 0xfe, 0x80 }, 10, BEL_ADDR_LINK_LOCAL },
	{ { 0xfe, 0xc0 }, 10, BEL_ADDR_PRIVATE },
	{ { 0xff }, 8, BEL_ADDR_MULTICAST },
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32, BEL_ADDR_RESERVED },
	{ { 0x20, 0x01, 0x00, 0x00 }, 23, BEL_ADDR_RESERVED }, /* Teredo and others */
	{ { 0x3f, 0xff, 0x00 }, 20, BEL_ADDR_RESERVED },       /* RFC 9637 */
	/* Nothing outside 2000::/3 is assigned to hosts (RFC 4291 section 2.4). */
	{ { 0x20 }, 3, BEL_ADDR_GLOBAL },
	{ { 0 }, 0, BEL_ADDR_RESERVED },
};

static uint32_t first_word(const uint8_t ip[4])
{
	return (uint32_t)ip[0] << 24 | (uint32_t)ip[1] << 16 | (uint32_t)ip[2] << 8 |
	       ip[3];
}

/* The last row holds every address. */
static enum bel_addr_range find_range(const struct range *row, uint32_t word)
{
	while (row->bits && (word ^ first_word(row->ip)) >> (32 - row->bits))
		row++;
	return row->range;
}

enum bel_addr_range bel_addr_range(const bel_addr *addr)
{
	static const uint8_t zero[15];
	bel_addr real = bel_addr_canonical(addr);

	if (real.family == 0)
		return BEL_ADDR_UNSPECIFIED;
	if (real.family == 4)
		return find_range(ipv4_ranges, first_word(real.ip + 12));
	if (has_bytes(&real, zero, 15) && real.ip[15] <= 1)
		return real.ip[15] ? BEL_ADDR_LOOPBACK : BEL_ADDR_UNSPECIFIED;
	return find_range(ipv6_ranges, first_word(real.ip));
}

unsigned bel_addr_to_sockaddr(struct sockaddr_storage *out, const bel_addr *addr)
{
	if (addr->family == 4) {
		struct sockaddr_in in = { .sin_family = AF_INET,
					  .sin_port = htons(addr->port) };
		memcpy(&in.sin_addr, addr->ip + 12, 4);
		memcpy(out, &in, sizeof in);
		return sizeof in;
	}
	if (addr->family == 6) {
		struct sockaddr_in6 in = { .sin6_family = AF_INET6,
					   .sin6_port = htons(addr->port),
					   .sin6_scope_id = addr->scope };
		memcpy(&in.sin6_addr, addr->ip, 16);
		memcpy(out, &in, sizeof in);
		return sizeof in;
	}
	return 0;
}

bel_addr bel_addr_from_sockaddr(const struct sockaddr_storage *from)
{
	bel_addr addr = { .family = 0 };

	if (from->ss_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, from, sizeof in);
		uint8_t ip[4];
		memcpy(ip, &in.sin_addr, 4);
		return from_v4(ip, ntohs(in.sin_port));
	}
	if (from->ss_family == AF_INET6) {
		struct sockaddr_in6 in;
		memcpy(&in, from, sizeof in);
		addr.family = 6;
		addr.port = ntohs(in.sin6_port);
		addr.scope = in.sin6_scope_id;
		memcpy(addr.ip, &in.sin6_addr, 16);
	}
	return addr;
}

bool bel_addr_is_inside(const bel_addr *addr)
{
	enum bel_addr_range range = bel_addr_range(addr);

	return range == BEL_ADDR_PRIVATE || range == BEL_ADDR_LINK_LOCAL ||
	       range == BEL_ADDR_LOOPBACK;
}

bool bel_addr_is_hidden(const bel_addr *says, const bel_addr *seen)
{
	return says->family && seen->family && bel_addr_is_inside(says) &&
	       bel_addr_range(says) != bel_addr_range(seen);
}
