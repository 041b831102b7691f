/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. Files and folders that must be private, and reading small files. No
 * link is followed in the last component of a path. Files that SQLite holds are
 * looked at by name only: closing a second descriptor would drop its locks.
 */
#ifndef SG_UTIL_FILE_H
#define SG_UTIL_FILE_H

#include <sys/types.h>

#include "util/secret.h"

/* Check by lstat(2) that path is a regular file of this user (or of root, when
 * we are not root, never the other way round), not readable or writable by group
 * or others, with one link. Errors: STORE_MISSING, STORE_UNSAFE (the log says
 * what and how to mend it), SYSTEM. */
enum sg_err sg_file_check_private(const char *path);

/* The same for a folder, and for the way to it: see sg_walk_begin. So nobody but root and
 * this user can put another folder in its place afterwards. */
enum sg_err sg_dir_check_private(const char *path);

/* Check a folder so and return its absolute path, in which no component is a link. The
 * caller frees *out, which may be NULL where the path isn't wanted. */
enum sg_err sg_dir_resolve_private(const char *path, char **out);

/* Make the folder and its missing parents; the folder itself gets mode 0700, the
 * parents 0755. What exists is checked instead. Errors as sg_dir_check_private. */
enum sg_err sg_dir_make_private(const char *path);

/* Append to out the whole of a file of at most max bytes that nobody but root and this
 * user can change: neither the file, nor the way to it. Errors: NOT_FOUND, STORE_UNSAFE
 * also where it is no file (the log says what and how to mend it), RANGE when it is longer,
 * SYSTEM. */
enum sg_err sg_file_read_trusted(const char *path, size_t max, struct sg_buf *out);

/* Check that a file is one that nobody but root and this user can change, nor the way to it; path
 * has no links. Errors: STORE_UNSAFE also where it is no file, NOT_FOUND, SYSTEM. */
enum sg_err sg_file_check_trusted(const char *path);

/* Put a file with these bytes, mode 0600, in the place of the one of that name, whole or not
 * at all, whatever happens and whoever else does so. The folder must be private
 * (sg_dir_check_private). Errors: STORE_UNSAFE, STORE_FULL, STORE_READONLY, STORE_BUSY where
 * somebody holds the folder locked for two seconds, SYSTEM, NOMEM. */
enum sg_err sg_file_replace_private(const char *path, struct sg_bytes bytes);

/* Read a secret file of at most max bytes into guarded memory and take one final
 * newline (LF or CRLF) off. "-" is standard input, "fd:N" a descriptor; anything
 * else must be a file that sg_file_check_private accepts, or a file below the
 * folder in CREDENTIALS_DIRECTORY. Errors: NOT_FOUND, STORE_UNSAFE, RANGE, SYSTEM. */
enum sg_err sg_file_read_secret(const char *path, size_t max, struct sg_secret **out);

/* Make the string "a/b", which the caller frees. Errors: NOMEM. */
enum sg_err sg_path_join(const char *a, const char *b, char **out);

#endif
