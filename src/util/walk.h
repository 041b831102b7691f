/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. The way to a file: each folder and link above it. A path is only as safe
 * as those, because who can write one of them can put another file in the place of
 * what was checked. Never trusts a name twice: it goes from descriptor to descriptor.
 */
#ifndef SG_UTIL_WALK_H
#define SG_UTIL_WALK_H

#include <stdbool.h>
#include <sys/stat.h>

#include "util/err.h"

/* Where a path leads. Closed and freed by sg_walk_end. */
struct sg_walk {
	int fd;                 /* the folder, opened with O_PATH; -1: none */
	char *folder;           /* its absolute path, without links */
	char *name;             /* what lies in it; "." where the path names the folder itself */
};

/* Go to the folder that holds what path names. Each folder on the way must belong to root
 * or to this user and be writable by nobody else, unless it is sticky as /tmp is; so must
 * each link, which is followed then. So nobody else can change afterwards where the path
 * leads. With make, folders that are missing are made with mode 0755. The last component
 * is not looked at. Errors: STORE_MISSING without make, STORE_UNSAFE (the log says what
 * and how to mend it), SYSTEM, NOMEM. */
enum sg_err sg_walk_begin(const char *path, bool make, struct sg_walk *out);

/* Close and free what sg_walk_begin gave; one that was never begun is { -1, NULL, NULL }. */
void sg_walk_end(struct sg_walk *walk);

/* Make a folder that its owner can use whatever the umask took. False: errno says why. */
bool sg_walk_make_folder(int at, const char *name, mode_t mode);

#endif
