/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. The object store: one SQLite file a token, one row an object. Records
 * are opaque bytes here; core makes and checks them. The file is opened for each
 * transaction and closed at its end, so a fork never shares a connection: a
 * transaction is used by one thread at a time, and only by the process that began
 * it; in a child every call on it fails with SYSTEM and touches nothing. This ring
 * does not know sealers.
 */
#ifndef SG_STORE_STORE_H
#define SG_STORE_STORE_H

#include "util/bytes.h"

#define SG_UUID 16
#define SG_STORE_VERSION 1              /* SQLite user_version */
#define SG_STORE_APPLICATION 0x53474e54 /* SQLite application_id, "SGNT" */
#define SG_STORE_RECORD_MAX (1 << 20)   /* bytes of the longest record */
#define SG_STORE_SLOT_MAX 9999          /* the largest slot number */

/* The single records of a token beside its objects. */
enum sg_store_item {
	SG_STORE_TOKEN,         /* the token record */
	SG_STORE_STATE,         /* generation and set hash, changes with every write */
	SG_STORE_ANCHOR,        /* what binds all to a counter in the hardware; most have none */
};

enum sg_store_mode {
	SG_STORE_READ,
	SG_STORE_WRITE,         /* takes the write lock at once (BEGIN IMMEDIATE) */
	SG_STORE_ALONE,         /* as WRITE, and from the first commit on nobody else reads */
};

/* A transaction; it holds the only connection. */
struct sg_store_txn;

/* Return the path of the store of a slot in the state folder; the caller frees it. NULL: no
 * memory. */
char *sg_store_path(const char *state, unsigned slot);

/* Return the path of another file of the same slot: that of its store with this end instead of
 * "db". The caller frees it. NULL: no memory. */
char *sg_store_beside(const char *path, const char *end);

/* List the slot numbers that have a store, ascending; the caller frees *slots. A
 * missing folder gives none. Errors: STORE_UNSAFE for the folder, SYSTEM, NOMEM. */
enum sg_err sg_store_list(const char *state, unsigned **slots, size_t *n);

/* Make a store that holds only these records, anchor not where it is empty, complete or not
 * at all: it is written under another name, synced and renamed. The folder exists. Errors:
 * STORE_EXISTS (also for a journal without its store), STORE_FULL, STORE_READONLY,
 * STORE_MISSING or STORE_UNSAFE for the folder, RANGE, SYSTEM, NOMEM. */
enum sg_err sg_store_create(const char *path, struct sg_bytes token, struct sg_bytes state,
                            struct sg_bytes anchor);

/* Remove the store and its journal, damaged or not, when nobody is writing it.
 * Errors: STORE_MISSING, STORE_UNSAFE for the folder, STORE_BUSY after ten seconds,
 * STORE_READONLY, SYSTEM, NOMEM. */
enum sg_err sg_store_remove(const char *path);

/* Check owner, permissions, size and version without following links, open, and
 * begin. A file that fails a check is not touched. Errors: STORE_MISSING,
 * STORE_UNSAFE, STORE_DAMAGED, STORE_VERSION, STORE_BUSY after ten seconds,
 * STORE_READONLY, SYSTEM, NOMEM; SYSTEM also in a child that was forked while the
 * parent had a transaction open in another thread, until it calls exec. */
enum sg_err sg_store_begin(const char *path, enum sg_store_mode mode, struct sg_store_txn **out);

/* Commit and close, or roll back where that fails; *txn is NULL afterwards in any
 * case. Errors: STORE_FULL, STORE_BUSY, STORE_DAMAGED. */
enum sg_err sg_store_commit(struct sg_store_txn **txn);

/* Commit and begin anew under the same lock, so that nobody has seen what was committed until
 * the transaction ends; of an ALONE transaction only. Errors: as sg_store_commit; the
 * transaction can only be ended then. */
enum sg_err sg_store_commit_more(struct sg_store_txn *txn);

/* Roll back and close; NULL is fine. */
void sg_store_abort(struct sg_store_txn **txn);

/* Read or write a single record; what is read replaces what out holds. Errors:
 * STORE_DAMAGED where it is missing. For everything that writes here and below: RANGE
 * for a record longer than SG_STORE_RECORD_MAX, ARG in a reading transaction,
 * STORE_FULL, STORE_READONLY; a write that failed makes the commit fail too. */
enum sg_err sg_store_get(struct sg_store_txn *txn, enum sg_store_item item, struct sg_buf *out);
enum sg_err sg_store_put(struct sg_store_txn *txn, enum sg_store_item item, struct sg_bytes record);

/* Read, write (insert or replace) and delete one object row.
 * Errors: NOT_FOUND for a row that is not there. */
enum sg_err sg_store_object_get(struct sg_store_txn *txn, const uint8_t uuid[SG_UUID],
                                struct sg_buf *out);
enum sg_err sg_store_object_put(struct sg_store_txn *txn, const uint8_t uuid[SG_UUID],
                                struct sg_bytes record);
enum sg_err sg_store_object_delete(struct sg_store_txn *txn, const uint8_t uuid[SG_UUID]);

/* Delete all object rows. */
enum sg_err sg_store_object_delete_all(struct sg_store_txn *txn);

/* Call fn for every object row, in the order of creation, until it returns other
 * than SG_OK, which is then returned. fn may not use the transaction; the views
 * are valid during the call. */
typedef enum sg_err (*sg_store_row_fn)(const uint8_t uuid[SG_UUID], struct sg_bytes record,
                                       void *arg);
enum sg_err sg_store_object_each(struct sg_store_txn *txn, sg_store_row_fn fn, void *arg);

#endif
