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

/* Nanoseconds that passed, and those in which the process computed. */
struct bench_cold {
	double passed, computed;
};

/* In a child: load the module, initialise, find the key, sign once, and print what it took. */
int bench_cold_child(const char *module);

/* In a child: unseal the token key, look at the TPM as the tripwire does, and nothing else; and
 * print what it took: what the TPM and tpm2-tss take in a process where they, too, are cold. */
int bench_unseal_child(void);

/* In the parent: run one sample. module is NULL for unsealing alone. */
struct bench_cold bench_cold_sample(const char *self, const char *module);

#endif
