/* SPDX-License-Identifier: Apache-2.0
 * What a call is expected to be: 'audio=440Hz mos>=4 rtt<80ms digits=12# status=200'. */
#ifndef BEL_CMD_EXPECT_H
#define BEL_CMD_EXPECT_H

#include "base/base.h"

enum { EXPECTATIONS_MAX = 16 };

/* What a call was; a figure that is not known is below 0. */
struct measured {
	bool is_heard; /* what was expected to be heard */
	double status; /* of the answer */
	double mos, rtt_ms, loss_percent, jitter_ms, setup_ms, first_ms;
	double transfer; /* status of the last word on it */
	bel_str digits;  /* that came, one after the other */
};

enum expect_sign { EXPECT_EQUAL, EXPECT_ABOVE, EXPECT_BELOW, EXPECT_LEAST, EXPECT_MOST };

struct expectation {
	bel_str text;                 /* as it was written; borrowed */
	const struct expect_row *row; /* NULL: audio or digits */
	bel_str digits;               /* of digits=12#; empty: audio */
	enum expect_sign sign;
	double value;
};

struct expect {
	struct expectation items[EXPECTATIONS_MAX];
	unsigned count;
	bool has_audio;
	double tone_hz; /* of audio=440Hz; 0: what was sent */
};

/* Borrows the text. False, with the reason as a sentence in *told, for what is none. */
bool expect_parse(struct expect *out, bel_str text, struct bel_writer *told);
bool expect_is_met(const struct expectation *item, const struct measured *measured);
/* The figure that decided, "3.9": for who tells people. */
void expect_write_figure(struct bel_writer *writer, const struct expectation *item,
			 const struct measured *measured);

#endif
