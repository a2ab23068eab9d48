/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_MEDIA_JUDGE_H
#define BEL_MEDIA_JUDGE_H

#include "media/audio.h"

/* A sink that decides, by content, whether what arrived is what was sent: a call is not
 * good because packets came.
 *
 * With tone_hz, the tone must carry at least 0.9 of the energy from where sound begins to
 * where it ends, taken in tenths of a second (sharp enough to tell 440 Hz from 445), and
 * 0.98 in half of them: what is right but for a jump or two passes, what is bent all the
 * time, as by the wrong one of two similar codecs, does not. With a reference, each
 * quarter of a second of it must be found in what arrived, up to two seconds late, with a
 * correlation of 0.9 over all; every piece may be a little later or earlier than the one
 * before, so that clocks may drift and jitter buffers may stretch. Either way there must
 * be no gap of 10 ms, and sound for long enough. */
struct bel_judge;

enum { BEL_JUDGE_SECONDS_MAX = 60, BEL_JUDGE_DELAY_MS_MAX = 2000 };

struct bel_judge_opts {
	uint32_t rate_hz; /* mono, 8,000 to 16,000; 0: 8,000. Others by resample.h. */
	double tone_hz;   /* 0: by the reference */
	/* What was sent, at rate_hz; borrowed while the judge lives. */
	const int16_t *reference;
	size_t reference_count;
	unsigned least_ms; /* of sound; 0: 500 */
};

enum bel_judge_verdict {
	BEL_JUDGE_SILENCE, /* nothing, or too little of anything */
	BEL_JUDGE_OTHER,   /* sound, but not that, or with gaps */
	BEL_JUDGE_HEARD,   /* what was sent */
};

struct bel_judge_result {
	enum bel_judge_verdict verdict;
	double share;       /* of the tone in all energy, 0 to 1 */
	double purity;      /* the same in the middle one of all tenths of a second */
	double correlation; /* with the reference, 0 to 1 */
	unsigned gaps;      /* 10 ms each, where there should have been sound */
	unsigned sound_ms;  /* from the first sound to the last */
	unsigned delay_ms;  /* by which the reference came later */
	double level_dbov;  /* of the sound */
};

/* BEL_ERR_LIMIT: a rate or a tone that cannot be, or neither tone nor reference; -ENOMEM.
 * The port takes what arrives, from the first packet on; what comes after
 * BEL_JUDGE_SECONDS_MAX is not looked at. bel_audio_close on the port ends it. */
enum bel_err bel_judge_open(struct bel_judge **out, const struct bel_judge_opts *opts);
struct bel_audio_port *bel_judge_port(struct bel_judge *judge);
/* Forgets the last of what arrived: it came while the other side stopped, and is torn. */
void bel_judge_forget(struct bel_judge *judge, unsigned last_ms);
/* So far. By a reference it takes about 10 ms of work a second of it. */
void bel_judge_result(struct bel_judge_result *out, const struct bel_judge *judge);
const char *bel_judge_verdict_name(enum bel_judge_verdict verdict);

#endif
