/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. IVs that the module makes for AES-GCM [PKCS#11 3.1 §6.13.2, SP 800-38D §8].
 * A key has one source of them in a process, which all sessions and threads share:
 * core/iv_source.h.
 */
#ifndef SG_CORE_IV_H
#define SG_CORE_IV_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/pkcs11.h"

/* All zero: none was made yet. It needs no lock. */
struct sg_iv_source {
	_Atomic uint64_t prefix;        /* drawn when the first is made; 0: not yet */
	_Atomic uint64_t used;          /* how many were made */
};

/* Make an IV of len bytes, of which the first fixed_bits bits stay as they are. It ends
 * with 64 random bits that this process drew for the source and 32 of a counter, as far as
 * the fixed bits leave room for the former: no two of a source are the same. With random
 * set all of it is drawn anew. Errors: MECHANISM_PARAM_INVALID where fewer than 64 bits are
 * left, or 96 with random; KEY_EXHAUSTED after 2^32 of them. */
CK_RV sg_iv_make(struct sg_iv_source *source, bool random, uint8_t *iv, size_t len,
                 size_t fixed_bits);

#endif
