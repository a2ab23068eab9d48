/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BEL_CMD_REG_EXPORT_H
#define BEL_CMD_REG_EXPORT_H

#include "cmd/cmd.h"

/* Writes all live bindings into a new SQLite file, table "binding", from the journals:
 * with or without a server that runs. Returns an exit status. */
int bel_reg_export(const struct args *args, bel_str path, uint64_t now_ms);

#endif
