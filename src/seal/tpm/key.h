/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Keys that the TPM makes and computes with: P-256 and HMAC. Which
 * attributes they have, how they are made and used. The magic of their blob is "SGK1".
 * No private part of them is ever in this process.
 */
#ifndef SG_SEAL_TPM_KEY_H
#define SG_SEAL_TPM_KEY_H

#include "seal/resident.h"
#include "seal/tpm/blob.h"
#include "seal/tpm/context.h"

/* Append the blob. Errors: NOMEM, FORMAT. */
enum sg_err sg_tpm_key_write(const struct sg_tpm_blob *key, struct sg_buf *out);

/* Read the blob of a key of this kind that has this use. Errors: FORMAT for anything else. */
enum sg_err sg_tpm_key_read(struct sg_bytes blob, enum sg_resident_kind kind, unsigned use,
                            struct sg_tpm_blob *out);

/* Write a P-256 key's public point. */
void sg_tpm_key_point(const struct sg_tpm_blob *key, uint8_t point[SG_RESIDENT_POINT]);

/* Make a key under srk; the session ends. auth is its authValue, of SG_SEAL_AUTH bytes, or NULL:
 * who has the blob may use it then. Errors: ARG for uses that such a key does not have, NOMEM,
 * SECURE_MEMORY, and those of the TPM. */
enum sg_err sg_tpm_key_create(struct sg_tpm *tpm, ESYS_TR srk, ESYS_TR session,
                              enum sg_resident_kind kind, unsigned uses,
                              const struct sg_secret *auth, struct sg_tpm_blob *out);

/* Load a key. Errors: SEALED_DAMAGED for a private part that was changed; those of the TPM. */
enum sg_err sg_tpm_key_load(struct sg_tpm *tpm, ESYS_TR srk, ESYS_TR session,
                            const struct sg_tpm_blob *key, ESYS_TR *object);

/* Use a loaded key; the session ends, but with an auth, which is the key's authValue or NULL. The
 * other parameters are those of struct sg_resident_ops. */
enum sg_err sg_tpm_key_sign(struct sg_tpm *tpm, ESYS_TR object, ESYS_TR session,
                            const struct sg_secret *auth,
                            const uint8_t digest[SG_RESIDENT_DIGEST],
                            uint8_t signature[SG_RESIDENT_SIGNATURE]);
enum sg_err sg_tpm_key_ecdh(struct sg_tpm *tpm, ESYS_TR object, ESYS_TR session,
                            const uint8_t point[SG_RESIDENT_POINT], struct sg_secret **shared);
enum sg_err sg_tpm_key_hmac(struct sg_tpm *tpm, ESYS_TR object, ESYS_TR session,
                            struct sg_bytes data, uint8_t mac[SG_RESIDENT_MAC]);

#endif
