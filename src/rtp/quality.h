/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_RTP_QUALITY_H
#define BEL_RTP_QUALITY_H

#include "rtp/burst.h"
#include "rtp/rtcp.h"

/* The E-model (ITU-T G.107), with its default values but for delay, echo, codec and loss.
 */

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
