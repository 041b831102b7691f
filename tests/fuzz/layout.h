/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. How inputs of the API fuzzer are laid out: a byte that says what stands
 * at the beginning, then records of a fixed size, a call each, so that a change of
 * one call leaves the others what they were.
 */
#ifndef TESTS_FUZZ_RECORD_H
#define TESTS_FUZZ_RECORD_H

#define RECORD 24

#endif
