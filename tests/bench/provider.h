/* SPDX-License-Identifier: Apache-2.0
 *
 * Bench. Signatures through the OpenSSL provider, compared with the module's own.
 */
#ifndef TESTS_BENCH_PROVIDER_H
#define TESTS_BENCH_PROVIDER_H

#include "core/pkcs11.h"

/* Measure, with a key that is made in the token of slot 0; the module, whose path this is, is
 * initialised. */
void bench_provider(CK_FUNCTION_LIST *p11, const char *module);

#endif
