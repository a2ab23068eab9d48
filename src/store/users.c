/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rows.h"

/* An empty text or blob is not NULL. */
static int bind_text(sqlite3_stmt *statement, int at, bel_str text)
{
	return sqlite3_bind_text64(statement, at, text.len ? text.ptr : "", text.len,
				   SQLITE_STATIC, SQLITE_UTF8);
}

static int bind_blob(sqlite3_stmt *statement, int at, bel_str bytes)
{
	return sqlite3_bind_blob64(statement, at, bytes.len ? bytes.ptr : "", bytes.len,
				   SQLITE_STATIC);
}

/* Runs a statement that changes; BEL_ERR_NOT_FOUND when it changed no row. */
static enum bel_err run(struct bel_rows *rows, sqlite3_stmt *statement)
{
	enum bel_err err = bel_rows_err(sqlite3_step(statement));

	if (!err && sqlite3_changes(rows->db) == 0)
		err = BEL_ERR_NOT_FOUND;
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return err;
}

enum bel_err bel_store_user_put(struct bel_store *store,
				const struct bel_store_user *user, bool is_new)
{
	struct bel_rows *rows = store->rows;
	sqlite3_stmt *statement;
	enum bel_err err;

	if (!rows)
		return BEL_ERR_UNSUPPORTED;
	pthread_mutex_lock(&rows->lock);
	statement = rows->statements[is_new ? BEL_ROWS_ADD : BEL_ROWS_CHANGE];
	if (bind_text(statement, 1, user->name) ||
	    bind_text(statement, 2, user->display) ||
	    bind_text(statement, 3, user->numbers) ||
	    bind_blob(statement, 4, user->md5) || bind_blob(statement, 5, user->sha256) ||
	    bind_blob(statement, 6, user->sha512_256))
		err = BEL_ERR_LIMIT;
	else
		err = run(rows, statement);
	pthread_mutex_unlock(&rows->lock);
	return err;
}

enum bel_err bel_store_user_remove(struct bel_store *store, bel_str name)
{
	struct bel_rows *rows = store->rows;
	enum bel_err err;

	if (!rows)
		return BEL_ERR_UNSUPPORTED;
	pthread_mutex_lock(&rows->lock);
	err = bind_text(rows->statements[BEL_ROWS_REMOVE], 1, name)
		      ? BEL_ERR_LIMIT
		      : run(rows, rows->statements[BEL_ROWS_REMOVE]);
	pthread_mutex_unlock(&rows->lock);
	return err;
}

static bel_str column(sqlite3_stmt *statement, int at)
{
	const char *ptr = sqlite3_column_blob(statement, at);

	return (bel_str){ ptr, ptr ? (size_t)sqlite3_column_bytes(statement, at) : 0 };
}

enum bel_err
bel_store_users(struct bel_store *store,
		void (*on_user)(void *user, const struct bel_store_user *who), void *user)
{
	struct bel_rows *rows = store->rows;
	sqlite3_stmt *statement;
	int code;

	if (!rows)
		return BEL_OK;
	pthread_mutex_lock(&rows->lock);
	statement = rows->statements[BEL_ROWS_LIST];
	while ((code = sqlite3_step(statement)) == SQLITE_ROW)
		on_user(user, &(struct bel_store_user){
				      .name = column(statement, 0),
				      .display = column(statement, 1),
				      .numbers = column(statement, 2),
				      .md5 = column(statement, 3),
				      .sha256 = column(statement, 4),
				      .sha512_256 = column(statement, 5),
			      });
	sqlite3_reset(statement);
	pthread_mutex_unlock(&rows->lock);
	return bel_rows_err(code);
}
