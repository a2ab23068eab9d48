/* SPDX-License-Identifier: Apache-2.0
 *
 * The little of a message that says whose it is, found without an index of the rest: by
 * it, workers hand messages to each other. */
#ifndef BEL_SIP_CLUE_H
#define BEL_SIP_CLUE_H

#include <stdbool.h>

#include "base/base.h"

struct bel_sip_clue {
	bool is_request;
	bel_str text; /* a request's Call-ID, a response's topmost Via value */
};

/* Borrows from bytes, which are a message that nobody has looked at. Walks the lines by
 * the parser's own code, up to the one that is asked for; what bel_sip_parse accepts has
 * this very Call-ID and topmost Via, or has none (false). What it refuses may have a clue
 * as well. */
bool bel_sip_clue_find(struct bel_sip_clue *out, bel_str bytes);

#endif
