/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. The two files of a nonce store together: that they belong to each other and to this
 * boot, and the moving of rows from the front to the table. Knows no lock of threads.
 *
 * What the front holds outlives a process, but not the power. So the table says of the front, for
 * good before a row is written to it, up to which time its values may be made (the mark). After
 * a boot the front is not believed, and nothing that was made up to the mark is fresh.
 */
#ifndef SG_STORE_NONCE_FILES_H
#define SG_STORE_NONCE_FILES_H

#include <sys/types.h>

#include "store/nonce_front.h"

/* All zero is closed. */
struct sg_nonce_files {
	char *path, *front_path;        /* absolute; the owner frees them */
	bool open;
	dev_t dev;                      /* of the table's file */
	ino_t ino;
	struct sg_nonce_db db;
	struct sg_nonce_front front;
};

/* Open both, or make both. Errors: those of a store. */
enum sg_err sg_nonce_files_open(struct sg_nonce_files *files);

/* Close both; closed ones are fine. */
void sg_nonce_files_close(struct sg_nonce_files *files);

/* In a child of the process that opened them: forget the table's connection, which is the parent's,
 * and close our copy of the front, or the parent's lock would last as long as that does. */
void sg_nonce_files_forget(struct sg_nonce_files *files);

/* Under the lock of the front, as the next: see what other processes did. */
enum sg_err sg_nonce_files_follow(struct sg_nonce_files *files);

/* Move the rows of the front to the table, for good, and forget in the table what was made before
 * too_old, in a part of it or everywhere. The front then takes what is made up to the mark. */
enum sg_err sg_nonce_files_move(struct sg_nonce_files *files, int64_t mark, int64_t too_old,
                                bool everywhere);

#endif
