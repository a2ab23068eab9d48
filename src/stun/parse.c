/* SPDX-License-Identifier: Apache-2.0 */
#include "stun/stun_int.h"

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
	       bel_cursor_bytes(&out->transaction, &cursor, BEL_STUN_TRANSACTION_BYTES);
}

static bool is_header(const struct header *header, bel_str datagram)
{
	return (header->type & 0xc000) == 0 && header->cookie == BEL_STUN_MAGIC_COOKIE &&
	       header->length % 4 == 0 &&
	       datagram.len == (size_t)BEL_STUN_HEADER_BYTES + header->length;
}

bool bel_stun_is(bel_str datagram)
{
	struct header header;

	return read_header(&header, datagram) && is_header(&header, datagram);
}

struct attr {
	uint16_t type;
	uint16_t at; /* of the value */
	bel_str value;
};

/* The next attribute with its padding. An offset fits 16 bits: a value ends within a
 * message of at most 65,552 bytes, and starts at least four bytes before. */
static bool read_attr(struct attr *out, struct bel_cursor *cursor, bel_str message)
{
	uint16_t len;

	if (!bel_cursor_be16(&out->type, cursor) || !bel_cursor_be16(&len, cursor))
		return false;
	size_t at = (size_t)(cursor->ptr - message.ptr);
	if (at > UINT16_MAX || !bel_cursor_bytes(&out->value, cursor, len))
		return false;
	out->at = (uint16_t)at;
	return bel_cursor_skip(cursor, bel_stun_padded(len) - len);
}

/* What still counts after an integrity was seen; RFC 8489 sections 14.5 and 14.6. */
static bool is_heard(const struct bel_stun_msg *msg, uint16_t type)
{
	if (type == BEL_STUN_FINGERPRINT)
		return true;
	if (bel_stun_has(msg, BEL_STUN_MESSAGE_INTEGRITY_SHA256))
		return false;
	return type == BEL_STUN_MESSAGE_INTEGRITY_SHA256 ||
	       !bel_stun_has(msg, BEL_STUN_MESSAGE_INTEGRITY);
}

static bool is_closing(uint16_t type)
{
	return type == BEL_STUN_MESSAGE_INTEGRITY ||
	       type == BEL_STUN_MESSAGE_INTEGRITY_SHA256 || type == BEL_STUN_FINGERPRINT;
}

static void keep_unknown(struct bel_stun_msg *msg, uint16_t type)
{
	if (type & 0x8000)
		return;
	for (unsigned i = 0; i < msg->unknown_count; i++)
		if (msg->unknown[i] == type)
			return;
	if (msg->unknown_count < BEL_STUN_UNKNOWN_MAX)
		msg->unknown[msg->unknown_count++] = type;
}

static void keep(struct bel_stun_msg *msg, const struct attr *attr)
{
	const struct bel_stun_row *row = bel_stun_attr_find(attr->type);
	struct bel_stun_span *span = &msg->attrs[bel_stun_slot(attr->type)];

	if (!is_heard(msg, attr->type))
		return;
	if (is_closing(attr->type) && msg->end == 0)
		msg->end = (uint16_t)(attr->at - BEL_STUN_ATTR_HEAD_BYTES);
	if (!row)
		keep_unknown(msg, attr->type);
	else if (attr->value.len < row->min || attr->value.len > row->max)
		msg->is_malformed |= (attr->type & 0x8000) == 0;
	else if (span->at == 0)
		*span = (struct bel_stun_span){ attr->at, (uint16_t)attr->value.len };
}

/* RFC 8489 section 14.7. */
static bool is_fingerprint_right(const struct bel_stun_msg *msg)
{
	size_t at = msg->attrs[bel_stun_slot(BEL_STUN_FINGERPRINT)].at;
	uint32_t said;

	if (!bel_stun_find_u32(&said, msg, BEL_STUN_FINGERPRINT))
		return true;
	if (at + 4 != msg->bytes.len)
		return false;
	bel_str covered = bel_str_slice(msg->bytes, 0, at - BEL_STUN_ATTR_HEAD_BYTES);
	return said == (bel_stun_crc32(covered) ^ BEL_STUN_FINGERPRINT_XOR);
}

enum bel_err bel_stun_parse(struct bel_stun_msg *out, bel_str datagram)
{
	struct bel_cursor cursor = bel_cursor_init(datagram);
	struct header header;

	if (!read_header(&header, datagram) || !is_header(&header, datagram))
		return BEL_ERR_SYNTAX;
	struct bel_stun_msg msg = {
		.bytes = datagram,
		.transaction = header.transaction,
		.class = (header.type >> 4 & 1) | (header.type >> 7 & 2),
		.method = (uint16_t)((header.type & 0x000f) |
				     (header.type >> 1 & 0x0070) |
				     (header.type >> 2 & 0x0f80)),
	};
	bel_cursor_skip(&cursor, BEL_STUN_HEADER_BYTES);
	while (!bel_cursor_is_end(&cursor)) {
		struct attr attr;
		if (!read_attr(&attr, &cursor, datagram))
			return BEL_ERR_SYNTAX;
		keep(&msg, &attr);
	}
	if (!is_fingerprint_right(&msg))
		return BEL_ERR_SYNTAX;
	*out = msg;
	return BEL_OK;
}

bool bel_stun_has(const struct bel_stun_msg *msg, enum bel_stun_attr attr)
{
	return msg->attrs[bel_stun_slot((uint16_t)attr)].at != 0;
}

bool bel_stun_find(bel_str *out, const struct bel_stun_msg *msg, enum bel_stun_attr attr)
{
	struct bel_stun_span span = msg->attrs[bel_stun_slot((uint16_t)attr)];

	if (span.at == 0)
		return false;
	*out = bel_str_slice(msg->bytes, span.at, (size_t)span.at + span.len);
	return true;
}

static struct bel_cursor value_of(const struct bel_stun_msg *msg, enum bel_stun_attr attr)
{
	bel_str value = BEL_STR_NONE;

	bel_stun_find(&value, msg, attr);
	return bel_cursor_init(value);
}

bool bel_stun_find_u8(uint8_t *out, const struct bel_stun_msg *msg,
		      enum bel_stun_attr attr)
{
	struct bel_cursor value = value_of(msg, attr);

	return bel_cursor_be8(out, &value);
}

bool bel_stun_find_u16(uint16_t *out, const struct bel_stun_msg *msg,
		       enum bel_stun_attr attr)
{
	struct bel_cursor value = value_of(msg, attr);

	return bel_cursor_be16(out, &value);
}

bool bel_stun_find_u32(uint32_t *out, const struct bel_stun_msg *msg,
		       enum bel_stun_attr attr)
{
	struct bel_cursor value = value_of(msg, attr);

	return bel_cursor_be32(out, &value);
}

bool bel_stun_find_u64(uint64_t *out, const struct bel_stun_msg *msg,
		       enum bel_stun_attr attr)
{
	struct bel_cursor value = value_of(msg, attr);

	return bel_cursor_be64(out, &value);
}

static uint8_t family_of(uint8_t number)
{
	if (number == BEL_STUN_FAMILY_IPV4)
		return 4;
	return number == BEL_STUN_FAMILY_IPV6 ? 6 : 0;
}

bool bel_stun_find_family(uint8_t *out, const struct bel_stun_msg *msg,
			  enum bel_stun_attr attr)
{
	uint8_t number;

	if (!bel_stun_find_u8(&number, msg, attr))
		return false;
	*out = family_of(number);
	return true;
}

bool bel_stun_find_error(unsigned *out, const struct bel_stun_msg *msg,
			 enum bel_stun_attr attr)
{
	struct bel_cursor value = value_of(msg, attr);
	uint16_t family;
	uint8_t class, number;

	if (!bel_cursor_be16(&family, &value) || !bel_cursor_be8(&class, &value) ||
	    !bel_cursor_be8(&number, &value))
		return false;
	class &= 7;
	if (class < 3 || class > 6 || number > 99)
		return false;
	*out = class * 100u + number;
	return true;
}

bool bel_stun_find_algorithm(enum bel_stun_algorithm *out, const struct bel_stun_msg *msg,
			     enum bel_stun_attr attr)
{
	struct bel_cursor value = value_of(msg, attr);
	uint16_t number, len;

	while (bel_cursor_be16(&number, &value) && bel_cursor_be16(&len, &value)) {
		/* Ours have no parameters; nothing is said of what some would mean. */
		if (len == 0 && (number == BEL_STUN_MD5 || number == BEL_STUN_SHA256)) {
			*out = number;
			return true;
		}
		if (!bel_cursor_skip(&value, bel_stun_padded(len)))
			return false;
	}
	return false;
}

/* RFC 8489 sections 14.1 and 14.2: port and address are masked with cookie and
 * transaction, so that no meddling NAT finds and rewrites them. */
static bool read_addr(bel_addr *out, bel_str value, bel_str mask)
{
	struct bel_cursor cursor = bel_cursor_init(value);
	uint8_t zero, number;
	uint16_t port;
	uint8_t ip[16];

	if (!bel_cursor_be8(&zero, &cursor) || !bel_cursor_be8(&number, &cursor) ||
	    !bel_cursor_be16(&port, &cursor))
		return false;
	uint8_t family = family_of(number);
	size_t len = family == 4 ? 4 : 16;
	if (family == 0 || bel_cursor_left(&cursor) != len)
		return false;
	for (size_t i = 0; i < len; i++) {
		ip[i] = 0;
		bel_cursor_be8(&ip[i], &cursor);
		if (mask.len)
			ip[i] ^= (uint8_t)mask.ptr[i];
	}
	if (mask.len)
		port ^= BEL_STUN_MAGIC_COOKIE >> 16;
	if (family == 4) {
		*out = bel_addr_v4(ip[0], ip[1], ip[2], ip[3], port);
	} else {
		*out = (bel_addr){ .family = 6, .port = port };
		memcpy(out->ip, ip, sizeof ip);
	}
	return true;
}

static bel_str mask_of(const struct bel_stun_msg *msg, enum bel_stun_attr attr)
{
	const struct bel_stun_row *row = bel_stun_attr_find((uint16_t)attr);

	return row && row->kind == BEL_STUN_XOR_ADDR ? bel_stun_mask(msg->bytes)
						     : BEL_STR_NONE;
}

bool bel_stun_find_addr(bel_addr *out, const struct bel_stun_msg *msg,
			enum bel_stun_attr attr)
{
	bel_str value;

	return bel_stun_find(&value, msg, attr) &&
	       read_addr(out, value, mask_of(msg, attr));
}

struct bel_cursor bel_stun_walk(const struct bel_stun_msg *msg)
{
	size_t end = msg->end ? msg->end : msg->bytes.len;

	return bel_cursor_init(bel_str_slice(msg->bytes, BEL_STUN_HEADER_BYTES, end));
}

enum bel_err bel_stun_next_addr(bel_addr *out, struct bel_cursor *walk,
				const struct bel_stun_msg *msg, enum bel_stun_attr attr)
{
	struct attr found;

	while (read_attr(&found, walk, msg->bytes))
		if (found.type == attr)
			return read_addr(out, found.value, mask_of(msg, attr))
				       ? BEL_OK
				       : BEL_ERR_SYNTAX;
	return BEL_ERR_NOT_FOUND;
}
