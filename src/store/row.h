/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. Reading and writing single rows, the only statements on the two tables.
 * Knows nothing of transactions and never looks into a record.
 */
#ifndef SG_STORE_ROW_H
#define SG_STORE_ROW_H

#include "store/db.h"
#include "store/store.h"

/* The errors are those of the calls in store/store.h that have the same names. */
enum sg_err sg_store_row_get_item(sqlite3 *db, enum sg_store_item item, struct sg_buf *out);
enum sg_err sg_store_row_put_item(sqlite3 *db, enum sg_store_item item, struct sg_bytes record);
enum sg_err sg_store_row_get(sqlite3 *db, const uint8_t uuid[SG_UUID], struct sg_buf *out);
enum sg_err sg_store_row_put(sqlite3 *db, const uint8_t uuid[SG_UUID], struct sg_bytes record);
enum sg_err sg_store_row_delete(sqlite3 *db, const uint8_t uuid[SG_UUID]);
enum sg_err sg_store_row_delete_all(sqlite3 *db);
enum sg_err sg_store_row_each(sqlite3 *db, sg_store_row_fn fn, void *arg);

#endif
