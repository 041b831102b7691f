/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. One-time values: a store that says of each whether it was seen before, and keeps it
 * until it is too old to come again. It is a file that processes of one machine share. New
 * values are written to a front (store/nonce_front.h), by one write each, and moved together to
 * a table of SQLite (store/nonce_db.h). A value is bytes with the time in Unix seconds at which it
 * was made, and whoever asks says what time it is and how old a value may be.
 *
 * What was said to be fresh is never said to be fresh again: not to another process, not after
 * any of them was killed, not after a power cut.
 */
#ifndef SG_STORE_NONCE_H
#define SG_STORE_NONCE_H

#include "util/bytes.h"

/* Any number of threads may use one. In a child of fork it opens its files anew. */
struct sg_store_nonces;

enum sg_store_nonce {
	SG_NONCE_FRESH,         /* it was not seen before; it has been kept */
	SG_NONCE_SEEN,
	SG_NONCE_UNSURE,        /* made when what was seen may have been lost, or was forgotten */
	SG_NONCE_FULL,          /* there are as many as there may be, and all are young enough */
};

/* When a value was made, and what is too old: made < now - window. Unix seconds. */
struct sg_store_nonce_time {
	int64_t made;
	int64_t now;
	int64_t window;
};

/* Open the store of at most max values at path, or make it in a folder that is there and
 * private; the caller closes *out. Errors: STORE_MISSING or STORE_UNSAFE (also of the folder),
 * STORE_DAMAGED where the files don't belong together or are none, STORE_VERSION,
 * STORE_READONLY, STORE_FULL, STORE_BUSY, SYSTEM, NOMEM. */
enum sg_err sg_store_nonces_open(const char *path, size_t max, struct sg_store_nonces **out);

/* Say in a sentence, valid for ever, why a store can't be used. */
const char *sg_store_nonces_sentence(enum sg_err err);

/* Close; NULL and a pointer to NULL are fine. No thread may be using it. */
void sg_store_nonces_close(struct sg_store_nonces **nonces);

/* Say whether a value is fresh, and keep it then. Errors: those of opening; nothing is fresh where
 * there is one, and the last line that is logged names the store. */
enum sg_err sg_store_nonce_use(struct sg_store_nonces *nonces, struct sg_bytes value,
                               struct sg_store_nonce_time time, enum sg_store_nonce *out);

#endif
