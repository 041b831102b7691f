/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. Whose a file of SQLite is, by its first bytes. Takes no lock and writes nothing.
 */
#ifndef SG_STORE_KIND_H
#define SG_STORE_KIND_H

#include <sqlite3.h>
#include <stdint.h>

#include "util/err.h"

/* Look whether the file of a connection has this application_id and this user_version, before
 * SQLite sees a journal, so that a file of somebody else stays as it is. Errors: STORE_VERSION for
 * another version, STORE_DAMAGED for what is no such file, SYSTEM [SQLite Database File Format
 * §1.3]. */
enum sg_err sg_store_kind_check(sqlite3 *db, uint32_t application, uint32_t version);

#endif
