/* SPDX-License-Identifier: Apache-2.0
 * The database: opening, its schema and the way from older ones. WAL and full syncing:
 * what was committed is durable. Values reach SQL as bound parameters only. */
#include <errno.h>
#include <stdlib.h>

#include "store/rows.h"

enum { PATH_BYTES = 4096, BUSY_MS = 5000 };

/* A database at version n (PRAGMA user_version) is brought on by row n, n + 1 ... */
static const char *const migrations[] = {
	"CREATE TABLE user ("
	" name TEXT PRIMARY KEY, display TEXT NOT NULL, numbers TEXT NOT NULL,"
	" md5 BLOB NOT NULL, sha256 BLOB NOT NULL, sha512_256 BLOB NOT NULL"
	") WITHOUT ROWID",
};

static const char *const statements[] = {
	[BEL_ROWS_ADD] = "INSERT INTO user VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[BEL_ROWS_CHANGE] = "UPDATE user SET display = ?2, numbers = ?3, md5 = ?4,"
			    " sha256 = ?5, sha512_256 = ?6 WHERE name = ?1",
	[BEL_ROWS_REMOVE] = "DELETE FROM user WHERE name = ?1",
	[BEL_ROWS_LIST] = "SELECT name, display, numbers, md5, sha256, sha512_256"
			  " FROM user ORDER BY name",
};

enum bel_err bel_rows_err(int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return BEL_OK;
	case SQLITE_CONSTRAINT:
		return BEL_ERR_EXISTS;
	case SQLITE_FULL:
		return bel_err_from_errno(ENOSPC);
	case SQLITE_NOMEM:
		return bel_err_from_errno(ENOMEM);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return BEL_ERR_BUSY;
	case SQLITE_READONLY:
		return bel_err_from_errno(EROFS);
	case SQLITE_CANTOPEN:
		return bel_err_from_errno(ENOENT);
	default:
		return BEL_ERR_STORE;
	}
}

static enum bel_err run(struct bel_rows *rows, const char *sql)
{
	return bel_rows_err(sqlite3_exec(rows->db, sql, NULL, NULL, NULL));
}

static enum bel_err read_version(struct bel_rows *rows, int *version)
{
	sqlite3_stmt *statement;
	int code = sqlite3_prepare_v2(rows->db, "PRAGMA user_version", -1, &statement,
				      NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		*version = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	return bel_rows_err(code);
}

static enum bel_err migrate_to(struct bel_rows *rows, unsigned version)
{
	char buf[64];
	struct bel_writer sql = bel_writer_init(buf, sizeof buf - 1);
	enum bel_err err = run(rows, migrations[version - 1]);

	bel_write_lit(&sql, "PRAGMA user_version = ");
	bel_write_u64(&sql, version);
	buf[sql.len] = '\0';
	return err ? err : run(rows, buf);
}

/* All steps in one transaction. A database of a later version of this program is left
 * alone. */
static enum bel_err migrate(struct bel_rows *rows)
{
	int version = 0;
	enum bel_err err = run(rows, "BEGIN IMMEDIATE");

	if (err)
		return err;
	err = read_version(rows, &version);
	if (!err && (version < 0 || (size_t)version > BEL_COUNT_OF(migrations)))
		err = BEL_ERR_UNSUPPORTED;
	for (unsigned i = err ? 0 : (unsigned)version;
	     i < BEL_COUNT_OF(migrations) && !err; i++)
		err = migrate_to(rows, i + 1);
	if (!err)
		err = run(rows, "COMMIT");
	if (err)
		run(rows, "ROLLBACK");
	return err;
}

static enum bel_err prepare(struct bel_rows *rows)
{
	int code = SQLITE_OK;

	for (unsigned i = 0; i < BEL_ROWS_STATEMENTS && code == SQLITE_OK; i++)
		code = sqlite3_prepare_v3(rows->db, statements[i], -1,
					  SQLITE_PREPARE_PERSISTENT, &rows->statements[i],
					  NULL);
	return bel_rows_err(code);
}

enum bel_err bel_rows_open(struct bel_rows **out, bel_str path)
{
	struct bel_rows *rows = calloc(1, sizeof *rows);
	char name[PATH_BYTES];
	struct bel_writer writer = bel_writer_init(name, sizeof name);
	enum bel_err err;

	if (!rows)
		return bel_err_from_errno(ENOMEM);
	pthread_mutex_init(&rows->lock, NULL);
	bel_write_str(&writer, path);
	bel_write_char(&writer, '\0');
	err = bel_writer_check(&writer);
	if (!err)
		err = bel_rows_err(sqlite3_open_v2(
			name, &rows->db,
			SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
			NULL));
	if (!err)
		err = bel_rows_err(sqlite3_busy_timeout(rows->db, BUSY_MS));
	if (!err)
		err = run(rows, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
				"PRAGMA trusted_schema = OFF");
	if (!err)
		err = migrate(rows);
	if (!err)
		err = prepare(rows);
	if (err) {
		bel_rows_close(rows);
		return err;
	}
	*out = rows;
	return BEL_OK;
}

void bel_rows_close(struct bel_rows *rows)
{
	if (!rows)
		return;
	for (unsigned i = 0; i < BEL_ROWS_STATEMENTS; i++)
		sqlite3_finalize(rows->statements[i]);
	sqlite3_close(rows->db);
	pthread_mutex_destroy(&rows->lock);
	free(rows);
}
