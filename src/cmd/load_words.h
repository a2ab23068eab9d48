/* SPDX-License-Identifier: Apache-2.0
 * What `belfry load` says: while it goes on, and at the end. */
#ifndef BEL_CMD_LOAD_WORDS_H
#define BEL_CMD_LOAD_WORDS_H

#include <stdio.h>

#include "load/load.h"

struct load_words {
	bel_str from, to; /* as they were typed; to is empty for registrations */
	uint32_t rate;    /* thousandths a second */
	uint64_t hold_ms;
	bool has_media;
	const struct bel_load_expect *expect; /* without items: that every one succeeds */
};

/* A line a second. */
void load_words_csv_title(FILE *file);
void load_words_csv_line(FILE *file, const struct bel_load *load,
			 const struct bel_load_histogram *recent_us);
/* Over the one before it, on a terminal. */
void load_words_progress(const struct bel_load *load,
			 const struct bel_load_histogram *recent_us);
void load_words_progress_end(void);

/* At the end; both return whether all that was expected came true. */
bool load_words_summary(const struct load_words *words, const struct bel_load *load);
bool load_words_json(const struct load_words *words, const struct bel_load *load);

#endif
