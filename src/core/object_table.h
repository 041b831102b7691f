/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The objects of one token that this process knows, by handle and, for
 * token objects, by row. Handles come from a counter and are never used again, so
 * a stale one names nothing. The table takes no lock; the token's guards it.
 */
#ifndef SG_CORE_OBJECT_TABLE_H
#define SG_CORE_OBJECT_TABLE_H

#include "core/object.h"
#include "util/map.h"

struct sg_session;

/* One place in the table; it outlives the versions of its object. */
struct sg_entry {
	CK_OBJECT_HANDLE handle;
	struct sg_object *object;               /* owned reference */
	const struct sg_session *session;       /* of a session object, NULL for a token object */
	bool seen;                              /* mark of a refresh */
};

/* All zero is a valid empty table. */
struct sg_object_table {
	struct sg_map by_handle;
	struct sg_map by_row;                   /* first 8 bytes of the uuid -> entry */
};

/* Add an object under a new handle; the table takes the caller's reference on
 * success. session is NULL for a token object. Errors: NOMEM. */
enum sg_err sg_table_add(struct sg_object_table *table, struct sg_object **object,
                         const struct sg_session *session, CK_OBJECT_HANDLE *handle);

/* Find an entry by handle or by row; NULL where there is none. */
struct sg_entry *sg_table_find(const struct sg_object_table *table, CK_OBJECT_HANDLE handle);
struct sg_entry *sg_table_find_row(const struct sg_object_table *table,
                                   const uint8_t row[SG_UUID]);

/* Put another version of the object in its place; takes the caller's reference. */
void sg_table_replace(struct sg_entry *entry, struct sg_object **object);

/* Take an entry out and free it. */
void sg_table_remove(struct sg_object_table *table, struct sg_entry *entry);

/* Remove every entry for which fn says so. */
void sg_table_remove_if(struct sg_object_table *table,
                        bool (*fn)(const struct sg_entry *entry, const void *arg), const void *arg);

/* Remove everything and free the table's memory. */
void sg_table_clear(struct sg_object_table *table);

#endif
