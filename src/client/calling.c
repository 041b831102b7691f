/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, client. Who is inside of a module. A fork keeps new calls out and waits for those that
 * are there, but not long: an HSM may hang, and the program that forks does not know of it.
 */
#include "client/calling.h"

#include <stdatomic.h>
#include <time.h>

#include "crypto/crypto.h"
#include "util/fork.h"

#define PATIENCE 250            /* milliseconds that a fork waits */

static atomic_uint inside;              /* threads */
static atomic_uint closed;              /* forks going on */
static atomic_bool lost;
static _Thread_local bool calling;
static _Thread_local bool forking;      /* its own fork does not keep a thread out */

static void pause_shortly(void)
{
	const struct timespec millisecond = { 0, 1000000 };

	nanosleep(&millisecond, NULL);
}

static unsigned others(void)
{
	return atomic_load(&inside) - (calling ? 1 : 0);
}

static void close_door(void)
{
	forking = true;
	atomic_fetch_add(&closed, 1);
	for (int i = 0; i < PATIENCE && others() > 0; i++)
		pause_shortly();
}

static void open_door(bool child)
{
	forking = false;
	if (child) {
		if (others() > 0)
			atomic_store(&lost, true);
		atomic_store(&inside, calling ? 1 : 0);
		atomic_store(&closed, 0);
	} else {
		atomic_fetch_sub(&closed, 1);
	}
}

enum sg_err sg_client_calling_start(void)
{
	static const struct sg_fork_door door = { close_door, open_door };

	return sg_fork_around(&door);
}

void sg_client_enter(struct sg_signal_hold *hold)
{
	if (hold != NULL)
		sg_signal_block(hold, SIGPIPE);
	atomic_fetch_add(&inside, 1);
	while (atomic_load(&closed) > 0 && !forking) {
		atomic_fetch_sub(&inside, 1);
		pause_shortly();
		atomic_fetch_add(&inside, 1);
	}
	calling = true;
	sg_crypto_errors_hold();
}

void sg_client_leave(struct sg_signal_hold *hold)
{
	sg_crypto_errors_drop();
	calling = false;
	atomic_fetch_sub(&inside, 1);
	if (hold != NULL)
		sg_signal_release(hold);
}

bool sg_client_is_calling(void)
{
	return calling;
}

bool sg_client_is_lost(void)
{
	return atomic_load(&lost);
}
