/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. The front of a nonce store: a file of fixed size that takes each nonce by one
 * write(2), until they are moved to the table of the store together; and the lock that processes
 * share. What was written is in the kernel, so it outlives the process, but not the machine.
 */
#ifndef SG_STORE_NONCE_FRONT_H
#define SG_STORE_NONCE_FRONT_H

#include "store/nonce_db.h"

#define SG_NONCE_FRONT_MAX 32768        /* rows */

struct sg_nonce_front {
	int fd;                         /* -1: closed */
	int64_t epoch;                  /* of the rows below */
	size_t count;
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

/* Read what others have added since; the file is in this epoch. Errors: STORE_DAMAGED, SYSTEM. */
enum sg_err sg_nonce_front_read(struct sg_nonce_front *front, int64_t epoch);

/* Begin another epoch, in which the front is empty. Errors: STORE_MISSING where the file has lost
 * its name, STORE_FULL, SYSTEM. */
enum sg_err sg_nonce_front_begin(struct sg_nonce_front *front, int64_t epoch);

/* Tell whether a number is there. */
bool sg_nonce_front_has(const struct sg_nonce_front *front, int64_t id);

/* Add a row that is not there; there must be room. When this returns, the kernel has it. */
enum sg_err sg_nonce_front_add(struct sg_nonce_front *front, struct sg_nonce_row row);

#endif
