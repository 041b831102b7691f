/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, HSM. The public half of the RSA key that seals. It is read once, when the first token is
 * made, and kept in the token's record from then on.
 */
#ifndef SG_SEAL_HSM_PUBLIC_H
#define SG_SEAL_HSM_PUBLIC_H

#include "seal/hsm/profile.h"

/* Read the public key of the profile's key into the profile: what the private half tells of it, or
 * else the public half of the same CKA_ID. The caller is in a session (client/pool.h), and sees
 * that the private half opens what it closes. Errors: HSM_OTHER where there is no such key,
 * HSM_MECHANISM for a key that may not encrypt, and the HSM's. */
enum sg_err sg_hsm_public_read(struct sg_client_session *s, struct sg_hsm_profile *profile);

#endif
