/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. One statement of SQL with one sticky error: its values are bound one after the other, its
 * columns are read one after the other, and the result is looked at once, at the end.
 */
#ifndef SG_STORE_STATEMENT_H
#define SG_STORE_STATEMENT_H

#include "store/db.h"

struct sg_statement {
	sqlite3 *db;
	sqlite3_stmt *stmt;
	enum sg_err err;
	int bound, column;              /* how many were bound; the next column to be read */
};

/* Begin a statement; whatever comes of it, one of the last three ends it. */
struct sg_statement sg_statement(sqlite3 *db, const char *sql);

/* Bind the next value. What is pointed to outlives the statement; data NULL in a blob of no bytes
 * is an empty blob. */
void sg_bind_int(struct sg_statement *s, int64_t value);
void sg_bind_text(struct sg_statement *s, const char *text);
void sg_bind_blob(struct sg_statement *s, struct sg_bytes bytes);

/* Go to the next row; false where there is none, and after an error. */
bool sg_statement_row(struct sg_statement *s);

/* Read the next column of the row. Another type, and text or a blob of another or a larger size,
 * is STORE_DAMAGED; the result is empty then. */
int64_t sg_column_int(struct sg_statement *s);
bool sg_column_flag(struct sg_statement *s);
void sg_column_text(struct sg_statement *s, char *out, size_t size);
void sg_column_fixed(struct sg_statement *s, uint8_t *out, size_t len);
struct sg_bytes sg_column_blob(struct sg_statement *s, size_t max);
struct sg_bytes sg_column_string(struct sg_statement *s, size_t max);
void sg_column_buf(struct sg_statement *s, size_t max, struct sg_buf *out);

/* Free it, and return what went wrong in it. */
enum sg_err sg_statement_end(struct sg_statement *s);

/* Run one that gives no row, and free it. */
enum sg_err sg_statement_run(struct sg_statement *s);

/* The same where it must change one row: otherwise for none. */
enum sg_err sg_statement_run_one(struct sg_statement *s, enum sg_err otherwise);

#endif
