/* SPDX-License-Identifier: Apache-2.0 */
#include "stun/stun_int.h"

enum { LENGTH_AT = 2 };

static void set_length(struct bel_writer *writer, size_t len)
{
	struct bel_writer field;

	/* A message whose length does not fit its header is none that can be sent. */
	if (len > UINT16_MAX)
		writer->is_full = true;
	if (writer->is_full)
		return;
	field = bel_writer_init(writer->buf + LENGTH_AT, 2);
	bel_write_be16(&field, (uint16_t)len);
}

static void close_attr(struct bel_writer *writer)
{
	set_length(writer, writer->len - BEL_STUN_HEADER_BYTES);
}

static void write_head(struct bel_writer *writer, enum bel_stun_attr attr, size_t len)
{
	if (len > UINT16_MAX)
		writer->is_full = true;
	bel_write_be16(writer, (uint16_t)attr);
	bel_write_be16(writer, (uint16_t)len);
}

void bel_stun_write_header(struct bel_writer *writer, enum bel_stun_class class,
			   enum bel_stun_method method, bel_str transaction)
{
	unsigned m = method, c = class;

	bel_write_be16(writer,
		       (uint16_t)((m & 0x000f) | (m & 0x0070) << 1 | (m & 0x0f80) << 2 |
				  (c & 1) << 4 | (c & 2) << 7));
	bel_write_be16(writer, 0);
	bel_write_be32(writer, BEL_STUN_MAGIC_COOKIE);
	bel_write_str(writer, bel_str_slice(transaction, 0, BEL_STUN_TRANSACTION_BYTES));
}

void bel_stun_write_bytes(struct bel_writer *writer, enum bel_stun_attr attr,
			  bel_str value)
{
	static const char zeros[3];

	write_head(writer, attr, value.len);
	bel_write_str(writer, value);
	bel_write_str(writer, (bel_str){ zeros, bel_stun_padded(value.len) - value.len });
	close_attr(writer);
}

void bel_stun_write_u32(struct bel_writer *writer, enum bel_stun_attr attr,
			uint32_t value)
{
	write_head(writer, attr, 4);
	bel_write_be32(writer, value);
	close_attr(writer);
}

void bel_stun_write_u64(struct bel_writer *writer, enum bel_stun_attr attr,
			uint64_t value)
{
	write_head(writer, attr, 8);
	bel_write_be64(writer, value);
	close_attr(writer);
}

static uint8_t family_number(uint8_t family)
{
	return family == 4 ? BEL_STUN_FAMILY_IPV4 : BEL_STUN_FAMILY_IPV6;
}

void bel_stun_write_addr(struct bel_writer *writer, enum bel_stun_attr attr,
			 const bel_addr *addr)
{
	const struct bel_stun_row *row = bel_stun_attr_find((uint16_t)attr);
	bool is_masked = row && row->kind == BEL_STUN_XOR_ADDR;
	size_t len = addr->family == 4 ? 4 : 16;
	const uint8_t *ip = addr->ip + (16 - len);
	uint16_t port = addr->port;
	bel_str mask = bel_stun_mask(bel_writer_str(writer));

	if (is_masked)
		port ^= BEL_STUN_MAGIC_COOKIE >> 16;
	write_head(writer, attr, 4 + len);
	bel_write_be8(writer, 0);
	bel_write_be8(writer, family_number(addr->family));
	bel_write_be16(writer, port);
	for (size_t i = 0; i < len && !writer->is_full; i++)
		bel_write_be8(writer, is_masked ? (uint8_t)(ip[i] ^ (uint8_t)mask.ptr[i])
						: ip[i]);
	close_attr(writer);
}

void bel_stun_write_family(struct bel_writer *writer, enum bel_stun_attr attr,
			   uint8_t family)
{
	bel_stun_write_u32(writer, attr, (uint32_t)family_number(family) << 24);
}

void bel_stun_write_error(struct bel_writer *writer, unsigned code, bel_str reason)
{
	static const char zeros[3];

	write_head(writer, BEL_STUN_ERROR_CODE, 4 + reason.len);
	bel_write_be16(writer, 0);
	bel_write_be8(writer, (uint8_t)(code / 100));
	bel_write_be8(writer, (uint8_t)(code % 100));
	bel_write_str(writer, reason);
	bel_write_str(writer,
		      (bel_str){ zeros, bel_stun_padded(reason.len) - reason.len });
	close_attr(writer);
}

void bel_stun_write_family_error(struct bel_writer *writer, uint8_t family, unsigned code)
{
	bel_stun_write_u32(writer, BEL_STUN_ADDRESS_ERROR_CODE,
			   (uint32_t)family_number(family) << 24 | code / 100 << 8 |
				   code % 100);
}

void bel_stun_write_unknown(struct bel_writer *writer, const struct bel_stun_msg *msg)
{
	char types[BEL_STUN_UNKNOWN_MAX * 2];
	struct bel_writer list = bel_writer_init(types, sizeof types);

	for (unsigned i = 0; i < msg->unknown_count; i++)
		bel_write_be16(&list, msg->unknown[i]);
	bel_stun_write_bytes(writer, BEL_STUN_UNKNOWN_ATTRIBUTES, bel_writer_str(&list));
}

void bel_stun_write_algorithms(struct bel_writer *writer, enum bel_stun_attr attr,
			       const enum bel_stun_algorithm *algorithms, unsigned count)
{
	write_head(writer, attr, (size_t)count * 4);
	for (unsigned i = 0; i < count; i++) {
		bel_write_be16(writer, (uint16_t)algorithms[i]);
		bel_write_be16(writer, 0);
	}
	close_attr(writer);
}

void bel_stun_write_head_of(struct bel_writer *writer, enum bel_stun_attr attr,
			    size_t value_len)
{
	write_head(writer, attr, value_len);
	set_length(writer,
		   writer->len - BEL_STUN_HEADER_BYTES + bel_stun_padded(value_len));
}

enum bel_err bel_stun_write_integrity(struct bel_writer *writer,
				      struct bel_crypto *crypto, enum bel_stun_attr attr,
				      bel_str key)
{
	uint8_t code[BEL_DIGEST_BYTES_MAX];
	size_t size = bel_digest_size(bel_stun_digest(attr));
	size_t end = writer->len + BEL_STUN_ATTR_HEAD_BYTES + size;

	if (writer->is_full)
		return BEL_ERR_SPACE;
	enum bel_err err = bel_stun_hmac(code, crypto, attr, key, bel_writer_str(writer),
					 end - BEL_STUN_HEADER_BYTES);
	if (!err)
		bel_stun_write_bytes(writer, attr, (bel_str){ (const char *)code, size });
	return err;
}

void bel_stun_write_fingerprint(struct bel_writer *writer)
{
	enum { WHOLE_BYTES = BEL_STUN_ATTR_HEAD_BYTES + 4 };

	set_length(writer, writer->len + WHOLE_BYTES - BEL_STUN_HEADER_BYTES);
	bel_stun_write_u32(writer, BEL_STUN_FINGERPRINT,
			   bel_stun_crc32(bel_writer_str(writer)) ^
				   BEL_STUN_FINGERPRINT_XOR);
}

bel_str bel_stun_reason(unsigned code)
{
	static const struct {
		unsigned code;
		const char *text;
	} rows[] = {
		{ 300, "Try Alternate" },
		{ 400, "Bad Request" },
		{ 401, "Unauthenticated" },
		{ 403, "Forbidden" },
		{ 405, "Mobility Forbidden" },
		{ 420, "Unknown Attribute" },
		{ 437, "Allocation Mismatch" },
		{ 438, "Stale Nonce" },
		{ 440, "Address Family not Supported" },
		{ 441, "Wrong Credentials" },
		{ 442, "Unsupported Transport Protocol" },
		{ 443, "Peer Address Family Mismatch" },
		{ 486, "Allocation Quota Reached" },
		{ 487, "Role Conflict" },
		{ 500, "Server Error" },
		{ 508, "Insufficient Capacity" },
	};

	for (size_t i = 0; i < BEL_COUNT_OF(rows); i++)
		if (rows[i].code == code)
			return bel_str_from(rows[i].text);
	return BEL_STR("Error");
}
