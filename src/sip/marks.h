/* SPDX-License-Identifier: Apache-2.0
 *
 * What the vectorised pass over a header section leaves behind: two bits a byte. By them
 * lines are cut and the values of a message are read, a jump at a time; who has none of
 * them goes byte by byte, with the same result. Private to the room; here because a
 * message carries them. */
#ifndef BEL_SIP_MARKS_H
#define BEL_SIP_MARKS_H

#include <stdint.h>

#include "base/base.h"

enum { BEL_SIP_MARKS_BLOCKS = 60, BEL_SIP_MARKS_BYTES = 64 * BEL_SIP_MARKS_BLOCKS };

/* A window on a text, which begins anywhere in it; 64 bytes a block, the first in bit 0.
 * What is behind the end of the text is marked in both, and so is the block behind those
 * that have been looked at. */
struct bel_sip_marks {
	const char *base; /* the window's first byte */
	size_t len;       /* bytes of it that have been looked at, whole blocks */
	/* below 0x20 and no HTAB, or 0x7f: ends a line, or spoils it */
	uint64_t control[BEL_SIP_MARKS_BLOCKS + 1];
	/* none of the letters, digits and "-", ".", "_" that every class of RFC 3261
	 * section 25.1 has */
	uint64_t special[BEL_SIP_MARKS_BLOCKS + 1];
};

/* The marks from at on, which is below len: 57 of them or more, the first in bit 0. */
static inline uint64_t bel_sip_marks_word(const uint64_t *bits, size_t at)
{
	uint64_t word;

	memcpy(&word, (const char *)bits + at / 8, sizeof word);
	return word >> at % 8;
}

/* Offset of the first mark at or after at, which is below len; len when there is none
 * among the bytes looked at. */
static inline size_t bel_sip_marks_find(const uint64_t *bits, size_t at)
{
	for (;; at = (at & ~(size_t)7) + 64) {
		uint64_t word = bel_sip_marks_word(bits, at);
		if (word)
			return at + (size_t)__builtin_ctzll(word);
	}
}

#endif
