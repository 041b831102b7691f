/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A folder of a test's own below TMPDIR, and files in it.
 */
#ifndef TESTS_LIB_SCRATCH_H
#define TESTS_LIB_SCRATCH_H

#include <stddef.h>
#include <sys/types.h>

/* Make an empty folder of mode 0700, which scratch_remove removes. Ends the program on failure. */
char *scratch_make(void);

/* The same where a unix socket in the folder, whose path has at most 107 bytes, has room:
 * below /tmp if TMPDIR is too long for that. */
char *scratch_make_short(void);

/* Remove the folder with all that is in it, free *folder and set it to NULL. */
void scratch_remove(char **folder);

/* Return the path of name in the folder. The caller frees it. */
char *scratch_path(const char *folder, const char *name);

/* Make or replace the file with the given contents and exactly this mode; return its
 * path, which the caller frees. */
char *scratch_write(const char *folder, const char *name, const void *data, size_t len,
		    mode_t mode);

#endif
