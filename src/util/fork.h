/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. Knowing that we are a child: a number that fork changes. What holds
 * secrets, locks or a connection remembers the number it was made under and is
 * void when it differs. Only who holds forks off takes a lock.
 */
#ifndef SG_UTIL_FORK_H
#define SG_UTIL_FORK_H

#include <stdbool.h>

#include "util/err.h"

/* Register the handlers, once per process image; calling it again is free. Errors: NOMEM. */
enum sg_err sg_fork_watch(void);

/* Register fn to run in every child right after fork, in the order of
 * registration; at most 8, and the same fn only once. fn may only set variables
 * and reinitialise locks of our own. Errors: NOMEM when the table is full. */
enum sg_err sg_fork_child(void (*fn)(void));

/* What is done around every fork. */
struct sg_fork_door {
	void (*close)(void);            /* before it, in the thread that forks; must end soon */
	void (*open)(bool child);       /* after it, in the parent and in the child */
};

/* Have it done around every fork; one that is registered already is not done twice. It must
 * outlive the process. Errors: NOMEM when there is another one. */
enum sg_err sg_fork_around(const struct sg_fork_door *door);

/* Keep all threads from forking until sg_fork_release: while there is for an instant what a
 * child must not have. A fork waits for it, so it is for system calls that don't wait. A
 * fork in progress is waited for; false where one takes so long that it may be waiting for us. */
bool sg_fork_hold(void);
void sg_fork_release(void);

/* Return the current generation: it differs between a process and its children. */
unsigned sg_fork_generation(void);

#endif
