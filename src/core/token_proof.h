/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Opening a token's key for what is done to the token as a whole: sealing it anew, taking
 * an older store, making it new. Nobody is logged in by that.
 */
#ifndef SG_CORE_TOKEN_PROOF_H
#define SG_CORE_TOKEN_PROOF_H

#include "core/token.h"

/* Who asks for it. A machine token has no PINs; another is opened by whichever is there. */
struct sg_token_pins {
	const struct sg_secret *user;
	const struct sg_secret *so;
	const struct sg_secret *owner_auth;     /* of the TPM's owner hierarchy, or NULL */
};

/* Return the PIN of a copy, or NULL. */
static inline const struct sg_secret *sg_token_pin(const struct sg_token_pins *pins,
                                                   enum sg_seal_slot slot)
{
	return slot == SG_SEAL_USER ? pins->user : slot == SG_SEAL_SO ? pins->so : NULL;
}

/* A token whose key is open, and whose record is authentic. */
struct sg_token_proof {
	struct sg_token_record record;
	struct sg_sealer *sealer;               /* the token's */
	struct sg_secret *token_key;
	struct sg_keyset *keys[2];
};

/* Open the token key of proof->record, which the caller has read, with every PIN that is given,
 * and authenticate the record by it: nothing that the record says may be used before. The
 * caller holds `opening`, and clears the proof, also after an error. Errors: ARG without a PIN
 * where there must be one, or with one where there is none; AUTH, the sealer's, STORE_DAMAGED. */
enum sg_err sg_token_prove(struct sg_token *token, const struct sg_token_pins *pins,
                           struct sg_token_proof *proof);

/* Free what the proof owns, and leave an empty one. */
void sg_token_proof_clear(struct sg_token_proof *proof);

#endif
