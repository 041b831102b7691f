/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. A PKCS#11 module in the place of whatever p11-kit would load: a token with keys and
 * certificates that is honest as long as the input says nothing else, and lies where it does.
 * It never writes beyond the room that it is given: a module that did could do anything.
 */
#ifndef TESTS_FUZZ_HOSTILE_H
#define TESTS_FUZZ_HOSTILE_H

#include "core/pkcs11.h"
#include "fuzz/input.h"

#define HOSTILE_PIN "1234"

/* Make the keys, once for the process. */
void hostile_start(void);

/* Begin with a token that nobody has open; the decisions come from in. */
void hostile_begin(struct fuzz_input *in);

/* Tell whether it told no lie since then; end: and that all was closed. */
bool hostile_was_honest(void);
void hostile_end(void);

#endif
