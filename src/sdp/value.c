/* SPDX-License-Identifier: Apache-2.0 */
#include "sdp/sdp.h"

static bel_str take_word(bel_str *left)
{
	size_t end;

	*left = bel_str_trim(*left);
	end = bel_str_find(*left, ' ');
	bel_str word = bel_str_slice(*left, 0, end);
	*left = bel_str_slice(*left, end, left->len);
	return word;
}

enum bel_err bel_sdp_origin_parse(struct bel_sdp_origin *out, bel_str value)
{
	struct bel_sdp_origin origin;

	origin.user = take_word(&value);
	origin.session_id = take_word(&value);
	origin.version = take_word(&value);
	take_word(&value); /* IN */
	take_word(&value); /* IP4 */
	origin.address = take_word(&value);
	if (!origin.version.len)
		return BEL_ERR_SYNTAX;
	*out = origin;
	return BEL_OK;
}

static bool find_among(bel_str *value, const struct bel_sdp_line *lines, unsigned count,
		       bel_str name, unsigned index)
{
	for (unsigned i = 0; i < count; i++) {
		if (lines[i].type != 'a' || !bel_str_is_equal(lines[i].name, name) ||
		    index--)
			continue;
		if (value)
			*value = bel_str_trim(lines[i].value);
		return true;
	}
	return false;
}

bool bel_sdp_attribute(bel_str *value, const struct bel_sdp *sdp, unsigned media,
		       bel_str name, unsigned index, bool is_inherited)
{
	const struct bel_sdp_media *part = &sdp->media[media];

	return find_among(value, sdp->lines + part->first, part->count, name, index) ||
	       (is_inherited &&
		find_among(value, sdp->lines, sdp->session_count, name, index));
}

/* "IN IP4 192.0.2.1/127" */
static bel_addr parse_connection(bel_str value)
{
	bel_addr addr = { 0 };
	bel_str host;

	take_word(&value);
	take_word(&value);
	host = take_word(&value);
	host = bel_str_slice(host, 0, bel_str_find(host, '/'));
	if (bel_addr_parse_host(&addr, host))
		return (bel_addr){ 0 };
	return addr;
}

bel_addr bel_sdp_address(const struct bel_sdp *sdp, unsigned media)
{
	const struct bel_sdp_media *part = &sdp->media[media];
	bel_str value = sdp->connection;
	bel_addr addr;

	for (unsigned i = part->first; i < part->first + part->count; i++) {
		if (sdp->lines[i].type == 'c') {
			value = sdp->lines[i].value;
			break;
		}
	}
	addr = parse_connection(value);
	addr.port = part->port;
	return addr;
}

bel_addr bel_sdp_rtcp_address(const struct bel_sdp *sdp, unsigned media)
{
	bel_addr addr = bel_sdp_address(sdp, media), other;
	bel_str value;
	uint64_t port;

	if (bel_sdp_attribute(NULL, sdp, media, BEL_STR("rtcp-mux"), 0, false))
		return addr;
	if (addr.port < UINT16_MAX)
		addr.port++;
	if (!bel_sdp_attribute(&value, sdp, media, BEL_STR("rtcp"), 0, false) ||
	    bel_str_to_u64(&port, take_word(&value), UINT16_MAX))
		return addr;
	other = value.len ? parse_connection(value) : addr;
	if (!other.family)
		other = addr;
	other.port = (uint16_t)port;
	return other;
}

static const struct {
	bel_str name;
	enum bel_sdp_direction direction;
} directions[] = {
	{ { "sendrecv", 8 }, BEL_SDP_SENDRECV },
	{ { "sendonly", 8 }, BEL_SDP_SENDONLY },
	{ { "recvonly", 8 }, BEL_SDP_RECVONLY },
	{ { "inactive", 8 }, BEL_SDP_INACTIVE },
};

bel_str bel_sdp_direction_name(enum bel_sdp_direction direction)
{
	for (size_t i = 0; i < BEL_COUNT_OF(directions); i++)
		if (directions[i].direction == direction)
			return directions[i].name;
	return BEL_STR_NONE;
}

enum bel_sdp_direction bel_sdp_direction(const struct bel_sdp *sdp, unsigned media)
{
	/* What stands in the media part goes before what the session says. */
	for (unsigned inherited = 0; inherited < 2; inherited++)
		for (size_t i = 0; i < BEL_COUNT_OF(directions); i++)
			if (bel_sdp_attribute(NULL, sdp, media, directions[i].name, 0,
					      inherited))
				return directions[i].direction;
	return BEL_SDP_SENDRECV;
}

enum bel_sdp_direction bel_sdp_reversed(enum bel_sdp_direction direction)
{
	return (enum bel_sdp_direction)(((direction & BEL_SDP_SENDONLY) << 1) |
					((direction & BEL_SDP_RECVONLY) >> 1));
}

uint32_t bel_sdp_number(const struct bel_sdp *sdp, unsigned media, bel_str name)
{
	uint64_t number;
	bel_str value;

	if (!bel_sdp_attribute(&value, sdp, media, name, 0, true) ||
	    bel_str_to_u64(&number, bel_str_slice(value, 0, bel_str_find(value, '.')),
			   UINT32_MAX))
		return 0;
	return (uint32_t)number;
}

/* ---- codecs ---- */

/* RFC 3551 section 6, tables 4 and 5. */
static const struct bel_sdp_codec statics[] = {
	{ 0, 1, 8000, { "PCMU", 4 }, { NULL, 0 } },
	{ 3, 1, 8000, { "GSM", 3 }, { NULL, 0 } },
	{ 4, 1, 8000, { "G723", 4 }, { NULL, 0 } },
	{ 5, 1, 8000, { "DVI4", 4 }, { NULL, 0 } },
	{ 6, 1, 16000, { "DVI4", 4 }, { NULL, 0 } },
	{ 7, 1, 8000, { "LPC", 3 }, { NULL, 0 } },
	{ 8, 1, 8000, { "PCMA", 4 }, { NULL, 0 } },
	{ 9, 1, 8000, { "G722", 4 }, { NULL, 0 } },
	{ 10, 2, 44100, { "L16", 3 }, { NULL, 0 } },
	{ 11, 1, 44100, { "L16", 3 }, { NULL, 0 } },
	{ 12, 1, 8000, { "QCELP", 5 }, { NULL, 0 } },
	{ 13, 1, 8000, { "CN", 2 }, { NULL, 0 } },
	{ 14, 1, 90000, { "MPA", 3 }, { NULL, 0 } },
	{ 15, 1, 8000, { "G728", 4 }, { NULL, 0 } },
	{ 16, 1, 11025, { "DVI4", 4 }, { NULL, 0 } },
	{ 17, 1, 22050, { "DVI4", 4 }, { NULL, 0 } },
	{ 18, 1, 8000, { "G729", 4 }, { NULL, 0 } },
	{ 25, 1, 90000, { "CelB", 4 }, { NULL, 0 } },
	{ 26, 1, 90000, { "JPEG", 4 }, { NULL, 0 } },
	{ 28, 1, 90000, { "nv", 2 }, { NULL, 0 } },
	{ 31, 1, 90000, { "H261", 4 }, { NULL, 0 } },
	{ 32, 1, 90000, { "MPV", 3 }, { NULL, 0 } },
	{ 33, 1, 90000, { "MP2T", 4 }, { NULL, 0 } },
	{ 34, 1, 90000, { "H263", 4 }, { NULL, 0 } },
};

/* "PCMU/8000", "opus/48000/2" */
static bool parse_encoding(struct bel_sdp_codec *out, bel_str encoding)
{
	struct bel_cursor cursor = bel_cursor_init(encoding);
	bel_str name = bel_cursor_until_char(&cursor, '/');
	uint64_t clock_hz, channels = 1;

	if (!name.len || !bel_cursor_take(&cursor, '/') ||
	    bel_cursor_u64(&clock_hz, &cursor, 1000000) || !clock_hz)
		return false;
	if (bel_cursor_take(&cursor, '/') &&
	    (bel_cursor_u64(&channels, &cursor, UINT8_MAX) || !channels))
		return false;
	out->name = name;
	out->clock_hz = (uint32_t)clock_hz;
	out->channels = (uint8_t)channels;
	return true;
}

/* The value of the n-th such attribute that begins with the payload type. */
static bool find_of_payload(bel_str *rest, const struct bel_sdp *sdp, unsigned media,
			    bel_str name, bel_str payload)
{
	bel_str value;

	for (unsigned i = 0; bel_sdp_attribute(&value, sdp, media, name, i, false); i++) {
		if (!bel_str_is_equal(take_word(&value), payload))
			continue;
		*rest = bel_str_trim(value);
		return true;
	}
	return false;
}

static bool find_codec(struct bel_sdp_codec *out, const struct bel_sdp *sdp,
		       unsigned media, bel_str payload)
{
	bel_str encoding;

	if (find_of_payload(&encoding, sdp, media, BEL_STR("rtpmap"), payload))
		return parse_encoding(out, encoding);
	for (size_t i = 0; i < BEL_COUNT_OF(statics); i++) {
		if (statics[i].payload != out->payload)
			continue;
		*out = statics[i];
		return true;
	}
	return false;
}

bool bel_sdp_codec_next(struct bel_sdp_codec *out, const struct bel_sdp *sdp,
			unsigned media, bel_str *formats)
{
	for (;;) {
		bel_str word = take_word(formats);
		struct bel_sdp_codec codec = { 0 };
		uint64_t payload;
		if (!word.len)
			return false;
		if (bel_str_to_u64(&payload, word, 127))
			continue;
		codec.payload = (uint8_t)payload;
		if (!find_codec(&codec, sdp, media, word))
			continue;
		find_of_payload(&codec.fmtp, sdp, media, BEL_STR("fmtp"), word);
		*out = codec;
		return true;
	}
}

bool bel_sdp_fmtp_find(bel_str *value, bel_str fmtp, bel_str name)
{
	while (fmtp.len) {
		size_t end = bel_str_find(fmtp, ';');
		bel_str pair = bel_str_trim(bel_str_slice(fmtp, 0, end));
		size_t equal = bel_str_find(pair, '=');
		fmtp = bel_str_slice(fmtp, end + 1, fmtp.len);
		if (!bel_str_is_equal_nocase(bel_str_trim(bel_str_slice(pair, 0, equal)),
					     name))
			continue;
		*value = bel_str_trim(bel_str_slice(pair, equal + 1, pair.len));
		return true;
	}
	return false;
}

/* ---- keys ---- */

/* One key parameter: "inline:BASE64|lifetime|MKI:length". */
static enum bel_err parse_key(struct bel_sdp_crypto *crypto, bel_str param)
{
	struct bel_writer key = bel_writer_init(crypto->key, sizeof crypto->key);
	bel_str text;
	size_t bar;
	enum bel_err err;

	if (!bel_str_has_prefix_nocase(param, BEL_STR("inline:")))
		return BEL_ERR_SYNTAX;
	text = bel_str_slice(param, 7, param.len);
	bar = bel_str_find(text, '|');
	err = bel_write_from_base64(&key, bel_str_slice(text, 0, bar));
	if (err || key.is_full || !key.len)
		return BEL_ERR_SYNTAX;
	crypto->key_len = key.len;
	/* A lifetime is "2^20" or a number; what holds a colon is the MKI. */
	crypto->has_mki = bel_str_find(text, ':') < text.len;
	return BEL_OK;
}

enum bel_err bel_sdp_crypto_parse(struct bel_sdp_crypto *out, bel_str value)
{
	struct bel_sdp_crypto crypto = { 0 };
	uint64_t tag;
	bel_str params;
	enum bel_err err;

	if (bel_str_to_u64(&tag, take_word(&value), 999999999))
		return BEL_ERR_SYNTAX;
	crypto.tag = (uint32_t)tag;
	crypto.suite = take_word(&value);
	params = take_word(&value);
	/* Several keys are several parameters joined by ';': the first is enough. */
	err = parse_key(&crypto, bel_str_slice(params, 0, bel_str_find(params, ';')));
	if (err)
		return err;
	crypto.has_params = bel_str_trim(value).len;
	*out = crypto;
	return BEL_OK;
}

enum bel_err bel_sdp_fingerprint_parse(struct bel_sdp_fingerprint *out, bel_str value)
{
	struct bel_sdp_fingerprint print = { .hash = take_word(&value) };
	struct bel_writer bytes = bel_writer_init(print.bytes, sizeof print.bytes);
	bel_str left = bel_str_trim(value);

	while (left.len) {
		uint64_t byte;
		if (bel_str_find(left, ':') != (left.len > 2 ? 2 : left.len) ||
		    left.len < 2 || bel_str_to_hex64(&byte, bel_str_slice(left, 0, 2)))
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
