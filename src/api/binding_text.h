/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_API_BINDING_TEXT_H
#define BEL_API_BINDING_TEXT_H

#include "location/location.h"

enum { BEL_BINDING_TEXT_BYTES = 8192 };

/* One line for a person or a program. */
void bel_binding_write(struct bel_writer *writer, bel_str aor,
		       const struct bel_binding *binding, uint64_t now_ms, bool is_json);

#endif
