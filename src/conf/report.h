/* SPDX-License-Identifier: Apache-2.0
 * Saying what is wrong where. Of the room alone. */
#ifndef BEL_CONF_REPORT_H
#define BEL_CONF_REPORT_H

#include "conf/conf.h"

struct bel_conf_token;

/* A text that is read: the file at the top, one it includes, or the command line. */
struct bel_conf_file {
	bel_str name; /* path, as it is shown and as further paths start from */
	bel_str text;
	const struct bel_conf_file *parent; /* who includes it */
	unsigned depth;
	bool is_default; /* the table of options itself: nothing comes from a line */
};

/* What the user wrote, cut to a length that a message can carry; for "%.*s". */
enum { BEL_CONF_SHOWN_BYTES = 60 };
#define BEL_CONF_SHOW(str)                                                               \
	(int)((str).len < BEL_CONF_SHOWN_BYTES ? (str).len : BEL_CONF_SHOWN_BYTES),      \
		(str).ptr

/* One more problem, at the token (or, when NULL, of file as a whole). The remedy belongs
 * to the problem complained of last and is a clause of its own. */
void bel_conf_complain(struct bel_conf_report *report, const struct bel_conf_token *token,
		       const char *format, ...) __attribute__((format(printf, 3, 4)));
void bel_conf_warn(struct bel_conf_report *report, const struct bel_conf_token *token,
		   const char *format, ...) __attribute__((format(printf, 3, 4)));
void bel_conf_complain_file(struct bel_conf_report *report, bel_str file,
			    const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void bel_conf_remedy(struct bel_conf_report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The line of the token into problem->source; column is set already. */
void bel_conf_source_copy(struct bel_conf_problem *problem, struct bel_arena *arena,
			  const struct bel_conf_token *token);
/* Problems of one file that came up one after the other, in the order of its lines. */
void bel_conf_report_sort(struct bel_conf_report *report);

#endif
