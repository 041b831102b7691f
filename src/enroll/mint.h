/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Keys of origin vault: the registrar makes the seed, seals it for one TPM, and
 * forgets it. Only the public half is known afterwards.
 */
#ifndef SG_ENROLL_MINT_H
#define SG_ENROLL_MINT_H

#include "enroll/message.h"
#include "seal/policy.h"

/* Mint a key for the TPM of a hello whose keys were judged: fills object, duplicate, seed,
 * parent_credential, parent_credential_seed and key of the challenge. The policy has all its
 * values. Errors: FORMAT, RANGE, CRYPTO, SECURE_MEMORY, NOMEM. */
enum sg_err sg_enroll_mint(const struct sg_enroll_hello *hello, const struct sg_policy *policy,
                           struct sg_enroll_challenge *out);

#endif
