/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/scan.h"

#if defined(__aarch64__)
#include <arm_neon.h>

static inline uint8x16_t in_range(uint8x16_t bytes, uint8_t from, uint8_t to)
{
	return vcleq_u8(vsubq_u8(bytes, vdupq_n_u8(from)), vdupq_n_u8(to - from));
}

/* A bit a byte: each keeps the bit of its place, and pairs are added up three times. */
static inline uint64_t to_bits(const uint8x16_t marks[4])
{
	static const uint8_t places[16] = { 1, 2, 4, 8, 16, 32, 64, 128,
					    1, 2, 4, 8, 16, 32, 64, 128 };
	uint8x16_t place = vld1q_u8(places);
	uint8x16_t low = vpaddq_u8(vandq_u8(marks[0], place), vandq_u8(marks[1], place));
	uint8x16_t high = vpaddq_u8(vandq_u8(marks[2], place), vandq_u8(marks[3], place));
	uint8x16_t sum = vpaddq_u8(low, high);

	return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(sum, sum)), 0);
}

void bel_sip_scan_neon(uint64_t *control, uint64_t *special, const char *text,
		       size_t count)
{
	for (size_t block = 0; block < count; block++) {
		uint8x16_t controls[4], plain[4];
		for (unsigned i = 0; i < 4; i++, text += 16) {
			uint8x16_t bytes = vld1q_u8((const uint8_t *)text);
			uint8x16_t tab = vceqq_u8(bytes, vdupq_n_u8('\t'));
			uint8x16_t folded = vorrq_u8(bytes, vdupq_n_u8(0x20));
			controls[i] = vorrq_u8(vbicq_u8(in_range(bytes, 0, 0x1f), tab),
					       vceqq_u8(bytes, vdupq_n_u8(0x7f)));
			plain[i] = vorrq_u8(vorrq_u8(in_range(folded, 'a', 'z'),
						     in_range(bytes, '0', '9')),
					    vorrq_u8(in_range(bytes, '-', '.'),
						     vceqq_u8(bytes, vdupq_n_u8('_'))));
		}
		control[block] = to_bits(controls);
		special[block] = ~to_bits(plain);
	}
}
#else
typedef int bel_sip_scan_neon_is_empty;
#endif
