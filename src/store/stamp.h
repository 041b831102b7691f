/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. Telling whether a store has changed without opening it: what stat(2) says of
 * the file before it is read, compared with what it says later. SQLite writes the file
 * in every commit. A stamp never says "unchanged" where that isn't certain; it may say
 * "changed" of a store that isn't.
 */
#ifndef SG_STORE_STAMP_H
#define SG_STORE_STAMP_H

#include <sys/stat.h>
#include <time.h>

#include "util/bytes.h"

/* All zero is a valid stamp that nothing equals. */
struct sg_store_stamp {
	bool settled;                   /* it tells every later change */
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed;        /* ctime: moves with every write, link and change of mode */
	struct timespec written;        /* mtime */
};

/* Take the stamp of a store that is about to be read. */
void sg_store_stamp_take(const char *path, struct sg_store_stamp *stamp);

/* Tell whether the store is the one whose stamp was taken, with nothing committed since. */
bool sg_store_stamp_holds(const struct sg_store_stamp *stamp, const char *path);

/* Within this ring, and for tests. */

/* Tell whether two stamps are of the same file with the same times. */
bool sg_store_stamp_same(const struct sg_store_stamp *a, const struct sg_store_stamp *b);

/* Tell whether a file that was changed at that time would get another time if it were
 * changed now or later, on any of the file systems that are trusted. */
bool sg_store_stamp_is_past(struct timespec changed, struct timespec now);

#endif
