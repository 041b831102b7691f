/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Shamir's way to share a secret, byte by byte over the field of AES: any k of n shares
 * give it, and fewer say nothing of it [Shamir, How to share a secret, 1979]. A share is laid out
 * as HashiCorp's Vault and OpenBao do: the values, and behind them the one byte of the place that
 * they were taken at. Time and memory accesses depend on the numbers of shares and on their places
 * alone.
 */
#ifndef SG_CRYPTO_SHAMIR_H
#define SG_CRYPTO_SHAMIR_H

#include "util/secret.h"

#define SG_SHAMIR_MOST 255              /* shares: a place is a byte, and is not 0 */
#define SG_SHAMIR_SECRET_MAX 128        /* bytes of a secret */

/* Share 1 to SG_SHAMIR_SECRET_MAX bytes among n, any k of whom have them together; 2 <= k <= n. The
 * caller frees the n shares, of one byte more than the secret; share[i] is that of place
 * i + 1. After an error there are none. Errors: RANGE, SECURE_MEMORY, NOMEM. */
enum sg_err sg_shamir_split(const struct sg_secret *secret, size_t n, size_t k,
                            struct sg_secret **share);

/* Bring k shares together; the caller frees *secret. Where they are not of one sharing, or fewer
 * than it takes, the answer is wrong, and nothing here can tell: the caller has a check
 * value. Errors: FORMAT for lengths that differ, a place of 0, or less than two shares; ARG
 * for two of one place; those of memory. */
enum sg_err sg_shamir_combine(const struct sg_secret *const *share, size_t k,
                              struct sg_secret **secret);

#endif
