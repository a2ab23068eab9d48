/* SPDX-License-Identifier: Apache-2.0 */
#include "base/writer.h"

#include <stdarg.h>
#include <stdio.h>

void bel_write_text(struct bel_writer *writer, const char *text)
{
	bel_write_str(writer, bel_str_from(text));
}

static unsigned digits_of(uint64_t value)
{
	unsigned digits = 1;

	for (uint64_t limit = 10; digits < 20 && value >= limit; limit *= 10)
		digits++;
	return digits;
}

void bel_write_u64(struct bel_writer *writer, uint64_t value)
{
	unsigned at = digits_of(value);
	char *digits = bel_writer_room(writer, at);

	if (!digits)
		return;
	for (; value > UINT32_MAX; value /= 10)
		digits[--at] = (char)('0' + value % 10);
	/* Division of 32 bits is one multiplication. */
	for (uint32_t rest = (uint32_t)value; at; rest /= 10)
		digits[--at] = (char)('0' + rest % 10);
}

void bel_write_i64(struct bel_writer *writer, int64_t value)
{
	if (value < 0)
		bel_write_char(writer, '-');
	bel_write_u64(writer, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

static const char hex_digits[] = "0123456789abcdef";

void bel_write_hex64(struct bel_writer *writer, uint64_t value, unsigned digits)
{
	char *at = bel_writer_room(writer, digits);

	if (!at)
		return;
	for (unsigned i = digits; i-- > 0; value >>= 4)
		at[i] = hex_digits[value & 15];
}

void bel_write_hex(struct bel_writer *writer, bel_str bytes)
{
	char *at = bel_writer_room(writer, bytes.len * 2);

	for (size_t i = 0; at && i < bytes.len; i++) {
		*at++ = hex_digits[(uint8_t)bytes.ptr[i] >> 4];
		*at++ = hex_digits[(uint8_t)bytes.ptr[i] & 15];
	}
}

static int hex_value(char c)
{
	const char *at = memchr(hex_digits, bel_char_lower(c), 16);

	return at ? (int)(at - hex_digits) : -1;
}

enum bel_err bel_write_from_hex(struct bel_writer *writer, bel_str text)
{
	struct bel_writer before = *writer;

	if (text.len % 2)
		return BEL_ERR_SYNTAX;
	for (size_t i = 0; i < text.len; i += 2) {
		int high = hex_value(text.ptr[i]), low = hex_value(text.ptr[i + 1]);
		if (high < 0 || low < 0) {
			*writer = before;
			return BEL_ERR_SYNTAX;
		}
		bel_write_be8(writer, (uint8_t)(high << 4 | low));
	}
	return bel_writer_check(writer);
}

static void write_json_control(struct bel_writer *writer, char c)
{
	static const char named[] = "\bb\tt\nn\ff\rr\"\"\\\\";

	for (size_t i = 0; i + 1 < sizeof named; i += 2) {
		if (named[i] == c) {
			bel_write_char(writer, '\\');
			bel_write_char(writer, named[i + 1]);
			return;
		}
	}
	bel_write_lit(writer, "\\u00");
	bel_write_hex64(writer, (uint8_t)c, 2);
}

void bel_write_json(struct bel_writer *writer, bel_str str)
{
	while (str.len) {
		size_t len = bel_str_utf8_len(str);
		char c = str.ptr[0];
		if (len == 0)
			bel_write_lit(writer, "\xef\xbf\xbd");
		else if (len == 1 && (c < 0x20 || c == '"' || c == '\\' || c == 0x7f))
			write_json_control(writer, c);
		else
			bel_write_str(writer, bel_str_slice(str, 0, len));
		str = bel_str_slice(str, len ? len : 1, str.len);
	}
}

/* Bytes at the start that stand for themselves, as nearly all do. */
static size_t plain_len(bel_str str)
{
	size_t len = 0;

	while (len < str.len && str.ptr[len] >= ' ' && str.ptr[len] < 0x7f &&
	       str.ptr[len] != '\\')
		len++;
	return len;
}

void bel_write_escaped(struct bel_writer *writer, bel_str str)
{
	while (str.len) {
		size_t plain = plain_len(str);
		bel_write_str(writer, bel_str_slice(str, 0, plain));
		str = bel_str_slice(str, plain, str.len);
		if (!str.len)
			return;
		size_t len = bel_str_utf8_len(str);
		uint8_t c = (uint8_t)str.ptr[0];
		/* U+0080 to U+009F are controls too: terminals obey them. */
		bool is_control = c < 0x20 || c == 0x7f ||
				  (len == 2 && c == 0xc2 && (uint8_t)str.ptr[1] < 0xa0);
		if (len == 0 || is_control) {
			bel_write_lit(writer, "\\x");
			bel_write_hex64(writer, c, 2);
			len = 1;
		} else {
			if (c == '\\')
				bel_write_char(writer, '\\');
			bel_write_str(writer, bel_str_slice(str, 0, len));
		}
		str = bel_str_slice(str, len, str.len);
	}
}

/* The count is known where it is called. */
static inline __attribute__((always_inline)) void
write_big_endian(struct bel_writer *writer, uint64_t value, unsigned bytes)
{
	char *at = bel_writer_room(writer, bytes);

	for (unsigned i = 0; at && i < bytes; i++)
		at[i] = (char)(value >> 8 * (bytes - 1 - i) & 0xff);
}

void bel_write_be8(struct bel_writer *writer, uint8_t value)
{
	write_big_endian(writer, value, 1);
}

void bel_write_be16(struct bel_writer *writer, uint16_t value)
{
	write_big_endian(writer, value, 2);
}

void bel_write_be32(struct bel_writer *writer, uint32_t value)
{
	write_big_endian(writer, value, 4);
}

void bel_write_be64(struct bel_writer *writer, uint64_t value)
{
	write_big_endian(writer, value, 8);
}

void bel_write_format(struct bel_writer *writer, const char *format, ...)
{
	va_list args;
	size_t room = writer->size - writer->len;

	if (writer->is_full)
		return;
	va_start(args, format);
	int len = vsnprintf(writer->buf ? writer->buf + writer->len : NULL, room, format,
			    args);
	va_end(args);
	/* vsnprintf needs a byte more than the text for its NUL. */
	if (len < 0 || (size_t)len >= room)
		writer->is_full = true;
	else
		writer->len += (size_t)len;
}
