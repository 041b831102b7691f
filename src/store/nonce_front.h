/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. The front of a nonce store: a file of fixed size that takes each nonce by one
 * write(2), until they are moved to the table of the store together; and the lock that processes
 * share. What was written is in the kernel, so it outlives the process, but not the machine.
 *
 * Who moves the rows first writes a mark behind them. So one read behind the rows that are known
 * tells all that others have done since.
 */
#ifndef SG_STORE_NONCE_FRONT_H
#define SG_STORE_NONCE_FRONT_H

#include "store/nonce_db.h"

#define SG_NONCE_FRONT_MAX 32768        /* rows */

struct sg_nonce_front {
	int fd;                         /* -1: closed */
	int64_t epoch;                  /* of the rows below */
	size_t count;
	bool closed;                    /* behind them is a mark: somebody moves them, or did */
	struct sg_nonce_row rows[SG_NONCE_FRONT_MAX];
	uint32_t slots[2 * SG_NONCE_FRONT_MAX];         /* by number: index of the row + 1 */
};

/* Open the file at an absolute path without links, or make it. Errors: those of a store. */
enum sg_err sg_nonce_front_open(const char *path, struct sg_nonce_front *front);

/* Close; one that is closed is fine. */
void sg_nonce_front_close(struct sg_nonce_front *front);

/* Keep other processes out. Errors: STORE_BUSY after five seconds, SYSTEM. */
enum sg_err sg_nonce_front_lock(struct sg_nonce_front *front);
void sg_nonce_front_unlock(struct sg_nonce_front *front);

/* Under the lock, as all below: read the epoch that the file is in, 0 where it was just made.
 * Errors: STORE_DAMAGED, STORE_VERSION, SYSTEM. */
enum sg_err sg_nonce_front_epoch(struct sg_nonce_front *front, int64_t *epoch);

/* Read what others have added since, up to a mark. Errors: STORE_DAMAGED, SYSTEM. */
enum sg_err sg_nonce_front_read(struct sg_nonce_front *front);

/* Forget all rows that are known; those of this epoch can be read then. */
void sg_nonce_front_reset(struct sg_nonce_front *front, int64_t epoch);

/* Write the mark behind the rows, all of which are known; or take it away where they were not
 * moved after all. Errors: SYSTEM. */
enum sg_err sg_nonce_front_close_rows(struct sg_nonce_front *front);
enum sg_err sg_nonce_front_reopen(struct sg_nonce_front *front);

/* Begin another epoch, in which the front is empty. Errors: STORE_MISSING where the file has lost
 * its name, STORE_FULL, SYSTEM. */
enum sg_err sg_nonce_front_begin(struct sg_nonce_front *front, int64_t epoch);

/* Tell whether a number is there. */
bool sg_nonce_front_has(const struct sg_nonce_front *front, int64_t id);

/* Add a row that is not there; there must be room. When this returns, the kernel has it. */
enum sg_err sg_nonce_front_add(struct sg_nonce_front *front, struct sg_nonce_row row);

#endif
