/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a request came from, put into its topmost Via (RFC 3261 section 18.2.1, RFC 3581
 * section 4): parameters the sender wrote there make way, ours go to the end of the
 * value. */
#ifndef BEL_SIP_VIA_SOURCE_H
#define BEL_SIP_VIA_SOURCE_H

#include "sip/sip_int.h"

enum { VIA_DROPS_MAX = 4, VIA_SUFFIX_SIZE = 96 };

struct bel_sip_via_source {
	bel_str drops[VIA_DROPS_MAX]; /* in the order of the value, each from its ";" on
				       */
	unsigned drops_count;
	bel_str value; /* the topmost one */
	size_t suffix_len;
	char suffix[VIA_SUFFIX_SIZE];
};

/* BEL_ERR_NOT_FOUND without a good Via. */
enum bel_err bel_sip_via_source_init(struct bel_sip_via_source *out,
				     struct bel_sip_msg *msg, const bel_addr *source);

#endif
