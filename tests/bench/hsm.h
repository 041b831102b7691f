/* SPDX-License-Identifier: Apache-2.0
 *
 * Bench. Signatures by a key that lives in an HSM, and by one that is only sealed there. The HSM is
 * SoftHSM in this process, whose own work is as little as an HSM's can be.
 */
#ifndef TESTS_BENCH_HSM_H
#define TESTS_BENCH_HSM_H

#include "core/pkcs11.h"

/* Measure; the module is not initialised, before and after. */
void bench_hsm(CK_FUNCTION_LIST *p11);

#endif
