/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. Signals that are held back.
 */
#include "util/signal.h"

#include <errno.h>
#include <time.h>

static bool is_pending(int signal)
{
	sigset_t pending;

	sigemptyset(&pending);
	sigpending(&pending);
	return sigismember(&pending, signal) == 1;
}

void sg_signal_block(struct sg_signal_hold *hold, int signal)
{
	sigset_t set;

	hold->signal = signal;
	sigemptyset(&set);
	sigaddset(&set, signal);
	pthread_sigmask(SIG_BLOCK, &set, &hold->mask);
	/* Only where it was blocked before can it have been waiting. */
	hold->pending = sigismember(&hold->mask, signal) == 1 && is_pending(signal);
}

void sg_signal_release(const struct sg_signal_hold *hold)
{
	static const struct timespec now = { 0, 0 };
	int saved = errno;
	sigset_t set;

	if (!hold->pending && is_pending(hold->signal)) {
		sigemptyset(&set);
		sigaddset(&set, hold->signal);
		sigtimedwait(&set, NULL, &now);
	}
	pthread_sigmask(SIG_SETMASK, &hold->mask, NULL);
	errno = saved;
}
