/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. The rules for private files and folders, by what lstat(2) says of them. No file is opened
 * here.
 */
#ifndef SG_UTIL_PRIVATE_H
#define SG_UTIL_PRIVATE_H

#include <sys/stat.h>

#include "util/err.h"

/* Check that a file is a regular one of this user (or of root, when we are not root), for nobody
 * else, with one link. Error: STORE_UNSAFE, where the log says what and how to mend it. */
enum sg_err sg_private_file(const char *path, const struct stat *st);

/* The same for a folder; path is what the user wrote, whole the same without links, "" for the
 * root. Where others need it, it is not said how to take it from them. */
enum sg_err sg_private_folder(const char *path, const char *whole, const struct stat *st);

#endif
