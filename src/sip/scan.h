/* SPDX-License-Identifier: Apache-2.0
 *
 * The vectorised pass: where does a header line end, and where is its first colon? One
 * function for each instruction set, all with the same result; the scalar one is the
 * definition. */
#ifndef BEL_SIP_SCAN_H
#define BEL_SIP_SCAN_H

#include <stdbool.h>
#include <stddef.h>

/* control: offset of the first byte at or after from that is below 0x20 and no HTAB, or
 * is 0x7f; len when there is none. colon: of the first ':' in front of it, or control. */
struct bel_sip_hit {
	size_t control, colon;
};
/* Reads base[0..len) and nothing else. */
typedef struct bel_sip_hit bel_sip_scan(const char *base, size_t from, size_t len);

struct bel_sip_scanner {
	const char *name;
	bel_sip_scan *scan;
	bool (*is_here)(void); /* whether this processor has it */
};

/* Best first; the last one is the scalar one. *count is the number of rows. */
const struct bel_sip_scanner *bel_sip_scanners(unsigned *count);
bel_sip_scan *bel_sip_scan_best(void);

bel_sip_scan bel_sip_scan_scalar;
#if defined(__x86_64__)
bel_sip_scan bel_sip_scan_sse2;
bel_sip_scan bel_sip_scan_avx2;
#elif defined(__aarch64__)
bel_sip_scan bel_sip_scan_neon;
#endif

#endif
