/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. One statement of SQL with one sticky error.
 */
#include "store/statement.h"

#include <string.h>

struct sg_statement sg_statement(sqlite3 *db, const char *sql)
{
	struct sg_statement s = { .db = db };

	s.err = sg_store_db_prepare(db, sql, &s.stmt);
	return s;
}

void sg_bind_int(struct sg_statement *s, int64_t value)
{
	s->bound++;
	if (s->err == SG_OK)
		s->err = sg_store_db_error(s->db, sqlite3_bind_int64(s->stmt, s->bound, value));
}

void sg_bind_text(struct sg_statement *s, const char *text)
{
	s->bound++;
	if (s->err == SG_OK)
		s->err = sg_store_db_error(s->db, sqlite3_bind_text(s->stmt, s->bound, text, -1,
		                                                    SQLITE_STATIC));
}

void sg_bind_blob(struct sg_statement *s, struct sg_bytes bytes)
{
	s->bound++;
	if (s->err == SG_OK)
		s->err = sg_store_db_bind(s->stmt, s->bound, bytes);
}

bool sg_statement_row(struct sg_statement *s)
{
	int rc;

	if (s->err != SG_OK)
		return false;
	rc = sqlite3_step(s->stmt);
	s->column = 0;
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		s->err = sg_store_db_error(s->db, rc);
	return rc == SQLITE_ROW;
}

/* Go to the next column, which must have this type. */
static bool next(struct sg_statement *s, int type, int *at)
{
	*at = s->column++;
	if (s->err == SG_OK && sqlite3_column_type(s->stmt, *at) != type)
		s->err = SG_ERR_STORE_DAMAGED;
	return s->err == SG_OK;
}

int64_t sg_column_int(struct sg_statement *s)
{
	int at;

	return next(s, SQLITE_INTEGER, &at) ? sqlite3_column_int64(s->stmt, at) : 0;
}

bool sg_column_flag(struct sg_statement *s)
{
	return sg_column_int(s) != 0;
}

struct sg_bytes sg_column_blob(struct sg_statement *s, size_t max)
{
	struct sg_bytes bytes = { NULL, 0 };
	int at = s->column++;

	if (s->err == SG_OK)
		s->err = sg_store_db_column(s->stmt, at, max, &bytes);
	return s->err == SG_OK ? bytes : sg_bytes(NULL, 0);
}

struct sg_bytes sg_column_string(struct sg_statement *s, size_t max)
{
	const unsigned char *text;
	int at, len;

	if (!next(s, SQLITE_TEXT, &at))
		return sg_bytes(NULL, 0);
	text = sqlite3_column_text(s->stmt, at);
	len = sqlite3_column_bytes(s->stmt, at);
	if (text == NULL)
		s->err = SG_ERR_NOMEM;
	else if (len < 0 || (size_t)len > max || memchr(text, 0, (size_t)len) != NULL)
		s->err = SG_ERR_STORE_DAMAGED;
	return s->err == SG_OK ? sg_bytes(text, (size_t)len) : sg_bytes(NULL, 0);
}

void sg_column_text(struct sg_statement *s, char *out, size_t size)
{
	struct sg_bytes text = sg_column_string(s, size - 1);

	if (text.len > 0)
		memcpy(out, text.data, text.len);
	out[text.len] = '\0';
}

void sg_column_fixed(struct sg_statement *s, uint8_t *out, size_t len)
{
	struct sg_bytes bytes = sg_column_blob(s, len);

	if (s->err == SG_OK && bytes.len != len)
		s->err = SG_ERR_STORE_DAMAGED;
	if (s->err == SG_OK && len > 0)
		memcpy(out, bytes.data, len);
}

void sg_column_buf(struct sg_statement *s, size_t max, struct sg_buf *out)
{
	struct sg_bytes bytes = sg_column_blob(s, max);

	if (s->err == SG_OK)
		s->err = sg_buf_set(out, bytes);
}

enum sg_err sg_statement_end(struct sg_statement *s)
{
	enum sg_err err = s->err;

	sqlite3_finalize(s->stmt);
	*s = (struct sg_statement){ .err = err };
	return err;
}

enum sg_err sg_statement_run(struct sg_statement *s)
{
	if (sg_statement_row(s))
		s->err = SG_ERR_STORE_DAMAGED;
	return sg_statement_end(s);
}

enum sg_err sg_statement_run_one(struct sg_statement *s, enum sg_err otherwise)
{
	sqlite3 *db = s->db;
	enum sg_err err = sg_statement_run(s);

	if (err != SG_OK)
		return err;
	return sqlite3_changes(db) == 1 ? SG_OK : otherwise;
}
