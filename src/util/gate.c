/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. Gates. A thread keeps its lane for life; where there are more threads than
 * lanes, some share one, which costs time and nothing else.
 */
#include "util/gate.h"

#include <stdatomic.h>

_Static_assert(sizeof(pthread_rwlock_t) <= 64, "locks of two lanes could share a cache line");

static atomic_uint threads;
static _Thread_local unsigned mine;     /* the number of this thread's lane, from 1 */

static pthread_rwlock_t *my_lane(struct sg_gate *gate)
{
	if (mine == 0)
		mine = atomic_fetch_add(&threads, 1) % SG_GATE_LANES + 1;
	return &gate->lane[mine - 1].lock;
}

/* In a child, what a race detector remembers of the parent's threads is void. */
__attribute__((no_sanitize("thread"))) void sg_gate_init(struct sg_gate *gate)
{
	static const struct sg_gate fresh = SG_GATE;

	*gate = fresh;
}

void sg_gate_destroy(struct sg_gate *gate)
{
	for (int i = 0; i < SG_GATE_LANES; i++)
		pthread_rwlock_destroy(&gate->lane[i].lock);
}

void sg_gate_enter(struct sg_gate *gate)
{
	pthread_rwlock_rdlock(my_lane(gate));
}

void sg_gate_leave(struct sg_gate *gate)
{
	pthread_rwlock_unlock(my_lane(gate));
}

void sg_gate_close(struct sg_gate *gate)
{
	for (int i = 0; i < SG_GATE_LANES; i++)
		pthread_rwlock_wrlock(&gate->lane[i].lock);
}

void sg_gate_open(struct sg_gate *gate)
{
	for (int i = SG_GATE_LANES - 1; i >= 0; i--)
		pthread_rwlock_unlock(&gate->lane[i].lock);
}
