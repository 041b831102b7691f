/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The objects of one token that this process knows: by handle, for token objects
 * by row, and in lists of those that belong or look alike, so that nothing walks over a
 * hundred thousand objects to find one. Handles come from a counter and are never used
 * again, so a stale one names nothing. The table takes no lock; the token's guards it.
 */
#ifndef SG_CORE_OBJECT_TABLE_H
#define SG_CORE_OBJECT_TABLE_H

#include "core/object.h"
#include "util/map.h"

/* The first handle of a table; lower ones are those of core/builtin.h. */
#define SG_HANDLE_FIRST 1024

struct sg_session;
struct sg_entry;

/* The lists that an entry is in. */
enum sg_list {
	SG_LIST_ALL,
	SG_LIST_OWNER,          /* of the same session, or token objects */
	SG_LIST_ID,             /* with the same CKA_ID, if it has one; perhaps some others */
	SG_LIST_LABEL,          /* the same for CKA_LABEL */
	SG_LISTS
};

struct sg_link {
	struct sg_entry *next, *last;   /* in a ring */
};

/* One place in the table; it outlives the versions of its object. */
struct sg_entry {
	CK_OBJECT_HANDLE handle;
	struct sg_object *object;               /* owned reference */
	const struct sg_session *session;       /* of a session object, NULL for a token object */
	bool seen;                              /* mark of a refresh */
	uint64_t key[SG_LISTS];                 /* which list of each kind; 0: none */
	struct sg_link link[SG_LISTS];
};

/* All zero is a valid empty table. */
struct sg_object_table {
	struct sg_map by_handle;
	struct sg_map by_row;                   /* first 8 bytes of the uuid -> entry */
	struct sg_map lists[SG_LISTS];          /* key -> first entry */
	size_t promised;                        /* places that were made and are not taken */
};

/* Make a place for an object that is not there yet, so that taking it can't fail; stored tells
 * that it is to be a token object. The place belongs to the caller, who takes it or gives it
 * back; a replacement right after that can't fail either. Errors: NOMEM. */
enum sg_err sg_table_place(struct sg_object_table *table, bool stored, struct sg_entry **place);

/* Put an object in a place, under a new handle; the table takes the place and the caller's
 * reference. session is NULL for a token object. */
CK_OBJECT_HANDLE sg_table_take(struct sg_object_table *table, struct sg_entry **place,
                               struct sg_object **object, const struct sg_session *session);

/* Return a handle that names nothing and never will. */
CK_OBJECT_HANDLE sg_table_dead_handle(void);

/* Give a place back; none is fine. */
void sg_table_give_back(struct sg_object_table *table, struct sg_entry **place);

/* Add an object under a new handle; the table takes the caller's reference on
 * success. session is NULL for a token object. Errors: NOMEM. */
enum sg_err sg_table_add(struct sg_object_table *table, struct sg_object **object,
                         const struct sg_session *session, CK_OBJECT_HANDLE *handle);

/* Find an entry by handle or by row; NULL where there is none. */
struct sg_entry *sg_table_find(const struct sg_object_table *table, CK_OBJECT_HANDLE handle);
struct sg_entry *sg_table_find_row(const struct sg_object_table *table,
                                   const uint8_t row[SG_UUID]);

/* Put another version of the object in its place; takes the caller's reference on
 * success. Errors: NOMEM. */
enum sg_err sg_table_replace(struct sg_object_table *table, struct sg_entry *entry,
                             struct sg_object **object);

/* Take an entry out and free it. */
void sg_table_remove(struct sg_object_table *table, struct sg_entry *entry);

/* Remove everything and free the table's memory. */
void sg_table_clear(struct sg_object_table *table);

/* A walk along one list. The entry it gave last may be removed, no other. */
struct sg_walk {
	enum sg_list list;
	struct sg_entry *next;
	struct sg_entry *end;           /* the last one */
};

/* Walk over all entries, or over those of one session, or with NULL over token objects. */
struct sg_walk sg_walk_all(const struct sg_object_table *table);
struct sg_walk sg_walk_owner(const struct sg_object_table *table, const struct sg_session *session);

/* Walk over all entries that may match a search template, and as few others as are
 * easily left out. */
struct sg_walk sg_walk_template(const struct sg_object_table *table, const CK_ATTRIBUTE *template,
                                CK_ULONG n);

/* Return the next entry, NULL at the end. */
struct sg_entry *sg_walk_next(struct sg_walk *walk);

#endif
