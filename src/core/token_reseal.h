/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Sealing a token anew: its copies, to the PCR values of now or to another policy.
 * No key of the token changes, and no object is written.
 */
#ifndef SG_CORE_TOKEN_RESEAL_H
#define SG_CORE_TOKEN_RESEAL_H

#include "core/token.h"

/* How. A machine token has no PINs; another is opened by whichever is there, and the copy of
 * a PIN that is not given stays as it was. */
struct sg_token_reseal {
	bool other_policy;              /* policy takes the place of the token's */
	struct sg_bytes policy;         /* as text; empty: none */
	const struct sg_secret *user_pin;
	const struct sg_secret *so_pin;
	const struct sg_secret *owner_auth;     /* of the TPM's owner hierarchy, or NULL */
};

/* Seal the copies anew and store them, all or none. Errors: ARG without a PIN where there
 * must be one, AUTH for a PIN that is wrong, or was changed meanwhile, the sealer's, the
 * store's. */
enum sg_err sg_token_reseal(struct sg_token *token, const struct sg_token_reseal *how);

/* Within this ring. */

/* Open the token key of a record as it is, with the PINs of how; the caller frees *token_key and
 * holds `opening`. Errors: as above. */
enum sg_err sg_token_reseal_open(struct sg_token *token, struct sg_sealer *sealer,
                                 const struct sg_token_record *record,
                                 const struct sg_token_reseal *how, struct sg_secret **token_key);

#endif
