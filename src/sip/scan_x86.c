/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/scan.h"

#if defined(__x86_64__)
#include <immintrin.h>

/* Which of the bytes are between from and to: subtraction turns the range into the lowest
 * values there are. */
static inline __m128i in_range(__m128i bytes, char from, char to)
{
	__m128i moved = _mm_sub_epi8(bytes, _mm_set1_epi8(from));
	__m128i last = _mm_set1_epi8((char)(to - from));

	return _mm_cmpeq_epi8(_mm_min_epu8(moved, last), moved);
}

static inline __m128i is_byte(__m128i bytes, char c)
{
	return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c));
}

static inline uint64_t to_bits(__m128i marks)
{
	return (uint16_t)_mm_movemask_epi8(marks);
}

/* The first byte in bit 0. */
struct bits {
	uint64_t control, special;
};

static inline struct bits bits_sse2(const char *ptr)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)ptr);
	__m128i folded = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
	__m128i control = _mm_or_si128(
		_mm_andnot_si128(is_byte(bytes, '\t'), in_range(bytes, 0, 0x1f)),
		is_byte(bytes, 0x7f));
	__m128i plain = _mm_or_si128(
		_mm_or_si128(in_range(folded, 'a', 'z'), in_range(bytes, '0', '9')),
		_mm_or_si128(in_range(bytes, '-', '.'), is_byte(bytes, '_')));

	return (struct bits){ to_bits(control), to_bits(plain) ^ 0xffff };
}

void bel_sip_scan_sse2(uint64_t *control, uint64_t *special, const char *text,
		       size_t count)
{
	for (size_t block = 0; block < count; block++) {
		control[block] = special[block] = 0;
		for (unsigned i = 0; i < 64; i += 16, text += 16) {
			struct bits bits = bits_sse2(text);
			control[block] |= bits.control << i;
			special[block] |= bits.special << i;
		}
	}
}

/* Kinds of bytes, each a bit that the row (high half) and the column (low half) of a byte
 * must both have. Those below CONTROL are the plain ones. */
enum {
	DASH_DOT = 0x01,     /* 2d, 2e */
	DIGIT = 0x02,        /* 30 to 39 */
	FIRST_LETTER = 0x04, /* 41 to 4f, 61 to 6f */
	LAST_LETTER = 0x08,  /* 50 to 5a, 70 to 7a */
	UNDERSCORE = 0x10,   /* 5f */
	CONTROL = 0x20,
	LOW_CONTROL = CONTROL, /* 00 to 0f but 09 */
	HIGH_CONTROL = 0x40,   /* 10 to 1f */
	DELETE = 0x80,         /* 7f */
};

/* By rows 0 to f, and by columns. A byte from 0x80 on has the rows 8 to f. */
#define ROWS                                                                             \
	LOW_CONTROL, HIGH_CONTROL, DASH_DOT, DIGIT, FIRST_LETTER,                        \
		LAST_LETTER | UNDERSCORE, FIRST_LETTER, LAST_LETTER | (char)DELETE, 0,   \
		0, 0, 0, 0, 0, 0, 0
#define COLUMN  (LOW_CONTROL | HIGH_CONTROL | FIRST_LETTER)
#define TO_NINE (COLUMN | DIGIT | LAST_LETTER)
#define COLUMNS                                                                          \
	TO_NINE & ~FIRST_LETTER, TO_NINE, TO_NINE, TO_NINE, TO_NINE, TO_NINE, TO_NINE,   \
		TO_NINE, TO_NINE, TO_NINE & ~LOW_CONTROL, COLUMN | LAST_LETTER, COLUMN,  \
		COLUMN, COLUMN | DASH_DOT, COLUMN | DASH_DOT,                            \
		COLUMN | UNDERSCORE | (char)DELETE

__attribute__((target("avx2"))) static inline struct bits bits_avx2(const char *ptr)
{
	const __m256i rows = _mm256_setr_epi8(ROWS, ROWS);
	const __m256i columns = _mm256_setr_epi8(COLUMNS, COLUMNS);
	__m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)ptr);
	__m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4),
					_mm256_set1_epi8(0x0f));
	__m256i kind = _mm256_and_si256(_mm256_shuffle_epi8(rows, high),
					_mm256_shuffle_epi8(columns, bytes));
	__m256i plain = _mm256_and_si256(kind, _mm256_set1_epi8(CONTROL - 1));
	__m256i least = _mm256_max_epu8(kind, _mm256_set1_epi8(CONTROL));

	return (struct bits){
		(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(kind, least)),
		(uint32_t)_mm256_movemask_epi8(
			_mm256_cmpeq_epi8(plain, _mm256_setzero_si256())),
	};
}

__attribute__((target("avx2"))) void
bel_sip_scan_avx2(uint64_t *control, uint64_t *special, const char *text, size_t count)
{
	for (size_t block = 0; block < count; block++, text += 64) {
		struct bits low = bits_avx2(text), high = bits_avx2(text + 32);
		control[block] = low.control | high.control << 32;
		special[block] = low.special | high.special << 32;
	}
}
#else
typedef int bel_sip_scan_x86_is_empty;
#endif
