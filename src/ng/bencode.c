/* SPDX-License-Identifier: Apache-2.0 */
#include "ng/bencode.h"

/* ---- parsing ---- */

struct reader {
	struct bel_cursor in;
	unsigned items_left;
};

static enum bel_err take_item(struct bel_bencode *out, struct reader *reader,
			      unsigned depth);

/* One spelling a number: no zeros in front. */
static enum bel_err take_digits(uint64_t *out, struct bel_cursor *in, uint64_t max)
{
	if (!bel_cursor_take(in, '0'))
		return bel_cursor_u64(out, in, max);
	*out = 0;
	return bel_char_is_digit(bel_cursor_peek(in)) ? BEL_ERR_SYNTAX : BEL_OK;
}

static enum bel_err take_number(struct bel_bencode *out, struct bel_cursor *in)
{
	bool is_negative = bel_cursor_take(in, '-');
	uint64_t digits;
	enum bel_err err = take_digits(&digits, in, INT64_MAX);

	if (err)
		return err;
	if (!bel_cursor_take(in, 'e') || (is_negative && digits == 0))
		return BEL_ERR_SYNTAX;
	out->kind = BEL_BENCODE_NUMBER;
	out->number = is_negative ? -(int64_t)digits : (int64_t)digits;
	return BEL_OK;
}

static enum bel_err take_string(bel_str *out, struct bel_cursor *in)
{
	uint64_t len;

	if (take_digits(&len, in, bel_cursor_left(in)) || !bel_cursor_take(in, ':') ||
	    !bel_cursor_bytes(out, in, (size_t)len))
		return BEL_ERR_SYNTAX;
	return BEL_OK;
}

static enum bel_err take_key(struct reader *reader)
{
	bel_str key;

	if (reader->items_left-- == 0)
		return BEL_ERR_LIMIT;
	return take_string(&key, &reader->in);
}

static enum bel_err take_inside(struct bel_bencode *out, struct reader *reader,
				enum bel_bencode_kind kind, unsigned depth)
{
	const char *first = reader->in.ptr;
	const char *last = first;

	if (depth == BEL_BENCODE_DEPTH_MAX)
		return BEL_ERR_LIMIT;
	while (!bel_cursor_take(&reader->in, 'e')) {
		struct bel_bencode item;
		enum bel_err err = BEL_OK;
		if (kind == BEL_BENCODE_DICTIONARY)
			err = take_key(reader);
		if (!err)
			err = take_item(&item, reader, depth + 1);
		if (err)
			return err;
		last = reader->in.ptr;
	}
	out->kind = kind;
	out->bytes = (bel_str){ first, (size_t)(last - first) };
	return BEL_OK;
}

static enum bel_err take_item(struct bel_bencode *out, struct reader *reader,
			      unsigned depth)
{
	*out = (struct bel_bencode){ .kind = BEL_BENCODE_STRING };
	if (reader->items_left == 0)
		return BEL_ERR_LIMIT;
	reader->items_left--;
	if (bel_cursor_take(&reader->in, 'i'))
		return take_number(out, &reader->in);
	if (bel_cursor_take(&reader->in, 'l'))
		return take_inside(out, reader, BEL_BENCODE_LIST, depth);
	if (bel_cursor_take(&reader->in, 'd'))
		return take_inside(out, reader, BEL_BENCODE_DICTIONARY, depth);
	return take_string(&out->bytes, &reader->in);
}

enum bel_err bel_bencode_parse(struct bel_bencode *out, bel_str bytes)
{
	struct reader reader = { bel_cursor_init(bytes), BEL_BENCODE_ITEMS_MAX };
	struct bel_bencode item;
	enum bel_err err = take_item(&item, &reader, 0);

	if (err)
		return err;
	if (!bel_cursor_is_end(&reader.in))
		return BEL_ERR_SYNTAX;
	*out = item;
	return BEL_OK;
}

/* ---- asking ---- */

struct bel_cursor bel_bencode_walk(const struct bel_bencode *parent)
{
	bool has_inside = parent->kind == BEL_BENCODE_LIST ||
			  parent->kind == BEL_BENCODE_DICTIONARY;

	return bel_cursor_init(has_inside ? parent->bytes : BEL_STR_NONE);
}

bool bel_bencode_next(struct bel_bencode *item, struct bel_cursor *list)
{
	struct reader reader = { *list, BEL_BENCODE_ITEMS_MAX };

	if (bel_cursor_is_end(list) || take_item(item, &reader, 0))
		return false;
	*list = reader.in;
	return true;
}

bool bel_bencode_pair_next(bel_str *key, struct bel_bencode *item,
			   struct bel_cursor *dictionary)
{
	return !bel_cursor_is_end(dictionary) && !take_string(key, dictionary) &&
	       bel_bencode_next(item, dictionary);
}

bool bel_bencode_find(struct bel_bencode *out, const struct bel_bencode *dictionary,
		      bel_str key)
{
	struct bel_cursor walk = bel_bencode_walk(dictionary);
	struct bel_bencode item;
	bel_str name;

	if (dictionary->kind != BEL_BENCODE_DICTIONARY)
		return false;
	while (bel_bencode_pair_next(&name, &item, &walk)) {
		if (!bel_str_is_equal(name, key))
			continue;
		*out = item;
		return true;
	}
	return false;
}

bel_str bel_bencode_find_str(const struct bel_bencode *dictionary, bel_str key)
{
	struct bel_bencode item;

	if (!bel_bencode_find(&item, dictionary, key) || item.kind != BEL_BENCODE_STRING)
		return BEL_STR_NONE;
	return item.bytes;
}

/* ---- writing ---- */

void bel_bencode_write_number(struct bel_writer *writer, int64_t number)
{
	bel_write_char(writer, 'i');
	bel_write_i64(writer, number);
	bel_write_char(writer, 'e');
}

void bel_bencode_write_count(struct bel_writer *writer, uint64_t count)
{
	bel_bencode_write_number(writer, count > INT64_MAX ? INT64_MAX : (int64_t)count);
}

void bel_bencode_write_str(struct bel_writer *writer, bel_str str)
{
	bel_write_u64(writer, str.len);
	bel_write_char(writer, ':');
	bel_write_str(writer, str);
}

void bel_bencode_begin_list(struct bel_writer *writer)
{
	bel_write_char(writer, 'l');
}

void bel_bencode_begin_dictionary(struct bel_writer *writer)
{
	bel_write_char(writer, 'd');
}

void bel_bencode_end(struct bel_writer *writer)
{
	bel_write_char(writer, 'e');
}
