/* SPDX-License-Identifier: Apache-2.0
 * overload: what a worker leaves undone when more comes than it can do, so that what it
 * does is done in time. Without it everything waits behind everything, is sent again by
 * whoever waits, and nothing succeeds.
 *
 * It goes by how long messages had waited when they were read. A burst is let be: only
 * when they have been late for LATE_MS without a break does refusing begin, and then it
 * goes on by each reading, lowest class first, until the messages are in time again for
 * CALM_MS. What belongs to something that was begun is never refused.
 *
 * One thread, its owner's; no memory but the struct. */
#ifndef BEL_GUARD_OVERLOAD_H
#define BEL_GUARD_OVERLOAD_H

#include "base/base.h"

/* From what is refused last to what is refused first. */
enum bel_overload_class {
	BEL_OVERLOAD_BEGUN,    /* responses, ACK, CANCEL, and all that has a To tag */
	BEL_OVERLOAD_CALL,     /* INVITE */
	BEL_OVERLOAD_REGISTER, /* phones that are known already stay known for a while */
	BEL_OVERLOAD_OTHER,
	BEL_OVERLOAD_CLASSES
};

struct bel_overload {
	uint64_t late_since_ms; /* 0: in time */
	uint64_t read_ms;       /* the last reading */
	uint64_t until_ms;      /* refusing may go on until then */
	uint64_t lag_us;        /* of the last reading */
	uint64_t began_ms;      /* the present overload; 0: none */
};

enum {
	/* A tenth of the time until whoever waits sends again (RFC 3261, T1). */
	BEL_OVERLOAD_LATE_US = 50000,
	BEL_OVERLOAD_LATE_MS = 100,
	BEL_OVERLOAD_GAP_MS = 50, /* nothing was read for so long: a break */
	BEL_OVERLOAD_CALM_MS = 200,
};

enum bel_overload_change { BEL_OVERLOAD_SAME, BEL_OVERLOAD_BEGINS, BEL_OVERLOAD_ENDS };

/* After each reading: how long the last message of it had waited (bel_loop_lag_us). */
enum bel_overload_change bel_overload_on_lag(struct bel_overload *overload,
					     uint64_t lag_us, uint64_t now_ms);
static inline bool bel_overload_is_on(const struct bel_overload *overload)
{
	return overload->began_ms;
}
/* Whether messages of that class are refused now. */
bool bel_overload_refuses(const struct bel_overload *overload,
			  enum bel_overload_class class);
/* When to come again: spread, so that they do not come all at once. */
unsigned bel_overload_retry_s(enum bel_overload_class class, uint64_t random);

#endif
