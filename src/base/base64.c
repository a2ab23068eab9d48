/* SPDX-License-Identifier: Apache-2.0
 * RFC 4648 sections 4 and 5: four digits for three bytes. */
#include "base/writer.h"

static const char plain_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void put_digits(char *out, uint32_t group, const char *digits, size_t count)
{
	for (size_t i = 0; i < count; i++)
		out[i] = digits[group >> (18 - 6 * i) & 63];
}

static void encode(struct bel_writer *writer, bel_str bytes, const char *digits,
		   bool is_padded)
{
	size_t left = bytes.len % 3, whole = bytes.len - left;
	char *out = bel_writer_room(
		writer, whole / 3 * 4 + (left ? is_padded ? 4 : left + 1 : 0));
	const uint8_t *in = (const uint8_t *)bytes.ptr;
	uint32_t group;

	if (!out)
		return;
	for (size_t i = 0; i < whole; i += 3, out += 4) {
		group = (uint32_t)in[i] << 16 | (uint32_t)in[i + 1] << 8 | in[i + 2];
		put_digits(out, group, digits, 4);
	}
	if (!left)
		return;
	if (is_padded)
		out[2] = out[3] = '=';
	group = (uint32_t)in[whole] << 16;
	if (left == 2)
		group |= (uint32_t)in[whole + 1] << 8;
	put_digits(out, group, digits, left + 1);
}

void bel_write_base64(struct bel_writer *writer, bel_str bytes)
{
	encode(writer, bytes, plain_digits, true);
}

void bel_write_base64url(struct bel_writer *writer, bel_str bytes)
{
	encode(writer, bytes, url_digits, false);
}

/* What a digit of either alphabet is worth, with a bit that says that it is one. */
enum { IS_DIGIT = 0x40 };
static const uint8_t values[256] = {
	['A'] = 0x40, 0x41, 0x42,         0x43,         0x44,         0x45,
	0x46,         0x47, 0x48,         0x49,         0x4a,         0x4b,
	0x4c,         0x4d, 0x4e,         0x4f,         0x50,         0x51,
	0x52,         0x53, 0x54,         0x55,         0x56,         0x57,
	0x58,         0x59, ['a'] = 0x5a, 0x5b,         0x5c,         0x5d,
	0x5e,         0x5f, 0x60,         0x61,         0x62,         0x63,
	0x64,         0x65, 0x66,         0x67,         0x68,         0x69,
	0x6a,         0x6b, 0x6c,         0x6d,         0x6e,         0x6f,
	0x70,         0x71, 0x72,         0x73,         ['0'] = 0x74, 0x75,
	0x76,         0x77, 0x78,         0x79,         0x7a,         0x7b,
	0x7c,         0x7d, ['+'] = 0x7e, ['-'] = 0x7e, ['/'] = 0x7f, ['_'] = 0x7f,
};

/* Count digits as the top of 24 bits; false when one of them is none. */
static bool take_digits(uint32_t *group, const char *text, size_t count)
{
	uint32_t bits = 0, all = IS_DIGIT;

	for (size_t i = 0; i < count; i++) {
		uint8_t value = values[(uint8_t)text[i]];
		all &= value;
		bits |= (value & 63u) << (18 - 6 * i);
	}
	*group = bits;
	return all;
}

/* Whole groups of four. */
static bool decode_groups(char *out, const char *text, size_t groups)
{
	uint32_t all = IS_DIGIT;

	for (size_t i = 0; i < groups; i++, text += 4, out += 3) {
		uint32_t a = values[(uint8_t)text[0]], b = values[(uint8_t)text[1]];
		uint32_t c = values[(uint8_t)text[2]], d = values[(uint8_t)text[3]];
		all &= a & b & c & d;
		out[0] = (char)(a << 2 | (b & 63) >> 4);
		out[1] = (char)(b << 4 | (c & 63) >> 2);
		out[2] = (char)(c << 6 | (d & 63));
	}
	return all;
}

enum bel_err bel_write_from_base64(struct bel_writer *writer, bel_str text)
{
	struct bel_writer before = *writer;
	uint32_t group = 0;

	for (unsigned pad = 0; pad < 2 && text.len && text.ptr[text.len - 1] == '=';
	     pad++)
		text.len--;
	size_t groups = text.len / 4, left = text.len % 4;
	if (left == 1)
		return BEL_ERR_SYNTAX;
	char *out = bel_writer_room(writer, groups * 3 + (left ? left - 1 : 0));
	if (!out)
		return bel_writer_check(writer);
	if (!decode_groups(out, text.ptr, groups) ||
	    (left && !take_digits(&group, text.ptr + groups * 4, left))) {
		*writer = before;
		return BEL_ERR_SYNTAX;
	}
	for (size_t k = 0; left && k < left - 1; k++)
		out[groups * 3 + k] = (char)(group >> (16 - 8 * k));
	return bel_writer_check(writer);
}
