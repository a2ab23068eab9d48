/* SPDX-License-Identifier: Apache-2.0 */
#include "load/figures.h"

static const struct {
	const char *name, *text;
} causes[BEL_LOAD_CAUSE_COUNT] = {
	[BEL_LOAD_REFUSED] = { "refused", "refused" },
	[BEL_LOAD_LOST] = { "lost", "no answer" },
	[BEL_LOAD_FULL] = { "full", "not begun: too many under way (--max)" },
	[BEL_LOAD_NOT_BEGUN] = { "not_begun", "not begun" },
	[BEL_LOAD_UNANSWERED] = { "unanswered", "rang and was not answered" },
	[BEL_LOAD_CUT] = { "cut", "ended by the other side before its time" },
	[BEL_LOAD_SILENT] = { "silent", "answered, but no sound came" },
	[BEL_LOAD_BYE_LOST] = { "bye_lost", "the BYE was not answered" },
	[BEL_LOAD_STOPPED] = { "stopped", "not answered when the load was stopped" },
};

const char *bel_load_cause_name(enum bel_load_cause cause)
{
	return causes[cause].name;
}

const char *bel_load_cause_text(enum bel_load_cause cause)
{
	return causes[cause].text;
}

void bel_load_figures_fail(struct bel_load_figures *figures, enum bel_load_cause cause,
			   uint16_t status, enum bel_err err)
{
	struct bel_load_failure *failure;

	figures->failed++;
	for (unsigned i = 0; i < figures->failures_count; i++) {
		failure = &figures->failures[i];
		if (failure->cause == cause && failure->status == status &&
		    failure->err == err) {
			failure->count++;
			return;
		}
	}
	if (figures->failures_count == BEL_LOAD_FAILURES_MAX) {
		figures->failures_other++;
		return;
	}
	figures->failures[figures->failures_count++] = (struct bel_load_failure){
		.cause = cause, .status = status, .err = err, .count = 1
	};
}
