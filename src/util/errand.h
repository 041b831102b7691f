/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. What may never end is done in a thread of its own, so that its caller need not wait for
 * it. Such a thread holds no lock of its caller, takes no signal of the program, and has
 * nothing but what it was given.
 */
#ifndef SG_UTIL_ERRAND_H
#define SG_UTIL_ERRAND_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "util/err.h"

/* The base of every errand, which embeds it as its first member, on the heap. */
struct sg_errand {
	void (*act)(struct sg_errand *errand);
	void (*drop)(struct sg_errand *errand); /* free it, and what came of it: nobody waited */

	pthread_mutex_t lock;           /* of what follows */
	pthread_cond_t changed;
	bool done;
	atomic_bool left;               /* nobody wants it any more: the thread drops it */
};

/* Say whether threads may be made, which is so until then. Where not, and where none can be made,
 * the caller of what follows does it himself, and nothing bounds that. */
void sg_errand_allow(bool threads);

/* Prepare an errand; undo it with sg_errand_clear. Errors: NOMEM. */
enum sg_err sg_errand_init(struct sg_errand *errand, void (*act)(struct sg_errand *),
                           void (*drop)(struct sg_errand *));
void sg_errand_clear(struct sg_errand *errand);

/* Have it done within so many milliseconds. False: it was not, and is no longer the caller's; the
 * thread that still does it logs nothing from then on, and calls drop some day, which begins with
 * sg_errand_clear. */
bool sg_errand_within(struct sg_errand *errand, int milliseconds);

/* Tell how many errands were given up and are not dropped yet: what they use must stay. */
unsigned sg_errand_late(void);

/* Make a thread that no signal of the program reaches, which the caller joins or detaches; false
 * where none may or can be made. */
bool sg_errand_start(pthread_t *thread, void *(*fn)(void *arg), void *arg);

/* Have fn done by a thread that nobody waits for; false where there is none. */
bool sg_errand_send(void *(*fn)(void *arg), void *arg);

#endif
