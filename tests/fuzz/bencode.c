/* SPDX-License-Identifier: Apache-2.0
 * Bytes that may be bencode: every item that is found lies within them, a walk ends, what
 * was read and written again is the same bytes, and one byte less is refused. */
#include <stdlib.h>
#include "ng/bencode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

static bool lies_within(bel_str part, bel_str whole)
{
	return part.ptr >= whole.ptr && part.len <= whole.len &&
	       (size_t)(part.ptr - whole.ptr) <= whole.len - part.len;
}

static void write_again(struct bel_writer *writer, const struct bel_bencode *item,
			bel_str whole, unsigned depth)
{
	struct bel_cursor walk = bel_bencode_walk(item);
	struct bel_bencode inner;
	bel_str key;

	require(depth <= BEL_BENCODE_DEPTH_MAX);
	if (item->kind == BEL_BENCODE_NUMBER) {
		bel_bencode_write_number(writer, item->number);
		return;
	}
	require(lies_within(item->bytes, whole));
	if (item->kind == BEL_BENCODE_STRING) {
		bel_bencode_write_str(writer, item->bytes);
	} else if (item->kind == BEL_BENCODE_LIST) {
		bel_bencode_begin_list(writer);
		while (bel_bencode_next(&inner, &walk))
			write_again(writer, &inner, item->bytes, depth + 1);
		bel_bencode_end(writer);
	} else {
		bel_bencode_begin_dictionary(writer);
		while (bel_bencode_pair_next(&key, &inner, &walk)) {
			struct bel_bencode found;
			require(lies_within(key, item->bytes));
			require(bel_bencode_find(&found, item, key));
			bel_bencode_write_str(writer, key);
			write_again(writer, &inner, item->bytes, depth + 1);
		}
		bel_bencode_end(writer);
	}
	require(bel_cursor_is_end(&walk));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char buf[UINT16_MAX];
	struct bel_writer writer = bel_writer_init(buf, sizeof buf);
	bel_str bytes = { (const char *)data, size };
	struct bel_bencode item, shorter;

	if (size > sizeof buf || bel_bencode_parse(&item, bytes))
		return 0;
	write_again(&writer, &item, bytes, 0);
	require(bel_str_is_equal(bel_writer_str(&writer), bytes));
	require(bel_bencode_parse(&shorter, bel_str_slice(bytes, 0, size - 1)) != BEL_OK);
	return 0;
}
