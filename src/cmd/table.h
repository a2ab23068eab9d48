/* SPDX-License-Identifier: Apache-2.0
 * Answers on their way to the person. On a terminal, lines of cells that tabs part become
 * a table under its titles; elsewhere bytes stay as they are, for cut and awk. */
#ifndef BEL_CMD_TABLE_H
#define BEL_CMD_TABLE_H

#include "base/base.h"

enum { TABLE_COLUMNS_MAX = 8, TABLE_BYTES = 1 << 20 };

struct table {
	const char *titles; /* NULL: none */
	bool is_aligned, is_streamed;
	size_t widths[TABLE_COLUMNS_MAX];
	size_t len;
	char *held; /* lines that wait for the widths of those behind them */
};

/* is_aligned only where there is a terminal; is_streamed: each piece is shown at once. */
void table_init(struct table *table, const char *titles, bool is_aligned,
		bool is_streamed);
void table_put(struct table *table, bel_str bytes);
/* Shows what was held back: of a command that could not run (status 2) on standard error,
 * without titles. */
void table_fini(struct table *table, int status);

#endif
