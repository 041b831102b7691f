/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. SipHash-2-4: a short number for bytes, which nobody can choose or foresee who lacks the
 * key. For tables; it is too short to authenticate anything.
 */
#ifndef SG_CRYPTO_SIPHASH_H
#define SG_CRYPTO_SIPHASH_H

#include "util/bytes.h"

#define SG_SIPHASH_KEY 16

/* Compute it, as the number whose big-endian bytes are those that the definition gives. Any thread
 * may; it needs no memory and can't fail. */
uint64_t sg_siphash(const uint8_t key[SG_SIPHASH_KEY], struct sg_bytes bytes);

#endif
