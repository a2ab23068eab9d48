/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/scan.h"

#if defined(__aarch64__)
#include <arm_neon.h>
#include <stdint.h>

/* Four bits a byte: the narrowing shift is the cheapest movemask there is. */
static uint64_t to_mask(uint8x16_t marks)
{
	uint8x8_t nibbles = vshrn_n_u16(vreinterpretq_u16_u8(marks), 4);
	return vget_lane_u64(vreinterpret_u64_u8(nibbles), 0);
}

static unsigned first_byte(uint64_t mask)
{
	return (unsigned)__builtin_ctzll(mask) / 4;
}

struct marks {
	uint64_t control, colon;
};

static struct marks marks_neon(const char *ptr)
{
	uint8x16_t bytes = vld1q_u8((const uint8_t *)ptr);
	uint8x16_t low = vcltq_u8(bytes, vdupq_n_u8(0x20));
	uint8x16_t tab = vceqq_u8(bytes, vdupq_n_u8('\t'));
	uint8x16_t del = vceqq_u8(bytes, vdupq_n_u8(0x7f));

	return (struct marks){ to_mask(vorrq_u8(vbicq_u8(low, tab), del)),
			       to_mask(vceqq_u8(bytes, vdupq_n_u8(':'))) };
}

static bool take_marks(struct bel_sip_hit *hit, struct marks marks, size_t at, size_t len)
{
	if (marks.colon && hit->colon == len)
		hit->colon = at + first_byte(marks.colon);
	if (!marks.control)
		return false;
	hit->control = at + first_byte(marks.control);
	if (hit->colon > hit->control)
		hit->colon = hit->control;
	return true;
}

/* As the SSE2 variant. */
struct bel_sip_hit bel_sip_scan_neon(const char *base, size_t from, size_t len)
{
	struct bel_sip_hit hit = { len, len };
	size_t at = from;

	if (len < 16 || from >= len)
		return bel_sip_scan_scalar(base, from, len);
	for (; len - at >= 16; at += 16)
		if (take_marks(&hit, marks_neon(base + at), at, len))
			return hit;
	if (at < len) {
		unsigned before = (unsigned)(16 - (len - at)) * 4;
		struct marks marks = marks_neon(base + len - 16);
		marks.control >>= before;
		marks.colon >>= before;
		take_marks(&hit, marks, at, len);
	}
	return hit;
}
#else
typedef int bel_sip_scan_neon_is_empty;
#endif
