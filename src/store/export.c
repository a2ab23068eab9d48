/* SPDX-License-Identifier: Apache-2.0
 * One table in a database file of its own, for other programs to read. It is filled in
 * one transaction under another name: who finds the file finds all of it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/rows.h"

enum { PATH_BYTES = 4096, SQL_BYTES = 4096 };

struct bel_store_export {
	sqlite3 *db;
	sqlite3_stmt *insert;
	const struct bel_store_column *columns;
	unsigned columns_count;
	char path[PATH_BYTES], temporary[PATH_BYTES];
};

static enum bel_err set_paths(struct bel_store_export *export, bel_str path)
{
	struct bel_writer last = bel_writer_init(export->path, PATH_BYTES);
	struct bel_writer first = bel_writer_init(export->temporary, PATH_BYTES);

	bel_write_str(&last, path);
	bel_write_char(&last, '\0');
	bel_write_str(&first, path);
	bel_write_lit(&first, ".new");
	bel_write_char(&first, '\0');
	return last.is_full || first.is_full ? bel_err_from_errno(ENAMETOOLONG) : BEL_OK;
}

static enum bel_err run(struct bel_store_export *export, const char *sql)
{
	return bel_rows_err(sqlite3_exec(export->db, sql, NULL, NULL, NULL));
}

/* Names of tables and columns are the caller's constants. */
static enum bel_err make_table(struct bel_store_export *export, const char *table)
{
	char create[SQL_BYTES], insert[SQL_BYTES];
	struct bel_writer made = bel_writer_init(create, sizeof create);
	struct bel_writer filled = bel_writer_init(insert, sizeof insert);
	enum bel_err err;

	bel_write_format(&made, "BEGIN; CREATE TABLE %s (", table);
	bel_write_format(&filled, "INSERT INTO %s VALUES (", table);
	for (unsigned i = 0; i < export->columns_count; i++) {
		const struct bel_store_column *column = &export->columns[i];
		bel_write_format(&made, "%s%s %s NOT NULL", i ? ", " : "", column->name,
				 column->is_number ? "INTEGER" : "TEXT");
		bel_write_text(&filled, i ? ", ?" : "?");
	}
	bel_write_lit(&made, ")");
	bel_write_char(&made, '\0');
	bel_write_lit(&filled, ")");
	bel_write_char(&filled, '\0');
	if (made.is_full || filled.is_full)
		return BEL_ERR_LIMIT;
	err = run(export, create);
	return err ? err
		   : bel_rows_err(sqlite3_prepare_v2(export->db, insert, -1,
						     &export->insert, NULL));
}

enum bel_err bel_store_export_open(struct bel_store_export **out, bel_str path,
				   const char *table,
				   const struct bel_store_column *columns, unsigned count)
{
	struct bel_store_export *export = calloc(1, sizeof *export);
	enum bel_err err;

	if (!export)
		return bel_err_from_errno(ENOMEM);
	export->columns = columns;
	export->columns_count = count;
	err = set_paths(export, path);
	if (!err && access(export->path, F_OK) == 0)
		err = BEL_ERR_EXISTS;
	if (err) {
		free(export);
		return err;
	}
	unlink(export->temporary); /* of an export that was killed */
	err = bel_rows_err(sqlite3_open_v2(
		export->temporary, &export->db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL));
	if (!err)
		err = make_table(export, table);
	if (err) {
		bel_store_export_close(export, false);
		return err;
	}
	*out = export;
	return BEL_OK;
}

enum bel_err bel_store_export_put(struct bel_store_export *export,
				  const struct bel_store_value *values)
{
	int code = SQLITE_OK;

	for (unsigned i = 0; i < export->columns_count && code == SQLITE_OK; i++) {
		int at = (int)i + 1;
		bel_str text = values[i].text;
		if (export->columns[i].is_number)
			code = sqlite3_bind_int64(export->insert, at,
						  (sqlite3_int64)values[i].number);
		else
			code = sqlite3_bind_text64(export->insert, at,
						   text.len ? text.ptr : "", text.len,
						   SQLITE_STATIC, SQLITE_UTF8);
	}
	if (code == SQLITE_OK)
		code = sqlite3_step(export->insert);
	sqlite3_reset(export->insert);
	return bel_rows_err(code);
}

enum bel_err bel_store_export_close(struct bel_store_export *export, bool is_kept)
{
	enum bel_err err = BEL_OK;

	if (!export)
		return BEL_OK;
	sqlite3_finalize(export->insert);
	if (is_kept)
		err = run(export, "COMMIT");
	sqlite3_close(export->db);
	if (is_kept && !err && rename(export->temporary, export->path))
		err = bel_err_from_errno(errno);
	if (!is_kept || err)
		unlink(export->temporary);
	free(export);
	return err;
}
