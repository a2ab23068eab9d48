/* SPDX-License-Identifier: Apache-2.0
 *
 * The name of a header field as a number: a multiplication, a row of the table and one
 * comparison. Inline, for the loop over the lines of a message. */
#ifndef BEL_SIP_HEADER_FIND_H
#define BEL_SIP_HEADER_FIND_H

#include "sip/header_slots.h"
#include "sip/name.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "header_slots.h is made for it");

/* Lets 'A' to 'Z' meet 'a' to 'z' without letting any other byte of a name meet another.
 */
static uint64_t fold(uint64_t word)
{
	return word | (word & 0x4040404040404040u) >> 1;
}

static uint64_t load8(const char *ptr)
{
	uint64_t word;

	memcpy(&word, ptr, sizeof word);
	return fold(word);
}

static uint64_t load4(const char *ptr)
{
	uint32_t word;

	memcpy(&word, ptr, sizeof word);
	return fold(word);
}

static uint64_t load2(const char *ptr)
{
	uint16_t word;

	memcpy(&word, ptr, sizeof word);
	return fold(word);
}

/* The first and last bytes of a name of two or more. They overlap, so that they are all
 * of a name of up to 16. */
static inline struct header_key key_of(bel_str name)
{
	const char *end = name.ptr + name.len;

	if (name.len >= 8)
		return (struct header_key){ load8(name.ptr), load8(end - 8), name.len };
	if (name.len >= 4)
		return (struct header_key){ load4(name.ptr), load4(end - 4), name.len };
	return (struct header_key){ load2(name.ptr), load2(end - 2), name.len };
}

/* The same as in header_slots.py, which found a factor without collisions. */
static inline unsigned slot_of(const struct header_key *key)
{
	uint64_t mixed = key->first ^ (key->last << 13 | key->last >> 51) ^ key->len;

	return (unsigned)(mixed * HEADER_FACTOR >> HEADER_SHIFT);
}

/* The listed name of two bytes or more that this may be: where it is longer than 16, the
 * middle has not been looked at. */
static inline enum bel_sip_header header_find_some(bel_str name)
{
	struct header_key key = key_of(name);
	enum bel_sip_header header = header_slots[slot_of(&key)];
	const struct header_key *found = &header_keys[header];

	if (found->first != key.first || found->last != key.last || found->len != key.len)
		return BEL_SIP_H_OTHER;
	return header;
}

static inline enum bel_sip_header header_find(bel_str name)
{
	if (name.len < 4 || name.len > 16)
		return bel_sip_header_find(name);
	return header_find_some(name);
}

#endif
