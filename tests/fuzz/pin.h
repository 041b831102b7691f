/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. PINs: the right ones, wrong ones, and what can't be one.
 */
#ifndef TESTS_FUZZ_PIN_H
#define TESTS_FUZZ_PIN_H

#include "fuzz/data.h"

struct fuzz_bytes fuzz_pin(struct fuzz_input *in);

#endif
