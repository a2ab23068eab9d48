/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_SDP_SDP_INT_H
#define BEL_SDP_SDP_INT_H

#include "sdp/sdp.h"

/* Tells nearly all names apart without looking at the rest of them. */
static inline uint8_t mark_of(const char *name, size_t len)
{
	if (!len)
		return 0;
	return (uint8_t)((unsigned char)name[0] + (unsigned char)name[len - 1] * 4u +
			 len * 16u);
}

/* Lines of a part: of the session for BEL_SDP_SESSION. */
struct part {
	const struct bel_sdp_line *lines;
	unsigned count;
};

static inline struct part part_of(const struct bel_sdp *sdp, unsigned media)
{
	if (media == BEL_SDP_SESSION)
		return (struct part){ sdp->lines, sdp->session_count };
	return (struct part){ sdp->lines + sdp->media[media].first,
			      sdp->media[media].count };
}

/* All behind "x=". */
static inline bel_str content_of(const struct bel_sdp *sdp,
				 const struct bel_sdp_line *line)
{
	return (bel_str){ sdp->text.ptr + line->at, line->len };
}

/* "IN IP4 192.0.2.1/127", without a port; family 0 when it is a name. */
bel_addr bel_connection_parse(bel_str value);

#endif
