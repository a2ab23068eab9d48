/* SPDX-License-Identifier: Apache-2.0
 *
 * Between sqlite.c and the files of tables. */
#ifndef BEL_STORE_ROWS_H
#define BEL_STORE_ROWS_H

#include <sqlite3.h>

#include "store/store_int.h"

enum bel_rows_statement {
	BEL_ROWS_ADD,
	BEL_ROWS_CHANGE,
	BEL_ROWS_REMOVE,
	BEL_ROWS_LIST,
	BEL_ROWS_STATEMENTS
};

/* One connection; any thread, one at a time. */
struct bel_rows {
	pthread_mutex_t lock;
	sqlite3 *db;
	sqlite3_stmt *statements[BEL_ROWS_STATEMENTS];
};

/* BEL_OK for the codes of success. */
enum bel_err bel_rows_err(int code);

#endif
