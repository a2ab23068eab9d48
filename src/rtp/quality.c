/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "rtp/quality.h"

/* ITU-T G.107 with the default values of its table 2; the unit test computes them from
 * there. */
static const double signal_to_noise = 94.7688; /* Ro, section 7.2 */
static const double simultaneous = 1.4136;     /* Is, section 7.3 */
static const double noise_dbm0p = -61.1792;    /* No */
static const double receive_loudness_db = 2;   /* RLR */
static const double talker_echo_db = 65;       /* TELR */
static const double listener_echo_db = 110;    /* WEPL */

enum { LOSS_MAX_PERCENT = 100, UNKNOWN = 127, RATE_MAX = 255 };

/* ITU-T G.113 appendix I, with concealment. It has no loss robustness for GSM full rate,
 * which is taken to be that of the enhanced one; codecs wider than the telephone band are
 * rated on another scale and are taken for PCMU with concealment. */
static const struct bel_quality_codec codecs[] = {
	{ "PCMU", 0, 25.1 },  { "PCMA", 0, 25.1 }, { "L16", 0, 25.1 },
	{ "G722", 0, 25.1 },  { "opus", 0, 25.1 }, { "G729", 11, 19.0 },
	{ "G723", 15, 16.1 }, { "GSM", 20, 10.0 }, { "GSM-EFR", 5, 10.0 },
};

const struct bel_quality_codec *bel_quality_codec_find(bel_str name)
{
	for (size_t i = 0; i < BEL_COUNT_OF(codecs); i++)
		if (bel_str_is_equal_nocase(name, bel_str_from(codecs[i].name)))
			return &codecs[i];
	return &codecs[0];
}

/* Section 7.4: talker echo. */
static double talker_echo(double delay_ms, double echo_db)
{
	double heard = echo_db - 40 * log10((1 + delay_ms / 10) / (1 + delay_ms / 150)) +
		       6 * exp(-0.3 * delay_ms * delay_ms);
	double rating = 80 + 2.5 * (heard - 14);
	double without = -1.5 * (noise_dbm0p - receive_loudness_db);
	double half = (without - rating) / 2;

	return (half + sqrt(half * half + 100) - 1) * (1 - exp(-delay_ms));
}

/* Listener echo goes round once more. */
static double listener_echo(double delay_ms)
{
	double rating = 10.5 * (listener_echo_db + 7) * pow(2 * delay_ms + 1, -0.25);
	double half = (signal_to_noise - rating) / 2;

	return half + sqrt(half * half + 169);
}

/* Delay without any echo. */
static double pure_delay(double delay_ms)
{
	double x;

	if (delay_ms <= 100)
		return 0;
	x = log2(delay_ms / 100);
	return 25 * (pow(1 + pow(x, 6), 1. / 6) - 3 * pow(1 + pow(x / 3, 6), 1. / 6) + 2);
}

/* Section 7.5: Ie-eff. */
static double equipment(const struct bel_quality_input *input)
{
	const struct bel_quality_codec *codec = input->codec;
	double percent = input->loss * LOSS_MAX_PERCENT;
	double ratio = input->burst_ratio > 0 ? input->burst_ratio : 1;

	return codec->ie + (95 - codec->ie) * percent / (percent / ratio + codec->bpl);
}

static double rating(const struct bel_quality_input *input, double delay_ms)
{
	double echo_db = input->echo_loss_db > 0 ? input->echo_loss_db : talker_echo_db;
	double r = signal_to_noise - simultaneous - talker_echo(delay_ms, echo_db) -
		   listener_echo(delay_ms) - pure_delay(delay_ms) - equipment(input);

	return r < 0 ? 0 : r;
}

double bel_quality_mos(double r)
{
	if (r <= 0)
		return 1;
	if (r >= 100)
		return 4.5;
	double mos = 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6;
	/* Below 6.5 the polynomial dips under the scale. */
	return mos < 1 ? 1 : mos;
}

void bel_quality(struct bel_quality *out, const struct bel_quality_input *input)
{
	double delay_ms = input->delay_ms > 0 ? input->delay_ms : 0;

	out->r_lq = rating(input, 0);
	out->r_cq = rating(input, delay_ms);
	out->mos_lq = bel_quality_mos(out->r_lq);
	out->mos_cq = bel_quality_mos(out->r_cq);
}

/* Of 256, the whole part. */
static uint8_t to_rate(double fraction)
{
	double rate = fraction * (RATE_MAX + 1);

	return rate >= RATE_MAX ? RATE_MAX : rate > 0 ? (uint8_t)rate : 0;
}

static uint16_t to_ms(double ms)
{
	return ms >= UINT16_MAX ? UINT16_MAX : (uint16_t)ms;
}

void bel_quality_report(struct bel_rtcp_voip *out, const struct bel_burst *burst,
			const struct bel_quality *quality, double frame_ms)
{
	struct bel_burst_summary summary;

	bel_burst_summary(&summary, burst);
	*out = (struct bel_rtcp_voip){
		.loss_rate = to_rate(summary.loss),
		.discard_rate = to_rate(summary.discard),
		.burst_density = to_rate(summary.burst_density),
		.gap_density = to_rate(summary.gap_density),
		.burst_ms = to_ms(summary.burst_packets * frame_ms),
		.gap_ms = to_ms(summary.gap_packets * frame_ms),
		.signal_dbm = UNKNOWN,
		.noise_dbm = UNKNOWN,
		.echo_loss_db = UNKNOWN,
		.gmin = BEL_BURST_GMIN,
		.r_factor = (uint8_t)lround(quality->r_cq),
		.external_r_factor = UNKNOWN,
		.mos_lq = (uint8_t)lround(quality->mos_lq * 10),
		.mos_cq = (uint8_t)lround(quality->mos_cq * 10),
	};
}
