/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Sealing a token anew: its copies, to the PCR values of now or to another policy.
 * No key of the token changes, and no object is written.
 */
#ifndef SG_CORE_TOKEN_RESEAL_H
#define SG_CORE_TOKEN_RESEAL_H

#include "core/token_proof.h"

/* How. The copy of a PIN that is not given stays as it was. */
struct sg_token_reseal {
	bool other_policy;              /* policy takes the place of the token's */
	struct sg_bytes policy;         /* as text; empty: none */
	struct sg_token_pins pins;
};

/* Seal the copies anew and store them, all or none. Errors: ARG without a PIN where there
 * must be one, AUTH for a PIN that is wrong, or was changed meanwhile, the sealer's, the
 * store's; UNCOUNTED and PIN_LEFT where it is done. */
enum sg_err sg_token_reseal(struct sg_token *token, const struct sg_token_reseal *how);

#endif
