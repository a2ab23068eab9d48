/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_API_BINDING_TEXT_H
#define BEL_API_BINDING_TEXT_H

#include "location/location.h"

enum { BEL_BINDING_TEXT_BYTES = 8192 };

/* A line for a person, cells parted by tabs, or a JSON object for a program. */
void bel_binding_write(struct bel_writer *writer, bel_str aor,
		       const struct bel_binding *binding, uint64_t now_ms, bool is_json);
/* The titles of those cells. */
#define BEL_BINDING_TITLES "ADDRESS\tCONTACT\tEXPIRES\tOVER\tFROM\tPHONE"

enum bel_binding_event {
	BEL_BINDING_ADDED,
	BEL_BINDING_CHANGED,
	BEL_BINDING_REMOVED,
};
/* The same with what happened in front: "+", "~" or "-", or a member "event". */
void bel_binding_event_write(struct bel_writer *writer, enum bel_binding_event event,
			     bel_str aor, const struct bel_binding *binding,
			     uint64_t now_ms, bool is_json);

#endif
