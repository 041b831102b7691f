/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. What the inside of a store looks like: the file header and the two
 * tables, how they are made and how they are told from anything else. A file
 * that isn't exactly this is refused, whatever SQLite thinks of it.
 */
#ifndef SG_STORE_SCHEMA_H
#define SG_STORE_SCHEMA_H

#include "store/db.h"

/* Make the tables in an empty database, within a transaction. */
enum sg_err sg_store_schema_create(sqlite3 *db);

/* Look at the first bytes of the file without a lock and without SQLite noticing
 * a journal, so that a file of somebody else stays as it is. Errors:
 * STORE_VERSION, STORE_DAMAGED, SYSTEM. */
enum sg_err sg_store_schema_probe(sqlite3 *db);

/* Within a transaction, which this gives its lock if it has none: check tables,
 * header and length, and that the file still has the name it was opened by.
 * Errors: STORE_VERSION, STORE_DAMAGED, STORE_MISSING, STORE_BUSY,
 * STORE_READONLY, SYSTEM. */
enum sg_err sg_store_schema_check(sqlite3 *db);

#endif
