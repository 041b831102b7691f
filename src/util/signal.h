/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. Keeping a signal that a system call of ours would raise from ending the
 * program that loaded us. It is blocked in this thread, and taken away again if it
 * was not pending before.
 */
#ifndef SG_UTIL_SIGNAL_H
#define SG_UTIL_SIGNAL_H

#include <signal.h>
#include <stdbool.h>

struct sg_signal_hold {
	int signal;
	bool pending;                   /* it was before us, and stays the program's */
	sigset_t mask;                  /* the thread's, to be put back */
};

/* Block the signal in this thread until sg_signal_release; holds nest. */
void sg_signal_block(struct sg_signal_hold *hold, int signal);

/* Drop what we raised, put the mask back; errno is kept. */
void sg_signal_release(const struct sg_signal_hold *hold);

#endif
