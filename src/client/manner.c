/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, client. For whom we connect.
 */
#include "client/manner.h"

#include <stdatomic.h>

static atomic_bool for_programs;

void sg_client_for_programs(void)
{
	atomic_store(&for_programs, true);
}

bool sg_client_takes_own(void)
{
	return atomic_load(&for_programs);
}

const char *sg_client_noun(void)
{
	return atomic_load(&for_programs) ? "token" : "HSM";
}
