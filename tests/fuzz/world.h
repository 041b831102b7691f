/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. The tokens that every input starts with, in a folder of this process:
 * in slot 0 a machine token, in slot 1 a PIN token, slot 2 is empty. Their keys hold
 * values that no function may give out. Argon2id is replaced by something quick.
 */
#ifndef TESTS_FUZZ_WORLD_H
#define TESTS_FUZZ_WORLD_H

#include <stdint.h>

#include "core/pkcs11.h"

#define WORLD_PIN "correct horse"
#define WORLD_SO_PIN "battery staple"
#define WORLD_SECRETS 3
#define WORLD_SECRET 32

/* The values of sensitive keys that are in both tokens: an AES key, an Ed25519 seed,
 * a generic secret. */
extern uint8_t world_secret[WORLD_SECRETS][WORLD_SECRET];

/* Make the tokens, once; the folder goes when the process ends in good order. */
void world_make(void);

/* Put the stores back to what they were made as; the module is not initialised. */
void world_reset(void);

#endif
