/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, client. The end of the process, as exit(3) tells it.
 */
#include "client/ending.h"

#include <stdatomic.h>
#include <stdlib.h>

/* The C library keeps each registration until the end. A module may be loaded often, by a
 * process that lives long and whose HSM comes and goes. */
#define WATCHES_MAX 4096

static atomic_uint watches;
static atomic_bool ending;

static void note_end(void)
{
	atomic_store(&ending, true);
}

/* Without memory for it the end is not noticed, and is what it would be without this. */
void sg_client_ending_watch(void)
{
	if (atomic_fetch_add(&watches, 1) < WATCHES_MAX)
		(void)atexit(note_end);
	else
		atomic_fetch_sub(&watches, 1);
}

bool sg_client_is_ending(void)
{
	return atomic_load(&ending);
}
