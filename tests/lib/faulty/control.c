/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Waiting between the faulty module and the test, which may be two processes.
 */
#include "lib/faulty/control.h"

#include <limits.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void faulty_wait(_Atomic uint32_t *word, uint32_t value)
{
	static const struct timespec limit = { 1, 0 };

	/* Whatever it returns, the caller looks again. */
	(void)syscall(SYS_futex, (uint32_t *)word, FUTEX_WAIT, value, &limit, NULL, 0);
}

void faulty_wake(_Atomic uint32_t *word)
{
	(void)syscall(SYS_futex, (uint32_t *)word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}
