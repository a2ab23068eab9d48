/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_BASE_WRITER_H
#define BEL_BASE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"

/* The one way to make bytes: it cannot pass its size. The first write that does not fit
 * writes nothing and marks the writer full; every later one does nothing, so a whole
 * message is written without checks and asked about once, at the end. */
struct bel_writer {
	char *buf;
	size_t size;
	size_t len;
	bool is_full;
};

static inline struct bel_writer bel_writer_init(void *buf, size_t size)
{
	return (struct bel_writer){ .buf = buf, .size = size };
}

/* BEL_OK, or BEL_ERR_SPACE when anything did not fit. */
static inline enum bel_err bel_writer_check(const struct bel_writer *writer)
{
	return writer->is_full ? BEL_ERR_SPACE : BEL_OK;
}

static inline bel_str bel_writer_str(const struct bel_writer *writer)
{
	return (bel_str){ writer->buf, writer->len };
}

/* Room for len bytes that the caller fills at once; NULL (and full) when it does not fit.
 */
static inline char *bel_writer_room(struct bel_writer *writer, size_t len)
{
	if (writer->is_full || writer->size - writer->len < len) {
		writer->is_full = true;
		return NULL;
	}
	char *at = writer->buf + writer->len;
	writer->len += len;
	return at;
}

static inline void bel_write_str(struct bel_writer *writer, bel_str str)
{
	char *at = bel_writer_room(writer, str.len);
	if (at && str.len)
		memcpy(at, str.ptr, str.len);
}

static inline void bel_write_char(struct bel_writer *writer, char c)
{
	char *at = bel_writer_room(writer, 1);
	if (at)
		*at = c;
}

#define bel_write_lit(writer, literal) bel_write_str((writer), BEL_STR(literal))

/* A terminated string. */
void bel_write_text(struct bel_writer *writer, const char *text);
void bel_write_u64(struct bel_writer *writer, uint64_t value);
void bel_write_i64(struct bel_writer *writer, int64_t value);
/* Exactly digits hexadecimal digits, lower case. */
void bel_write_hex64(struct bel_writer *writer, uint64_t value, unsigned digits);
/* Two lower-case digits a byte. */
void bel_write_hex(struct bel_writer *writer, bel_str bytes);
/* RFC 4648 section 4, with padding; and section 5 (URL alphabet), without. */
void bel_write_base64(struct bel_writer *writer, bel_str bytes);
void bel_write_base64url(struct bel_writer *writer, bel_str bytes);
/* The inside of a JSON string (RFC 8259 section 7), quotes not included; bytes that are
 * not UTF-8 come out as U+FFFD. */
void bel_write_json(struct bel_writer *writer, bel_str str);
/* As it may stand on a terminal or in a log: controls and bytes that are not UTF-8 as
 * \xHH, backslash doubled. */
void bel_write_escaped(struct bel_writer *writer, bel_str str);
void bel_write_be8(struct bel_writer *writer, uint8_t value);
void bel_write_be16(struct bel_writer *writer, uint16_t value);
void bel_write_be32(struct bel_writer *writer, uint32_t value);
void bel_write_be64(struct bel_writer *writer, uint64_t value);

/* The reverse of the two encodings, into the writer: BEL_ERR_SYNTAX leaves it as it was.
 * base64 takes both alphabets, padding optional. */
enum bel_err bel_write_from_base64(struct bel_writer *writer, bel_str text);
enum bel_err bel_write_from_hex(struct bel_writer *writer, bel_str text);

/* printf into the writer, for logs, terminals and tests; never for the wire. */
void bel_write_format(struct bel_writer *writer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
