/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_API_USER_TEXT_H
#define BEL_API_USER_TEXT_H

#include "users/users.h"

enum { BEL_USER_TEXT_BYTES = 8192 };
#define BEL_USER_TITLES "USER\tNUMBERS\tFROM"

/* A line for a person, cells parted by tabs, or a JSON object for a program. */
void bel_user_write(struct bel_writer *writer, const struct bel_user *user, bool is_json);
/* What to say when a change was refused. */
void bel_user_write_refusal(struct bel_writer *writer, enum bel_err err, bel_str name);

#endif
