/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. What the SQLite file of a nonce store looks like: how it is made, and how it is told
 * from anything else.
 */
#ifndef SG_STORE_NONCE_SCHEMA_H
#define SG_STORE_NONCE_SCHEMA_H

#include <sqlite3.h>

#include "util/err.h"

/* Make a file at an absolute path that holds no row, whole or not at all. Nobody else makes one at
 * the same time. Errors: STORE_FULL, STORE_READONLY, SYSTEM, NOMEM. */
enum sg_err sg_nonce_schema_make(const char *path);

/* Look at the first bytes before SQLite sees a journal, so that a file of somebody else stays as
 * it is. Errors: STORE_VERSION, STORE_DAMAGED, SYSTEM. */
enum sg_err sg_nonce_schema_probe(sqlite3 *db);

/* Check the tables. Errors: STORE_DAMAGED, SYSTEM, NOMEM. */
enum sg_err sg_nonce_schema_check(sqlite3 *db);

#endif
