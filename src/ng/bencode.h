/* SPDX-License-Identifier: Apache-2.0
 * The encoding of NG: numbers (i42e), strings of bytes (3:abc), lists (l...e) and
 * dictionaries (d...e, a string before each item). What is parsed is checked as a whole
 * and points into its bytes; nothing is allocated. Dictionaries may come in any order; of
 * two items with one key the first counts. */
#ifndef BEL_NG_BENCODE_H
#define BEL_NG_BENCODE_H

#include "base/base.h"

enum {
	BEL_BENCODE_DEPTH_MAX = 8,    /* lists and dictionaries, one in the other */
	BEL_BENCODE_ITEMS_MAX = 1024, /* of all depths, keys too */
};

enum bel_bencode_kind {
	BEL_BENCODE_NUMBER,
	BEL_BENCODE_STRING,
	BEL_BENCODE_LIST,
	BEL_BENCODE_DICTIONARY,
};

struct bel_bencode {
	enum bel_bencode_kind kind;
	int64_t number;
	bel_str bytes; /* of a string; of a list or a dictionary what is inside */
};

/* All of bytes, as one item. BEL_ERR_SYNTAX; BEL_ERR_LIMIT: too deep, too many, or a
 * number that does not fit. */
enum bel_err bel_bencode_parse(struct bel_bencode *out, bel_str bytes);

/* Walks what was parsed; false at the end, and for what has no inside. */
struct bel_cursor bel_bencode_walk(const struct bel_bencode *parent);
bool bel_bencode_next(struct bel_bencode *item, struct bel_cursor *list);
bool bel_bencode_pair_next(bel_str *key, struct bel_bencode *item,
			   struct bel_cursor *dictionary);
bool bel_bencode_find(struct bel_bencode *out, const struct bel_bencode *dictionary,
		      bel_str key);
/* The same for strings: empty when there is none. */
bel_str bel_bencode_find_str(const struct bel_bencode *dictionary, bel_str key);

void bel_bencode_write_number(struct bel_writer *writer, int64_t number);
/* What does not fit is INT64_MAX. */
void bel_bencode_write_count(struct bel_writer *writer, uint64_t count);
void bel_bencode_write_str(struct bel_writer *writer, bel_str str);
#define bel_bencode_write_lit(writer, literal)                                           \
	bel_bencode_write_str((writer), BEL_STR(literal))
/* Items follow, then bel_bencode_end. */
void bel_bencode_begin_list(struct bel_writer *writer);
void bel_bencode_begin_dictionary(struct bel_writer *writer);
void bel_bencode_end(struct bel_writer *writer);

#endif
