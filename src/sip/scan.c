/* SPDX-License-Identifier: Apache-2.0 */
#include "sip/scan.h"
#include "sip/sip_int.h"

static bool is_control(char c)
{
	return ((uint8_t)c < 0x20 && c != '\t') || c == 0x7f;
}

struct bel_sip_hit bel_sip_scan_scalar(const char *base, size_t from, size_t len)
{
	size_t colon = len;
	size_t at = from;

	for (; at < len && !is_control(base[at]); at++)
		if (base[at] == ':' && colon == len)
			colon = at;
	return (struct bel_sip_hit){ at, colon < at ? colon : at };
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
