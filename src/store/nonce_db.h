/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. The SQLite file of a nonce store: numbers that were seen, each with the time
 * that it belongs to, and one row that says what the file can vouch for. SQLite takes no
 * lock here: whoever calls has the store's own, and no other process looks meanwhile.
 */
#ifndef SG_STORE_NONCE_DB_H
#define SG_STORE_NONCE_DB_H

#include <sqlite3.h>

#include "util/boot.h"
#include "util/bytes.h"

#define SG_NONCE_KEY 16
#define SG_NONCE_SLICES 64              /* what is too old goes from one of them at a time */

/* No epoch, time or count of ours comes so far: a file that says so is damaged. */
#define SG_NONCE_END (INT64_C(1) << 60)

/* A number that was seen, and its time in Unix seconds. */
struct sg_nonce_row {
	int64_t id;
	int64_t made;
};

/* What the file vouches for. */
struct sg_nonce_state {
	uint8_t key[SG_NONCE_KEY];      /* of the code that makes numbers; random, never changes */
	uint8_t boot[SG_BOOT_ID];       /* of the machine, in which the front was begun */
	int64_t epoch;                  /* of the front: each writing of rows begins another one */
	int64_t floor;                  /* of what was made before, nothing is known any more */
	int64_t mark;                   /* the front holds nothing that was made after this */
	int64_t count;                  /* rows */
	int64_t slice;                  /* the next to be looked at for what is too old */
};

struct sg_nonce_db {
	sqlite3 *db;
	sqlite3_stmt *find, *insert, *update, *newest, *sweep;
	struct sg_nonce_state state;    /* as it was when the file was last read or written */
	bool reading;                   /* a transaction is open, so that pages can be kept */
};

/* Open the file at an absolute path without links, or make it where it is missing and may be
 * made, which nobody else does at the same time. Errors: those of a store. */
enum sg_err sg_nonce_db_open(const char *path, bool make, struct sg_nonce_db *nonces);

/* Close; what was never opened is fine. */
void sg_nonce_db_close(struct sg_nonce_db *nonces);

/* Read what another process wrote. */
enum sg_err sg_nonce_db_refresh(struct sg_nonce_db *nonces);

/* Find a number; *made is its time. */
enum sg_err sg_nonce_db_find(struct sg_nonce_db *nonces, int64_t id, bool *found, int64_t *made);

/* Write n rows and the state, whose epoch and count this sets; forget what was made before the
 * time too_old, in one slice of all or everywhere. Done when it returns, whatever happens
 * to the machine; after an error nothing is changed. */
enum sg_err sg_nonce_db_write(struct sg_nonce_db *nonces, struct sg_nonce_state state,
                              const struct sg_nonce_row *rows, size_t n, int64_t too_old,
                              bool everywhere);

#endif
