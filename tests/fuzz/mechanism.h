/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. Mechanisms and their parameters: those of the table with the parameters
 * that they take, sound and broken, and those that nobody has.
 */
#ifndef TESTS_FUZZ_MECHANISM_H
#define TESTS_FUZZ_MECHANISM_H

#include "core/pkcs11.h"
#include "fuzz/input.h"

/* Choose a mechanism, mostly one that can do what the flag says (CKF_SIGN ...; 0: any); it
 * lives as long as the call. NULL is possible. */
CK_MECHANISM *fuzz_mechanism(struct fuzz_input *in, CK_FLAGS flag);

/* Tell whether it takes keys of this kind for what the flag says. */
bool fuzz_mechanism_takes(const CK_MECHANISM *mechanism, CK_FLAGS flag, CK_OBJECT_CLASS class,
                          CK_KEY_TYPE type);

/* Choose a number of one. */
CK_MECHANISM_TYPE fuzz_mechanism_type(struct fuzz_input *in);

#endif
