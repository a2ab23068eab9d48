/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/scan.h"
#include "sip/sip_int.h"

static bool is_control(char c)
{
	return ((uint8_t)c < 0x20 && c != '\t') || c == 0x7f;
}

static bool is_special(char c)
{
	return bel_sip_classes[(uint8_t)c] != CLASS_ALL;
}

void bel_sip_scan_scalar(uint64_t *control, uint64_t *special, const char *text,
			 size_t count)
{
	for (size_t block = 0; block < count; block++, text += 64) {
		control[block] = special[block] = 0;
		for (unsigned i = 0; i < 64; i++) {
			control[block] |= (uint64_t)is_control(text[i]) << i;
			special[block] |= (uint64_t)is_special(text[i]) << i;
		}
	}
}

static bool always(void)
{
	return true;
}

#if defined(__x86_64__)
static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}
#endif

static const struct bel_sip_scanner scanners[] = {
#if defined(__x86_64__)
	{ "avx2", bel_sip_scan_avx2, has_avx2 },
	{ "sse2", bel_sip_scan_sse2, always },
#elif defined(__aarch64__)
	{ "neon", bel_sip_scan_neon, always },
#endif
	{ "scalar", bel_sip_scan_scalar, always },
};

const struct bel_sip_scanner *bel_sip_scanners(unsigned *count)
{
	*count = BEL_COUNT_OF(scanners);
	return scanners;
}

bel_sip_scan *bel_sip_scan_best(void)
{
	const struct bel_sip_scanner *scanner = scanners;

	while (!scanner->is_here())
		scanner++;
	return scanner->scan;
}
