/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_LOAD_EXPECT_H
#define BEL_LOAD_EXPECT_H

#include "base/base.h"
#include "load/figures.h"

/* What a load is expected to be: 'success>=99.9% setup_p99<100ms mos_p1>=4 audio'.
 *
 *   success, loss     percent of the calls, of the packets
 *   failed            how many
 *   setup, first, end, late, mos
 *                     with _p50, _p99.9 ..., _min, _mean or _max; times in ms or s
 *   audio             all calls that were judged were heard right, and there was one
 *
 * A figure that was not measured meets nothing. */
enum { BEL_LOAD_EXPECTATIONS_MAX = 16 };

enum bel_load_statistic {
	BEL_LOAD_WHOLE, /* the figure has no distribution */
	BEL_LOAD_PERCENTILE,
	BEL_LOAD_MIN,
	BEL_LOAD_MEAN,
	BEL_LOAD_MAX
};

enum bel_load_sign {
	BEL_LOAD_LEAST,
	BEL_LOAD_MOST,
	BEL_LOAD_ABOVE,
	BEL_LOAD_BELOW,
	BEL_LOAD_EQUAL
};

struct bel_load_expectation {
	bel_str text;                         /* as it was written; borrowed */
	const struct bel_load_metric *metric; /* private */
	enum bel_load_statistic statistic;
	double percent; /* of PERCENTILE */
	enum bel_load_sign sign;
	double value;
};

struct bel_load_expect {
	struct bel_load_expectation items[BEL_LOAD_EXPECTATIONS_MAX];
	unsigned count;
	bool has_audio;
};

/* Borrows the text. BEL_ERR_SYNTAX and BEL_ERR_LIMIT with a sentence in *told that says
 * what is wrong and how it is written. */
enum bel_err bel_load_expect_parse(struct bel_load_expect *out, bel_str text,
				   struct bel_writer *told);
bool bel_load_expectation_is_met(const struct bel_load_expectation *item,
				 const struct bel_load_figures *figures);
/* The figure that decided, "99.8%" or "not measured": for people. */
void bel_load_expectation_write_figure(struct bel_writer *writer,
				       const struct bel_load_expectation *item,
				       const struct bel_load_figures *figures);

#endif
