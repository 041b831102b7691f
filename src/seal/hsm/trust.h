/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, HSM. Whether a key of an HSM may seal. Whoever gets into an HSM can put a key there that
 * bears our label or has the right CKA_ID, and whose value he knows. So what counts is what
 * the HSM itself says of the key, and no template can set.
 */
#ifndef SG_SEAL_HSM_TRUST_H
#define SG_SEAL_HSM_TRUST_H

#include "seal/hsm/seal_key.h"

/* How a key was come by, on which depends what is asked of it. */
enum sg_hsm_origin {
	SG_HSM_MADE,            /* made by us: what an HSM does not tell of it is passed over */
	SG_HSM_NAMED,           /* named in the URI: it may have been brought, which is said */
	SG_HSM_FOUND,           /* bears our label: the HSM must say all of it */
};

/* Look at a key that seals: that it stays in the HSM, can't be read there, takes the PIN where
 * there is one, was made there, and opens. One request, unless it fails. Errors: HSM_MECHANISM
 * for one that is not to be used. */
enum sg_err sg_hsm_trust(struct sg_client_session *s, const struct sg_hsm_key_kind *kind,
                         enum sg_hsm_origin origin, CK_OBJECT_HANDLE key);

/* Check that any key is of a type, stays in the HSM and can't be read there; name is for the log.
 * Errors: HSM_MECHANISM where not. */
enum sg_err sg_hsm_key_check(struct sg_client_session *s, CK_KEY_TYPE type, const char *name,
                             CK_OBJECT_HANDLE key);

/* The same of a key that lives in the HSM, which was made there and takes the PIN: whoever gets
 * into the HSM could put one that he knows in its place. What the HSM does not tell is passed
 * over. */
enum sg_err sg_hsm_kept_trust(struct sg_client_session *s, CK_KEY_TYPE type, CK_OBJECT_HANDLE key);

#endif
