/* SPDX-License-Identifier: Apache-2.0 */
#include "rtp/burst.h"

/* Adds a cluster that is over, if it was a burst. */
static void close_cluster(struct bel_burst *burst)
{
	if (burst->cluster_losses > 1) {
		burst->bursts_count++;
		burst->burst_losses += burst->cluster_losses;
		burst->burst_packets += burst->cluster_packets;
	}
	burst->cluster_losses = burst->cluster_packets = 0;
}

void bel_burst_put(struct bel_burst *burst, enum bel_burst_event event)
{
	if (event == BEL_BURST_PLAYED) {
		burst->played++;
		burst->since_loss++;
		burst->is_missing = false;
		if (burst->since_loss == BEL_BURST_GMIN)
			close_cluster(burst);
		return;
	}
	if (event == BEL_BURST_LOST)
		burst->lost++;
	else
		burst->discarded++;
	if (burst->cluster_losses)
		burst->cluster_packets += burst->since_loss;
	burst->cluster_losses++;
	burst->cluster_packets++;
	burst->since_loss = 0;
	burst->runs_count += !burst->is_missing;
	burst->is_missing = true;
	if (burst->cluster_losses == 2)
		burst->begins_with_burst |= burst->cluster_packets ==
					    burst->played + burst->lost +
						    burst->discarded;
}

static double share(uint32_t part, uint32_t whole)
{
	return whole ? (double)part / whole : 0;
}

void bel_burst_summary(struct bel_burst_summary *out, const struct bel_burst *burst)
{
	struct bel_burst all = *burst;
	uint32_t missing = burst->lost + burst->discarded;
	uint32_t total = burst->played + missing;
	/* A gap stands before, between and after bursts, but for ends that are bursts. */
	bool ends_with_burst = burst->cluster_losses > 1 && !burst->since_loss;

	close_cluster(&all);
	uint32_t gaps = all.bursts_count + 1;
	gaps -= burst->begins_with_burst;
	gaps -= ends_with_burst && gaps;
	uint32_t gap_packets = total - all.burst_packets;
	*out = (struct bel_burst_summary){
		.loss = share(burst->lost, total),
		.discard = share(burst->discarded, total),
		.burst_density = share(all.burst_losses, all.burst_packets),
		.gap_density = share(missing - all.burst_losses, gap_packets),
		.burst_packets = share(all.burst_packets, all.bursts_count),
		.gap_packets = share(gap_packets, gaps),
		.burst_ratio = 1,
	};
	if (burst->runs_count && burst->played)
		out->burst_ratio = share(missing, burst->runs_count) *
				   share(burst->played, total);
}
