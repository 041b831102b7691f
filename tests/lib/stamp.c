/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Settled stamps.
 */
#include "lib/stamp.h"

#include <check.h>
#include <poll.h>

void test_stamp_settle(const char *path, struct sg_store_stamp *stamp)
{
	for (int tries = 0; tries < 1000; tries++) {
		sg_store_stamp_take(path, stamp);
		if (stamp->settled)
			return;
		(void)poll(NULL, 0, 10);
	}
	ck_abort_msg("%s keeps changing, or its file system keeps no times", path);
}
