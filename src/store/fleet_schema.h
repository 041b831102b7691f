/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. What the SQLite file of a fleet looks like: how it is made, and how it is told from
 * anything else.
 */
#ifndef SG_STORE_FLEET_SCHEMA_H
#define SG_STORE_FLEET_SCHEMA_H

#include "store/db.h"

/* Make an empty fleet at an absolute path, whole or not at all, unless there is one by then.
 * Errors: STORE_FULL, STORE_READONLY, SYSTEM, NOMEM. */
enum sg_err sg_fleet_schema_make(const char *path);

/* Give a connection the bounds that the rows of a fleet need. */
void sg_fleet_schema_limits(sqlite3 *db);

/* Look at the first bytes before SQLite sees a journal, so that a file of somebody else stays as
 * it is. Errors: STORE_VERSION, STORE_DAMAGED, SYSTEM. */
enum sg_err sg_fleet_schema_probe(sqlite3 *db);

/* Check the tables. Errors: STORE_DAMAGED, SYSTEM, NOMEM. */
enum sg_err sg_fleet_schema_check(sqlite3 *db);

#endif
