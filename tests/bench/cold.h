/* SPDX-License-Identifier: Apache-2.0
 *
 * Bench. What a program pays from dlopen to its first signature. The parent runs
 * itself again for each sample, so that nothing is warm.
 */
#ifndef TESTS_BENCH_COLD_H
#define TESTS_BENCH_COLD_H

#include "core/pkcs11.h"

/* Load the module at path and return its functions; ends the program on failure. */
CK_FUNCTION_LIST *bench_load(const char *path);

/* Find the only object of a class, or end the program. */
CK_OBJECT_HANDLE bench_find(CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE session,
                            CK_OBJECT_CLASS class);

/* End the program unless rv is CKR_OK. */
void bench_check(CK_RV rv, const char *what);

/* Return the monotonic clock in nanoseconds. */
double bench_now(void);

/* In the child: load, initialise, find the key, sign once, and print the nanoseconds. */
int bench_cold_child(const char *module);

/* In the parent: run one sample and return its nanoseconds. */
double bench_cold_sample(const char *self, const char *module);

#endif
