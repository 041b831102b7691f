/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. Where stores lie: names of files in the state folder, and what system
 * calls on them may answer. Looks at names only and never opens a store.
 */
#ifndef SG_STORE_PATH_H
#define SG_STORE_PATH_H

#include <stdbool.h>

#include "util/err.h"

/* Check that the folder of a store is private and return the store's absolute
 * path with every link in the folder resolved: SQLite refuses links anywhere in a
 * path that it may not follow. The caller frees *out. Errors: STORE_MISSING,
 * STORE_UNSAFE, ARG for a path that names no file, SYSTEM, NOMEM. */
enum sg_err sg_store_path_resolve(const char *path, char **out);

/* Make the name of the rollback journal that belongs to a store; the caller frees
 * *out. Errors: NOMEM. */
enum sg_err sg_store_path_journal(const char *path, char **out);

/* Check by lstat(2) that the journal of a store, if there is one, is a private
 * regular file. SQLite would open it and could hang on a FIFO. Errors:
 * STORE_UNSAFE, SYSTEM, NOMEM. */
enum sg_err sg_store_path_check_journal(const char *path);

/* Tell whether a file's name begins with that of a slot; *end is what follows. */
bool sg_store_path_slot(const char *name, unsigned *slot, const char **end);

/* Make sure that what was done to the names in the folder of an absolute path outlives a power
 * cut. Errors: those of sg_store_path_errno, NOMEM. */
enum sg_err sg_store_sync_folder(const char *path);

/* Translate errno of a system call on a store or its folder. */
enum sg_err sg_store_path_errno(int error);

#endif
