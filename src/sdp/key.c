/* SPDX-License-Identifier: Apache-2.0 */
#include "sdp/sdp_int.h"

/* ---- RFC 4568 ---- */

/* Takes what stands in front of the next bar. */
static bel_str take_field(bel_str *left)
{
	size_t bar = bel_str_find(*left, '|');
	bel_str field = bel_str_slice(*left, 0, bar);

	*left = bel_str_slice(*left, bar + 1, left->len);
	return field;
}

/* "2^20" or "1048576" */
static enum bel_err parse_lifetime(struct bel_sdp_crypto *crypto, bel_str text)
{
	uint64_t number;
	enum bel_err err;

	if (!bel_str_has_prefix(text, BEL_STR("2^")))
		return bel_str_to_u64(&crypto->lifetime_packets, text, UINT64_MAX);
	err = bel_str_to_u64(&number, bel_str_slice(text, 2, text.len), 63);
	if (!err)
		crypto->lifetime_packets = UINT64_C(1) << number;
	return err;
}

/* "1:4": a number, and how many bytes of a packet it takes. */
static enum bel_err parse_mki(struct bel_sdp_crypto *crypto, bel_str text)
{
	size_t colon = bel_str_find(text, ':');
	struct bel_cursor number = bel_cursor_init(bel_str_slice(text, 0, colon));
	uint64_t bytes;

	while (bel_char_is_digit(bel_cursor_peek(&number)))
		bel_cursor_skip(&number, 1);
	if (!colon || !bel_cursor_is_end(&number) ||
	    bel_str_to_u64(&bytes, bel_str_slice(text, colon + 1, text.len), 128) ||
	    !bytes)
		return BEL_ERR_SYNTAX;
	crypto->has_mki = true;
	crypto->mki = bel_str_slice(text, 0, colon);
	crypto->mki_bytes = (uint8_t)bytes;
	return BEL_OK;
}

/* One key parameter: "inline:BASE64|lifetime|MKI:length". */
static enum bel_err parse_key(struct bel_sdp_crypto *crypto, bel_str param)
{
	struct bel_writer key = bel_writer_init(crypto->key, sizeof crypto->key);
	enum bel_err err;

	if (!bel_str_has_prefix_nocase(param, BEL_STR("inline:")))
		return BEL_ERR_SYNTAX;
	param = bel_str_slice(param, 7, param.len);
	err = bel_write_from_base64(&key, take_field(&param));
	if (err || key.is_full || !key.len)
		return BEL_ERR_SYNTAX;
	crypto->key_len = key.len;
	while (param.len && !err) {
		bel_str field = take_field(&param);
		err = bel_str_find(field, ':') < field.len
			      ? parse_mki(crypto, field)
			      : parse_lifetime(crypto, field);
	}
	return err ? BEL_ERR_SYNTAX : BEL_OK;
}

enum bel_err bel_sdp_crypto_parse(struct bel_sdp_crypto *out, bel_str value)
{
	struct bel_sdp_crypto crypto = { 0 };
	bel_str tag, keys;
	uint64_t number;
	enum bel_err err;

	if (!bel_sdp_word_next(&tag, &value) || bel_str_to_u64(&number, tag, 999999999))
		return BEL_ERR_SYNTAX;
	crypto.tag = (uint32_t)number;
	bel_sdp_word_next(&crypto.suite, &value);
	bel_sdp_word_next(&keys, &value);
	err = parse_key(&crypto, bel_str_slice(keys, 0, bel_str_find(keys, ';')));
	if (err)
		return err;
	crypto.params = bel_str_trim(value);
	crypto.has_params = crypto.params.len;
	*out = crypto;
	return BEL_OK;
}

/* ---- RFC 8122, RFC 4145 ---- */

enum bel_err bel_sdp_fingerprint_parse(struct bel_sdp_fingerprint *out, bel_str value)
{
	struct bel_sdp_fingerprint print = { 0 };
	struct bel_writer bytes = bel_writer_init(print.bytes, sizeof print.bytes);
	bel_str left = value;

	bel_sdp_word_next(&print.hash, &left);
	left = bel_str_trim(left);
	while (left.len) {
		uint64_t byte;
		/* Two digits, and a colon if more follows. */
		if (left.len < 2 || left.len == 3 || bel_str_find(left, ':') < 2 ||
		    (left.len > 2 && left.ptr[2] != ':') ||
		    bel_str_to_hex64(&byte, bel_str_slice(left, 0, 2)))
			return BEL_ERR_SYNTAX;
		bel_write_be8(&bytes, (uint8_t)byte);
		left = bel_str_slice(left, 3, left.len);
	}
	if (!bytes.len || bytes.is_full)
		return BEL_ERR_SYNTAX;
	print.len = bytes.len;
	*out = print;
	return BEL_OK;
}

static const bel_str setups[BEL_SDP_SETUP_COUNT] = {
	[BEL_SDP_SETUP_ACTPASS] = { "actpass", 7 },
	[BEL_SDP_SETUP_ACTIVE] = { "active", 6 },
	[BEL_SDP_SETUP_PASSIVE] = { "passive", 7 },
	[BEL_SDP_SETUP_HOLDCONN] = { "holdconn", 8 },
};

enum bel_sdp_setup bel_sdp_setup(const struct bel_sdp *sdp, unsigned media)
{
	bel_str value;

	if (!bel_sdp_attribute(&value, sdp, media, BEL_STR("setup"), 0, true))
		return BEL_SDP_SETUP_NONE;
	for (unsigned i = BEL_SDP_SETUP_ACTPASS; i < BEL_SDP_SETUP_COUNT; i++)
		if (bel_str_is_equal(value, setups[i]))
			return (enum bel_sdp_setup)i;
	return BEL_SDP_SETUP_NONE;
}

bel_str bel_sdp_setup_name(enum bel_sdp_setup setup)
{
	return setups[setup];
}
