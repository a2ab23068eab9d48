/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_RTP_QUALITY_H
#define BEL_RTP_QUALITY_H

#include "rtp/rtcp.h"

/* ---- bursts and gaps (RFC 3611 section 4.7.2, Gmin 16) ---- */

enum { BEL_BURST_GMIN = 16 };

/* Fed with every packet in the order of playing: was it there, was it lost on the way, or
 * discarded because it came too late. All zero is the beginning. */
struct bel_burst {
	uint32_t played, lost, discarded;
	uint32_t since_loss; /* packets played since the last that was not */
	uint32_t run;        /* packets not played in a possible burst */
	/* the transition counts of appendix A.2 */
	uint32_t c11, c13, c14, c22, c23, c33;
	/* lengths of consecutive loss, for the burst ratio */
	uint32_t gaps_count; /* runs of packets that were not played */
	bool is_missing;     /* the last was not played */
};
enum bel_burst_event { BEL_BURST_PLAYED, BEL_BURST_LOST, BEL_BURST_DISCARDED };
void bel_burst_put(struct bel_burst *burst, enum bel_burst_event event);

struct bel_burst_summary {
	double loss, discard; /* fractions of all packets */
	double burst_density, gap_density;
	double burst_packets, gap_packets; /* mean lengths; times the frame is time */
	double burst_ratio; /* G.107: mean run of loss, over that of random loss; 1 is
			     * random, and the least */
};
void bel_burst_summary(struct bel_burst_summary *out, const struct bel_burst *burst);

/* ---- the E-model (ITU-T G.107), with its default values but for delay, echo, codec and
 * loss ---- */

struct bel_quality_codec {
	const char *name; /* as in an rtpmap */
	double ie;        /* equipment impairment, ITU-T G.113 appendix I */
	double bpl;       /* robustness against loss, with concealment */
};
/* Of a codec's rtpmap name, letter case folded; one that is not in the table is taken for
 * PCMU. Never NULL. */
const struct bel_quality_codec *bel_quality_codec_find(bel_str name);

struct bel_quality_input {
	const struct bel_quality_codec *codec;
	double loss;         /* fraction of packets not played, 0 to 1 */
	double burst_ratio;  /* 0: 1 */
	double delay_ms;     /* one way, mouth to ear */
	double echo_loss_db; /* TELR; 0: the default of 65 dB */
};
struct bel_quality {
	double r_lq, r_cq; /* R for listening (no delay) and for conversation */
	double mos_lq, mos_cq;
};
void bel_quality(struct bel_quality *out, const struct bel_quality_input *input);
/* G.107 annex B: 1 to 4.5. */
double bel_quality_mos(double r);

/* Fills the loss, burst and quality fields of a VoIP metrics block; the others are set to
 * their values for unknown. frame_ms is the time between two packets. */
void bel_quality_report(struct bel_rtcp_voip *out, const struct bel_burst *burst,
			const struct bel_quality *quality, double frame_ms);

#endif
