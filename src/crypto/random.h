/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Random bytes from the kernel, through libsodium: nothing to seed, and
 * nothing that a fork could repeat.
 */
#ifndef SG_CRYPTO_RANDOM_H
#define SG_CRYPTO_RANDOM_H

#include "util/secret.h"

/* Fill len bytes at out, which may lie in guarded memory. Does not fail. */
void sg_random(uint8_t *out, size_t len);

/* Make a secret of len random bytes. Errors as sg_secret_new. */
enum sg_err sg_random_secret(size_t len, struct sg_secret **out);

#endif
