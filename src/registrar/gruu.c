/* SPDX-License-Identifier: Apache-2.0 */
#include "registrar/gruu.h"

#define PREFIX "tgruu."
enum {
	PREFIX_BYTES = sizeof PREFIX - 1,
	MAC_BYTES = 11, /* with the block 27: no bit of the text is left over */
	RAW_BYTES = BEL_BLOCK_BYTES + MAC_BYTES,
};

_Static_assert(PREFIX_BYTES + RAW_BYTES / 3 * 4 == BEL_GRUU_USER_BYTES, "no padding");

static enum bel_err write_mac(struct bel_writer *writer, struct bel_crypto *crypto,
			      const struct bel_gruu_key *key, bel_str block)
{
	uint8_t mac[BEL_DIGEST_BYTES_MAX];
	enum bel_err err = bel_hmac(mac, crypto, BEL_SHA256,
				    (bel_str){ (const char *)key->mac, sizeof key->mac },
				    &block, 1);

	if (!err)
		bel_write_str(writer, (bel_str){ (const char *)mac, MAC_BYTES });
	return err;
}

enum bel_err bel_gruu_write(struct bel_writer *writer, struct bel_crypto *crypto,
			    const struct bel_gruu_key *key, uint64_t series,
			    uint64_t draw)
{
	uint8_t block[BEL_BLOCK_BYTES];
	char buf[RAW_BYTES];
	struct bel_writer plain = bel_writer_init((char *)block, sizeof block);
	struct bel_writer raw = bel_writer_init(buf, sizeof buf);
	enum bel_err err;

	bel_write_be64(&plain, draw);
	bel_write_be64(&plain, series);
	err = bel_block_encrypt(block, crypto, key->cipher, block);
	if (err)
		return err;
	bel_write_str(&raw, (bel_str){ (const char *)block, sizeof block });
	err = write_mac(&raw, crypto, key, bel_writer_str(&raw));
	if (err)
		return err;
	bel_write_lit(writer, PREFIX);
	bel_write_base64url(writer, bel_writer_str(&raw));
	return BEL_OK;
}

/* The bytes of the text, which is spelled as we spell it. */
static enum bel_err read_raw(struct bel_writer *raw, bel_str user)
{
	char text[RAW_BYTES / 3 * 4];
	struct bel_writer again = bel_writer_init(text, sizeof text);

	if (user.len != BEL_GRUU_USER_BYTES || !bel_str_has_prefix(user, BEL_STR(PREFIX)))
		return BEL_ERR_SYNTAX;
	user = bel_str_slice(user, PREFIX_BYTES, user.len);
	if (bel_write_from_base64(raw, user) || raw->len != RAW_BYTES)
		return BEL_ERR_SYNTAX;
	bel_write_base64url(&again, bel_writer_str(raw));
	return bel_str_is_equal(bel_writer_str(&again), user) ? BEL_OK : BEL_ERR_SYNTAX;
}

enum bel_err bel_gruu_parse(uint64_t *series, struct bel_crypto *crypto,
			    const struct bel_gruu_key *key, bel_str user)
{
	char buf[BEL_GRUU_USER_BYTES], expected[MAC_BYTES];
	uint8_t block[BEL_BLOCK_BYTES];
	struct bel_writer raw = bel_writer_init(buf, sizeof buf);
	struct bel_writer mac = bel_writer_init(expected, sizeof expected);
	enum bel_err err = read_raw(&raw, user);
	struct bel_cursor cursor;
	uint64_t draw;

	if (err)
		return err;
	bel_str sealed = bel_str_slice(bel_writer_str(&raw), 0, BEL_BLOCK_BYTES);
	bel_str given = bel_str_slice(bel_writer_str(&raw), BEL_BLOCK_BYTES, RAW_BYTES);
	err = write_mac(&mac, crypto, key, sealed);
	if (err)
		return err;
	if (!bel_str_is_equal_secret(given, bel_writer_str(&mac)))
		return BEL_ERR_MISMATCH;
	memcpy(block, sealed.ptr, sizeof block);
	err = bel_block_decrypt(block, crypto, key->cipher, block);
	if (err)
		return err;
	cursor = bel_cursor_init((bel_str){ (const char *)block, sizeof block });
	bel_cursor_be64(&draw, &cursor);
	bel_cursor_be64(series, &cursor);
	return BEL_OK;
}

enum bel_err bel_gruu_find(struct bel_location *location, struct bel_crypto *crypto,
			   const struct bel_gruu_key *key, bel_str user, uint64_t wall_ms,
			   struct bel_arena *arena, bel_str *aor, bel_str *instance)
{
	uint64_t series;
	enum bel_err err = bel_gruu_parse(&series, crypto, key, user);

	return err ? err
		   : bel_location_find_series(location, series, wall_ms, arena, aor,
					      instance);
}
