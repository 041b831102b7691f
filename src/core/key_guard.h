/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. What guards a key that the hardware seals on its own, beside the hardware: a policy and
 * a PIN of the key's own, as its attributes say. Here is the form of what the hardware makes of
 * such a key, and here a key's PIN is stretched; who may give one, and when, is decided above.
 */
#ifndef SG_CORE_KEY_GUARD_H
#define SG_CORE_KEY_GUARD_H

#include "core/token_policy.h"

/* Return how the secret part of an object with these attributes is closed. */
enum sg_closed_by sg_key_closed_by(const struct sg_attrs *attrs);

/* Tell whether an enrolment brought the key in: a registrar was shown the object that has it. */
bool sg_key_enrolled(const struct sg_attrs *attrs);

/* View the text of a key's policy, empty where it has none. */
struct sg_bytes sg_key_policy(const struct sg_attrs *attrs);

/* Have a sealer seal a key under the policy of its attributes, and under its PIN where they say
 * that it has one; what is to be closed in the record replaces what out holds. Errors: KEY_PIN
 * without the PIN, HW_UNSUPPORTED for a policy that the sealer can't enforce, the sealer's. */
enum sg_err sg_key_seal(struct sg_sealer *sealer, struct sg_bytes parent,
                        const struct sg_attrs *attrs, const struct sg_secret *material,
                        const struct sg_secret *pin, struct sg_buf *out);

/* Stretch a PIN as it was when the key was sealed; inner is what was closed in the record of a key
 * with a PIN of its own. The caller frees *auth. Errors: AUTH for what can't be a PIN,
 * STORE_DAMAGED. */
enum sg_err sg_key_stretch(struct sg_bytes inner, struct sg_bytes pin, struct sg_secret **auth);

/* Have a sealer open what sg_key_seal made; auth is NULL for a key without a PIN of its own. PCR
 * values that somebody signed are looked for where those of the token are. What the hardware has of
 * a key that was enrolled is its private half; the public one is added, and is that of the
 * attributes. The caller frees *out. Errors: AUTH for a wrong PIN, POLICY, STORE_DAMAGED, the
 * sealer's. */
enum sg_err sg_key_unseal(const struct sg_token *token, struct sg_sealer *sealer,
                          struct sg_bytes parent, const struct sg_attrs *attrs,
                          struct sg_bytes inner, const struct sg_secret *auth,
                          struct sg_secret **out);

#endif
