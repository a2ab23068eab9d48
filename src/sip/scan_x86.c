/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/scan.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <stdint.h>

/* What one block of bytes holds, a bit a byte. */
struct marks {
	uint32_t control, colon;
};

static struct marks marks_sse2(const char *ptr)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)ptr);
	__m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
	__m128i tab = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\t'));
	__m128i del = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f));
	__m128i colon = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(':'));
	__m128i control = _mm_or_si128(_mm_andnot_si128(tab, low), del);

	return (struct marks){ (uint32_t)_mm_movemask_epi8(control),
			       (uint32_t)_mm_movemask_epi8(colon) };
}

__attribute__((target("avx2"))) static inline struct marks marks_avx2(const char *ptr)
{
	__m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)ptr);
	__m256i low = _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8(0x1f)),
					bytes);
	__m256i tab = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\t'));
	__m256i del = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(0x7f));
	__m256i colon = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(':'));
	__m256i control = _mm256_or_si256(_mm256_andnot_si256(tab, low), del);

	return (struct marks){ (uint32_t)_mm256_movemask_epi8(control),
			       (uint32_t)_mm256_movemask_epi8(colon) };
}

static inline unsigned first_bit(uint32_t mask)
{
	return (unsigned)__builtin_ctz(mask);
}

/* Adds what a block at offset at says; true when the line is at its end. */
static inline bool take_marks(struct bel_sip_hit *hit, struct marks marks, size_t at,
			      size_t len)
{
	if (marks.colon && hit->colon == len)
		hit->colon = at + first_bit(marks.colon);
	if (!marks.control)
		return false;
	hit->control = at + first_bit(marks.control);
	if (hit->colon > hit->control)
		hit->colon = hit->control;
	return true;
}

/* The last bytes are looked at in a block that ends with them, bytes before at masked
 * out; a text shorter than a block goes byte by byte. */
struct bel_sip_hit bel_sip_scan_sse2(const char *base, size_t from, size_t len)
{
	struct bel_sip_hit hit = { len, len };
	size_t at = from;

	if (len < 16 || from >= len)
		return bel_sip_scan_scalar(base, from, len);
	for (; len - at >= 16; at += 16)
		if (take_marks(&hit, marks_sse2(base + at), at, len))
			return hit;
	if (at < len) {
		unsigned before = (unsigned)(16 - (len - at));
		struct marks marks = marks_sse2(base + len - 16);
		marks.control >>= before;
		marks.colon >>= before;
		take_marks(&hit, marks, at, len);
	}
	return hit;
}

__attribute__((target("avx2"))) struct bel_sip_hit
bel_sip_scan_avx2(const char *base, size_t from, size_t len)
{
	struct bel_sip_hit hit = { len, len };
	size_t at = from;

	if (len < 32 || from >= len)
		return bel_sip_scan_scalar(base, from, len);
	for (; len - at >= 32; at += 32)
		if (take_marks(&hit, marks_avx2(base + at), at, len))
			return hit;
	if (at < len) {
		unsigned before = (unsigned)(32 - (len - at));
		struct marks marks = marks_avx2(base + len - 32);
		marks.control >>= before;
		marks.colon >>= before;
		take_marks(&hit, marks, at, len);
	}
	return hit;
}
#else
typedef int bel_sip_scan_x86_is_empty;
#endif
