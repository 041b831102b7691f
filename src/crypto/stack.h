/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. How much of the stack is wiped behind a computation with a private key.
 */
#ifndef SG_CRYPTO_STACK_H
#define SG_CRYPTO_STACK_H

/* Bytes. libsodium wipes the scalars it computes, but not what the compiler made it put
 * on the stack on the way. Measured, it goes less than 4 KiB below our frame, and what
 * crypto/curve25519.c does less than 6. */
#define SG_STACK_USED 8192

#endif
