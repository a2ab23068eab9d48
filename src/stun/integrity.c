/* SPDX-License-Identifier: Apache-2.0 */
#include "stun/stun_int.h"

enum bel_err bel_stun_opaque_verify(bel_str text)
{
	if (text.len == 0)
		return BEL_ERR_SYNTAX;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = (uint8_t)text.ptr[i];
		if (c >= 0x80)
			return BEL_ERR_UNSUPPORTED;
		if (c < 0x20 || c == 0x7f)
			return BEL_ERR_SYNTAX;
	}
	return BEL_OK;
}

enum bel_err bel_stun_key_init(struct bel_stun_key *out, struct bel_crypto *crypto,
			       enum bel_stun_algorithm algorithm, bel_str username,
			       bel_str realm, bel_str password)
{
	const enum bel_digest digest = algorithm == BEL_STUN_MD5 ? BEL_MD5 : BEL_SHA256;
	const bel_str colon = BEL_STR(":");
	const bel_str pieces[] = { username, colon, realm, colon, password };
	struct bel_stun_key key = { .len = (uint8_t)bel_digest_size(digest) };
	enum bel_err err = bel_digest(key.bytes, crypto, digest, pieces,
				      BEL_COUNT_OF(pieces));

	if (!err)
		*out = key;
	return err;
}

enum bel_err bel_stun_userhash(uint8_t out[BEL_STUN_USERHASH_BYTES],
			       struct bel_crypto *crypto, bel_str username, bel_str realm)
{
	const bel_str pieces[] = { username, BEL_STR(":"), realm };

	return bel_digest(out, crypto, BEL_SHA256, pieces, BEL_COUNT_OF(pieces));
}

enum bel_digest bel_stun_digest(enum bel_stun_attr attr)
{
	return attr == BEL_STUN_MESSAGE_INTEGRITY ? BEL_SHA1 : BEL_SHA256;
}

/* RFC 8489 sections 14.5 and 14.6: the length in the header is the one that it has, or
 * had, when this attribute is the last. */
enum bel_err bel_stun_hmac(uint8_t *out, struct bel_crypto *crypto,
			   enum bel_stun_attr attr, bel_str key, bel_str bytes,
			   size_t len)
{
	char head[4];
	struct bel_writer writer = bel_writer_init(head, sizeof head);

	bel_write_str(&writer, bel_str_slice(bytes, 0, 2));
	bel_write_be16(&writer, (uint16_t)len);
	const bel_str pieces[] = { bel_writer_str(&writer),
				   bel_str_slice(bytes, sizeof head, bytes.len) };
	return bel_hmac(out, crypto, bel_stun_digest(attr), key, pieces,
			BEL_COUNT_OF(pieces));
}

enum bel_err bel_stun_verify(const struct bel_stun_msg *msg, struct bel_crypto *crypto,
			     enum bel_stun_attr attr, bel_str key)
{
	uint8_t code[BEL_DIGEST_BYTES_MAX];
	size_t size = bel_digest_size(bel_stun_digest(attr));
	bel_str said;

	if (!bel_stun_find(&said, msg, attr))
		return BEL_ERR_NOT_FOUND;
	size_t at = (size_t)(said.ptr - msg->bytes.ptr);
	bel_str covered = bel_str_slice(msg->bytes, 0, at - BEL_STUN_ATTR_HEAD_BYTES);
	enum bel_err err = bel_stun_hmac(code, crypto, attr, key, covered,
					 at + said.len - BEL_STUN_HEADER_BYTES);
	if (err)
		return err;
	return bel_str_is_equal_secret(said, (bel_str){ (const char *)code, size })
		       ? BEL_OK
		       : BEL_ERR_MISMATCH;
}

uint32_t bel_stun_crc32(bel_str bytes)
{
	/* The polynomial's remainder of every half byte. */
	static const uint32_t remainders[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	uint32_t crc = ~0u;

	for (size_t i = 0; i < bytes.len; i++) {
		crc ^= (uint8_t)bytes.ptr[i];
		crc = crc >> 4 ^ remainders[crc & 15];
		crc = crc >> 4 ^ remainders[crc & 15];
	}
	return ~crc;
}

#define COOKIE_HEAD BEL_STR("obMatJos2")

void bel_stun_write_cookie(struct bel_writer *writer, uint32_t features)
{
	const char bits[] = { (char)(features >> 16 & 0xff), (char)(features >> 8 & 0xff),
			      (char)(features & 0xff) };

	bel_write_str(writer, COOKIE_HEAD);
	bel_write_base64(writer, (bel_str){ bits, sizeof bits });
}

bool bel_stun_cookie_parse(uint32_t *features, bel_str nonce)
{
	char bits[3];
	struct bel_writer writer = bel_writer_init(bits, sizeof bits);

	if (nonce.len < BEL_STUN_COOKIE_BYTES || !bel_str_has_prefix(nonce, COOKIE_HEAD))
		return false;
	bel_str text = bel_str_slice(nonce, COOKIE_HEAD.len, BEL_STUN_COOKIE_BYTES);
	if (bel_write_from_base64(&writer, text) || writer.len != sizeof bits)
		return false;
	*features = (uint32_t)(uint8_t)bits[0] << 16 | (uint32_t)(uint8_t)bits[1] << 8 |
		    (uint8_t)bits[2];
	return true;
}
