/* SPDX-License-Identifier: Apache-2.0
 *
 * The vectorised pass: what kind of byte is each? One function for each instruction set,
 * all with the same result; the scalar one is the definition. */
#ifndef BEL_SIP_SCAN_H
#define BEL_SIP_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "sip/marks.h"

/* The marks of text[0..64 * count), count words of each kind; reads nothing else. */
typedef void bel_sip_scan(uint64_t *control, uint64_t *special, const char *text,
			  size_t count);

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
