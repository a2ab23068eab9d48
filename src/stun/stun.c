/* SPDX-License-Identifier: Apache-2.0 */
#include "stun/stun.h"

enum {
	BINDING_REQUEST = 0x0001,
	BINDING_SUCCESS = 0x0101,
	XOR_MAPPED_ADDRESS = 0x0020,
	FAMILY_IPV4 = 1,
	FAMILY_IPV6 = 2,
};

#define MAGIC_COOKIE 0x2112a442u

struct header {
	uint16_t type, length;
	uint32_t cookie;
	bel_str transaction;
};

/* RFC 8489 section 5. */
static bool read_header(struct header *out, bel_str datagram)
{
	struct bel_cursor cursor = bel_cursor_init(datagram);

	return bel_cursor_be16(&out->type, &cursor) &&
	       bel_cursor_be16(&out->length, &cursor) &&
	       bel_cursor_be32(&out->cookie, &cursor) &&
	       bel_cursor_bytes(&out->transaction, &cursor, 12);
}

bool bel_stun_is(bel_str datagram)
{
	struct header header;

	return datagram.len >= BEL_STUN_HEADER_BYTES &&
	       ((uint8_t)datagram.ptr[0] & 0xc0) == 0 && read_header(&header, datagram) &&
	       header.cookie == MAGIC_COOKIE && header.length % 4 == 0 &&
	       datagram.len == (size_t)BEL_STUN_HEADER_BYTES + header.length;
}

/* The attributes only have to be well formed: none changes the answer. */
static bool has_whole_attributes(bel_str attributes)
{
	struct bel_cursor cursor = bel_cursor_init(attributes);

	while (!bel_cursor_is_end(&cursor)) {
		uint16_t type, length;
		if (!bel_cursor_be16(&type, &cursor) ||
		    !bel_cursor_be16(&length, &cursor) ||
		    !bel_cursor_skip(&cursor, ((size_t)length + 3) & ~(size_t)3))
			return false;
	}
	return true;
}

/* RFC 8489 section 14.2: address and port are masked, so that no meddling NAT finds and
 * rewrites them. */
static void write_xor_address(struct bel_writer *writer, const bel_addr *addr,
			      bel_str transaction)
{
	bool is_four = addr->family == 4;
	size_t len = is_four ? 4 : 16;
	const uint8_t *ip = addr->ip + (is_four ? 12 : 0);
	char mask[16];
	struct bel_writer masks = bel_writer_init(mask, sizeof mask);

	bel_write_be32(&masks, MAGIC_COOKIE);
	bel_write_str(&masks, transaction);
	bel_write_be16(writer, XOR_MAPPED_ADDRESS);
	bel_write_be16(writer, (uint16_t)(4 + len));
	bel_write_be8(writer, 0);
	bel_write_be8(writer, is_four ? FAMILY_IPV4 : FAMILY_IPV6);
	bel_write_be16(writer, (uint16_t)(addr->port ^ (MAGIC_COOKIE >> 16)));
	for (size_t i = 0; i < len; i++)
		bel_write_be8(writer, (uint8_t)(ip[i] ^ (uint8_t)mask[i]));
}

enum bel_err bel_stun_answer(struct bel_writer *writer, bel_str request,
			     const bel_addr *source)
{
	struct header header;

	if (!bel_stun_is(request) || !read_header(&header, request))
		return BEL_ERR_SYNTAX;
	if (header.type != BINDING_REQUEST)
		return BEL_ERR_UNSUPPORTED;
	if (!has_whole_attributes(
		    bel_str_slice(request, BEL_STUN_HEADER_BYTES, request.len)))
		return BEL_ERR_SYNTAX;
	bel_write_be16(writer, BINDING_SUCCESS);
	bel_write_be16(writer, source->family == 4 ? 12 : 24);
	bel_write_be32(writer, MAGIC_COOKIE);
	bel_write_str(writer, header.transaction);
	write_xor_address(writer, source, header.transaction);
	return bel_writer_check(writer);
}
