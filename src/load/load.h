/* SPDX-License-Identifier: Apache-2.0
 *
 * load: calls and registrations by the thousand, at a rate, honestly measured.
 *
 * The schedule is open: number n is due at start + n / rate, whatever became of the
 * others, and all times count from then. A server that stalls is asked on, and what waits
 * for it shows in the figures; so does what could not be begun, as failed. How late this
 * program itself was is measured apart (late_us): where that is not small, the figures
 * are about this machine.
 *
 *   schedule.c    when which one is due
 *   histogram.c   many values in fixed memory
 *   figures.c     all that is counted, and why something failed
 *   expect.c      'success>=99.9% setup_p99<100ms', compared with the figures
 *   load.c        the clock that begins them, stopping, the end
 *   caller.c      one call
 *   sound.c       its sound, and the judge of every n-th
 *   register.c    one registration
 *
 * A load belongs to the thread of its lib's loop, needs no other, and one timer a call.
 * Start with load.c. */
#ifndef BEL_LOAD_LOAD_H
#define BEL_LOAD_LOAD_H

#include "base/base.h"
#include "lib/lib.h"
#include "load/expect.h"
#include "load/figures.h"
#include "load/histogram.h"
#include "load/schedule.h"

struct bel_load;

enum bel_load_kind {
	BEL_LOAD_CALLS,
	/* A REGISTER each, of one binding that lasts a minute more. */
	BEL_LOAD_REGISTRATIONS
};

struct bel_load_opts {
	struct bel_lib *lib; /* outlives it */
	enum bel_load_kind kind;
	struct bel_load_schedule schedule;
	unsigned at_once_max; /* under way at a time; 0: 10,000 */

	/* Texts and the account are borrowed until the end. */
	bel_str from;                           /* value of From: <sip:alice@a.test> */
	bel_str target;                         /* URI: whom to call, or the registrar */
	bel_str user;                           /* of the Contact */
	const struct bel_auth_account *account; /* NULL: none */

	/* calls */
	uint64_t hold_ms; /* from the answer to the BYE */
	uint64_t ring_ms; /* until we give up; 0: 60,000 */
	bool has_media;   /* else an inactive stream is offered, and no packet sent */
	const char *const *codecs; /* as in struct bel_line_opts; borrowed */
	enum bel_line_srtp srtp;
	unsigned judged_every; /* with media: the first, and every n-th after it; 0: none
				*/

	/* All is over: once. err: there is no way to the target, and nothing was begun;
	 * that may come within bel_load_open. The load may not be closed within it. */
	void (*on_over)(void *user, enum bel_err err);
	void *user_data;
};

/* Finds the target and begins. BEL_ERR_SYNTAX for a target that is no URI, BEL_ERR_LIMIT
 * for a schedule out of its bounds, -ENOMEM, or what the clock says; *out is untouched
 * then. */
enum bel_err bel_load_open(struct bel_load **out, const struct bel_load_opts *opts);
/* What is left ends without a word; before the lib. NULL is allowed. */
void bel_load_close(struct bel_load *load);
/* Begins no more, hangs up what is up, gives up what is not. on_over comes when the other
 * side has said its last word to all of them. What had not become due does not count. */
void bel_load_stop(struct bel_load *load);

/* Of the present turn of the loop; borrowed while the load is open. */
const struct bel_load_figures *bel_load_figures(const struct bel_load *load);
/* Set-up times since the last call of this; empties what it gives. */
void bel_load_take_recent(struct bel_load *load, struct bel_load_histogram *out);
/* Since the first one was due. */
uint64_t bel_load_spent_ms(const struct bel_load *load);

#endif
