/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. A lock for what is read all the time and hardly ever changed. Readers of
 * different threads take different locks, so that they don't pull one another's cache
 * lines to and fro; a writer takes them all.
 */
#ifndef SG_UTIL_GATE_H
#define SG_UTIL_GATE_H

#include <pthread.h>

#define SG_GATE_LANES 16

/* Locks of 56 bytes that lie this far apart never share a cache line. */
union sg_gate_lane {
	pthread_rwlock_t lock;
	char apart[128];
};

struct sg_gate {
	union sg_gate_lane lane[SG_GATE_LANES];
};

/* What a gate is before anybody used it. Who calls next waits for who wants to be
 * alone: readers that never stop would otherwise keep him waiting for ever. */
#define SG_GATE \
	{ { [0 ... SG_GATE_LANES - 1] = { PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP } } }

/* Make a gate like that, also in the place of one that a child inherited in any state. */
void sg_gate_init(struct sg_gate *gate);

/* Free it; nobody is in it. */
void sg_gate_destroy(struct sg_gate *gate);

/* Enter as one of many, and leave in the same thread. Who is in may not enter again:
 * somebody may be waiting in between to be alone. */
void sg_gate_enter(struct sg_gate *gate);
void sg_gate_leave(struct sg_gate *gate);

/* Be alone in it, once all have left. */
void sg_gate_close(struct sg_gate *gate);
void sg_gate_open(struct sg_gate *gate);

#endif
