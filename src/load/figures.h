/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_LOAD_FIGURES_H
#define BEL_LOAD_FIGURES_H

#include "base/base.h"
#include "load/histogram.h"

/* What was measured. Times count from when a call or registration was due, not from when
 * it could be sent: who waits for a slow server waits in the figures as well. */

/* Why one failed. */
enum bel_load_cause {
	BEL_LOAD_REFUSED,    /* by that status */
	BEL_LOAD_LOST,       /* no answer, or nothing could be sent: by that error */
	BEL_LOAD_FULL,       /* not begun: as many as may be were under way */
	BEL_LOAD_NOT_BEGUN,  /* no port, no memory: by that error */
	BEL_LOAD_UNANSWERED, /* it rang until we gave up */
	BEL_LOAD_CUT,        /* the other side hung up before its time */
	BEL_LOAD_SILENT,     /* answered, but not one packet of sound came */
	BEL_LOAD_BYE_LOST,   /* nobody answered the BYE */
	BEL_LOAD_STOPPED,    /* not answered when everything was stopped */
	BEL_LOAD_CAUSE_COUNT
};
const char *bel_load_cause_name(enum bel_load_cause cause);
const char *bel_load_cause_text(enum bel_load_cause cause);

struct bel_load_failure {
	enum bel_load_cause cause;
	uint16_t status;  /* of REFUSED, else 0 */
	enum bel_err err; /* of LOST and NOT_BEGUN, else BEL_OK */
	uint64_t count;
};

enum {
	BEL_LOAD_FAILURES_MAX = 24,
	BEL_LOAD_MOS_SCALE = 50, /* of the histogram, whose buckets are exact below 256 */
};

struct bel_load_figures {
	/* Every one that is due becomes begun or failed, every one begun succeeded or
	 * failed; under_way is what is neither yet, and up what of it was answered. */
	uint64_t due, begun, answered, succeeded, failed;
	uint64_t under_way, up, under_way_max;

	struct bel_load_histogram late_us;  /* due -> begun: what is ours of the rest */
	struct bel_load_histogram setup_us; /* due -> 200 */
	struct bel_load_histogram first_us; /* due -> first packet of sound */
	struct bel_load_histogram end_us;   /* BYE -> 200, to one tick of the loop */
	struct bel_load_histogram mos;      /* times BEL_LOAD_MOS_SCALE, rounded down */
	uint64_t rtp_sent, rtp_received, rtp_lost;
	uint64_t judged, heard; /* calls whose sound was compared, and was right */

	/* In the order in which they first came; what does not fit is counted. */
	struct bel_load_failure failures[BEL_LOAD_FAILURES_MAX];
	unsigned failures_count;
	uint64_t failures_other;
};

/* Counts one that failed. */
void bel_load_figures_fail(struct bel_load_figures *figures, enum bel_load_cause cause,
			   uint16_t status, enum bel_err err);

#endif
