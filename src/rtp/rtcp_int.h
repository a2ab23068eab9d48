/* SPDX-License-Identifier: Apache-2.0
 *
 * Between rtcp_write.c and rtcp_xr.c. */
#ifndef BEL_RTP_RTCP_INT_H
#define BEL_RTP_RTCP_INT_H

#include "rtp/rtcp.h"

/* The first word of a packet; body_bytes is what follows, a multiple of four. */
void bel_rtcp_write_header(struct bel_writer *writer, unsigned count,
			   enum bel_rtcp_type type, size_t body_bytes);

#endif
