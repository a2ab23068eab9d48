/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_RTP_BURST_H
#define BEL_RTP_BURST_H

#include "base/base.h"

/* Bursts and gaps of loss (RFC 3611 section 4.7.2): losses with fewer than 16 packets
 * played between them are one burst; one that stands alone belongs to the gap. */
enum { BEL_BURST_GMIN = 16 };

/* Fed with every packet in the order of playing: was it there, was it lost on the way, or
 * discarded because it came too late. All zero is the beginning. */
struct bel_burst {
	uint32_t played, lost, discarded;
	uint32_t runs_count; /* of one or more missing in a row */
	bool is_missing;     /* the last was */

	/* losses near enough to each other to be a burst, if there is more than one */
	uint32_t cluster_losses;
	uint32_t cluster_packets; /* from its first loss to its last */
	uint32_t since_loss;      /* played after that */

	/* bursts that are over */
	uint32_t bursts_count, burst_losses, burst_packets;
	bool begins_with_burst;
};
enum bel_burst_event { BEL_BURST_PLAYED, BEL_BURST_LOST, BEL_BURST_DISCARDED };
void bel_burst_put(struct bel_burst *burst, enum bel_burst_event event);

struct bel_burst_summary {
	double loss, discard;              /* fractions of all packets */
	double burst_density, gap_density; /* missing among those of bursts, of gaps */
	double burst_packets, gap_packets; /* mean lengths; times the frame is time */
	double burst_ratio; /* ITU-T G.107: the mean run of missing packets over that of
			     * random loss; 1 is random */
};
void bel_burst_summary(struct bel_burst_summary *out, const struct bel_burst *burst);

#endif
