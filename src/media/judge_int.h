/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_MEDIA_JUDGE_INT_H
#define BEL_MEDIA_JUDGE_INT_H

#include "media/judge.h"

struct bel_judge {
	struct bel_audio_port base;
	struct bel_judge_opts opts;
	unsigned block; /* samples of 10 ms */
	size_t heard_count, heard_size;
	int16_t heard[];
};

struct bel_judge_span {
	size_t from, to; /* samples of what was heard */
};

extern const double bel_judge_good; /* a share or correlation that passes */

/* Mean of squares. */
double bel_judge_power(const int16_t *samples, size_t count);

/* Both fill their part of the result, and the verdict when it is a good one. */
void bel_judge_by_tone(struct bel_judge_result *out, const struct bel_judge *judge,
		       const struct bel_judge_span *span);
void bel_judge_by_reference(struct bel_judge_result *out, const struct bel_judge *judge);

#endif
