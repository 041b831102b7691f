/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, HSM. Using a key that an HSM keeps, one function an operation. The caller is in a session
 * (client/pool.h) and has found the key. What the HSM returns is looked at: its length must
 * be the one that is expected.
 */
#ifndef SG_SEAL_HSM_KEPT_USE_H
#define SG_SEAL_HSM_KEPT_USE_H

#include "client/pool.h"
#include "seal/resident.h"

#define SG_HSM_SIGNATURE_MAX 64

/* Sign, or compute a code, by a mechanism without a parameter; out gets len bytes. Errors:
 * HSM_FAULT for another length. */
enum sg_err sg_hsm_kept_sign(struct sg_client_session *s, CK_OBJECT_HANDLE key,
                             CK_MECHANISM_TYPE mechanism, struct sg_bytes in, uint8_t *out,
                             size_t len);

/* Agree on the x coordinate with a P-256 point; the caller frees *shared. Errors: HSM_MECHANISM
 * where the HSM does not let it out. */
enum sg_err sg_hsm_kept_ecdh(struct sg_client_session *s, CK_OBJECT_HANDLE key,
                             struct sg_bytes point, struct sg_secret **shared);

/* AES-GCM as in struct sg_resident_ops. */
enum sg_err sg_hsm_kept_encrypt(struct sg_client_session *s, CK_OBJECT_HANDLE key,
                                const struct sg_resident_gcm *gcm, struct sg_bytes plain,
                                uint8_t *out);
enum sg_err sg_hsm_kept_decrypt(struct sg_client_session *s, CK_OBJECT_HANDLE key,
                                const struct sg_resident_gcm *gcm, struct sg_bytes in,
                                uint8_t *out);

/* AES key wrap with padding, as there. */
enum sg_err sg_hsm_kept_wrap(struct sg_client_session *s, CK_OBJECT_HANDLE key,
                             struct sg_bytes plain, uint8_t *out);
enum sg_err sg_hsm_kept_unwrap(struct sg_client_session *s, CK_OBJECT_HANDLE key,
                               struct sg_bytes wrapped, struct sg_secret **plain);

#endif
