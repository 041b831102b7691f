/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Taking the store of a token that is protected against rollback as it is: after its
 * owner has restored a backup himself, or the counter in the hardware is gone.
 */
#ifndef SG_CORE_TOKEN_ACCEPT_H
#define SG_CORE_TOKEN_ACCEPT_H

#include "core/token_proof.h"

/* Anchor the store as it is to the counter, or to a new one where that is gone. Whoever can't open
 * the token accepts nothing. An older copy is taken where `older` says so, who has asked the user:
 * the newest store does not open any more then. Errors: STORE_OLD otherwise, and nothing has
 * changed; ARG for a token without such protection, or without a PIN where there must be one;
 * AUTH, STORE_DAMAGED for what never was one store, the sealer's, the store's. */
enum sg_err sg_token_accept(struct sg_token *token, const struct sg_token_pins *pins, bool older);

#endif
